"""What the screens of rights show: plain variables for the templates in ``zhidan/rights``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import request, url_for
from flask_appbuilder.security.sqla.models import Role
from flask_babel import gettext as _

from app.kernel.context import Context
from app.security.departments import DEPARTMENTS, TECHNICAL_ROLES, label_of_role
from app.security.rights import Change, RoleRights
from models.access import RightsChange
from models.labels import RightsChangeState
from views.access import editing
from views.access.catalogue import Group
from views.access.comparing import DELIVERED, Side, sections
from views.access.editing import Sheet, change_rows, digest, kept
from views.access.matrix import (
    ALL,
    DANGEROUS,
    DIFFERENCES,
    TABS,
    Asked,
    Rows,
    action_rows,
    chosen,
    column_cards,
    field_rows,
    heads,
    scope_rows,
)
from views.access.roles import TECHNICAL, Column, department_label
from views.access.words import LEVELS, MEANINGS, level_label
from views.base import view_of
from views.display import moment

ENDPOINT = "RightsView"


def to(route: str, **values: Any) -> str:
    """The address of a screen of rights."""
    return url_for(f"{ENDPOINT}.{route}", **values)


def crumbs(*more: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    """The way to a screen of rights."""
    return [(_("Rights matrix"), to("matrix") if more else None), *more]


# ------------------------------------------------------------------------------------------------------------- matrix


def matrix_variables(ctx: Context, columns: list[Column], groups: list[Group], asked: Asked) -> dict[str, Any]:
    """The variables of ``matrix.html``."""
    shown = chosen(columns, asked)
    wants = {name: asked.tab in {name, ALL} for name in TABS}
    parts: dict[str, Rows | None] = {
        "actions": action_rows(groups, shown, asked) if wants["actions"] else None,
        "fields": field_rows(shown, asked) if wants["fields"] else None,
        "rows": scope_rows(groups, shown, asked) if wants["rows"] else None,
    }
    is_print = asked.tab == ALL
    return {
        "title": _("Rights matrix"),
        "subtitle": _("Who may do what. Roles add up: a head holds the role of the department as well."),
        "crumbs": crumbs(),
        "links": _links(ctx, is_print=is_print),
        "tabs": _tabs(asked),
        "tab": asked.tab,
        "one": bool(asked.role),
        "search": {"name": "q", "value": request.args.get("q", "")[:60], "placeholder": _("Record, action or right")},
        "filters": _filters(columns, groups, asked),
        "keep": {"tab": asked.tab} if asked.tab != TABS[0] else {},
        "reset_url": _address(tab=asked.tab) if set(request.args) - {"tab"} else None,
        "chips": _chips(columns, groups, asked),
        "heads": heads(shown),
        "columns": [head_of(column) for column in shown],
        "cards": column_cards(shown, asked.tab) if not asked.role and not is_print else [],
        "levels": levels(),
        "proof": proof(ctx) if is_print else None,
        **parts,
    }


def head_of(column: Column) -> dict[str, Any]:
    """A role above its column."""
    url = to("role", code=column.code)
    return {"code": column.code, "label": column.label, "url": url, "differences": column.differences}


def levels() -> list[tuple[str, str, str]]:
    """The levels of field groups with what they mean."""
    return [(level, level_label(level), str(MEANINGS[level])) for level in LEVELS]


def proof(ctx: Context) -> str:
    """Who has printed this and when, for the files of an auditor."""
    return str(_("State of %(moment)s, printed by %(person)s.", moment=moment(ctx.now), person=ctx.actor.name))


def _links(ctx: Context, *, is_print: bool) -> list[dict[str, Any]]:
    links = [
        {"label": _("Compare roles"), "url": to("compare"), "icon": "fa-code-compare"},
        {"label": _("Why may somebody …?"), "url": to("why"), "icon": "fa-circle-question"},
    ]
    if not is_print:
        links.append({"label": _("Everything, for printing"), "url": to("matrix", tab=ALL), "icon": "fa-print"})
    if ctx.actor.may("role.add"):
        links.append({"label": _("Add role"), "url": to("add"), "icon": "fa-plus", "tone": "primary"})
    return links


def _address(**values: str) -> str:
    kept_values = {key: value for key, value in values.items() if value and (key, value) != ("tab", TABS[0])}
    return f"{to('matrix')}?{urlencode(kept_values)}" if kept_values else to("matrix")


def _tabs(asked: Asked) -> list[dict[str, Any]]:
    given = {key: value for key, value in request.args.items() if key != "tab"}
    labels = {"actions": _("Actions"), "fields": _("Fields"), "rows": _("Row scopes"), ALL: _("Everything")}
    return [
        {"label": label, "url": _address(**{**given, "tab": name}), "active": asked.tab == name}
        for name, label in labels.items()
    ]


def _filters(columns: Iterable[Column], groups: Iterable[Group], asked: Asked) -> list[dict[str, Any]]:
    columns = list(columns)
    fields = [
        {"kind": "select", "name": "department", "label": _("Roles of"), "value": asked.department,
         "choices": departments()},
        {"kind": "select", "name": "role", "label": _("One role"), "value": asked.role,
         "choices": [(column.code, column.label) for column in columns]},
    ]  # fmt: skip
    if asked.tab != "fields":
        fields.append(
            {"kind": "select", "name": "records", "label": _("Records of"), "value": asked.records,
             "choices": [(group.name, group.label) for group in groups]}
        )  # fmt: skip
    fields.append({"kind": "select", "name": "only", "label": _("Only"), "value": asked.only, "choices": _only(asked)})
    return fields


def _only(asked: Asked) -> list[tuple[str, str]]:
    choices = [(DIFFERENCES, _("What is not as delivered"))]
    if asked.tab in {"actions", ALL}:
        choices.append((DANGEROUS, _("What needs a second administrator")))
    return choices


def departments() -> list[tuple[str, str]]:
    """All departments and what stands beside them, for a choice."""
    return [*((code, str(label_of_role(code))) for code in DEPARTMENTS), (TECHNICAL, department_label(None))]


def _chips(columns: Iterable[Column], groups: Iterable[Group], asked: Asked) -> list[dict[str, Any]]:
    names = {
        "q": {asked.text: asked.text},
        "department": dict(departments()),
        "role": {column.code: column.label for column in columns},
        "records": {group.name: group.label for group in groups},
        "only": dict(_only(asked)),
    }
    labels = {
        "q": _("Search"),
        "department": _("Roles of"),
        "role": _("One role"),
        "records": _("Records of"),
        "only": _("Only"),
    }
    given = dict(request.args.items())
    return [
        {
            "label": labels[key],
            "text": names[key].get(value.casefold().strip() if key == "q" else value, value),
            "remove_url": _address(**{other: text for other, text in given.items() if other != key}),
        }
        for key, value in given.items()
        if key in labels and value.strip()
    ]


# ------------------------------------------------------------------------------------------------------------ one role


def role_variables(
    ctx: Context,
    columns: list[Column],
    groups: list[Group],
    column: Column,
    people: Sequence[Mapping[str, Any]],
    *,
    state: RoleRights | None = None,
    base: str | None = None,
    note: str | None = None,
) -> dict[str, Any]:
    """The variables of ``role.html``; ``state`` is what the boxes say where it is not what the database says."""
    may_edit = ctx.actor.may("role.edit")
    shown = frozenset(right for group in groups for subject in group.subjects for right in subject.rights)
    sheet = Sheet(column, state or column.now)
    return {
        "title": column.label,
        "subtitle": column.department_label if column.department_label != column.label else None,
        "crumbs": crumbs((column.label, None)),
        "flags": _flags(column),
        "links": _role_links(column),
        "preview_url": to("preview", code=column.code) if ctx.actor.may("role.preview") else None,
        "may_edit": may_edit,
        "is_own": column.code in ctx.actor.roles,
        "note": note,
        "waiting": _waiting(ctx, column.code),
        "hidden": {editing.BASE: base if base is not None else kept(column.now, shown)},
        "has_default": column.delivered is not None,
        "copies": [(other.code, other.label) for other in columns if _can_be_copied(other, column)],
        "actions": sheet.actions(groups),
        "fields": sheet.fields(),
        "scopes": sheet.scopes(groups),
        "levels": levels(),
        "people": people,
        "proof": proof(ctx),
    }


def _waiting(ctx: Context, code: str) -> list[dict[str, str]]:
    """Changes of a role that nobody has decided about yet: who does not know of them proposes them again."""
    view = view_of(RightsChange)
    if view is None or view.scope is None or not view.may(ctx.actor, "show"):
        return []
    statement = (
        sa.select(RightsChange)
        .join(Role, Role.id == RightsChange.role_id)
        .where(Role.name == code, RightsChange.state == RightsChangeState.proposed, view.scope(ctx.actor))
        .order_by(RightsChange.id)
    )
    return [{"label": str(row), "url": view.url("show", pk=row.id)} for row in ctx.session.scalars(statement)]


def _can_be_copied(other: Column, column: Column) -> bool:
    return other.code != column.code and other.code not in TECHNICAL_ROLES and column.code not in TECHNICAL_ROLES


def _flags(column: Column) -> list[dict[str, str]]:
    if column.delivered is None:
        return [{"label": _("Added by administrators"), "tone": "info"}]
    if column.differences:
        label = _("%(n)s differ from what was delivered", n=column.differences)
        return [{"label": label, "tone": "warning"}]
    return [{"label": _("As delivered"), "tone": "neutral"}]


def _role_links(column: Column) -> list[dict[str, Any]]:
    links = []
    if column.delivered is not None and column.differences:
        url = to("compare", a=column.code, b=DELIVERED)
        links.append({"label": _("Differences"), "url": url, "icon": "fa-not-equal"})
    else:
        links.append({"label": _("Compare"), "url": to("compare", a=column.code), "icon": "fa-code-compare"})
    return links


def review_variables(
    ctx: Context,
    groups: list[Group],
    column: Column,
    wish: Sequence[Change],
    people: Sequence[Mapping[str, Any]],
    *,
    errors: Sequence[str] = (),
    at_reason: Sequence[str] = (),
    reason: str = "",
    is_stale: bool = False,
    token: str = "",
) -> dict[str, Any]:
    """The variables of ``review.html``: against the role as it is now, whatever the form was made from."""
    _after, found = editing.laid_over(column.now, wish)
    rows = change_rows(found, groups, is_own=column.code in ctx.actor.roles)
    active = [person for person in people if person["active"]]
    proposals = view_of(RightsChange)
    return {
        "title": _("Review the changes"),
        "subtitle": column.label,
        "crumbs": crumbs((column.label, to("role", code=column.code)), (_("Review the changes"), None)),
        "now": [row for row in rows if not row["waits"]],
        "waiting": [row for row in rows if row["waits"]],
        "people": active,
        "is_stale": is_stale,
        "is_own": column.code in ctx.actor.roles,
        "errors": errors or ([_("Please correct the marked fields. Nothing has been saved yet.")] if at_reason else []),
        "hidden": {editing.DIGEST: digest(column.now), "token": token},
        "reason": {
            "name": "reason",
            "kind": "textarea",
            "label": _("Reason"),
            "required": True,
            "value": reason,
            "errors": at_reason,
            "rows": 2,
            "max_length": 500,
            "help": _("Stands in the journal beside every change."),
        },
        "cancel_url": to("role", code=column.code),
        "proposals_url": proposals.url("list") if proposals is not None else None,
    }


# ------------------------------------------------------------------------------------------------------------- compare


def compare_variables(
    ctx: Context,
    columns: Sequence[Column],
    groups: Sequence[Group],
    a: Side | None,
    b: Side | None,
    *,
    everything: bool,
) -> dict[str, Any]:
    """The variables of ``compare.html``."""
    choices = [(column.code, column.label) for column in columns]
    args = {"a": a.code if a else "", "b": b.code if b else ""}
    found = sections(a, b, groups, everything=everything) if a and b else []
    return {
        "title": _("Compare roles"),
        "subtitle": _("What one role may do and see that the other one may not."),
        "crumbs": crumbs((_("Compare roles"), None)),
        "filters": [
            {"kind": "select", "name": "a", "label": _("Role"), "value": args["a"], "choices": choices,
             "placeholder": _("Choose")},
            {"kind": "select", "name": "b", "label": _("Compared with"), "value": args["b"],
             "choices": [(DELIVERED, _("As delivered")), *choices], "placeholder": _("Choose")},
        ],
        "quick": [
            {"label": _("Only differences"), "url": to("compare", **args), "active": not everything},
            {"label": _("Everything"), "url": to("compare", **args, everything="1"), "active": everything},
        ]
        if a and b
        else [],
        "sides": [side.label for side in (a, b) if side is not None],
        "sections": found,
        "count": sum(len(section["rows"]) for section in found),
        "is_chosen": bool(a and b),
        "proof": proof(ctx),
    }  # fmt: skip


def add_variables(
    columns: Sequence[Column],
    values: Mapping[str, str],
    errors: Mapping[str, Any],
    texts: Sequence[str],
    token: str,
) -> dict[str, Any]:
    """The variables of ``form.html`` for a new role."""
    copies = [(column.code, column.label) for column in columns if column.code not in TECHNICAL_ROLES]
    places = [(code, str(label_of_role(code))) for code in DEPARTMENTS]
    fields: list[dict[str, Any]] = [
        {"name": "name", "label": _("Name of the role"), "required": True, "max_length": 64,
         "help": _("As people will read it, for example: Night shift of the warehouse.")},
        {"name": "department", "label": _("Department"), "kind": "select", "choices": places,
         "placeholder": _("None"), "help": _("Whose people hold it. It decides where the role stands.")},
        {"name": "copy_of", "label": _("Starts with the rights of"), "kind": "select", "choices": copies,
         "placeholder": _("Nothing: tick everything yourself")},
        {"name": "reason", "label": _("Reason"), "kind": "textarea", "required": True, "rows": 2,
         "max_length": 500, "help": _("Stands in the journal beside every change.")},
    ]  # fmt: skip
    for field in fields:
        field["value"] = values.get(field["name"], "")
        field["errors"] = errors.get(field["name"], [])
    return {
        "title": _("Add role"),
        "crumbs": crumbs((_("Add role"), None)),
        "hidden": {"token": token},
        "errors": texts,
        "fieldsets": [{"label": None, "fields": fields}],
        "submit_label": _("Add role"),
        "cancel_url": to("matrix"),
    }
