"""Comments, mentions and files of an order, and what the bell says of them: who sees, who is told, what is refused."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from models.journal import Journal
from models.order import Order
from models.production import ProductionTask
from models.talk import Attachment, Comment, Notification
from tests.unit.test_talk_rules import jpeg
from tests.web.person import Person, newest, statements, text_of

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from tests.databases import Database

pytestmark = pytest.mark.stage("demo")
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SCRIPT = {"X-Requested-With": "XMLHttpRequest"}


def in_production(session: Session) -> int:
    """An order that the workshop sees too, and an inspector or driver does not."""
    found = session.scalar(sa.select(sa.func.max(ProductionTask.order_id)))
    session.rollback()
    assert found is not None
    return found


def say(person: Person, pk: int, text: str, **more: Any) -> TestResponse:
    return person.post(f"/order/{pk}/comment", {"text": text, **more}, page=f"/order/show/{pk}")


def upload(person: Person, pk: int, name: str, data: bytes, **more: Any) -> TestResponse:
    sent = FileStorage(BytesIO(data), filename=name)
    form = {**person.hidden(f"/order/show/{pk}"), "file": sent, **more}
    boundary, body = encode_multipart(form)
    kind = f"multipart/form-data; boundary={boundary}"
    return person.client.post(f"/order/{pk}/attach", data=body, headers=SCRIPT, content_type=kind)


def fetch(person: Person, path: str) -> TestResponse:
    """A download, read to its end."""
    with person.get(path) as found:
        assert found.data
    return found


def unread(person: Person) -> int:
    return int(person.get("/notification/unread").json["count"])


def notices(person: Person) -> str:
    return text_of(person.page("/notification/list/?unread=1"))


def test_comment_when_said_then_everybody_who_sees_the_order_reads_it_and_the_mentioned_one_is_told(
    app: Flask, session: Session
) -> None:
    pk = in_production(session)
    number = session.get_one(Order, pk).order_no
    session.rollback()
    planner, clerk = Person(app, session, "pd_chen"), Person(app, session, "oc_wang")
    before = unread(clerk)
    text = f"<b>请</b> @王磊 看 {number}\n第二行"
    assert say(planner, pk, text).headers["Location"] == f"/order/show/{pk}#talk"
    page = clerk.page(f"/order/show/{pk}")
    assert "&lt;b&gt;请&lt;/b&gt;" in page
    assert '<span class="zd-mention">@王磊</span>' in page
    assert f'<a href="/order/show/{pk}">{number}</a>' in page
    assert unread(clerk) == before + 1
    assert "mentioned you" in notices(clerk)
    assert "第二行" in text_of(page)
    assert "mentioned you" not in notices(planner), "nobody is told of what he did himself"
    said = newest(session, Comment)
    row = newest(session, Journal, Journal.entity == "comment")
    assert (row.entity_id, row.order_id, row.action) == (said.id, pk, "comment.add")
    session.rollback()
    opened = re.search(r'action="(/notification/\d+/open)"', clerk.page("/notification/list/?unread=1"))
    assert opened is not None
    where = clerk.post(opened[1], {}, page="/notification/list/").headers["Location"]
    assert where == f"/order/show/{pk}#talk"
    assert unread(clerk) == before


@SQLITE
def test_comment_when_sent_again_with_more_text_then_the_author_is_told_and_nothing_is_lost(
    app: Flask, session: Session
) -> None:
    pk = in_production(session)
    clerk = Person(app, session, "oc_li")
    form = {**clerk.hidden(f"/order/show/{pk}"), "text": "one"}
    path = f"/order/{pk}/comment"
    assert [clerk.client.post(path, data=form, headers=SCRIPT).status_code for _time in range(2)] == [200, 200]
    refused = clerk.client.post(path, data=form | {"text": "one and two"}, headers=SCRIPT)
    assert (refused.status_code, refused.json["code"]) == (409, "idempotency_key_reused")
    assert "was not sent" in refused.json["message"]
    assert "one" in text_of(refused.json["story"])
    by_page = clerk.client.post(path, data=form | {"text": "one and two"})
    assert (by_page.status_code, "one and two</textarea>" in by_page.get_data(as_text=True)) == (409, True)
    again = form | {"text": "one and two", "token": refused.json["token"]}
    assert clerk.client.post(path, data=again, headers=SCRIPT).status_code == 200
    said = session.scalars(sa.select(Comment.text).where(Comment.entity_id == pk).order_by(Comment.id)).all()
    assert said == ["one", "one and two"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_talk_when_one_person_writes_in_several_tabs_at_once_then_each_is_taken(app: Flask, session: Session) -> None:
    pk = in_production(session)
    tabs = [Person(app, session, "cm_zhang") for _tab in range(4)]
    page = f"/order/show/{pk}"
    forms = [{**tab.hidden(page), "text": f"tab {number}"} for number, tab in enumerate(tabs)]
    with ThreadPoolExecutor(len(tabs)) as pool:
        said = list(pool.map(lambda tab, form: tab.client.post(f"/order/{pk}/comment", data=form), tabs, forms))
        kept = list(pool.map(lambda tab: upload(tab, pk, "f.txt", b"the same bytes"), tabs))
    assert [answer.status_code for answer in said] == [303] * 4
    assert [answer.status_code for answer in kept] == [200] * 4
    assert session.scalar(sa.select(sa.func.count()).where(Attachment.order_id == pk)) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(Comment)) == 4


@SQLITE
def test_mention_when_somebody_may_not_see_the_order_then_he_is_neither_offered_nor_told(
    app: Flask, session: Session
) -> None:
    pk = in_production(session)
    clerk = Person(app, session, "oc_li")
    offered = {found["login"] for found in clerk.get(f"/order/{pk}/people?q=").json["results"]}
    assert "oc_wang" in offered
    assert not {"ad_root", "ad_sec", "cs_wu", "oc_li"} & offered
    for typed in ("wang", "wanglei", "wl", "王", "磊", "oc_w"):
        assert [found["name"] for found in clerk.get(f"/order/{pk}/people?q={typed}").json["results"]] == ["王磊"]
    before = session.scalar(sa.select(sa.func.count()).select_from(Notification))
    session.rollback()
    refused = say(clerk, pk, "@吴师傅 明天能装吗？")
    page = unescape(refused.get_data(as_text=True))
    assert refused.status_code == 422
    assert "吴师傅 may not see this record and cannot be mentioned here." in page
    assert "@吴师傅 明天能装吗？</textarea>" in page, "what was typed is kept"
    assert session.scalar(sa.select(sa.func.count()).select_from(Notification)) == before


@SQLITE
def test_comment_when_sent_again_after_a_lost_answer_then_it_is_said_once(app: Flask, session: Session) -> None:
    pk = in_production(session)
    clerk = Person(app, session, "oc_li")
    form = {**clerk.hidden(f"/order/show/{pk}"), "text": "once"}
    answers = [clerk.client.post(f"/order/{pk}/comment", data=form, headers=SCRIPT) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert session.scalar(sa.select(sa.func.count()).where(Comment.text == "once")) == 1
    session.rollback()
    for text, message in (
        ("  \n ", "Write something first."),
        ("x" * 4001, "At most 4000 characters; these are 4001."),
    ):
        token = {**clerk.hidden(f"/order/show/{pk}"), "text": text}
        refused = clerk.client.post(f"/order/{pk}/comment", data=token, headers=SCRIPT)
        assert (refused.status_code, refused.json["message"]) == (422, message)


@SQLITE
def test_comment_when_corrected_then_only_by_its_author_and_only_for_a_quarter_of_an_hour(
    app: Flask, session: Session
) -> None:
    pk = in_production(session)
    clerk, colleague = Person(app, session, "oc_li"), Person(app, session, "oc_wang")
    say(clerk, pk, "frist")
    item = newest(session, Comment).id
    session.rollback()
    path, page = f"/order/{pk}/comment/{item}", f"/order/show/{pk}"
    assert path in clerk.page(page)
    assert path not in colleague.page(page)
    assert colleague.post(path, {"text": "mine now"}, page=page).status_code == 403
    assert clerk.post(path, {"text": "first"}, page=page).status_code == 303
    assert "corrected" in clerk.page(page)
    session.execute(sa.text("UPDATE comment SET created_at = datetime(created_at, '-16 minutes')"))
    session.commit()
    assert path not in clerk.page(page)
    late = clerk.post(path, {"text": "too late"}, page=page)
    assert late.status_code == 409
    assert "A comment can be corrected for 15 minutes." in late.get_data(as_text=True)
    assert newest(session, Comment).text == "first"
    # Of another record, there is no such comment.
    session.rollback()
    assert clerk.post(f"/order/{pk - 1}/comment/{item}", {"text": "x"}, page=page).status_code == 404


def test_file_when_attached_then_it_comes_back_with_its_name_and_never_opens_in_the_page(
    app: Flask, session: Session
) -> None:
    pk = in_production(session)
    clerk, planner, stranger = (Person(app, session, who) for who in ("oc_li", "pd_chen", "cs_wu"))
    assert upload(clerk, pk, "现场 照片.jpg", jpeg(800, 600)).status_code == 200
    assert upload(clerk, pk, "又一次.jpg", jpeg(800, 600)).status_code == 200, "the same content is the same file"
    attached = session.scalars(sa.select(Attachment).where(Attachment.order_id == pk)).one()
    item, digest, name = attached.id, attached.digest, attached.name
    session.rollback()
    assert name == "现场 照片.jpg"
    found = fetch(planner, f"/order/{pk}/file/{item}")
    assert found.status_code == 200
    assert found.headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%E7%8E%B0%E5%9C%BA" in found.headers["Content-Disposition"]
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in found.headers["Content-Security-Policy"]
    small = fetch(planner, f"/order/{pk}/thumb/{item}")
    assert (small.status_code, small.headers["Content-Type"]) == (200, "image/jpeg")
    assert len(small.data) < len(found.data)
    for path in (f"/order/{pk}/file/{item}", f"/order/{pk}/thumb/{item}", f"/order/{pk - 1}/file/{item}"):
        assert stranger.get(path).status_code == 404
    session.execute(sa.update(Attachment).where(Attachment.order_id == pk).values(digest="—"))
    session.commit()
    assert planner.get(f"/order/{pk}/file/{item}").status_code == 404, "forgotten with the person"
    assert stranger.get(f"/static/attachments/{digest[:2]}/{digest}").status_code == 404


@SQLITE
def test_file_when_refused_then_the_message_helps_and_nothing_is_kept(app: Flask, session: Session) -> None:
    pk = in_production(session)
    clerk = Person(app, session, "oc_li")
    for name, data, message in (
        ("film.mp4", b"\x00\x00\x00\x18ftyp", "“film.mp4” is of a kind that is not kept."),
        ("x.pdf", b"<html>", "“x.pdf” is not what its name says."),
        ("large.pdf", b"%PDF-" + b"0" * (15 * 1024 * 1024), "“large.pdf” is too large: at most 15 MB a file."),
    ):
        refused = upload(clerk, pk, name, data)
        assert (refused.status_code, refused.json["message"].startswith(message)) == (422, True), refused.json
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f.pdf"\r\n\r\n%PDF-' + bytes(
        50 * 1024 * 1024
    )
    large = clerk.client.post(f"/order/{pk}/attach", data=body, content_type="multipart/form-data; boundary=x")
    assert large.status_code == 413
    assert "files of at most 16 MB" in large.get_data(as_text=True)
    assert session.scalar(sa.select(sa.func.count()).where(Attachment.order_id == pk)) == 0


@SQLITE
def test_file_when_withdrawn_then_only_by_its_owner_with_a_reason_and_the_story_keeps_it(
    app: Flask, session: Session
) -> None:
    pk = in_production(session)
    clerk, colleague = Person(app, session, "oc_li"), Person(app, session, "oc_wang")
    upload(clerk, pk, "报价.txt", "旧价格".encode())
    item = newest(session, Attachment).id
    session.rollback()
    path, page = f"/order/{pk}/withdraw/{item}", f"/order/show/{pk}"
    assert colleague.post(path, {"reason": "no"}, page=page).status_code == 403
    assert clerk.post(path, {"reason": " "}, page=page).status_code == 422
    assert clerk.post(path, {"reason": "版本错误"}, page=page).status_code == 303
    assert clerk.get(f"/order/{pk}/file/{item}").status_code == 404
    shown = text_of(colleague.page(page))
    assert "File withdrawn 报价.txt 版本错误" in shown
    row = newest(session, Journal, Journal.entity == "attachment")
    # The reason may be about a person: it stands in the changes, which are locked with his key, and nowhere else.
    assert (row.action, row.reason, row.order_id) == ("attachment.withdraw", None, pk)
    assert "版本错误" not in str(row.changes)


@SQLITE
def test_file_when_it_contains_personal_data_then_roles_with_masks_do_not_get_it(app: Flask, session: Session) -> None:
    pk = in_production(session)
    clerk, planner = Person(app, session, "oc_li"), Person(app, session, "pd_chen")
    colleague = Person(app, session, "oc_wang")
    # The same content lies there open already, from him and from a colleague: the mark makes it another file.
    for person, name, mark in (
        (clerk, "公开.pdf", {}), (colleague, "同事.pdf", {}), (clerk, "身份证明.pdf", {"is_personal": "1"}),
    ):  # fmt: skip
        upload(person, pk, name, b"%PDF-1.7", **mark)
    attached = newest(session, Attachment)
    assert (attached.name, attached.is_personal) == ("身份证明.pdf", True)
    item = attached.id
    row = newest(session, Journal, Journal.entity == "attachment").id
    session.rollback()
    page = colleague.page(f"/order/show/{pk}")
    assert all(name in page for name in ("公开.pdf", "同事.pdf", "身份证明.pdf"))
    assert "公开.pdf" in planner.page(f"/order/show/{pk}")
    old_values = Person(app, session, "au_lin").page(f"/journal/show/{row}")
    assert "身*" in old_values
    assert "身份证明" not in old_values
    page = planner.page(f"/order/show/{pk}")
    assert "身份证明" not in page
    assert "A file with personal data, which your role does not see." in page
    assert planner.get(f"/order/{pk}/file/{item}").status_code == 404


def test_follower_when_the_order_goes_on_then_told_by_one_line_until_he_follows_no_more(
    app: Flask, session: Session
) -> None:
    entered_by = sa.select(User.id).where(User.username == "oc_li").scalar_subquery()
    waiting = sa.select(Order.id).where(Order.state == "pending_review", Order.created_by_id == entered_by)
    pk = session.scalars(waiting.limit(1)).one()
    session.execute(sa.delete(Notification))
    session.commit()
    maker, boss, colleague = (Person(app, session, who) for who in ("oc_li", "cm_zhang", "oc_wang"))
    page = f"/order/show/{pk}"
    say(boss, pk, "I follow from now on")
    assert unread(maker) == 1, "who entered the order follows it"
    assert colleague.post(f"/order/{pk}/send_back", {"reason": "地址不全"}, page=page).status_code == 303
    assert (unread(maker), unread(boss), unread(colleague)) == (2, 1, 0)
    assert "Send back to entry" in notices(maker)
    assert "Waits for you" in notices(maker)
    assert "Waits for you" not in notices(boss)
    # A second step is the same line, which says the newest.
    maker.post(f"/order/{pk}/submit", {}, page=page)
    assert (unread(maker), unread(boss)) == (2, 1)
    assert boss.post(f"/order/{pk}/follow", {"on": "0"}, page=page).status_code == 303
    say(colleague, pk, "the boss is not told")
    assert "the boss is not told" not in notices(boss)
    assert boss.post("/notification/read", {}, page="/notification/list/").status_code == 303
    assert unread(boss) == 0


@SQLITE
def test_notification_when_the_record_is_out_of_scope_now_then_it_is_neither_counted_nor_shown(
    app: Flask, session: Session
) -> None:
    pk = in_production(session)
    planner = Person(app, session, "pd_chen")
    hidden = session.scalar(
        sa.select(sa.func.max(Order.id)).where(~sa.exists().where(ProductionTask.order_id == Order.id))
    )
    session.rollback()
    before = unread(planner)
    for order_id in (pk, *[hidden] * 101):
        session.add(
            Notification(
                entity="order",
                entity_id=order_id,
                user_id=planner.user_id,
                kind="step",
                action="order.confirm",
                actor_name="李静",
                created_at=datetime.now(UTC),
            )
        )
    session.commit()
    other = Person(app, session, "oc_wang")
    item = newest(session, Notification, Notification.user_id == planner.user_id).id
    session.rollback()
    assert unread(planner) == before + 1
    assert other.post(f"/notification/{item}/open", {}, page="/notification/list/").status_code == 404


@SQLITE
def test_show_when_much_was_said_then_it_takes_no_more_statements(
    app: Flask, session: Session, database: Database
) -> None:
    pk = in_production(session)
    clerk = Person(app, session, "oc_li")
    say(clerk, pk, "one")
    upload(clerk, pk, "1.txt", b"1")
    with statements(database.engine) as few:
        clerk.page(f"/order/show/{pk}")
    for number in range(3):
        say(clerk, pk, f"more {number}")
        upload(clerk, pk, f"{number + 2}.txt", str(number + 2).encode())
    with statements(database.engine) as many:
        clerk.page(f"/order/show/{pk}")
    assert len(many) == len(few)
    with statements(database.engine) as bell:
        clerk.get("/notification/unread")
    assert len(bell) <= 6
    talk = clerk.page(f"/order/{pk}/story?story=talk")
    assert talk.count('<li class="zd-timeline__item') == 8
