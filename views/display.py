"""Values as a person reads them: local times, money, labels, links, masks. Plain dicts for the components."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask import g
from flask_appbuilder.security.sqla.models import Role
from flask_babel import get_locale
from flask_babel import gettext as _

from app.kernel.context import LOCAL_ZONE, Actor
from app.kernel.fields import present
from app.kernel.journal import state_column
from app.kernel.money import CENT
from app.security.actors import person_name
from app.security.departments import label_of_role
from models.base import Amount, Base, Fixed, Percent, StateType, UnitPrice, UtcDateTime
from models.labels import TONES, label_of
from views.words import kept_text, read

LONG_TEXT = 120
Link = Callable[[Any], str | None]


def money(amount: Decimal) -> str:
    """As 12,345.67."""
    return f"{amount:,.2f}"


def number(value: Decimal | int) -> str:
    """At most the places that say something: 12.500 is 12.5."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment(value: datetime) -> str:
    """2026-11-24 16:30 in Shanghai."""
    return f"{value.astimezone(LOCAL_ZONE):%Y-%m-%d %H:%M}"


# By language, then by vocabulary and word: members of two vocabularies with one value are equal.
_WORDS: dict[str, dict[tuple[type[Enum], Enum], str]] = {}


def label_text(value: Enum) -> str:
    """The label of a word of a vocabulary; looked up once a language, for a list says each many times."""
    if "zhidan_words" not in g:
        g.zhidan_words = _WORDS.setdefault(str(get_locale()), {})
    words: dict[tuple[type[Enum], Enum], str] = g.zhidan_words
    key = (type(value), value)
    if key not in words:
        words[key] = str(label_of(value))  # type: ignore[arg-type]
    return words[key]


def badge(value: Any) -> dict[str, str] | None:
    """A word as {label, tone}; None for nothing."""
    if value is None:
        return None
    return {"label": label_text(value), "tone": str(TONES.get(type(value), {}).get(value, "neutral"))}


def record_text(actor: Actor, record: Any) -> str:
    """How a record is called: its number or code, and its name as far as the actor may see it."""
    if record is None:
        return ""
    if not isinstance(record, Base):
        return person_text(record)
    name = name_of(actor, record)
    if record.shown_with is not None:
        name = record_text(actor, getattr(record, record.shown_with))
    return f"{record} {name}" if name and name != str(record) else str(record)


def add_text(model: Any) -> str:
    """“Add order”: the label of a table within a sentence; API token keeps its capitals."""
    label = str(model.__label__)
    text: str = _("Add %(name)s", name=label if label[1:2].isupper() else f"{label[:1].lower()}{label[1:]}")
    return text


def name_of(actor: Actor, record: Base) -> str | None:
    """The name of a record, where its table has one, by the actor's access."""
    model: Any = type(record)
    if not _has_name(model):
        return None
    value = getattr(record, model.name_column)
    shown = present(actor, model, model.name_column, value, record)
    said = read(record, model.name_column) if shown == value else None
    return shown if said is None else said


@cache
def _has_name(model: Any) -> bool:
    return model.name_column in sa.inspect(model).attrs


def person_text(user: Any) -> str:
    """A user of the framework: 李静, but Ada Lovelace; a role, where one stands in the same place, by its label."""
    return str(label_of_role(user.name)) if isinstance(user, Role) else person_name(user)


def kind_of(model: Any, name: str) -> str:
    """How a column is set on screens: text, number, money, percent, date, datetime, badge, bool, link, long."""
    return _kind_of(model, name)


@cache
def _kind_of(model: type[Any], name: str) -> str:
    attribute = sa.inspect(model).attrs.get(name)
    if attribute is None:
        # Computed columns keep to the names of stored ones.
        computed = {"state": "badge", "amount": "money"}.get(name.rpartition("_")[2])
        return computed or ("number" if name.startswith("qty_") else "text")
    if isinstance(attribute, sa.orm.RelationshipProperty):
        return "link"
    column_type = attribute.columns[0].type
    if isinstance(column_type, StateType):
        return "badge"
    for types, kind in (
        ((Amount, UnitPrice), "money"),
        ((Percent,), "percent"),
        ((Fixed,), "number"),
        ((UtcDateTime,), "datetime"),
        ((sa.Date,), "date"),
        ((sa.Boolean,), "bool"),
    ):
        if isinstance(column_type, types):
            return kind
    if isinstance(column_type, sa.Integer) and not attribute.columns[0].foreign_keys:
        return "number"
    if isinstance(column_type, sa.Text):
        return "long"
    return "text"


def text_of(kind: str, value: Any) -> str:
    """A plain value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, list | tuple):
        return ", ".join(text_of(kind, item) for item in value)
    if isinstance(value, dict):
        return kept_text(value)
    for types, write in _WRITERS:
        if isinstance(value, types):
            text: str = write(kind, value)
            return text
    return str(value)


def _decimal(kind: str, value: Decimal) -> str:
    if kind == "money" and value == value.quantize(CENT):
        return money(value)
    return f"{number(value)}%" if kind == "percent" else number(value)


_WRITERS: tuple[tuple[type[Any], Callable[[str, Any], str]], ...] = (
    (Enum, lambda _kind, value: label_text(value)),
    (Decimal, _decimal),
    (datetime, lambda _kind, value: moment(value)),
    (date, lambda _kind, value: value.isoformat()),
)


def cell(actor: Actor, record: Any, name: str, link: Link | None = None) -> dict[str, Any] | None:
    """One value of a record for a table or a show page; masked where the actor's access says so."""
    model = type(record)
    kind = kind_of(model, name)
    value = getattr(record, name)
    if value is None:
        return None
    if kind == "link" and not isinstance(value, list):
        return _relation_cell(actor, value, link)
    if isinstance(value, StrEnum) and type(value) in TONES:
        return {"kind": "badge", "text": label_text(value), "tone": str(TONES[type(value)][value])}
    if isinstance(value, bool):
        return {"kind": "bool", "on": value}
    shown = present(actor, model, name, value, record)
    said = read(record, name) if shown == value else None
    text = text_of(kind, shown) if said is None else said
    return {"kind": "long" if kind == "long" and len(text) > LONG_TEXT else kind, "text": text}


def _relation_cell(actor: Actor, value: Any, link: Link | None) -> dict[str, Any]:
    url = link(value) if link else None
    if not isinstance(value, Base):
        return {"kind": "link", "text": person_text(value), "url": url}
    text, name = str(value), name_of(actor, value)
    if value.shown_with is not None:
        with_it = getattr(value, value.shown_with)
        return {"kind": "link", "text": f"{text} · {name_of(actor, with_it) or with_it}", "url": url}
    found = {"kind": "link", "text": name or text, "url": url}
    if name and name != text:
        found["sub"] = text
    return found


def state_of(record: Any) -> dict[str, str] | None:
    """The badge of a record's state; None for what has none."""
    name = state_column(type(record))
    return badge(getattr(record, name)) if name else None
