"""The customer's page: no account, one answer, one refusal, nothing kept in the browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.kernel.context import SYSTEM, Context, entered
from app.kernel.engine import fire
from app.kernel.policy import read_policy
from app.kernel.unit_of_work import unit_of_work
from app.services.letter.links import Keys, LinkClosedError, answer, as_customer, issue
from models.customer import Consent
from models.customer_link import CustomerLink, CustomerLinkState
from models.journal import Journal
from models.labels import LetterState, Origin
from models.letter import ConfirmationLetter
from tests.databases import Database
from tests.web.person import Person

pytestmark = pytest.mark.stage("demo")
FORM = re.compile(r'name="form" value="([^"]+)"')


@pytest.fixture
def letter_id(session: Session) -> int:
    """A letter that waits for its answer; one is made to wait by the demo's own course."""
    statement = sa.select(sa.func.max(ConfirmationLetter.id)).where(ConfirmationLetter.state == LetterState.sent)
    found = session.scalar(statement)
    session.rollback()
    assert found is not None
    return int(found)


def link_of(person: Person, letter_id: int) -> str:
    """The address that the office gets; as a path."""
    page = person.post(f"/confirmation_letter/{letter_id}/link", {}, page=f"/confirmation_letter/show/{letter_id}")
    found = re.search(r'value="http://[^/"]+(/c/[^"]+)"', page.get_data(as_text=True))
    assert found, page.status
    return found[1]


def form_of(client: FlaskClient, path: str) -> str:
    found = FORM.search(client.get(path).get_data(as_text=True))
    assert found
    return found[1]


def state_of(session: Session, letter_id: int) -> tuple[LetterState, str | None, str | None]:
    row = session.execute(
        sa.select(ConfirmationLetter.state, ConfirmationLetter.signed_name, ConfirmationLetter.objection).where(
            ConfirmationLetter.id == letter_id
        )
    ).one()
    session.rollback()
    return row[0], row[1], row[2]


