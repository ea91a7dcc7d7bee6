"""``flask demo``: the demo company with its people, articles, customers and orders in every state.

Every order is made by the real steps of the people whose work it is, at past moments relative to today, from a
fixed seed. Does nothing to orders when there are any. ``--reset`` throws everything away first.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import with_appcontext

from app.cli.acts import command_context
from app.cli.demo_customers import SEED, demo_customers
from app.cli.demo_duties import arrange
from app.cli.demo_matters import arrange_matters
from app.cli.demo_orders import all_plans, leave_in_the_inbox, live
from app.cli.demo_people import DEMO_PASSWORD, PEOPLE, actors, add_people
from app.cli.demo_privacy import add_requests
from app.cli.demo_products import AVAILABLE, LABORATORY, REPORTS, product_values
from app.cli.demo_reset import reset
from app.cli.demo_securities import arrange_securities
from app.cli.demo_story import Company
from app.kernel.context import Context
from app.kernel.demo import ENTITY, FILLED
from app.kernel.journal import note
from app.kernel.unit_of_work import unit_of_work
from app.security.departments import label_of_role
from app.security.due import FACTOR
from app.services.customer.actions import create_customer
from app.services.product.actions import create_product
from app.services.product.reports import add_report
from models.conformity import Standard
from models.customer import Consent, Customer, CustomerAddress
from models.labels import ConsentPurpose, CustomerKind
from models.order import Order
from models.policy import PARAMETERS, PolicyParameter
from models.product import Product, Stock
from models.talk import Notification

OPENED = timedelta(days=125)
RECENT = timedelta(days=2)
REPORT_KEPT = timedelta(days=548)
# Enough for four months of orders; the count at the end leaves what AVAILABLE says.
FIRST_STOCK = Decimal(400)
WORDING = "2026-1"


@click.command("demo")
@click.option("--people-only", is_flag=True, help="Only the users, without articles, customers and orders.")
@click.option("--yes-really", is_flag=True, help="Do it in production too: known passwords in a real database.")
@click.option("--reset", "anew", is_flag=True, help="Empty a database that the demo has filled, and fill it anew.")
@with_appcontext
def demo(*, people_only: bool, yes_really: bool, anew: bool) -> None:
    """Fill an empty database with the demo company."""
    if current_app.config.get("NAME") == "production" and not yes_really:
        message = "This is a production database: the demo users have a known password. --yes-really does it anyway."
        raise click.ClickException(message)
    if anew:
        reset()
    with unit_of_work(command_context()) as ctx:
        if (anew or not people_only) and is_empty(ctx):
            note(ctx, FILLED, ENTITY, 0)
        new = add_people(ctx.session)
        relaxed = relax_sign_in(ctx) if new else 0
        has_orders = ctx.session.scalar(sa.select(Order.id).limit(1)) is not None
    if not people_only and not has_orders:
        fill()
    say_logins(is_new=bool(new))
    if relaxed:
        click.echo("For the demo the printed password is enough: no role asks for a second factor, and passwords")
        click.echo("do not age (parameters auth.second_factor.* and auth.password_days are 0).")


def is_empty(ctx: Context) -> bool:
    """Whether there is no business yet: what is there now is the demo's, and may be thrown away again."""
    return all(ctx.session.scalar(sa.select(table.id).limit(1)) is None for table in (Order, Customer, Product))


def relax_sign_in(ctx: Context) -> int:
    """Whoever tries the panel gets in with the printed password alone. Returns how many parameters were changed."""
    changed = 0
    for code, delivered in PARAMETERS.items():
        if not code.startswith(FACTOR) and code != "auth.password_days":
            continue
        found = ctx.session.scalars(sa.select(PolicyParameter).where(PolicyParameter.code == code)).one_or_none()
        if found is None:
            found = PolicyParameter(
                code=code, value="0", unit=delivered.unit, label=str(delivered.label), clause=delivered.clause
            )
            ctx.session.add(found)
        found.value = "0"
        changed += 1
    ctx.session.flush()
    return changed


