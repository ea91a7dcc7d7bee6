"""Logistics and installers see a person while the goods are on their way and a visit is near. S16 2, 3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import time_machine

from app.services.customer.rules import search_text
from app.services.shipment.actions import plan_shipment
from models.customer import Customer, CustomerAddress
from models.order import Order
from tests.services.company import Company, found, moment
from tests.services.orders import Goods, draft, fire_all, inspected, refusal, settled
from tests.web.person import Person, first_cells, statements

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.databases import Database

NAME, PHONE, STREET, DOOR = "林晓雯", "13800005621", "文三路 100 号", "A-4711#"
MASKED = "138****5621"
SOFA = Goods("SOF-OSLO-3S-GRY", 1, 6800, needs_install=True)
APPOINTMENT = {"mode": "own_fleet", "slot_from": "2026-11-27T14:00", "slot_to": "2026-11-27T16:00"}
VISIT = {"slot_from": "2026-11-27T15:00", "slot_to": "2026-11-27T17:00"}

pytestmark = [pytest.mark.stage("people"), pytest.mark.both_engines]


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def address(company: Company) -> int:
    """An address with a door code for the only customer; the orders go there."""
    with company.act("oc_li", "2026-11-23 09:30") as ctx:
        customer = ctx.session.query(Customer).one()
        place = CustomerAddress(
            customer_id=customer.id, contact_name=NAME, contact_phone=PHONE, province="浙江省", city="杭州",
            detail=STREET, door_code=DOOR,
        )  # fmt: skip
        ctx.session.add(place)
        ctx.session.flush()
        for order in ctx.session.query(Order):
            order.address_id = place.id
        return place.id


def on_its_way(company: Company) -> Order:
    """An order that is planned for 2026-11-27, 14:00."""
    order = settled(company, inspected(company, SOFA))
    with company.act("lg_liu", "2026-11-25 09:00") as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    company.fire("lg_liu", "2026-11-25 16:00", shipment, "schedule", **APPOINTMENT)
    return order


def deliver(company: Company, order: Order) -> None:
    """At 14:30, with the visit of cs_wu from 15:00 to 17:00."""
    (shipment,) = order.shipments
    fire_all(company, "lg_xu", "2026-11-27 12:00", shipment.packages, "load")
    company.fire("lg_xu", "2026-11-27 13:00", shipment, "dispatch")
    company.fire("lg_xu", "2026-11-27 14:30", shipment, "deliver", receiver_name=NAME)
    (visit,) = order.installations
    company.fire("cs_ma", "2026-11-27 14:35", visit, "schedule", installer_id=company.people["cs_wu"].id, **VISIT)


def item(person: Person, entity: str, pk: int) -> dict[str, object]:
    """The record by the API; empty where it is not found."""
    answer = person.app.test_client().get(f"/api/v1/{entity}/{pk}", headers=person.token())
    return dict(answer.json["result"]) if answer.status_code == 200 else {}


def phone_at(app: Flask, session: Session, who: str, when: str, order_id: int) -> object:
    """The receiver's phone on page and API, which must agree; None where the order is not found."""
    with time_machine.travel(moment(when), tick=False):
        person = Person(app, session, who)
        answer = person.get(f"/order/show/{order_id}")
        said = item(person, "order", order_id).get("receiver_phone")
        text = answer.get_data(as_text=True)
        if answer.status_code != 200:
            assert said is None
            return None
        assert str(said) in text
        assert (PHONE in text, STREET in text) == (said == PHONE, said == PHONE)
        return said


def test_order_when_not_ready_to_ship_then_logistics_does_not_know_it(
    app: Flask, session: Session, company: Company
) -> None:
    order_id = draft(company, SOFA).id
    session.rollback()
    assert phone_at(app, session, "lg_liu", "2026-11-23 12:00", order_id) is None


def test_phone_when_delivered_then_masked_for_logistics_and_after_30_days_gone(
    app: Flask, session: Session, company: Company
) -> None:
    order = on_its_way(company)
    order_id, shipment_id = order.id, order.shipments[0].id
    session.rollback()
    assert phone_at(app, session, "lg_liu", "2026-11-25 17:00", order_id) == PHONE
    deliver(company, order)
    session.rollback()
    seen = [
        phone_at(app, session, "lg_liu", when, order_id)
        for when in ("2026-11-27 15:00", "2026-12-27 14:00", "2026-12-28 14:30")
    ]
    assert seen == [MASKED, MASKED, None]
    with time_machine.travel(moment("2026-12-28 14:30"), tick=False):
        person = Person(app, session, "lg_liu")
        page = person.page(f"/shipment/show/{shipment_id}") + person.page(
            f"/shipment/{shipment_id}/tab/delivery_receipt"
        )
        assert f"{NAME[:1]}*" in page
        assert (NAME in page, PHONE in page) == (False, False)


