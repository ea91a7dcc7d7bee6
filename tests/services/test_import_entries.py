"""Imports of customers and products: new, changed, nothing to do, wrong; each with the rights of the person."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.exchange.running import rejected_rows
from app.kernel.errors import DomainError
from models.customer import Customer, CustomerAddress
from models.exchange import ImportEffect
from models.journal import Journal
from models.labels import CustomerKind, ImportDid, ProductCategory, SupplyMode
from models.product import Product
from tests.imports import CUSTOMER_COLUMNS, PRODUCT_COLUMNS, Importer, one, table
from tests.order_books import NOW

pytestmark = pytest.mark.stage("people")
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
D = Decimal
LIN = ("个人", "林晓", "139 5550 0001", None, "杭州", "杭州", "浙江", "文三路 1 号", "晚上送货")
FIRM = ("企业", "云栖民宿", None, "91330106MA27YUNQ8B", "杭州", None, None, None, None)
CHAIR = ("CH-1", "餐椅", "椅子", "现货", "399", "120")


def customers(*rows):
    return table(CUSTOMER_COLUMNS, *rows)


def products(*rows):
    return table(PRODUCT_COLUMNS, *rows)


def test_customers_when_imported_then_are_files_as_if_typed(database, session):
    clerk = Importer(database, "oc_li")

    assert clerk.figures("customer", customers(LIN, FIRM)) == (2, 0, 0, 0)

    lin = one(session, Customer, phone="13955500001")
    assert (lin.kind, lin.name, lin.city, lin.note, lin.code) == (
        CustomerKind.person, "林晓", "杭州", "晚上送货", "CUS-00000001",
    )  # fmt: skip
    address = one(session, CustomerAddress, customer_id=lin.id)
    assert (address.contact_name, address.contact_phone, address.city, address.detail) == (
        "林晓", "139 5550 0001", "杭州", "文三路 1 号",
    )  # fmt: skip
    entry = one(session, Journal, action="customer.add", entity_id=lin.id)
    assert (entry.actor_name, entry.origin) == ("李静", "importer")


def test_file_when_imported_again_then_nothing_changes(database, session):
    clerk = Importer(database, "oc_li")
    clerk.figures("customer", customers(LIN, FIRM))
    before = session.scalar(sa.select(sa.func.count()).select_from(Journal).where(Journal.entity == "customer"))
    session.rollback()

    assert clerk.figures("customer", customers(LIN, FIRM)) == (0, 0, 2, 0)

    after = session.scalar(sa.select(sa.func.count()).select_from(Journal).where(Journal.entity == "customer"))
    assert after == before


def test_customer_when_the_file_says_more_then_only_that_changes(database, session):
    clerk = Importer(database, "oc_li")
    clerk.figures("customer", customers(LIN))
    second = ("个人", "林晓", "13955500001", None, "宁波", "宁波", "浙江", "江东北路 2 号", None)
    dry = clerk.brings("customer", customers(second), is_dry_run=True)
    assert clerk.preview(dry)[2] == {
        "city": ["杭州", "宁波"],
        "customer_address.province": [None, "浙江"],
        "customer_address.city": [None, "宁波"],
        "customer_address.detail": [None, "江东北路 2 号"],
        "customer_address.contact_name": [None, "林晓"],
        "customer_address.contact_phone": [None, "13955500001"],
    }
    assert one(session, Customer, phone="13955500001").city == "杭州"

    assert clerk.figures("customer", customers(second)) == (0, 1, 0, 0)

    lin = one(session, Customer, phone="13955500001")
    assert (lin.city, lin.note) == ("宁波", "晚上送货")
    kept = session.scalars(sa.select(CustomerAddress.detail).order_by(CustomerAddress.id)).all()
    assert kept == ["文三路 1 号", "江东北路 2 号"]


def test_rows_of_one_customer_when_they_agree_then_are_one_file_with_two_addresses(database, session):
    clerk = Importer(database, "oc_li")
    below = (None, None, "13955500001", None, None, "宁波", "浙江", "江东北路 2 号", None)

    assert clerk.figures("customer", customers(LIN, below)) == (1, 0, 0, 0)
    assert session.scalar(sa.select(sa.func.count()).select_from(CustomerAddress)) == 2


@ONE_ENGINE
def test_customers_when_wrong_then_every_cell_says_why_and_nothing_of_them_comes_in(database, session):
    clerk = Importer(database, "oc_li")
    data = customers(
        LIN,
        ("个人", "无号", None, None, None, None, None, None, None),
        ("外星人", "甲", "13955500002", None, None, None, None, None, None),
        ("企业", "乙", None, "91330106MA27YUNQ8X", None, None, None, None, None),
        ("个人", "长" * 200, "13955500003", None, None, None, None, None, None),
        ("个人", "丁", "13955500004", None, None, "杭州", "浙江", None, None),
        ("个人", "戊", "13955500005", None, None, None, None, None, None),
        ("个人", "己", "13955500005", None, None, None, None, None, None),
        ("个人", "😀\u202e", "13955500006", None, None, None, None, None, None),
    )

    batch = clerk.brings("customer", data)

    assert clerk.wrong(batch) == {
        3: [("", "key_missing")],
        4: [("类型", "unknown_word")],
        5: [("统一社会信用代码", "refused")],
        6: [("名称", "too_long")],
        7: [("详细地址", "detail_missing")],
        8: [("", "other_row_refused_here")],
        9: [("名称", "values_differ")],
    }
    assert (batch.rows_total, batch.rows_ok, batch.rows_rejected) == (9, 2, 7)
    assert set(session.scalars(sa.select(Customer.name))) == {"林晓", "😀\u202e"}


def test_products_when_imported_then_are_new_changed_or_the_same(database, session):
    keeper = Importer(database, "pd_chen")
    rows = [(f"P-{number}", f"柜 {number}", "柜子", "现货") for number in range(3)]
    head = PRODUCT_COLUMNS[:4]
    rows[0] = ("P-0", "柜 0", "书架", "from stock")
    assert keeper.figures("product", table(head, *rows[:2])) == (2, 0, 0, 0)

    renamed = ("P-1", "柜 一", "other", None)
    assert keeper.figures("product", table(head, rows[0], renamed, ("P-2", "床", "Bed", "custom"))) == (1, 1, 1, 0)

    assert one(session, Product, sku_code="P-0").category is ProductCategory.bookcase
    changed = one(session, Product, sku_code="P-1")
    assert (changed.name, changed.category, changed.supply_mode) == ("柜 一", ProductCategory.other, SupplyMode.stock)
    assert one(session, Product, sku_code="P-2").supply_mode is SupplyMode.custom


@ONE_ENGINE
def test_price_and_cost_when_the_person_may_not_write_them_then_are_left_out_and_named(database, session):
    keeper, finance, head = (Importer(database, name) for name in ("pd_chen", "fi_zhou", "fi_sun"))

    made = keeper.brings("product", products(CHAIR))
    assert (made.report["closed"], one(session, Product, sku_code="CH-1").list_price) == (
        ["List price", "Standard cost"], D(0),
    )  # fmt: skip

    priced = finance.brings("product", products(CHAIR))
    assert (priced.report["closed"], priced.report["records"]["changed"]) == (["Standard cost"], 1)
    head.brings("product", products(CHAIR))

    chair = one(session, Product, sku_code="CH-1")
    assert (chair.list_price, chair.standard_cost) == (D(399), D(120))


@ONE_ENGINE
def test_new_article_when_the_person_may_only_change_then_refused(database, session):
    finance = Importer(database, "fi_zhou")
    assert finance.wrong(finance.brings("product", products(CHAIR))) == {2: [("货号", "may_not_add")]}
    assert session.scalars(sa.select(Product.id)).all() == []


@ONE_ENGINE
def test_credit_when_the_person_is_not_finance_then_left_out(database, session):
    clerk = Importer(database, "oc_li")
    data = table(("类型", "名称", "手机", "信用额度"), ("个人", "林晓", "13955500001", 5000))
    assert clerk.brings("customer", data).report["closed"] == ["Credit limit"]
    assert one(session, Customer, phone="13955500001").credit_limit_amount == D(0)


@ONE_ENGINE
def test_columns_when_no_key_is_among_them_then_the_file_is_refused(database):
    clerk = Importer(database, "oc_li")
    with pytest.raises(DomainError) as refused:
        clerk.brings("customer", table(("城市", "备注"), ("杭州", "x")))
    assert refused.value.reason_code == "column_missing"


@ONE_ENGINE
def test_example_row_when_left_in_the_template_then_is_no_record(database):
    from app.exchange.subjects import SUBJECTS
    from app.exchange.templates import sample, template
    from views.importdoor import asked_by

    for subject, who, made in (("customer", "oc_li", 7), ("product", "pd_chen", 6)):
        person = Importer(database, who)
        with person.acting() as ctx:
            asked = asked_by(ctx.actor, SUBJECTS[subject])
            empty, filled = template(asked), sample(asked)
        assert person.figures(subject, empty) == (0, 0, 0, 0)
        assert person.figures(subject, filled) == (made, 0, 0, 0)
        assert person.figures(subject, filled) == (0, 0, made, 0)


@ONE_ENGINE
def test_effects_when_imported_then_tell_what_was_made_and_changed(database, session):
    keeper = Importer(database, "pd_chen")
    keeper.brings("product", products((*CHAIR[:1], "椅", *CHAIR[2:])))
    keeper.brings("product", products(CHAIR))
    told = sa.select(ImportEffect.batch_id, ImportEffect.entity, ImportEffect.did).order_by(ImportEffect.batch_id)
    found = session.execute(told).all()
    assert [tuple(row) for row in found] == [(1, "product", ImportDid.made), (2, "product", ImportDid.changed)]


@ONE_ENGINE
def test_file_of_many_rows_when_nothing_changes_then_the_look_ups_are_few(database):
    keeper = Importer(database, "pd_chen")
    rows = [(f"P-{number:04}", f"柜 {number}", "柜子", "现货") for number in range(700)]
    head = PRODUCT_COLUMNS[:4]
    keeper.brings("product", table(head, *rows[:600]))
    assert sum("FROM product" in text for text in keeper.statements if text.startswith("SELECT")) <= 2 + 600

    keeper.brings("product", table(head, *rows[:600]))

    assert sum("FROM product" in text for text in keeper.statements) == 2
    assert len(keeper.statements) < 12


class Courier(Importer):
    """Somebody who may import customers and sees people only while goods are on their way to them."""

    @contextmanager
    def acting(self):
        with super().acting() as ctx:
            passing = dict.fromkeys(("name", "phone", "contact", "address"), "window")
            yield replace(ctx, actor=replace(ctx.actor, fields={**ctx.actor.fields, **passing}))


@ONE_ENGINE
def test_value_when_closed_to_the_importer_then_the_refusal_does_not_quote_it(database, session):
    clerk, courier = Importer(database, "oc_li"), Courier(database, "oc_wang")
    clerk.brings("customer", customers(LIN))
    courier.now = clerk.now
    asked = courier.brings("customer", table(("客户编号", "手机"), ("CUS-00000001", "13900000000")), is_dry_run=True)
    assert courier.wrong(asked) == {2: [("手机", "not_yours")]}
    with courier.acting() as ctx:
        (row,) = rejected_rows(ctx, asked.id)
        assert "13955500001" not in str(row.raw)


@ONE_ENGINE
@pytest.mark.parametrize("ended", [{"merged_into_id": 2}, {"anonymised_at": NOW}])
def test_file_when_merged_or_anonymous_then_no_import_writes_into_it_and_none_is_taken_back(database, session, ended):
    clerk = Importer(database, "oc_li")
    clerk.brings("customer", customers(LIN, FIRM))
    moved = clerk.brings("customer", table(("客户编号", "城市"), ("CUS-00000001", "宁波")))
    session.execute(sa.update(Customer).where(Customer.code == "CUS-00000001").values(**ended))
    session.commit()

    again = clerk.brings("customer", table(("客户编号", "名称"), ("CUS-00000001", "又回来了")))

    assert clerk.wrong(again) == {2: [("", "may_not_edit")]}
    assert clerk.reasons(moved) == {"customer 2": ["may_not_edit"]}
    assert one(session, Customer, code="CUS-00000001").name == "林晓"
