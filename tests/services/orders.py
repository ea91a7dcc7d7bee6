"""Orders for tests of the slices behind the confirmation letter, brought there by the declared steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.consequences.cancelling import open_cancellation
from app.kernel.context import Actor
from app.kernel.engine import fire
from app.kernel.errors import DomainError
from app.services.order.actions import add_line, create_order
from app.services.payment.actions import record_payment
from app.services.product.reports import add_report
from models.cancellation import Cancellation
from models.conformity import Standard
from models.contract import OrderContract, ProcurementMethod
from models.customer import Customer
from models.labels import (
    Channel,
    CustomerKind,
    LetterState,
    OrderState,
    OrderType,
    PaymentMethod,
    ProductCategory,
    SupplyMode,
)
from models.order import Order, OrderLine
from models.product import Product
from tests.services.company import Company, moment, person, product

D = Decimal
CHECKS = ("stock", "price", "lead_time", "credit", "compliance", "technical")
RECEIVED, ENTERED = "2026-11-23 09:00", "2026-11-23 10:00"
REVIEWED, CONFIRMED = "2026-11-23 11:00", "2026-11-23 12:00"

SIGNED = date(2026, 11, 1)
# What each order type asks for (domain/05 5.2).
TERMS: dict[OrderType, dict[str, Any]] = {
    OrderType.bulk: {"purchase_no": "PO-77", "invoice_title": "杭州云启科技有限公司", "batch_plan": "一批"},
    OrderType.project: {
        "contract_no": "HT-77", "signed_on": SIGNED, "batch_plan": "样板间、大货", "site_contact": "王工",
        "unloading": "货梯", "payer_name": "杭州云启科技有限公司",
    },
    OrderType.government: {
        "procurement_method": ProcurementMethod.open_tender, "plan_no": "JH-77", "award_no": "ZB-77",
        "award_on": SIGNED, "contract_no": "HT-77", "signed_on": SIGNED, "budget_unit": "教育局",
        "acceptance_unit": "第一小学", "fund_source": "财政资金",
    },
    OrderType.other: {"occasion": "样品", "cost_centre": "CC-1", "approval_no": "AP-77"},
}  # fmt: skip


@dataclass(frozen=True)
class Goods:
    """What an order is for: a product of that supply mode at a price, so many pieces of it."""

    sku: str
    qty: int
    price: int = 100
    supply: SupplyMode = SupplyMode.stock
    on_hand: int = 50
    needs_install: bool = False
    pieces_per_pack: int = 1
    packs_per_set: int = 1
    pack_volume: Decimal = D("0.300")


def article(company: Company, goods: Goods) -> Product:
    """The product of the goods; with stock where it comes from there."""
    return product(
        company.session,
        goods.sku,
        supply_mode=goods.supply,
        list_price=D(goods.price),
        standard_cost=min(D(50), D(goods.price) / 2),
        needs_install=goods.needs_install,
        pieces_per_pack=goods.pieces_per_pack,
        packs_per_set=goods.packs_per_set,
        pack_volume=goods.pack_volume,
        on_hand=goods.on_hand if goods.supply is SupplyMode.stock else None,
    )


def draft(company: Company, *goods: Goods, customer: Customer | None = None, **values: Any) -> Order:
    """A complete draft, received at RECEIVED unless told."""
    header = {
        "order_no": "SO-TEST-0001",
        "order_type": OrderType.retail,
        "channel": Channel.phone,
        "received_at": moment(RECEIVED),
        "requested_on": moment("2026-12-10").date(),
        "receiver_name": "林晓雯",
        "receiver_phone": "13800005621",
        "ship_province": "浙江省",
        "ship_city": "杭州",
        "ship_address": "文三路 100 号",
    }
    with company.act("oc_li", RECEIVED):
        customer = customer or person(company.session)
        order = Order(customer_id=customer.id, **{**header, **values})
        company.session.add(order)
        company.session.flush()
        for number, item in enumerate(goods, 1):
            made = article(company, item)
            line = OrderLine(
                order_id=order.id,
                line_no=number,
                product_id=made.id,
                qty_ordered=D(item.qty),
                list_price=made.list_price,
                supply_mode=item.supply,
                needs_install=item.needs_install,
            )
            company.session.add(line)
        if order.order_type in TERMS:
            company.session.add(OrderContract(order_id=order.id, **TERMS[order.order_type]))
            order.project_name = order.project_name or "测试项目"
    company.session.refresh(order)
    return order


def confirmed(company: Company, *goods: Goods, customer: Customer | None = None, **values: Any) -> Order:
    """A confirmed order, promised for 2026-12-08."""
    order = draft(company, *goods, customer=customer, **values)
    company.fire("oc_li", ENTERED, order, "submit")
    # Said of each check, with a reason where the program finds otherwise (no drawing beside custom goods).
    company.fire("oc_wang", REVIEWED, order, "review", **dict.fromkeys(CHECKS, "passed"), comment="已核对")
    company.fire("oc_li", CONFIRMED, order, "confirm", promised_on="2026-12-08", channel="sms")
    assert order.state is OrderState.confirmed
    return order


def with_reports(company: Company, sku: str, *standards: Standard, until: str = "2027-12-31") -> None:
    """Valid reports of a product from today on, one a standard."""
    with company.act("qc_sun", RECEIVED) as ctx:
        product_id = ctx.session.scalars(sa.select(Product.id).where(Product.sku_code == sku)).one()
        for standard in standards:
            values = {"product_id": product_id, "standard": standard, "report_no": f"WT-{sku}", "laboratory": "质检院"}
            dates = {"issued_on": moment(RECEIVED).date(), "valid_until": date.fromisoformat(until)}
            add_report(ctx, {**values, **dates})


def school_furniture(company: Company) -> Order:
    """S12: 600 tested sets, 40 desks and 40 chairs for 289,800.00, as awarded to the education bureau."""
    with company.act("oc_li", "2026-11-25 09:00") as ctx:
        bureau = Customer(code="CUS-EDU", kind=CustomerKind.government, name="区教育局", phone="057188886666")
        ctx.session.add(bureau)
        ctx.session.flush()
        order = create_order(
            ctx,
            {
                "customer_id": bureau.id,
                "order_type": OrderType.government,
                "channel": Channel.tender,
                "requested_on": date(2026, 12, 21),
                "receiver_name": "李老师",
                "receiver_phone": "13800009876",
                "ship_city": "杭州",
                "ship_address": "学院路 8 号",
                "award_amount": D(289800),
                "bond_amount": D(14490),
            },
        )
        for sku, qty, price in (("DSK-STU-SET", 600, 385), ("DSK-TCH", 40, 1150), ("CHR-TCH", 40, 320)):
            item = product(
                ctx.session, sku, supply_mode=SupplyMode.make_to_order, list_price=D(price), lead_days=20,
                is_children=sku == "DSK-STU-SET", category=ProductCategory.school, needs_install=False,
                pieces_per_pack=20,
            )  # fmt: skip
            add_line(ctx, {"order_id": order.id, "product_id": item.id, "qty_ordered": D(qty)})
    with_reports(company, "DSK-STU-SET", Standard.gb_18584, Standard.gb_28007)
    for sku in ("DSK-TCH", "CHR-TCH"):
        with_reports(company, sku, Standard.gb_18584)
    return order


def ready_to_make(company: Company, order: Order, when: str = CONFIRMED) -> Order:
    """The order with what the production gate asks for besides money: the answered letter, the signed drawing."""
    company.session.refresh(order)
    for letter in order.letters:
        if letter.state is LetterState.sent:
            company.fire("oc_li", when, letter, "acknowledge", reason="电话确认")
    if order.is_custom and order.drawing_signed_at is None:
        company.fire("oc_li", when, order, "issue_drawing", drawing_version=1)
        company.fire("oc_li", when, order, "sign_drawing", drawing_version=1, signed_name="林晓雯")
    return order


def inspected(company: Company, *goods: Goods, **values: Any) -> Order:
    """A confirmed order of stock goods that have all passed their outgoing check at 2026-11-24 09:00."""
    order = confirmed(company, *goods, **values)
    for inspection in list(order.inspections):
        company.fire("qc_sun", "2026-11-24 09:00", inspection, "accept")
    return order


def settled(company: Company, order: Order, amount: str | None = None) -> Order:
    """The order after the customer has paid: all of it, unless told."""
    with company.act("fi_qian", "2026-11-24 12:00") as ctx:
        paid = D(amount) if amount else order.total_amount
        record_payment(ctx, {"method": PaymentMethod.pos, "amount": paid, "order_id": order.id})
    return order


def refusal(company: Company, who: str | Actor, when: str, record: Any, step: str, **data: Any) -> str:
    """The code with which a step is refused; fails where it is not refused. Nothing is changed."""
    before = record.state
    try:
        company.fire(who, when, record, step, **data)
    except DomainError as error:
        assert record.state is before
        return error.reason_code
    raise AssertionError(f"{step} was not refused")


def call_off(company: Company, order: Order, when: str) -> Cancellation:
    """The whole of a confirmed order is cancelled by its customer, who accepts at once; standard goods only."""
    given = {"cancel_kind": "customer", "cancel_reason": "fund", "order_id": order.id}
    with company.act("oc_zhao", when) as ctx:
        lines = [{"order_line_id": line.id} for line in order.lines]
        request = open_cancellation(ctx, {**given, "lines": lines})
    company.fire("oc_zhao", when, request, "offer")
    company.fire("oc_zhao", when, request, "accept", accepted_how="电话确认")
    return request


def fire_all(company: Company, who: str, when: str, records: Any, step: str, **data: Any) -> None:
    """One step on many records in one act."""
    with company.act(who, when) as ctx:
        for record in records:
            fire(ctx, record, step, data)
