"""The first page: a department's own open work, oldest first, from the steps its people may fire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import render_template
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.kernel.calendar import due_at
from app.kernel.clocks import calendar_exceptions, hours_of
from app.kernel.context import Actor, Context, local_midnight
from app.kernel.fields import present
from app.kernel.journal import state_column
from app.kernel.listing import COUNT_CAP
from app.kernel.workflow import Clock, Step, Workflow
from app.security import scopes
from app.security.departments import in_order, label_of_role
from models.access import RightsChange
from models.clock_run import ClockRun
from models.delegation import Delegation
from models.journal import Journal
from models.labels import label_of
from models.order_line import OrderLine
from models.parameter_change import ParameterChange
from views.adapter import OpenIndexView, login_needed
from views.base import ENTITIES, EntityDeclaration
from views.charts import home_charts
from views.context import web_context
from views.display import add_text, moment, name_of, record_text
from views.shell import ask_for_demo
from views.tour import tour
from views.words import act_of, declared_step

ROWS = 5
MOST_NUMBERS = 6
URGENCY = ("danger", "warning", "info", "neutral")
# What has no customer and no order is told by these.
NAMED: Mapping[type[Any], tuple[str, ...]] = {
    Delegation: ("giver", "deputy"),
    ParameterChange: ("parameter",),
    RightsChange: ("role", "user"),
}
# Whom the rows wait for, where a person sees more of them than he may act on.
MINE: Mapping[type[Any], Callable[[Actor], scopes.Clause]] = {ClockRun: scopes.is_my_clock}
QUIET_TONES = frozenset({"neutral", "danger"})


class HomeView(OpenIndexView):
    """Open work of who is signed in; the login for everybody else."""

    @expose("/")
    def index(self) -> Any:
        """The cards of the actor's open work."""
        if (answer := login_needed()) is not None:
            return answer
        ctx = web_context()
        ask_for_demo(ctx.session)
        roles = [str(label_of_role(code)) for code in in_order(ctx.actor.departments)]
        return render_template(
            "zhidan/home.html",
            title=_("My work"),
            subtitle=" · ".join(roles) or None,
            cards=cards(ctx),
            week=week(ctx),
            actions=actions(ctx),
            charts=home_charts(ctx.actor),
            tour=tour(ctx.actor),
        )


def week(ctx: Context) -> list[dict[str, Any]]:
    """What the person has done since Monday, by act, the most frequent first: one statement over his own entries."""
    monday = local_midnight(ctx.today - timedelta(days=ctx.today.weekday()))
    # Lines, plans and allocations come along with what has a workflow of its own.
    with_a_way = [name for name, view in ENTITIES.items() if view.workflow() is not None]
    count = sa.func.count()
    statement = (
        sa.select(Journal.entity, Journal.action, count)
        .where(Journal.actor_id == ctx.actor.id, Journal.at >= monday, Journal.entity.in_(with_a_way))
        .group_by(Journal.entity, Journal.action)
        .order_by(count.desc(), Journal.action)
    )
    done = [
        {"label": f"{ENTITIES[entity].model().__label__} · {act_of(entity, action)}", "value": f"{times:,}"}
        for entity, action, times in ctx.session.execute(statement)
        if action.endswith(".add") or declared_step(entity, action.rpartition(".")[2]) is not None
    ]
    return done[:MOST_NUMBERS]


def actions(ctx: Context) -> list[dict[str, str]]:
    """The one or two things that are begun here most."""
    wanted = ("order", "inbox_item", "service_ticket", "payment")
    return [
        {
            "label": add_text(view.model()),
            "url": view.url("add"),
            "icon": "fa-plus",
            "tone": "primary" if name == "order" else "default",
        }
        for name in wanted
        if (view := ENTITIES.get(name)) is not None and view.may_add(ctx.actor)
    ]


def open_states(ctx: Context, view: type[EntityDeclaration]) -> list[Any]:
    """The states in which the actor's own next steps start: what waits for him."""
    workflow = view.workflow()
    if workflow is None or not view.may(ctx.actor, "list"):
        return []
    mine = {state for state, right in view.awaits.items() if ctx.actor.may(right)}
    mine |= {
        state
        for state in workflow.states
        if state not in workflow.final and any(_leads_on(ctx, workflow, step) for step in workflow.steps_from(state))
    }
    return [state for state in workflow.states if state in mine]


def _leads_on(ctx: Context, workflow: Workflow, step: Step) -> bool:
    return step.tone not in QUIET_TONES and bool(step.permission) and ctx.actor.may(workflow.permission(step))


def cards(ctx: Context) -> list[dict[str, Any]]:
    """One card for each table and state with work for the actor: one statement each, the most urgent first."""
    exceptions: dict[date, bool] | None = None
    found = []
    for view in ENTITIES.values():
        for state in open_states(ctx, view):
            count, records = _work(ctx, view, state)
            if not records:
                continue
            if exceptions is None:
                exceptions = calendar_exceptions(ctx)
            rows = [_row(ctx, view, record, exceptions) for record in records]
            found.append(
                {
                    "title": f"{view.model().__label_plural__} · {label_of(state)}",
                    "count": count if count <= COUNT_CAP else f"{COUNT_CAP:,}+",
                    "url": view.url("list", state=str(state), sort="state_since")
                    if "state_since" in view.order_columns
                    else view.url("list", state=str(state)),
                    "rows": rows,
                }
            )
    return sorted(found, key=lambda card: URGENCY.index(card["rows"][0]["due"]["tone"]))


