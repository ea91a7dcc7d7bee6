"""From an input schema to the plain fields of a form, and from a posted form to raw input for the schema."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from marshmallow import Schema, fields, validate

from app.kernel.context import LOCAL_ZONE, Context
from app.kernel.filters import LARGEST_ID
from app.kernel.schema import Related, members_of
from app.security.refusals import tampered
from models.base import Amount, Base, Percent, UnitPrice
from models.labels import LABELS
from views.base import ENTITIES, EntityDeclaration, column_key, view_of_table
from views.display import label_text, number, person_text, record_text

LONG_STRING = 200
# Python reads no number of thousands of digits.
LONGEST_ID = 20
PEOPLE_TABLE = "ab_user"


def form_fields(
    ctx: Context,
    schema: type[Schema],
    values: Mapping[str, Any],
    errors: Mapping[str, Any],
    *,
    model: type[Any] | None = None,
) -> list[dict[str, Any]]:
    """The fields of a form in the order of the schema. ``values`` are raw (as typed) or typed (from a record)."""
    found = []
    declared = schema().fields
    for name, field in declared.items():
        if isinstance(field, fields.Dict | fields.Nested | fields.List):
            continue  # structured input: the API takes it, the screen has pages of its own for it
        found.append(
            {
                "name": name,
                "label": str(field.metadata.get("label") or name),
                "help": str(field.metadata.get("help") or ""),
                "required": field.required,
                "errors": messages(errors.get(name)),
                "value": raw_text(values.get(name)),
                **_kind(ctx, name, field, declared, values, model),
            }
        )
    return found


def _kind(
    ctx: Context,
    name: str,
    field: fields.Field[Any],
    declared: Mapping[str, fields.Field[Any]],
    values: Mapping[str, Any],
    model: type[Any] | None,
) -> dict[str, Any]:
    if isinstance(field, Related):
        return _related(ctx, name, field, declared, values)
    if isinstance(field, fields.Enum):
        words = LABELS.get(field.enum, {})
        return {
            "kind": "select",
            "choices": [(word.value, str(words.get(word, word.value))) for word in members_of(field)],
        }
    if (chosen := next((check for check in field.validators if isinstance(check, validate.OneOf)), None)) is not None:
        return {"kind": "select", "choices": [(value, str(label or value)) for value, label in chosen.options()]}
    if isinstance(field, fields.Boolean):
        return {"kind": "bool", "required": False, "value": values.get(name) in {True, "y", "true", "1", "on"}}
    for kind, shown in _PLAIN_KINDS:
        if isinstance(field, kind):
            return {**shown, "kind": _number_kind(model, name)} if kind is fields.Decimal else dict(shown)
    longest = next((check.max for check in field.validators if isinstance(check, validate.Length) and check.max), None)
    if longest is None or longest >= LONG_STRING:
        return {"kind": "textarea", "max_length": longest}
    return {"kind": "text", "max_length": longest}


# In this order: a DateTime and a Date are unrelated classes, a Related was answered before.
_PLAIN_KINDS: tuple[tuple[type[Any], dict[str, Any]], ...] = (
    (fields.DateTime, {"kind": "datetime"}),
    (fields.Date, {"kind": "date"}),
    (fields.Decimal, {}),
    (fields.Integer, {"kind": "number", "integer": True}),
)


def _number_kind(model: type[Any] | None, name: str) -> str:
    attribute = sa.inspect(model).attrs.get(name) if model is not None else None
    kind = attribute.columns[0].type if attribute is not None and hasattr(attribute, "columns") else None
    if isinstance(kind, Amount | UnitPrice) or (kind is None and name.endswith("amount")):
        return "money"
    if isinstance(kind, Percent) or name.endswith("_pct"):
        return "percent"
    return "number"


def target_view(target: str) -> type[EntityDeclaration] | None:
    """The declaration a relation field points at, by the name of its table or entity."""
    return view_of_table(target) or ENTITIES.get(target)


def _related(
    ctx: Context,
    name: str,
    field: Related,
    declared: Mapping[str, fields.Field[Any]],
    values: Mapping[str, Any],
) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": "relation"}
    view = target_view(field.target)
    if view is None:
        found["url"] = url_for("PeopleView.search")
    else:
        found["url"] = view.url("search")
        # A line is chosen among the lines of the order that is chosen beside it.
        parents = {column.key for column in sa.inspect(view.model()).column_attrs if column.columns[0].foreign_keys}
        depends = [other for other, kind in declared.items() if isinstance(kind, Related) and other in parents]
        if depends:
            found["depends"] = depends
    found["text"] = related_text(ctx, field, values.get(name))
    return found


def edit_keys(view: type[EntityDeclaration]) -> frozenset[str]:
    """The names of the boxes of an edit form, whoever sees it."""
    return _edit_keys(view.entity())


@cache
def _edit_keys(entity: str) -> frozenset[str]:
    view = ENTITIES[entity]
    return frozenset(column_key(view.model(), name) for name in view.edit_columns)


def is_id(text: str) -> bool:
    """Whether a text is a number that a key can be."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_ID and int(text) <= LARGEST_ID


