"""Files chosen while an order is typed: kept for their person until it is saved, then saved with it or not at all."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
import time_machine

from app.services.talk.actions import purge
from app.services.talk.storage import FileStore
from models.order import Order
from models.talk import Attachment
from tests.services.company import Company, found, person, product
from tests.unit.test_talk_rules import jpeg
from tests.web.person import Person, form_errors

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HELD = re.compile(r'name="held" value="([^"]*)"')

pytestmark = pytest.mark.stage("people")


@pytest.fixture
def company(session: Session) -> Company:
    made = found(session)
    with made.act("oc_li", "2026-11-20 09:00"):
        person(session)
        product(session, "CHR-1", name="餐椅")
    session.rollback()
    return made


def hold(who: Person, name: str, data: bytes, **form: Any) -> TestResponse:
    fields = {**who.hidden("/order/add"), **form, "file": (BytesIO(data), name)}
    return who.client.post("/order/hold", data=fields, headers={"X-Requested-With": "XMLHttpRequest"})


def typed(**more: Any) -> dict[str, Any]:
    """The head of an order with one line; customer and product are the first of their tables."""
    return {
        "customer_id": 1, "order_type": "retail", "channel": "phone", "delivery_mode": "own_fleet",
        "requested_on": "2027-01-10", "floor": "", "elevator": "", "order_line-0-product_id": 1,
        "order_line-0-qty_ordered": "2", **more,
    }  # fmt: skip


def files(session: Session) -> list[tuple[str, bool, int]]:
    """Name, whether personal, and order of every file."""
    rows = session.execute(sa.select(Attachment.name, Attachment.is_personal, Attachment.order_id)).all()
    session.rollback()
    return sorted((row.name, row.is_personal, row.order_id) for row in rows)


@pytest.mark.usefixtures("company")
def test_files_when_the_form_is_refused_first_then_they_come_back_and_are_saved_with_the_order(
    app: Flask, session: Session
) -> None:
    clerk = Person(app, session, "oc_li")
    answers = [hold(clerk, "图纸.jpg", jpeg()), hold(clerk, "身份证.txt", b"330100", is_personal="1")]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.json["name"] for answer in answers] == ["图纸.jpg", "身份证.txt"]
    held = json.dumps([answer.json for answer in answers])
    assert files(session) == []
    form = {**clerk.hidden("/order/add"), "held": held}
    refused = clerk.client.post("/order/add", data={**form, **typed(customer_id="")})
    assert refused.status_code == 422
    came_back = unescape(HELD.findall(refused.get_data(as_text=True))[0])
    assert [item["name"] for item in json.loads(came_back)] == ["图纸.jpg", "身份证.txt"]
    assert files(session) == []
    saved = [clerk.client.post("/order/add", data={**form, "held": came_back, **typed()}) for _ in range(2)]
    assert [answer.status_code for answer in saved] == [303, 303]
    pk = session.scalars(sa.select(Order.id)).one()
    session.rollback()
    assert files(session) == [("图纸.jpg", False, pk), ("身份证.txt", True, pk)]


@SQLITE
@pytest.mark.usefixtures("company")
def test_files_when_they_are_anothers_or_too_old_then_nothing_is_saved_and_the_form_says_why(
    app: Flask, session: Session
) -> None:
    mark = hold(Person(app, session, "oc_li"), "图纸.jpg", jpeg()).json
    for name, later in (("oc_wang", timedelta()), ("oc_li", timedelta(hours=24, seconds=1))):
        with time_machine.travel(datetime.now(UTC) + later, tick=False):
            who = Person(app, session, name)
            for held in (json.dumps([mark]), "nonsense", '[{"mark": 1}]'):
                form = {**who.hidden("/order/add"), "held": held, **typed()}
                answer = who.client.post("/order/add", data=form)
                assert answer.status_code == 422
                assert form_errors(answer) == [
                    "A file was chosen more than a day ago: remove it from the list and choose it again."
                ]
    assert (session.scalar(sa.select(sa.func.count(Order.id))), files(session)) == (0, [])


@SQLITE
@pytest.mark.usefixtures("company")
def test_file_when_it_is_refused_or_the_person_may_not_add_then_it_is_not_held(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    refused = hold(clerk, "a.html", b"<script>")
    assert (refused.status_code, refused.json["code"]) == (422, "file_kind")
    empty = clerk.client.post("/order/hold", data=clerk.hidden("/order/add"))
    assert (empty.status_code, empty.json["message"]) == (422, "Choose a file first.")
    # Whoever talks about orders and enters none has no form to hold files for.
    driver = Person(app, session, "lg_liu")
    fields = {**driver.hidden("/shipment/add"), "file": (BytesIO(b"1"), "a.txt")}
    assert driver.client.post("/order/hold", data=fields).status_code == 403


@SQLITE
def test_content_when_no_form_was_saved_then_the_sweep_removes_it_after_a_day(
    app: Flask, session: Session, company: Company
) -> None:
    clerk = Person(app, session, "oc_li")
    mark = hold(clerk, "图纸.jpg", jpeg()).json
    store = FileStore(Path(app.config["UPLOAD_FOLDER"]) / "attachments")
    now = datetime.now(UTC)
    context = company.context("system", "2026-11-25 09:00")
    lying = sorted(store.folder.glob("??/*"))
    purge(context.at(now + timedelta(hours=23)), store)
    assert sorted(store.folder.glob("??/*")) == lying != []
    purge(context.at(now + timedelta(hours=25)), store)
    assert sorted(store.folder.glob("??/*")) == []
    session.rollback()
    form = {**clerk.hidden("/order/add"), "held": json.dumps([mark]), **typed()}
    assert clerk.client.post("/order/add", data=form).status_code == 422
