"""Clocks that end: who is told when, each once, and why they were missed. Scenario S15, rows 1 to 4; domain/07."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.jobs.clocks import sweep_clocks, tell_overdue
from app.jobs.promises import sweep_promises
from app.kernel.engine import fire
from app.kernel.errors import PermissionDeniedError, ValidationFailedError
from app.services.coordination.actions import raise_item
from app.services.exception.actions import open_case
from app.services.inbox.actions import receive
from app.services.order.actions import add_line, change_order
from models.clock_run import ClockRun
from models.exception import ExceptionCase
from models.labels import OrderState, SupplyMode
from models.labels_exception import ClockOwner, ClockRunState, CoordinationState, Department, ExceptionLevel
from models.labels_order import Channel, LateReason
from models.labels_talk import NoticeKind
from models.order import Order
from models.talk import Notification
from tests.services.changes import applied
from tests.services.company import Company, found, moment, person
from tests.services.orders import Goods, article, confirmed, inspected, refusal
from tests.web.person import statements

ENTRY = {"oc_li", "oc_wang", "oc_zhao"}


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def told(company: Company, action: str | None = None) -> list[tuple[str, str]]:
    """What the bell says of clocks, in order: (action, user name)."""
    names = {actor.id: name for name, actor in company.people.items()}
    statement = sa.select(Notification).where(Notification.kind == NoticeKind.clock).order_by(Notification.id)
    lines = [(line.action, names[line.user_id]) for line in company.session.scalars(statement)]
    return [line for line in lines if action in (None, line[0])]


def runs(company: Company) -> list[ClockRun]:
    return list(company.session.scalars(sa.select(ClockRun).order_by(ClockRun.id)))


def swept(company: Company, when: str) -> tuple[int, int]:
    found_by = sweep_clocks(company.context("system", when))
    return found_by.told, found_by.breached


def test_entry_when_a_weekend_passes_then_told_at_four_points_each_once_and_explained(company: Company) -> None:
    with company.act("oc_li", "2026-11-27 18:30") as ctx:
        item = receive(ctx, {"channel": Channel.email, "customer_name": "周建国", "content": "书柜"})
    assert swept(company, "2026-11-28 13:41") == (0, 0)
    # Row 1: 80 % of 24 hours.
    assert swept(company, "2026-11-28 13:42") == (3, 0)
    assert swept(company, "2026-11-28 13:50") == (0, 0)
    assert {who for _, who in told(company, "inbox_item.E1.80")} == ENTRY
    # Row 2: Saturday counts.
    assert swept(company, "2026-11-28 18:31") == (3, 1)
    assert {who for _, who in told(company, "inbox_item.E1.100")} == ENTRY
    # Row 3: 150 and 200 %.
    assert swept(company, "2026-11-29 06:31") == (1, 0)
    assert swept(company, "2026-11-29 18:31") == (1, 0)
    assert told(company)[-2:] == [("inbox_item.E1.150", "oc_zhao"), ("inbox_item.E1.200", "cm_zhang")]
    (run,) = runs(company)
    assert (run.state, run.due_at, run.owner_department) == (
        ClockRunState.breached,
        moment("2026-11-28 18:30"),
        ClockOwner.order_center,
    )
    # Row 4: the order carries the same hours on; nobody is told a second time.
    with company.act("oc_li", "2026-11-30 09:00"):
        customer = person(company.session)
    company.fire(
        "oc_li", "2026-11-30 09:00", item, "enter", customer_id=customer.id, order_type="retail",
        requested_on="2026-12-20",
    )  # fmt: skip
    before = len(told(company))
    swept(company, "2026-11-30 09:05")
    (run,) = runs(company)
    order = company.session.get_one(Order, item.order_id)
    assert (run.entity, run.entity_id, run.record_no, len(told(company))) == ("order", order.id, order.order_no, before)
    complete(company, order)
    with pytest.raises(ValidationFailedError):
        company.fire("oc_li", "2026-11-30 09:10", order, "submit")
    company.fire("oc_li", "2026-11-30 09:10", order, "submit", late_reason="holiday")
    company.session.refresh(run)
    assert (run.state, run.reason) == (ClockRunState.explained, LateReason.holiday)
    swept(company, "2026-11-30 09:20")
    company.session.refresh(run)
    assert (run.stopped_at, len(runs(company))) == (moment("2026-11-30 09:10"), 1)


def complete(company: Company, order: Order) -> None:
    """What an order needs before it is submitted."""
    with company.act("oc_li", "2026-11-30 09:08") as ctx:
        made = article(company, Goods("BKC-CUST-01", 1, 1200, SupplyMode.custom))
        add_line(ctx, {"order_id": order.id, "product_id": made.id, "qty_ordered": 1})
        where = {"receiver_name": "周建国", "receiver_phone": "13800005621", "ship_province": "浙江省"}
        change_order(ctx, order, {**where, "ship_city": "杭州", "ship_address": "文三路 1 号"})


def test_clock_when_stopped_in_time_then_kept_and_nobody_more_is_told(company: Company) -> None:
    with company.act("oc_li", "2026-11-27 08:00") as ctx:
        item = receive(ctx, {"channel": Channel.email, "customer_name": "周建国", "content": "书柜"})
    swept(company, "2026-11-28 07:00")
    company.fire("oc_li", "2026-11-28 07:30", item, "discard", reason="广告")
    assert swept(company, "2026-11-28 09:00") == (0, 0)
    (run,) = runs(company)
    assert (run.state, run.told_pct, run.stopped_at) == (ClockRunState.kept, 80, moment("2026-11-28 07:30"))


def test_clock_when_it_stopped_late_between_two_sweeps_then_still_missed(company: Company) -> None:
    with company.act("oc_li", "2026-11-27 08:00") as ctx:
        item = receive(ctx, {"channel": Channel.email, "customer_name": "周建国", "content": "书柜"})
    company.fire("oc_li", "2026-11-28 08:30", item, "discard", reason="广告")
    assert swept(company, "2026-11-28 09:00") == (3, 1)
    (run,) = runs(company)
    assert (run.state, {action for action, _ in told(company)}) == (ClockRunState.breached, {"inbox_item.E1.100"})
    assert swept(company, "2026-11-28 09:10") == (0, 0)


def test_breach_when_explained_then_by_the_department_that_kept_the_clock(company: Company) -> None:
    with company.act("oc_li", "2026-11-27 08:00") as ctx:
        receive(ctx, {"channel": Channel.email, "customer_name": "周建国", "content": "书柜"})
    swept(company, "2026-11-28 09:00")
    (run,) = runs(company)
    assert refusal(company, "lg_gao", "2026-11-28 10:00", run, "explain", reason="human") == "other_department"
    with pytest.raises(ValidationFailedError):
        company.fire("oc_zhao", "2026-11-28 10:00", run, "explain")
    company.fire("oc_zhao", "2026-11-28 10:00", run, "explain", reason="human", note="值班表有误")
    assert (run.state, run.reason, run.explained_at) == (
        ClockRunState.explained,
        LateReason.human,
        moment("2026-11-28 10:00"),
    )


def test_major_exception_when_late_then_the_chair_is_told_at_once(company: Company) -> None:
    with company.act("oc_li", "2026-11-27 10:00") as ctx:
        values = {"description": "泄露", "is_data_leak": True, "owner_department": Department.logistics}
        case = open_case(ctx, values)
    swept(company, "2026-11-27 11:01")
    late = {who for _, who in told(company, "exception_case.X1.100")}
    assert late == {"lg_liu", "lg_xu", "lg_gao", "cm_zhang"}
    # The one who took it is told in the place of all.
    company.fire("lg_liu", "2026-11-27 11:10", case, "answer")
    swept(company, "2026-11-29 00:30")
    assert [who for _, who in told(company, "exception_case.X2.80")] == ["lg_liu"]


def test_sweep_when_there_are_more_records_then_as_many_statements(company: Company, engine_statements: Any) -> None:
    def entered(count: int) -> int:
        with company.act("oc_li", "2026-11-27 08:00") as ctx:
            for number in range(count):
                receive(ctx, {"channel": Channel.email, "customer_name": "周建国", "content": f"书柜 {number}"})
        swept(company, "2026-11-27 08:01")
        with engine_statements() as seen:
            swept(company, "2026-11-27 08:02")
        return len(seen)

    assert entered(1) == entered(5)


@pytest.fixture
def engine_statements(session: Session) -> Any:
    return lambda: statements(session.get_bind())


def test_promise_when_missed_then_one_case_a_line_and_its_level_grows(company: Company) -> None:
    order = inspected(company, Goods("CHR-NORD-01", 4), Goods("TBL-NORD-1600", 1))
    assert sweep_promises(company.context("system", "2026-12-08 23:00")) == 0
    assert sweep_promises(company.context("system", "2026-12-09 06:00")) == 2
    assert sweep_promises(company.context("system", "2026-12-10 06:00")) == 0

    def levels() -> list[tuple[ExceptionLevel, int, Department]]:
        found_cases = company.session.scalars(sa.select(ExceptionCase).order_by(ExceptionCase.id))
        return [(case.level, case.delay_days, case.owner_department) for case in found_cases]

    assert levels() == [(ExceptionLevel.l1, 1, Department.logistics)] * 2
    sweep_promises(company.context("system", "2026-12-12 06:00"))
    assert levels() == [(ExceptionLevel.l2, 4, Department.logistics)] * 2
    sweep_promises(company.context("system", "2026-12-19 06:00"))
    assert levels() == [(ExceptionLevel.l3, 11, Department.logistics)] * 2
    assert order.state is OrderState.ready_to_ship


def test_promise_when_a_new_one_is_missed_as_well_then_another_case(company: Company) -> None:
    order = inspected(company, Goods("CHR-NORD-01", 4))
    sweep_promises(company.context("system", "2026-12-09 06:00"))
    (first,) = company.session.scalars(sa.select(ExceptionCase)).all()
    applied(company, order, promised_on=date(2026, 12, 15))
    # While the first is settled the line has its case.
    assert sweep_promises(company.context("system", "2026-12-16 06:00")) == 0
    company.fire("lg_gao", "2026-12-16 08:00", first, "answer")
    company.fire("lg_gao", "2026-12-16 08:00", first, "void", reason="新日期已约定")
    assert sweep_promises(company.context("system", "2026-12-17 06:00")) == 1
    assert sweep_promises(company.context("system", "2026-12-18 06:00")) == 0
    cases = company.session.scalars(sa.select(ExceptionCase).order_by(ExceptionCase.id)).all()
    assert [case.delay_days for case in cases] == [1, 2]


def test_promise_when_nothing_is_inspected_then_production_owns_the_delay(company: Company) -> None:
    confirmed(company, Goods("HDB-HOTEL-18", 2, 2300, SupplyMode.custom))
    sweep_promises(company.context("system", "2026-12-09 06:00"))
    (case,) = company.session.scalars(sa.select(ExceptionCase)).all()
    assert case.owner_department is Department.production


def test_coordination_when_decided_then_owner_and_day_are_named_and_the_chair_hears_of_the_delay(
    company: Company,
) -> None:
    """Clause 6(2)."""
    values = {"against_department": Department.logistics, "subject": "装车延误", "description": "三次未按时装车"}
    with company.act("pd_he", "2026-11-24 10:00") as ctx:
        item = raise_item(ctx, values)
    assert (item.item_no, item.raised_department) == ("CO-20261124-0001", Department.production)
    decision = {"decision": "每日核对", "owner_id": company.people["lg_gao"].id, "due_on": "2026-11-27"}
    assert refusal(company, "pd_he", "2026-11-25 10:00", item, "decide", **decision) == "separation_of_duties"
    with pytest.raises(ValidationFailedError):
        company.fire("cm_zhang", "2026-11-25 10:00", item, "decide", **{**decision, "due_on": "2026-11-24"})
    company.fire("cm_zhang", "2026-11-25 10:00", item, "decide", **decision, minutes_no="HY-2026-11")
    with company.act("system", "2026-11-27 23:00") as ctx:
        assert tell_overdue(ctx) == 0
    with company.act("system", "2026-11-28 06:00") as ctx:
        assert tell_overdue(ctx) == 1
    with company.act("system", "2026-11-28 07:00") as ctx:
        assert tell_overdue(ctx) == 0
    assert sorted(told(company)) == [("coordination_item.due", "cm_zhang"), ("coordination_item.due", "lg_gao")]
    assert refusal(company, "pd_he", "2026-11-28 10:00", item, "finish", outcome="好") == "not_owner"
    company.fire("lg_gao", "2026-11-28 10:00", item, "finish", outcome="已落实")
    assert item.state is CoordinationState.done


def test_coordination_when_raised_wrongly_then_refused_and_withdrawn_by_its_own_department(company: Company) -> None:
    values = {"against_department": Department.logistics, "subject": "装车", "description": "延误"}
    with pytest.raises(ValidationFailedError), company.act("lg_gao", "2026-11-24 10:00") as ctx:
        raise_item(ctx, values)
    with pytest.raises(PermissionDeniedError), company.act("cm_zhang", "2026-11-24 10:00") as ctx:
        raise_item(ctx, values)
    with company.act("pd_he", "2026-11-24 10:00") as ctx:
        item = raise_item(ctx, values)
    assert refusal(company, "lg_gao", "2026-11-24 11:00", item, "withdraw", reason="x") == "other_department"
    with company.act("pd_he", "2026-11-24 11:00") as ctx:
        fire(ctx, item, "withdraw", {"reason": "已解决"})
    assert item.state is CoordinationState.withdrawn
