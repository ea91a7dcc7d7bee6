"""Imports of customers and products on screens: template, dry run with what changes, taking back; and who may."""

from __future__ import annotations

import re
import time
from io import BytesIO

import pandas as pd
import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User

from models.customer import Customer
from models.exchange import ImportBatch
from models.product import Product
from tests.imports import CUSTOMER_COLUMNS, PRODUCT_COLUMNS, table
from tests.web.person import Person, statements, text_of

pytestmark = [
    pytest.mark.stage("people"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
LIN = ("个人", "林晓", "13955500001", None, "杭州", "杭州", "浙江", "文三路 1 号", None)
CHAIR = ("CH-1", "餐椅", "椅子", "现货", "399", "120")
CUSTOMERS, PRODUCTS = "/customerimport/", "/productimport/"


def upload(person, start, data, name="book.xlsx"):
    form = {**person.hidden(start), "file": (BytesIO(data), name)}
    return person.client.post(start, data=form, content_type="multipart/form-data")


def told(answer):
    return text_of(answer.get_data(as_text=True))


def read(session, statement):
    found = session.scalars(statement).all()
    session.close()
    return found


def imported(person, start, data):
    """The address of an import that was looked at and confirmed."""
    checked = upload(person, start, data).location
    return person.post(f"{checked}/run", {}, page=checked).location


def test_import_when_opened_then_shows_what_the_person_may_import(app, session):
    clerk, keeper, stranger = (Person(app, session, name) for name in ("oc_li", "pd_chen", "lg_liu"))
    assert re.findall(r'href="/(\w+import)/"', clerk.page("/import/"))[::2] == ["customerimport", "orderimport"]
    assert set(re.findall(r'href="/(\w+import)/"', keeper.page("/import/"))) == {"productimport"}
    assert "Nothing that you may import" in stranger.page("/import/")
    assert ('href="/import/"' in clerk.page("/"), 'href="/import/"' in stranger.page("/")) == (True, False)


def test_template_when_downloaded_then_has_the_columns_the_person_may_fill_in(app, session):
    keeper, head = Person(app, session, "pd_chen"), Person(app, session, "fi_sun")
    found = {}
    for person in (keeper, head):
        book = pd.read_excel(
            BytesIO(person.get(f"{PRODUCTS}template.xlsx").data), sheet_name=None, engine="calamine", dtype=str
        )
        assert list(book) == ["Products", "Explanation"]
        found[person.user_id] = set(book["Products"].columns)
        assert book["Products"]["Article number"].tolist() == ["EXAMPLE-001"]
    assert {"List price", "Standard cost"} & found[keeper.user_id] == set()
    assert {"List price", "Standard cost"} <= found[head.user_id]


def test_file_when_uploaded_then_shows_what_would_change_and_saves_on_confirmation(app, session):
    clerk = Person(app, session, "oc_li")
    imported(clerk, CUSTOMERS, table(CUSTOMER_COLUMNS, LIN))
    changed = table(CUSTOMER_COLUMNS, (*LIN[:4], "宁波", *LIN[5:]), ("个人", "无号", *[None] * 7))

    checked = upload(clerk, CUSTOMERS, changed)
    page = text_of(clerk.page(checked.location))

    assert "City: 杭州 → 宁波" in page
    assert "Nothing in this row says which record it is" in page
    assert read(session, sa.select(Customer.city)) == ["杭州"]
    done = clerk.post(f"{checked.location}/run", {}, page=checked.location)
    assert read(session, sa.select(Customer.city)) == ["宁波"]
    assert "City: 杭州 → 宁波" not in text_of(clerk.page(checked.location))
    frame = pd.read_excel(BytesIO(clerk.get(f"{done.location}/errors.xlsx").data), engine="calamine")
    assert frame.iloc[0, 0] == 3


def test_import_when_taken_back_then_shows_first_what_can_be(app, session):
    clerk, colleague = Person(app, session, "oc_li"), Person(app, session, "oc_wang")
    done = imported(clerk, CUSTOMERS, table(CUSTOMER_COLUMNS, LIN))
    page = text_of(clerk.page(f"{done}/undo"))
    assert "Is put away" in page
    assert colleague.get(f"{done}/undo").status_code == 403
    assert 'href="' + done + '/undo"' not in colleague.page(done)

    clerk.post(f"{done}/undo", {}, page=f"{done}/undo")

    assert read(session, sa.select(Customer.is_active)) == [False]
    assert "Taken back by" in text_of(clerk.page(done))
    assert "There is nothing to take back." in text_of(clerk.page(f"{done}/undo"))


def waited(person, url):
    for _ in range(600):
        if person.get(f"{url}/progress").json["finished"]:
            return
        time.sleep(0.1)
    pytest.fail("it did not end within a minute")


def test_import_when_large_then_is_brought_in_and_taken_back_while_the_page_waits(app, session):
    keeper = Person(app, session, "pd_chen")
    rows = [(f"P-{number}", "柜", "柜子", "现货") for number in range(301)]
    checked = upload(keeper, PRODUCTS, table(PRODUCT_COLUMNS[:4], *rows)).location
    waited(keeper, checked)
    done = keeper.post(f"{checked}/run", {}, page=checked).location
    waited(keeper, done)

    keeper.post(f"{done}/undo", {}, page=f"{done}/undo")
    waited(keeper, done)

    assert "Taken back by 陈刚: 301. Not taken back: 0." in text_of(keeper.page(done))
    assert set(read(session, sa.select(Product.is_active))) == {False}


def test_rows_of_another_person_when_they_hold_more_than_one_may_see_then_are_kept_from_him(app, session):
    finance, keeper = Person(app, session, "fi_sun"), Person(app, session, "pd_chen")
    wrong = ("CH-2", "椅", "neverheard", "现货", "777", "333")
    checked = upload(finance, PRODUCTS, table(PRODUCT_COLUMNS, wrong)).location
    page = keeper.page(checked)
    assert ("777" in page, "333" in page) == (False, False)
    assert keeper.get(f"{checked}/errors.xlsx").status_code == 403
    assert finance.get(f"{checked}/errors.xlsx").status_code == 200


def test_import_of_another_subject_when_asked_for_by_its_number_then_not_there(app, session):
    clerk = Person(app, session, "oc_li")
    done = imported(clerk, CUSTOMERS, table(CUSTOMER_COLUMNS, LIN))
    assert clerk.get(done.replace("customerimport", "orderimport")).status_code == 404


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        (b"", 422, "The file is empty."),
        (b"%PDF-1.7\x00", 422, "The file cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", 422, "The file cannot be read"),
    ],
    ids=["empty", "pdf", "broken xls"],
)
def test_file_when_bad_then_the_page_says_what_to_do(app, session, data, status, sentence):
    clerk = Person(app, session, "oc_li")
    answer = upload(clerk, CUSTOMERS, data)
    assert (answer.status_code, sentence in told(answer)) == (status, True)
    assert read(session, sa.select(ImportBatch.id)) == []


