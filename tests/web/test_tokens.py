"""API tokens: no more than the person, of that only what they name, dead the moment either ends."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
import time_machine
from flask_appbuilder.security.sqla.models import Role, User, assoc_permissionview_role
from sqlalchemy.orm import Session

from app.cli.demo_people import DEMO_PASSWORD
from app.factory import create_app
from app.security.tokens import digest_of
from config import TestConfig
from models.journal import Journal
from models.order import Order
from models.outside import ApiToken
from models.policy import PolicyParameter
from tests.web.person import Person, field_errors, statements
from tests.web.test_records import PASSED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Flask
    from werkzeug.test import TestResponse

    from tests.databases import Database

pytestmark = [pytest.mark.stage("demo"), pytest.mark.both_engines]
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
# The token with its person, his rights, the page, the capped count.
LIST_STATEMENTS = 4
PROOF = {"current_password": DEMO_PASSWORD}
SECRET = re.compile(r'id="zd-secret" value="([^"]+)"')


def made(person: Person, *scopes: str, name: str = "ERP", days: str = "30") -> str:
    """A token made on the screen; its secret."""
    answer = person.post("/tokens/new", {"name": name, "days": days, "scopes": list(scopes), **PROOF})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found = SECRET.search(answer.get_data(as_text=True))
    assert found is not None
    return unescape(found[1])


def call(app: Flask, secret: str, path: str, method: str = "GET", body: Any = None) -> TestResponse:
    """A program with a token and nothing else."""
    headers = {"Authorization": f"Bearer {secret}"}
    return app.test_client().open(f"/api/v1{path}", method=method, json=body, headers=headers)


def refused(answer: TestResponse) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json["error"]["code"]


def stored(session: Session) -> ApiToken:
    """The newest token as it is in the database now."""
    session.rollback()
    found = session.scalars(sa.select(ApiToken).order_by(ApiToken.id.desc()).limit(1)).one()
    session.expunge_all()
    session.rollback()
    return found


def notes(session: Session, action: str) -> Sequence[Journal]:
    """The journal's entries of an act."""
    session.rollback()
    found = session.scalars(sa.select(Journal).where(Journal.action == action).order_by(Journal.id)).all()
    session.expunge_all()
    session.rollback()
    return found


def waiting_order(session: Session) -> int:
    """An order that the tests may review: entered by somebody else than oc_wang."""
    statement = (
        sa.select(Order.id)
        .join(User, User.id == Order.created_by_id)
        .where(Order.state == "pending_review", User.username != "oc_wang")
    )
    found = session.scalars(statement).first()
    session.rollback()
    assert found is not None
    return found