def test_task_when_another_crews_or_8_days_old_then_not_visible_to_the_installer(
    app: Flask, session: Session, company: Company
) -> None:
    order = on_its_way(company)
    deliver(company, order)
    order_id, visit_id = order.id, order.installations[0].id
    session.rollback()
    for when, expected in (("2026-11-24 23:00", 404), ("2026-11-25 00:00", 200), ("2026-12-05 00:00", 404)):
        with time_machine.travel(moment(when), tick=False):
            assert Person(app, session, "cs_wu").get(f"/installation/show/{visit_id}").status_code == expected, when
    assert phone_at(app, session, "cs_wu", "2026-12-04 23:00", order_id) == PHONE
    assert phone_at(app, session, "cs_wu", "2026-12-05 00:00", order_id) is None
    company.fire(
        "cs_ma", "2026-11-27 14:36", session.get_one(type(order.installations[0]), visit_id), "schedule",
        installer_id=company.people["qc_sun"].id, **VISIT,
    )  # fmt: skip
    session.rollback()
    with time_machine.travel(moment("2026-11-27 16:00"), tick=False):
        assert Person(app, session, "cs_wu").get(f"/installation/show/{visit_id}").status_code == 404


def test_door_code_when_asked_for_then_on_the_day_and_hidden_before_and_after(
    session: Session, company: Company
) -> None:
    from app.kernel.fields import present

    order = on_its_way(company)
    place = session.get_one(CustomerAddress, address(company))

    def door(who: str, when: str) -> object:
        with company.act(who, when) as ctx:
            return present(ctx.actor, CustomerAddress, "door_code", place.door_code, place)

    assert [door("lg_liu", day) for day in ("2026-11-26 23:59", "2026-11-27 00:00", "2026-11-28 00:00")] == [
        None, DOOR, None,
    ]  # fmt: skip
    assert door("cs_ma", "2026-11-27 12:00") is None
    deliver(company, order)
    assert [door(who, "2026-11-27 16:00") for who in ("lg_liu", "cs_wu")] == [None, DOOR]
    assert present(company.people["lg_liu"], CustomerAddress, "door_code", DOOR) is None
    assert present(company.people["lg_liu"], CustomerAddress, "contact_phone", PHONE) == MASKED


def test_search_by_phone_when_the_mask_is_closed_then_logistics_finds_by_number_only(
    app: Flask, session: Session, company: Company
) -> None:
    order = on_its_way(company)
    number, order_id = order.order_no, order.id
    with company.act("oc_li", "2026-11-24 13:00"):
        order.customer.search_text = search_text(NAME, order.customer.code, PHONE)

    def hits(when: str) -> list[list[str]]:
        with time_machine.travel(moment(when), tick=False):
            person = Person(app, session, "lg_liu")
            return [first_cells(person.page(f"/order/list/?q={text}")) for text in (PHONE, NAME, number)]

    assert hits("2026-11-25 17:00") == [[number], [number], [number]]
    deliver(company, order)
    session.rollback()
    assert hits("2026-11-28 09:00") == [[], [], [number]]
    with time_machine.travel(moment("2026-11-28 09:00"), tick=False):
        person = Person(app, session, "lg_liu")
        history = person.page(f"/order/show/{order_id}")
        assert (PHONE in history, STREET in history) == (False, False)


def test_list_when_a_window_must_be_asked_then_one_statement_more_and_none_for_others(
    app: Flask, session: Session, database: Database, company: Company
) -> None:
    on_its_way(company)
    session.rollback()
    with time_machine.travel(moment("2026-11-25 17:00"), tick=False):
        counts = {}
        for who in ("lg_liu", "oc_li"):
            person = Person(app, session, who)
            with statements(database.engine) as seen:
                text = person.page("/order/list/")
            assert NAME in text
            counts[who] = len(seen)
    assert counts == {"lg_liu": 6, "oc_li": 5}


def test_driver_when_edited_then_only_before_the_goods_have_left(
    app: Flask, session: Session, company: Company
) -> None:
    order = on_its_way(company)
    pk = order.shipments[0].id
    session.rollback()
    with time_machine.travel(moment("2026-11-26 10:00"), tick=False):
        person = Person(app, session, "lg_liu")
        values = {"mode": "own_fleet", "driver_name": "周师傅", "driver_phone": "13900001111"}
        assert person.post(f"/shipment/edit/{pk}", values).status_code == 303
        assert item(person, "shipment", pk)["driver_name"] == "周师傅"
        assert json.dumps(item(Person(app, session, "au_lin"), "shipment", pk), ensure_ascii=False).count("周师傅") == 0
    assert refusal(company, "lg_liu", "2026-11-26 11:00", session.get_one(type(order.shipments[0]), pk), "deliver")