def waiting(ctx: Context) -> dict[str, dict[str, Any]]:
    """How much waits in each table, in one statement: the counts of the cards, summed up by table."""
    parts = []
    for view in ENTITIES.values():
        states = open_states(ctx, view)
        if not states:
            continue
        model = view.model()
        where = [getattr(model, state_column(model) or "state").in_(states), *_rows_of(ctx, view)]
        capped = sa.select(sa.literal(1)).select_from(model).where(*where).limit(COUNT_CAP + 1).subquery()
        count = sa.select(sa.func.count()).select_from(capped).scalar_subquery()
        parts.append(sa.select(sa.literal(view.entity()).label("entity"), count.label("count")))
    rows = ctx.session.execute(sa.union_all(*parts)) if parts else ()
    return {
        name: {"count": count, "text": str(count) if count <= COUNT_CAP else f"{COUNT_CAP:,}+"}
        for name, count in rows
        if count
    }


def _rows_of(ctx: Context, view: type[EntityDeclaration]) -> list[scopes.Clause]:
    """The rows that the person sees, and of these the ones that are his to act on."""
    rules = [rule for rule in (view.scope, MINE.get(view.model())) if rule is not None]
    return [rule(ctx.actor) for rule in rules]


def _work(ctx: Context, view: type[EntityDeclaration], state: Any) -> tuple[int, list[Any]]:
    model = view.model()
    where = [getattr(model, state_column(model) or "state") == state, *_rows_of(ctx, view)]
    capped = sa.select(sa.literal(1)).select_from(model).where(*where).limit(COUNT_CAP + 1).subquery()
    count = sa.select(sa.func.count()).select_from(capped).scalar_subquery()
    statement = sa.select(model, count).where(*where).order_by(model.state_since, model.id).limit(ROWS)
    if "customer" in sa.inspect(model).relationships:
        statement = statement.options(sa.orm.joinedload(model.customer))
    elif "order" in sa.inspect(model).relationships:
        statement = statement.options(sa.orm.joinedload(model.order))
    if "order_line" in sa.inspect(model).relationships:
        statement = statement.options(sa.orm.joinedload(model.order_line).joinedload(OrderLine.product))
    rows = ctx.session.execute(statement).unique().all()
    return (rows[0][1], [row[0] for row in rows]) if rows else (0, [])


def _row(ctx: Context, view: type[EntityDeclaration], record: Any, exceptions: Mapping[date, bool]) -> dict[str, Any]:
    return {
        "number": str(record),
        "url": view.url("show", pk=record.id),
        "text": about(ctx, record),
        "due": due(ctx, view, record, exceptions),
    }


def about(ctx: Context, record: Any) -> str:
    """What tells one row from the next: the customer, or the order and its goods, or the name as it was received."""
    named = [getattr(record, name) for name in NAMED.get(type(record), ())]
    if texts := [record_text(ctx.actor, found) for found in named if found is not None]:
        return " → ".join(texts)
    whom = getattr(record, "customer", None) or getattr(record, "order", None)
    if whom is None:
        name = getattr(record, "customer_name", None)
        return str(present(ctx.actor, type(record), "customer_name", name, record) or "") if name else ""
    line = getattr(record, "order_line", None)
    goods = name_of(ctx.actor, line.product) if line is not None else None
    return " · ".join(filter(None, (record_text(ctx.actor, whom), goods)))


def due(ctx: Context, view: type[EntityDeclaration], record: Any, exceptions: Mapping[date, bool]) -> dict[str, str]:
    """When the clock of the present state ends; how long the record has waited where none runs."""
    workflow = view.workflow()
    clock = clock_of_state(workflow, record.state, record) if workflow else None
    if clock is None:
        return {"text": _("since %(moment)s", moment=moment(record.state_since)), "tone": "neutral"}
    started: datetime = getattr(record, clock.start_field) if clock.start_field else record.state_since
    hours = hours_of(ctx.policy, clock.parameter(record), started, clock.last_day(record))
    ends = due_at(started, hours, clock.calendar, exceptions)
    if ends < ctx.now:
        return {"text": _("late since %(moment)s", moment=moment(ends)), "tone": "danger"}
    used = (ctx.now - started) / (ends - started)
    return {"text": _("due %(moment)s", moment=moment(ends)), "tone": "warning" if used >= 0.8 else "info"}  # noqa: PLR2004


def clock_of_state(workflow: Workflow, state: Any, record: Any) -> Clock | None:
    """The clock that runs while a record is in a state: one that a step into it starts and a step from it stops."""
    into = {f"{workflow.name}.{step.name}" for step in workflow.steps if step.target == state}
    out = {f"{workflow.name}.{step.name}" for step in workflow.steps_from(state)}
    for clock in (clock for clock in workflow.clocks if clock.runs_on(record)):
        starts = bool((clock.start_field or clock.due_field) and state == workflow.initial) or bool(
            into.intersection(clock.start)
        )
        if starts and out.intersection(clock.stop):
            return clock
    return None
