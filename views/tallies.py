"""What stands over and under the rows of a list: chips of words and periods, counts, sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from app.kernel.brief import TooSlowError, brief
from app.kernel.context import Context
from app.kernel.fields import editable
from app.kernel.filters import DURING, attribute_of
from app.kernel.listing import Args, ListRequest, parse
from app.kernel.tally import SUM_CAP, WORD_CAP, by_word, sums, words_of
from models.base import UtcDateTime
from models.labels import TONES
from views.base import EntityDeclaration
from views.display import kind_of, label_text, text_of
from views.listpage import address

# Seconds. Longer nobody looks at a list that has no counts yet.
PATIENCE = 2.0


def facet_names(ctx: Context, view: type[EntityDeclaration]) -> list[str]:
    """The columns of words that the list counts, as far as the person may filter by them."""
    return editable(ctx.actor, view.model(), [name for name in view.facet_columns() if name in view.search_columns])


def facets(ctx: Context, view: type[EntityDeclaration], asked: ListRequest, args: Args) -> list[dict[str, Any]]:
    """Chips by word: each narrows the list to its rows, or takes that back; several of a column add up."""
    chosen = {condition.name: condition.values for condition in asked.filters if condition.operator == "eq"}
    found = []
    for name in facet_names(ctx, view):
        held = list(chosen.get(name, ()))
        values = []
        for value in words_of(view.model(), name):
            wanted = [word for word in held if word != value] if value in held else [*held, value]
            more = {name: ",".join(_key(word) for word in wanted)} if wanted else {}
            values.append(
                {
                    "key": _key(value),
                    "label": _text(value),
                    "tone": str(TONES.get(type(value), {}).get(value, "neutral")),
                    "url": address(args, without=[name], **more),
                    "active": value in held,
                }
            )
        found.append({"name": name, "label": str(view.label(name)), "values": values})
    return found


def periods(ctx: Context, view: type[EntityDeclaration], asked: ListRequest, args: Args) -> dict[str, Any] | None:
    """Today, this week, this month by the first day or moment that the list is searched by."""
    names = editable(ctx.actor, view.model(), [name for name in view.search_columns if _is_time(view, name)])
    if not names:
        return None
    name = view.planned if view.planned in names else names[0]
    now = next((found.raw[0] for found in asked.filters if found.name == name and found.operator == DURING), None)
    keys = [name, *(f"{name}__{word}" for word in (DURING, "ge", "le", "gt", "lt"))]
    words = {"today": _("Today"), "week": _("This week"), "month": _("This month"), "past": _("Before today")}
    return {
        "label": str(view.label(name)),
        "values": [
            {
                "label": label,
                "url": address(args, without=keys, **({} if word == now else {f"{name}__{DURING}": word})),
                "active": word == now,
            }
            for word, label in words.items()
        ],
    }


def _is_time(view: type[EntityDeclaration], name: str) -> bool:
    attribute = sa.inspect(view.model()).attrs[name]
    return isinstance(attribute, sa.orm.ColumnProperty) and isinstance(
        attribute_of(view.model(), name).type, UtcDateTime | sa.Date
    )


def _key(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _text(value: Any) -> str:
    return text_of("bool", value) if isinstance(value, bool) else label_text(value)


def total_names(ctx: Context, view: type[EntityDeclaration]) -> list[str]:
    """The columns that are added up: those the person sees in full, or the sum would tell what is masked."""
    return editable(ctx.actor, view.model(), list(view.totals))


def tallied(ctx: Context, view: type[EntityDeclaration], args: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Counts by word and sums of the filter, a statement each; without them where they would take too long."""
    asked, _problems = parse(view.spec(), ctx.actor, args, ctx.today)
    found: dict[str, Any] = {"facets": {}, "totals": [], "note": None}
    try:
        with brief(ctx.session, PATIENCE):
            found["facets"] = _counts(ctx, view, asked)
            found |= _sums(ctx, view, asked)
    except TooSlowError:
        found["note"] = _("There are too many rows to count them at once: narrow the filter to see counts and sums.")
    return found


def _counts(ctx: Context, view: type[EntityDeclaration], asked: ListRequest) -> dict[str, dict[str, str]]:
    counted = by_word(ctx, view.spec(), asked, facet_names(ctx, view))
    return {
        name: {_key(value): f"{WORD_CAP}+" if count > WORD_CAP else f"{count}" for value, count in values.items()}
        for name, values in counted.items()
    }


def _sums(ctx: Context, view: type[EntityDeclaration], asked: ListRequest) -> dict[str, Any]:
    names, model = total_names(ctx, view), view.model()
    if not names:
        return {}
    added = sums(ctx, view.spec(), asked, names)
    if not added.is_complete:
        return {"note": _("More than %(most)s rows: narrow the filter to see sums.", most=f"{SUM_CAP:,}")}
    return {
        "totals": [
            {"label": str(view.label(name)), "text": text_of(kind_of(model, name), value if value is not None else 0)}
            for name, value in added.values.items()
        ]
    }
