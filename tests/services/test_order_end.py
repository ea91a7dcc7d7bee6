"""What a cancellation ends: inspections of what is not wanted, open letters and requests, and all their clocks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.consequences.cancelling import open_cancellation
from app.kernel.clocks import readings
from models.labels import ChangeState, InspectionState, LetterState, OrderState
from models.order import Order
from tests.services.changes import ask, line_of
from tests.services.company import Company, found, moment
from tests.services.orders import Goods, call_off, confirmed, refusal

D = Decimal
NOW, LATER = "2026-11-26 14:00", "2026-12-20 09:00"
pytestmark = [pytest.mark.stage("people"), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


@pytest.fixture
def order(company: Company) -> Order:
    """Ten chairs from stock, none of them inspected."""
    return confirmed(company, Goods("CHR-1", 10, 500))


def cancelled(company: Company, order: Order, qty: int) -> None:
    """So many pieces of the first line are cancelled by the customer."""
    given = {"cancel_kind": "customer", "cancel_reason": "fund", "order_id": order.id}
    with company.act("oc_zhao", NOW) as ctx:
        request = open_cancellation(ctx, {**given, "lines": [line_of(order, 0, qty=D(qty))]})
    company.fire("oc_zhao", NOW, request, "offer")
    company.fire("oc_zhao", NOW, request, "accept", accepted_how="电话确认")
    company.session.refresh(order)


def clock(company: Company, record: Any) -> list[tuple[str, Any]]:
    """Clocks of a record with when they stopped, read long after."""
    return [(each.clock.code, each.stopped_at) for each in readings(company.context("system", LATER), record)]


def test_inspection_when_pieces_are_cancelled_then_no_more_pass_than_are_wanted(company: Company, order: Order) -> None:
    (inspection,) = order.inspections
    cancelled(company, order, 4)
    assert (inspection.state, inspection.qty_submitted) == (InspectionState.pending, D(6))
    failed = {"qty_passed": "4", "qty_failed": "2", "defect_class": "major", "defect_code": "DENT"}
    company.fire("qc_sun", NOW, inspection, "reject", **failed)
    cancelled(company, order, 1)
    again = order.inspections[1]
    assert again.qty_submitted == D(1)
    cancelled(company, order, 1)
    assert (again.state, again.qty_submitted) == (InspectionState.cancelled, D(1))
    assert clock(company, again) == [("Q1", moment(NOW))]
    assert refusal(company, "qc_sun", NOW, again, "accept") == "step_not_open"
    assert (order.lines[0].qty_net, order.lines[0].qty_qc_passed) == (D(4), D(4))


def test_order_when_it_is_called_off_then_letter_inspection_and_change_end_with_it(
    company: Company, order: Order
) -> None:
    (letter,), (inspection,) = order.letters, order.inspections
    change = ask(company, order, line_of(order, 0, qty_ordered=D(12)))
    call_off(company, order, NOW)
    assert order.state is OrderState.cancelled
    assert (letter.state, inspection.state, change.state) == (
        LetterState.withdrawn,
        InspectionState.cancelled,
        ChangeState.withdrawn,
    )
    assert clock(company, letter) == [("E5", moment(NOW))]
    assert clock(company, change) == [("C1", moment(NOW))]
    assert clock(company, order) == [("E1", moment("2026-11-23 10:00")), ("E2", moment("2026-11-23 11:00")),
                                     ("E4", moment("2026-11-23 12:00"))]  # fmt: skip


def test_letter_when_it_was_confirmed_then_it_stands_beside_the_cancelled_order(company: Company, order: Order) -> None:
    (letter,) = order.letters
    company.fire("oc_li", NOW, letter, "acknowledge", reason="电话确认")
    call_off(company, order, NOW)
    assert letter.state is LetterState.acknowledged
