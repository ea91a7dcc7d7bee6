"""Delegations on the screens and through the API: given, taken on, used, seen by everybody concerned, and over."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from app.services.payment.refunds import record_refund
from models.delegation import Delegation
from models.journal import Journal
from models.payment import Refund
from tests.databases import Database
from tests.services.company import Company, found, moment
from tests.services.orders import confirmed, settled
from tests.services.test_duties import SOFA
from tests.web.person import Person, field_errors, newest, statements, text_of

if TYPE_CHECKING:
    from flask import Flask

pytestmark = pytest.mark.stage("people")
STRIP = "You stand in for 孙正 (Head of finance and settlement) until 2026-12-05."


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    """Tuesday, 1 December 2026, nine o'clock in Shanghai."""
    with time_machine.travel(moment("2026-12-01 09:00"), tick=False) as travelling:
        yield travelling


def refund(company: Company) -> int:
    """A refund that the cashier recorded; its id."""
    order = settled(company, confirmed(company, SOFA))
    with company.act("fi_qian", "2026-11-30 10:00") as ctx:
        return int(record_refund(ctx, {"order_id": order.id, "amount": Decimal(100)}).id)


def give(head: Person, deputy_id: int, **more: str) -> int:
    """The head of finance fills in the form; the id of what it made."""
    values = {
        "deputy_id": str(deputy_id), "role": "finance_lead", "begins_on": "2026-12-01", "ends_on": "2026-12-05",
        "reason": "出差", "giver_id": "", **more,
    }  # fmt: skip
    response = head.post("/delegation/add", values)
    assert response.status_code == 303, field_errors(response)
    return int(response.headers["Location"].rsplit("/", 1)[1])


def test_delegation_when_given_taken_on_and_used_then_every_page_says_so_and_it_ends_with_its_day(
    app: Flask, session: Session, clock: time_machine.Coordinates
) -> None:
    pk = refund(found(session))
    session.close()
    head, deputy = Person(app, session, "fi_sun"), Person(app, session, "fi_zhou")
    given = give(head, deputy.user_id)
    # Not taken on yet: no right, and it stands among the deputy's open work.
    assert deputy.client.post(f"/refund/{pk}/approve", data=deputy.hidden("/invoice/add")).status_code == 403
    assert "Delegations · Proposed" in text_of(deputy.page("/"))
    assert STRIP not in text_of(deputy.page("/refund/list/"))
    assert head.post(f"/delegation/{given}/accept", {}).status_code == 403 or "Only the deputy" in " ".join(
        head.messages(head.post(f"/delegation/{given}/accept", {}))
    )
    assert deputy.messages(deputy.post(f"/delegation/{given}/accept", {})) == ["Done: Take on"]
    for page in ("/", "/refund/list/", f"/refund/show/{pk}", "/invoice/add"):
        assert STRIP in text_of(deputy.page(page)), page
    assert STRIP not in text_of(head.page("/"))
    assert deputy.messages(deputy.post(f"/refund/{pk}/approve", {})) == ["Done: Approve"]
    row = session.scalars(sa.select(Journal).where(Journal.action == "refund.approve")).one()
    assert (row.actor_id, row.on_behalf_of_id) == (deputy.user_id, head.user_id)
    session.close()
    assert "周琳 for 孙正" in text_of(Person(app, session, "cm_zhang").page(f"/refund/show/{pk}"))
    clock.move_to(moment("2026-12-06 00:00"))
    # The browser's session has run out meanwhile: he signs in anew.
    deputy = Person(app, session, "fi_zhou")
    assert STRIP not in text_of(deputy.page("/refund/list/"))
    assert deputy.post(f"/refund/{pk}/reject", {"reason": "x"}, page="/invoice/add").status_code == 403


