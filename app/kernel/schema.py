"""Input schemas from columns: one validation for the form on the screen, the API body and the import row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, cast

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from marshmallow import Schema, ValidationError, fields, missing, pre_load, validate, validates_schema

from app.kernel import wording
from app.kernel.context import LOCAL_ZONE
from models.base import Fixed, StateType, UtcDateTime

wording.install()
REQUIRED = wording.REQUIRED
REASON = _l("Reason")
TOO_LONG = _l("At most {max} characters.")
NO_CONTROL = _l("Invisible control characters are not allowed here.")


class LocalDateTime(fields.DateTime):
    """A moment. Without a zone it is Shanghai time, as a person types it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        moment: Any = super()._deserialize(value, attr, data, **kwargs)
        if not isinstance(moment, datetime):
            return moment
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=LOCAL_ZONE)
        try:
            # It is stored in the one zone and shown in the other: neither may lie outside of the calendar.
            for zone in (UTC, LOCAL_ZONE):
                moment.astimezone(zone)
        except OverflowError as error:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from error
        return moment


class Related(fields.Integer):
    """The id of a row of another table, chosen through its own search; ``target`` is the entity's name."""

    def __init__(self, target: str, **options: Any) -> None:
        super().__init__(strict=False, **options)
        self.target = target


class EntityInput(Schema):
    """Base of all input: an empty string means nothing was given."""

    error_messages = wording.SCHEMA

    @pre_load
    def _nothing(self, data: Any, **_: Any) -> Any:
        if not hasattr(data, "items"):
            return data
        return {key: _clean(value) for key, value in data.items() if not self._takes_default(key, value)}

    def _takes_default(self, name: str, value: Any) -> bool:
        """Whether an empty box leaves the field to its default: a form sends every box, also the untouched ones."""
        field = self.fields.get(name)
        if field is None or field.allow_none or field.load_default is missing:
            return False
        return isinstance(value, str) and not value.strip()

    @validates_schema
    def _readable(self, data: dict[str, Any], **_: Any) -> None:
        wrong = {name: [str(NO_CONTROL)] for name, value in data.items() if isinstance(value, str) and _is_odd(value)}
        if wrong:
            raise ValidationError(wrong)


def reason_field(label: Any = REASON) -> fields.String:
    """A sentence that goes into the journal with the step."""
    return fields.String(required=True, validate=validate.Length(max=500), metadata={"label": label})


class ReasonInput(EntityInput):
    """What a step asks that needs nothing but its reason."""

    reason = reason_field()


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        value = value.strip()
        return value or None
    return value


def no_control_characters(text: str) -> None:
    """NUL breaks PostgreSQL, the others break papers and workbooks. Raises ValidationError."""
    if _is_odd(text):
        raise ValidationError(str(NO_CONTROL))


def _is_odd(text: str) -> bool:
    return any((c < " " and c not in "\n\r\t") or "\ud800" <= c <= "\udfff" for c in text)


def _number_limits(column_type: Fixed) -> list[Any]:
    top = column_type.limit - column_type.quantum
    return [validate.Range(min=-top, max=top)]


def field_of(column: sa.Column[Any]) -> fields.Field[Any]:
    """The field of a column: type, length, vocabulary, required and label follow from it."""
    given = column.default is not None or column.server_default is not None
    options: dict[str, Any] = {
        "required": not column.nullable and not given,
        "allow_none": bool(column.nullable),
        "metadata": {"label": column.info.get("label"), "help": column.info.get("help")},
    }
    kind = column.type
    if column.foreign_keys:
        target = next(iter(column.foreign_keys)).column.table.name
        return Related(target, **options)
    if isinstance(kind, Fixed):
        return fields.Decimal(
            places=kind.scale, rounding=None, allow_nan=False, validate=_number_limits(kind), **options
        )
    if isinstance(kind, sa.Enum) and kind.enum_class is not None:
        return fields.Enum(kind.enum_class, by_value=True, **options)
    if isinstance(kind, sa.Boolean):
        return fields.Boolean(**{**options, "required": False, "load_default": False})
    if isinstance(kind, UtcDateTime):
        return LocalDateTime(**options)
    if isinstance(kind, sa.Date):
        return fields.Date(**options)
    if isinstance(kind, sa.Integer):
        return fields.Integer(validate=validate.Range(min=-(2**31), max=2**31 - 1), **options)
    checks: list[Any] = [no_control_characters]
    if isinstance(kind, sa.String) and kind.length:
        checks.append(validate.Length(max=kind.length, error=TOO_LONG))
    return fields.String(validate=checks, **options)


def field_for(model: type[Any], name: str, *, required: bool | None = None) -> fields.Field[Any]:
    """The field of a column for what a step asks; ``required`` says whether the step needs it, whatever the column."""
    field = field_of(model.__table__.columns[name])
    if required is not None:
        field.required = required
        field.allow_none = not required
    return field


def schema_of(model: type[Any], names: Iterable[str], *, partial: bool = False) -> type[EntityInput]:
    """The input schema for columns of a model; a relation stands for its foreign key (``customer`` as customer_id).

    With ``partial`` nothing is required: an edit changes what it names. State columns are refused.
    """
    members: dict[str, Any] = {}
    for name in names:
        column = column_of(model, name)
        if isinstance(column.type, StateType):
            msg = f"{model.__name__}.{name}: a state is changed by steps only"
            raise TypeError(msg)
        field = field_of(column)
        if partial:
            field.required = False
        members[column.key] = field
    return type(f"{model.__name__}Input", (EntityInput,), members)


def column_of(model: type[Any], name: str) -> sa.Column[Any]:
    """The column of an attribute; of a many-to-one relation its foreign key. Raises KeyError."""
    attribute = sa.inspect(model).attrs[name]
    if isinstance(attribute, sa.orm.RelationshipProperty):
        return cast("sa.Column[Any]", next(iter(attribute.local_columns)))
    return cast("sa.Column[Any]", attribute.columns[0])


def label_of_column(model: type[Any], name: str) -> Any:
    """The label of a column, relation or labelled property; the name where there is none."""
    if name in sa.inspect(model).attrs:
        return column_of(model, name).info.get("label") or name
    return getattr(getattr(model, name, None), "label", name)


def members_of(field: fields.Enum[Any]) -> list[Any]:
    """The words that a field takes: all of its vocabulary, or those its ``OneOf`` leaves."""
    chosen = next((check for check in field.validators if isinstance(check, validate.OneOf)), None)
    return [word for word in field.enum if chosen is None or word in chosen.choices]
