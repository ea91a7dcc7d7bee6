"""The one desk: each finds what he may decide with all he must know, and decides without leaving the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
import time_machine

from app.services.approval.actions import Matter, ask
from models.approval import Approval, ApprovalOpinion
from models.labels import ApprovalKind, ApprovalState, OrderState
from tests.services.changes import APPLIED, accepted, line_of
from tests.services.changes import ask as ask_change
from tests.services.company import found, moment
from tests.services.orders import CHECKS, Goods, confirmed, draft
from tests.signed_in import signed_in
from tests.web.person import Person, field_errors, statements, text_of
from views.waiting import ROWS

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.databases import Database

pytestmark = [pytest.mark.stage("people"), pytest.mark.both_engines]
PASSED = dict.fromkeys(CHECKS, "passed")
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NOW = "2026-11-24 09:40"
CARD = re.compile(r'<section class="zd-card zd-decide".*?</section>', re.DOTALL)


def waiting(session: Session, number: int = 1, *, sku: str = "TBL-MEET-24", customer: Any = None) -> Approval:
    """A large order before the committee."""
    company = found(session)
    order = draft(company, Goods(sku, 30, 5000), order_no=f"SO-TEST-{number:04}", customer=customer)
    company.fire("oc_li", NOW, order, "submit", late_reason="human")
    company.fire("oc_wang", NOW, order, "escalate", **PASSED)
    return order.approvals[0]


def cards(html: str) -> list[str]:
    return [text_of(card) for card in CARD.findall(html)]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(moment("2026-11-24 10:00"), tick=False):
        yield


def test_desk_when_an_order_waits_then_the_member_sees_why_and_votes_there(app: Flask, session: Session) -> None:
    approval = waiting(session)
    session.commit()
    member = Person(app, session, "cm_zhang")
    (card,) = cards(member.page("/waiting/"))
    for said in ("TBL-MEET-24 × 30", "Large order", "150,000.00 of at least ¥100,000.00"):
        assert said in card, said
    address = f"/approval/{approval.id}/vote"
    session.commit()
    response = member.post(address, {"decision": "approve", "back": "/waiting/"}, page="/waiting/")
    assert response.headers["Location"].endswith("/waiting/")
    assert cards(member.page("/waiting/")) == []
    assert [vote.decision for vote in approval.votes] == ["approve"]


def test_desk_when_who_escalated_or_may_not_vote_looks_then_nothing(app: Flask, session: Session) -> None:
    waiting(session)
    session.commit()
    for who in ("oc_wang", "pd_chen", "ad_root"):
        assert cards(Person(app, session, who).page("/waiting/")) == [], who


def test_desk_when_an_opinion_is_asked_then_the_department_gives_it_and_others_wait(
    app: Flask, session: Session
) -> None:
    company = found(session)
    with company.act("oc_wang", NOW) as ctx:
        ask(ctx, Matter(ApprovalKind.exception_plan, "thing", 1, triggers=["F10"], summary="改走铁路"))
    session.commit()
    (card,) = cards(Person(app, session, "cm_zhang").page("/waiting/"))
    assert "改走铁路" in card
    assert "Logistics" in card
    logistics = Person(app, session, "lg_liu")
    page = logistics.page("/waiting/")
    assert len(cards(page)) == 1
    address = f"/approval/{session.scalars(sa.select(Approval.id)).one()}/opine"
    session.commit()
    logistics.post(address, {"text": "铁路可行", "back": "/waiting/"}, page="/waiting/")
    assert cards(logistics.page("/waiting/")) == []
    (card,) = cards(Person(app, session, "cm_zhang").page("/waiting/"))
    assert "铁路可行" in card


def test_desk_when_earlier_decisions_are_out_of_ones_rows_then_they_are_not_told(app: Flask, session: Session) -> None:
    company = found(session)
    earlier = waiting(session, 1)
    company.fire("system", "2026-11-24 09:50", earlier, "expire")
    later = waiting(session, 2, sku="TBL-MEET-25", customer=earlier.order.customer)
    company.session.add(ApprovalOpinion(approval_id=later.id, asked_of="logistics"))
    session.commit()
    number = str(earlier)
    (card,) = cards(Person(app, session, "cm_zhang").page("/waiting/"))
    assert number in card
    (card,) = cards(Person(app, session, "lg_liu").page("/waiting/"))
    assert number not in card


def test_desk_when_a_change_waits_then_each_reads_it_in_his_language(app: Flask, session: Session) -> None:
    company = found(session)
    order = confirmed(company, Goods("CHR-1", 10, 500))
    request = accepted(company, ask_change(company, order, line_of(order, 0, qty_ordered=Decimal(12), colour="胡桃")))
    company.fire("oc_li", APPLIED, request, "escalate")
    session.commit()
    member = Person(app, session, "cm_zhang")
    assert "CHR-1: Ordered: 10; Colour: – → Ordered: 12; Colour: 胡桃" in cards(member.page("/waiting/"))[0]
    chinese = signed_in(app, member.user_id).get("/waiting/").get_data(as_text=True)
    assert "CHR-1：订购数：10；颜色：– → 订购数：12；颜色：胡桃" in cards(chinese)[0]
    assert "变更已确认订单" in cards(chinese)[0]
    (row,) = request.lines
    assert (row.before, row.after) == ({"qty_ordered": "10", "colour": "–"}, {"qty_ordered": "12", "colour": "胡桃"})


def test_desk_when_a_page_of_approvals_is_voted_on_then_the_next_one_is_found(app: Flask, session: Session) -> None:
    company = found(session)
    with company.act("oc_wang", NOW) as ctx:
        asked = [ask(ctx, Matter(ApprovalKind.exception_plan, "thing", key, summary=f"#{key}")) for key in range(22)]
    for approval in asked[:ROWS]:
        company.fire("cm_zhang", NOW, approval, "vote", decision="approve")
    # Judged is the member's own department: she abstains, the others are asked.
    asked[ROWS].judged_department = "committee"
    session.commit()
    (card,) = cards(Person(app, session, "cm_zhang").page("/waiting/"))
    assert "#21" in card


NOTES = ('{"change": 1}', '{"change": [["A", 1, 2]]}', '{"change": [{}]}', "[" * 5000, '"change"', "7")


@ONE_ENGINE
def test_desk_when_a_note_looks_like_a_change_then_it_stands_as_it_was_written(app: Flask, session: Session) -> None:
    company = found(session)
    with company.act("oc_wang", NOW) as ctx:
        for key, note in enumerate(NOTES):
            ask(ctx, Matter(ApprovalKind.cancellation, "thing", key, summary=note))
    session.commit()
    told = cards(Person(app, session, "cm_zhang").page("/waiting/"))
    assert [note for note in NOTES if not any(note in card for card in told)] == []


@ONE_ENGINE
def test_desk_when_a_page_of_own_requests_waits_then_what_one_may_decide_is_found(app: Flask, session: Session) -> None:
    company = found(session)
    for who, keys in (("oc_zhao", range(ROWS)), ("oc_wang", range(ROWS, ROWS + 1))):
        with company.act(who, NOW) as ctx:
            for key in keys:
                ask(ctx, Matter(ApprovalKind.exception_plan, "thing", key, summary=f"#{key}"))
    session.commit()
    (card,) = cards(Person(app, session, "oc_zhao").page("/waiting/"))
    assert f"#{ROWS}" in card


def test_desk_when_other_decisions_wait_then_by_their_steps_and_not_for_who_made_them(
    app: Flask, session: Session
) -> None:
    company = found(session)
    order = draft(company, Goods("CHR", 2))
    company.fire("oc_li", NOW, order, "submit", late_reason="human")
    session.commit()
    people = ("oc_wang", "oc_li", "fi_sun")
    shown = {who: order.order_no in Person(app, session, who).page("/waiting/") for who in people}
    assert shown == {"oc_wang": True, "oc_li": False, "fi_sun": False}


def test_desk_when_ten_orders_wait_then_as_many_statements_as_for_one(
    app: Flask, session: Session, database: Database
) -> None:
    first = waiting(session)
    session.commit()
    member = Person(app, session, "cm_zhang")
    member.page("/waiting/")
    with statements(database.engine) as one:
        member.page("/waiting/")
    for number in range(2, 5):
        waiting(session, number, sku=f"TBL-{number}", customer=first.order.customer)
    session.commit()
    with statements(database.engine) as four:
        assert len(cards(member.page("/waiting/"))) == 4
    assert len(one) == len(four), four


def test_review_form_when_opened_then_each_check_as_found_and_the_lines_beside(app: Flask, session: Session) -> None:
    company = found(session)
    order = draft(company, Goods("CHR", 40, on_hand=5))
    company.fire("oc_li", NOW, order, "submit", late_reason="human")
    address = f"/order/{order.id}/review"
    session.commit()
    wang = Person(app, session, "oc_wang")
    page = text_of(wang.page(address))
    for said in ("CHR: 5 / 40", "17 / 7 (2.43)", "CHR"):
        assert said in page, said
    assert list(field_errors(wang.post(address, {"stock": "failed"}))) == ["stock"]
    wang.post(address, {"stock": "conditional", "comment": "12-01 到货"})
    assert order.state is OrderState.approved


def test_approval_page_when_opened_then_why_in_words_with_opinions_and_votes(app: Flask, session: Session) -> None:
    approval = waiting(session)
    found(session).fire("pd_he", "2026-11-24 09:50", approval, "vote", decision="approve", comment="产能够")
    session.commit()
    page = text_of(Person(app, session, "cm_zhang").page(f"/approval/show/{approval.id}"))
    for said in ("Large order", "150,000.00 of at least", "Vote: 何军", "产能够"):
        assert said in page, said
    assert approval.state is ApprovalState.pending
