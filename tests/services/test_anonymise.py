"""People are anonymised after their time: the books stay, the person is gone. Domain/02 2.4, 个人信息保护法 47."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
import time_machine

from app.kernel.errors import DomainError
from app.kernel.sealing import FORGOTTEN, opened, personal_columns
from app.services.customer.rules import search_text
from app.services.privacy.actions import receive_request
from app.services.privacy.anonymise import anonymise, due, plan_of
from app.services.privacy.columns import DECISIONS, PERSONAL_GROUPS
from app.services.privacy.purge import purge
from app.services.privacy.queries import blockers
from app.services.privacy.retention import Past, PastOrder, Terms, after, is_settled, kept_until
from app.services.shipment.actions import plan_shipment
from app.services.talk import actions as talk
from app.services.ticket.actions import open_ticket
from models.approval import Approval, ApprovalVote
from models.base import Base
from models.customer import Consent, Customer, CustomerAddress
from models.exchange import ImportBatch, ImportRow
from models.idempotency import IdempotencyKey
from models.inbox import InboxItem
from models.journal import Journal
from models.labels import OrderState, TicketKind
from models.order import Order
from models.payment import Payment, PaymentAllocation
from models.privacy import PrivacyRequest, SubjectKey
from models.quality import InspectionDefect
from models.talk import Attachment
from tests.services.company import Company, found, moment, person
from tests.services.orders import Goods, confirmed, fire_all, inspected, settled

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.databases import Database

TERMS = Terms(inquiry_months=12, warranty_years=3, completion_years=5, proof_years=3)
CHAIRS = Goods("CHR-NORD-01", 4, 680)
SLOT = {"mode": "own_fleet", "slot_from": "2026-11-27T14:00", "slot_to": "2026-11-27T16:00", "driver_name": "周师傅"}
NAME, PHONE, STREET = "林晓雯", "13800005621", "文三路 100 号"
SECRETS = (NAME, PHONE, STREET, "周师傅", "linxiaowen", "6222000011112222")
# Completed on 2026-11-28 with a warranty until 2027-11: five years after the completion count.
LAST_DAY, DAY_AFTER = "2031-11-28 09:00", "2031-11-29 09:00"


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        (Past(date(2026, 2, 28)), date(2027, 2, 28)),
        (Past(date(2026, 1, 5), [PastOrder(date(2026, 11, 28))]), date(2031, 11, 28)),
        (Past(date(2026, 1, 5), [PastOrder(date(2026, 11, 28), date(2029, 11, 28))]), date(2032, 11, 28)),
        (Past(date(2026, 1, 5), withdrawn_on=date(2026, 3, 1)), date(2029, 3, 1)),
        (Past(date(2026, 1, 5), withdrawn_on=date(2026, 3, 1), asked_to_delete=True), date(2026, 1, 4)),
        (Past(date(2026, 1, 5), [PastOrder(date(2026, 11, 28))], asked_to_delete=True), date(2031, 11, 28)),
    ],
)
def test_retention_when_asked_then_law_and_purpose_decide(past: Past, expected: date) -> None:
    assert kept_until(past, TERMS) == expected


def test_months_when_added_then_ends_of_months_hold() -> None:
    assert after(date(2024, 2, 29), months=12) == date(2025, 2, 28)
    assert after(date(2026, 8, 31), months=-6) == date(2026, 2, 28)


@pytest.mark.parametrize(
    ("total", "paid", "refunded", "is_cancelled", "settled_"),
    [(10, 10, 0, False, True), (10, 9, 0, False, False), (10, 12, 0, False, False), (10, 3, 3, True, True)],
)
def test_settled_when_nothing_is_owed_then_true(
    total: Any, paid: Any, refunded: Any, is_cancelled: bool, settled_: bool
) -> None:
    assert is_settled(total, paid, refunded, is_cancelled=is_cancelled) is settled_


def walk(company: Company) -> Order:
    """A completed, paid order on 2026-11-28 of a person with an address, a payer's account, an inbox message."""
    order = inspected(company, CHAIRS)
    settled(company, order)
    with company.act("oc_li", "2026-11-24 12:30") as ctx:
        order.customer.search_text = search_text(NAME, order.customer.code, PHONE)
        (payment,) = order.payments
        payment.payer_name, payment.payer_account = NAME, "6222000011112222"
        ctx.session.add(
            CustomerAddress(
                customer_id=order.customer_id, contact_name=NAME, contact_phone=PHONE, province="浙江省", city="杭州",
                detail=STREET, door_code="A-4711#",
            )
        )  # fmt: skip
        ctx.session.add(
            InboxItem(
                inbox_no="IN-1", received_at=moment("2026-11-23 09:00"), customer_name=NAME, customer_phone=PHONE,
                content=f"{NAME} {STREET}", order_id=order.id,
            )
        )  # fmt: skip
    written_about(company, order)
    with company.act("lg_liu", "2026-11-25 09:00") as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    company.fire("lg_liu", "2026-11-25 16:00", shipment, "schedule", **SLOT)
    fire_all(company, "lg_xu", "2026-11-27 12:00", shipment.packages, "load")
    company.fire("lg_xu", "2026-11-27 13:00", shipment, "dispatch")
    company.fire("lg_xu", "2026-11-27 14:30", shipment, "deliver", receiver_name=NAME)
    (acceptance,) = order.acceptances
    company.fire("cs_ma", "2026-11-28 09:00", acceptance, "sign", signed_by=NAME)
    assert order.state is OrderState.completed
    return order


