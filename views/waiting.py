"""The one desk: everything that waits for this person's decision, the most urgent first, decided without leaving it.

Which records wait follows from the workflows: steps that another may not take for himself (separation of duties), open
in the record's state, permitted to the person, and not barred by what he did himself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import render_template
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from app.kernel import duties
from app.kernel.clocks import calendar_exceptions
from app.kernel.context import Context
from app.kernel.fields import Access, access
from app.kernel.journal import state_column
from app.kernel.workflow import Step, Workflow
from app.security.wording import listed
from app.services.approval.queries import waits_for
from models.approval import Approval, ApprovalOpinion, ApprovalVote
from models.labels import ApprovalState, VoteDecision, label_of
from models.order import Order
from models.order_line import OrderLine
from models.parameter_change import ParameterChange
from views.adapter import login_needed
from views.approval import ApprovalView, considered
from views.base import ENTITIES, EntityDeclaration
from views.context import web_context
from views.display import moment, money, number, record_text, state_of
from views.forms import new_token
from views.home import QUIET_TONES, about, due
from views.words import said

URGENCY = ("danger", "warning", "info", "neutral")
# Of one table; the list behind has the others.
ROWS = 20
LINES, EARLIER = 6, 3
DECIDED = (ApprovalState.approved, ApprovalState.rejected, ApprovalState.expired)


class WaitingView(BaseView):
    """What waits for who is signed in; each finds only what he may decide."""

    route_base = "/waiting"
    default_view = "index"
    base_permissions: list[str] = []

    @expose("/")
    def index(self) -> Any:
        """Approvals with all that is needed to vote, then everything else that another may not decide alone."""
        if (answer := login_needed()) is not None:
            return answer
        ctx = web_context()
        return render_template(
            "zhidan/waiting.html",
            title=_("Waiting for me"),
            subtitle=_("Decisions that only you and your colleagues can take, the most urgent first."),
            approvals=approvals(ctx),
            decisions=decisions(ctx),
            back=f"{self.route_base}/",
        )


def approvals(ctx: Context) -> list[dict[str, Any]]:
    """Pending approvals that wait for the person's vote or opinion, and minutes that are due."""
    if not ApprovalView.may(ctx.actor, "list"):
        return []
    found = _pending(ctx)
    workflow = ApprovalView.workflow()
    vote = workflow.step("vote") if workflow else None
    rules = list(vote.not_by) if vote else []
    bound = duties.broken_each(ctx, [(record, rules) for record in found])
    earlier = _earlier(ctx, found)
    cards = [
        _card(ctx, record, is_bound=bool(held), earlier=earlier)
        for record, held in zip(found, bound, strict=True)
        if not held or _opinions(ctx, record)
    ]
    return sorted(cards, key=lambda card: card["sort"])


def _pending(ctx: Context) -> Sequence[Approval]:
    """The first of the list's scope to which the person has something to say."""
    minutes = sa.and_(Approval.minutes_due_at.is_not(None), Approval.minutes_at.is_(None))
    open_ones = waits_for(ctx)
    statement = (
        sa.select(Approval)
        .where(sa.or_(open_ones, minutes) if ctx.actor.may("approval.minutes") else open_ones)
        .where(ApprovalView.scope(ctx.actor) if ApprovalView.scope is not None else sa.true())
        .order_by(Approval.due_at, Approval.id)
        .limit(ROWS)
        .options(
            joinedload(Approval.submitted_by),
            selectinload(Approval.order).joinedload(Order.customer),
            selectinload(Approval.order).selectinload(Order.lines).joinedload(OrderLine.product),
            selectinload(Approval.votes).joinedload(ApprovalVote.member),
            selectinload(Approval.opinions).joinedload(ApprovalOpinion.given_by),
        )
    )
    return ctx.session.scalars(statement).unique().all()


def _opinions(ctx: Context, approval: Approval) -> list[ApprovalOpinion]:
    if not ctx.actor.may("approval.opine") or approval.state is not ApprovalState.pending:
        return []
    return [said for said in approval.opinions if said.given_at is None and said.asked_of in ctx.actor.roles]


