"""Taking an import back: what can be is, what cannot says why, and the same file comes in again afterwards."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.kernel.errors import PermissionDeniedError
from app.kernel.unit_of_work import unit_of_work
from app.services.customer.actions import change_customer
from app.services.ticket.actions import open_ticket
from models.customer import Customer, CustomerAddress
from models.exchange import ImportEffect
from models.journal import Journal
from models.labels import OrderState, TicketKind
from models.order import Order, OrderLine
from models.product import Product
from tests.imports import CUSTOMER_COLUMNS, PRODUCT_COLUMNS, Importer, one, table
from tests.order_books import line, workbook

pytestmark = pytest.mark.stage("people")
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
D = Decimal
LIN = ("个人", "林晓", "13955500001", None, "杭州", "杭州", "浙江", "文三路 1 号", None)
MOVED = ("个人", "林晓", "13955500001", None, "宁波", "宁波", "浙江", "江东北路 2 号", None)
CHAIR = ("CH-1", "餐椅", "椅子", "现货", "399", "120")


def customers(*rows):
    return table(CUSTOMER_COLUMNS, *rows)


def products(*rows):
    return table(PRODUCT_COLUMNS, *rows)


def test_new_customer_when_taken_back_then_is_put_away_and_comes_back_with_the_file(database, session):
    clerk = Importer(database, "oc_li")
    first = clerk.brings("customer", customers(LIN))

    assert clerk.reasons(first) == {"customer_address 2": [], "customer 2": []}
    assert clerk.takes_back(first) == (2, 0)
    assert one(session, Customer, phone="13955500001").is_active is False
    assert session.scalars(sa.select(CustomerAddress.id)).all() == []
    session.rollback()

    assert clerk.figures("customer", customers(LIN)) == (0, 1, 0, 0)
    lin = one(session, Customer, phone="13955500001")
    assert (lin.is_active, lin.code) == (True, "CUS-00000001")
    assert clerk.reasons(first) == {}


def test_changes_when_taken_back_then_the_old_values_are_there_and_new_addresses_are_not(database, session):
    clerk = Importer(database, "oc_li")
    clerk.brings("customer", customers(LIN))
    second = clerk.brings("customer", customers(MOVED))
    assert one(session, Customer, phone="13955500001").city == "宁波"

    assert clerk.takes_back(second) == (2, 0)

    assert one(session, Customer, phone="13955500001").city == "杭州"
    assert one(session, CustomerAddress).detail == "文三路 1 号"
    said = one(session, Journal, action="import_batch.take_back")
    assert (said.entity_id, said.data) == (second.id, {"done": 2, "kept": 0})


def test_record_when_somebody_has_changed_it_since_then_stays_and_says_who(database, session):
    clerk, colleague = Importer(database, "oc_li"), Importer(database, "oc_wang")
    first = clerk.brings("customer", customers(LIN))
    colleague.now = clerk.now
    with colleague.acting() as ctx, unit_of_work(ctx):
        change_customer(ctx, ctx.session.scalars(sa.select(Customer)).one(), {"name": "林小"})
    clerk.now = colleague.now

    assert clerk.reasons(first) == {"customer_address 2": [], "customer 2": ["changed_since"]}
    assert clerk.takes_back(first) == (1, 1)

    lin = one(session, Customer, phone="13955500001")
    assert (lin.is_active, lin.name) == (True, "林小")


@ONE_ENGINE
def test_change_when_another_column_was_edited_since_then_is_taken_back_all_the_same(database, session):
    clerk = Importer(database, "oc_li")
    clerk.brings("customer", customers(LIN))
    second = clerk.brings("customer", customers((*LIN[:4], "宁波", *LIN[5:])))
    with clerk.acting() as ctx, unit_of_work(ctx):
        change_customer(ctx, ctx.session.scalars(sa.select(Customer)).one(), {"note": "新备注"})

    assert clerk.takes_back(second) == (1, 0)
    lin = one(session, Customer, phone="13955500001")
    assert (lin.city, lin.note) == ("杭州", "新备注")


@ONE_ENGINE
def test_prices_when_taken_back_then_only_by_who_may_write_them(database, session):
    keeper, finance = Importer(database, "pd_chen"), Importer(database, "fi_sun")
    keeper.brings("product", products(CHAIR))
    priced = finance.brings("product", products(CHAIR))
    keeper.now = finance.now

    assert keeper.reasons(priced) == {"product 2": ["not_yours"]}
    assert finance.takes_back(priced) == (1, 0)

    chair = one(session, Product, sku_code="CH-1")
    assert (chair.list_price, chair.standard_cost) == (D(0), D(0))


@ONE_ENGINE
def test_import_of_a_colleague_when_taken_back_then_by_the_head_alone(database, session):
    clerk, colleague, head = (Importer(database, name) for name in ("oc_li", "oc_wang", "oc_zhao"))
    first = clerk.brings("customer", customers(LIN))
    colleague.now = head.now = clerk.now

    with pytest.raises(PermissionDeniedError):
        colleague.takes_back(first)
    assert one(session, Customer, phone="13955500001").is_active is True
    assert head.takes_back(first) == (2, 0)


def test_past_orders_when_taken_back_then_are_called_off_with_all_they_brought(database, session):
    clerk = Importer(database, "oc_li")
    data = workbook([line(), line(2, **{"订单 ID": "B-2024-2"})], ["B-2024-2"])
    first = clerk.past_orders(data)

    assert clerk.reasons(first) == {"order 2": [], "order 3": [], "customer 2": [], "product 2": []}
    assert clerk.takes_back(first) == (4, 0)

    orders = session.scalars(sa.select(Order)).all()
    assert [(each.state, each.external_no, each.total_amount) for each in orders] == [
        (OrderState.cancelled, None, D(0)),
        (OrderState.cancelled, None, D(0)),
    ]
    lines = session.scalars(sa.select(OrderLine)).all()
    assert {(each.qty_net, each.qty_accepted, each.qty_returned) for each in lines} == {(D(0), D(0), D(0))}
    assert session.scalars(sa.select(Customer.is_active)).all() == [False]
    assert session.scalars(sa.select(Product.is_active)).all() == [False]
    session.rollback()

    again = clerk.past_orders(data)

    assert again.report["orders"]["accepted"] == 2
    assert session.scalars(sa.select(Customer.is_active)).all() == [True]
    assert session.scalars(sa.select(Product.is_active)).all() == [True]
    session.rollback()
    assert clerk.takes_back(again) == (4, 0)
    assert session.scalars(sa.select(Product.is_active)).all() == [False]


def test_past_order_when_a_ticket_is_about_it_then_stays_with_its_customer_and_article(database, session):
    clerk = Importer(database, "oc_li")
    first = clerk.past_orders(workbook([line(), line(2, **{"订单 ID": "B-2024-2", "产品 ID": "椅-02"})]))
    with clerk.acting() as ctx, unit_of_work(ctx):
        order = ctx.session.scalars(sa.select(Order).where(Order.external_no == "B-2024-1")).one()
        kind = TicketKind.complaint
        open_ticket(ctx, {"kind": kind, "description": "柜门开裂", "order_id": order.id})

    assert clerk.reasons(first) == {
        # The complaint, and the case it opens.
        "order 2": ["used", "used"],
        "order 3": [],
        "customer 2": ["used", "used"],
        "product 2": ["used"],
        "product 3": [],
    }
    assert clerk.takes_back(first) == (2, 3)
    assert session.scalars(sa.select(Order.state).order_by(Order.id)).all() == [
        OrderState.completed, OrderState.cancelled,
    ]  # fmt: skip


@ONE_ENGINE
def test_dry_run_when_done_then_leaves_nothing_to_take_back(database, session):
    clerk = Importer(database, "oc_li")
    clerk.brings("customer", customers(LIN), is_dry_run=True)
    assert session.scalars(sa.select(ImportEffect.id)).all() == []
    assert session.scalars(sa.select(Customer.id)).all() == []
