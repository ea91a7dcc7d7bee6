"""Past orders and the database: what is already here, and bringing one order in through the use cases of the slices."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from app.exchange.fields import CATEGORIES, folded
from app.exchange.orders import PastOrder, Plan, spread
from app.exchange.rows import ZERO, SourceRow
from app.kernel.context import Context
from app.kernel.money import HUNDRED, rounded, tax_in
from app.services.customer.actions import create_customer, set_customer_active
from app.services.order.actions import import_history
from app.services.product.actions import create_product, set_product_active
from models.customer import Customer
from models.exchange import ImportedCustomer, ImportEffect, ImportRow
from models.labels import Channel, ImportDid, ImportOutcome, ProductCategory, SupplyMode
from models.order import Order, OrderLine
from models.product import Product

CHANNEL: Final = Channel.other  # the file does not say where its orders came in
AT_ONCE: Final = 500  # values in one IN list: both engines stay far from their limits
FOUR_PLACES: Final = Decimal("0.0001")
# 17 % until 30 April 2018, 16 % until 31 March 2019, 13 % since.
VAT_RATES: Final = (
    (date(2019, 4, 1), Decimal(13)),
    (date(2018, 5, 1), Decimal(16)),
    (date.min, Decimal(17)),
)
Item = TypeVar("Item")


@dataclass
class Known:
    """Customers and products that are here already, by what the file calls them; grows with each saved order.

    ``resting`` are those that were put away when an import was taken back.
    """

    customers: dict[str, int] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)
    resting: dict[str, set[int]] = field(default_factory=lambda: {"customer": set(), "product": set()})

    def grow(self, made: Known) -> None:
        """Takes in what an order has brought and woken."""
        self.customers |= made.customers
        self.products |= made.products
        for entity, ids in made.resting.items():
            self.resting[entity] -= ids


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Lists of at most ``AT_ONCE``."""
    everything = list(items)
    for start in range(0, len(everything), AT_ONCE):
        yield everything[start : start + AT_ONCE]


def customer_mark(key: str) -> str:
    """The digest under which a customer of a file is found again; the key itself may contain a name."""
    return hashlib.sha256(f"order-book:{key}".encode()).hexdigest()


def compare(ctx: Context, plan: Plan) -> Known:
    """Asks the database about every order of the plan: duplicates leave it, contradictions are refused.

    Returns the customers and products that are here.
    """
    here = _orders_here(ctx, plan.orders)
    for order in plan.orders:
        found = here.get(order.order_no)
        if found is None:
            continue
        if found == Counter(order.keys()):
            plan.duplicates.append(order)
        elif found:
            plan.refuse(order, "order_no", "order_differs", order_no=order.order_no)
        else:
            plan.refuse(order, "order_no", "order_exists", order_no=order.order_no)
    taken = {id(order) for order in plan.duplicates}
    plan.orders = [order for order in plan.orders if id(order) not in taken]
    # Only now: an article that was renamed here makes no old order new.
    known = _known(ctx, plan)
    spread(plan.rows)
    plan.settle()
    return known


def _known(ctx: Context, plan: Plan) -> Known:
    """Customers and products of the plan that are here; products under another name are refused."""
    known, rows = Known(), [row for order in plan.orders for row in order.rows]
    marks = {customer_mark(row.text("customer_key")): row.text("customer_key") for row in rows}
    for part in chunks(marks):
        query = sa.select(ImportedCustomer.source_key, ImportedCustomer.customer_id)
        for mark, customer_id in ctx.session.execute(query.where(ImportedCustomer.source_key.in_(part))):
            known.customers[marks[mark]] = customer_id
    names: dict[str, str] = {}
    for part in chunks({row.text("product_key") for row in rows}):
        products = sa.select(Product.sku_code, Product.id, Product.name).where(Product.sku_code.in_(part))
        for sku, product_id, name in ctx.session.execute(products):
            known.products[sku], names[sku] = product_id, name
    for entity, model, ids in (("customer", Customer, known.customers), ("product", Product, known.products)):
        away = taken_back(ctx, entity, ids.values())
        for resting in chunks(away):
            still = sa.select(model.id).where(model.id.in_(resting), model.is_active.is_(False))
            known.resting[entity] |= set(ctx.session.scalars(still))
    for row in rows:
        present = names.get(row.text("product_key"))
        if not row.problems and present is not None and present != row.text("product_name"):
            row.refuse("product_name", "other_name_here", name=present)
    return known


def _orders_here(ctx: Context, orders: Sequence[PastOrder]) -> dict[str, Counter[str]]:
    """Order numbers that are here with the source keys of their rows; empty where no import brought them."""
    here: dict[str, Counter[str]] = defaultdict(Counter)
    for part in chunks(order.order_no for order in orders):
        query = (
            sa.select(Order.external_no, ImportRow.source_key)
            .select_from(Order)
            .join(OrderLine, OrderLine.order_id == Order.id)
            .outerjoin(
                ImportRow,
                sa.and_(ImportRow.order_line_id == OrderLine.id, ImportRow.outcome == ImportOutcome.accepted),
            )
            .where(Order.channel == CHANNEL, Order.external_no.in_(part))
        )
        for number, key in ctx.session.execute(query):
            keys = here[str(number)]
            if key is not None:
                keys[key] += 1
    return here


