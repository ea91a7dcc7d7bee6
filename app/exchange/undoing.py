"""Taking an import back: which records can be, which cannot and why, and doing it in one transaction.

What an import made is put away (customers, articles), removed (addresses) or called off by its step (past orders);
what it changed gets the values back that the journal kept. A record is taken back whole or not at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.exchange.door import Door
from app.exchange.history import chunks
from app.exchange.running import as_import, mark_of
from app.exchange.subjects import ADDRESS_TABLE, SUBJECTS, TABLES
from app.exchange.uses import used
from app.kernel.context import Actor, Context
from app.kernel.engine import fire
from app.kernel.errors import DomainError, PermissionDeniedError, Reason
from app.kernel.journal import ACTS, note, plain
from app.kernel.restoring import DERIVED, against, changed_since
from app.kernel.sealing import opened
from app.services.customer.actions import remove_address
from models.exchange import ImportBatch, ImportEffect
from models.journal import Journal
from models.labels import ImportDid, OrderState, label_of
from models.order import Order

ORDER: Final = "order"
ADDRESS: Final = ADDRESS_TABLE.entity
UNDO: Final = "undo"
# Orders before what they use; addresses before their customers.
TURN: Final = {ORDER: 0, ADDRESS: 1}


class Way(StrEnum):
    """How a record is taken back."""

    restore = "restore"
    put_away = "put_away"
    remove = "remove"
    void = "void"


WAYS: Final[Mapping[Way, Any]] = {
    Way.restore: _l("Gets its old values back"),
    Way.put_away: _l("Is put away"),
    Way.remove: _l("Is removed"),
    Way.void: _l("Is called off"),
}


@dataclass(eq=False)
class Undoing:
    """One record of an import: how it is taken back, and every reason against it."""

    effect: ImportEffect
    record: Any
    way: Way
    old: dict[str, Any] = field(default_factory=dict)
    new: dict[str, Any] = field(default_factory=dict)
    reasons: list[Reason] = field(default_factory=list)

    @property
    def model(self) -> type[Any]:
        """The table of the record."""
        return model_of(self.effect.entity)


def model_of(entity: str) -> type[Any]:
    """The table that an effect is about."""
    return Order if entity == ORDER else TABLES[entity].model


def may_take_back(actor: Actor, batch: ImportBatch) -> bool:
    """Whoever imported it and may still import, or whoever may take back what others have imported."""
    if batch.target not in SUBJECTS:
        return False
    subject = SUBJECTS[batch.target]
    is_own = actor.id is not None and batch.created_by_id == actor.id
    return actor.may(subject.permission("take_back")) or (is_own and actor.may(subject.permission("import")))


def plan_undo(ctx: Context, batch: ImportBatch, door: Door) -> list[Undoing]:
    """Every record of the import that is not taken back yet; a fixed number of statements for a few hundred."""
    statement = sa.select(ImportEffect).where(ImportEffect.batch_id == batch.id, ImportEffect.undone_at.is_(None))
    effects = list(ctx.session.scalars(statement.order_by(ImportEffect.id)))
    by_entity: dict[str, list[ImportEffect]] = defaultdict(list)
    for effect in effects:
        by_entity[effect.entity].append(effect)
    plan: list[Undoing] = []
    blocked: set[int] = set()
    for entity in sorted(by_entity, key=lambda each: TURN.get(each, 2)):
        found = _of_entity(ctx, batch, door, entity, by_entity[entity], blocked)
        if entity == ORDER:
            blocked = {each.effect.entity_id for each in found if each.reasons}
        plan += found
    return plan


def _of_entity(
    ctx: Context, batch: ImportBatch, door: Door, entity: str, effects: Sequence[ImportEffect], blocked: set[int]
) -> list[Undoing]:
    model = model_of(entity)
    ids = [effect.entity_id for effect in effects]
    records: dict[int, Any] = {}
    for part in chunks(ids):
        statement = sa.select(model).where(model.id.in_(part), door.scope(ctx.actor, model))
        records |= {record.id: record for record in ctx.session.scalars(statement).unique()}
    told = _journal(ctx, batch, entity, ids)
    made = [effect.entity_id for effect in effects if effect.did is ImportDid.made]
    uses = used(ctx, model, made, batch.id, blocked)
    found = []
    for effect in effects:
        each = Undoing(effect, records.get(effect.entity_id), _way(effect))
        found.append(each)
        if each.record is None:
            each.reasons.append(Reason("gone", _l("This record is not there any more, or not open to you.")))
            continue
        if each.way is Way.restore:
            _restores(ctx, each, door, told.changes[effect.entity_id], told.later.get(effect.entity_id))
        else:
            _undoes(ctx, each, door, batch.target, told.later.get(effect.entity_id), uses.get(effect.entity_id, []))
    return found


def _way(effect: ImportEffect) -> Way:
    if effect.did is ImportDid.changed:
        return Way.restore
    return {ORDER: Way.void, ADDRESS: Way.remove}.get(effect.entity, Way.put_away)


@dataclass
class _Told:
    """What the journal says: what the import changed of each record, and who was the first to change it since."""

    changes: dict[int, dict[str, Any]]
    later: dict[int, Journal]


def _journal(ctx: Context, batch: ImportBatch, entity: str, ids: Iterable[int]) -> _Told:
    mark, told = mark_of(batch.id), _Told(defaultdict(dict), {})
    for part in chunks(ids):
        statement = sa.select(Journal).where(Journal.entity == entity, Journal.entity_id.in_(part))
        statement = statement.where(Journal.at >= batch.started_at) if entity != ORDER else statement
        rows = list(ctx.session.scalars(statement.order_by(Journal.id)))
        own = [row for row in rows if row.request_id == mark]
        for row, changes in zip(own, opened(ctx.session, [row.changes for row in own]), strict=True):
            told.changes[row.entity_id] |= changes
        last = {row.entity_id: row.id for row in own}
        for row in rows:
            # A past order is dated back, so what came after the import is told by its place.
            if row.id > last.get(row.entity_id, row.id):
                told.later.setdefault(row.entity_id, row)
    return told


def _restores(ctx: Context, each: Undoing, door: Door, changes: Mapping[str, Any], later: Journal | None) -> None:
    if not door.may(ctx.actor, each.model, "edit", each.record):
        each.reasons.append(Reason("may_not_edit", _l("You may not change this record.")))
    writable = door.writable(ctx.actor, each.model, each.record)
    each.reasons += against(ctx.actor, each.record, changes, writable, lambda _names: later)
    columns = [name for name in changes if name != DERIVED]
    each.old = {name: changes[name][0] for name in columns}
    each.new = {name: changes[name][1] for name in columns}


def _undoes(
    ctx: Context, each: Undoing, door: Door, target: str, later: Journal | None, uses: Sequence[tuple[Any, int]]
) -> None:
    if each.way is Way.void:
        if each.record.state is not OrderState.completed:
            state = str(label_of(each.record.state))
            reason = Reason("state", _l("The order has gone on: it is “%(state)s” now."), {"state": state})
            each.reasons.append(reason)
        elif not ctx.actor.may("order.import_history"):
            each.reasons.append(Reason("may_not_edit", _l("You may not change this record.")))
    # Customers and articles that past orders have brought go with them, as they came with them.
    elif target != ORDER and not door.may(ctx.actor, each.model, "edit", each.record):
        each.reasons.append(Reason("may_not_edit", _l("You may not change this record.")))
    if later is not None:
        each.reasons.append(changed_since(each.model, sorted(later.changes), later))
    for label, count in uses:
        data = {"what": label, "count": count}
        each.reasons.append(Reason("used", _l("It is used: %(what)s (%(count)s)."), data))


def take_back(ctx: Context, batch: ImportBatch, door: Door) -> tuple[int, int]:
    """Takes back what can be, each record whole or not at all. Flushes. Returns how many were, and how many were not.

    Raises:
        PermissionDeniedError: the actor may not take this import back.
    """
    if not may_take_back(ctx.actor, batch):
        raise PermissionDeniedError
    ctx.session.refresh(batch, with_for_update=True)
    plan, done = plan_undo(ctx, batch, door), 0
    for each in plan:
        if each.reasons:
            continue
        try:
            with ctx.session.begin_nested():
                _take_back(ctx, each, door)
                ctx.session.flush()
        except DomainError:
            # Refused by a rule of the record itself: the next preview says what stands against it now.
            ctx.session.info.pop(ACTS, None)
        else:
            each.effect.undone_at = ctx.now
            done += 1
    kept = len(plan) - done
    earlier = batch.report.get(UNDO, {}).get("done", 0)
    batch.report = {
        **batch.report,
        UNDO: {"status": "done", "done": earlier + done, "kept": kept, "by": ctx.actor.name, "at": plain(ctx.now)},
    }
    note(ctx, "import_batch.take_back", "import_batch", batch.id, data={"done": done, "kept": kept})
    ctx.session.flush()
    return done, kept


def _take_back(ctx: Context, each: Undoing, door: Door) -> None:
    if each.way is Way.void:
        past = as_import(ctx, each.effect.batch_id)
        fire(past, each.record, "void_history", {"reason": str(_l("The import was taken back."))})
    elif each.way is Way.remove:
        remove_address(ctx, each.record)
    elif each.way is Way.put_away:
        set_active = TABLES[each.effect.entity].set_active
        if set_active is not None:
            set_active(ctx, each.record, is_active=False)
    else:
        door.change(ctx, each.model, each.record, each.old, each.record.version)
