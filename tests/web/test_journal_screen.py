"""The journal on screens: by record, by person, by time; old values through the field policy; sealed under a number."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy.orm import Session

from app.kernel.context import SYSTEM, Actor, Context
from app.kernel.journal import note
from app.kernel.unit_of_work import unit_of_work
from app.security.actors import person_name
from models.customer import Customer, CustomerAddress
from models.journal import Journal, JournalSeal
from models.order import Order
from models.review import OrderReview
from tests.databases import Database
from tests.services.test_chain import tamper
from tests.web.person import Person, statements, text_of
from views.journalpage import veiled

pytestmark = [pytest.mark.stage("demo"), pytest.mark.both_engines]
NOW = datetime(2026, 11, 24, 1, 40, tzinfo=UTC)
ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
# The signed-in person, his rights, the entry, how its record is called today, the seal; for locked values their key.
SHOW_STATEMENTS = {"order.confirm": 5, "product.add": 5, "customer.add": 6}


@pytest.fixture
def auditor(app: Flask, session: Session) -> Person:
    """Who reads the journal."""
    return Person(app, session, "au_lin")


def rows(html: str) -> list[str]:
    """The rows of the list as text."""
    return [text_of(found) for found in ROW.findall(html.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0])]


def entry(session: Session, *where: sa.ColumnElement[bool]) -> Journal:
    """The newest entry of a kind."""
    found = session.scalars(sa.select(Journal).where(*where).order_by(Journal.id.desc()).limit(1)).one()
    session.expunge_all()
    session.rollback()
    return found


def written(session: Session, action: str, entity: str, entity_id: int, **more: object) -> int:
    """An entry of an event."""
    with unit_of_work(Context(session, SYSTEM, NOW, "cli")) as ctx:
        note(ctx, action, entity, entity_id, **more)  # type: ignore[arg-type]
    return entry(session, Journal.action == action).id


def test_list_when_filtered_by_person_record_act_and_period_then_only_those_come(
    app: Flask, session: Session, auditor: Person
) -> None:
    clerk = session.scalars(sa.select(User).where(User.username == "oc_li")).one().id
    order = session.scalars(sa.select(Order.id).order_by(Order.id).limit(1)).one()
    session.rollback()
    found = rows(auditor.page(f"/journal/list/?actor={clerk}&entity=order&action=order.confirm&size=200"))
    expected = session.scalar(
        sa.select(sa.func.count())
        .select_from(Journal)
        .where(Journal.actor_id == clerk, Journal.entity == "order", Journal.action == "order.confirm")
    )
    session.rollback()
    assert len(found) == expected
    assert all("李静" in row and "Order" in row for row in found)
    history = rows(auditor.page(f"/journal/list/?entity=order&entity_id={order}&size=200"))
    count = session.scalar(
        sa.select(sa.func.count()).select_from(Journal).where(Journal.entity == "order", Journal.entity_id == order)
    )
    session.rollback()
    assert len(history) == count
    assert rows_or_none(auditor.page("/journal/list/?at__ge=2020-01-01&at__le=2020-01-02")) == 0
    page = auditor.page("/journal/list/?entity=order&action=order.confirm")
    chips = text_of(page.split('class="zd-chips"')[1].split("</ul>")[0])
    assert "Record type Order" in chips
    assert "order.confirm" not in chips


def rows_or_none(html: str) -> int:
    """How many rows a list shows that may be empty."""
    return len(rows(html)) if "<tbody>" in html else 0


def test_list_when_it_tells_of_accounts_and_refusals_then_in_words_with_ways_to_record_and_history(
    app: Flask, session: Session, auditor: Person
) -> None:
    assert Person(app, session, "lg_xu").get("/payment/list/").status_code == 403
    html = auditor.page("/journal/list/?entity=access")
    assert rows(html)[0].split()[2:6] == ["徐强", "Access", "–", "Access"]
    user = entry(session, Journal.action == "user.add")
    html = auditor.page(f"/journal/list/?entity=user&entity_id={user.entity_id}")
    assert f"/journal/list/?entity=user&amp;entity_id={user.entity_id}" in html
    address = session.scalars(sa.select(CustomerAddress.id).limit(1)).one()
    session.rollback()
    html = auditor.page(f"/journal/list/?entity=customer_address&entity_id={address}")
    assert f"/customer_address/show/{address}" in html


def test_entry_when_shown_then_old_and_new_values_by_the_field_policy_for_the_auditor_too(
    app: Flask, session: Session, auditor: Person
) -> None:
    row = entry(session, Journal.action == "customer.add")
    customer = session.get_one(Customer, row.entity_id)
    name, phone, words = customer.name, customer.phone or "", customer.search_text
    session.rollback()
    html = auditor.page(f"/journal/show/{row.id}")
    text = text_of(html)
    assert "Customer: Added" in text
    assert f"Name – {name[:1]}*" in text
    for secret in (name, phone, words.split()[-1]):
        assert secret not in html, secret
    seal = session.scalars(
        sa.select(JournalSeal.id).where(JournalSeal.first_id <= row.id, JournalSeal.last_id >= row.id)
    ).one()
    session.rollback()
    assert f"Sealed as no. {seal} at " in text


def test_entry_when_a_value_points_to_another_record_then_its_name_is_said_beside_its_number(
    session: Session, auditor: Person
) -> None:
    row = entry(session, Journal.entity == "order_review", Journal.action == "order_review.add")
    review = session.get_one(OrderReview, row.entity_id)
    order, order_id, reviewer_id = review.order.order_no, review.order_id, review.reviewer_id
    reviewer = person_name(session.get_one(User, reviewer_id))
    session.rollback()
    text = text_of(auditor.page(f"/journal/show/{row.id}"))
    assert f"{order} (#{order_id})" in text
    assert f"{reviewer} (#{reviewer_id})" in text


def test_entry_when_a_role_was_changed_then_rights_and_roles_are_said_in_words(
    session: Session, auditor: Person
) -> None:
    role_id = session.scalars(sa.select(Role.id).where(Role.name == "cashier")).one()
    session.rollback()
    changes = {"rights": [["payment.list"], ["payment.list", "journal.verify"]], "roles": [None, ["cashier"]]}
    pk = written(session, "role.grant", "role", role_id, changes=changes)
    text = text_of(auditor.page(f"/journal/show/{pk}"))
    assert "Role: Rights granted" in text
    assert "Payment: List" in text
    assert "Check integrity" in text
    assert "Roles – Cashier" in text


def test_data_when_words_are_sensitive_then_masked_or_left_out(session: Session, auditor: Person) -> None:
    data = {
        "receiver_phone": "13800005621",
        "contact_phone": "13900001234",
        "ship_address": "文三路 100 号",
        "door_code": "A1234",
        "colour": "三楼",
        "source_key": "order_line:7:2026-12-08",
        "lines": [{"payer_name": "林晓雯", "qty": 2, "unit_cost": "77.77"}],
    }
    pk = written(session, "order.hold", "order", 1, data=data)
    html = auditor.page(f"/journal/show/{pk}")
    for secret in ("13800005621", "13900001234", "文三路", "林晓雯", "77.77", "A1234", "order_line:7"):
        assert secret not in html, secret
    assert "139****1234" in html
    assert "三楼" in html


def test_value_when_its_group_is_hidden_from_the_reader_then_nothing_is_told() -> None:
    reader = Actor(id=1, name="x")
    assert veiled(reader, Customer, "phone", "13800005621") is None
    assert veiled(reader, None, "billing_phone", "13800005621") is None
    assert veiled(reader, None, "colour", "red") == "red"
    assert veiled(SYSTEM, Customer, "phone", "13800005621") == "13800005621"


def test_entry_when_shown_then_a_fixed_number_of_statements(
    session: Session, auditor: Person, database: Database
) -> None:
    found = {}
    for action in SHOW_STATEMENTS:
        pk = entry(session, Journal.action == action).id
        with statements(database.engine) as seen:
            auditor.page(f"/journal/show/{pk}")
        found[action] = len(seen)
    assert found == SHOW_STATEMENTS


def test_integrity_when_the_auditor_checks_then_result_is_said_and_written_down(
    app: Flask, session: Session, auditor: Person, database: Database
) -> None:
    page = auditor.page("/integrity/")
    assert "Not checked yet" in page
    assert auditor.messages(auditor.post("/integrity/", {}))[0].endswith("entries checked: as they were written.")
    row = entry(session, Journal.action == "journal.verify")
    assert (row.actor_id, row.data["seals"] > 0, "fault" in row.data) == (auditor.user_id, True, False)
    head = session.scalar(sa.select(sa.func.max(JournalSeal.id)))
    last = session.scalar(sa.select(sa.func.max(Journal.id)))
    session.rollback()
    page = text_of(auditor.page("/integrity/"))
    assert f"Head of the chain {head}:" in page
    assert "Result In order" in page
    tamper(database, f"UPDATE journal SET actor_name = 'x' WHERE id = {last}")
    told = auditor.messages(auditor.post("/integrity/", {}))
    assert told == [f"An entry was altered (no. {last}). Run “flask audit verify” and keep the database as it is."]
    assert "An entry was altered" in auditor.page("/integrity/")


def test_integrity_when_somebody_else_asks_then_refused(app: Flask, session: Session) -> None:
    for name in ("ad_root", "cm_zhang", "oc_zhao"):
        person = Person(app, session, name)
        assert person.get("/integrity/").status_code == 403
        assert person.client.post("/integrity/").status_code in {400, 403}