def test_file_when_of_50_megabytes_then_is_refused_before_it_is_read(app, session):
    clerk = Person(app, session, "oc_li")
    form = {**clerk.hidden(CUSTOMERS), "file": (BytesIO(b"x"), "book.xlsx")}
    large = {"CONTENT_LENGTH": str(50 * 1024 * 1024)}

    answer = clerk.client.post(CUSTOMERS, data=form, content_type="multipart/form-data", environ_overrides=large)

    assert (answer.status_code, "16 MB" in told(answer)) == (413, True)
    assert read(session, sa.select(ImportBatch.id)) == []


def test_text_table_when_in_gbk_with_signs_of_formulas_then_is_read_as_text(app, session):
    clerk = Person(app, session, "oc_li")
    data = "类型,名称,手机,备注\r\n个人,=1+1,13955500001,مرحبا 😀\r\n".encode("gb18030")

    imported(clerk, CUSTOMERS, data)

    assert read(session, sa.select(Customer.name)) == ["=1+1"]
    assert read(session, sa.select(Customer.note)) == ["مرحبا 😀"]


def test_columns_when_unknown_then_are_chosen_and_remembered(app, session):
    keeper = Person(app, session, "pd_chen")
    data = table(("甲", "乙", "丙"), ("CH-1", "餐椅", "椅子"))
    asked = upload(keeper, PRODUCTS, data).location
    chosen = {"products": "表", "products.sku_code": "甲", "products.name": "乙", "products.category": "丙"}

    refused = keeper.post(asked, {"products": "表", "products.name": "乙"}, page=asked)
    checked = keeper.post(asked, chosen, page=asked)

    assert (refused.status_code, checked.status_code) == (422, 303)
    assert "/columns/" not in upload(keeper, PRODUCTS, data).location
    keeper.post(f"{checked.location}/run", {}, page=checked.location)
    assert read(session, sa.select(Product.sku_code)) == ["CH-1"]


def test_pages_when_the_import_is_larger_then_ask_no_more(app, session, database):
    keeper = Person(app, session, "pd_chen")
    counts = []
    for size in (2, 40):
        rows = [(f"P{size}-{number}", "柜", "柜子", "现货") for number in range(size)]
        done = imported(keeper, PRODUCTS, table(PRODUCT_COLUMNS[:4], *rows))
        with statements(database.engine) as preview:
            keeper.page(f"{done}/undo")
        with statements(database.engine) as page:
            keeper.page(done)
        counts.append((len(preview), len(page)))
    assert counts[0] == counts[1]


def test_who_may_import_when_the_rights_are_delivered_then_is_who_types_them(app, session):
    names = read(session, sa.select(User.username).order_by(User.username))
    allowed = {
        start: [name for name in names if Person(app, session, name).get(start).status_code == 200]
        for start in (CUSTOMERS, PRODUCTS)
    }
    assert allowed == {
        CUSTOMERS: ["oc_li", "oc_wang", "oc_zhao"],
        PRODUCTS: ["fi_qian", "fi_sun", "fi_zhou", "pd_chen", "pd_he", "qc_sun"],
    }