def bring_in(ctx: Context, batch_id: int, order: PastOrder, known: Known, source: str) -> Known:
    """Saves one order with its customer, products, lines and the account of its rows. Flushes.

    Returns the customers and products made for it, to be known once the transaction has ended well.

    Raises:
        DomainError: the panel refuses the order; the caller's transaction is to be rolled back.
    """
    made, key = Known(), order.first.text("customer_key")
    effects = _Effects(batch_id, order)
    if key not in known.customers:
        made.customers[key] = _new_customer(ctx, order)
        effects.add("customer", made.customers[key])
    elif known.customers[key] in known.resting["customer"]:
        customer = ctx.session.get_one(Customer, known.customers[key])
        effects.add("customer", set_customer_active(ctx, customer, is_active=True).id)
        made.resting["customer"].add(customer.id)
    for row in order.rows:
        sku = row.text("product_key")
        if sku not in known.products and sku not in made.products:
            made.products[sku] = _new_product(ctx, row)
            effects.add("product", made.products[sku])
        elif known.products.get(sku) in known.resting["product"] - made.resting["product"]:
            product = ctx.session.get_one(Product, known.products[sku])
            effects.add("product", set_product_active(ctx, product, is_active=True).id)
            made.resting["product"].add(product.id)
    products = known.products | made.products
    saved = import_history(
        ctx,
        {
            "external_no": order.order_no,
            "order_type": order.segment.order_type,
            "customer_id": known.customers.get(key) or made.customers[key],
            "province": order.first.values.get("province"),
            "city": order.first.values.get("city"),
            "ordered_on": order.first.values["ordered_on"],
            "completed_on": order.first.values["shipped_on"],
            "source": source,
            "lines": [_line(row, products, is_returned=order.is_returned) for row in order.rows],
        },
    )
    for row, line, row_key in zip(order.rows, saved.lines, order.keys(), strict=True):
        ctx.session.add(
            ImportRow(
                batch_id=batch_id,
                sheet=row.sheet[:80],
                row_no=row.no,
                outcome=ImportOutcome.accepted,
                source_key=row_key,
                order_line_id=line.id,
                source_amount=format(row.values["amount"], "f"),
            )
        )
    effects.add("order", saved.id)
    ctx.session.add_all(effects.made)
    ctx.session.flush()
    return made


@dataclass
class _Effects:
    """What an order of the file brings along; records that orders share are told at the first one."""

    batch_id: int
    order: PastOrder
    made: list[ImportEffect] = field(default_factory=list)

    def add(self, entity: str, pk: int) -> None:
        """A record that the order made or woke: taken back, it is put away."""
        row = self.order.first
        self.made.append(
            ImportEffect(
                batch_id=self.batch_id,
                sheet=row.sheet[:80],
                row_no=row.no,
                entity=entity,
                entity_id=pk,
                did=ImportDid.made,
            )
        )


def taken_back(ctx: Context, entity: str, ids: Iterable[int]) -> set[int]:
    """Which of these records an import made and took back: they come back with the next file that names them."""
    found: set[int] = set()
    for part in chunks(ids):
        found |= set(
            ctx.session.scalars(
                sa.select(ImportEffect.entity_id).where(
                    ImportEffect.entity == entity,
                    ImportEffect.entity_id.in_(part),
                    ImportEffect.did == ImportDid.made,
                    ImportEffect.undone_at.is_not(None),
                )
            )
        )
    return found


def _new_customer(ctx: Context, order: PastOrder) -> int:
    row = order.first
    customer: Customer = create_customer(
        ctx, {"kind": order.segment.kind, "name": row.text("customer_name"), "source_channel": CHANNEL}, is_history=True
    )
    ctx.session.flush()
    ctx.session.add(ImportedCustomer(source_key=customer_mark(row.text("customer_key")), customer_id=customer.id))
    return customer.id


def _new_product(ctx: Context, row: SourceRow) -> int:
    product: Product = create_product(
        ctx,
        {
            "sku_code": row.text("product_key"),
            "name": row.text("product_name"),
            "category": CATEGORIES.get(folded(row.text("category")), ProductCategory.other),
            "supply_mode": SupplyMode.stock,
            "list_price": list_price(row),
        },
    )
    ctx.session.flush()
    return product.id


def list_price(row: SourceRow) -> Decimal:
    """The price before discount that the row implies: amount / quantity / (1 - discount), four places."""
    amount, qty, discount = row.values["amount"], row.values["qty"], row.values.get("discount") or ZERO
    return rounded(amount / qty / (1 - discount), FOUR_PLACES)


def vat_rate(day: date) -> Decimal:
    """The rate of value-added tax on furniture on a day, in per cent: the file says none."""
    return next(rate for since, rate in VAT_RATES if day >= since)


def _line(row: SourceRow, products: dict[str, int], *, is_returned: bool) -> dict[str, Any]:
    """The line as it was charged: the amount of the file, half up to the 分, the tax of its day within it."""
    amount, qty, rate = rounded(row.values["amount"]), row.values["qty"], vat_rate(row.values["ordered_on"])
    return {
        "product_id": products[row.text("product_key")],
        "description": row.text("product_name"),
        "qty_ordered": qty,
        "qty_returned": qty if is_returned else ZERO,
        "list_price": list_price(row),
        "discount_pct": (row.values.get("discount") or ZERO) * HUNDRED,
        "unit_price": rounded(row.values["amount"] / qty, FOUR_PLACES),
        "line_amount": amount,
        "tax_rate": rate,
        "tax_amount": tax_in(amount, rate),
        "supply_mode": SupplyMode.stock,
    }
