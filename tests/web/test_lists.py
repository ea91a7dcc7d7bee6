"""List pages: pages, filters, sorting, quick search, and a statement count that does not grow."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

import pytest
import sqlalchemy as sa

from app.cli.demo_people import actors
from app.kernel.context import local_day
from app.kernel.listing import parse
from models.customer import Customer
from models.order import Order
from tests.web.person import Person, first_cells, statements, text_of
from views.base import ENTITIES

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.databases import Database

pytestmark = [pytest.mark.stage("demo"), pytest.mark.both_engines]
NEXT = re.compile(r'href="([^"]+)"[^>]*rel="next"')
PREVIOUS = re.compile(r'href="([^"]+)"[^>]*rel="prev"')
ABOUT = re.compile(r'zd-pager__about">([^<]*)')
# The signed-in person, his rights, what he has kept of the list, the page, the capped count.
LIST_STATEMENTS = 5


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_every_list_when_it_has_one_row_or_many_then_it_takes_five_statements(
    app: Flask, session: Session, database: Database
) -> None:
    """On SQLite with all columns: tests/web/test_list_tools.py."""
    people = [Person(app, session, name) for name in ("fi_sun", "oc_zhao", "ad_root")]
    found: dict[str, list[int]] = {}
    for name in ENTITIES:
        for person in people:
            if person.get(f"/{name}/list/").status_code != 200:
                continue
            for size in (1, 50):
                with statements(database.engine) as seen:
                    person.page(f"/{name}/list/?size={size}")
                found.setdefault(name, []).append(len(seen))
            break
    assert found == {name: [LIST_STATEMENTS] * 2 for name in ENTITIES}


def test_pages_when_walked_forward_and_back_then_every_order_comes_once_in_order(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    every = sorted(session.scalars(sa.select(Order.order_no)))
    session.rollback()
    # With ties (state), with empty values (promised_on), both ways.
    for sort in ("received_at", "-received_at", "promised_on", "-promised_on", "-state"):
        forward = walk(clerk, f"/order/list/?sort={sort}&size=7", NEXT)
        backward = walk(clerk, f"/order/list/?sort={sort}&size=7&last=1", PREVIOUS)
        assert sorted(number for page in forward for number in page) == every
        assert [number for page in reversed(backward) for number in page] == [n for page in forward for n in page]


def walk(person: Person, start: str, link: re.Pattern[str]) -> list[list[str]]:
    """The first columns of page after page."""
    pages = []
    url: str | None = start
    while url:
        html = person.page(url)
        pages.append(first_cells(html))
        found = link.search(html)
        url = unescape(found.group(1)) if found else None
    return pages


class Bar(HTMLParser):
    """The filter bar of a list; ``sent`` is what a browser sends of it when nothing is changed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: list[tuple[str, str]] = []
        self.select = ""
        self.feed(page.split('class="zd-filters"')[1].split("</form>", maxsplit=1)[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        if tag == "select":
            self.select = held["name"] or ""
        elif tag == "option" and "selected" in held and held["value"]:
            self.sent.append((self.select, held["value"]))
        elif tag == "input" and held.get("name") and held.get("value"):
            self.sent.append((held["name"] or "", held["value"] or ""))


def test_list_when_filtered_then_rows_count_and_chips_agree(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    expected = session.scalar(sa.select(sa.func.count()).select_from(Order).where(Order.state == "draft"))
    session.rollback()
    html = clerk.page("/order/list/?state=draft&size=200")
    assert len(first_cells(html)) == expected
    assert ABOUT.findall(html) == [f"{expected} rows"]
    assert "Draft" in text_of(html.split('class="zd-chips"')[1].split("</ul>")[0])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_filter_bar_when_sent_then_every_quick_filter_stays(app: Flask, session: Session) -> None:
    """What the bar has no field or no single word for goes along with it, all the same."""
    asked = [(name, urlencode(wanted)) for name, view in ENTITIES.items() for _label, wanted in view.quick_views]
    several = "customer=1&customer=2&received_at__during=month&state__null=0&channel__ne=phone&note__contains=a"
    asked.append(("order", several))
    person, actor, today = Person(app, session, "au_lin"), actors(session)["au_lin"], local_day(datetime.now(UTC))
    session.rollback()
    lost, seen = [], 0
    for name, query in asked:
        sent = Bar(person.page(f"/{name}/list/?{query}")).sent
        before, after = (
            {(each.name, each.values) for each in parse(ENTITIES[name].spec(), actor, pairs, today)[0].filters}
            for pairs in (parse_qsl(query), sent)
        )
        seen += len(before)
        if before != after:
            lost.append((name, query, sent))
    assert (lost, seen > len(asked)) == ([], True)


def test_list_when_searched_by_number_name_or_pinyin_then_the_order_is_found(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    order = session.scalars(sa.select(Order).join(Customer).order_by(Order.id).limit(1)).one()
    number, name, words = order.order_no, order.customer.name, order.customer.search_text.split()
    session.rollback()
    for text in (number, number.lower(), name, words[-1]):
        assert number in first_cells(clerk.page(f"/order/list/?q={text}&size=200")), text


def test_list_when_a_number_is_begun_then_all_that_begin_so_are_found(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    every = session.scalars(sa.select(Order.order_no).order_by(Order.order_no)).all()
    session.rollback()
    for begun in ("SO-202", every[0][:11], every[-1][:-1], every[-1].lower(), "SO-2026-", "SO-19991"):
        found = first_cells(clerk.page(f"/order/list/?q={begun}&size=200"))
        assert sorted(found) == [number for number in every if number.startswith(begun.upper())], begun


def test_quick_search_when_names_are_masked_then_it_does_not_find_by_name_or_phone(
    app: Flask, session: Session
) -> None:
    planner = Person(app, session, "pd_chen")
    order = session.scalars(sa.select(Order).where(Order.state == "in_production").limit(1)).one()
    number, name, phone = order.order_no, order.customer.name, order.customer.phone
    session.rollback()
    assert number in first_cells(planner.page(f"/order/list/?q={number}"))
    for secret in filter(None, (name, phone)):
        assert first_cells(planner.page(f"/order/list/?q={secret}")) == []


WRONG = {
    "total_amount__ge=lots": "The filter “total_amount” does not understand “lots”.",
    "received_at__ge=2026-13-01": "The filter “received_at” does not understand “2026-13-01”.",
    "state=nonsense": "The filter “state” does not understand “nonsense”.",
    "customer=99999999999999": "The filter “customer” does not understand “99999999999999”.",
    "state__contains=a": "The filter “state” does not understand “a”.",
    "content_hash=a": "The list cannot be filtered by “content_hash”.",
    "customer.phone=1": "The list cannot be filtered by “customer.phone”.",
    "sort=customer": "The list cannot be sorted by “customer”.",
    "sort=content_hash": "The list cannot be sorted by “content_hash”.",
    "after=nonsense": "This page address is no longer valid: start at the first page.",
    "before=W10": "This page address is no longer valid: start at the first page.",
    "size=0": "A page has 1 to 200 rows.",
    "size=99999999": "A page has 1 to 200 rows.",
}


def test_list_when_an_argument_is_wrong_then_it_is_left_out_and_said(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    told = {query: clerk.messages(clerk.get(f"/order/list/?{query}")) for query in WRONG}
    assert told == {query: [text] for query, text in WRONG.items()}


def test_list_when_bytes_are_bad_then_it_is_a_bad_request(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    assert clerk.get("/order/list/?q=%00").status_code == 400
    assert clerk.get("/order/list/?q=%ff%fe").status_code == 200


def test_hidden_column_when_filtered_sorted_or_shown_then_it_is_refused(app: Flask, session: Session) -> None:
    planner = Person(app, session, "pd_chen")
    html = planner.page("/order/list/")
    assert "total_amount" not in html
    told = planner.messages(planner.get("/order/list/?total_amount__ge=1&sort=-total_amount"))
    assert told == [
        "The list cannot be filtered by “total_amount__ge”.",
        "The list cannot be sorted by “total_amount”.",
    ]


def test_relation_search_when_asked_then_it_gives_names_by_the_field_policy_and_nothing_else(
    app: Flask, session: Session
) -> None:
    customer = session.scalars(sa.select(Customer).where(Customer.phone.is_not(None)).limit(1)).one()
    code, name, pk = customer.code, customer.name, customer.id
    session.rollback()
    clerk = Person(app, session, "oc_li")
    assert clerk.get(f"/customer/search?q={code}").json == {
        "results": [{"id": pk, "text": f"{code} {name}"}],
        "pagination": {"more": False},
    }
    auditor = Person(app, session, "au_lin")
    assert auditor.get(f"/customer/search?q={code}").json["results"] == [{"id": pk, "text": f"{code} {name[:1]}*"}]
    assert Person(app, session, "ad_root").get(f"/customer/search?q={code}").status_code == 403


def test_address_search_when_a_customer_is_chosen_then_only_his_addresses_come(app: Flask, session: Session) -> None:
    clerk = Person(app, session, "oc_li")
    first = session.scalars(sa.select(Customer.id).where(Customer.addresses.any()).order_by(Customer.id).limit(2)).all()
    session.rollback()
    one, two = (
        {row["id"] for row in clerk.get(f"/customer_address/search?q=&customer_id={pk}").json["results"]}
        for pk in first
    )
    assert one
    assert two
    assert one.isdisjoint(two)