def _earlier(ctx: Context, found: Iterable[Approval]) -> dict[int, list[Approval]]:
    """What was decided before on orders of the same customers: one statement for all."""
    customers = {record.order.customer_id for record in found if record.order is not None}
    if not customers:
        return {}
    statement = (
        sa.select(Approval)
        .join(Order, Order.id == Approval.order_id)
        .where(Order.customer_id.in_(customers), Approval.state.in_(DECIDED))
        .where(ApprovalView.scope(ctx.actor) if ApprovalView.scope is not None else sa.true())
        .order_by(Approval.id.desc())
        .limit(ROWS * EARLIER)
        .options(joinedload(Approval.order))
    )
    by_customer: dict[int, list[Approval]] = {}
    for record in ctx.session.scalars(statement).unique():
        if record.order is not None:
            by_customer.setdefault(record.order.customer_id, []).append(record)
    return by_customer


def _card(ctx: Context, record: Approval, *, is_bound: bool, earlier: dict[int, list[Approval]]) -> dict[str, Any]:
    order = record.order
    is_open = record.state is ApprovalState.pending
    ends = record.due_at if is_open else record.minutes_due_at or record.due_at
    missing = [str(label_of(said.asked_of)) for said in record.opinions if said.given_at is None]
    asked = _opinions(ctx, record)
    voted = {vote.member_id for vote in record.votes} & ctx.actor.persons
    votes = is_open and ctx.actor.may("approval.vote") and not is_bound and not voted
    sees_prices = access(ctx.actor, Approval, "amount") is Access.full
    return {
        "title": str(record),
        "url": ApprovalView.show_url(record.id),
        "kind": str(label_of(record.kind)),
        "is_rush": record.is_rush,
        "whom": f"{order} · {record_text(ctx.actor, order.customer)}" if order is not None else "",
        "order_url": ENTITIES["order"].show_url(order.id)
        if order is not None and ctx.actor.may("order.show")
        else None,
        "amount": f"¥{money(record.amount)}" if sees_prices and record.amount else None,
        "summary": said(Approval, "summary", record.summary),
        "due": _due(ctx.now, record.submitted_at, ends),
        "sort": (ctx.now < ends, ends),
        "facts": considered(ctx, record, "")["facts"],
        "lines": [_line(ctx, line) for line in order.lines[:LINES]] if order is not None else [],
        "more_lines": max(len(order.lines) - LINES, 0) if order is not None else 0,
        "earlier": [_before(ctx, each) for each in earlier.get(order.customer_id, [])[:EARLIER]] if order else [],
        "missing": listed(missing) if votes and missing else None,
        "vote_url": ApprovalView.url("step", pk=record.id, step="vote") if votes and not missing else None,
        "choices": [(word.value, str(label_of(word))) for word in (VoteDecision.approve, VoteDecision.reject)],
        "abstain_url": ApprovalView.url("step", pk=record.id, step="abstain") if votes and ctx.now < ends else None,
        "opine_url": ApprovalView.url("step", pk=record.id, step="opine") if asked else None,
        "asked": listed(str(label_of(said.asked_of)) for said in asked),
        "minutes_url": None if is_open else ApprovalView.url("step", pk=record.id, step="write_minutes"),
        "hidden": {"version": record.version, "token": new_token()},
        "id": record.id,
    }


def _due(now: datetime, began: datetime, ends: datetime) -> dict[str, str]:
    if ends <= now:
        return {"text": _("late since %(moment)s", moment=moment(ends)), "tone": "danger"}
    used = (now - began) / (ends - began) if ends > began else 1.0
    return {"text": _("due %(moment)s", moment=moment(ends)), "tone": "warning" if used >= 0.8 else "info"}  # noqa: PLR2004


def _line(ctx: Context, line: OrderLine) -> str:
    text = f"{line.product.name} × {number(line.qty_net)}"
    return f"{text} · {money(line.line_amount)}" if access(ctx.actor, OrderLine, "line_amount") is Access.full else text


