"""The undo of an edit: from the message after a save, from the history; what stands against it, and what it leaves."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from models.customer import Customer, CustomerAddress
from models.journal import Journal
from models.order import Order
from models.order_line import OrderLine
from models.payment import PaymentSchedule
from tests.web.person import Person, statements, text_of
from tests.web.test_cells import one
from tests.web.test_inline import boxes_of

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.databases import Database

pytestmark = [pytest.mark.stage("demo"), pytest.mark.both_engines]
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
BY_SCRIPT = {"X-Requested-With": "XMLHttpRequest"}
UNDO = re.compile(r'<(?:form method="post" action|a class="zd-alert__undo" href)="([^"]*/undo/[^"]*)"')
PUT_BACK = re.compile(r'href="([^"]*/undo/[^"]*)"')
VALUES = re.compile(r'<ul class="zd-changes">.*?</ul>', re.DOTALL)


def drafts(session: Session, most: int = 3) -> list[int]:
    """Orders that are being entered."""
    found = session.scalars(sa.select(Order.id).where(Order.state == "draft").order_by(Order.id).limit(most)).all()
    session.rollback()
    return list(found)


def newest(session: Session, entity: str, pk: int) -> Journal:
    """The last entry about a record."""
    where = (Journal.entity == entity, Journal.entity_id == pk)
    found = session.scalars(sa.select(Journal).where(*where).order_by(Journal.id.desc()).limit(1)).one()
    session.expunge(found)
    session.rollback()
    return found


def saved(person: Person, path: str, values: dict[str, str]) -> tuple[list[str], str | None]:
    """Sends a form as it stands with other values: what is said, and where it is put back."""
    html = person.page(path)
    boxes = re.findall(r'<(?:input|textarea)[^>]* name="([^"]+)"[^>]*(?: checked)[^>]*>', html)
    answer = person.client.post(path, data={**person.hidden(path), **dict.fromkeys(boxes, "y"), **values})
    assert answer.status_code == 303, text_of(answer.get_data(as_text=True))
    page = person.page(answer.headers["Location"])
    way = UNDO.search(page)
    told = [text_of(found) for found in re.findall(r'class="zd-alert__text">(.*?)</div>', page)]
    return told, unescape(way[1]) if way else None


def changed(person: Person, path: str, **values: str) -> str:
    """Changes a cell and returns where that is put back."""
    box = person.hidden(path)
    answer = person.client.post(path, data={**box, **values, "shown": "order_no,project_name"})
    assert answer.status_code == 200
    assert answer.json is not None
    return str(answer.json["undo"])


def undone(person: Person, way: str) -> list[str]:
    """Presses the button of a message, or of a preview: what is said then."""
    return person.messages(person.client.post(way, data=person.hidden("/order/list/")))


def test_form_when_undone_then_the_old_values_are_there_and_the_journal_says_what_was_put_back(
    app: Flask, session: Session
) -> None:
    clerk, pk = Person(app, session, "oc_li"), drafts(session)[0]
    was = one(session, sa.select(Order.project_name).where(Order.id == pk))
    told, way = saved(clerk, f"/order/edit/{pk}", {"project_name": "Riverside", "requested_on": "2027-03-04"})
    edit = newest(session, "order", pk)
    assert (told, way) == (["Saved."], f"/order/undo/{edit.id}?pk={pk}")
    # The message stands once; the history offers the same with a preview.
    page = clerk.page(f"/order/show/{pk}")
    assert (UNDO.findall(page), PUT_BACK.findall(page)[0]) == ([], f"/order/undo/{edit.id}?pk={pk}")
    preview = text_of("".join(VALUES.findall(clerk.page(str(way)))))
    assert f"Project Riverside → {was or '(empty)'}" in preview
    assert undone(clerk, str(way)) == ["1 record put back."]
    assert one(session, sa.select(Order.project_name).where(Order.id == pk)) == was
    back = newest(session, "order", pk)
    assert (back.action, back.data, back.actor_name) == ("order.edit", {"takes_back": edit.id}, edit.actor_name)
    assert (back.changes.keys(), back.changes["requested_on"]) == (
        edit.changes.keys(),
        edit.changes["requested_on"][::-1],
    )
    story = text_of(clerk.page(f"/order/show/{pk}"))
    assert "Order: Put back Requested delivery" in story or "Order: Put back Project" in story
    # Two tabs, a second click, the back button: it was done.
    number = one(session, sa.select(Order.order_no).where(Order.id == pk))
    assert undone(clerk, str(way)) == [f"{number}: This has been put back already."]
    assert "This has been put back already." in text_of(clerk.page(str(way)))
    assert newest(session, "order", pk).id == back.id
    # Saved without a change there is nothing to undo.
    assert saved(clerk, f"/order/edit/{pk}", {}) == (["Saved."], None)


@ONE_ENGINE
def test_cell_when_undone_by_its_script_then_the_row_comes_back_and_only_once(app: Flask, session: Session) -> None:
    clerk, pk = Person(app, session, "oc_li"), drafts(session)[0]
    way = changed(clerk, f"/order/{pk}/cell/project_name", project_name="Riverside")
    sent = {"csrf_token": clerk.hidden("/order/list/")["csrf_token"], "shown": "order_no,project_name"}
    first, second = (clerk.client.post(way, data=sent, headers=BY_SCRIPT) for _ in range(2))
    assert first.json == {"cells": {"project_name": first.json["cells"]["project_name"]}, "said": "Put back.",
                          "writes": ["project_name"]}  # fmt: skip
    assert "Riverside" not in first.json["cells"]["project_name"]
    assert (second.status_code, second.json) == (409, {"message": "This has been put back already."})


@ONE_ENGINE
def test_many_when_undone_then_each_that_can_and_the_others_say_why(
    app: Flask, session: Session, database: Database
) -> None:
    clerk, other, here = Person(app, session, "oc_li"), Person(app, session, "oc_zhao"), "/order/list/?state=draft"
    pks = drafts(session)
    form = {"pk": pks, "field": "note", "back": here}
    preview = clerk.post("/order/change", form, page=here).get_data(as_text=True)
    hidden = dict(re.findall(r'<input type="hidden" name="(?!pk)([^"]+)" value="([^"]*)"', preview))
    answer = clerk.client.post("/order/change", data={**hidden, "pk": pks, "note": "Call first"})
    way = UNDO.findall(clerk.page(answer.headers["Location"]))[0]
    changed(other, f"/order/{pks[0]}/cell/note", note="Mine")
    number = one(session, sa.select(Order.order_no).where(Order.id == pks[0]))
    with statements(database.engine) as seen:
        page = clerk.page(way)
    assert re.search(rf"{number}.*?Changed since by \S+ .*?on \d{{4}}-\d\d-\d\d: Note\.", text_of(page)) is not None
    assert re.findall(r'name="pk" value="(\d+)"', page) == [str(pk) for pk in pks[1:]]
    assert len(seen) == 8
    sent = dict(re.findall(r'<input type="hidden" name="(?!pk)([^"]+)" value="([^"]*)"', page))
    told = clerk.messages(clerk.client.post(way, data={**sent, "pk": pks}))
    assert (told[0].split()[0], told[1].startswith(f"{number}: Changed since by")) == (str(len(pks) - 1), True)
    notes = dict(session.execute(sa.select(Order.id, Order.note).where(Order.id.in_(pks))).all())
    assert (notes.pop(pks[0]), "Call first" in notes.values()) == ("Mine", False)


@ONE_ENGINE
def test_undo_when_the_form_would_refuse_then_refused_with_the_reason_and_nothing_is_told_of_closed_values(
    app: Flask, session: Session
) -> None:
    clerk, planner, finance = (Person(app, session, name) for name in ("oc_li", "pd_chen", "fi_sun"))
    pk = drafts(session)[0]
    way = changed(clerk, f"/order/{pk}/cell/project_name", project_name="Riverside")
    assert planner.client.post(way, data=planner.hidden("/order/list/")).status_code == 403
    # A person's phone: finance may edit the file, and sees the phone masked.
    customer = one(session, sa.select(Customer.id).where(Customer.kind == "person", Customer.phone.is_not(None)))
    _told, phone = saved(clerk, f"/customer/edit/{customer}", {"phone": "13900001234"})
    page = text_of(finance.page(str(phone)))
    assert "It changed what you may not change: Phone." in page
    assert "13900001234" not in page
    old = newest(session, "customer", customer)
    assert undone(finance, str(phone))[0].endswith("It changed what you may not change: Phone.")
    assert newest(session, "customer", customer).id == old.id
    # The order goes on: what was typed before is locked, and the step has its own ways back.
    ends = {"cancel_kind": "customer", "cancel_reason": "price", "reason": "Too dear"}
    clerk.post(f"/order/{pk}/cancel", ends, page=f"/order/{pk}/cancel")
    gone = newest(session, "order", pk)
    number = one(session, sa.select(Order.order_no).where(Order.id == pk))
    assert undone(clerk, way) == [f"{number}: This record can no longer be edited directly."]
    assert PUT_BACK.findall(clerk.page(f"/order/show/{pk}")) == []
    step = f"/order/undo/{gone.id}?pk={pk}"
    assert undone(clerk, step) == [
        "This was no edit by a form. Steps and imports have their own ways back; what the system does has none."
    ]
    assert newest(session, "order", pk).id == gone.id


@ONE_ENGINE
def test_form_with_rows_when_undone_then_rows_and_sums_are_as_before_and_rows_that_came_stay(
    app: Flask, session: Session
) -> None:
    clerk, pk = (
        Person(app, session, "oc_li"),
        one(session, sa.select(OrderLine.order_id).where(OrderLine.order_id.in_(drafts(session)))),
    )
    path, quantity = f"/order/edit/{pk}", "order_line-0-qty_ordered"
    figures = sa.select(OrderLine.qty_ordered, OrderLine.line_amount, Order.total_amount).join(Order.lines)
    figures = figures.where(Order.id == pk).order_by(OrderLine.id)
    before = session.execute(figures).all()
    session.rollback()
    _told, way = saved(clerk, path, {**boxes_of(clerk.page(path)), quantity: "77"})
    assert session.execute(figures).first()[0] == 77
    session.rollback()
    assert undone(clerk, str(way)) == ["1 record put back."]
    assert session.execute(figures).all() == before
    session.rollback()
    boxes = boxes_of(clerk.page(path)) | {quantity: "77"}
    new = {f"order_line-9-{name}": boxes[f"order_line-0-{name}"] for name in ("product_id", "qty_ordered")}
    assert saved(clerk, path, {**boxes, **new}) == (["Saved."], None)
    late = PUT_BACK.findall(clerk.page(f"/order/show/{pk}"))[0]
    assert "It also added or removed rows: correct these in the form." in text_of(clerk.page(late))
    # What followed from the edit does not come back with it: what was approved is asked for again.
    approved = one(session, sa.select(Order.id).where(Order.state == "approved").order_by(Order.id))
    path = f"/order/edit/{approved}"
    _told, way = saved(clerk, path, {**boxes_of(clerk.page(path)), quantity: "77"})
    assert undone(clerk, str(way)) == ["1 record put back."]
    assert one(session, sa.select(Order.state).where(Order.id == approved)) == "pending_approval"
    # What followed keeps its own name.
    story = text_of(clerk.page(f"/order/show/{approved}"))
    assert ("Order: Changed after the review" in story, "Payment schedule: Put back" in story) == (True, False)


@ONE_ENGINE
def test_undo_when_something_else_would_come_of_it_then_refused_and_nothing_is_written(
    app: Flask, session: Session
) -> None:
    """A typed address that the customer's own would replace; a due date whose reason does not come back."""
    clerk, finance, pk = Person(app, session, "oc_li"), Person(app, session, "fi_sun"), drafts(session)[0]
    site = {"ship_province": "北京市", "ship_city": "北京市", "ship_district": "朝阳区", "ship_street": "工地1号"}
    saved(clerk, f"/order/edit/{pk}", {**boxes_of(clerk.page(f"/order/edit/{pk}")), **site})
    mine = one(session, sa.select(Order.customer_id).where(Order.id == pk))
    other = one(session, sa.select(CustomerAddress.customer_id).where(CustomerAddress.customer_id != mine))
    like = {"province": "北京市", "city": "北京市", "district": "朝阳区"}
    session.execute(sa.update(CustomerAddress).where(CustomerAddress.customer_id == other).values(**like))
    session.commit()
    boxes = boxes_of(clerk.page(f"/order/edit/{pk}"))
    _told, way = saved(clerk, f"/order/edit/{pk}", {**boxes, "customer_id": str(other), "customer_address_id": ""})
    whole = sa.select(Order.__table__).where(Order.id == pk)
    before = session.execute(whole).one()
    session.rollback()
    told = undone(clerk, str(way))[0]
    after = session.execute(whole).one()
    session.rollback()
    assert (after, "would be other than before the change" in told) == (before, True)
    unpaid = (
        sa.select(PaymentSchedule.id).join(Order).where(PaymentSchedule.paid_amount == 0, Order.state == "confirmed")
    )
    instalment = one(session, unpaid)
    counted = {"due_on": date(2026, 12, 7), "due_basis": "acceptance"}
    session.execute(sa.update(PaymentSchedule).where(PaymentSchedule.id == instalment).values(**counted))
    session.commit()
    way = changed(finance, f"/payment_schedule/{instalment}/cell/due_on", due_on="2027-05-05")
    assert "“Counted from” would be other than before the change" in undone(finance, way)[0]
    assert one(session, sa.select(PaymentSchedule.due_on).where(PaymentSchedule.id == instalment)) == date(2027, 5, 5)


@ONE_ENGINE
def test_undo_when_the_entry_is_none_then_said_in_words(app: Flask, session: Session) -> None:
    clerk, pk = Person(app, session, "oc_li"), drafts(session)[0]
    for entry in (0, 10**12, 10**30):
        assert "This was no edit by a form." in undone(clerk, f"/order/undo/{entry}?pk={pk}")[0]