def written_about(company: Company, order: Order) -> None:
    """What staff write down in words where they decide: whom it is about stands in it."""
    text = f"{NAME} 要求周末送货"
    with company.act("oc_li", "2026-11-24 12:40") as ctx:
        order.reviews[0].comment = order.inspections[0].note = text
        asked_at = moment("2026-11-24 12:00")
        approval = Approval(
            approval_no="SP-1",
            entity="order",
            entity_id=order.id,
            order_id=order.id,
            submitted_at=asked_at,
            due_at=asked_at,
        )
        voter = company.people["cm_zhang"].id
        vote = ApprovalVote(approval=approval, member_id=voter, decision="reject", comment=text, voted_at=asked_at)
        ctx.session.add_all([approval, vote])
        ctx.session.add(InspectionDefect(inspection=order.inspections[0], code="D1", note=text))
        said = talk.comment(ctx, order, text, {})
        attached = Attachment(
            **talk.about(order), name=f"{NAME}.pdf", media_type="application/pdf", size=1, digest="0" * 64
        )
        ctx.session.add(attached)
        ctx.session.flush()
    with company.act("oc_li", "2026-11-24 12:45") as ctx:
        talk.correct(ctx, said, f"{text} {PHONE}", {})
        talk.withdraw(ctx, order, attached, text)


def everything(session: Session) -> str:
    """Every row of every table of ours, as stored; of journalled values what can still be read."""
    parts: list[Any] = []
    for table in Base.metadata.sorted_tables:
        if not table.name.startswith("ab_"):
            parts += [[str(value) for value in row] for row in session.execute(sa.select(table)).all()]
    rows = session.execute(sa.select(Journal.changes, Journal.data)).all()
    parts += opened(session, [value or {} for row in rows for value in row])
    return json.dumps(parts, ensure_ascii=False)


def due_at(company: Company, when: str) -> list[Customer]:
    return list(due(company.context("system", when)))


def test_person_when_the_time_is_over_then_gone_from_every_table_and_the_books_stay(
    session: Session, company: Company
) -> None:
    order = walk(company)
    customer = order.customer
    money = session.execute(sa.select(Payment.amount, Payment.channel_txn_no, Payment.received_at)).all()
    ledger = session.execute(sa.select(PaymentAllocation.id, PaymentAllocation.amount)).all()
    before = session.scalar(sa.select(sa.func.count()).select_from(Journal))
    assert due_at(company, LAST_DAY) == []
    assert due_at(company, DAY_AFTER) == [customer]
    kept = everything(session)
    assert [secret for secret in SECRETS if secret not in kept] == []
    with company.act("system", DAY_AFTER) as ctx:
        plan = anonymise(ctx, customer)
    session.expire_all()
    left = everything(session)
    assert [secret for secret in SECRETS if secret in left] == []
    assert customer.name == f"已匿名 #{customer.code}"
    assert (customer.phone, customer.search_text, customer.is_active) == (None, customer.code.lower(), False)
    assert (order.receiver_name, order.ship_address, order.ship_city) == (customer.name, None, "杭州")
    assert session.execute(sa.select(Payment.amount, Payment.channel_txn_no, Payment.received_at)).all() == money
    assert session.execute(sa.select(PaymentAllocation.id, PaymentAllocation.amount)).all() == ledger
    assert session.scalar(sa.select(sa.func.count()).select_from(Journal)) > (before or 0)
    entry = session.scalars(sa.select(Journal).where(Journal.action == "customer.anonymise")).one()
    assert entry.data == {"values": plan.counts}
    assert plan.counts["customer.name"] == 1
    assert session.scalars(sa.select(SubjectKey)).all() == []
    added = session.scalars(sa.select(Journal).where(Journal.action == "order.add")).one()
    assert opened(session, [added.changes])[0]["receiver_name"] == [None, FORGOTTEN]
    assert due_at(company, DAY_AFTER) == []
    with pytest.raises(DomainError), company.act("system", DAY_AFTER) as ctx:
        anonymise(ctx, customer)