def related_text(ctx: Context, field: Related, raw: Any) -> str:
    """What the chosen record is called; nothing for one out of scope."""
    record = related_record(ctx, field, raw)
    return record_text(ctx.actor, record) if isinstance(record, Base) else person_text(record) if record else ""


def related_record(ctx: Context, field: Related, raw: Any) -> Any:
    """The chosen record within the actor's scope, or None."""
    text = str(raw or "")
    if not is_id(text):
        return None
    view = target_view(field.target)
    if view is None:
        user = ctx.session.get(User, int(text)) if field.target == PEOPLE_TABLE else None
        return user if user is not None and user.is_active else None
    statement = sa.select(view.model()).where(view.model().id == int(text))
    if view.scope is not None and not ctx.actor.is_system:
        statement = statement.where(view.scope(ctx.actor))
    return ctx.session.scalars(statement).unique().one_or_none()


def check_related(ctx: Context, schema: type[Schema], values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Errors of relation fields that name a record the actor may not know of; nothing is created for them."""
    errors = {}
    for name, field in schema().fields.items():
        if isinstance(field, Related) and values.get(name) is not None and not related_record(ctx, field, values[name]):
            errors[name] = [_("This record does not exist or is not open to you: choose another.")]
    if errors:
        tampered("out_of_scope")
    return errors


def posted(schema: type[Schema], form: Mapping[str, Any]) -> dict[str, Any]:
    """The raw input for a schema from a posted form. An empty box is an absent value, an unticked one is no."""
    raw: dict[str, Any] = {}
    for name, field in schema().fields.items():
        if isinstance(field, fields.Boolean):
            raw[name] = form.get(name) in {"y", "true", "1", "on"}
        elif name in form:
            raw[name] = form[name]
    return raw


def unchanged(schema: type[Schema], raw: Mapping[str, Any], record: Any) -> Iterator[str]:
    """The names whose box still shows what the record holds: they are not written, so seconds are not lost."""
    for name in raw:
        if name not in schema().fields or not hasattr(record, name):
            continue
        held = getattr(record, name)
        same = raw[name] is bool(held) if isinstance(raw[name], bool) else str(raw[name]).strip() == raw_text(held)
        if same:
            yield name


def raw_text(value: Any) -> str:
    """A value as an input box holds it."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return f"{value.astimezone(LOCAL_ZONE):%Y-%m-%dT%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return number(value).replace(",", "")
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value).replace("\r\n", "\n")


def messages(found: Any) -> list[str]:
    """Error messages of a field as a flat list."""
    if not found:
        return []
    if isinstance(found, Mapping):
        return [text for part in found.values() for text in messages(part)]
    if isinstance(found, list | tuple):
        return [text for part in found for text in messages(part)]
    return [str(found)]


def other_errors(errors: Mapping[str, Any], shown: list[dict[str, Any]]) -> list[str]:
    """Errors that belong to no field of the form."""
    names = {field["name"] for field in shown}
    return [text for name, found in errors.items() if name not in names for text in messages(found)]


def enum_choices(kind: Any) -> list[tuple[str, str]]:
    """The words of a vocabulary column with their labels."""
    return [(word.value, label_text(word)) for word in kind.enum_class]


def new_token() -> str:
    """An idempotency token for a form."""
    return secrets.token_urlsafe(16)


def own_address(asked: str | None, default: str) -> str:
    """A way back within this site; anything else is ignored."""
    if asked and asked.startswith("/") and not asked.startswith(("//", "/\\")) and "\\" not in asked:
        return asked
    return default
