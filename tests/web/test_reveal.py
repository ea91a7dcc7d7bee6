"""Masks are lifted for one record, with a reason, for a while, and it is written down. S16 row 7, W12, K36."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
import time_machine

from models.customer import Customer, CustomerAddress
from models.journal import Journal
from models.labels import CustomerKind
from tests.web.person import Person, field_errors, statements, text_of

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.databases import Database

pytestmark = pytest.mark.stage("demo")
REASON = {"reason": "核对抽查 2026-11"}


@pytest.fixture
def somebody(session: Session) -> tuple[int, str, str]:
    """Id, phone and name of a person who has an address."""
    found = session.execute(
        sa.select(Customer.id, Customer.phone, Customer.name)
        .where(Customer.kind == CustomerKind.person, Customer.addresses.any())
        .order_by(Customer.id.desc())
        .limit(1)
    ).one()
    session.rollback()
    return found.id, found.phone, found.name


def masked(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}"


def api(person: Person, pk: int) -> dict[str, Any]:
    answer = person.app.test_client().get(f"/api/v1/customer/{pk}", headers=person.token())
    return dict(answer.json["result"])


def entries(session: Session, pk: int, word: str) -> list[Any]:
    where = (Journal.entity == "customer", Journal.entity_id == pk, Journal.action == f"customer.{word}")
    rows = session.scalars(sa.select(Journal).where(*where).order_by(Journal.id)).all()
    # Looked at without the session: it would hold the database while the next request writes.
    session.expunge_all()
    session.rollback()
    return list(rows)


def test_auditor_when_unmasking_a_phone_then_asked_why_logged_and_counted(
    app: Flask, session: Session, somebody: tuple[int, str, str]
) -> None:
    pk, phone, name = somebody
    auditor, other = Person(app, session, "au_lin"), Person(app, session, "cm_zhang")
    page = auditor.page(f"/customer/show/{pk}")
    assert (phone in page, masked(phone) in page, name in page) == (False, True, False)
    form = auditor.page(f"/customer/{pk}/reveal")
    assert "is recorded with your name" in form
    for reason in ("", "   ", "abc"):
        refused = auditor.post(f"/customer/{pk}/reveal", {"reason": reason})
        assert refused.status_code == 422
        assert set(field_errors(refused)) == {"reason"}
    assert entries(session, pk, "reveal") == []
    assert api(auditor, pk)["phone"] == masked(phone)

    assert auditor.post(f"/customer/{pk}/reveal", REASON).headers["Location"] == f"/customer/show/{pk}"
    page = auditor.page(f"/customer/show/{pk}")
    assert (phone in page, name in page) == (True, True)
    assert "Personal data is shown in full until" in text_of(page)
    assert (api(auditor, pk)["phone"], api(auditor, pk)["name"]) == (phone, name)
    (entry,) = entries(session, pk, "reveal")
    assert (entry.actor_id, entry.reason, entry.origin) == (auditor.user_id, REASON["reason"], "screen")
    assert entry.data["groups"] == ["address", "bank", "contact", "name", "phone"]
    assert datetime.fromisoformat(entry.data["until"]) - entry.at == timedelta(minutes=10)
    # For that person only, and nowhere else: the list, the search and everybody else stay masked.
    assert phone not in auditor.page("/customer/list/?size=200")
    assert phone not in other.page(f"/customer/show/{pk}")
    answer = app.test_client().get("/api/v1/customer/?size=200", headers=auditor.token())
    assert phone not in answer.get_data(as_text=True)
    chart = app.test_client().get("/api/v1/chart/masks_lifted?by=actor_name", headers=auditor.token())
    assert "林审计" in chart.get_data(as_text=True)


def test_reveal_when_hidden_again_or_ten_minutes_old_then_masked(
    app: Flask, session: Session, somebody: tuple[int, str, str]
) -> None:
    pk, phone, _name = somebody
    auditor = Person(app, session, "au_lin")
    assert auditor.post(f"/customer/{pk}/reveal", REASON).status_code == 303
    now = datetime.now(UTC)
    seen = []
    for minutes in (9, 11):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            seen.append(phone in auditor.page(f"/customer/show/{pk}"))
    assert seen == [True, False]
    assert auditor.post(f"/customer/{pk}/conceal", {}, page=f"/customer/show/{pk}").status_code == 303
    assert phone not in auditor.page(f"/customer/show/{pk}")
    assert len(entries(session, pk, "conceal")) == 1


def test_reveal_when_the_right_is_missing_or_the_record_out_of_scope_then_refused(
    app: Flask, session: Session, somebody: tuple[int, str, str]
) -> None:
    pk, _phone, _name = somebody
    planner, admin = Person(app, session, "pd_chen"), Person(app, session, "ad_root")
    for person in (planner, admin):
        assert person.get(f"/customer/{pk}/reveal").status_code == 403
        answer = app.test_client().post(f"/api/v1/customer/{pk}/reveal", json=REASON, headers=person.token())
        assert answer.status_code == 403
    auditor = Person(app, session, "au_lin")
    assert auditor.get("/customer/99999999/reveal").status_code == 404
    clerk = Person(app, session, "oc_li")
    assert clerk.get(f"/customer/{pk}/reveal").status_code == 403
    assert "Show in full" not in clerk.page(f"/customer/show/{pk}")
    assert entries(session, pk, "reveal") == []


def test_reveal_when_asked_by_the_api_then_the_item_is_answered_and_short_reasons_are_not(
    app: Flask, session: Session, somebody: tuple[int, str, str]
) -> None:
    pk, phone, _name = somebody
    finance = Person(app, session, "fi_zhou")
    client = app.test_client()
    url = f"/api/v1/customer/{pk}/reveal"
    assert client.post(url, json={"reason": "abc"}, headers=finance.token()).status_code == 422
    answer = client.post(url, json=REASON, headers=finance.token())
    assert (answer.status_code, answer.json["result"]["phone"]) == (200, phone)
    assert "wechat" in answer.json["result"]
    paths = client.get("/api/v1/_openapi", headers=finance.token()).json["paths"]
    assert "/api/v1/customer/{pk}/reveal" in paths


def test_hidden_group_when_revealed_then_stays_hidden(
    app: Flask, session: Session, somebody: tuple[int, str, str]
) -> None:
    pk, _phone, _name = somebody
    address_id = session.scalar(sa.select(CustomerAddress.id).where(CustomerAddress.customer_id == pk).limit(1))
    session.execute(sa.update(CustomerAddress).where(CustomerAddress.id == address_id).values(door_code="A-4711#"))
    session.commit()
    auditor = Person(app, session, "au_lin")
    assert auditor.post(f"/customer_address/{address_id}/reveal", REASON).status_code == 303
    page = auditor.page(f"/customer_address/show/{address_id}")
    assert "Hide again" in text_of(page)
    assert "A-4711#" not in page


def test_page_when_masks_may_be_lifted_then_one_statement_more_and_lists_none(
    app: Flask, session: Session, database: Database, somebody: tuple[int, str, str]
) -> None:
    pk, _phone, _name = somebody
    auditor = Person(app, session, "au_lin")

    def count(url: str) -> tuple[int, int]:
        with statements(database.engine) as seen:
            auditor.page(url)
        return len(seen), sum("journal.action IN" in text for text in seen)

    assert count(f"/customer/show/{pk}")[1] == 1
    assert count("/customer/list/") == (5, 0)
