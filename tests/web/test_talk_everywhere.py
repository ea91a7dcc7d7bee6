"""Whatever people work on is talked about as an order is, on its page and by the API, with one decision for both."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.kernel.unit_of_work import unit_of_work
from app.security.grants import granted
from models.installation import Installation
from models.order import Order
from models.production import ProductionTask
from models.talk import Attachment, Comment
from tests.services.company import found as found_company
from tests.unit.test_talk_rules import jpeg
from tests.web.person import Person, newest, statements, text_of
from views.base import ENTITIES

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from tests.databases import Database

pytestmark = pytest.mark.stage("demo")
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
# Who works with it, and who sees it without writing.
TALKED = {
    "order": "oc_li",
    "production_task": "pd_chen",
    "inspection": "qc_sun",
    "shipment": "lg_liu",
    "installation": "cs_ma",
    "service_ticket": "cs_ma",
    "approval": "oc_li",
    "acceptance": "cs_ma",
    "test_report": "qc_sun",
}
# The demo company has none: the declaration is the same.
BESIDE = {"exception_case", "coordination_item"}
READS_ONLY = "au_lin"


def newest_of(session: Session, entity: str) -> int:
    pk = session.scalar(sa.select(sa.func.max(ENTITIES[entity].model().id)))
    session.rollback()
    assert pk is not None, entity
    return int(pk)


def said(person: Person, entity: str, pk: int, text: str, **headers: str) -> TestResponse:
    url = f"/api/v1/{entity}/{pk}/comments"
    return person.client.post(url, json={"text": text}, headers={**person.token(), **headers})


def sent(person: Person, entity: str, pk: int, name: str, data: bytes, **form: Any) -> TestResponse:
    url = f"/api/v1/{entity}/{pk}/attachments"
    return person.client.post(url, data={"file": (BytesIO(data), name), **form}, headers=person.token())


def got(person: Person, path: str) -> TestResponse:
    """An answer, read to its end."""
    with person.client.get(f"/api/v1/{path}", headers=person.token()) as found:
        assert found.data
    return found


@SQLITE
def test_talk_when_a_record_has_it_then_the_word_is_in_its_declaration(app: Flask) -> None:
    assert app.extensions["appbuilder"].baseviews
    assert {name for name, view in ENTITIES.items() if view.talk} == {*TALKED, *BESIDE}
    writers = {
        entity: {code for code in ("auditor", "admin", "security") if (entity, "comment") in set(granted(code))}
        for entity in (*TALKED, *BESIDE)
    }
    assert [entity for entity, codes in writers.items() if codes] == []


@SQLITE
def test_comment_when_said_on_the_page_then_the_api_has_it_and_the_other_way_round(
    app: Flask, session: Session
) -> None:
    reader = Person(app, session, READS_ONLY)
    for entity, who in TALKED.items():
        pk = newest_of(session, entity)
        writer = Person(app, session, who)
        page = f"/{entity}/show/{pk}"
        answer = writer.post(f"/{entity}/{pk}/comment", {"text": f"页面 {entity}"}, page=page)
        assert answer.status_code == 303, entity
        answer = said(writer, entity, pk, f"接口 {entity}")
        assert answer.status_code == 201, answer.json
        assert (answer.json["result"]["text"], answer.json["result"]["mentions"]) == (f"接口 {entity}", [])
        assert sent(writer, entity, pk, "现场.jpg", jpeg()).status_code == 201
        words = text_of(reader.page(page))
        assert f"页面 {entity}" in words
        assert f"接口 {entity}" in words
        assert "现场.jpg" in words
        listed = got(reader, f"{entity}/{pk}/comments").json
        assert [row["text"] for row in listed["result"]][:2] == [f"接口 {entity}", f"页面 {entity}"]
        assert listed["result"][0]["author"]["id"] == writer.user_id
        files = got(reader, f"{entity}/{pk}/attachments").json["result"]
        assert [row["name"] for row in files][:1] == ["现场.jpg"]
        content = got(reader, f"{entity}/{pk}/attachments/{files[0]['id']}")
        assert content.data[:3] == b"\xff\xd8\xff"
        assert content.headers["Content-Security-Policy"].endswith("sandbox")
        # Who only reads writes nothing.
        assert said(reader, entity, pk, "x").status_code == 403
        assert sent(reader, entity, pk, "a.txt", b"x").status_code == 403


def test_comment_when_said_by_the_api_then_the_called_one_is_told_and_once(app: Flask, session: Session) -> None:
    pk = newest_of(session, "production_task")
    planner, lead = Person(app, session, "pd_chen"), Person(app, session, "pd_he")
    before = lead.get("/notification/unread").json["count"]
    answers = [said(planner, "production_task", pk, "@何军 缺料", **{"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1].headers["Idempotent-Replay"] == "true"
    assert answers[0].json["result"]["mentions"] == ["何军"]
    assert lead.get("/notification/unread").json["count"] == before + 1
    count = sa.select(sa.func.count()).select_from(Comment).where(Comment.text == "@何军 缺料")
    assert session.scalar(count) == 1
    session.rollback()
    refused = said(planner, "production_task", pk, "@管理员 看看")
    assert refused.status_code == 422
    assert "@管理员" not in str(refused.json)
    assert list(refused.json["error"]["fields"]) == ["text"]


@SQLITE
def test_talk_when_the_record_is_out_of_sight_then_there_is_nothing_to_read_or_write(
    app: Flask, session: Session
) -> None:
    """An installer sees his own visits around their days: of another one's visit he hears nothing."""
    pk = session.scalar(sa.select(sa.func.min(Installation.id)))
    session.rollback()
    installer, clerk = Person(app, session, "cs_wu"), Person(app, session, "cs_ma")
    assert installer.get(f"/installation/show/{pk}").status_code == 404
    assert said(clerk, "installation", pk or 0, "客户不在家").status_code == 201
    assert said(installer, "installation", pk or 0, "x").status_code == 404
    for path in ("comments", "attachments", "attachments/1"):
        assert got(installer, f"installation/{pk}/{path}").status_code == 404, path
    # A file is had through its own record only.
    task = newest_of(session, "production_task")
    assert sent(clerk, "production_task", task, "单.txt", b"words").status_code == 201
    item = newest(session, Attachment).id
    session.rollback()
    assert got(clerk, f"production_task/{task}/attachments/{item}").status_code == 200
    assert got(clerk, f"installation/{pk}/attachments/{item}").status_code == 404


