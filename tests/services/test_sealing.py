"""Personal values in the journal: locked with a key of the person, readable with it, gone without it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.kernel import sealing
from app.kernel.sealing import FORGOTTEN, PERSONAL, forget, opened, personal_columns, subject_of
from app.services.customer.actions import create_customer
from app.services.payment.actions import record_payment
from app.services.shipment.actions import plan_shipment
from config import derived_key
from models.base import Base
from models.customer import Customer
from models.exchange import ImportRow
from models.export import ExportRequest
from models.journal import Journal
from models.labels import CustomerKind, PaymentMethod
from models.letter import ConfirmationLetter
from models.privacy import SubjectKey
from tests.services.company import Company, found, person
from tests.services.orders import Goods, draft, fire_all, inspected, settled
from tests.web.person import statements

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.databases import Database

NAME, PHONE, STREET = "林晓雯", "13800005621", "文三路 100 号"
SECRETS = (NAME, PHONE, STREET)
CHAIRS = Goods("CHR-NORD-01", 4, 680)
SLOT = {"mode": "own_fleet", "slot_from": "2026-11-27T14:00", "slot_to": "2026-11-27T16:00", "driver_name": "周师傅"}


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def stored(session: Session) -> str:
    """Everything the journal holds, as the database gives it."""
    rows = session.execute(sa.select(Journal.changes, Journal.data)).all()
    return json.dumps([list(row) for row in rows], ensure_ascii=False)


def newest(session: Session, entity: str) -> dict[str, Any]:
    changes = session.scalar(
        sa.select(Journal.changes).where(Journal.entity == entity).order_by(Journal.id.desc()).limit(1)
    )
    return opened(session, [changes or {}])[0]


def test_journal_when_people_are_written_about_then_holds_no_word_of_them(session: Session, company: Company) -> None:
    order = settled(company, inspected(company, CHAIRS))
    with company.act("lg_liu", "2026-11-25 09:00") as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    company.fire("lg_liu", "2026-11-25 16:00", shipment, "schedule", **SLOT)
    fire_all(company, "lg_xu", "2026-11-27 12:00", shipment.packages, "load")
    company.fire("lg_xu", "2026-11-27 13:00", shipment, "dispatch")
    company.fire("lg_xu", "2026-11-27 14:30", shipment, "deliver", receiver_name=NAME)
    kept = stored(session)
    assert [secret for secret in (*SECRETS, "周师傅") if secret in kept] == []
    assert "SO-TEST-0001" in kept
    assert newest(session, "delivery_receipt")["receiver_name"] == [None, NAME]
    data = session.scalar(sa.select(Journal.data).where(Journal.action == "shipment.deliver"))
    assert opened(session, [data or {}])[0]["receiver_name"] == NAME


def test_values_when_the_key_is_deleted_then_forgotten_and_the_rest_stays(session: Session, company: Company) -> None:
    first, second = person(session), person(session, "周建国", "13900009999")
    session.commit()
    before = stored(session)
    assert forget(session, [("customer", first.id)]) == 1
    session.commit()
    assert stored(session) == before
    rows = session.scalars(sa.select(Journal).where(Journal.entity == "customer").order_by(Journal.id)).all()
    gone, kept = opened(session, [row.changes for row in rows])
    assert (gone["name"], gone["phone"], gone["city"]) == ([None, FORGOTTEN], [None, FORGOTTEN], [None, "杭州"])
    assert kept["name"] == [None, "周建国"]
    with company.act("cs_ma", "2026-11-24 09:00"):
        first.phone = "13811112222"
    assert newest(session, "customer")["phone"] == [PHONE, "13811112222"]
    assert session.scalar(sa.select(sa.func.count()).select_from(SubjectKey)) == 2
    assert second.id != first.id


def test_value_when_moved_to_another_person_or_changed_then_does_not_open(session: Session, company: Company) -> None:
    assert company.people
    first, second = person(session), person(session, "周建国", "13900009999")
    session.commit()
    locked = session.scalar(
        sa.select(Journal.changes).where(Journal.entity == "customer", Journal.entity_id == first.id)
    )["name"][1]
    moved = {**locked, "of": ["customer", second.id]}
    changed = {**locked, "sealed": locked["sealed"][:-4] + "AAA="}
    assert opened(session, [{"name": [locked, moved, changed]}]) == [{"name": [NAME, FORGOTTEN, FORGOTTEN]}]


def test_subject_when_a_row_belongs_to_a_customer_then_the_customer_else_the_row(
    session: Session, company: Company
) -> None:
    order = settled(company, inspected(company, CHAIRS))
    with company.act("lg_liu", "2026-11-25 09:00") as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    with company.act("fi_qian", "2026-11-25 10:00") as ctx:
        stray = record_payment(ctx, {"method": PaymentMethod.pos, "amount": 1, "payer_name": NAME})
    customer = ("customer", order.customer_id)
    assert subject_of(session, shipment) == customer
    assert subject_of(session, order.payments[0]) == customer
    assert subject_of(session, stray) == ("payment", stray.id)
    session.commit()
    session.expunge_all()
    (letter,) = session.scalars(sa.select(ConfirmationLetter)).all()
    assert subject_of(session, letter) == customer


def test_cost_when_personal_columns_are_written_then_one_statement_more(
    session: Session, database: Database, company: Company
) -> None:
    order = draft(company, CHAIRS)
    session.refresh(order)

    def cost(**values: Any) -> int:
        with statements(database.engine) as seen, company.act("oc_li", "2026-11-23 10:00"):
            for name, value in values.items():
                setattr(order, name, value)
        session.refresh(order)
        return len(seen)

    plain = cost(contract_no="一")
    assert cost(receiver_name="李明") == plain + 1
    assert cost(receiver_name="李刚", receiver_phone="13900000000", note="门口") == plain + 1


def test_new_person_when_written_then_one_row_more(session: Session, database: Database, company: Company) -> None:
    values = {"kind": CustomerKind.person, "name": NAME, "phone": PHONE}
    with company.act("cs_ma", "2026-11-24 09:00") as ctx, statements(database.engine) as seen:
        create_customer(ctx, values)
    assert sum("subject_key" in statement for statement in seen) == 1


def test_key_when_its_row_was_taken_back_then_not_used_again(session: Session, company: Company) -> None:
    assert company.people
    with session.begin_nested() as inner:
        customer = person(session)
        inner.rollback()
    again = person(session)
    session.commit()
    assert customer is not again
    assert newest(session, "customer")["name"] == [None, NAME]


def test_keys_when_the_secret_changes_then_are_locked_anew(
    session: Session, database: Database, company: Company
) -> None:
    assert company.people
    person(session)
    session.commit()
    old, new = (derived_key(word, "subjects") for word in ("tests", "another"))
    sealing.configure(database.engine, new)
    try:
        assert sealing.rewrap(session, old) == 1
        session.commit()
        assert newest(session, "customer")["name"] == [None, NAME]
    finally:
        sealing.configure(database.engine, old)


def test_table_when_it_holds_personal_columns_then_says_whose_they_are() -> None:
    # A file is about many people, and so is what was asked of an export.
    silent = {Customer, ExportRequest, ImportRow}
    models: set[type[Any]] = {mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Base)}
    unsaid = {model.__name__ for model in models - silent if personal_columns(model) and not model.subject_paths}
    assert unsaid == set()
    assert {str(group) for group in PERSONAL} == {"name", "phone", "contact", "address", "door", "bank"}
