"""Production tasks: planned from lines, gated by the letter, reported piece by piece. Clauses 8 and 14(1)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from app.kernel.clocks import readings
from app.kernel.errors import DomainError, NotFoundError, ValidationFailedError
from app.services.production.actions import create_task, plan_task
from models.labels import InspectionState, OrderState, SupplyMode, TaskPriority, TaskState
from models.order import Order
from models.production import ProductionTask
from tests.services.company import Company, found, moment
from tests.services.orders import Goods, confirmed, draft, refusal

D = Decimal
HEADBOARDS = Goods("HDB-HOTEL-18", 24, 2300, SupplyMode.make_to_order)
PLAN = {"planned_start_on": "2026-11-26", "planned_end_on": "2026-12-05", "work_centre": "A1"}
REPORT = {"operation": "assembly", "percent": 50}


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


@pytest.fixture
def order(company: Company) -> Order:
    return confirmed(company, HEADBOARDS)


@pytest.fixture
def task(order: Order) -> ProductionTask:
    (made,) = order.tasks
    return made


def begin(company: Company, task: ProductionTask) -> None:
    company.fire("pd_chen", "2026-11-24 09:00", task, "plan", **PLAN)
    company.fire("pd_chen", "2026-11-24 10:00", task, "release")
    company.fire("pd_chen", "2026-11-26 08:00", task, "start")


def test_task_when_the_letter_is_sent_then_planned_without_price_name_or_phone(
    order: Order, task: ProductionTask
) -> None:
    assert (task.task_no, task.qty, task.state) == ("MO-20261123-0001", D(24), TaskState.planned)
    assert task.planned_end_on == order.promised_on == date(2026, 12, 8)
    assert task.spec["sku_code"] == "HDB-HOTEL-18"
    assert task.spec["customer"] == order.customer.code
    told = str(task.spec)
    assert "2300" not in told
    assert order.customer.name not in told
    assert order.customer.phone not in told


def test_task_when_made_then_walks_to_completion_and_the_order_with_it(
    company: Company, order: Order, task: ProductionTask
) -> None:
    begin(company, task)
    assert order.state is OrderState.in_production
    company.fire("pd_chen", "2026-11-28 18:00", task, "report", qty_done=20, **REPORT)
    company.fire("pd_chen", "2026-12-05 16:00", task, "report", qty_done=4, operation="packing", percent=100)
    company.fire("pd_chen", "2026-12-05 16:05", task, "complete")
    assert (task.state, task.qty_done, task.finished_at) == (TaskState.completed, D(24), moment("2026-12-05 16:05"))
    assert order.lines[0].qty_produced == D(24)
    waiting = [(item.qty_submitted, item.state, item.reported_by_id) for item in order.inspections]
    chen = company.people["pd_chen"].id
    assert waiting == [(D(20), InspectionState.pending, chen), (D(4), InspectionState.pending, chen)]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"planned_start_on": "2026-12-05", "planned_end_on": "2026-11-26"}, "planned_end_on"),
        ({"planned_start_on": "2026-12-05"}, "planned_end_on"),
        ({"planned_end_on": "nonsense", "planned_start_on": "2026-12-05"}, "planned_end_on"),
    ],
)
def test_plan_when_its_dates_are_wrong_then_the_field_is_named(
    company: Company, task: ProductionTask, data: dict[str, str], field: str
) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        company.fire("pd_chen", "2026-11-24 09:00", task, "plan", **data)
    assert list(refused.value.fields) == [field]


def test_plan_when_set_then_its_maker_is_known_and_the_clock_stops(company: Company, task: ProductionTask) -> None:
    company.fire("pd_chen", "2026-11-24 10:00", task, "plan", **PLAN)
    assert (task.planner_id, task.work_centre) == (company.people["pd_chen"].id, "A1")
    reading = {r.clock.code: r for r in readings(company.context("system", "2026-11-25 10:00"), task)}["P1"]
    # 8 office hours from Monday 12:00 (the lunch break does not count) end on Tuesday at 12:00.
    assert (reading.due_at, reading.stopped_at) == (moment("2026-11-24 12:00"), moment("2026-11-24 10:00"))


def test_release_when_not_planned_then_refused(company: Company, task: ProductionTask) -> None:
    assert refusal(company, "pd_chen", "2026-11-24 09:00", task, "release") == "not_planned"


def test_release_when_the_order_is_on_hold_then_refused(company: Company, order: Order, task: ProductionTask) -> None:
    company.fire("pd_chen", "2026-11-24 09:00", task, "plan", **PLAN)
    company.fire("oc_zhao", "2026-11-24 09:10", order, "hold", reason="图纸未签")
    assert refusal(company, "pd_chen", "2026-11-24 09:20", task, "release") == "on_hold"
    company.fire("oc_zhao", "2026-11-24 09:30", order, "resume")
    company.fire("pd_chen", "2026-11-24 09:40", task, "release")
    assert task.state is TaskState.released


def test_task_when_no_letter_was_sent_then_neither_added_nor_released(company: Company) -> None:
    order = draft(company, HEADBOARDS)
    with pytest.raises(DomainError) as refused, company.act("pd_chen", "2026-11-24 09:00") as ctx:
        create_task(ctx, {"order_line_id": order.lines[0].id})
    assert refused.value.reason_code == "not_confirmed"
    with company.act("pd_chen", "2026-11-24 09:00") as ctx:
        task = plan_task(ctx, order.lines[0])
    company.fire("pd_chen", "2026-11-24 09:10", task, "plan", **PLAN)
    assert refusal(company, "pd_chen", "2026-11-24 09:20", task, "release") == "not_confirmed"


def test_task_when_the_line_is_covered_then_no_second_one(company: Company, order: Order) -> None:
    with pytest.raises(DomainError) as refused, company.act("pd_chen", "2026-11-24 09:00") as ctx:
        create_task(ctx, {"order_line_id": order.lines[0].id})
    assert refused.value.reason_code == "nothing_to_make"


def test_task_when_no_line_or_an_unknown_one_is_named_then_refused(company: Company, order: Order) -> None:
    with pytest.raises(ValidationFailedError) as refused, company.act("pd_chen", "2026-11-24 09:00") as ctx:
        create_task(ctx, {"priority": TaskPriority.rush})
    assert list(refused.value.fields) == ["order_line_id"]
    with pytest.raises(NotFoundError), company.act("pd_chen", "2026-11-24 09:00") as ctx:
        create_task(ctx, {"order_line_id": 99999})


def test_task_when_cancelled_then_another_is_added_for_the_same_pieces(
    company: Company, order: Order, task: ProductionTask
) -> None:
    company.fire("pd_he", "2026-11-24 09:00", task, "cancel", reason="改线")
    with company.act("pd_he", "2026-11-24 09:10") as ctx:
        again = create_task(ctx, {"order_line_id": order.lines[0].id, "work_centre": "B2"})
    assert (again.qty, again.work_centre, again.state) == (D(24), "B2", TaskState.planned)


def test_task_when_goods_come_from_stock_then_refused(company: Company) -> None:
    order = confirmed(company, Goods("CHR-NORD-01", 4))
    assert order.tasks == []
    with pytest.raises(DomainError) as refused, company.act("pd_chen", "2026-11-24 09:00") as ctx:
        plan_task(ctx, order.lines[0])
    assert refused.value.reason_code == "from_stock"


def test_report_when_more_than_is_left_then_refused(company: Company, task: ProductionTask) -> None:
    begin(company, task)
    company.fire("pd_chen", "2026-11-28 18:00", task, "report", qty_done=20, **REPORT)
    assert refusal(company, "pd_chen", "2026-11-28 19:00", task, "report", qty_done=5, **REPORT) == "over_task"
    assert (task.qty_done, len(task.reports)) == (D(20), 1)


def test_report_when_progress_falls_then_needs_a_note(company: Company, task: ProductionTask) -> None:
    begin(company, task)
    company.fire("pd_chen", "2026-11-28 18:00", task, "report", qty_done=0, **REPORT)
    less = {"operation": "assembly", "percent": 40, "qty_done": 0}
    assert refusal(company, "pd_chen", "2026-11-29 18:00", task, "report", **less) == "percent_backwards"
    company.fire("pd_chen", "2026-11-29 18:00", task, "report", operation="sanding", percent=10, qty_done=0)
    company.fire("pd_chen", "2026-11-29 18:10", task, "report", note="返工", **less)
    assert [int(report.percent) for report in task.reports] == [50, 10, 40]


def test_report_when_late_then_the_clock_of_the_last_one_is_breached(company: Company, task: ProductionTask) -> None:
    begin(company, task)
    company.fire("pd_chen", "2026-11-27 07:00", task, "report", qty_done=0, **REPORT)
    reading = {r.clock.code: r for r in readings(company.context("system", "2026-11-28 08:00"), task)}["P3"]
    assert (reading.started_at, reading.due_at) == (moment("2026-11-27 07:00"), moment("2026-11-28 07:00"))
    assert reading.used == timedelta(hours=25)
    assert reading.is_breached(moment("2026-11-28 08:00"))


@pytest.mark.parametrize(("field", "value"), [("qty_done", -1), ("qty_done", "NaN"), ("percent", 101)])
def test_report_when_a_number_is_impossible_then_the_field_is_named(
    company: Company, task: ProductionTask, field: str, value: object
) -> None:
    begin(company, task)
    with pytest.raises(ValidationFailedError) as refused:
        company.fire("pd_chen", "2026-11-28 18:00", task, "report", **{"qty_done": 1, **REPORT, field: value})
    assert list(refused.value.fields) == [field]


def test_task_when_pieces_are_missing_then_not_completed(company: Company, task: ProductionTask) -> None:
    begin(company, task)
    company.fire("pd_chen", "2026-11-28 18:00", task, "report", qty_done=23, **REPORT)
    assert refusal(company, "pd_chen", "2026-11-28 19:00", task, "complete") == "not_finished"


def test_task_when_paused_then_nothing_is_reported_until_it_resumes(company: Company, task: ProductionTask) -> None:
    begin(company, task)
    company.fire("pd_chen", "2026-11-27 08:00", task, "pause", reason="缺料")
    assert refusal(company, "pd_chen", "2026-11-27 09:00", task, "report", qty_done=1, **REPORT) == "step_not_open"
    company.fire("pd_chen", "2026-11-27 10:00", task, "resume")
    assert (task.state, task.started_at) == (TaskState.in_progress, moment("2026-11-26 08:00"))