def test_dry_run_when_compared_with_the_run_then_says_exactly_what_changes(
    session: Session, company: Company, database: Database, tmp_path: Path
) -> None:
    order = walk(company)
    session.rollback()
    rows: dict[bool, list[list[str]]] = {}
    with time_machine.travel(moment(DAY_AFTER), tick=False):
        for is_dry in (True, False):
            target = tmp_path / f"{is_dry}.csv"
            words = ["privacy", "anonymise", "--to", str(target), *(["--dry-run"] if is_dry else [])]
            said = database.run(*words)
            assert said.startswith("1 people, 0 messages, ")
            rows[is_dry] = list(csv.reader(target.read_text(encoding="utf-8-sig").splitlines()))
            session.expire_all()
            assert (order.customer.anonymised_at is None) is is_dry
            session.rollback()
        assert database.run("privacy", "anonymise").startswith("0 people, 0 messages, 0 values.")
    assert rows[True] == rows[False]
    assert [secret for secret in SECRETS if secret in str(rows)] == []
    assert ["order", order.order_no, "ship_address", ""] in [row[1:] for row in rows[True]]


def test_person_when_something_fails_then_nothing_of_him_is_changed(session: Session, company: Company) -> None:
    order = walk(company)
    before = everything(session)
    session.rollback()

    def broken() -> None:
        with company.act("system", DAY_AFTER) as ctx:
            anonymise(ctx, order.customer)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    session.expire_all()
    assert everything(session) == before


def test_talk_when_its_ticket_has_no_order_then_it_is_about_the_customer_of_the_ticket(
    session: Session, company: Company
) -> None:
    with company.act("cs_ma", "2026-11-23 09:00") as ctx:
        asking, other = person(session), person(session, "周建国", "13900009999")
        for customer in (asking, other):
            given = {"customer_id": customer.id, "kind": TicketKind.consult, "description": "何时上新"}
            ticket = open_ticket(ctx, given)
            talk.comment(ctx, ticket, f"{customer.name} 来电", {})
    plan = plan_of(company.context("system", "2026-11-24 09:00"), asking)
    said = [change.record.text for change in plan.changes if change.entity == "comment"]
    assert said == [f"{NAME} 来电"]


def request(company: Company, customer: Customer, kind: str) -> PrivacyRequest:
    with company.act("cs_ma", "2026-12-01 09:00") as ctx:
        return receive_request(ctx, {"customer_id": customer.id, "kind": kind, "channel": "phone"})


@pytest.mark.parametrize("reason", ["open", "unpaid", "dispute", "held", "request", "restrict", "marketing"])
def test_person_when_something_is_open_then_kept(session: Session, company: Company, reason: str) -> None:
    if reason == "open":
        customer = confirmed(company, CHAIRS).customer
        assert {found_.code for found_ in blockers(company.context("system", DAY_AFTER), customer)} == {"open"}
        return
    customer = walk(company).customer
    with company.act("system", "2026-12-01 09:00"):
        if reason == "held":
            customer.hold_reason = "诉讼 (2026) 浙 0106 民初 1 号"
        if reason == "marketing":
            given = {"purpose": "marketing", "is_granted": True, "text_version": "v3", "given_at": moment(LAST_DAY)}
            session.add(Consent(customer_id=customer.id, **given))
        if reason == "unpaid":
            customer.orders[0].refunded_amount = 1
    if reason == "dispute":
        company.fire("oc_li", "2026-11-24 12:40", customer.orders[0].letters[0], "dispute", reason="价格不对")
    if reason in {"request", "restrict"}:
        made = request(company, customer, "copy" if reason == "request" else "restrict")
        if reason == "restrict":
            company.fire("cs_huang", "2026-12-02 09:00", made, "answer", identity_check="回拨", answer="已限制")
    expected = {"request"} if reason == "restrict" else {reason}
    assert {found_.code for found_ in blockers(company.context("system", DAY_AFTER), customer)} == expected
    assert due_at(company, DAY_AFTER) == []


