"""The import of past orders: every row is in the database or in the error workbook, and the sums say so."""

from __future__ import annotations

import random
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Session

from app.kernel.clocks import readings
from app.kernel.context import LOCAL_ZONE
from app.kernel.engine import fire
from app.kernel.errors import StepBlockedError
from app.kernel.unit_of_work import unit_of_work
from app.services.order.actions import create_order
from models.customer import Customer
from models.exchange import ImportBatch, ImportMapping, ImportRow
from models.journal import Journal
from models.labels import Channel, CustomerKind, ImportOutcome, OrderState, OrderType, Origin
from models.order import Order, OrderLine
from models.product import Product
from tests.order_books import NOW, acting, carried_out, errors_of, line, refusals, workbook

pytestmark = pytest.mark.stage("migrated")
D = Decimal
ACCOUNTS = {"import_batch", "import_row", "import_mapping", "journal", "journal_seal", "number_counter"}


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL_ZONE)


def contents(session: Session) -> dict[str, list[Any]]:
    """Everything but the accounts of imports."""
    found = {}
    for table in Model.metadata.sorted_tables:
        if table.name not in ACCOUNTS:
            found[table.name] = session.execute(sa.select(table).order_by(*table.primary_key.columns)).all()
    session.rollback()
    return found


def order_of(session: Session, number: str) -> Order:
    return session.scalars(sa.select(Order).where(Order.external_no == number)).one()


def test_order_when_imported_then_is_completed_history_with_its_real_dates(database, session):
    second = line(
        2, **{"产品 ID": "桌-01", "产品名称": "餐桌", "子类别": "桌子", "销售额": 1000, "数量": 1, "折扣": None}
    )
    carried_out(database.engine, workbook([line(), second]))

    order = order_of(session, "B-2024-1")
    assert (order.state, order.origin.value, order.channel, order.order_type) == (
        OrderState.completed, "imported", Channel.other, OrderType.retail,
    )  # fmt: skip
    assert (order.received_at, order.completed_at) == (at(date(2024, 3, 1)), at(date(2024, 3, 5)))
    assert order.state_since == at(date(2024, 3, 5))
    assert (order.ship_province, order.ship_city) == ("浙江", "杭州")
    assert (order.goods_amount, order.total_amount) == (D("1129.70"), D("1129.70"))
    assert (order.tax_amount, order.net_amount) == (D("129.96"), D("999.74"))
    first, other = order.lines
    assert (first.list_price, first.discount_pct, first.unit_price) == (D("108.0800"), D("40.000"), D("64.8480"))
    assert (first.line_amount, first.tax_rate, first.tax_amount) == (D("129.70"), D("13.000"), D("14.92"))
    assert (first.qty_ordered, first.qty_delivered, first.qty_accepted, first.qty_returned) == (2, 2, 2, 0)
    assert (first.product.sku_code, first.product.name, first.product.category.value) == (
        "椅-01",
        "餐椅, 榉木",
        "chair",
    )
    assert (other.list_price, other.discount_pct, other.line_amount) == (D("1000.0000"), D("0.000"), D("1000.00"))
    assert (order.customer.kind, order.customer.name, order.customer.phone) == (CustomerKind.person, "林晓", None)


def test_order_when_imported_then_the_journal_says_so_on_its_days(database, session):
    carried_out(database.engine, workbook([line()]))

    order = order_of(session, "B-2024-1")
    entries = session.scalars(sa.select(Journal).where(Journal.entity == "order").order_by(Journal.id)).all()
    assert [(entry.action, entry.at, entry.origin, entry.to_state) for entry in entries] == [
        ("order.add", at(date(2024, 3, 1)), Origin.importer, None),
        ("order.import_history", at(date(2024, 3, 5)), Origin.importer, "completed"),
    ]
    assert all(entry.recorded_at > at(date(2024, 3, 5)) for entry in entries)
    assert entries[1].data["completed_on"] == "2024-03-05"
    assert entries[1].data["source"].startswith("book.xlsx ")
    assert order.order_no == "SO-20240301-0001"
    order_id = order.id
    session.close()
    with acting(database.engine) as ctx:
        assert readings(ctx, ctx.session.get_one(Order, order_id)) == []


