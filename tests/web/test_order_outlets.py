"""What leaks round the field policy and the row scopes: the timeline of an order, and the message it began with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from models.order import Order
from models.production import ProductionTask
from models.ticket import ServiceTicket
from tests.web.person import Person

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

pytestmark = pytest.mark.stage("demo")


def test_timeline_when_a_ticket_is_out_of_scope_then_it_is_not_told(app: Flask, session: Session) -> None:
    made = sa.exists().where(ProductionTask.order_id == ServiceTicket.order_id)
    ticket = session.scalars(sa.select(ServiceTicket).where(made, ServiceTicket.liable_party.is_(None)).limit(1)).one()
    path, told = f"/order/show/{ticket.order_id}", ticket.description
    session.rollback()
    assert told in Person(app, session, "cs_ma").page(path)
    assert told not in Person(app, session, "pd_chen").page(path)


def test_note_when_it_holds_the_customers_message_then_the_workshop_does_not_read_it(
    app: Flask, session: Session
) -> None:
    made = sa.exists().where(ProductionTask.order_id == Order.id)
    order = session.scalars(sa.select(Order).where(made, Order.note.is_not(None)).limit(1)).one()
    path = f"/api/v1/order/{order.id}"
    session.rollback()
    seen = {
        who: "note" in app.test_client().get(path, headers=Person(app, session, who).token()).json["result"]
        for who in ("oc_li", "pd_chen")
    }
    assert seen == {"oc_li": True, "pd_chen": False}
