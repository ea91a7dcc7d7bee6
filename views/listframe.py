"""A list before a person: what stands around the rows, whatever way they are looked at, and the table itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext as _

from app.kernel.brief import TooSlowError
from app.kernel.context import Context
from app.kernel.errors import Reason
from app.kernel.fields import Access, access
from app.kernel.hurry import page_in_time, total_in_time
from app.kernel.listing import Args, ListRequest, parse
from views.arrangement import PLAIN, VIEW, Arrangement, arrangement, tabs, tools
from views.base import EntityDeclaration
from views.cells import cell_addresses, writable_cells
from views.importdoor import import_url
from views.listpage import (
    add_button,
    address,
    bulk_steps,
    chips,
    columns_of,
    filter_fields,
    kept_arguments,
    list_args,
    pager,
    rows_of,
)
from views.tallies import facets, periods, total_names

# Of the periods over a list.
MONTH = 2


@dataclass(frozen=True)
class Frame:
    """The variables that every way of looking at a list shares, and what they were made from."""

    variables: dict[str, Any]
    problems: list[Reason]
    asked: ListRequest
    own: Arrangement


def frame(ctx: Context, view: type[EntityDeclaration], args: list[tuple[str, str]], way: str) -> Frame:
    """What stands around the rows. One statement: what the person has kept of the list."""
    asked, problems = parse(view.spec(), ctx.actor, args, ctx.today)
    own = arrangement(ctx, view, args)
    shown = dict(args)
    bare = f"{request.path}?{VIEW}={PLAIN}" if own.kept.default_id else request.path
    query = urlencode(list_args(args))
    fields = filter_fields(ctx, view, asked)
    keep = kept_arguments(asked, fields)
    variables = {
        "arrangement": own,
        "title": str(view.model().__label_plural__),
        "search": {"name": "q", "value": asked.quick, "placeholder": _("Search")} if view.quick_search else None,
        "filters": fields,
        "keep": keep | {name: shown[name] for name in ("sort", VIEW) if name in shown},
        "reset_url": bare if asked.filters or asked.quick else None,
        "chips": chips(ctx, view, asked, args),
        "quick": quick_views(view, args, own, bare) + tabs(ctx, view, own),
        "facets": facets(ctx, view, asked, args),
        "periods": periods(ctx, view, asked, args),
        "counts_url": f"{view.url('counts')}?{query}",
        "has_totals": bool(total_names(ctx, view)),
        "tools": tools(ctx, view, own, request.full_path.rstrip("?")),
        "ways": ways(ctx, view, way, query),
        "add": add_button(ctx, view),
        "header_actions": [*import_buttons(ctx, view), *export_buttons(ctx, view, args, own)],
    }
    return Frame(variables, problems, asked, own)


def list_variables(
    ctx: Context, view: type[EntityDeclaration], args: list[tuple[str, str]]
) -> tuple[dict[str, Any], list[Reason]]:
    """The variables of ``zhidan/list.html``, and what was wrong with the arguments."""
    made = frame(ctx, view, args, "list")
    names, asked = made.own.names, made.asked
    # The declared columns are loaded too: they name the row, whether they are shown or not.
    spec = replace(view.spec(), columns=tuple(dict.fromkeys([*view.list_columns, *names])))
    try:
        found = page_in_time(ctx, spec, asked)
    except TooSlowError:
        nothing = {"columns": [], "rows": [], "empty": too_slow(made.variables)}
        return {**made.variables, **nothing, **cell_addresses(ctx, view)}, made.problems
    menu = view.url("rowmenu", pk=0)
    rows = rows_of(ctx, view, names, found.rows)
    for row, record in zip(rows, found.rows, strict=True):
        row["menu_url"] = menu.replace("/0/", f"/{row['pk']}/")
        row["writes"] = writable_cells(ctx, view, record, names)
    counted = total_in_time(ctx, spec, asked, found)
    return {
        **made.variables,
        "columns": columns_of(ctx, view, names, args, asked),
        "rows": rows,
        "pager": pager(found, counted, args, asked),
        "bulk": bulk_steps(ctx, view),
        **cell_addresses(ctx, view),
    }, made.problems


def too_slow(shown: dict[str, Any]) -> dict[str, Any]:
    """What stands in the place of the rows where they would take too long, with a way to narrow the list."""
    periods = shown["periods"]
    month = periods["values"][MONTH] if periods else None
    label = _("%(name)s: %(value)s", name=periods["label"], value=month["label"]) if month else None
    return {
        "title": _("Looking for these rows takes too long"),
        "text": _("Narrow the list: add a period, a state or a customer. What is searched for in words is slowest."),
        "action": {"label": label, "url": month["url"]} if month and not month["active"] else None,
    }


def ways(ctx: Context, view: type[EntityDeclaration], current: str, query: str) -> list[dict[str, Any]]:
    """The ways to look at the list: table, board, calendar; nothing where there is but one."""
    found = [("list", _("List"), "fa-list")]
    if view.board_states():
        found.append(("board", _("Board"), "fa-table-columns"))
    if view.planned and access(ctx.actor, view.model(), view.planned) is Access.full:
        found.append(("calendar", _("By day"), "fa-calendar-days"))
    if len(found) == 1:
        return []
    # No arguments would be one's own first filter.
    query = query or f"{VIEW}={PLAIN}"
    return [
        {"label": label, "icon": icon, "url": f"{view.url(name)}?{query}", "active": name == current}
        for name, label, icon in found
    ]


def quick_views(view: type[EntityDeclaration], args: Args, own: Arrangement, bare: str) -> list[dict[str, Any]]:
    """The declared views over the list as tabs, after the whole list."""
    if not view.quick_views and not own.kept.saved:
        return []
    names = {key for _label, wanted in view.quick_views for key in wanted}
    current = {key: value for key, value in args if key in names}
    is_plain = own.active is None
    found = [{"label": str(_("All")), "url": bare, "active": is_plain and not current, "count": None}]
    return found + [
        {
            "label": str(label),
            "url": address(list(wanted.items())),
            "active": is_plain and current == wanted,
            "count": None,
        }
        for label, wanted in view.quick_views
    ]


def import_buttons(ctx: Context, view: type[EntityDeclaration]) -> list[dict[str, str]]:
    """The way to the import of such records, for who may import them."""
    url = import_url(ctx.actor, view.entity())
    return [{"label": _("Import"), "url": url, "icon": "fa-file-import"}] if url else []


def export_buttons(ctx: Context, view: type[EntityDeclaration], args: Args, own: Arrangement) -> list[dict[str, str]]:
    """The way to the export of exactly this list, its columns included, for who may export."""
    if not view.may(ctx.actor, "export"):
        return []
    pairs = list_args(args)
    if own.is_own:
        pairs.append(("columns", ",".join(own.names)))
    query = urlencode(pairs)
    url = view.url("export")
    return [{"label": _("Export"), "url": f"{url}?{query}" if query else url, "icon": "fa-download"}]
