"""The shell around every page: search over all records, commands, what waits, the look that was chosen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from models.customer import Customer
from models.order import Order
from models.shipment import Shipment
from models.ticket import ServiceTicket
from tests.services.chart_rows import LIMIT
from tests.web.person import Person, statements, text_of
from views.base import ENTITIES
from views.desk import TABLES_AT_ONCE

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.databases import Database

pytestmark = pytest.mark.stage("demo")
# The signed-in person and his rights.
BEFORE = 2
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def find(person: Person, text: str) -> dict[str, Any]:
    """The answer of the search box."""
    answer: dict[str, Any] = person.client.get("/desk/find", query_string={"q": text}).get_json()
    return answer


def rows(answer: dict[str, Any]) -> dict[str, list[str]]:
    """The records by kind."""
    return {group["label"]: [item["text"] for item in group["items"]] for group in answer["groups"]}


def test_search_when_a_number_is_typed_in_full_then_it_leads_to_its_record(app: Flask, session: Session) -> None:
    order = session.scalars(sa.select(Order).order_by(Order.id).limit(1)).one()
    shipment = session.scalars(sa.select(Shipment).order_by(Shipment.id).limit(1)).one()
    ticket = session.scalars(sa.select(ServiceTicket).order_by(ServiceTicket.id).limit(1)).one()
    expected = {
        order.order_no.lower(): f"/order/show/{order.id}",
        shipment.shipment_no: f"/shipment/show/{shipment.id}",
        ticket.ticket_no: f"/service_ticket/show/{ticket.id}",
        order.customer.code: f"/customer/show/{order.customer.id}",
    }
    session.rollback()
    clerk = Person(app, session, "oc_li")
    assert {text: find(clerk, text)["exact"] for text in expected} == expected


def test_search_when_a_name_pinyin_or_phone_is_typed_then_customer_and_orders_are_found(
    app: Flask, session: Session
) -> None:
    # The newest order: the search shows a few records of a kind, the newest first, and initials are not unique.
    statement = sa.select(Order).join(Customer).where(Customer.phone.is_not(None))
    order = session.scalars(statement.order_by(Order.received_at.desc(), Order.id.desc()).limit(1)).one()
    customer = order.customer
    texts = (customer.name, customer.phone, customer.search_text.split()[-1])
    code, number = customer.code, order.order_no
    session.rollback()
    clerk = Person(app, session, "oc_li")
    for text in texts:
        found = rows(find(clerk, text))
        assert (code in found["Customers"], number in found["Orders"]) == (True, True), text


def test_search_when_names_are_masked_or_rows_out_of_scope_then_nothing_is_told(app: Flask, session: Session) -> None:
    order = session.scalars(sa.select(Order).where(Order.state == "in_production").limit(1)).one()
    draft = session.scalars(sa.select(Order.order_no).where(Order.state == "draft").limit(1)).one()
    number, name, phone = order.order_no, order.customer.name, order.customer.phone
    session.rollback()
    planner = Person(app, session, "pd_chen")
    answer = find(planner, number)
    assert rows(answer)["Orders"] == [number]
    assert name not in str(answer)
    assert [find(planner, text)["groups"] for text in (name, phone, draft) if text] == [[], [], []]


def test_search_when_asked_then_twelve_tables_cost_one_statement_and_each_with_finds_another(
    app: Flask, session: Session, database: Database
) -> None:
    clerk = Person(app, session, "oc_zhao")
    find(clerk, "SO-00000000-0000")
    searched = [view.quick_search for view in ENTITIES.values() if view.quick_search]
    batches = -(-len(searched) // TABLES_AT_ONCE)
    # Customers, orders and whatever else other tables refer to are looked up once for all.
    parents = len({path for paths in searched for path in paths if "." in path})
    for text in ("SO-00000000-0000", "SO-20", "li", "1" * 500, "%_%"):
        with statements(database.engine) as seen:
            answer = find(clerk, text)
        asked = [statement for statement in seen if not LIMIT.search(statement)]
        assert len(asked) <= BEFORE + parents + batches + len(rows(answer)), text
        assert max((len(found) for found in rows(answer).values()), default=0) <= 5, text


@ONE_ENGINE
def test_search_when_too_short_or_nobody_is_signed_in_then_there_is_nothing(app: Flask, session: Session) -> None:
    assert find(Person(app, session, "oc_li"), "a") == {"groups": [], "exact": None, "partly": False}
    assert [app.test_client().get(f"/desk/{part}").status_code for part in ("find?q=SO", "commands", "waiting")] == [
        302
    ] * 3


@ONE_ENGINE
def test_commands_when_listed_then_they_are_what_the_person_may_open_and_add(app: Flask, session: Session) -> None:
    def listed(who: str) -> dict[str, dict[str, str]]:
        groups = Person(app, session, who).get("/desk/commands").get_json()["groups"]
        return {group["label"]: {item["url"]: item["keys"] for item in group["items"]} for group in groups}

    clerk, inspector = listed("oc_li"), listed("qc_sun")
    assert ("/order/add" in clerk["Add"], "/order/add" in inspector["Add"]) == (True, False)
    assert ("/order/list/" in clerk["Go to"], "/inspection/list/" in inspector["Go to"]) == (True, True)
    assert "/rights/" not in clerk["Go to"]


def test_waiting_when_counted_then_it_is_what_the_home_page_shows_in_one_statement(
    app: Flask, session: Session, database: Database
) -> None:
    for who in ("oc_li", "lg_liu", "cs_ma", "fi_zhou", "ad_root"):
        person = Person(app, session, who)
        shown: dict[str, int] = {}
        for title in re.findall(r'<h2 id="work-\d+">(.*?)</h2>', person.page("/"), re.DOTALL):
            label, _, rest = text_of(title).partition(" · ")
            shown[label] = shown.get(label, 0) + int(rest.split()[-1])
        with statements(database.engine) as seen:
            counts = person.get("/desk/waiting").get_json()["counts"]
        labels = {str(ENTITIES[name].model().__label_plural__): found["count"] for name, found in counts.items()}
        assert (labels, len(seen) <= BEFORE + 1) == (shown, True), who


@ONE_ENGINE
def test_look_when_chosen_in_the_browser_then_the_page_comes_with_it_and_nonsense_does_not(
    app: Flask, session: Session
) -> None:
    person = Person(app, session, "oc_li")

    def html_tag() -> str:
        return re.findall(r"<html[^>]*>", person.page("/"))[0]

    assert html_tag() == '<html lang="en" data-theme="system" data-density="roomy">'
    person.client.set_cookie("zd_theme", "dark")
    person.client.set_cookie("zd_density", "compact")
    assert html_tag() == '<html lang="en" data-theme="dark" data-density="compact" data-dark>'
    person.client.set_cookie("zd_theme", '"><script>')
    person.client.set_cookie("zd_density", "huge")
    assert html_tag() == '<html lang="en" data-theme="system" data-density="roomy">'
