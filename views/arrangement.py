"""How a list stands before one person: which columns in which order, and his filters as tabs over the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from flask_babel import gettext as _

from app.kernel.context import Actor, Context
from app.kernel.fields import Access, access, is_free_text, sensitivity_of
from app.kernel.filters import parse_filters, relation_names
from app.kernel.listing import Args
from app.security.departments import label_of_role
from app.services.saved_list.actions import SHARE, Kept, kept
from models.base import Sensitivity
from models.saved_list import SavedList
from views.base import EntityDeclaration
from views.exporting import EVERY, names_of

VIEW = "view"
# The list as it is delivered, also where it opens with a filter of one's own.
PLAIN = "0"
# What was typed about a person belongs into no filter that is kept.
ABOUT_PEOPLE = frozenset(Sensitivity) - {Sensitivity.CITY, Sensitivity.PRICE, Sensitivity.COST}


@dataclass(frozen=True)
class Arrangement:
    """The columns to show (the first is the declaration's first: the link), what is offered, what was kept."""

    names: list[str]
    offered: list[str]
    kept: Kept
    active: SavedList | None
    left_out: Sequence[str] = ()

    @property
    def is_own(self) -> bool:
        """Whether the columns are other ones than delivered."""
        return bool(self.kept.columns) or bool(self.active and self.active.columns)


def arrangement(ctx: Context, view: type[EntityDeclaration], args: Args) -> Arrangement:
    """The list as the person has arranged it. One statement."""
    found = kept(ctx, view.entity())
    asked = dict(args).get(VIEW, "")
    active = found.of(int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < len("1000000000") else None
    offered = offered_columns(ctx.actor, view)
    left_out = _left_out(ctx, view, active) if active is not None else []
    wanted = active.columns if active is not None and active.columns else found.columns
    return Arrangement(chosen_columns(view, offered, wanted), offered, found, active, left_out)


def offered_columns(actor: Actor, view: type[EntityDeclaration]) -> list[str]:
    """The columns a list may have: its own and those of the record, as far as the person sees them."""
    return list(names_of(actor, view, EVERY))


def chosen_columns(view: type[EntityDeclaration], offered: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """The wanted columns that there are; the link to the record always comes first."""
    names = [name for name in dict.fromkeys(wanted or view.list_columns) if name in offered]
    first = view.list_columns[0]
    return [first, *(name for name in names if name != first)] if first in offered else names


def usable(ctx: Context, view: type[EntityDeclaration], saved: SavedList) -> list[tuple[str, str]]:
    """The arguments of a kept filter that this reader may use now."""
    return [pair for pair in _pairs(saved) if is_open(ctx, view, *pair)]


def _pairs(saved: SavedList) -> list[tuple[str, str]]:
    return [(key, value) for key, value in saved.arguments]


def is_open(ctx: Context, view: type[EntityDeclaration], key: str, value: str) -> bool:
    """Whether the list understands an argument, and this reader may use it."""
    if key == "sort":
        name = value.lstrip("-")
        return name in view.order_columns and access(ctx.actor, view.model(), name) is Access.full
    filters, _problems = parse_filters(view.model(), view.search_columns, ctx.actor, [(key, value)], ctx.today)
    return bool(filters)


def _left_out(ctx: Context, view: type[EntityDeclaration], saved: SavedList) -> list[str]:
    """The labels of what a kept filter asks for and this reader does not get."""
    pairs = [(key, value) for key, value in _pairs(saved) if not is_open(ctx, view, key, value)]
    return list(dict.fromkeys(_label(view, value.lstrip("-") if key == "sort" else key) for key, value in pairs))


def _label(view: type[EntityDeclaration], key: str) -> str:
    name = key.partition("__")[0]
    return str(view.label(name)) if hasattr(view.model(), name) else name


def can_be_kept(view: type[EntityDeclaration], key: str) -> bool:
    """Whether an argument may be kept: nothing that was typed about a person, and no free search."""
    name = key.partition("__")[0]
    name = relation_names(view.model()).get(name, name)
    if key in {"sort", "q"}:
        return key == "sort"
    return sensitivity_of(view.model(), name) not in ABOUT_PEOPLE and not is_free_text(view.model(), name)


def address_of(ctx: Context, view: type[EntityDeclaration], saved: SavedList) -> str:
    """The list with a kept filter: the address says everything, so it can be passed on and exported as it is."""
    return f"{view.url('list')}?{urlencode([*usable(ctx, view, saved), (VIEW, str(saved.id))])}"


def tabs(ctx: Context, view: type[EntityDeclaration], own: Arrangement) -> list[dict[str, Any]]:
    """One's own filters and those shared with one's roles, as tabs."""
    return [
        {
            "label": saved.name,
            "url": address_of(ctx, view, saved),
            "active": own.active is saved,
            "count": None,
            "icon": "fa-users" if saved.role else "fa-bookmark",
            "title": _("Shared with %(role)s", role=label_of_role(saved.role)) if saved.role else None,
        }
        for saved in own.kept.saved
    ]


def tools(ctx: Context, view: type[EntityDeclaration], own: Arrangement, here: str) -> dict[str, Any] | None:
    """What the menus over the list need: where the columns to choose from are, and what can be done with the filter."""
    if not ctx.actor.may("saved_list.own"):
        return None
    active, is_mine = own.active, own.active is not None and own.active.owner_id == ctx.actor.id
    may_share = ctx.actor.may(SHARE)
    kept_as = [(VIEW, str(active.id))] if active else []
    return {
        "columns_url": f"{view.url('columns')}?{urlencode([*kept_as, ('back', here)])}",
        "save_url": url_for("SavedListView.save", entity=view.entity()),
        "default_url": url_for("SavedListView.default", entity=view.entity()),
        "hidden": hidden(own, here),
        "default_id": own.kept.default_id,
        "active": None
        if active is None
        else {
            "id": active.id,
            "name": active.name,
            "is_mine": is_mine,
            "is_default": active.id == own.kept.default_id,
            "role": active.role,
            "rename_url": url_for("SavedListView.rename", pk=active.id) if is_mine else None,
            "delete_url": url_for("SavedListView.delete", pk=active.id) if is_mine else None,
            "share_url": url_for("SavedListView.share", pk=active.id)
            if may_share and (is_mine or active.role)
            else None,
        },
        "roles": [(name, label_of_role(name)) for name in sorted(ctx.actor.roles)] if may_share else [],
    }


def hidden(own: Arrangement, here: str) -> dict[str, str]:
    """What every form of these menus sends along: the way back, and the columns if they are not the declared ones."""
    return {"back": here, "shown": ",".join(own.names) if own.is_own else ""}


def column_variables(view: type[EntityDeclaration], own: Arrangement, back: str) -> dict[str, Any]:
    """The variables of ``zhidan/columns.html``: the shown columns in their order, then all others there are."""
    others = [name for name in own.offered if name not in own.names]
    first = view.list_columns[0]
    return {
        "title": _("Columns of the list “%(title)s”", title=view.model().__label_plural__),
        "columns": [
            {"name": name, "label": str(view.label(name)), "on": name in own.names, "fixed": name == first}
            for name in [*own.names, *others]
        ],
        "url": url_for("SavedListView.columns", entity=view.entity()),
        "hidden": hidden(own, back),
        "is_own": own.is_own,
    }
