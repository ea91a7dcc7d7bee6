"""The first page: each department finds its own open work, the most urgent first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from app.kernel.engine import fire
from models.clock_run import ClockRun
from models.labels_exception import ClockOwner
from tests.services.company import found
from tests.services.orders import Goods, confirmed, inspected
from tests.web.person import Person, statements, text_of

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.databases import Database

pytestmark = [pytest.mark.stage("people"), pytest.mark.both_engines]
TITLE = re.compile(r'<h2 id="work-\d+">(.*?)</h2>', re.DOTALL)


def titles(html: str) -> list[str]:
    """The headings of the cards, without their counts."""
    return [re.sub(r"\s*\d+\+?$", "", text_of(found)) for found in TITLE.findall(html)]


def heading(html: str) -> str:
    """The heading of a page with its badges."""
    return text_of(html.partition("<h1")[2].partition("</h1>")[0])


@pytest.mark.parametrize(
    ("who", "cards"),
    [
        ("lg_liu", ["Orders · Ready to ship"]),
        ("oc_li", ["Confirmation letters · Sent"]),
        ("fi_zhou", []),
        ("ad_root", []),
    ],
)
def test_home_when_goods_are_ready_then_only_those_who_go_on_see_work(
    app: Flask, session: Session, who: str, cards: list[str]
) -> None:
    inspected(found(session), Goods("CHR-1", 2))
    session.commit()
    assert titles(Person(app, session, who).page("/")) == cards


def test_home_when_opened_then_one_statement_a_table_and_state(
    app: Flask, session: Session, database: Database
) -> None:
    inspected(found(session), Goods("CHR-1", 2))
    session.commit()
    person = Person(app, session, "oc_li")
    person.page("/")
    with statements(database.engine) as seen:
        person.page("/")
    # The person, his rights, the calendar, the parameters, his week; then one for each state that his steps start from
    # (a delegation that waits for him is one of them; of exceptions there are four, of changes and cancellations four
    # each, of time limits and decisions one).
    assert len(seen) == 25, seen


def test_home_when_an_inspection_waits_then_its_row_names_order_and_goods(app: Flask, session: Session) -> None:
    order = confirmed(found(session), Goods("CHR-1", 2))
    about = f"{order} · {order.lines[0].product.name}"
    session.commit()
    assert about in text_of(Person(app, session, "qc_sun").page("/"))


def test_home_when_a_time_limit_was_missed_then_only_its_department_is_asked_why(app: Flask, session: Session) -> None:
    company = found(session)
    order = confirmed(company, Goods("CHR-1", 2))
    run = ClockRun(
        entity="order",
        entity_id=order.id,
        record_no=order.order_no,
        order_id=order.id,
        code="E2",
        owner_department=ClockOwner.order_center,
        started_at=order.received_at,
        due_at=order.received_at,
    )
    with company.act("oc_li", "2026-11-30 09:00") as ctx:
        ctx.session.add(run)
        ctx.session.flush()
        fire(ctx.as_system(), run, "breach")
    session.commit()
    card = "Time limits · Late, reason missing"
    asked = [who for who in ("oc_li", "cm_zhang") if card in titles(Person(app, session, who).page("/"))]
    assert asked == ["oc_li"]


def test_order_when_ready_to_ship_then_who_ships_is_led_to_the_shipment(app: Flask, session: Session) -> None:
    order = inspected(found(session), Goods("CHR-1", 2))
    session.commit()
    way = f'<a class="zd-btn zd-btn-primary" href="/shipment/add?order_id={order.id}"'
    shown = {who: way in Person(app, session, who).page(f"/order/show/{order.id}") for who in ("lg_liu", "oc_li")}
    assert shown == {"lg_liu": True, "oc_li": False}


def test_order_when_on_hold_then_it_and_its_inspection_say_so_beside_the_number(app: Flask, session: Session) -> None:
    company = found(session)
    order = confirmed(company, Goods("CHR-1", 2))
    pages = [("oc_li", f"/order/show/{order.id}"), ("qc_sun", f"/inspection/show/{order.inspections[0].id}")]
    session.commit()
    before = [heading(Person(app, session, who).page(url)) for who, url in pages]
    company.fire("oc_li", "2026-11-24 10:00", order, "hold", reason="The new flat is late")
    session.commit()
    after = [heading(Person(app, session, who).page(url)) for who, url in pages]
    assert (["On hold" in head for head in before], ["On hold" in head for head in after]) == ([False] * 2, [True] * 2)
