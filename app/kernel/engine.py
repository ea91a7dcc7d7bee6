"""Fires steps: the only way to change a state.

``fire`` locks the row, checks right, state, separation of duties, input and guards, does the step's effect, writes
the journal row and runs the reactions, all in the caller's transaction. It raises; it never skips silently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.orm.attributes import flag_modified

from app.kernel import duties
from app.kernel.context import Context, entered
from app.kernel.errors import (
    ConflictError,
    FixedValueError,
    NotFoundError,
    PermissionDeniedError,
    Reason,
    StateGuardError,
    StepBlockedError,
    StepNotOpenError,
    ValidationFailedError,
)
from app.kernel.journal import Act, entity_name, name_act
from app.kernel.workflow import Step, Workflow, workflow_of
from models.base import Base, StateType
from models.journal import Journal
from models.labels import label_of

Reaction = Callable[[Context, Any, Mapping[str, Any]], None]
Observer = Callable[[Context, Any, str], None]
_reactions: dict[str, list[Reaction]] = {}
_observers: list[Observer] = []


def react(action: str, reaction: Reaction) -> None:
    """Registers what else happens in the transaction of a journal action; ``app.reactions`` holds the one table."""
    _reactions.setdefault(action, []).append(reaction)


def observe(observer: Observer) -> None:
    """Registers who is told of every change of state of a followed workflow: (context, record, ``order.confirm``)."""
    _observers.append(observer)


def reactions_of(action: str) -> list[Reaction]:
    """The reactions to an action, in the order of the table."""
    return _reactions.get(action, [])


def began(ctx: Context, record: Base) -> None:
    """A record was made: what else happens then, as ``<entity>.add`` of the table of reactions says."""
    for reaction in reactions_of(f"{entity_name(type(record))}.add"):
        reaction(ctx, record, {})


def lock(ctx: Context, record: Base) -> None:
    """Locks the row and reads it afresh, so that every check sees what the transaction will change."""
    if record in ctx.session.new or ctx.session.is_modified(record):
        ctx.session.flush()
    ctx.session.refresh(record, with_for_update=True)


def requires(ctx: Context, permission: str | None) -> None:
    """Raises PermissionDeniedError where the actor lacks the right."""
    if not ctx.actor.may(permission):
        raise PermissionDeniedError


def blockers(ctx: Context, record: Any, step: Step) -> list[Reason]:
    """Every reason against a step besides right and state: separation of duties first, then the guards."""
    asked_now = duties.applying(step.not_by, None)
    return _blockers(ctx, record, step, duties.broken(ctx, record, asked_now))


def _blockers(ctx: Context, record: Any, step: Step, found: frozenset[duties.Duty]) -> list[Reason]:
    told = duties.reasons(ctx, duties.applying(step.not_by, None), found)
    return told + [reason for guard in step.guards if (reason := guard(ctx, record)) is not None]


def offered(ctx: Context, record: Any) -> list[tuple[Step, list[Reason]]]:
    """The steps a person is shown on a record: open in its state and permitted, each with the reasons against it."""
    workflow = workflow_of(type(record))
    if workflow is None:
        return []
    steps = [
        step
        for step in workflow.steps_from(record.state)
        if step.permission
        and step.is_offered
        and ctx.actor.may(workflow.permission(step))
        and (step.concerns is None or step.concerns(record))
    ]
    # The journal is asked once for all buttons of a page.
    found = duties.broken(ctx, record, [duty for step in steps for duty in duties.applying(step.not_by, None)])
    return [(step, _blockers(ctx, record, step, found)) for step in steps]


def fire(
    ctx: Context,
    record: Any,
    name: str,
    data: Mapping[str, Any] | None = None,
    *,
    expected_version: int | None = None,
    reason: str | None = None,
) -> Any:
    """Takes a record through a step and returns it.

    Args:
        data: what the step asks, raw; validated by its schema.
        expected_version: the version the person saw; None where nobody looked (system).

    Raises:
        NotFoundError, PermissionDeniedError, ConflictError, StepNotOpenError, ValidationFailedError,
        StepBlockedError: nothing is changed then.
    """
    workflow = workflow_of(type(record))
    step = workflow.step(name) if workflow else None
    if workflow is None or step is None:
        raise NotFoundError(_l("There is no such step."), code="unknown_step")
    requires(ctx, workflow.permission(step))
    lock(ctx, record)
    if expected_version is not None and record.version != expected_version:
        raise ConflictError
    if record.state not in step.sources:
        raise StepNotOpenError(state=label_of(record.state))
    if reasons := blockers(ctx, record, step):
        raise StepBlockedError(reasons)
    values = asked(step, data or {})
    late = duties.applying(step.not_by, values)
    if reasons := duties.reasons(ctx, late, duties.broken(ctx, record, late)):
        raise StepBlockedError(reasons)
    action, before = f"{workflow.name}.{step.name}", record.state
    with acting(ctx, workflow.permission(step), step.prefers) as own:
        _move(own, workflow, record, step, values, reason or values.get("reason"))
        for reaction in reactions_of(action):
            reaction(own, record, values)
        for observer in _observers if step.target not in (None, before) else ():
            observer(own, record, action)
        own.session.flush()
    return record


@contextmanager
def acting(ctx: Context, permission: str | None, prefers: str | None = None) -> Iterator[Context]:
    """The act of a right; where a delegation alone gives it, the journal says on whose behalf."""
    own = ctx.acting(permission, prefers)
    if own is ctx:
        yield ctx
        return
    with entered(own):
        yield own


def asked(step: Step, data: Mapping[str, Any]) -> dict[str, Any]:
    """The validated input of a step. Raises ValidationFailedError."""
    if step.asks is None:
        return {}
    try:
        loaded: dict[str, Any] = step.asks().load(data)
    except ValidationError as error:
        raise ValidationFailedError(messages_of(error)) from error
    return loaded


def messages_of(error: ValidationError) -> dict[str, Any]:
    """The messages of a validation by field."""
    messages = error.messages
    return dict(messages) if isinstance(messages, dict) else {"_schema": messages}


def _move(
    ctx: Context, workflow: Workflow, record: Any, step: Step, values: Mapping[str, Any], reason: str | None
) -> None:
    before = record.state
    after = step.target or before
    name_act(ctx.session, record, Act(f"{workflow.name}.{step.name}", str(before), str(after), reason, values))
    if after != before:
        record.state = after
        record.state_since = ctx.now
    # A step that changes no column is an event all the same: touching the row makes the flush journal it.
    flag_modified(record, "updated_at")
    # The first flush, here or inside the effect, carries the step; what the effect changes later is journalled too.
    with ctx.session.no_autoflush:
        if step.effect is not None:
            step.effect(ctx, record, values)
    ctx.session.flush()


@event.listens_for(Session, "do_orm_execute")
def _guard_bulk_updates(execution: ORMExecuteState) -> None:
    """Refuses UPDATE statements that would assign a state past the engine, and any UPDATE or DELETE of the journal."""
    if not (execution.is_update or execution.is_delete):
        return
    mapper = execution.bind_mapper
    table = mapper.local_table if mapper is not None else None
    if table is Journal.__table__:
        raise StateGuardError
    if execution.is_update and table is not None:
        values = getattr(execution.statement, "_values", None) or {}
        names = {getattr(key, "key", key) for key in values}
        if any(isinstance(column.type, StateType) and column.key in names for column in table.columns):
            raise StateGuardError
        if any(column.info.get("fixed") and column.key in names for column in table.columns):
            raise FixedValueError
