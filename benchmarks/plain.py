"""The same tables the plain framework's way, as its documentation shows: for comparison only.

Runs in a process of its own (``python -m benchmarks.plain URL PAGE LIMIT``), because some of these pages need
gigabytes and minutes. Prints one line of JSON.
"""

from __future__ import annotations

import json
import resource
import signal
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from flask import Flask
from flask_appbuilder import AppBuilder, Model, ModelView
from flask_appbuilder.api import ModelRestApi
from flask_appbuilder.charts.views import GroupByChartView
from flask_appbuilder.models.group import aggregate_count, aggregate_sum
from flask_appbuilder.models.sqla.base import SQLA
from flask_appbuilder.models.sqla.interface import SQLAInterface

from benchmarks.databases import PASSWORD
from benchmarks.measure import TOKEN
from models.customer import Customer
from models.order import Order

if TYPE_CHECKING:
    from flask.testing import FlaskClient

USER: Final = "plain"
MOST_ROUNDS: Final = 7
SEARCHED: Final = ["state", "order_type", "channel", "customer", "received_at", "promised_on", "total_amount"]


class PlainCustomerView(ModelView):
    """Customers."""

    datamodel = SQLAInterface(Customer)
    list_columns = ["code", "name", "phone", "city", "level"]
    search_columns = ["name", "phone", "code"]
    base_order = ("created_at", "desc")


class PlainOrderView(ModelView):
    """Orders: the same columns and filters as our list."""

    datamodel = SQLAInterface(Order)
    list_columns = [
        "order_no", "customer", "order_type", "total_amount", "promised_on", "channel", "received_at", "state",
    ]  # fmt: skip
    search_columns = SEARCHED
    add_columns = ["customer", "address", "order_type", "channel", "received_at", "payment_method", "note"]
    show_columns = list_columns
    base_order = ("received_at", "desc")
    page_size = 25


class PlainOrderApi(ModelRestApi):
    """Orders for programs."""

    resource_name = "plainorder"
    datamodel = SQLAInterface(Order)
    list_columns = ["order_no", "customer.code", "order_type", "total_amount", "promised_on", "channel", "state"]
    search_columns = ["state", "order_type", "channel"]
    base_order = ("received_at", "desc")
    page_size = 25
    allow_browser_login = True


def month_of(moment: Any) -> str:
    """The month of a moment."""
    return f"{moment:%Y-%m}"


class PlainStateChart(GroupByChartView):
    """Orders by state."""

    datamodel = SQLAInterface(Order)
    definitions = [{"group": "state", "series": [(aggregate_count, "id")]}]
    search_columns = SEARCHED[:3]


class PlainMonthChart(GroupByChartView):
    """Amount by month."""

    datamodel = SQLAInterface(Order)
    definitions = [{"group": "received_at", "formatter": month_of, "series": [(aggregate_sum, "total_amount")]}]
    search_columns = SEARCHED[:3]


# The name of our page it stands beside, and its address; {n} and {last} are filled in.
PAGES: Final = {
    "list": "/plainorderview/list/",
    "last": "/plainorderview/list/?page_PlainOrderView={last}&psize_PlainOrderView=25",
    "by amount": "/plainorderview/list/?_oc_PlainOrderView=total_amount&_od_PlainOrderView=desc",
    "state": "/plainorderview/list/?_flt_0_state=in_production",
    "show": "/plainorderview/show/{n}",
    "add": "/plainorderview/add",
    "customers": "/plaincustomerview/list/",
    "api list": "/api/v1/plainorder/",
    "chart orders_by_state": "/plainstatechart/chart/",
    "chart orders_by_month, all": "/plainmonthchart/chart/",
}


class TooLongError(Exception):
    """The page has used up its time."""


def plain_app(url: str) -> Flask:
    """A small application as the framework's documentation makes it; it adds its own rights and one user."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY="plain" * 8,
        SQLALCHEMY_DATABASE_URI=url.replace("postgresql://", "postgresql+psycopg://"),
        FAB_CREATE_DB=False,
        FAB_UPDATE_PERMS=True,
        RATELIMIT_ENABLED=False,
        AUTH_RATE_LIMITED=False,
    )
    db = SQLA(metadata=Model.metadata)
    db.init_app(app)
    with app.app_context():
        builder = AppBuilder()
        builder.init_app(app, db.session)
        # Made before the views: registering one gives its rights to this role.
        role = builder.sm.add_role(builder.sm.auth_role_admin)
        builder.add_view(PlainCustomerView, "Customers")
        builder.add_view(PlainOrderView, "Orders")
        builder.add_view(PlainStateChart, "States")
        builder.add_view(PlainMonthChart, "Months")
        builder.add_api(PlainOrderApi)
        if builder.sm.find_user(username=USER) is None:
            builder.sm.add_user(USER, "Plain", "Framework", "plain@example.com", role, password=PASSWORD)
    return app


def sign_in(client: FlaskClient) -> None:
    """Opens a session; the plain framework asks for no token unless told to."""
    found = TOKEN.search(client.get("/login/").get_data(as_text=True))
    form = {"username": USER, "password": PASSWORD} | ({"csrf_token": found[1]} if found else {})
    client.post("/login/", data=form)


def measure(url: str, name: str, limit: int) -> dict[str, Any]:
    """The median time of a page in ms with statements, bytes and memory; ``failure`` where it did not end well."""
    app = plain_app(url)
    client = app.test_client()
    sign_in(client)
    with app.app_context():
        engine = app.extensions["sqlalchemy"].engine
        with engine.connect() as connection:
            count, last = connection.execute(sa.text("SELECT count(*), max(id) FROM sales_order")).one()
    path = PAGES[name].format(n=last // 2, last=(count - 1) // 25)
    statements = [0]
    sa.event.listen(engine, "before_cursor_execute", lambda *_: statements.__setitem__(0, statements[0] + 1))
    found: dict[str, Any] = {"page": name, "statements": 0, "size": 0, "failure": ""}
    times: list[float] = []

    is_late = []

    def stop(*_: Any) -> None:
        is_late.append(True)
        raise TooLongError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(limit)
    try:
        until = time.monotonic() + limit / 3
        while len(times) < MOST_ROUNDS and (not times or time.monotonic() < until):
            statements[0] = 0
            began = time.perf_counter()
            answer = client.get(path)
            body = answer.get_data()
            times.append((time.perf_counter() - began) * 1000)
            found |= {"statements": statements[0], "size": len(body)}
            if answer.status_code != 200:
                # Inside a request the framework turns the end of time into an error page.
                found["failure"] = f"over {limit} s" if is_late else f"status {answer.status_code}"
                break
    except TooLongError:
        found["failure"] = f"over {limit} s" if not times else ""
    except MemoryError:
        found["failure"] = "out of memory"
    finally:
        signal.alarm(0)
    # The first round warms up, unless there was time for one only.
    kept = times[1:] or times
    found["median"] = statistics.median(kept) if kept else None
    found["rounds"] = len(kept)
    found["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return found


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
