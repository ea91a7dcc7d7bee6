"""Which rows stay out of an import, with which column and reason."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from models.customer import Customer
from models.order import Order
from tests.order_books import carried_out, line, refusals, workbook

pytestmark = [
    pytest.mark.stage("migrated"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

CELLS = {
    "no order number": ({"订单 ID": None}, [("订单 ID", "required")]),
    "no date": ({"订单日期": None}, [("订单日期", "required")]),
    "odd date": ({"发货日期": "soon"}, [("发货日期", "not_a_date")]),
    "shipped before ordered": ({"发货日期": date(2024, 2, 29)}, [("发货日期", "shipped_before_ordered")]),
    "shipped tomorrow": ({"发货日期": date(2026, 11, 25)}, [("发货日期", "date_in_future")]),
    "no amount": ({"销售额": None}, [("销售额", "required")]),
    "amount of nothing": ({"销售额": 0}, [("销售额", "amount_not_positive")]),
    "amount below 分": ({"销售额": 0.004}, [("销售额", "amount_not_positive")]),
    "negative amount": ({"销售额": -5}, [("销售额", "amount_not_positive")]),
    "amount in words": ({"销售额": "百元"}, [("销售额", "not_a_number")]),
    "amount beyond": ({"销售额": 1e12}, [("销售额", "amount_too_large")]),
    "no pieces": ({"数量": 0}, [("数量", "qty_not_positive_integer")]),
    "half a piece": ({"数量": 1.5}, [("数量", "qty_not_positive_integer")]),
    "discount above 1": ({"折扣": 1.2}, [("折扣", "discount_out_of_range")]),
    "discount below 0": ({"折扣": -0.1}, [("折扣", "discount_out_of_range")]),
    "discount of all": ({"折扣": 1}, [("折扣", "discount_of_all")]),
    "unknown segment": ({"细分": "火星人"}, [("细分", "unknown_word")]),
    "unknown shipping": ({"邮寄方式": "飞鸽"}, [("邮寄方式", "unknown_word")]),
    "long name": ({"客户名称": "长" * 101}, [("客户名称", "too_long")]),
    "two at once": ({"数量": 0, "细分": "火星人"}, [("数量", "qty_not_positive_integer"), ("细分", "unknown_word")]),
}


@pytest.mark.parametrize("kind", CELLS)
def test_row_when_a_cell_is_wrong_then_stays_out_with_column_and_reason(database, session, kind):
    changes, problems = CELLS[kind]
    report = carried_out(database.engine, workbook([line(**{"订单 ID": "B-0"}), line(2, **changes)]))

    assert refusals(database.engine, report) == {("订单", 3): problems}
    assert (report["accepted"]["rows"], report["rejected"]["rows"]) == (1, 1)
    assert session.scalars(sa.select(Order.external_no)).all() == ["B-0"]


CONTRADICTIONS = {
    "two customers": (
        [line(), line(2, **{"客户 ID": "x", "客户名称": "许"})],
        {2: [("客户 ID", "several_customers")], 3: [("客户 ID", "several_customers")]},
    ),
    "two order dates": (
        [line(), line(2, 订单日期=date(2024, 3, 2))],
        {2: [("订单日期", "several_values")], 3: [("订单日期", "several_values")]},
    ),
    "two names of a product": (
        [line(), line(2, **{"订单 ID": "B-2", "产品名称": "餐椅, 白"})],
        {2: [("产品名称", "several_names")], 3: [("产品名称", "several_names")]},
    ),
    "two names of a customer": (
        [line(), line(2, **{"订单 ID": "B-2", "客户名称": "林小"})],
        {2: [("客户名称", "several_names")], 3: [("客户名称", "several_names")]},
    ),
    "another row": (
        [line(), line(2), line(3, 数量=0)],
        {2: [("订单 ID", "other_row_refused")], 3: [("订单 ID", "other_row_refused")],
         4: [("数量", "qty_not_positive_integer")]},
    ),
    "a row twice": (
        [line(), line()],
        {2: [("订单 ID", "other_row_refused")], 3: [("行 ID", "row_twice")]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CONTRADICTIONS)
def test_rows_when_they_contradict_one_another_then_all_stay_out(database, session, kind):
    lines, problems = CONTRADICTIONS[kind]
    report = carried_out(database.engine, workbook(lines))

    assert refusals(database.engine, report) == {("订单", row): found for row, found in problems.items()}
    assert session.scalar(sa.select(sa.func.count(Order.id))) == 0
    assert session.scalar(sa.select(sa.func.count(Customer.id))) == 0


def test_return_when_its_order_does_not_come_in_then_stays_out_with_the_reason(database):
    lines = [
        line(),
        line(2, **{"订单 ID": "TWO"}),
        line(3, **{"订单 ID": "TWO", "客户 ID": "x", "客户名称": "许"}),
        line(4, **{"订单 ID": "BAD", "数量": 0}),
    ]
    report = carried_out(database.engine, workbook(lines, ["B-2024-1", "TWO", "BAD", "NONE", "B-2024-1"]))

    assert {row: found for (sheet, row), found in refusals(database.engine, report).items() if sheet == "退货"} == {
        3: [("订单 ID", "return_several_customers")],
        4: [("订单 ID", "return_order_refused")],
        5: [("订单 ID", "return_unknown_order")],
        6: [("订单 ID", "return_twice")],
    }
    assert report["returns"] == {"file": 5, "rejected": 4, "accepted": 1}
