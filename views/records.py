"""What screen and API do with records alike: validate, create, change, fire, once a key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from marshmallow import Schema, ValidationError, fields
from sqlalchemy.exc import IntegrityError

from app.kernel import engine
from app.kernel.context import Context
from app.kernel.errors import ConflictError, DomainError, PermissionDeniedError, ValidationFailedError
from app.kernel.schema import REQUIRED
from app.kernel.unit_of_work import unit_of_work
from models.idempotency import IdempotencyKey
from views.base import EntityDeclaration
from views.forms import check_related

LONGEST_KEY = 80


class RepeatedKeyError(DomainError):
    """The same idempotency key came with another content."""

    code = "idempotency_key_reused"
    status = 409
    default_message = _l("This key was already used for another request. Use a new key for a new request.")


def load(ctx: Context, schema: type[Schema], raw: Any, *, partial: bool = False) -> dict[str, Any]:
    """The validated input. Raises ValidationFailedError.

    Nothing given for a column that has a default leaves it to the default; in an edit it empties a text.
    """
    declared = schema().fields
    empty = [name for name, field in declared.items() if _is_left_out(field, name, raw)]
    try:
        given = {name: value for name, value in raw.items() if name not in empty} if empty else raw
        values: dict[str, Any] = schema().load(given, partial=partial)
    except ValidationError as error:
        raise ValidationFailedError(engine.messages_of(error)) from error
    if partial and (cleared := [name for name in empty if not isinstance(declared[name], fields.String)]):
        raise ValidationFailedError({name: [str(REQUIRED)] for name in cleared})
    if partial:
        values |= dict.fromkeys(empty, "")
    if errors := check_related(ctx, schema, values):
        raise ValidationFailedError(errors)
    return values


def _is_left_out(field: fields.Field[Any], name: str, raw: Any) -> bool:
    if field.required or field.allow_none or not isinstance(raw, Mapping) or name not in raw:
        return False
    value = raw[name]
    return value is None or (isinstance(value, str) and not value.strip())


def create(ctx: Context, view: type[EntityDeclaration], raw: Any) -> Any:
    """Makes a record and flushes it."""
    if not view.may_add(ctx.actor):
        raise PermissionDeniedError
    values = load(ctx, view.input_schema(ctx.actor, is_new=True), raw)
    with engine.acting(ctx, f"{view.entity()}.add") as own:
        record = view.creates(own, values) if view.creates is not None else view.model()(**values)
        ctx.session.add(record)
        ctx.session.flush()
    return record


def change(ctx: Context, view: type[EntityDeclaration], record: Any, raw: Any, version: int | None) -> Any:
    """Writes the named columns of a record and flushes it. Raises ConflictError when it is no longer the seen one."""
    if not view.may_edit(ctx.actor, record):
        raise PermissionDeniedError
    engine.lock(ctx, record)
    if version != record.version:
        raise ConflictError
    # What cannot be edited any more may have become so since the form was opened.
    if not view.may_edit(ctx.actor, record):
        raise ConflictError
    values = load(ctx, view.input_schema(ctx.actor, is_new=False, record=record), raw, partial=True)
    with engine.acting(ctx, f"{view.entity()}.edit") as own:
        if view.changes is not None:
            view.changes(own, record, values)
        else:
            for name, value in values.items():
                setattr(record, name, value)
        ctx.session.flush()
    return record


def step(
    ctx: Context, view: type[EntityDeclaration], record: Any, name: str, raw: Mapping[str, Any], version: int | None
) -> Any:
    """Fires a step after its relation fields were checked against the actor's scope."""
    workflow = view.workflow()
    declared = workflow.step(name) if workflow else None
    if declared is not None and declared.asks is not None:
        engine.requires(ctx, workflow.permission(declared) if workflow else None)
        schema = declared.asks
        numbers = {key: value for key, value in raw.items() if key in schema().fields}
        if errors := check_related(ctx, schema, numbers):
            raise ValidationFailedError(errors)
    return engine.fire(ctx, record, name, raw, expected_version=version)


def digest_of(content: Any) -> str:
    """A mark of a request's content, to tell a repetition from a reuse of its key."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def once(ctx: Context, scope: str, key: str | None, digest: str, act: Callable[[], str]) -> tuple[str, bool]:
    """Runs ``act`` in one transaction, once for a key; returns its answer and whether it was a repetition.

    The answer is stored with the key in the same transaction: the second click gets the first one's answer.

    Raises:
        RepeatedKeyError: the key stands for another content.
        DomainError: whatever ``act`` refuses; the key stays unused then.
    """
    if not key:
        with unit_of_work(ctx):
            return act(), False
    key = key[:LONGEST_KEY]
    if (answer := _seen(ctx, scope, key, digest)) is not None:
        return answer, True
    clash = False
    try:
        with unit_of_work(ctx):
            row = IdempotencyKey(scope=scope, key=key, digest=digest, response="", status=0, created_at=ctx.now)
            ctx.session.add(row)
            try:
                ctx.session.flush()
            except IntegrityError:
                clash = True
                raise
            answer = act()
            row.response = answer
            row.status = 200
            return answer, False
    except DomainError:
        # The rival with the same key was faster and has committed by now.
        if clash and (answer := _seen(ctx, scope, key, digest)) is not None:
            return answer, True
        raise


def _seen(ctx: Context, scope: str, key: str, digest: str) -> str | None:
    statement = sa.select(IdempotencyKey.digest, IdempotencyKey.response).where(
        IdempotencyKey.scope == scope, IdempotencyKey.key == key
    )
    row = ctx.session.execute(statement).one_or_none()
    if row is None:
        return None
    if row.digest != digest:
        raise RepeatedKeyError
    return str(row.response)