def test_stranger_when_he_never_ordered_then_gone_after_12_months_or_when_he_asked(
    session: Session, company: Company
) -> None:
    with company.act("cs_ma", "2026-11-24 09:00"):
        first, second = person(session), person(session, "周建国", "13900009999")
    assert due_at(company, "2027-11-24 09:00") == []
    assert due_at(company, "2027-11-25 09:00") == [first, second]
    made = request(company, second, "delete")
    assert due_at(company, "2026-12-02 10:00") == []
    company.fire("cs_huang", "2026-12-02 09:00", made, "answer", identity_check="回拨", answer="将删除")
    assert due_at(company, "2026-12-02 10:00") == [second]


def test_message_when_it_never_became_an_order_then_gone_after_12_months(
    session: Session, company: Company, database: Database
) -> None:
    with company.act("oc_li", "2026-11-23 09:30") as ctx:
        item = InboxItem(
            inbox_no="IN-9", received_at=moment("2026-11-23 09:00"), customer_name=NAME, customer_phone=PHONE,
            content=STREET,
        )  # fmt: skip
        ctx.session.add(item)
    company.fire("oc_li", "2026-11-23 10:00", item, "discard", reason="只是询价")
    session.rollback()
    for day, messages in (("2027-11-23 10:00", 0), ("2027-11-25 10:00", 1), ("2027-11-26 10:00", 0)):
        with time_machine.travel(moment(day), tick=False):
            assert f" {messages} messages" in database.run("privacy", "anonymise")
    session.expire_all()
    assert (item.customer_name, item.customer_phone, item.content) == ("已匿名 #IN-9", None, "")
    assert [secret for secret in (NAME, PHONE, STREET) if secret in everything(session)] == []


def test_copies_when_past_their_time_then_purged_and_younger_ones_stay(session: Session, company: Company) -> None:
    now = moment("2027-11-25 09:00")
    for name, days in (("old", 8), ("new", 6)):
        session.add(
            IdempotencyKey(scope="1", key=name, digest="", response=NAME, created_at=now - timedelta(days=days))
        )
    for number, started in enumerate((moment("2026-11-20 09:00"), moment("2026-11-30 09:00"))):
        batch = ImportBatch(batch_no=f"IM-{number}", file_name="a.xlsx", file_digest="0", started_at=started)
        session.add(batch)
        session.flush()
        row = ImportRow(batch_id=batch.id, row_no=1, outcome="duplicate", source_key="k", raw={"cells": [NAME]})
        session.add(row)
    session.commit()
    for is_dry_run in (True, False):
        with company.act("system", "2027-11-25 09:00") as ctx:
            found_ = purge(ctx, is_dry_run=is_dry_run)
        assert (found_.answers, found_.rows) == (1, 1)
    assert session.scalars(sa.select(IdempotencyKey.key)).all() == ["new"]
    assert session.scalars(sa.select(ImportRow.raw).order_by(ImportRow.id)).all() == [{}, {"cells": [NAME]}]
    with company.act("system", "2027-11-25 09:00") as ctx:
        assert purge(ctx, is_dry_run=False).rows == 0


def test_column_when_it_is_about_people_then_it_is_decided_what_happens_to_it() -> None:
    models: set[type[Any]] = {mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Base)}
    undecided, unknown = set(), set()
    for model in models:
        columns = sa.inspect(model).column_attrs
        sensitive = {c.key for c in columns if c.columns[0].info.get("sensitivity") in PERSONAL_GROUPS}
        free = {c.key for c in columns if c.columns[0].info.get("free_text")}
        decided = set(DECISIONS.get(model, {}))
        undecided |= {f"{model.__name__}.{name}" for name in (sensitive | free) - decided}
        unknown |= {f"{model.__name__}.{name}" for name in decided - sensitive - free}
        assert personal_columns(model) >= free
    assert (undecided, unknown) == (set(), set())


def test_personal_data_page_when_read_then_fresh(root: Path) -> None:
    from app.security.personal_data import personal_data_page

    page = (root / "docs" / "personal-data.md").read_text(encoding="utf-8")
    assert page == personal_data_page(), "flask privacy columns > docs/personal-data.md"


def test_plan_when_made_then_changes_nothing(session: Session, company: Company) -> None:
    customer = walk(company).customer
    before = everything(session)
    plan = plan_of(company.context("system", DAY_AFTER), customer)
    assert len(plan.changes) > 10
    session.expire_all()
    assert everything(session) == before
