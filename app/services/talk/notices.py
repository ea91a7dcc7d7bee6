"""Who is told of what: mentions, comments and steps. Nobody is told of what he did himself.

Whether somebody may see the record is asked when he looks, because it may change until then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from app.kernel.context import SYSTEM, Context, current_context
from app.kernel.journal import entity_name
from app.kernel.workflow import workflow_of
from models.base import Base
from models.labels_talk import NoticeKind
from models.talk import Comment, Follower, Notification


def maker_of(record: Any) -> int | None:
    """Who follows a record because he made it; of what only follows from another act (a task), nobody does."""
    workflow = workflow_of(type(record))
    return getattr(record, "created_by_id", None) if workflow is not None and workflow.is_followed else None


def followers(ctx: Context, record: Any) -> set[int]:
    """Who is told of a record: who made it and who follows it, less who does not want to."""
    statement = sa.select(Follower.user_id, Follower.is_on).where(
        Follower.entity == entity_name(type(record)), Follower.entity_id == record.id
    )
    marks = dict(ctx.session.execute(statement).all())
    maker = maker_of(record)
    found = {user_id for user_id, is_on in marks.items() if is_on}
    return found | ({maker} if maker is not None and marks.get(maker, True) else set())


def tell_comment(ctx: Context, record: Base, said: Comment) -> None:
    """A comment: who was mentioned is told so, who follows is told that there is one."""
    mentions = set(said.mentions.values())
    tell_mentioned(ctx, said, mentions)
    _tell(ctx, said, followers(ctx, record) - mentions, NoticeKind.comment)


def tell_mentioned(ctx: Context, said: Comment, people: Iterable[int]) -> None:
    """Somebody was called by name."""
    _tell(ctx, said, people, NoticeKind.mention)


def _tell(ctx: Context, said: Comment, people: Iterable[int], kind: NoticeKind) -> None:
    for user_id in sorted(set(people) - _doing(ctx)):
        ctx.session.add(
            Notification(
                entity=said.entity,
                entity_id=said.entity_id,
                user_id=user_id,
                kind=kind,
                action="comment.add",
                actor_name=ctx.actor.name,
                comment_id=said.id,
                created_at=ctx.now,
            )
        )


def tell_step(ctx: Context, record: Any, action: str) -> None:
    """A step was taken: who follows keeps one unread line of it, the newest."""
    tell_people(ctx, record, action, followers(ctx, record))


def tell_people(ctx: Context, record: Any, action: str, whom: Iterable[int]) -> None:
    """People are told of a step, in one unread line a record, the newest."""
    people = set(whom) - _doing(ctx)
    if not people:
        return
    entity, person = entity_name(type(record)), _person(ctx)
    unread = sa.select(Notification).where(
        Notification.user_id.in_(people),
        Notification.read_at.is_(None),
        Notification.entity == entity,
        Notification.entity_id == record.id,
        Notification.kind == NoticeKind.step,
    )
    lines = {line.user_id: line for line in ctx.session.scalars(unread)}
    for user_id in sorted(people):
        line = lines.get(user_id)
        if line is None:
            line = Notification(entity=entity, entity_id=record.id, user_id=user_id, kind=NoticeKind.step)
            ctx.session.add(line)
        line.action, line.actor_name, line.created_at = action, person, ctx.now


def tell(ctx: Context, record: Any, people: Iterable[int], kind: NoticeKind, action: str) -> None:
    """Something people must know of a record, whether they follow it or not."""
    for user_id in sorted(set(people) - _doing(ctx)):
        ctx.session.add(
            Notification(
                entity=entity_name(type(record)),
                entity_id=record.id,
                user_id=user_id,
                kind=kind,
                action=action,
                actor_name=_person(ctx),
                created_at=ctx.now,
            )
        )


def _doing(ctx: Context) -> frozenset[int]:
    """Who acts, and for whom: what the system adds to a person's act is his doing too."""
    outer = current_context()
    return _self(ctx) | (_self(outer) if outer is not None else frozenset())


def _self(ctx: Context) -> frozenset[int]:
    return ctx.actor.acts_for | ({ctx.actor.id} if ctx.actor.id is not None else frozenset())


def _person(ctx: Context) -> str:
    outer = current_context()
    return outer.actor.name if ctx.actor.is_system and outer is not None else (ctx.actor.name or SYSTEM.name)
