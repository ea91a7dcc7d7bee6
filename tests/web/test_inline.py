"""Rows in the form of their parent: saved with it or not at all, priced while they are typed, read off a clipboard."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from models.customer import Customer, CustomerAddress
from models.journal import Journal
from models.labels import FeeKind
from models.order import Order
from models.order_line import OrderFee, OrderLine
from models.product import Product
from tests.services.company import Company, D, found, person, product
from tests.web.person import Person, form_errors, newest, statements, text_of

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from tests.databases import Database

pytestmark = [pytest.mark.stage("people"), pytest.mark.both_engines]
ONE_KIND = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CELL_ERROR = re.compile(r'id="f-(\w+-\d+-\w+)-error"(?! hidden)>.*?<span>(.*?)</span>', re.DOTALL)
TOLD = re.compile(r"data-zd-told><td[^>]*><p[^>]*>(.*?)</p>", re.DOTALL)


def cell_errors(response: TestResponse) -> dict[str, str]:
    """The faults at the boxes of the grids."""
    return {name: text_of(told) for name, told in CELL_ERROR.findall(response.get_data(as_text=True))}


@pytest.fixture
def company(session: Session) -> Company:
    """A customer who lives on the fifth floor without a lift, and three products."""
    made = found(session)
    with made.act("oc_li", "2026-11-20 09:00"):
        customer = person(session)
        session.add(
            CustomerAddress(
                customer_id=customer.id, label="家", contact_name="林晓雯", contact_phone="13800005621",
                province="浙江省", city="杭州", detail="文一路 1 号", floor=5, is_default=True,
            )
        )  # fmt: skip
        product(session, "SOF-1", name="三人沙发", list_price=D(6800), pack_volume=D("1.705"))
        product(session, "CHR-1", name="餐椅", list_price=D(680), pieces_per_pack=2, pack_volume=D("0.240"))
        product(session, "CHR-2", name="餐椅", list_price=D(780))
    return made


def ids(session: Session) -> dict[str, int]:
    """The products by number, and the customer."""
    pairs = {made.sku_code: made.id for made in session.scalars(sa.select(Product))}
    pairs["customer"] = session.scalars(sa.select(Customer.id)).one()
    session.rollback()
    return pairs


def head(known: dict[str, int], **more: Any) -> dict[str, Any]:
    """The head of an order form; the place of delivery is copied from the customer."""
    return {
        "customer_id": known["customer"], "order_type": "retail", "channel": "phone", "delivery_mode": "own_fleet",
        "requested_on": "2027-01-10", "floor": "", "elevator": "", **more,
    }  # fmt: skip


def row(number: int, entity: str = "order_line", **boxes: Any) -> dict[str, Any]:
    """The boxes of one row."""
    return {f"{entity}-{number}-{key}": value for key, value in boxes.items()}


def boxes_of(html: str) -> dict[str, str]:
    """The hidden and written boxes of the rows of a page, as a browser would send them."""
    body = re.sub(r"<template.*?</template>", "", html, flags=re.DOTALL)
    found = re.findall(r'<input[^>]*name="((?:order_line|order_fee)-\d+-\w+)"[^>]*value="([^"]*)"', body)
    return {name: unescape(value) for name, value in found if not name.endswith("-remove")}


def count(session: Session, model: type[Any]) -> int:
    found = session.scalar(sa.select(sa.func.count()).select_from(model))
    session.rollback()
    return int(found or 0)


@pytest.mark.usefixtures("company")
def test_form_when_sent_with_rows_then_parent_and_rows_are_made_once_with_the_quoted_amounts(
    app: Flask, session: Session
) -> None:
    known = ids(session)
    clerk = Person(app, session, "oc_li")
    form = {
        **clerk.hidden("/order/add"), **head(known),
        **row(0, product_id=known["SOF-1"], qty_ordered="2", discount_pct="5"),
        # Typed and not chosen: an exact number or name counts.
        **row(1, product_id="", product_id__text="chr-2", qty_ordered="1", description="😀 \u202eعربي"),
        **row(7, product_id="", product_id__text="", qty_ordered="1", description=""),
        **row(0, "order_fee", kind="delivery", amount="120", description="", tax_rate="13"),
    }  # fmt: skip
    quoted = clerk.client.post("/order/quote", data=form).get_json()
    journal = count(session, Journal)
    assert count(session, Order) == 0
    first, second = (clerk.client.post("/order/add", data=form) for _ in range(2))
    assert (first.status_code, second.headers["Location"]) == (303, first.headers["Location"])
    order = session.scalars(sa.select(Order)).one()
    assert [(line.line_no, line.product.sku_code, line.qty_ordered) for line in order.lines] == [
        (1, "SOF-1", D(2)), (2, "CHR-2", D(1)),
    ]  # fmt: skip
    assert order.lines[1].description == "😀 \u202eعربي"
    assert (order.goods_amount, order.floor) == (D("13700.00"), 5)
    assert {fee.kind for fee in order.fees} == {FeeKind.delivery, FeeKind.upstairs}
    assert {part["name"]: part["text"] for part in quoted["totals"]} == {
        name: f"{getattr(order, name):,.2f}" for name in ("goods_amount", "fee_amount", "tax_amount", "total_amount")
    }
    assert quoted["rows"]["order_line-0"]["computed"] == {"unit_price": "6,460.00", "line_amount": "12,920.00"}
    assert quoted["rows"]["order_line-1"]["errors"] == {}
    session.rollback()
    assert count(session, Journal) > journal


@ONE_KIND
@pytest.mark.usefixtures("company")
def test_form_when_rows_are_wrong_then_every_fault_stands_at_its_box_and_nothing_is_saved(
    app: Flask, session: Session
) -> None:
    known = ids(session)
    clerk = Person(app, session, "oc_li")
    long_name = "很" * 201
    form = {
        **head(known),
        **row(0, product_id=known["SOF-1"], qty_ordered="0", discount_pct="101"),
        **row(1, product_id="", product_id__text="餐椅", qty_ordered="1"),
        **row(2, product_id="", product_id__text="没有的", qty_ordered="zwei", description=long_name),
        **row(3, product_id="99999", qty_ordered="1"),
        **row(0, "order_fee", kind="delivery", amount="-1"),
    }
    response = clerk.post("/order/add", form)
    assert response.status_code == 422
    assert cell_errors(response) == {
        "order_line-0-qty_ordered": "The quantity must be above zero.",
        "order_line-0-discount_pct": "A discount lies between 0 and 100.",
        "order_line-1-product_id": "Several records are called “餐椅”: choose one.",
        "order_line-2-product_id": "Nothing is called “没有的”: choose from the list.",
        "order_line-2-qty_ordered": "This is not a number.",
        "order_line-2-description": "At most 200 characters.",
        "order_line-3-product_id": "This record does not exist or is not open to you: choose another.",
        "order_fee-0-amount": "A fee is not below zero.",
    }
    page = unescape(response.get_data(as_text=True))
    assert all(typed in page for typed in ("没有的", long_name, "zwei"))
    assert count(session, Order) == count(session, OrderLine) == 0
    # A fault in the head does not hide those of the rows.
    both = clerk.post("/order/add", {**form, "customer_id": ""})
    assert both.status_code == 422
    assert "order_line-2-product_id" in cell_errors(both)


def entered(app: Flask, session: Session, known: dict[str, int]) -> tuple[Person, int]:
    """A draft with two lines, from the form."""
    clerk = Person(app, session, "oc_li")
    lines = row(0, product_id=known["SOF-1"], qty_ordered="1") | row(1, product_id=known["CHR-1"], qty_ordered="4")
    response = clerk.post("/order/add", {**head(known), **lines})
    assert response.status_code == 303
    return clerk, int(response.headers["Location"].rsplit("/", 1)[1])


@pytest.mark.usefixtures("company")
def test_draft_when_edited_with_its_rows_then_rows_change_come_and_go_in_one_act(app: Flask, session: Session) -> None:
    known = ids(session)
    clerk, pk = entered(app, session, known)
    form = {
        **clerk.hidden(f"/order/edit/{pk}"),
        **boxes_of(clerk.page(f"/order/edit/{pk}")),
        **head(known, floor="5", elevator="none", note="ok"),
    }
    changes = {
        "order_line-0-qty_ordered": "3",
        "order_line-1-remove": "1",
        **row(5, product_id=known["CHR-2"], qty_ordered="2"),
    }
    wrong = clerk.client.post(f"/order/edit/{pk}", data={**form, **changes, "order_line-5-qty_ordered": "-1"})
    assert cell_errors(wrong) == {"order_line-5-qty_ordered": "The quantity must be above zero."}
    assert session.get_one(Order, pk).goods_amount == D("9520.00")
    session.rollback()
    saved = clerk.client.post(f"/order/edit/{pk}", data={**form, **changes, "token": "again"})
    assert saved.status_code == 303
    order = session.get_one(Order, pk)
    assert [(line.line_no, line.product.sku_code, line.qty_ordered) for line in order.lines] == [
        (1, "SOF-1", D(3)), (2, "CHR-2", D(2)),
    ]  # fmt: skip
    assert (order.goods_amount, order.note) == (D("21960.00"), "ok")
    acts = session.scalars(sa.select(Journal.action).where(Journal.order_id == pk).order_by(Journal.id)).all()
    assert {"order_line.edit", "order_line.add", "order_line.delete", "order.edit"} <= set(acts)


@pytest.mark.usefixtures("company")
def test_draft_when_two_tabs_edit_its_rows_then_the_later_one_is_told_row_by_row_and_decides(
    app: Flask, session: Session
) -> None:
    known = ids(session)
    clerk, pk = entered(app, session, known)
    colleague = Person(app, session, "oc_wang")
    upstairs = head(known, floor="5", elevator="none")
    stale = {**clerk.hidden(f"/order/edit/{pk}"), **boxes_of(clerk.page(f"/order/edit/{pk}")), **upstairs}
    theirs = {**colleague.hidden(f"/order/edit/{pk}"), **boxes_of(colleague.page(f"/order/edit/{pk}")), **upstairs}
    theirs |= {"order_line-0-description": "他人", "order_line-1-remove": "1"}
    theirs |= row(4, product_id=known["CHR-2"], qty_ordered="9")
    assert colleague.client.post(f"/order/edit/{pk}", data=theirs).status_code == 303
    mine = {**stale, "order_line-0-qty_ordered": "7", "order_line-1-qty_ordered": "6"}
    response = clerk.client.post(f"/order/edit/{pk}", data=mine)
    assert response.status_code == 409
    assert form_errors(response) == [
        "Somebody has just changed this record. Nothing was saved: reload, look, and try again."
    ]
    page = response.get_data(as_text=True)
    assert [text_of(told) for told in TOLD.findall(page)] == [
        "Somebody has changed this row meanwhile. Saved again, yours is kept.",
        "Somebody has removed this row meanwhile. Saved again, it is added anew.",
        "Somebody has added this row meanwhile.",
    ]
    again = boxes_of(page)
    assert (again["order_line-0-qty_ordered"], again["order_line-1-qty_ordered"]) == ("7", "6")
    hidden = dict(re.findall(r'type="hidden" name="(version|token)" value="([^"]*)"', page))
    saved = clerk.client.post(
        f"/order/edit/{pk}", data={**upstairs, "csrf_token": stale["csrf_token"], **again, **hidden}
    )
    assert saved.status_code == 303, text_of(saved.get_data(as_text=True))[:2000]
    lines = session.scalars(sa.select(OrderLine).where(OrderLine.order_id == pk).order_by(OrderLine.line_no)).all()
    assert sorted((line.product.sku_code, line.qty_ordered) for line in lines) == [
        ("CHR-1", D(6)), ("CHR-2", D(9)), ("SOF-1", D(7)),
    ]  # fmt: skip


@ONE_KIND
@pytest.mark.usefixtures("company")
def test_quote_when_rows_are_half_typed_then_only_what_is_wrong_is_told(app: Flask, session: Session) -> None:
    known = ids(session)
    clerk = Person(app, session, "oc_li")
    form = {
        **clerk.hidden("/order/add"), "customer_id": "99999", "floor": "x",
        **row(0, product_id=known["SOF-1"], qty_ordered="", discount_pct="200"),
        **row(1, product_id="", product_id__text="没有", qty_ordered="2"),
        **row(2, product_id="99999", qty_ordered="2"),
        **row(3, product_id=known["CHR-2"], qty_ordered="a"),
    }  # fmt: skip
    answer = clerk.client.post("/order/quote", data=form).get_json()
    assert {name: found["errors"] for name, found in answer["rows"].items()} == {
        "order_line-0": {"discount_pct": "A discount lies between 0 and 100."},
        "order_line-1": {"product_id": "Nothing is called “没有”: choose from the list."},
        "order_line-3": {"qty_ordered": "This is not a number."},
    }
    planner = Person(app, session, "pd_chen")
    for path in ("/order/quote", "/order/paste"):
        assert planner.client.post(path, data=planner.hidden("/")).status_code in {400, 403}
    assert clerk.client.post("/order/quote", data={**form, "record": "424242"}).status_code == 404


@ONE_KIND
@pytest.mark.usefixtures("company")
def test_paste_when_tables_are_whole_or_broken_then_every_cell_finds_a_place(app: Flask, session: Session) -> None:
    known = ids(session)
    clerk = Person(app, session, "oc_li")
    hidden = clerk.hidden("/order/add")

    def pasted(text: str, column: str = "product_id", grid: str = "lines") -> dict[str, Any]:
        answer = clerk.client.post("/order/paste", data={**hidden, "grid": grid, "column": column, "text": text})
        assert answer.status_code == 200
        return dict(answer.get_json())

    whole = pasted('SOF-1\t２\t5%\n\n三人沙发\t1,000\t\t"两\n行"\t¥ 6,500.00\r\nCHR-1 餐椅\t3\n')["rows"]
    assert [found["values"] for found in whole] == [
        {"product_id": str(known["SOF-1"]), "qty_ordered": "2", "discount_pct": "5"},
        {"product_id": str(known["SOF-1"]), "qty_ordered": "1000", "description": "两\n行", "list_price": "6500.00"},
        {"product_id": str(known["CHR-1"]), "qty_ordered": "3"},
    ]  # fmt: skip
    by_names = pasted("Ordered\tNonsense\tProduct\n4\tx\tSOF-1")["rows"]
    assert (by_names[0]["values"], by_names[0]["note"]) == (
        {"product_id": str(known["SOF-1"]), "qty_ordered": "4"}, "No column for: x",
    )  # fmt: skip
    broken = pasted('餐椅\t2\n没有"的\t"\n' + "\t".join("abc" * 5 for _ in range(14)))["rows"]
    assert broken[0]["errors"] == {"product_id": "Several records are called “餐椅”: choose one."}
    assert (broken[1]["texts"], broken[1]["values"]["qty_ordered"]) == ({"product_id": '没有"的'}, '"')
    assert "abc" in broken[2]["note"]
    fees = pasted("配送\t120\nxyz\t1", "kind", "fees")["rows"]
    assert fees[1]["errors"] == {"kind": "“xyz” is not in the list: choose a value."}
    assert pasted("")["rows"] == []
    many = pasted("SOF-1\t1\n" * 201)
    assert (many["rows"], many["message"]) == (
        [], "201 rows at once are too many: at most 200. Paste them in parts, or use the import.",
    )  # fmt: skip
    assert count(session, OrderLine) == 0


@pytest.mark.usefixtures("company")
def test_edit_form_when_an_order_has_more_rows_then_it_takes_no_more_statements(
    app: Flask, session: Session, database: Database
) -> None:
    known = ids(session)
    clerk, pk = entered(app, session, known)
    with statements(database.engine) as two:
        clerk.page(f"/order/edit/{pk}")
    form = {**clerk.hidden(f"/order/edit/{pk}"), **boxes_of(clerk.page(f"/order/edit/{pk}"))}
    form |= head(known, floor="5", elevator="none")
    for number in range(10, 14):
        form |= row(number, product_id=known["CHR-2"], qty_ordered="1")
    with statements(database.engine) as quoted_two:
        clerk.client.post("/order/quote", data={**form, "record": pk})
    assert clerk.client.post(f"/order/edit/{pk}", data=form).status_code == 303
    with statements(database.engine) as six:
        clerk.page(f"/order/edit/{pk}")
    assert len(six) == len(two)
    assert not [text for text in quoted_two if text.startswith(("INSERT", "UPDATE", "DELETE"))]


@ONE_KIND
def test_grid_when_declared_for_another_parent_then_it_works_alike(app: Flask, session: Session) -> None:
    found(session)
    session.rollback()
    clerk = Person(app, session, "oc_li")
    address = {
        "contact_name": "王敏", "contact_phone": "13900001111", "province": "浙江省", "city": "宁波",
        "detail": "中山路 1 号",
    }  # fmt: skip
    form = {
        "kind": "person",
        "name": "王敏",
        "phone": "13900001111",
        "city": "宁波",
        "level": "c",
        "source_channel": "phone",
    }
    wrong = clerk.post("/customer/add", {**form, **row(0, "customer_address", **{**address, "detail": ""})})
    assert cell_errors(wrong) == {"customer_address-0-detail": "Please fill in this field."}
    assert count(session, Customer) == 0
    saved = clerk.post("/customer/add", {**form, **row(0, "customer_address", **address, is_default="y")})
    assert saved.status_code == 303, text_of(saved.get_data(as_text=True))[:1500]
    made = newest(session, CustomerAddress)
    assert (made.customer.name, made.city, made.is_default, made.floor) == ("王敏", "宁波", True, 1)
    session.rollback()
    assert count(session, OrderFee) == 0


@ONE_KIND
@pytest.mark.usefixtures("company")
def test_quote_when_the_address_of_a_draft_changes_then_it_counts_the_floor_that_saving_finds(
    app: Flask, session: Session
) -> None:
    known = ids(session)
    clerk = Person(app, session, "oc_li")
    form = {**clerk.hidden("/order/add"), **head(known), **row(0, product_id=known["SOF-1"], qty_ordered="2")}
    clerk.client.post("/order/add", data=form)
    order = newest(session, Order)
    pk, before = order.id, (order.floor, order.total_amount)
    with found(session).act("oc_li", "2026-11-20 10:00"):
        other = CustomerAddress(
            customer_id=known["customer"], label="店", contact_name="林晓雯", contact_phone="13800005621",
            province="浙江省", city="杭州", detail="文二路 2 号", floor=2,
        )  # fmt: skip
        session.add(other)
    moved = other.id
    session.rollback()
    page = clerk.page(f"/order/edit/{pk}")
    kept = {**clerk.hidden(f"/order/edit/{pk}"), **head(known, floor=str(before[0]), elevator="none"), **boxes_of(page)}
    form = {**kept, "address_id": str(moved)}
    quoted = clerk.client.post("/order/quote", data={**form, "record": pk}).get_json()
    assert clerk.client.post(f"/order/edit/{pk}", data=form).status_code == 303
    saved = newest(session, Order)
    assert saved.floor == 2
    assert saved.total_amount < before[1]
    assert {part["name"]: part["text"] for part in quoted["totals"]}["total_amount"] == f"{saved.total_amount:,.2f}"


@ONE_KIND
@pytest.mark.usefixtures("company")
def test_form_when_a_row_comes_twice_or_a_rate_is_none_then_refused(app: Flask, session: Session) -> None:
    known = ids(session)
    clerk = Person(app, session, "oc_li")
    fee = row(0, "order_fee", kind="delivery", amount="100", tax_rate="-100")
    form = {**clerk.hidden("/order/add"), **head(known), **row(0, product_id=known["SOF-1"], qty_ordered="2")}
    assert clerk.client.post("/order/quote", data={**form, **fee}).status_code == 200
    refused = clerk.client.post("/order/add", data={**form, **fee})
    assert (refused.status_code, count(session, Order)) == (422, 0)
    assert cell_errors(refused) == {"order_fee-0-tax_rate": "A tax rate is 0 to 100 per cent."}
    clerk.client.post("/order/add", data=form)
    pk = newest(session, Order).id
    session.rollback()
    kept = boxes_of(clerk.page(f"/order/edit/{pk}"))
    twice = {name.replace("-0-", "-1-"): value for name, value in kept.items() if name.startswith("order_line-0-")}
    edit = {**clerk.hidden(f"/order/edit/{pk}"), **head(known), **kept, **twice}
    edit |= {"order_line-0-remove": "1", "order_line-1-remove": "1"}
    assert clerk.client.post(f"/order/edit/{pk}", data=edit).status_code == 409
    assert count(session, OrderLine) == 1