@pytest.mark.usefixtures("clock")
def test_delegation_when_ended_then_the_next_request_and_token_call_are_refused(app: Flask, session: Session) -> None:
    pk = refund(found(session))
    session.close()
    head, deputy = Person(app, session, "fi_sun"), Person(app, session, "fi_zhou")
    given = give(head, deputy.user_id)
    token, client = deputy.token(), app.test_client()
    assert client.post(f"/api/v1/delegation/{given}/accept", headers=token).status_code == 200
    offered = client.get(f"/api/v1/refund/{pk}", headers=token).json["result"]["steps"]
    assert "approve" in {step["name"] for step in offered}
    assert head.messages(head.post(f"/delegation/{given}/end", {"reason": "提前回来"})) == ["Done: End now"]
    assert client.post(f"/api/v1/refund/{pk}/approve", headers=token).status_code == 403
    assert str(session.get_one(Refund, pk).state) == "draft"


@pytest.mark.usefixtures("clock")
def test_delegation_when_the_deputy_recorded_it_then_he_does_not_approve_it_for_the_giver(
    app: Flask, session: Session
) -> None:
    company = found(session)
    order = settled(company, confirmed(company, SOFA))
    with company.act("fi_zhou", "2026-11-30 10:00") as ctx:
        pk = record_refund(ctx, {"order_id": order.id, "amount": Decimal(100)}).id
    session.close()
    head, deputy = Person(app, session, "fi_sun"), Person(app, session, "fi_zhou")
    deputy.post(f"/delegation/{give(head, deputy.user_id)}/accept", {})
    told = deputy.messages(deputy.post(f"/refund/{pk}/approve", {}))
    assert any("This binds you and 孙正, for whom you stand in" in text for text in told)
    answer = app.test_client().post(f"/api/v1/refund/{pk}/approve", headers=deputy.token())
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "separation_of_duties")


@pytest.mark.usefixtures("clock")
def test_form_when_the_deputy_or_the_days_are_wrong_then_told_at_the_field(app: Flask, session: Session) -> None:
    head = Person(app, session, "fi_sun")
    admin, clerk = Person(app, session, "ad_root"), Person(app, session, "fi_zhou")
    good = {"role": "", "begins_on": "", "ends_on": "2026-12-05", "reason": "出差", "giver_id": ""}
    for change, field in (
        ({"deputy_id": str(head.user_id)}, "deputy_id"),
        ({"deputy_id": str(admin.user_id)}, "deputy_id"),
        ({"deputy_id": str(clerk.user_id), "ends_on": "2027-01-01"}, "ends_on"),
        ({"deputy_id": str(clerk.user_id), "role": "cashier"}, "role"),
        ({"deputy_id": str(clerk.user_id), "role": "admin"}, "role"),
    ):
        response = head.post("/delegation/add", {**good, **change})
        assert (response.status_code, list(field_errors(response))) == (422, [field])
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Delegation)) == 0


@pytest.mark.usefixtures("clock")
def test_delegation_when_somebody_else_asks_then_it_does_not_exist(app: Flask, session: Session) -> None:
    head, deputy = Person(app, session, "fi_sun"), Person(app, session, "fi_zhou")
    pk = give(head, deputy.user_id)
    stranger = Person(app, session, "lg_liu")
    assert stranger.get(f"/delegation/show/{pk}").status_code == 404
    assert app.test_client().get(f"/api/v1/delegation/{pk}", headers=stranger.token()).status_code == 404
    assert Person(app, session, "cm_zhang").get(f"/delegation/show/{pk}").status_code == 200
    assert Person(app, session, "ad_root").get("/delegation/list/").status_code == 403


@pytest.mark.usefixtures("clock")
def test_rights_when_a_delegation_is_in_force_then_still_read_with_one_statement(
    app: Flask, session: Session, database: Database
) -> None:
    head, deputy = Person(app, session, "fi_sun"), Person(app, session, "fi_zhou")
    counted = []
    for _ in range(2):
        deputy.page("/refund/list/")
        with statements(database.engine) as seen:
            deputy.page("/refund/list/")
        counted.append(len(seen))
        if len(counted) == 1:
            deputy.post(f"/delegation/{give(head, deputy.user_id)}/accept", {})
    assert counted[0] == counted[1]
    assert str(newest(session, Delegation).state) == "active"
