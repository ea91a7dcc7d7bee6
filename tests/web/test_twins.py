"""Warnings while a form is typed into: of what one may see, never in the way of saving."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
import time_machine

from models.customer import Customer
from models.labels import CustomerKind, OrderState
from models.order import Order
from tests.web.person import Person

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

pytestmark = pytest.mark.stage("demo")


def warnings(person: Person, entity: str, **values: Any) -> list[tuple[str, str]]:
    answer = person.post(f"/{entity}/alike", values, page=f"/{entity}/add")
    assert answer.status_code == 200
    return [(found["field"], found["text"].split()[4]) for found in answer.json["warnings"]]


def test_customer_when_phone_or_name_and_place_are_on_file_then_warned_at_the_field(
    app: Flask, session: Session
) -> None:
    known = session.scalars(
        sa.select(Customer).where(Customer.kind == CustomerKind.person, Customer.phone.is_not(None)).limit(1)
    ).one()
    code, phone, name, city, pk = known.code, known.phone or "", known.name, known.city or "", known.id
    session.rollback()
    li = Person(app, session, "oc_li")
    assert warnings(li, "customer", phone=f"+86 {phone[:3]} {phone[3:]}") == [("phone", code)]
    assert ("name", code) in warnings(li, "customer", name=name, city=city)
    assert warnings(li, "customer", name=name) == []
    assert warnings(li, "customer", phone=phone, record=str(pk)) == []


def test_order_when_the_same_goods_were_ordered_this_week_then_warned_and_saved_all_the_same(
    app: Flask, session: Session
) -> None:
    newest = session.scalars(
        sa.select(Order)
        .where(Order.external_no.is_not(None), Order.state.not_in((OrderState.cancelled, OrderState.rejected)))
        .order_by(Order.received_at.desc())
        .limit(1)
    ).one()
    goods: dict[str, str] = {}
    for row, line in enumerate(newest.lines):
        goods |= {f"lines-{row}-product_id": str(line.product_id), f"lines-{row}-qty_ordered": f"{line.qty_ordered:f}"}
    this_week = newest.received_at + timedelta(days=1)
    number, customer, channel, external = newest.order_no, newest.customer_id, newest.channel.value, newest.external_no
    session.rollback()
    with time_machine.travel(this_week, tick=False):
        li = Person(app, session, "oc_li")
        found = warnings(li, "order", customer_id=str(customer), **goods)
        assert ("customer_id", number) in found
        assert ("external_no", number) in warnings(li, "order", channel=channel, external_no=external)
        assert warnings(li, "order", customer_id=str(customer), **{**goods, "lines-0-qty_ordered": "977"}) == []


def test_address_when_asked_by_who_may_not_add_then_refused(app: Flask, session: Session) -> None:
    chen = Person(app, session, "pd_chen")
    assert chen.post("/order/alike", {}, page="/").status_code == 403
