"""What a list shows of one row when asked: the steps that are open for it, and the record in short."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _

from app.kernel.context import Context
from views.base import EntityDeclaration
from views.display import state_of
from views.forms import new_token
from views.showpage import begins, fieldsets, flags, step_buttons, subtitle


def menu_variables(ctx: Context, view: type[EntityDeclaration], record: Any, back: str) -> dict[str, Any]:
    """The variables of ``zhidan/rowmenu.html``: steps with the reasons against them, each leading back to the list."""
    first, more = step_buttons(ctx, view, record)
    steps = [*begins(ctx, view, record), *first, *more]
    for step in steps:
        if step.get("method") == "get":
            sign = "&" if "?" in step["url"] else "?"
            step["url"] = f"{step['url']}{sign}{urlencode({'back': back})}"
        else:
            step["hidden"] = {**step.get("hidden", {}), "back": back, "token": new_token()}
    may_show = view.may(ctx.actor, "show")
    return {
        "name": str(record),
        "show_url": view.show_url(record.id) if may_show else None,
        "peek_url": view.url("peek", pk=record.id) if may_show else None,
        "edit_url": view.url("edit", pk=record.id) if view.may_edit(ctx.actor, record) else None,
        "steps": steps,
    }


def peek_variables(ctx: Context, view: type[EntityDeclaration], record: Any) -> dict[str, Any]:
    """The variables of ``zhidan/peek.html``."""
    return {
        "title": str(record),
        "subtitle": subtitle(ctx, view, record),
        "state": state_of(record),
        "flags": flags(ctx, record),
        "figures": view.figures(ctx, record) if view.figures is not None else None,
        "fieldsets": fieldsets(ctx, view, record),
        "show_url": view.show_url(record.id),
        "show_label": _("Open record"),
    }