def _before(ctx: Context, record: Approval) -> dict[str, Any]:
    sees = access(ctx.actor, Approval, "amount") is Access.full
    return {
        "text": f"{record} · {record_text(ctx.actor, record.order)}" + (f" · {money(record.amount)}" if sees else ""),
        "url": ApprovalView.show_url(record.id),
        "state": state_of(record),
    }


def decisions(ctx: Context) -> list[dict[str, Any]]:
    """Records of other tables that wait for a step which separation of duties guards: one statement a table."""
    waiting: list[tuple[type[EntityDeclaration], Any, list[Step]]] = []
    for view in ENTITIES.values():
        workflow = view.workflow()
        if workflow is None or view is ApprovalView or not view.may(ctx.actor, "list"):
            continue
        steps = [step for step in workflow.steps if is_decision(ctx, workflow, step)]
        if not steps:
            continue
        found = _records(ctx, view, {state for step in steps for state in step.sources})
        waiting += [(view, record, [step for step in steps if record.state in step.sources]) for record in found]
    asked = [
        (record, [duty for step in steps for duty in duties.applying(step.not_by, None)])
        for _view, record, steps in waiting
    ]
    bound = duties.broken_each(ctx, asked)
    exceptions = calendar_exceptions(ctx) if waiting else {}
    rows = []
    for (view, record, steps), held in zip(waiting, bound, strict=True):
        free = [step for step in steps if not held & set(step.not_by)]
        if free:
            rows.append(_row(ctx, view, record, free, due(ctx, view, record, exceptions)))
    return sorted(rows, key=lambda row: (URGENCY.index(row["due"]["tone"]), row["since"]))


def is_decision(ctx: Context, workflow: Workflow, step: Step) -> bool:
    """Whether a step decides on another's work, and the person may take it."""
    leads_on = bool(step.not_by) and step.is_offered and step.tone not in QUIET_TONES
    return leads_on and step.permission is not None and ctx.actor.may(workflow.permission(step))


def _records(ctx: Context, view: type[EntityDeclaration], states: Iterable[Any]) -> Sequence[Any]:
    model = view.model()
    statement = sa.select(model).where(getattr(model, state_column(model) or "state").in_(sorted(states)))
    if view.scope is not None:
        statement = statement.where(view.scope(ctx.actor))
    relations = sa.inspect(model).relationships
    for name in ("customer", "order", "product", "parameter", "role", "user"):
        if name in relations and not relations[name].uselist:
            statement = statement.options(joinedload(getattr(model, name)))
    if "order_line" in relations:
        statement = statement.options(joinedload(model.order_line).joinedload(OrderLine.product))
    return ctx.session.scalars(statement.order_by(model.state_since, model.id).limit(ROWS)).unique().all()


def _what(ctx: Context, record: Any) -> str:
    """What is decided on, as far as the person sees it in full: the money, or the value before and after."""
    if isinstance(record, ParameterChange):
        return f"{record.old_value} → {record.new_value}"
    amount = getattr(record, "amount", None)
    return f"¥{money(amount)}" if amount and access(ctx.actor, type(record), "amount") is Access.full else ""


def _row(
    ctx: Context, view: type[EntityDeclaration], record: Any, steps: list[Step], when: dict[str, str]
) -> dict[str, Any]:
    return {
        "number": str(record),
        "url": view.show_url(record.id),
        "kind": str(view.model().__label__),
        "text": " · ".join(filter(None, (about(ctx, record), _what(ctx, record)))),
        "state": state_of(record),
        "due": when,
        "since": record.state_since,
        "steps": [
            {"label": str(step.label), "url": view.url("step", pk=record.id, step=step.name, back="/waiting/")}
            if step.asks
            else {
                "label": str(step.label),
                "post": view.url("step", pk=record.id, step=step.name),
                "hidden": {"version": record.version, "token": new_token(), "back": "/waiting/"},
            }
            for step in steps
        ],
    }
