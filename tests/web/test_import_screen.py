"""The import on screens: file, columns, dry run, import, error workbook; and who may do it."""

from __future__ import annotations

import re
import time
from io import BytesIO

import pandas as pd
import pytest
import sqlalchemy as sa

from app.cli.demo_people import DEMO_PASSWORD
from models.exchange import ImportBatch, ImportMapping
from models.order import Order
from tests.order_books import line, workbook, xlsx

START = "/orderimport/"


pytestmark = pytest.mark.stage("people")


@pytest.fixture
def clerk(client):
    log_in(client, "oc_li")
    return client


def log_in(client, name):
    client.post("/login/", data={"username": name, "password": DEMO_PASSWORD, "csrf_token": token(client, "/login/")})


def token(client, url):
    page = client.get(url).get_data(as_text=True)
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)


def upload(client, data, name="book.xlsx"):
    form = {"csrf_token": token(client, START), "file": (BytesIO(data), name)}
    return client.post(START, data=form, content_type="multipart/form-data")


def run(client, batch_url):
    return client.post(f"{batch_url}/run", data={"csrf_token": token(client, START)})


def finished(client, batch_url):
    for _ in range(300):
        if client.get(f"{batch_url}/progress").json["finished"]:
            return
        time.sleep(0.1)
    pytest.fail("the import did not end within 30 seconds")


def read(session, statement):
    """All values of a statement; the session lets go of the database at once, so that requests may write."""
    found = session.scalars(statement).all()
    session.close()
    return found


def numbers(session):
    return read(session, sa.select(Order.external_no).order_by(Order.external_no))


def test_file_when_uploaded_then_is_checked_first_and_imported_on_confirmation(clerk, session):
    checked = upload(clerk, workbook([line(), line(2, **{"订单 ID": "B-2", "数量": 0})]))
    assert checked.status_code == 303
    preview = clerk.get(checked.location).get_data(as_text=True)
    assert ("B-2024-1" in preview, "B-2024-1" in str(numbers(session))) == (True, False)

    done = run(clerk, checked.location)

    assert numbers(session) == ["B-2024-1"]
    assert done.location != checked.location
    assert clerk.get(done.location).status_code == 200
    frame = pd.read_excel(BytesIO(clerk.get(f"{done.location}/errors.xlsx").data), engine="calamine")
    assert (frame.iloc[0, 0], frame.iloc[0, 1]) == (3, "数量")


def test_import_when_confirmed_twice_then_runs_once(clerk, session):
    checked = upload(clerk, workbook([line()]))

    first, second = run(clerk, checked.location), run(clerk, checked.location)

    assert first.location == second.location
    assert len(read(session, sa.select(ImportBatch.id))) == 2
    assert numbers(session) == ["B-2024-1"]


def test_file_when_large_then_is_carried_out_while_the_page_waits(clerk, session):
    data = workbook([line(number, **{"订单 ID": f"B-{number // 10}"}) for number in range(1, 302)])
    checked = upload(clerk, data)
    finished(clerk, checked.location)
    done = run(clerk, checked.location)
    finished(clerk, done.location)

    assert clerk.get(f"{done.location}/progress").json == {"done": 301, "total": 301, "finished": True}
    assert len(numbers(session)) == 31


def test_columns_when_unknown_then_are_chosen_once_and_kept(clerk, session):
    names = {
        "order_no": "单", "ordered_on": "下", "shipped_on": "发", "customer_key": "客", "customer_name": "名",
        "segment": "类", "product_key": "品", "product_name": "货", "amount": "额", "qty": "件",
    }  # fmt: skip
    row = ["A-1", "2024-03-01", "2024-03-02", "k1", "许", "公司", "p1", "柜", 99.5, 1]
    data = xlsx({"表": [list(names.values()), row]})
    asked = upload(clerk, data)
    assert "/columns/" in asked.location
    assert clerk.get(asked.location).get_data(as_text=True).count('<option value="单"') == 16
    form = {"csrf_token": token(clerk, asked.location), "orders": "表"}

    refused = clerk.post(asked.location, data={**form, "orders.order_no": "单"})
    checked = clerk.post(asked.location, data={**form, **{f"orders.{name}": column for name, column in names.items()}})

    assert (refused.status_code, checked.status_code) == (422, 303)
    assert [kept["orders"]["columns"] for kept in read(session, sa.select(ImportMapping.columns))] == [names]
    assert "/columns/" not in upload(clerk, data).location
    run(clerk, checked.location)
    assert numbers(session) == ["A-1"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 half", b"%PDF-1.7\x00"], ids=["empty", "broken", "pdf"])
def test_file_when_unreadable_then_the_page_says_what_to_do(clerk, session, data):
    answer = upload(clerk, data)
    assert (answer.status_code, 'role="alert"' in answer.get_data(as_text=True)) == (422, True)
    assert read(session, sa.select(ImportBatch.id)) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_upload_when_without_the_token_then_refused(clerk, session):
    answer = clerk.post(
        START, data={"file": (BytesIO(workbook([line()])), "book.xlsx")}, content_type="multipart/form-data"
    )
    assert answer.status_code == 400
    assert read(session, sa.select(ImportBatch.id)) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_import_when_asked_for_without_the_right_then_refused(clerk, app, session):
    checked = upload(clerk, workbook([line()]))
    stranger, colleague = app.test_client(), app.test_client()
    log_in(colleague, "pd_chen")

    for url in (START, checked.location, f"{checked.location}/progress", f"{checked.location}/errors.xlsx"):
        assert (stranger.get(url).status_code, colleague.get(url).status_code) == (302, 403)
    answer = colleague.post(f"{checked.location}/run", data={"csrf_token": token(colleague, "/resetmypassword/form")})
    assert (answer.status_code, numbers(session)) == (403, [])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "path", ["IM-1", "IM-1/errors.xlsx", "columns/..%2f..%2fetc", "columns/" + "0" * 64, "columns/x"]
)
def test_address_when_made_up_then_refused_without_a_fault(clerk, path):
    assert clerk.get(START + path).status_code in {404, 422}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_upload_when_its_name_is_a_path_then_stays_a_name(clerk, session, tmp_path):
    checked = upload(clerk, workbook([line()]), "../../<b>evil</b>.xlsx")
    page = clerk.get(checked.location).get_data(as_text=True)
    assert "<b>evil</b>" not in page
    assert read(session, sa.select(ImportBatch.file_name)) == ["../../<b>evil</b>.xlsx"]
