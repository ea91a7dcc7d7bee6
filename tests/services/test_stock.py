"""Stock: reserved softly, then hard, issued, never below zero. Clause 13(1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.errors import DomainError
from app.services.product.actions import harden, issue, receive, release, reserve
from app.services.product.queries import available
from models.labels import ReservationKind
from models.order import OrderLine
from models.product import Product, Reservation, Stock
from tests.services.company import Company, found, moment
from tests.services.orders import Goods, draft

D = Decimal
SOFT, HARD = ReservationKind.soft, ReservationKind.hard
NOW = "2026-11-24 10:30"


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


@pytest.fixture
def line(company: Company) -> OrderLine:
    """Four chairs of an order; 5 are in the main warehouse and 3 in the second."""
    order = draft(company, Goods("CHR-NORD-01", 4, on_hand=5))
    (made,) = order.lines
    with company.act("system", NOW) as ctx:
        receive(ctx, made.product, D(3), "second")
    return made


def do(company: Company, act: Callable[..., Any], *values: Any) -> Any:
    with company.act("system", NOW) as ctx:
        return act(ctx, *values)


def stocks(company: Company) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    """Warehouse, on hand, soft, hard."""
    statement = sa.select(Stock.warehouse, Stock.qty_on_hand, Stock.qty_soft, Stock.qty_hard).order_by(Stock.id)
    return [tuple(row) for row in company.session.execute(statement)]


def held(company: Company) -> list[tuple[Decimal, ReservationKind]]:
    statement = sa.select(Reservation.qty, Reservation.kind).order_by(Reservation.id)
    return [tuple(row) for row in company.session.execute(statement)]


def test_stock_when_reserved_softly_then_held_for_two_days(company: Company, line: OrderLine) -> None:
    (reservation,) = do(company, reserve, line, D(4), SOFT)
    assert reservation.expires_at == moment(NOW) + timedelta(hours=48)
    assert stocks(company) == [("main", D(5), D(4), D(0)), ("second", D(3), D(0), D(0))]
    assert available(company.context("system", NOW), line.product_id) == D(4)


def test_stock_when_one_warehouse_is_short_then_taken_from_the_next(company: Company, line: OrderLine) -> None:
    do(company, reserve, line, D(7), HARD)
    assert stocks(company) == [("main", D(5), D(0), D(5)), ("second", D(3), D(0), D(2))]
    assert held(company) == [(D(5), HARD), (D(2), HARD)]


def test_stock_when_hardened_then_soft_becomes_hard_and_what_is_missing_is_added(
    company: Company, line: OrderLine
) -> None:
    do(company, reserve, line, D(3), SOFT)
    assert do(company, harden, line) == D(4)
    assert stocks(company) == [("main", D(5), D(0), D(4)), ("second", D(3), D(0), D(0))]
    assert held(company) == [(D(4), HARD)]
    assert company.session.scalars(sa.select(Reservation.expires_at)).all() == [None]


def test_stock_when_reserved_softly_on_top_of_hard_then_all_of_it_stays_hard(company: Company, line: OrderLine) -> None:
    do(company, reserve, line, D(2), HARD)
    do(company, reserve, line, D(1), SOFT)
    assert held(company) == [(D(3), HARD)]
    assert stocks(company)[0] == ("main", D(5), D(0), D(3))


@pytest.mark.parametrize(("act", "values"), [(reserve, (D(9), SOFT)), (issue, (D(9),))])
def test_stock_when_short_then_refused_and_nothing_changes(
    company: Company, line: OrderLine, act: Callable[..., Any], values: tuple[Any, ...]
) -> None:
    with pytest.raises(DomainError) as refused:
        do(company, act, line, *values)
    assert refused.value.reason_code == "stock_short"
    assert refused.value.data["sku"] == "CHR-NORD-01"
    assert stocks(company) == [("main", D(5), D(0), D(0)), ("second", D(3), D(0), D(0))]
    assert held(company) == []


def test_stock_when_issued_then_reservation_and_stock_fall_together(company: Company, line: OrderLine) -> None:
    do(company, reserve, line, D(4), HARD)
    do(company, issue, line, D(3))
    assert stocks(company)[0] == ("main", D(2), D(0), D(1))
    do(company, issue, line, D(1))
    assert stocks(company)[0] == ("main", D(1), D(0), D(0))
    assert held(company) == []


def test_stock_when_issued_beyond_the_reservation_then_taken_from_what_is_free(
    company: Company, line: OrderLine
) -> None:
    do(company, reserve, line, D(1), SOFT)
    do(company, issue, line, D(7))
    assert stocks(company) == [("main", D(0), D(0), D(0)), ("second", D(1), D(0), D(0))]


def test_stock_when_others_hold_it_then_not_issued(company: Company, line: OrderLine) -> None:
    with company.act("system", NOW):
        twin = OrderLine(order_id=line.order_id, line_no=2, product_id=line.product_id, qty_ordered=D(6))
        company.session.add(twin)
    do(company, reserve, twin, D(6), HARD)
    with pytest.raises(DomainError) as refused:
        do(company, issue, line, D(4))
    assert (refused.value.reason_code, refused.value.data["available"]) == ("stock_short", "2.000")


def test_stock_when_released_then_free_again(company: Company, line: OrderLine) -> None:
    do(company, reserve, line, D(7), HARD)
    assert do(company, release, line, D(6)) == D(6)
    assert stocks(company) == [("main", D(5), D(0), D(0)), ("second", D(3), D(0), D(1))]
    assert do(company, release, line) == D(1)
    assert held(company) == []
    assert available(company.context("system", NOW), line.product_id) == D(8)


def test_stock_when_it_comes_in_then_added_to_its_warehouse(company: Company, line: OrderLine) -> None:
    do(company, receive, line.product, D(2))
    assert stocks(company)[0] == ("main", D(7), D(0), D(0))
    with pytest.raises(DomainError) as refused:
        do(company, receive, line.product, D(0))
    assert refused.value.reason_code == "bad_quantity"


def test_stock_when_a_product_has_none_then_nothing_is_available(company: Company, line: OrderLine) -> None:
    with company.act("system", NOW):
        bare = Product(sku_code="NEW", name="新品")
        company.session.add(bare)
    assert available(company.context("system", NOW), bare.id) == D(0)