@pytest.mark.parametrize(
    ("ordered", "rate"),
    [("2018-04-30", 17), ("2018-05-01", 16), ("2019-03-31", 16), ("2019-04-01", 13)],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_tax_when_the_order_is_old_then_is_that_of_its_day(database, session, ordered, rate):
    carried_out(database.engine, workbook([line(订单日期=date.fromisoformat(ordered))]))
    assert order_of(session, "B-2024-1").lines[0].tax_rate == rate


def test_order_when_returned_then_all_pieces_are_and_no_ticket_is_made_up(database, session):
    report = carried_out(database.engine, workbook([line(), line(2, **{"订单 ID": "B-2"})], ["B-2024-1"]))

    assert [
        (each.external_no, each.lines[0].qty_returned) for each in session.scalars(sa.select(Order).order_by(Order.id))
    ] == [
        ("B-2024-1", 2),
        ("B-2", 0),
    ]
    assert report["returns"] == {"file": 1, "rejected": 0, "accepted": 1}
    assert report["orders"]["returned"] == 1


def test_customer_when_named_by_several_orders_then_is_one_file(database, session):
    carried_out(database.engine, workbook([line(), line(2, **{"订单 ID": "B-2"})]))
    carried_out(database.engine, workbook([line(3, **{"订单 ID": "B-3"})]))

    assert session.scalar(sa.select(sa.func.count(Customer.id))) == 1
    assert session.scalar(sa.select(sa.func.count(Product.id))) == 1
    assert session.scalar(sa.select(sa.func.count(Order.id))) == 3


def test_customer_when_of_a_company_then_the_order_is_bulk(database, session):
    carried_out(database.engine, workbook([line(细分="小型企业")]))
    order = order_of(session, "B-2024-1")
    assert (order.order_type, order.customer.kind) == (OrderType.bulk, CustomerKind.company)


def test_dry_run_when_compared_with_the_run_then_agrees_and_has_changed_nothing(database, session):
    data = workbook([line(), line(2, **{"订单 ID": "B-2", "数量": 0}), line(3, **{"订单 ID": "B-3"})], ["B-3"])
    before = contents(session)

    rehearsed = carried_out(database.engine, data, is_dry_run=True)
    assert contents(session) == before
    done = carried_out(database.engine, data)

    assert {**rehearsed, "batch_id": 0} == {**done, "batch_id": 0}
    assert refusals(database.engine, rehearsed) == refusals(database.engine, done)
    assert contents(session) != before


def test_import_when_repeated_then_changes_nothing(database, session):
    data = workbook([line(), line(2), line(3, **{"订单 ID": "B-2"}), line(4, **{"订单 ID": "B-3", "数量": 0})], ["B-2"])
    carried_out(database.engine, data)
    before = contents(session)

    again = carried_out(database.engine, data)

    assert contents(session) == before
    assert (again["accepted"]["rows"], again["duplicate"]["rows"], again["rejected"]["rows"]) == (0, 3, 1)
    assert session.scalar(sa.select(sa.func.count(Journal.id)).where(Journal.action == "order.import_history")) == 2


@pytest.mark.parametrize(
    ("lines", "returns"),
    [([line(数量=3)], []), ([line()], ["B-2024-1"]), ([line(), line(2)], []), ([line(城市="宁波")], [])],
    ids=["quantity", "returned", "one row more", "city"],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_order_when_it_comes_again_with_other_content_then_is_refused_and_not_changed(
    database, session, lines, returns
):
    carried_out(database.engine, workbook([line()]))
    before = contents(session)

    again = carried_out(database.engine, workbook(lines, returns))

    assert contents(session) == before
    refused = [found for (sheet, _row), found in refusals(database.engine, again).items() if sheet == "订单"]
    assert refused == [[("订单 ID", "order_differs")]] * len(lines)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_order_when_renamed_goods_come_again_then_is_still_there(database, session):
    carried_out(database.engine, workbook([line()]))
    session.scalars(sa.select(Product)).one().name = "餐椅, 改名"
    session.commit()

    again = carried_out(database.engine, workbook([line()]))
    other = carried_out(database.engine, workbook([line(2, **{"订单 ID": "B-9"})]))

    assert (again["duplicate"]["rows"], again["rejected"]["rows"]) == (1, 0)
    assert refusals(database.engine, other) == {("订单", 2): [("产品名称", "other_name_here")]}


def test_order_when_one_with_its_number_was_entered_here_then_is_refused(database, session):
    with acting(database.engine) as ctx, unit_of_work(ctx):
        customer = Customer(code="CUS-1", name="x", kind=CustomerKind.company)
        ctx.session.add(customer)
        ctx.session.flush()
        entered = {"channel": Channel.other, "external_no": "B-2024-1", "customer_id": customer.id}
        order = create_order(ctx, entered)
        ctx.session.add(OrderLine(order_id=order.id, line_no=1, product_id=_product(ctx.session), qty_ordered=D(1)))

    report = carried_out(database.engine, workbook([line()]))

    assert refusals(database.engine, report) == {("订单", 2): [("订单 ID", "order_exists")]}
    assert order_of(session, "B-2024-1").state is OrderState.draft


def _product(session: Session) -> int:
    product = Product(sku_code="other", name="other")
    session.add(product)
    session.flush()
    return product.id


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_history_when_somebody_calls_it_on_an_order_of_today_then_refused(database):
    with acting(database.engine) as ctx:
        with unit_of_work(ctx):
            customer = Customer(code="CUS-1", name="x", kind=CustomerKind.company)
            ctx.session.add(customer)
            ctx.session.flush()
            order = create_order(ctx, {"channel": Channel.phone, "customer_id": customer.id})
        data = {"completed_on": "2026-11-01", "source": "x"}
        with pytest.raises(StepBlockedError) as refused, unit_of_work(ctx):
            fire(ctx, order, "import_history", data)
    assert refused.value.reason_code == "import_only"


def test_book_when_full_of_faults_then_the_parts_add_up_to_the_file(database, session):
    rng = random.Random(20241101)
    lines = [dirty_line(rng, number) for number in range(1, 301)]
    returns = [f"R-{rng.randrange(150)}" for _ in range(40)]

    report = carried_out(database.engine, workbook(lines, returns))

    amounts = [D(str(each["销售额"])) for each in lines if isinstance(each["销售额"], int | float)]
    assert report["file"] == {
        "rows": 300,
        "amount": format(sum(amounts).normalize(), "f"),
        "qty": str(sum(each["数量"] for each in lines)),
        "unreadable": 300 - len(amounts),
    }
    for figure in ("rows", "amount", "qty", "unreadable"):
        assert D(report["accepted"][figure]) + D(report["rejected"][figure]) == D(report["file"][figure])
    rows = session.execute(
        sa.select(ImportRow.row_no, ImportRow.outcome, ImportRow.order_line_id).where(ImportRow.sheet == "订单")
    ).all()
    assert sorted(row_no for row_no, _outcome, _line in rows) == list(range(2, 302))
    assert {line_id for _row, outcome, line_id in rows if outcome is ImportOutcome.accepted} == set(
        session.scalars(sa.select(OrderLine.id))
    )
    booked, pieces = session.execute(
        sa.select(sa.func.sum(OrderLine.line_amount), sa.func.sum(OrderLine.qty_ordered))
    ).one()
    assert (booked, pieces) == (D(report["booked"]), D(report["accepted"]["qty"]))
    assert D(report["booked"]) - D(report["accepted"]["amount"]) == D(report["rounding"])
    assert 50 < report["accepted"]["rows"] < 290


def dirty_line(rng: random.Random, number: int) -> dict[str, Any]:
    """A line with a fault now and then; two lines an order."""
    order = number // 2
    customer = order if rng.random() > 0.05 else rng.randrange(1000, 2000)
    return line(
        number,
        **{
            "订单 ID": f"R-{order}",
            "客户 ID": f"c{customer}",
            "客户名称": f"名{customer}",
            "产品 ID": f"p{number % 40}",
            "产品名称": f"货{number % 40}" if rng.random() > 0.01 else "别名",
            "销售额": rng.choice([round(rng.uniform(1, 9000), 3)] * 30 + ["?", 0, None]),
            "数量": rng.choice([1, 2, 3, 5, 8] * 10 + [0]),
            "折扣": rng.choice([0, 0.1, 0.25, 0.4, 2] * 3 + [0] * 20),
        },
    )


def test_error_workbook_when_corrected_and_imported_then_the_rest_comes_in(database, session):
    evil = {"客户名称": "=HYPERLINK(1)", "产品名称": "@货", "产品 ID": "evil", "客户 ID": "c2"}
    report = carried_out(database.engine, workbook([line(), line(2, **{"订单 ID": "B-2", "数量": 0, **evil})]))
    made = errors_of(database.engine, report)

    frame = pd.read_excel(BytesIO(made), engine="openpyxl", dtype=object)
    assert list(frame.columns[:4]) == ["Row", "Column", "Reason", "行 ID"]
    assert frame.iloc[0, :3].tolist() == [3, "数量", "The quantity must be a whole number above zero."]
    assert (frame.loc[0, "客户名称"], frame.loc[0, "产品名称"]) == ("'=HYPERLINK(1)", "'@货")
    assert frame.loc[0, "销售额"] == 129.696
    frame.loc[0, "数量"] = 4
    corrected = BytesIO()
    frame.to_excel(corrected, index=False, sheet_name="订单")

    again = carried_out(database.engine, corrected.getvalue())

    assert (again["accepted"]["rows"], again["rejected"]["rows"]) == (1, 0)
    order = order_of(session, "B-2")
    assert (order.customer.name, order.lines[0].qty_ordered) == ("=HYPERLINK(1)", 4)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_import_when_opened_then_the_mapping_is_kept_for_these_headers(database, session):
    for number in ("B-1", "B-2"):
        carried_out(database.engine, workbook([line(**{"订单 ID": number})]))

    kept = session.scalars(sa.select(ImportMapping)).one()
    assert (kept.name, kept.columns["orders"]["columns"]["amount"]) == ("订单", "销售额")
    assert {batch.mapping_id for batch in session.scalars(sa.select(ImportBatch))} == {kept.id}
    batch = session.scalars(sa.select(ImportBatch)).first()
    assert batch.started_at == NOW
    assert batch.finished_at >= NOW


def test_import_when_it_breaks_off_then_the_next_one_brings_in_the_rest(database, session):
    data = workbook([line(number, **{"订单 ID": f"B-{number}"}) for number in range(60)])

    def pull_the_plug(done, _total):
        if done == 50:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carried_out(database.engine, data, progress=pull_the_plug)
    broken_off = session.scalars(sa.select(ImportBatch)).one()
    assert (broken_off.report["status"], broken_off.rows_ok, broken_off.finished_at) == ("failed", 25, NOW)
    assert session.scalar(sa.select(sa.func.count(Order.id))) == 50
    session.close()

    again = carried_out(database.engine, data)

    assert (again["duplicate"]["rows"], again["accepted"]["rows"]) == (50, 10)
    assert session.scalar(sa.select(sa.func.count(Order.id))) == 60
