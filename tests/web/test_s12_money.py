"""Scenario S12, the money of a government purchase, on the screens of finance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from models.guarantee import Guarantee
from models.late_claim import LateClaim
from tests.services.company import found, moment
from tests.services.tenders import accepted, awarded, delivered, pays
from tests.web.person import Person, field_errors, newest, text_of
from views.statement import may_have_statement

pytestmark = [pytest.mark.stage("people"), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    """The day after the money came."""
    with time_machine.travel(moment("2027-02-25 09:00"), tick=False) as coordinates:
        yield coordinates


@pytest.mark.usefixtures("without_csrf", "clock")
def test_s12_when_finance_works_on_its_screens_then_bond_due_date_and_interest_are_told_and_claimed(
    app: Flask, session: Session
) -> None:
    company = found(session)
    order = accepted(company, delivered(company, awarded(company)))
    pays(company, order, "289800.00", "2027-02-24 10:00")
    key, number = order.id, order.order_no
    session.rollback()
    finance = Person(app, session, "fi_zhou")
    refused = finance.post("/guarantee/add", {"order_id": key, "amount": "30000", "kind": "performance"})
    told = "By law a performance bond is at most 10 % of the contract: here 28,980.00. Lower it."
    assert field_errors(refused) == {"amount": told}
    finance.post("/guarantee/add", {"order_id": key, "amount": "14490", "kind": "quality", "form": "insurance"})
    assert (newest(session, Guarantee).amount, newest(session, Guarantee).order_id) == (14490, key)
    session.rollback()
    shown = text_of(finance.page(f"/order/show/{key}"))
    assert "Late interest 4,347.00 30 days late" in shown
    plan = text_of(finance.page(f"/payment_schedule/list/?order_id={key}"))
    assert "2027-01-25 Acceptance" in plan
    finance.post("/late_claim/add", {"order_id": key, "note": "已电话联系"})
    claim = newest(session, LateClaim).id
    session.rollback()
    paper = text_of(finance.page(f"/late_claim/{claim}/paper/demand?language=zh"))
    for words in ("催款函", number, "HT-77", "289,800.00", "4,347.00", "肆仟叁佰肆拾柒元整", "验收"):
        assert words in paper
    # An account without the claims would be a wrong one.
    context = company.context("fi_zhou", "2027-02-25 09:00")
    blind = replace(context.actor, permissions=context.actor.permissions - {"late_claim.list", "late_claim.show"})
    assert [may_have_statement(replace(context, actor=actor)) for actor in (context.actor, blind)] == [True, False]
    # Who keeps no money makes no claim and sees none.
    assert Person(app, session, "oc_li").get("/late_claim/add").status_code == 403
    assert Person(app, session, "pd_chen").get(f"/late_claim/show/{claim}").status_code == 403