@SQLITE
def test_file_when_marked_as_personal_then_the_api_gives_it_to_who_sees_people(app: Flask, session: Session) -> None:
    pk = session.scalar(sa.select(sa.func.max(ProductionTask.order_id))) or 0
    session.rollback()
    clerk, workshop = Person(app, session, "oc_li"), Person(app, session, "pd_chen")
    answer = sent(clerk, "order", pk, "身份证.txt", b"1", is_personal="1")
    item = answer.json["result"][0]["id"]
    assert got(clerk, f"order/{pk}/attachments/{item}").status_code == 200
    assert got(workshop, f"order/{pk}/attachments/{item}").status_code == 404
    seen = next(row for row in got(workshop, f"order/{pk}/attachments").json["result"] if row["id"] == item)
    assert (seen["is_personal"], "name" in seen) == (True, False)


@SQLITE
@pytest.mark.parametrize(
    ("name", "data", "code"),
    [("a.html", b"<script>", "file_kind"), ("a.png", b"no picture", "file_mismatch"), ("a.txt", b"", "file_empty")],
)
def test_file_when_it_is_of_a_refused_kind_then_the_api_says_why_and_keeps_nothing(
    app: Flask, session: Session, name: str, data: bytes, code: str
) -> None:
    pk = newest_of(session, "service_ticket")
    answer = sent(Person(app, session, "cs_ma"), "service_ticket", pk, name, data)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, code)
    assert session.scalar(sa.select(sa.func.count()).select_from(Attachment).where(Attachment.name == name)) == 0


@SQLITE
def test_talk_when_the_body_is_wrong_then_422_says_which_field(app: Flask, session: Session) -> None:
    pk = newest_of(session, "shipment")
    clerk = Person(app, session, "lg_liu")
    assert list(said(clerk, "shipment", pk, "  ").json["error"]["fields"]) == ["text"]
    assert list(said(clerk, "shipment", pk, "长" * 4001).json["error"]["fields"]) == ["text"]
    empty = clerk.client.post(f"/api/v1/shipment/{pk}/attachments", json={}, headers=clerk.token())
    assert (empty.status_code, list(empty.json["error"]["fields"])) == (422, ["file"])
    assert got(clerk, f"shipment/{pk}/comments?before=x").status_code == 422


@SQLITE
def test_comments_when_there_are_many_then_they_come_in_pages_with_a_fixed_number_of_statements(
    app: Flask, session: Session, database: Database
) -> None:
    few, many = (session.scalar(sa.select(each(Order.id))) or 0 for each in (sa.func.min, sa.func.max))
    session.rollback()
    clerk = Person(app, session, "oc_li")
    with unit_of_work(found_company(session).context("oc_li", "2026-11-25 09:00")):
        session.add_all(Comment(entity="order", entity_id=many, text=str(number)) for number in range(1, 54))
        session.add(Comment(entity="order", entity_id=few, text="one"))
    token, taken = clerk.token(), []
    for pk in (few, many):
        with statements(database.engine) as asked:
            page = clerk.client.get(f"/api/v1/order/{pk}/comments", headers=token).json
        taken.append(len(asked))
    assert taken[0] == taken[1]
    assert [row["text"] for row in page["result"]] == [str(number) for number in range(53, 3, -1)]
    rest = clerk.client.get(f"/api/v1/order/{many}/comments?before={page['next']}", headers=token).json
    assert ([row["text"] for row in rest["result"]], rest["next"]) == (["3", "2", "1"], None)


@SQLITE
def test_step_when_somebody_follows_a_task_then_he_is_told_and_its_maker_is_not(app: Flask, session: Session) -> None:
    pk = session.scalar(sa.select(sa.func.max(ProductionTask.id)).where(ProductionTask.state == "planned"))
    session.rollback()
    if pk is None:
        pytest.fail("the demo company has no planned task")
    follower, planner = Person(app, session, "oc_li"), Person(app, session, "pd_chen")
    follower.post(f"/production_task/{pk}/follow", {"on": "1"}, page=f"/production_task/show/{pk}")
    before = follower.get("/notification/unread").json["count"]
    answer = planner.client.post(f"/api/v1/production_task/{pk}/cancel", json={"reason": "x"}, headers=planner.token())
    assert answer.status_code == 200, answer.json
    assert follower.get("/notification/unread").json["count"] == before + 1
