"""What goes wrong in the demo company and between its departments (clauses 4 to 7, 10(5), 13(3))."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app

from app.cli.demo_duties import take
from app.cli.demo_story import Company
from app.kernel.context import local_day
from app.kernel.unit_of_work import unit_of_work
from app.services.coordination.actions import raise_item
from app.services.customer.actions import create_customer
from app.services.customer.merge import request_merge
from app.services.letter.links import Keys, issue
from models.customer import Customer
from models.exception import ExceptionCase
from models.labels import Channel, CustomerKind, LetterState
from models.labels_exception import Department
from models.letter import ConfirmationLetter
from models.order import Order

# Who handles the exceptions of a department, and who decides on the plan.
HANDLERS = {
    Department.logistics: ("lg_liu", "lg_gao"),
    Department.customer_service: ("cs_ma", "cs_huang"),
}
# Hours after the case was opened; the last ones only where they lie in the past.
COURSE: tuple[tuple[int, int, str, dict[str, Any]], ...] = (
    (1, 0, "answer", {"note": "已电话联系客户，致歉并约定回复时间"}),
    (20, 0, "plan", {"cause": "搬运时磕碰", "plan": "上门修复，必要时补件", "cost_amount": "180"}),
    (28, 1, "approve", {}),
    (70, 0, "resolve", {"resolution": "已修复，客户满意", "prevention": "加厚护角，装车前拍照"}),
    (94, 1, "close", {}),
)


def arrange_matters(company: Company) -> None:
    """As it stands now."""
    *earlier, last = company.session.scalars(sa.select(ExceptionCase).order_by(ExceptionCase.created_at)).all()
    for case in earlier:
        handle(company, case, COURSE)
    # The plan of the last one waits for the head of its department.
    handle(company, last, COURSE[:2])
    coordinate(company)
    add_twin(company)
    send_link(company)


def handle(company: Company, case: ExceptionCase, course: Sequence[tuple[int, int, str, dict[str, Any]]]) -> None:
    """The owning department takes a case as far as there was time."""
    people = HANDLERS.get(case.owner_department)
    if people is None:
        return
    for hours, place, step, data in course:
        at = case.created_at + timedelta(hours=hours)
        if at > company.now:
            return
        take(company, at, people[place], case, step, **data)


def coordinate(company: Company) -> None:
    """One matter that was decided, one that waits for the committee. Clause 6(2)."""
    order = company.session.scalars(sa.select(Order).order_by(Order.id.desc()).limit(1)).one()
    past = company.now - timedelta(days=6)
    decided = _raise(company, past, "lg_gao", Department.production, "成品下线时间与提货时间不一致", None)
    data: dict[str, Any] = {
        "decision": "生产每天 16:00 前确认次日下线清单",
        "owner_id": company.people["pd_he"].id,
        "due_on": (local_day(company.now) + timedelta(days=3)).isoformat(),
    }
    take(company, past + timedelta(days=1), "cm_zhang", decided, "decide", **data)
    _raise(
        company, company.now - timedelta(hours=20), "cs_huang", Department.logistics, "送货时间未提前通知安装组", order
    )


def _raise(company: Company, at: datetime, who: str, against: Department, subject: str, order: Order | None) -> Any:
    with unit_of_work(company.context(who, at)) as ctx:
        values = {"against_department": against, "subject": subject, "description": f"{subject}，已发生两次，请协调。"}
        return raise_item(ctx, {**values, "order_id": order.id if order else None})


def add_twin(company: Company) -> None:
    """A customer who called was entered a second time; a colleague is asked to merge the two files. Clause 10(5)."""
    statement = sa.select(Customer).where(Customer.kind == CustomerKind.person).order_by(Customer.id.desc()).limit(1)
    known = company.session.scalars(statement).one()
    with unit_of_work(company.context("cs_ma", company.now - timedelta(days=2))) as ctx:
        values: dict[str, Any] = {
            "kind": known.kind,
            "name": known.name,
            "city": known.city,
            "province": known.province,
        }
        twin = create_customer(ctx, {**values, "phone": "13800001234", "source_channel": Channel.phone})
    with unit_of_work(company.context("cs_ma", company.now - timedelta(days=1))) as ctx:
        reason = "同一客户来电重复建档，已电话核实"
        request_merge(ctx, {"source_id": twin.id, "target_id": known.id, "take_phone": True, "reason": reason})


def send_link(company: Company) -> None:
    """The newest letter that waits for its answer goes to the customer as a link. Clause 13(3)."""
    waiting = sa.select(ConfirmationLetter).where(ConfirmationLetter.state == LetterState.sent)
    letter = company.session.scalars(waiting.order_by(ConfirmationLetter.id.desc()).limit(1)).one()
    keys = Keys(str(current_app.config["LINK_KEY"]))
    with unit_of_work(company.context("oc_li", company.now)) as ctx:
        issue(ctx, keys, letter.order, letter)
