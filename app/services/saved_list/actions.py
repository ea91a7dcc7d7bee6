"""Keeping, sharing, renaming and deleting filters; arranging columns. They flush, they never commit.

A filter is one's own. Shared with a role, everybody who holds the role uses it, and only its owner changes it; whoever
may share with that role may also take it back, for owners leave. What it lets through is asked of each reader anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

from app.kernel.context import Context
from app.kernel.engine import requires
from app.kernel.errors import DomainError, NotFoundError, PermissionDeniedError, ValidationFailedError
from app.kernel.schema import EntityInput, no_control_characters
from models.saved_list import ListSetting, SavedList

SHARE = "saved_list.share"
MOST_OWN = 40
# What a reader may be offered: his own and those of his roles.
MOST_SHOWN = 80


class NameInput(EntityInput):
    """What a filter is called."""

    name = fields.String(
        required=True, validate=[validate.Length(min=1, max=60), no_control_characters], metadata={"label": _l("Name")}
    )


class TooManyError(DomainError):
    """More filters than anybody can tell apart."""

    code = "too_many_saved_lists"
    status = 409
    default_message = _l("You have many saved filters of this list already. Delete one that you no longer use.")


@dataclass(frozen=True)
class Kept:
    """What a person has kept of a list: columns in order (none: as delivered), filters by name, the first one."""

    columns: tuple[str, ...] = ()
    default_id: int | None = None
    saved: Sequence[SavedList] = field(default_factory=list)

    def of(self, pk: int | None) -> SavedList | None:
        """A filter the person may use."""
        return next((found for found in self.saved if found.id == pk), None)


def kept(ctx: Context, entity: str) -> Kept:
    """What the actor has kept of a list, and what was shared with his roles: one statement."""
    me = sa.select(sa.literal(ctx.actor.id, sa.Integer).label("id")).subquery("me")
    statement = (
        sa.select(ListSetting, SavedList)
        .select_from(me)
        .outerjoin(ListSetting, sa.and_(ListSetting.owner_id == me.c.id, ListSetting.entity == entity))
        .outerjoin(SavedList, sa.and_(SavedList.entity == entity, _open_to(ctx)))
        .order_by(SavedList.name, SavedList.id)
        .limit(MOST_SHOWN)
    )
    rows = ctx.session.execute(statement).all()
    setting = rows[0][0] if rows else None
    saved = [row[1] for row in rows if row[1] is not None]
    if setting is None:
        return Kept(saved=saved)
    return Kept(tuple(setting.columns), setting.default_id, saved)


def _open_to(ctx: Context) -> sa.ColumnElement[bool]:
    mine: sa.ColumnElement[bool] = SavedList.owner_id == ctx.actor.id
    return sa.or_(mine, SavedList.role.in_(sorted(ctx.actor.roles))) if ctx.actor.roles else mine


def find(ctx: Context, pk: int) -> SavedList:
    """A filter that is open to the actor. Raises NotFoundError."""
    found = ctx.session.scalars(sa.select(SavedList).where(SavedList.id == pk, _open_to(ctx))).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def _own(ctx: Context, pk: int) -> SavedList:
    found = find(ctx, pk)
    if found.owner_id != ctx.actor.id:
        raise PermissionDeniedError(_l("This filter is somebody else's: save it under a name of your own."))
    return found


def keep(
    ctx: Context, entity: str, name: str, arguments: Sequence[tuple[str, str]], columns: Sequence[str]
) -> SavedList:
    """Keeps a filter under a name; one's own of the same name is replaced."""
    name = name.strip()
    where = (SavedList.owner_id == ctx.actor.id, SavedList.entity == entity)
    found = ctx.session.scalars(sa.select(SavedList).where(*where, SavedList.name == name)).one_or_none()
    if found is None:
        if (ctx.session.scalar(sa.select(sa.func.count()).select_from(SavedList).where(*where)) or 0) >= MOST_OWN:
            raise TooManyError
        found = SavedList(entity=entity, name=name, owner_id=ctx.actor.id)
        ctx.session.add(found)
    found.arguments = [list(pair) for pair in arguments]
    found.columns = list(columns)
    ctx.session.flush()
    return found


def rename(ctx: Context, pk: int, name: str) -> SavedList:
    """Another name for one's own filter. Raises ValidationFailedError where one has that name already."""
    found, name = _own(ctx, pk), name.strip()
    twin = sa.select(SavedList.id).where(
        SavedList.owner_id == ctx.actor.id,
        SavedList.entity == found.entity,
        SavedList.name == name,
        SavedList.id != pk,
    )
    if ctx.session.scalar(twin) is not None:
        raise ValidationFailedError({"name": [str(_l("You have a filter of this name already."))]})
    found.name = name
    ctx.session.flush()
    return found


def share(ctx: Context, pk: int, role: str | None) -> SavedList:
    """Shares one's own filter with a role one holds, or takes a sharing back."""
    requires(ctx, SHARE)
    if role is None:
        found = find(ctx, pk)
    else:
        found = _own(ctx, pk)
        if role not in ctx.actor.roles:
            raise PermissionDeniedError(_l("A filter is shared with a role of your own."))
    found.role = role
    ctx.session.flush()
    return found


def remove(ctx: Context, pk: int) -> str:
    """Deletes one's own filter; nobody's list opens with it any more. Returns what it was called."""
    found = _own(ctx, pk)
    for setting in ctx.session.scalars(sa.select(ListSetting).where(ListSetting.default_id == pk)):
        setting.default_id = None
    ctx.session.flush()
    ctx.session.delete(found)
    ctx.session.flush()
    return found.name


def arrange(ctx: Context, entity: str, **values: Any) -> ListSetting:
    """Keeps ``columns`` or ``default_id`` of a list for the actor."""
    where = (ListSetting.owner_id == ctx.actor.id, ListSetting.entity == entity)
    found = ctx.session.scalars(sa.select(ListSetting).where(*where)).one_or_none()
    if found is None:
        found = ListSetting(entity=entity, owner_id=ctx.actor.id)
        ctx.session.add(found)
    for name, value in values.items():
        setattr(found, name, value)
    ctx.session.flush()
    return found
