"""Why may X do Y, and who may do Y at all: the decision in sentences, for the screen and for paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _

from app.kernel.context import Actor, Context
from app.kernel.errors import NotFoundError
from app.kernel.fields import Access, access
from app.kernel.listing import ListRequest, page
from app.security.actors import actor_of, person_name
from app.security.decision import explain
from app.security.wording import listed
from views.access.catalogue import Group
from views.access.pages import crumbs, proof, to
from views.access.roles import columns, holders
from views.base import ENTITIES, EntityDeclaration
from views.forms import is_id

LONGEST_NUMBER = 60
LOOKED_AT = 5


def why_variables(ctx: Context, groups: Sequence[Group], args: Mapping[str, str]) -> dict[str, Any]:
    """The variables of ``why.html``."""
    labels = {
        act.right: f"{subject.label} – {act.label}"
        for group in groups
        for subject in group.subjects
        for act in subject.acts
    }
    right = args.get("right", "")
    right = right if right in labels else ""
    user = _user(ctx, args.get("person", ""))
    number = args.get("record", "").strip()[:LONGEST_NUMBER]
    return {
        "title": _("Why may somebody …?"),
        "subtitle": _("Choose an action to see who may do it, and a person to see why, or why not."),
        "crumbs": crumbs((_("Why may somebody …?"), None)),
        "filters": _filters(user, right, number, labels),
        "what": labels.get(right),
        "right": right,
        "answer": _answer(ctx, user, right, number) if user is not None and right else None,
        "who": _who(ctx, right) if right else None,
        "reset_url": to("why") if args else None,
        "proof": proof(ctx),
    }


def _filters(user: User | None, right: str, number: str, labels: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "kind": "relation",
            "name": "person",
            "label": _("Person"),
            "url": url_for("PeopleView.search"),
            "value": user.id if user is not None else "",
            "text": person_name(user) if user is not None else "",
        },
        {
            "kind": "select",
            "name": "right",
            "label": _("Action"),
            "value": right,
            "placeholder": _("Choose"),
            "choices": sorted(labels.items(), key=lambda item: item[1]),
        },
        {
            "kind": "text",
            "name": "record",
            "label": _("Record number"),
            "value": number,
            "placeholder": _("if it is about one record"),
        },
    ]


def _user(ctx: Context, raw: str) -> User | None:
    return ctx.session.get(User, int(raw)) if is_id(raw) else None


def _answer(ctx: Context, user: User, right: str, number: str) -> dict[str, Any]:
    actor = actor_of(user, ctx.session)
    view = ENTITIES.get(right.partition(".")[0])
    record, note = _record(ctx, view, number)
    found = explain(ctx, actor, right, record)
    return {
        "allowed": found.allowed,
        "person": person_name(user),
        "record": str(record) if record is not None else None,
        "lines": [{"ok": line.ok, "text": line.text} for line in found.lines],
        "note": note,
        "masks": _masks(actor, view) if view is not None and found.allowed else [],
    }


def _record(ctx: Context, view: type[EntityDeclaration] | None, number: str) -> tuple[Any, str | None]:
    """The record of that number, if whoever asks may know of it: an explanation tells of states and conditions."""
    if not number:
        return None, None
    lost = _("“%(number)s” was not found, or you may not see it yourself. The answer holds for records in general.",
             number=number)  # fmt: skip
    if view is None or not view.may(ctx.actor, "show"):
        return None, lost
    if is_id(number):
        try:
            return view.find(ctx, int(number)), None
        except NotFoundError:
            return None, lost
    if not view.quick_search:
        return None, lost
    spec = view.spec()
    asked = ListRequest(quick=number, sort=spec.base_order[0], descending=spec.base_order[1] == "desc", size=LOOKED_AT)
    rows = page(ctx, spec, asked).rows
    exact = [row for row in rows if str(row).casefold() == number.casefold()]
    return (exact[0], None) if exact else (None, lost)


def _masks(actor: Actor, view: type[EntityDeclaration]) -> list[dict[str, str]]:
    """What the person does not see in full of such a record."""
    texts = {Access.masked: _("Masked"), Access.hidden: _("Hidden")}
    found: dict[str, list[str]] = {text: [] for text in texts.values()}
    for name in dict.fromkeys([*view.show_columns, *view.list_columns]):
        level = access(actor, view.model(), name)
        if level in texts:
            found[texts[level]].append(str(view.label(name)))
    return [{"label": label, "text": listed(names)} for label, names in found.items() if names]


def _who(ctx: Context, right: str) -> list[dict[str, Any]]:
    """Roles that hold a right, with the people who hold the roles."""
    people = holders(ctx.session)
    return [
        {
            "label": column.label,
            "department": column.department_label,
            "url": to("role", code=column.code),
            "people": [person for person in people.get(column.code, []) if person["active"]],
        }
        for column in columns(ctx.session)
        if right in column.now.permissions
    ]