def test_token_when_made_then_shown_once_kept_as_a_mark_and_journalled(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    secret = made(clerk, "order.read")
    token = stored(session)
    assert (token.digest, token.prefix, token.scopes) == (digest_of(secret), secret[:9], ["order.read"])
    assert token.expires_at - token.made_at == timedelta(days=30)
    (entry,) = notes(session, "user.token_made")
    assert (entry.entity, entry.entity_id, entry.data["name"]) == ("user", clerk.user_id, "ERP")
    everything = repr([entry.data, entry.changes]) + clerk.page("/tokens/")
    assert secret not in everything
    assert token.digest not in everything


def test_token_when_used_then_lists_in_four_statements(app: Flask, session: Session, database: Database) -> None:
    secret = made(Person(app, session, "oc_li"), "order.read")
    assert call(app, secret, "/order/").status_code == 200
    with statements(database.engine) as seen:
        answer = call(app, secret, "/order/?size=3")
    assert (answer.status_code, len(answer.json["result"]), len(seen)) == (200, 3, LIST_STATEMENTS)


def test_token_when_used_then_its_last_use_is_written_once_a_minute(app: Flask, session: Session) -> None:
    secret = made(Person(app, session, "oc_li"), "order.read")
    start = datetime.now(UTC).replace(microsecond=0)
    seen = []
    for seconds in (1, 30, 62):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            assert call(app, secret, "/order/?size=1").status_code == 200
        seen.append(stored(session).last_used_at)
    assert seen == [start + timedelta(seconds=second) for second in (1, 1, 62)]
    assert stored(session).last_address == "127.0.0.1"


def test_token_when_its_row_is_locked_then_the_call_goes_on(app: Flask, session: Session) -> None:
    secret = made(Person(app, session, "oc_li"), "order.read")
    session.execute(sa.select(ApiToken.id).with_for_update())  # on SQLite it takes the lock of the whole database
    assert call(app, secret, "/order/?size=1").status_code == 200
    assert stored(session).last_used_at is None


def test_token_when_it_names_some_rights_then_only_those(app: Flask, session: Session) -> None:
    secret = made(Person(app, session, "oc_wang"), "order.read", "order.review")
    order_id = waiting_order(session)
    assert call(app, secret, f"/order/{order_id}").status_code == 200
    assert refused(call(app, secret, "/customer/")) == (403, "permission_denied")
    assert refused(call(app, secret, f"/order/{order_id}/hold", "POST", {"reason": "x"})) == (403, "permission_denied")
    reviewed = call(app, secret, f"/order/{order_id}/review", "POST", {**PASSED, "comment": "看过图纸"})
    assert reviewed.status_code == 200
    assert {step["name"] for step in reviewed.json["result"]["steps"]} <= {"review", "take_back"}
    (entry,) = [found for found in notes(session, "order.review") if found.entity_id == order_id]
    assert (entry.origin, entry.request_id.rpartition("-")[2]) == ("api", f"t{stored(session).id}")


def test_token_when_it_may_read_everything_then_no_more_than_its_person(app: Flask, session: Session) -> None:
    secret = made(Person(app, session, "lg_liu"), "read")
    assert call(app, secret, "/shipment/").status_code == 200
    assert refused(call(app, secret, "/payment/")) == (403, "permission_denied")
    assert refused(call(app, secret, "/shipment/", "POST", {})) == (403, "permission_denied")
    order = call(app, secret, "/order/?size=1").json["result"]
    assert all("amount" not in str(row) for row in order)


def test_token_when_the_person_loses_a_right_then_loses_it_at_once(app: Flask, session: Session) -> None:
    secret = made(Person(app, session, "oc_li"), "order.read")
    assert call(app, secret, "/order/?size=1").status_code == 200
    role = session.scalars(sa.select(Role).where(Role.name == "order_center")).one()
    lists = [found.id for found in role.permissions if found.view_menu.name == "order"]
    link = assoc_permissionview_role
    session.execute(sa.delete(link).where(link.c.permission_view_id.in_(lists), link.c.role_id == role.id))
    session.commit()
    assert refused(call(app, secret, "/order/?size=1")) == (403, "permission_denied")


@pytest.mark.parametrize("scope", ["payment.add", "user.read", "account.own", "api_token.own", "order", "*", ""])
@ONE_ENGINE
def test_token_when_it_asks_for_what_the_person_cannot_give_then_refused(
    app: Flask, session: Session, scope: str
) -> None:
    clerk = Person(app, session, "oc_li")
    answer = clerk.post("/tokens/new", {"name": "x", "days": "5", "scopes": ["order.read", scope], **PROOF})
    assert answer.status_code == 422
    assert list(field_errors(answer)) == ["scopes"]
    assert session.scalar(sa.select(sa.func.count()).select_from(ApiToken)) == 0


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"name": ""}, {"name"}),
        ({"name": "a" * 81}, {"name"}),
        ({"name": "a\u202eb"}, {"name"}),
        ({"days": "0"}, {"days"}),
        ({"days": "91"}, {"days"}),
        ({"days": "-1"}, {"days"}),
        ({"days": "9" * 400}, {"days"}),
        ({"scopes": []}, {"scopes"}),
        ({"name": " ", "days": "x", "scopes": []}, {"name", "days", "scopes"}),
    ],
)
@ONE_ENGINE
def test_token_form_when_wrong_then_says_what(
    app: Flask, session: Session, values: dict[str, Any], wrong: set[str]
) -> None:
    clerk = Person(app, session, "oc_li")
    answer = clerk.post("/tokens/new", {"name": "x", "days": "90", "scopes": ["read"], **PROOF, **values})
    assert (answer.status_code, set(field_errors(answer))) == (422, wrong)


