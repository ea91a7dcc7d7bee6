"""Other ways to look at a list: cards by state, and the days of a month. Same filter, same scope, few statements."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import request
from flask_babel import format_date
from flask_babel import gettext as _

from app.kernel.context import Context, local_day, local_midnight
from app.kernel.errors import Reason
from app.kernel.fields import Access, access
from app.kernel.filters import attribute_of
from app.kernel.journal import state_column
from app.kernel.listing import conditions
from app.kernel.loading import loads
from app.kernel.workflow import Step
from models.base import UtcDateTime
from models.labels import TONES
from views.base import EntityDeclaration
from views.display import cell, label_text, moment
from views.listframe import Frame, frame
from views.listpage import list_args, rows_of

CARDS = 20
FACTS = 4
MOST_IN_CALENDAR = 600
WEEK = 7
LONGEST_DAY = 10


def board_variables(
    ctx: Context, view: type[EntityDeclaration], args: list[tuple[str, str]]
) -> tuple[dict[str, Any], list[Reason]]:
    """The variables of ``zhidan/board.html``: a column a state with its newest cards; counts come after the page."""
    made = frame(ctx, view, args, "board")
    states = [state for state in view.board_states() if _is_asked(view, made, state)]
    name = state_column(view.model()) or ""
    cards = _cards(ctx, view, made, states)
    may_list = list_args(args)
    columns = []
    for state in states:
        rows = cards.get(state, [])
        query = urlencode([*((key, value) for key, value in may_list if key != name), (name, str(state))])
        columns.append(
            {
                "name": str(state),
                "label": label_text(state),
                "tone": str(TONES.get(type(state), {}).get(state, "neutral")),
                "cards": rows[:CARDS],
                "more_url": f"{view.url('list')}?{query}" if len(rows) > CARDS else None,
            }
        )
    return {**made.variables, "columns": columns, "back": request.full_path}, made.problems


def _is_asked(view: type[EntityDeclaration], made: Frame, state: Any) -> bool:
    name = state_column(view.model())
    held = [found for found in made.asked.filters if found.name == name and found.operator == "eq"]
    return all(state in found.values for found in held)


def _cards(ctx: Context, view: type[EntityDeclaration], made: Frame, states: Sequence[Any]) -> dict[Any, list[Any]]:
    """The newest rows of each state, all in one statement: an index leads to those of each."""
    model = view.model()
    where = conditions(ctx, view.spec(), made.asked)
    parts = [
        sa.select(
            sa.select(model.id)
            .where(*where, model.state == state)
            .order_by(model.state_since.desc(), model.id.desc())
            .limit(CARDS + 1)
            .subquery()
        )
        for state in states
    ]
    if not parts:
        return {}
    ids = sa.union_all(*parts).subquery("cards")
    names = made.own.names
    statement = (
        sa.select(model)
        .join(ids, ids.c.id == model.id)
        .options(*loads(model, (*view.list_columns, *names, "state_since"), view.base_order[0]))
        .order_by(model.state_since.desc(), model.id.desc())
    )
    records = list(ctx.session.scalars(statement).unique())
    found: dict[Any, list[Any]] = defaultdict(list)
    for record, row in zip(records, rows_of(ctx, view, names, records), strict=True):
        found[record.state].append(_card(ctx, view, record, row, names))
    return found


def _card(ctx: Context, view: type[EntityDeclaration], record: Any, row: dict[str, Any], names: list[str]) -> Any:
    facts = [
        {"label": str(view.label(name)), "text": shown["text"]}
        for name, shown in zip(names[1:], row["cells"][1:], strict=True)
        if shown and shown.get("text") and shown.get("kind") != "badge"
    ]
    return {
        **row,
        "menu_url": view.url("rowmenu", pk=record.id),
        "title": (row["cells"][0] or {}).get("text") if row["cells"] else str(record),
        "url": (row["cells"][0] or {}).get("url") if row["cells"] else None,
        "facts": facts[:FACTS],
        "since": moment(record.state_since),
        "version": record.version,
        "moves": json.dumps(_moves(ctx, view, record)),
    }


def _moves(ctx: Context, view: type[EntityDeclaration], record: Any) -> dict[str, list[dict[str, Any]]]:
    """The steps by the state they lead to; whether the record may take them is asked when it is moved."""
    workflow = view.workflow()
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for step in workflow.steps_from(record.state) if workflow else ():
        if step.target and step.target != record.state and _is_open(ctx, view, step):
            found[str(step.target)].append(
                {
                    "label": str(step.label),
                    "url": view.url("step", pk=record.id, step=step.name),
                    "asks": step.asks is not None,
                    "confirm": str(step.confirm) if step.confirm else None,
                    "tone": step.tone,
                }
            )
    return found


def _is_open(ctx: Context, view: type[EntityDeclaration], step: Step) -> bool:
    workflow = view.workflow()
    return bool(step.permission and step.is_offered and workflow and ctx.actor.may(workflow.permission(step)))


def calendar_variables(
    ctx: Context, view: type[EntityDeclaration], args: list[tuple[str, str]]
) -> tuple[dict[str, Any], list[Reason]]:
    """The variables of ``zhidan/calendar.html``: the weeks of a month, or one week, with the rows of each day."""
    shown = dict(args)
    is_week = shown.get("show") == "week"
    day = _day(shown.get("day"), ctx.today)
    first, last = _span(day, is_week=is_week)
    made = frame(ctx, view, [pair for pair in args if pair[0] not in {"day", "show"}], "calendar")
    rows = _planned(ctx, view, made, first, last)
    days: dict[date, list[Any]] = defaultdict(list)
    for when, entry in rows[:MOST_IN_CALENDAR]:
        days[when].append(entry)
    weeks = [
        [_square(start + timedelta(days=place), day, ctx.today, days, is_week=is_week) for place in range(WEEK)]
        for start in (first + timedelta(days=WEEK * week) for week in range(((last - first).days + 1) // WEEK))
    ]
    kept = [pair for pair in list_args(args) if pair[0] not in {"day", "show"}]

    def to(other: date, *, week: bool = is_week) -> str:
        query = urlencode([*kept, ("day", other.isoformat()), ("show", "week" if week else "month")])
        return f"{request.path}?{query}"

    step = timedelta(days=WEEK)
    month = day.replace(day=1)
    before, after = (day - step, day + step) if is_week else (month - timedelta(days=1), month + timedelta(days=31))
    named = format_date(day, "yyyy-MM")
    return {
        **made.variables,
        "keep": {**made.variables["keep"], "day": day.isoformat(), "show": "week" if is_week else "month"},
        "weeks": weeks,
        "heads": [format_date(first + timedelta(days=place), "EEE") for place in range(WEEK)],
        "period": f"{first.isoformat()} – {last.isoformat()}" if is_week else named,
        "prev_url": to(before),
        "next_url": to(after.replace(day=1) if not is_week else after),
        "today_url": to(ctx.today),
        "spans": [(_("By month"), to(day, week=False), not is_week), (_("By week"), to(day, week=True), is_week)],
        "column": str(view.label(view.planned or "")),
        "is_cut": len(rows) > MOST_IN_CALENDAR,
    }, made.problems


def _day(raw: str | None, today: date) -> date:
    try:
        found = date.fromisoformat(raw) if raw and len(raw) == LONGEST_DAY else today
    except ValueError:
        return today
    # Weeks before and after are reckoned with it.
    return found if date(1990, 1, 1) <= found <= date(2200, 1, 1) else today


def _span(day: date, *, is_week: bool) -> tuple[date, date]:
    """The first and last day shown: whole weeks from Monday."""
    if is_week:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    start = day.replace(day=1)
    end = (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return start - timedelta(days=start.weekday()), end + timedelta(days=6 - end.weekday())


def _planned(
    ctx: Context, view: type[EntityDeclaration], made: Frame, first: date, last: date
) -> list[tuple[date, dict[str, Any]]]:
    """The rows between two days in the order of their time, in one statement."""
    model, name = view.model(), view.planned or ""
    if access(ctx.actor, model, name) is not Access.full:
        return []
    column = attribute_of(model, name)
    is_moment = isinstance(column.type, UtcDateTime)
    low, high = (local_midnight(first), local_midnight(last + timedelta(days=1))) if is_moment else (first, last)
    until = column < high if is_moment else column <= high
    names = view.seen_columns(ctx.actor, view.list_columns)
    statement = (
        sa.select(model)
        .where(*conditions(ctx, view.spec(), made.asked), column >= low, until)
        .options(*loads(model, tuple(view.list_columns), name))
        .order_by(column, model.id)
        .limit(MOST_IN_CALENDAR + 1)
    )
    found = []
    for record in ctx.session.scalars(statement).unique():
        when = getattr(record, name)
        found.append((local_day(when) if is_moment else when, _entry(ctx, view, record, names, when)))
    return found


def _entry(ctx: Context, view: type[EntityDeclaration], record: Any, names: list[str], when: Any) -> dict[str, Any]:
    name = state_column(view.model())
    state = getattr(record, name) if name else None
    texts = [shown["text"] for word in names[1:3] if (shown := cell(ctx.actor, record, word)) and shown.get("text")]
    return {
        "title": str(record),
        "url": view.show_url(record.id) if view.may(ctx.actor, "show") else None,
        "menu_url": view.url("rowmenu", pk=record.id),
        "time": moment(when)[11:] if isinstance(when, datetime) else None,
        "text": " · ".join(texts),
        "state": {"label": label_text(state), "tone": str(TONES.get(type(state), {}).get(state, "neutral"))}
        if state is not None
        else None,
    }


def _square(day: date, shown: date, today: date, days: dict[date, list[Any]], *, is_week: bool) -> dict[str, Any]:
    return {
        "day": day.day,
        "label": format_date(day, "MM-dd EEE"),
        "is_today": day == today,
        "is_other": not is_week and day.month != shown.month,
        "entries": days.get(day, []),
    }
