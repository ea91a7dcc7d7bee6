"""Customers are found by any piece of their name, the two signs of a given name included."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.search import holds
from app.services.customer.actions import create_customer
from models.customer import Customer
from models.labels import CustomerKind
from tests.services.company import found

NAMES = ("王建国", "建国", "李建国酒店", "建材", "Ada 100%")


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("建国", {"王建国", "建国", "李建国酒店"}),
        ("国酒", {"李建国酒店"}),
        ("王建国", {"王建国"}),
        ("王", {"王建国"}),
        ("建", {"王建国", "建国", "李建国酒店", "建材"}),
        ("wjg", {"王建国"}),
        ("0%", {"Ada 100%"}),
        ("AD", {"Ada 100%"}),
        ("国建", set()),
        ("_", set()),
    ],
)
def test_customers_when_searched_by_a_piece_of_the_name_then_all_that_hold_it_are_found(
    session: Session, typed: str, names: set[str]
) -> None:
    company = found(session)
    for number, name in enumerate(NAMES):
        with company.act("oc_li", "2026-11-24 09:00") as ctx:
            create_customer(ctx, {"kind": CustomerKind.person, "name": name, "phone": f"1380000562{number}"})
    statement = sa.select(Customer.name).where(holds(Customer.search_text, typed))
    assert set(session.scalars(statement)) == names