def fill() -> None:
    """Articles, customers, orders and what waits."""
    ctx = command_context()
    company = Company(ctx.session, actors(ctx.session), ctx.policy, Random(SEED), ctx.now)  # noqa: S311 - invented data
    with unit_of_work(company.context("fi_sun", ctx.now - OPENED)) as past:
        add_products(past)
    with unit_of_work(company.context("qc_sun", ctx.now - OPENED)) as past:
        add_reports(past, ctx.today)
    with unit_of_work(company.context("cs_ma", ctx.now - OPENED)) as past:
        add_customers(past)
    customers = list(ctx.session.scalars(sa.select(Customer).order_by(Customer.id)))
    plans = all_plans(company.random)
    with click.progressbar(list(enumerate(plans, 1)), label=f"{len(plans)} demo orders") as numbered:
        for number, plan in numbered:
            live(company, plan, customers, number)
    leave_in_the_inbox(company, customers)
    add_requests(company)
    arrange(company, ctx.now)
    arrange_matters(company)
    arrange_securities(company)
    with unit_of_work(company.context("lg_xu", ctx.now)) as present:
        count_stock(present)
        read_what_is_old(present)


def add_products(ctx: Context) -> None:
    """The articles, and a well filled warehouse."""
    for values in product_values():
        product = create_product(ctx, values)
        if product.sku_code in AVAILABLE:
            ctx.session.add(Stock(product_id=product.id, qty_on_hand=FIRST_STOCK))


def add_reports(ctx: Context, today: date) -> None:
    """What laboratories found of the articles, a year and a half from the test to the end of its report."""
    products = {product.sku_code: product.id for product in ctx.session.scalars(sa.select(Product))}
    for sku, standard, number, days in REPORTS:
        ends = today + timedelta(days=days)
        add_report(
            ctx,
            {
                "product_id": products[sku],
                "standard": Standard(standard),
                "report_no": number,
                "laboratory": LABORATORY,
                "issued_on": ends - REPORT_KEPT,
                "valid_until": ends,
            },
        )


def add_customers(ctx: Context) -> None:
    """The customers with their addresses; persons have agreed to what an order needs."""
    for made in demo_customers():
        customer = create_customer(ctx, made.values)
        ctx.session.add(CustomerAddress(customer_id=customer.id, **made.address))
        if customer.kind is CustomerKind.person:
            for purpose in (ConsentPurpose.order, ConsentPurpose.delivery_share):
                ctx.session.add(
                    Consent(
                        customer_id=customer.id,
                        purpose=purpose,
                        is_granted=True,
                        text_version=WORDING,
                        channel=customer.source_channel,
                        given_at=ctx.now,
                    )
                )


def count_stock(ctx: Context) -> None:
    """The count that leaves as much to sell as the reference articles say."""
    rows = ctx.session.execute(sa.select(Stock, Product.sku_code).join(Product, Product.id == Stock.product_id))
    for stock, sku in rows.all():
        stock.qty_on_hand = stock.qty_soft + stock.qty_hard + AVAILABLE[sku]


def read_what_is_old(ctx: Context) -> None:
    """The bell rings for the last two days only: people here read what they are told."""
    old = sa.update(Notification).where(Notification.created_at < ctx.now - RECENT)
    ctx.session.execute(old.values(read_at=ctx.now))


def say_logins(*, is_new: bool) -> None:
    """The demo logins as a table."""
    click.echo("Demo logins" if is_new else "Demo logins (kept from before; a password may have been changed)")
    for person in PEOPLE:
        roles = ", ".join(str(label_of_role(code)) for code in person.roles)
        click.echo(f"  {person.username:<10} {person.name:<6} {roles}")
    click.echo(f"Password of all of them: {DEMO_PASSWORD}")