def test_token_form_when_sent_twice_then_one_token_and_its_secret_only_once(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    body = {**clerk.hidden("/tokens/new"), "name": "ERP", "days": "5", "scopes": ["read"], **PROOF}
    first, second = clerk.client.post("/tokens/new", data=body), clerk.client.post("/tokens/new", data=body)
    assert (first.status_code, second.status_code) == (200, 303)
    assert clerk.messages(second) == [
        "This token was already made. Its secret was shown once and cannot be shown again."
    ]
    assert session.scalar(sa.select(sa.func.count()).select_from(ApiToken)) == 1


def test_token_when_ended_expired_or_its_person_switched_off_then_one_answer(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    secret = made(clerk, "read", days="5")
    dead = (401, "invalid_token")
    user = sa.update(User).where(User.id == clerk.user_id)
    for active, expected in ((False, dead), (True, None)):
        session.execute(user.values(active=active))
        session.commit()
        answer = call(app, secret, "/order/?size=1")
        assert refused(answer) == expected if expected else answer.status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(days=5, seconds=1), tick=False):
        assert refused(call(app, secret, "/order/?size=1")) == dead
    ended = clerk.post(f"/tokens/{stored(session).id}/end", {}, page="/tokens/")
    assert clerk.messages(ended) == ["Ended: ERP"]
    assert refused(call(app, secret, "/order/?size=1")) == dead
    (entry,) = notes(session, "user.token_ended")
    assert (entry.entity_id, entry.actor_id) == (clerk.user_id, clerk.user_id)


def test_token_when_the_longest_life_is_shortened_then_older_ones_die(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    secret = made(clerk, "read", days="90")
    life = sa.update(PolicyParameter).where(PolicyParameter.code == "auth.token_days")
    in_ten_days = datetime.now(UTC) + timedelta(days=10, seconds=1)
    for value, expected in (("11", 200), ("10", 401), ("0", 401)):
        session.execute(life.values(value=value))
        session.commit()
        with time_machine.travel(in_ten_days, tick=False):
            assert call(app, secret, "/order/?size=1").status_code == expected
    answer = clerk.post("/tokens/new", {"name": "x", "days": "1", "scopes": ["read"]})
    assert answer.status_code == 409
    assert "API tokens are switched off here" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "header",
    [
        "Bearer zd_",
        "Bearer zd_" + "A" * 43,
        "Bearer zd_" + "A" * 42 + "é",
        "bearer zd_' OR 1=1",
        "Bearer zd_" + "B" * 9000,
    ],
)
def test_token_when_unknown_or_malformed_then_401_in_the_form_of_the_house(app: Flask, header: str) -> None:
    answer = app.test_client().get("/api/v1/order/", headers={"Authorization": header})
    assert refused(answer) == (401, "invalid_token")
    assert answer.json["error"]["request_id"]


def test_token_when_a_cookie_comes_along_then_the_token_decides(app: Flask, session: Session) -> None:
    secret = made(Person(app, session, "lg_liu"), "shipment.read")
    clerk = Person(app, session, "oc_li")
    headers = {"Authorization": f"Bearer {secret}"}
    assert clerk.client.get("/api/v1/shipment/?size=1", headers=headers).status_code == 200
    assert clerk.client.get("/api/v1/order/?size=1", headers=headers).status_code == 403
    spec = clerk.client.get("/api/v1/_openapi", headers=headers).json["paths"]
    assert {path.split("/")[3] for path in spec} == {"shipment"}
    dead = clerk.client.get("/api/v1/_openapi", headers={"Authorization": "Bearer zd_" + "A" * 43})
    assert dead.status_code == 401


@pytest.mark.parametrize("path", ["/order/list/", "/tokens/", "/tokens/new", "/account/", "/users/list/"])
@ONE_ENGINE
def test_token_when_it_asks_for_a_screen_then_sent_to_the_login(app: Flask, session: Session, path: str) -> None:
    secret = made(Person(app, session, "ad_root"), "read")
    answer = app.test_client().get(path, headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, "/login/" in answer.headers["Location"]) == (302, True)


@ONE_ENGINE
def test_token_when_offered_as_a_refresh_token_then_refused(app: Flask, session: Session) -> None:
    secret = made(Person(app, session, "oc_li"), "read")
    assert refused(call(app, secret, "/security/refresh", "POST"))[0] == 401


def test_administrator_when_looking_after_tokens_then_sees_all_and_ends_any_but_reads_no_secret(
    app: Flask, session: Session
) -> None:
    clerk, root = Person(app, session, "oc_li"), Person(app, session, "ad_root")
    secret = made(clerk, "read", name="<script>alert(1)</script>")
    page = root.page("/tokens/all")
    assert "&lt;script&gt;alert(1)" in page
    assert secret not in page
    assert stored(session).digest not in page
    pk = stored(session).id
    assert root.post(f"/tokens/{pk}/end", {}, page="/tokens/all").status_code == 404
    ended = root.post(f"/tokens/{pk}/end_any", {}, page="/tokens/all")
    assert ended.status_code == 303
    assert call(app, secret, "/order/?size=1").status_code == 401
    (entry,) = notes(session, "user.token_ended")
    assert (entry.entity_id, entry.actor_id) == (clerk.user_id, root.user_id)


def test_person_when_looking_for_other_persons_tokens_then_finds_none(app: Flask, session: Session) -> None:
    made(Person(app, session, "oc_li"), "read", name="secret plan")
    other = Person(app, session, "oc_wang")
    pk = stored(session).id
    assert "secret plan" not in other.page("/tokens/")
    assert other.get("/tokens/all").status_code == 403
    for address in (f"/tokens/{pk}/end", f"/tokens/{pk}/end_any"):
        assert other.post(address, {}, page="/tokens/new").status_code in {403, 404}
    assert stored(session).ended_at is None


@ONE_ENGINE
def test_address_when_it_guesses_tokens_then_stopped_and_others_are_not(database: Database, session: Session) -> None:
    settings = TestConfig({"DATABASE_URL": database.url})
    app = create_app(settings, AUTH_RATE_LIMITED=True, RATELIMIT_ENABLED=True, AUTH_RATE_LIMIT="5 per minute")
    secret = made(Person(app, session, "oc_li"), "read")
    client = app.test_client()

    def ask(token: str, address: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return client.get("/api/v1/order/?size=1", headers=headers, environ_base={"REMOTE_ADDR": address}).status_code

    assert [ask("zd_" + "A" * 43, "192.0.2.1") for _ in range(6)] == [401] * 5 + [429]
    assert ask(secret, "192.0.2.1") == 429
    assert ask(secret, "192.0.2.2") == 200
