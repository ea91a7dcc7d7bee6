"""Why somebody may or may not do something.

What decides is one set of things everywhere, on screens, in the API, exports, charts and history: the rights of the
actor (``Actor.may``), the rows of his scopes (``scopes.scope_of``), the columns of his field access
(``app.kernel.fields``), and for a step its state, separation of duties and guards (``engine.blockers``). Here the same
things are asked one by one, so that a person can read the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.kernel.context import Actor, Context
from app.kernel.engine import blockers
from app.kernel.journal import entity_name
from app.kernel.workflow import Step, workflow_of
from app.security.departments import label_of_role
from app.security.rights import RoleRights, rights_of_roles
from app.security.scopes import label_of_scope, names_of, scope_of
from app.security.wording import listed
from models.base import Base
from models.labels import label_of


@dataclass(frozen=True)
class Line:
    """One part of an answer: whether it speaks for it, and the sentence."""

    ok: bool
    text: str


@dataclass(frozen=True)
class Explanation:
    """The answer and all that leads to it, in the order in which it is decided."""

    allowed: bool
    lines: tuple[Line, ...]


def model_of(entity: str) -> type[Base] | None:
    """The table of an entity's word."""
    found = (mapper.class_ for mapper in Base.registry.mappers)
    return next((each for each in found if entity_name(each) == entity), None)


def explain(ctx: Context, actor: Actor, permission: str, record: Any = None) -> Explanation:
    """Why the actor may or may not use a right, on a record where one is given.

    Args:
        ctx: the act of who asks; its session and moment are used, not its actor.
        permission: dotted, as ``order.confirm``.
    """
    held = rights_of_roles(ctx.session)
    entity, _dot, word = permission.rpartition(".")
    lines = [_right_line(actor, permission, held)]
    if names_of(entity):
        lines.append(_scope_line(actor, entity))
    if record is not None:
        lines.append(_row_line(ctx.session, actor, entity, record))
        step = _step_of(type(record), word)
        if step is not None and lines[0].ok:
            lines += _step_lines(replace(ctx, actor=actor), record, step)
    return Explanation(all(line.ok for line in lines), tuple(lines))


def _right_line(actor: Actor, permission: str, held: Mapping[str, RoleRights]) -> Line:
    if actor.id is None:
        return Line(ok=False, text=_("The account is switched off or does not exist."))
    giving = [code for code in sorted(actor.roles) if code in held and permission in held[code].permissions]
    if actor.may(permission):
        names = listed(str(label_of_role(code)) for code in giving) or _("a delegation")
        return Line(ok=True, text=_("The right is given by: %(roles)s.", roles=names))
    others = ", ".join(str(label_of_role(code)) for code in held if permission in held[code].permissions)
    if others:
        text = _("None of the person's roles gives this right. Roles that give it: %(roles)s.", roles=others)
        return Line(ok=False, text=text)
    return Line(ok=False, text=_("No role gives this right."))


def _scope_line(actor: Actor, entity: str) -> Line:
    names = sorted(actor.scopes.get(entity, frozenset()))
    if not names:
        return Line(ok=False, text=_("The person's roles see no rows of this kind."))
    said = "; ".join(str(label_of_scope(name)) for name in names)
    return Line(ok=True, text=_("Rows seen: %(scopes)s.", scopes=said))


def _row_line(session: Session, actor: Actor, entity: str, record: Any) -> Line:
    model: Any = type(record)
    statement = sa.select(sa.literal(1)).select_from(model).where(model.id == record.id, scope_of(entity, actor))
    if session.scalar(statement):
        return Line(ok=True, text=_("%(record)s lies within these rows.", record=str(record)))
    return Line(ok=False, text=_("%(record)s lies outside of these rows.", record=str(record)))


def _step_of(model: type[Any], word: str) -> Step | None:
    workflow = workflow_of(model)
    if workflow is None:
        return None
    return workflow.step(word) or next((step for step in workflow.steps if step.permission == word), None)


def _step_lines(ctx: Context, record: Any, step: Step) -> list[Line]:
    state = str(label_of(record.state))
    if record.state not in step.sources:
        starts = ", ".join(str(label_of(source)) for source in step.sources)
        text = _("The record is “%(state)s”; the step starts from: %(starts)s.", state=state, starts=starts)
        return [Line(ok=False, text=text)]
    found = [Line(ok=True, text=_("The record is “%(state)s”, from which the step starts.", state=state))]
    return found + [Line(ok=False, text=str(reason)) for reason in blockers(ctx, record, step)]


def holders(session: Session, permission: str) -> list[str]:
    """The roles that hold a right, by code."""
    return [code for code, rights in rights_of_roles(session).items() if permission in rights.permissions]
