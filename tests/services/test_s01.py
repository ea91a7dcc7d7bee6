"""Scenario S01: a mall order from stock, carried upstairs, from receipt to acceptance, with its literal numbers."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.clocks import Reading, readings
from app.kernel.engine import fire, offered
from app.kernel.errors import DomainError, StepBlockedError
from app.services.inbox.actions import receive
from app.services.order.actions import add_fee, add_line, change_order
from app.services.payment.actions import record_payment
from app.services.payment.refunds import apply_invoice
from app.services.shipment.actions import create_shipment
from models.customer import Customer, CustomerAddress
from models.installation import Acceptance, Installation
from models.journal import Journal
from models.labels import (
    Channel,
    Elevator,
    FeeKind,
    InvoiceKind,
    OrderState,
    PaymentMethod,
    PaymentNature,
    ProductCategory,
    RegulationState,
)
from models.letter import ConfirmationLetter
from models.order import Order
from models.payment import Invoice
from models.product import Product, Stock
from models.quality import Inspection
from models.shipment import Package, Shipment
from tests.services.company import Company, found, moment, person, product

D = Decimal
pytestmark = pytest.mark.stage("people")


def clock(company: Company, record: Any, code: str, when: str) -> Reading:
    """One clock of a record as read at a moment."""
    found_readings = {reading.clock.code: reading for reading in readings(company.context("system", when), record)}
    return found_readings[code]


def stock_of(session: Session, sku_ids: list[int]) -> list[Decimal]:
    """What is available of each product."""
    rows = session.scalars(sa.select(Stock).where(Stock.product_id.in_(sku_ids)).order_by(Stock.product_id)).all()
    return [row.qty_on_hand - row.qty_soft - row.qty_hard for row in rows]


@pytest.fixture
def company(session: Session) -> Company:
    """The company with its people."""
    return found(session)


def stock_up(company: Company) -> tuple[Product, Product, Customer]:
    """Sofa and chair in stock, and the customer on the fifth floor."""
    session = company.session
    with company.act("oc_li", "2026-11-20 09:00"):
        sofa = product(
            session,
            "SOF-OSLO-3S-GRY",
            name="奥斯陆三人位布艺沙发",
            category=ProductCategory.sofa,
            list_price=D(6800),
            pack_volume=D("1.705"),
            warranty_months=24,
            on_hand=5,
        )
        chair = product(
            session,
            "CHR-NORD-01",
            name="北欧餐椅",
            category=ProductCategory.chair,
            list_price=D(680),
            pieces_per_pack=2,
            pack_volume=D("0.240"),
            on_hand=40,
        )
        customer = person(session)
        customer.addresses.append(
            CustomerAddress(
                label="家",
                contact_name="林晓雯",
                contact_phone="13800005621",
                province="浙江省",
                city="杭州",
                district="西湖区",
                detail="文三路 100 号 3 幢 501",
                floor=5,
                elevator=Elevator.none,
                is_default=True,
            )
        )
    return sofa, chair, customer


def receive_and_enter(company: Company) -> tuple[Order, list[int]]:
    """Steps 1 and 2: the mall's message and money, then the clerk's entry."""
    session = company.session
    sofa, chair, customer = stock_up(company)
    with company.act("oc_li", "2026-11-23 20:15") as ctx:
        item = receive(
            ctx,
            {
                "channel": Channel.online_mall,
                "external_no": "MALL-77120931",
                "customer_name": "林晓雯",
                "content": "沙发×1 餐椅×4",
            },
        )
    with company.act("fi_qian", "2026-11-23 20:16") as ctx:
        record_payment(
            ctx,
            {
                "method": PaymentMethod.wechat,
                "channel_txn_no": "WX-1",
                "external_order_no": "MALL-77120931",
                "customer_id": customer.id,
                "amount": D("9894.80"),
                "received_at": moment("2026-11-23 20:16"),
            },
        )
    company.fire(
        "oc_li", "2026-11-24 09:30", item, "enter",
        customer_id=customer.id, order_type="retail", requested_on="2026-11-30",
    )  # fmt: skip
    order = session.get_one(Order, item.order_id)
    with company.act("oc_li", "2026-11-24 09:35") as ctx:
        change_order(ctx, order, {"install_required": True})
        add_line(ctx, {"order_id": order.id, "product_id": sofa.id, "qty_ordered": D(1)})
        add_line(ctx, {"order_id": order.id, "product_id": chair.id, "qty_ordered": D(4)})
        add_fee(ctx, {"order_id": order.id, "kind": FeeKind.delivery, "amount": D(200)})
    return order, [sofa.id, chair.id]


def review(company: Company, who: str, when: str, order: Order) -> None:
    """Every check passed."""
    checks = ("stock", "price", "lead_time", "credit", "compliance", "technical")
    company.fire(who, when, order, "review", **dict.fromkeys(checks, "passed"))


def test_s01_when_walked_then_every_number_of_the_scenario_holds(company: Company, session: Session) -> None:
    order, skus = receive_and_enter(company)
    check_entry(company, order)
    review_and_confirm(company, session, order, skus)
    ship(company, session, order)
    finish(company, session, order)


def check_entry(company: Company, order: Order) -> None:
    """Steps 2 and 3: the numbers of the entry, and nobody reviews his own."""
    assert order.order_no == "SO-20261124-0001"
    assert order.received_at == moment("2026-11-23 20:15")
    upstairs = next(fee for fee in order.fees if fee.kind is FeeKind.upstairs)
    assert upstairs.amount == D("174.80")
    assert sum(line.volume for line in order.lines) == D("2.185")
    assert sum(line.pack_count for line in order.lines) == 3
    assert (order.goods_amount, order.fee_amount, order.total_amount) == (D("9520.00"), D("374.80"), D("9894.80"))
    assert (order.net_amount, order.tax_amount) == (D("8756.46"), D("1138.34"))
    taxes = [line.tax_amount for line in order.lines] + sorted((fee.tax_amount for fee in order.fees), reverse=True)
    assert taxes == [D("782.30"), D("312.92"), D("23.01"), D("20.11")]
    entry = clock(company, order, "E1", "2026-11-24 09:39")
    assert (entry.due_at, entry.warn_at) == (moment("2026-11-24 20:15"), moment("2026-11-24 15:27"))

    company.fire("oc_li", "2026-11-24 09:40", order, "submit")
    assert (order.state, order.regulation_state) == (OrderState.pending_review, RegulationState.pending_review)
    entry = clock(company, order, "E1", "2026-11-25 09:40")
    assert entry.used == timedelta(hours=13, minutes=25)
    assert not entry.is_breached(moment("2026-11-25 09:40"))
    assert (order.paid_amount, order.total_amount) == (D("9894.80"), D("9894.80"))
    assert [(row.kind, row.amount) for row in order.schedules] == [(PaymentNature.prepay, D("9894.80"))]

    with pytest.raises(StepBlockedError) as refused:
        review(company, "oc_li", "2026-11-24 09:45", order)
    assert [reason.code for reason in refused.value.reasons()] == ["separation_of_duties"]


def review_and_confirm(company: Company, session: Session, order: Order, skus: list[int]) -> None:
    """Steps 4 to 7."""
    assert stock_of(session, skus) == [D(5), D(40)]
    review(company, "oc_wang", "2026-11-24 10:30", order)
    assert (order.state, order.is_large, order.special_flags) == (OrderState.approved, False, [])
    assert stock_of(session, skus) == [D(4), D(36)]
    assert clock(company, order, "E2", "2026-11-24 11:00").used == timedelta(minutes=50)
    assert clock(company, order, "E4", "2026-11-24 11:00").due_at == moment("2026-11-26 10:30")
    assert len(order.reviews) == 6

    company.fire("oc_li", "2026-11-24 11:00", order, "confirm", promised_on="2026-11-28", channel="sms")
    assert (order.state, order.regulation_state) == (OrderState.confirmed, RegulationState.confirmed)
    assert clock(company, order, "E4", "2026-11-25 11:00").used == timedelta(minutes=30)
    letter = session.scalars(sa.select(ConfirmationLetter)).one()
    assert (letter.letter_no, letter.content_hash) == ("CL-SO-20261124-0001-V1", order.content_hash)
    hard = session.scalars(sa.select(Stock.qty_hard).order_by(Stock.product_id)).all()
    assert hard == [D(1), D(4)]

    company.fire("oc_li", "2026-11-24 11:20", letter, "acknowledge", reason="短信链接点了确认")
    assert str(letter.state) == "acknowledged"

    for inspection in session.scalars(sa.select(Inspection)).all():
        company.fire("qc_sun", "2026-11-25 10:00", inspection, "accept")
    assert (order.state, order.skip_reason) == (OrderState.ready_to_ship, "stock")


def ship(company: Company, session: Session, order: Order) -> None:
    """Steps 8 to 10."""
    with company.act("lg_liu", "2026-11-25 16:00") as ctx:
        shipment: Shipment = create_shipment(ctx, {"order_id": order.id})
    appointment = {"mode": "own_fleet", "driver_name": "周师傅", "vehicle_plate": "浙A12345"}
    with pytest.raises(DomainError) as refused:
        company.fire(
            "lg_liu", "2026-11-26 15:00", shipment, "schedule",
            slot_from="2026-11-27T14:00", slot_to="2026-11-27T16:00", **appointment,
        )  # fmt: skip
    assert refused.value.reason_code == "short_notice"
    company.fire(
        "lg_liu", "2026-11-25 16:00", shipment, "schedule",
        slot_from="2026-11-27T14:00", slot_to="2026-11-27T16:00", **appointment,
    )  # fmt: skip

    packages = session.scalars(sa.select(Package).order_by(Package.package_no)).all()
    numbers = [package.package_no for package in packages]
    assert numbers == [f"PK-SO-20261124-0001-0{seq}" for seq in (1, 2, 3)]
    for package in packages[:2]:
        company.fire("lg_xu", "2026-11-27 12:50", package, "load")
    with pytest.raises(StepBlockedError):
        company.fire("lg_xu", "2026-11-27 12:55", shipment, "dispatch")
    company.fire("lg_xu", "2026-11-27 12:58", packages[2], "load")
    company.fire("lg_xu", "2026-11-27 13:00", shipment, "dispatch")
    assert (order.state, order.regulation_state) == (OrderState.shipped, RegulationState.shipped)
    assert session.scalars(sa.select(Stock.qty_on_hand).order_by(Stock.product_id)).all() == [D(4), D(36)]

    company.fire("lg_liu", "2026-11-27 14:30", shipment, "deliver", receiver_name="林晓雯")
    assert order.state is OrderState.delivered
    assert (shipment.receipt.packages_received, shipment.receipt.packages_damaged) == (3, 0)
    assert {line.return_deadline_at for line in order.lines} == {moment("2026-12-04 23:59:59")}


def finish(company: Company, session: Session, order: Order) -> None:
    """Steps 11 to 13, and who did what in the journal."""
    installation = session.scalars(sa.select(Installation)).one()
    slot = {"slot_from": "2026-11-27T15:00", "slot_to": "2026-11-27T17:00"}
    company.fire("cs_ma", "2026-11-27 14:35", installation, "schedule", installer_id=company.people["cs_wu"].id, **slot)
    company.fire("cs_wu", "2026-11-27 15:00", installation, "start")
    company.fire("cs_wu", "2026-11-27 16:00", installation, "finish", checklist_pct=100, photo_count=4)
    assert clock(company, installation, "I1", "2026-11-28 09:00").used == timedelta(hours=1, minutes=30)
    warranties = [(line.warranty_from_on, line.warranty_to_on) for line in order.lines]
    assert warranties == [
        (date(2026, 11, 27), date(2028, 11, 27)),
        (date(2026, 11, 27), date(2027, 11, 27)),
    ]

    acceptance = session.scalars(sa.select(Acceptance)).one()
    company.fire("cs_wu", "2026-11-27 16:10", acceptance, "sign", signed_by="林晓雯")
    assert (order.state, order.regulation_state) == (OrderState.completed, RegulationState.completed)
    assert order.completed_at is not None
    assert order.completed_at - order.received_at == timedelta(days=3, hours=19, minutes=55)

    invoice = {"order_id": order.id, "title": "林晓雯", "gross_amount": D("9894.80")}
    with pytest.raises(DomainError) as no_special, company.act("fi_zhou", "2026-11-28 10:00") as ctx:
        apply_invoice(ctx, {**invoice, "kind": InvoiceKind.special})
    assert no_special.value.reason_code == "special_for_person"
    with company.act("fi_zhou", "2026-11-28 10:00") as ctx:
        made: Invoice = apply_invoice(ctx, {**invoice, "kind": InvoiceKind.ordinary})
    assert (made.gross_amount, made.tax_amount) == (D("9894.80"), D("1138.34"))

    steps = session.execute(
        sa.select(Journal.action, Journal.actor_id, Journal.at).where(Journal.entity == "order").order_by(Journal.id)
    ).all()
    fired = [action for action, _, _ in steps if action not in ("order.add", "order.edit")]
    assert fired == [
        "order.submit",
        "order.review",
        "order.confirm",
        "order.make_ready",
        "order.ship_all",
        "order.arrive",
        "order.await_acceptance",
        "order.complete",
    ]
    assert all(at is not None for _, _, at in steps)


def test_order_when_nobody_else_looks_then_only_open_steps_are_offered(company: Company) -> None:
    order, _ = receive_and_enter(company)
    ctx = company.context("oc_li", "2026-11-24 09:39")
    assert [step.name for step, _ in offered(ctx, order)] == ["submit", "cancel"]
    assert offered(company.context("pd_chen", "2026-11-24 09:39"), order) == []
    company.fire("oc_li", "2026-11-24 09:40", order, "submit")
    reasons = {step.name: reasons for step, reasons in offered(ctx, order)}
    assert [reason.code for reason in reasons["review"]] == ["separation_of_duties"]


def test_order_when_no_letter_was_sent_then_nothing_ships(company: Company) -> None:
    order, _ = receive_and_enter(company)
    with pytest.raises(DomainError) as refused, company.act("lg_liu", "2026-11-24 12:00") as ctx:
        create_shipment(ctx, {"order_id": order.id})
    assert refused.value.reason_code == "order_not_shippable"
    with pytest.raises(DomainError), company.act("oc_li", "2026-11-24 12:00") as ctx:
        fire(ctx, order, "confirm", {"promised_on": "2026-11-28", "channel": "sms"})
    assert order.state is OrderState.draft
