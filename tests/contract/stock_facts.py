"""Each fault of the framework as a question to the stock application: True where it is still open."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.fieldwidgets import DateTimePickerWidget
from flask_appbuilder.filemanager import FileManager
from flask_appbuilder.models.mixins import AuditMixin
from flask_appbuilder.models.sqla.filters import set_value_to_type
from flask_appbuilder.models.sqla.interface import SQLAInterface
from werkzeug.datastructures import FileStorage
from wtforms import DateTimeField, Form

from tests.contract.stock import Stock, StockOrder, StockOwner

SERVER_ERROR = 500


def shared_filters(stock: Stock) -> bool:
    """1: a page shows the filter of another request."""
    titles = [f"order {letter}" for letter in "abcd"]
    stock.add(*(StockOrder(title=title) for title in titles))
    clients = [stock.client() for _ in titles]

    def is_mixed(pair: tuple[Any, str]) -> bool:
        client, wanted = pair
        rows = client.get(f"/stockorderview/list/?_flt_3_title={wanted}").text.split("<tbody", 1)[-1]
        return {title for title in titles if title in rows} != {wanted}

    assert not any(map(is_mixed, zip(clients, titles, strict=True)))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for _round in range(200):
            with ThreadPoolExecutor(len(titles)) as threads:
                if any(threads.map(is_mixed, zip(clients, titles, strict=True))):
                    return True
    finally:
        sys.setswitchinterval(before)
    return False


def refused_edit_is_saved(stock: Stock) -> bool:
    """2: what ``pre_update`` refuses is written by the next commit of the request."""
    (pk,) = stock.add(StockOrder(title="before"))
    stock.send(stock.client(), f"/stockorderview/edit/{pk}", title="refused", region="north")
    return bool(stock.value(sa.select(StockOrder.title).where(StockOrder.id == pk)) == "refused")


def later_edit_wins(stock: Stock) -> bool:
    """3: the second of two editors is told nothing, in spite of a version column."""
    (pk,) = stock.add(StockOrder(title="before"))
    first, second = stock.client(), stock.client()
    for client in (first, second):
        client.get(f"/stockorderview/edit/{pk}")
    stock.send(first, f"/stockorderview/edit/{pk}", title="first", region="north")
    stock.send(second, f"/stockorderview/edit/{pk}", title="second", region="north")
    return bool(stock.value(sa.select(StockOrder.title).where(StockOrder.id == pk)) == "second")


def double_click_makes_two(stock: Stock) -> bool:
    """4: one form sent twice is two records."""
    client = stock.client()
    for _ in range(2):
        stock.send(client, "/stockorderview/add", title="twice", region="north")
    return bool(stock.value(sa.select(sa.func.count()).where(StockOrder.title == "twice")) == 2)


def base_filter_is_dropped(stock: Stock) -> bool:
    """5: a base filter over a to-many relation is left out, and actions ask no base filter at all."""
    (foreign,) = stock.add(StockOrder(title="far", region="south"))
    stock.add(StockOwner(name="of the south"))
    shown = "of the south" in stock.client().get("/stockownerview/list/").text
    stock.client().post(f"/north/action/pay/{foreign}")
    paid = stock.value(sa.select(StockOrder.paid).where(StockOrder.id == foreign))
    return shown and paid == 1


def enum_search_fails(stock: Stock) -> bool:
    """7: a search over an enum whose names and values differ is a server error."""
    return stock.client().get("/stockticketview/list/").status_code == SERVER_ERROR


def picker_is_refused(_stock: Stock) -> bool:
    """8: the picker writes a day, the field wants a time; what it reads has no zone."""

    class Picked(Form):
        moment = DateTimeField(widget=DateTimePickerWidget())

    form = Picked()
    form.moment.process_formdata(["2026-11-24 10:00:00"])
    naive = isinstance(form.moment.data, datetime) and form.moment.data.tzinfo is None
    try:
        form.moment.process_formdata(["2026-11-24"])
    except ValueError:
        return naive
    return False


def file_names_are_lost(stock: Stock) -> bool:
    """9: a Chinese name is gone, and any file of the folder is given to whoever may open any list."""
    with stock.app.app_context():
        manager = FileManager()
        name = manager.save_file(
            FileStorage(filename="报价单.pdf"), manager.generate_name(None, SimpleNamespace(filename="报价单.pdf"))
        )
    folder = Path(stock.app.config["UPLOAD_FOLDER"])
    (folder / "x_sep_of_nobody.txt").write_text("secret", encoding="utf-8")
    with stock.client().get("/stockticketview/download/x_sep_of_nobody.txt") as answer:
        given = answer.text
    return "报价" not in name and given == "secret"


def audit_mixin_fails_outside(_stock: Stock) -> bool:
    """10: without a request there is no user for the required column, and the moment is naive local time."""
    moment = AuditMixin.created_on.default.arg(None)
    return AuditMixin.get_user_id() is None and moment.tzinfo is None


def changes_by_get(stock: Stock) -> bool:
    """11: before CSRFProtect is added, deletion and actions work by a plain link."""
    gone, paid = stock.add(StockOrder(title="gone"), StockOrder(title="paid"))
    client = stock.client()
    client.get(f"/stockorderview/delete/{gone}")
    client.get(f"/stockorderview/action/pay/{paid}")
    left = stock.value(sa.select(sa.func.count()).where(StockOrder.id == gone))
    return left == 0 and stock.value(sa.select(StockOrder.paid).where(StockOrder.id == paid)) == 1


def cookie_writes_by_api(stock: Stock) -> bool:
    """12: with ``allow_browser_login`` a cookie and no token makes a record."""
    return stock.client().post("/api/v1/stockorder/", json={"title": "forged"}).status_code == 201


def hidden_columns_are_searched(stock: Stock) -> bool:
    """13: filters of the API and the order of lists reach columns that nobody listed."""
    stock.add(StockOrder(title="dear", cost=900), StockOrder(title="cheap", cost=5))
    url = "/api/v1/stockorder/?q=(filters:!((col:cost,opr:gt,value:100)))"
    found = [row["title"] for row in stock.client().get(url).json["result"]]
    pages = [
        stock.client().get(f"/stockorderview/list/?_oc_StockOrderView=cost&_od_StockOrderView={way}").text
        for way in ("asc", "desc")
    ]
    turned = [
        page.index(">cheap<") < page.index(">dear<") if ">cheap<" in page else page.find("cheap") < page.find("dear")
        for page in pages
    ]
    return found == ["dear"] and turned[0] != turned[1]


def related_rows_are_given(stock: Stock) -> bool:
    """14: ``_info`` tells the text of every related row; a page may be as long as one asks."""
    stock.add(StockOwner(name="somebody", secret="13912345621"))
    stock.add(*(StockOrder(title=f"row {number}") for number in range(230)))
    told = "13912345621" in stock.client().get("/api/v1/stockorder/_info").text
    page = stock.client().get("/stockorderview/list/?psize_StockOrderView=1000").text
    return told and page.count("row ") > 200


def login_is_open(stock: Stock) -> bool:
    """15: no limit with the one documented switch, the password 1, the old one not asked."""
    client = stock.client(None)
    tries = [stock.send(client, "/login/", username="nobody", password="x").status_code for _ in range(12)]
    stock.send(stock.client("sleepy"), "/resetmypassword/form", password="2", conf_password="2")
    with stock.app.app_context():
        user = stock.manager.auth_user_db("sleepy", "2")
    return 429 not in tries and user is not None


def cookie_outlives_logout(stock: Stock) -> bool:
    """16: a copied cookie works after sign-out and after a new password."""
    client = stock.client("leaver")
    kept = client.get_cookie("session")
    assert kept is not None
    client.get("/logout/")
    with stock.app.app_context():
        stock.manager.reset_password(stock.manager.find_user("leaver").id, "another-Password-1")
    thief = stock.app.test_client()
    thief.set_cookie("session", kept.value)
    return thief.get("/users/userinfo/").status_code == 200


def editing_users_is_everything(stock: Stock) -> bool:
    """17: whoever may edit users makes himself an administrator, and the last one can put himself out."""
    with stock.app.app_context():
        manager = stock.manager
        clerk = manager.find_role("Clerk")
        for word in ("can_edit", "can_list"):
            manager.add_permission_role(clerk, manager.find_permission_view_menu(word, "UserDBModelView"))
        user, admin = manager.find_user("clerk"), manager.find_role("Admin")
        form = {
            "username": "clerk",
            "first_name": "C",
            "last_name": "C",
            "email": "c@stock.example",
            "active": "y",
            "roles": str(admin.id),
        }
        pk = user.id
    stock.send(stock.client("clerk"), f"/users/edit/{pk}", **form)
    with stock.app.app_context():
        return [role.name for role in stock.manager.find_user("clerk").roles] == ["Admin"]


def scopes_mean_nothing(stock: Stock) -> bool:
    """18: a key for reading orders writes owners."""
    with stock.app.app_context():
        made: dict[str, Any] = stock.manager.create_api_key(stock.manager.find_user("admin"), "k", scopes="orders:read")
    headers = {"Authorization": f"Bearer {made['key']}"}
    return (
        stock.app.test_client().post("/api/v1/stockowner/", json={"name": "by key"}, headers=headers).status_code == 201
    )


def database_text_is_told(stock: Stock) -> bool:
    """19: the statement reaches the person, and a crafted order is a server error."""
    stock.add(StockOwner(name="taken"))
    client = stock.client()
    answer = stock.app.test_client().post("/api/v1/stockowner/", json={"name": "taken"}, headers=stock.token())
    odd = client.get("/stockorderview/list/?_oc_StockOrderView=nothing&_od_StockOrderView=asc").status_code
    return (
        "INSERT INTO" in answer.text or "UNIQUE" in answer.text or answer.status_code == SERVER_ERROR
    ) and odd == SERVER_ERROR


def role_names_are_prefixes(stock: Stock) -> bool:
    """20: a built-in role for one view opens every view whose name begins the same."""
    role = SimpleNamespace(name="Reader")
    stock.manager._builtin_roles["Reader"] = [["StockOrderView", "can_list"]]
    try:
        return bool(stock.manager._has_access_builtin_roles(role, "can_list", "StockOrderViewOfTheBoard"))
    finally:
        del stock.manager._builtin_roles["Reader"]


def numbers_stay_text(_stock: Stock) -> bool:
    """Unnumbered: a filter on a Numeric column hands text to the driver (a server error with psycopg 3)."""
    kinds = ("integer", "float", "boolean", "date", "datetime", "json")
    numeric = SimpleNamespace(**{f"is_{kind}": lambda _name: False for kind in kinds})
    return set_value_to_type(numeric, "amount", "12.50") == "12.50"


def duplicate_is_a_fault(stock: Stock) -> bool:
    """Unnumbered: a doubled key by the API is no refusal that a program can read."""
    headers = stock.token()
    client = stock.app.test_client()
    first, second = (client.post("/api/v1/stockowner/", json={"name": "once"}, headers=headers) for _ in range(2))
    return first.status_code == 201 and second.status_code != 409


def unknown_key_makes_a_row(stock: Stock) -> bool:
    """Unnumbered: an unknown id of a related row is no 422: the row is to be made, or the server fails."""
    before = stock.value(sa.select(sa.func.count(StockOwner.id)))
    answer = stock.client().post("/api/v1/stockorder/", json={"title": "child", "owner": 987654})
    after = stock.value(sa.select(sa.func.count(StockOwner.id)))
    return answer.status_code >= SERVER_ERROR or after > before or answer.status_code == 201


def unordered(_stock: Stock) -> bool:
    """Unnumbered: without ``base_order`` a list has no ORDER BY."""
    interface = SQLAInterface(StockOrder)
    statement = interface.apply_order_by(sa.select(StockOrder), "", "")
    return "ORDER BY" not in str(statement)
