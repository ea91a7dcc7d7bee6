"""Values that are changed in the list: one cell in its place, and one field of many rows with a preview."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.services.order.actions import BEFORE_LETTER
from models.journal import Journal
from models.order import Order
from models.product import Product
from models.production import ProductionTask
from tests.web.person import Person, statements, text_of
from views.base import ENTITIES

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from tests.databases import Database

pytestmark = [pytest.mark.stage("demo"), pytest.mark.both_engines]
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
WRITES = re.compile(r'data-pk="(\d+)" data-zd-writes="([^"]*)"')


def one(session: Session, statement: Any) -> Any:
    """A value, and no transaction left open."""
    found = session.scalars(statement.limit(1)).one()
    session.rollback()
    return found


def typed(person: Person, path: str, box: dict[str, str], **values: str) -> TestResponse:
    """Sends the box of a cell."""
    return person.client.post(path, data={**box, **values})


def test_cell_when_changed_then_written_once_as_by_the_form_and_the_row_comes_back(
    app: Flask, session: Session
) -> None:
    clerk = Person(app, session, "oc_li")
    pk = one(session, sa.select(Order.id).where(Order.state == "draft").order_by(Order.id))
    path = f"/order/{pk}/cell/requested_on"
    box = clerk.hidden(path)
    assert set(box) == {"csrf_token", "version"}
    shown = "order_no,requested_on,content_hash,customer"
    answer = typed(clerk, path, box, requested_on="2027-03-04", shown=shown)
    assert answer.status_code == 200
    assert answer.json is not None
    # The link of the row stays; a column that lists do not have is not given out.
    assert list(answer.json["cells"]) == ["customer", "requested_on"]
    assert text_of(answer.json["cells"]["requested_on"]) == "2027-03-04"
    assert "requested_on" in answer.json["writes"]
    assert str(one(session, sa.select(Order.requested_on).where(Order.id == pk))) == "2027-03-04"
    newest = sa.select(Journal.id, Journal.action, Journal.entity_id).where(Journal.entity == "order")
    newest = newest.order_by(Journal.id.desc()).limit(1)
    entry = session.execute(newest).one()
    session.rollback()
    assert entry[1:] == ("order.edit", pk)
    # The same again writes nothing.
    assert typed(clerk, path, clerk.hidden(path), requested_on="2027-03-04").status_code == 200
    assert session.execute(newest).one() == entry
    session.rollback()
    # An empty box takes the value away, as in the form.
    assert typed(clerk, path, clerk.hidden(path), requested_on="").status_code == 200
    assert session.scalar(sa.select(Order.requested_on).where(Order.id == pk)) is None
    session.rollback()


def test_cell_when_another_was_faster_then_told_with_his_value_and_decided_anew(app: Flask, session: Session) -> None:
    first, second = Person(app, session, "oc_li"), Person(app, session, "oc_zhao")
    pk = one(session, sa.select(Order.id).where(Order.state == "draft").order_by(Order.id))
    path = f"/order/{pk}/cell/project_name"
    seen = second.hidden(path)
    assert typed(first, path, first.hidden(path), project_name="Riverside").status_code == 200
    late = typed(second, path, seen, project_name="Hillside")
    html = late.get_data(as_text=True)
    assert late.status_code == 409
    assert "Project now: Riverside" in text_of(html)
    assert 'value="Hillside"' in html
    assert one(session, sa.select(Order.project_name).where(Order.id == pk)) == "Riverside"
    version = re.findall(r'name="version" value="(\d+)"', html)[0]
    assert typed(second, path, {**seen, "version": version}, project_name="Hillside").status_code == 200
    assert one(session, sa.select(Order.project_name).where(Order.id == pk)) == "Hillside"


def test_cell_when_input_is_wrong_then_said_at_the_box_and_nothing_is_written(app: Flask, session: Session) -> None:
    clerk, planner = Person(app, session, "oc_li"), Person(app, session, "pd_chen")
    pk = one(session, sa.select(Order.id).where(Order.state == "draft").order_by(Order.id))
    path = f"/order/{pk}/cell/requested_on"
    held = one(session, sa.select(Order.version).where(Order.id == pk))
    wrong = typed(clerk, path, clerk.hidden(path), requested_on="soon")
    assert wrong.status_code == 422
    assert "This is not a date." in text_of(wrong.get_data(as_text=True))
    assert 'value="soon"' in wrong.get_data(as_text=True)
    long = f"/order/{pk}/cell/external_no"
    assert typed(clerk, long, clerk.hidden(long), external_no="9" * 500).status_code == 422
    task = one(session, sa.select(ProductionTask.id).order_by(ProductionTask.id))
    word = f"/production_task/{task}/cell/priority"
    assert typed(planner, word, planner.hidden(word), priority="whenever").status_code == 422
    # No version is no version that was seen.
    missing = planner.hidden(word)
    missing.pop("version")
    assert typed(planner, word, missing, priority="rush").status_code == 409
    assert one(session, sa.select(Order.version).where(Order.id == pk)) == held


@ONE_ENGINE
def test_cell_when_the_form_would_refuse_then_refused_alike(app: Flask, session: Session) -> None:
    clerk, planner = Person(app, session, "oc_li"), Person(app, session, "pd_chen")
    draft = one(session, sa.select(Order.id).where(Order.state == "draft"))
    done = one(session, sa.select(Order.id).where(Order.state == "completed"))
    closed = clerk.get(f"/order/{done}/cell/note")
    assert closed.status_code == 409
    assert text_of(closed.get_data(as_text=True)) == "This record can no longer be edited directly."
    # No right, no record, no such cell, no cell at all.
    assert planner.get(f"/order/{draft}/cell/note").status_code == 403
    assert clerk.get("/order/99999999/cell/note").status_code == 404
    for name in ("state", "total_amount", "receiver_phone", "nonsense"):
        assert clerk.get(f"/order/{draft}/cell/{name}").status_code == 404, name
    assert clerk.get("/inbox_item/1/cell/channel").status_code == 404
    # Without the token of the page nothing is written.
    assert clerk.client.post(f"/order/{draft}/cell/note", data={"note": "x", "version": "1"}).status_code == 400


@ONE_ENGINE
def test_list_when_read_then_marks_what_this_person_may_change_in_each_row(
    app: Flask, session: Session, database: Database
) -> None:
    clerk, planner = Person(app, session, "oc_li"), Person(app, session, "pd_chen")
    # Until its letter an order is edited, but not while somebody reviews it.
    before_letter = set(session.scalars(sa.select(Order.id).where(Order.state.in_(BEFORE_LETTER))))
    session.rollback()
    clerk.post("/lists/columns/order", {"back": "/order/list/", "column": ["order_no", "note"]}, page="/order/list/")
    with statements(database.engine) as seen:
        html = clerk.page("/order/list/?size=200")
    assert len(seen) == 5
    assert {int(pk): names for pk, names in WRITES.findall(html)} == dict.fromkeys(before_letter, "note")
    assert "cells.js" in html
    assert "data-zd-writes" not in planner.page("/order/list/")
    assert "cells.js" not in planner.page("/order/list/")


def test_field_of_many_when_changed_then_previewed_with_reasons_and_each_once(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    drafts = list(session.scalars(sa.select(Order.id).where(Order.state == "draft").order_by(Order.id).limit(2)))
    done = session.scalars(sa.select(Order.id).where(Order.state == "completed").limit(1)).one()
    changes = sa.select(sa.func.count()).where(
        Journal.action == "order.edit", Journal.entity == "order", Journal.entity_id.in_(drafts)
    )
    before = session.scalar(changes) or 0
    session.rollback()
    here = "/order/list/?state=draft"
    sent = {"pk": [*drafts, done], "field": "project_name", "back": here}
    preview = clerk.post("/order/change", sent, page=here).get_data(as_text=True)
    assert "This record can no longer be edited directly." in text_of(preview)
    assert re.findall(r'name="pk" value="(\d+)"', preview) == [str(pk) for pk in drafts]
    hidden = dict(re.findall(r'<input type="hidden" name="(?!pk)([^"]+)" value="([^"]*)"', preview))
    # Nothing typed is not "empty it": that must be ticked.
    refused = clerk.client.post("/order/change", data={**hidden, "pk": drafts, "project_name": ""})
    assert refused.status_code == 422
    assert "tick that the field is to be emptied" in text_of(refused.get_data(as_text=True))
    form = {**hidden, "pk": drafts, "project_name": "Riverside"}
    told = [clerk.messages(clerk.client.post("/order/change", data=form)) for _ in range(2)]
    count = len(drafts)
    assert told == [[f"{count} record{'s' * (count > 1)} done."]] * 2
    names = sa.select(Order.project_name).where(Order.id.in_(drafts))
    assert set(session.scalars(names)) == {"Riverside"}
    assert session.scalar(changes) == before + count
    session.rollback()
    # Whoever was faster keeps his row; the others are done.
    hidden = dict(
        re.findall(
            r'<input type="hidden" name="(?!pk)([^"]+)" value="([^"]*)"',
            clerk.post("/order/change", sent, page=here).get_data(as_text=True),
        )
    )
    path = f"/order/{drafts[0]}/cell/project_name"
    typed(clerk, path, clerk.hidden(path), project_name="Mine")
    form = {**hidden, "pk": drafts, "_empty": "y", "project_name": ""}
    told = clerk.messages(clerk.client.post("/order/change", data=form))
    assert [text for text in told if "Somebody has just changed" in text] != []
    assert session.scalar(sa.select(Order.project_name).where(Order.id == drafts[0])) == "Mine"


@ONE_ENGINE
def test_field_of_many_when_not_open_to_the_person_then_not_there(app: Flask, session: Session) -> None:
    clerk, planner = Person(app, session, "oc_li"), Person(app, session, "pd_chen")
    pk = one(session, sa.select(Product.id))
    assert 'id="zd-bulk-field"' in clerk.page("/order/list/")
    assert 'id="zd-bulk-field"' not in planner.page("/order/list/")
    for person, path, name in ((clerk, "order", "total_amount"), (clerk, "order", "")):
        answer = person.post(f"/{path}/change", {"pk": [pk], "field": name}, page="/order/list/")
        assert (name, person.messages(answer)) == (name, ["Choose a field that you may change."])
    assert planner.post("/order/change", {"pk": [pk], "field": "note"}, page="/order/list/").status_code == 403
    told = clerk.messages(clerk.post("/order/change", {"field": "note"}, page="/order/list/"))
    assert told == ["Select at least one row."]


def test_cells_when_declared_then_they_are_of_the_edit_form_and_lists() -> None:
    declared = {name: view.cells for name, view in ENTITIES.items() if view.cells}
    assert set(declared) >= {"order", "service_ticket", "production_task", "shipment", "product", "customer"}
    for name, cells in declared.items():
        view = ENTITIES[name]
        assert set(cells) <= {*view.list_columns, *view.show_columns}, name