def test_letter_when_read_and_confirmed_by_a_stranger_then_kept_as_the_customers_act(
    app: Flask, session: Session, client: FlaskClient, letter_id: int
) -> None:
    path = link_of(Person(app, session, "oc_li"), letter_id)
    answer = client.get(path)
    assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (200, [])
    kept = {name: answer.headers[name] for name in ("X-Robots-Tag", "Referrer-Policy", "Cache-Control")}
    assert kept == {
        "X-Robots-Tag": "noindex, nofollow, noarchive",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    form = form_of(client, path)
    done = client.post(path, data={"form": form, "act": "confirm", "name": "周建国"}, follow_redirects=True)
    assert (done.status_code, "I confirm this order" in done.get_data(as_text=True)) == (200, False)
    assert state_of(session, letter_id) == (LetterState.acknowledged, "周建国", None)
    row = session.execute(
        sa.select(Journal.actor_id, Journal.actor_name, Journal.origin).where(
            Journal.action == "confirmation_letter.acknowledge", Journal.entity_id == letter_id
        )
    ).one()
    session.rollback()
    assert tuple(row) == (None, "customer", Origin.customer_link)
    again = client.post(path, data={"form": form, "act": "dispute", "text": "不对"})
    assert again.status_code == 400
    assert state_of(session, letter_id) == (LetterState.acknowledged, "周建国", None)
    told = Person(app, session, "oc_li").page(f"/confirmation_letter/show/{letter_id}")
    assert "Customer" in told


def test_letter_when_disputed_without_a_word_then_asked_for_it_and_nothing_is_kept(
    app: Flask, session: Session, client: FlaskClient, letter_id: int
) -> None:
    path = link_of(Person(app, session, "oc_li"), letter_id)
    empty = client.post(path, data={"form": form_of(client, path), "act": "dispute", "text": " "})
    assert (empty.status_code, state_of(session, letter_id)[0]) == (422, LetterState.sent)
    said = {"form": form_of(client, path), "act": "dispute", "text": "<b>尺寸不对</b>"}
    told = client.post(f"{path}?language=en", data=said, follow_redirects=True).get_data(as_text=True)
    assert state_of(session, letter_id) == (LetterState.disputed, None, "<b>尺寸不对</b>")
    assert "You told us on" in told
    assert "&lt;b&gt;尺寸不对" in told


def test_address_when_it_opens_nothing_then_one_page_whatever_is_wrong(
    app: Flask, session: Session, client: FlaskClient, letter_id: int
) -> None:
    person = Person(app, session, "oc_li")
    first = link_of(person, letter_id)
    second = link_of(person, letter_id)
    link = session.scalar(sa.select(sa.func.max(CustomerLink.id)))
    session.rollback()
    forged = second[:-2] + ("AA" if not second.endswith("AA") else "BB")
    pages: list[tuple[int, str]] = []

    def look(path: str) -> None:
        answer = client.get(f"{path}?language=en")
        # The page speaks of nothing but itself: without its own address all are the same.
        pages.append((answer.status_code, answer.get_data(as_text=True).replace(path, "")))

    for path in (first, forged, "/c/nothing", "/c/" + "x" * 500):
        look(path)
    person.post(f"/customer_link/{link}/revoke", {}, page=f"/customer_link/show/{link}")
    look(second)
    assert pages == [(404, pages[0][1])] * 5
    assert "does not open anything" in pages[0][1]


def test_form_when_it_was_made_for_another_link_or_by_hand_then_refused(
    app: Flask, session: Session, client: FlaskClient, letter_id: int
) -> None:
    path = link_of(Person(app, session, "oc_li"), letter_id)
    for mark in ("", "made-by-hand", form_of(client, path)[:-3] + "abc"):
        assert client.post(path, data={"form": mark, "act": "confirm", "name": "甲"}).status_code == 400
    assert state_of(session, letter_id) == (LetterState.sent, None, None)


def test_page_when_read_then_it_names_nobody(app: Flask, session: Session, client: FlaskClient, letter_id: int) -> None:
    order = session.get_one(ConfirmationLetter, letter_id).order
    private = {order.receiver_name, order.receiver_phone, order.ship_address, order.customer.name, order.customer.phone}
    session.rollback()
    page = client.get(link_of(Person(app, session, "oc_li"), letter_id)).get_data(as_text=True)
    assert [word for word in private if word and word in page] == []


def test_link_when_made_by_who_may_not_then_refused(app: Flask, session: Session, letter_id: int) -> None:
    person = Person(app, session, "cs_ma")
    answer = person.post(f"/confirmation_letter/{letter_id}/link", {}, page=f"/confirmation_letter/show/{letter_id}")
    assert answer.status_code == 403


def test_objection_when_of_many_lines_then_counted_as_the_browser_counts_it(
    app: Flask, session: Session, client: FlaskClient, letter_id: int
) -> None:
    path = link_of(Person(app, session, "oc_li"), letter_id)
    lines = ["尺寸不对"] * 100
    sent = {"form": form_of(client, path), "act": "dispute", "text": "\r\n".join(lines)}
    assert client.post(path, data=sent).status_code == 303
    assert state_of(session, letter_id) == (LetterState.disputed, None, "\n".join(lines))


@pytest.mark.parametrize(("act", "box"), [("dispute", "text"), ("confirm", "name")])
def test_answer_when_too_long_then_said_at_its_box_and_what_was_typed_is_there(
    app: Flask, session: Session, client: FlaskClient, letter_id: int, act: str, box: str
) -> None:
    path = link_of(Person(app, session, "oc_li"), letter_id)
    refused = client.post(path, data={"form": form_of(client, path), "act": act, box: "x" * 501})
    page = refused.get_data(as_text=True)
    assert (refused.status_code, f'id="e-{box}" role="alert"' in page, "x" * 501 in page) == (422, True, True)
    assert state_of(session, letter_id) == (LetterState.sent, None, None)


def test_page_that_lay_open_when_a_newer_letter_stands_then_nothing_is_kept_of_its_answer(
    app: Flask, session: Session, client: FlaskClient, letter_id: int
) -> None:
    path = link_of(Person(app, session, "oc_li"), letter_id)
    letter = session.get_one(ConfirmationLetter, letter_id)
    of_customer = sa.select(sa.func.count()).where(Consent.customer_id == letter.order.customer_id)
    session.execute(sa.delete(Consent).where(Consent.customer_id == letter.order.customer_id))
    session.commit()
    form = form_of(client, path)
    with unit_of_work(Context(session, SYSTEM, datetime.now(UTC))) as ctx:
        fire(ctx, letter, "supersede")
    told = client.post(path, data={"form": form, "act": "consent", "order": "1"}, follow_redirects=True)
    assert (told.status_code, session.scalar(of_customer)) == (200, 0)
    session.rollback()


# On SQLite the answer holds the database from its beginning.
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_link_when_withdrawn_while_its_answer_is_read_then_the_answer_is_refused(
    session: Session, database: Database, letter_id: int
) -> None:
    keys, now = Keys("secret"), datetime.now(UTC)
    letter = session.get_one(ConfirmationLetter, letter_id)
    with unit_of_work(Context(session, SYSTEM, now, policy=read_policy(session))) as ctx:
        link, token = issue(ctx, keys, letter.order, letter)
    form, pk = keys.form(link), link.id
    session.rollback()
    with Session(database.engine) as customers:
        found = customers.get_one(CustomerLink, pk)
        with unit_of_work(Context(session, SYSTEM, now)) as ctx:
            fire(ctx, session.get_one(CustomerLink, pk), "revoke")
        assert found.state is CustomerLinkState.active
        with entered(as_customer(Context(customers, SYSTEM, now))) as ctx, pytest.raises(LinkClosedError):
            answer(ctx, keys, token, "confirm", {"form": form, "name": "甲"})
    assert state_of(session, letter_id)[0] is LetterState.sent
