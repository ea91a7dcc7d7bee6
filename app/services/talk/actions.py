"""Saying something, putting files beside a record, following it. Everything here flushes and never commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.engine import lock
from app.kernel.errors import DomainError, PermissionDeniedError, ValidationFailedError
from app.kernel.journal import Act, entity_name, name_act, order_of
from app.services.talk import files, notices, pictures, rules
from app.services.talk.storage import FileStore
from models.base import Base
from models.talk import LONGEST_NAME, LONGEST_REASON, Attachment, Comment, Follower

WITHDRAWN_KEPT = timedelta(days=30)
JUST_WRITTEN = timedelta(days=1)


class TooLateError(DomainError):
    """A comment that has stood for a while is not changed any more."""

    code = "comment_stands"
    status = 409
    default_message = _l("A comment can be corrected for 15 minutes. Write a new one to add something.")


def about(record: Base) -> dict[str, Any]:
    """Which record a row is about, and the order it belongs to."""
    return {"entity": entity_name(type(record)), "entity_id": record.id, "order_id": order_of(record)}


def comment(ctx: Context, record: Base, text: str, mentions: Mapping[str, int]) -> Comment:
    """Says something about a record; who was mentioned and who follows is told, and the author follows from now on.

    Args:
        mentions: who is called, by the name as written; each may see the record.

    Raises:
        ValidationFailedError: nothing was said, or too much.
    """
    said = Comment(**about(record), text=checked_text(text), mentions=dict(mentions))
    if _own_mark(ctx, record) is None:
        follow(ctx, record, is_on=True)
    ctx.session.add(said)
    ctx.session.flush()
    notices.tell_comment(ctx, record, said)
    return said


def checked_text(text: str) -> str:
    """The text as it is kept. Raises ValidationFailedError."""
    clean = rules.clean_text(text)
    if not clean:
        raise ValidationFailedError({"text": [_l("Write something first.")]})
    if len(clean) > rules.LONGEST_TEXT:
        message = _l("At most %(most)s characters; these are %(count)s.") % {
            "most": rules.LONGEST_TEXT,
            "count": len(clean),
        }
        raise ValidationFailedError({"text": [message]})
    return clean


def correct(ctx: Context, said: Comment, text: str, mentions: Mapping[str, int]) -> Comment:
    """Puts an own comment right shortly after it was written. Who is newly mentioned is told.

    Raises:
        PermissionDeniedError: it is somebody else's.
        TooLateError: it has stood for too long.
    """
    if said.created_by_id != ctx.actor.id:
        raise PermissionDeniedError
    if not rules.is_editable(said.created_at, ctx.now):
        raise TooLateError
    clean = checked_text(text)
    if clean != said.text:
        known = set(said.mentions.values())
        said.text, said.mentions, said.edited_at = clean, dict(mentions), ctx.now
        ctx.session.flush()
        notices.tell_mentioned(ctx, said, set(mentions.values()) - known)
    return said


@dataclass(frozen=True)
class Kept:
    """A content that lies in the store, checked and cleaned, with the name its person gave it."""

    name: str
    media_type: str
    size: int
    digest: str
    is_picture: bool


def keep(store: FileStore, name: str, data: bytes) -> Kept:
    """Puts a content into the store. Nobody has it until it is put beside a record; ``purge`` removes it after a day.

    Raises:
        FileRefusedError: it is not of a kind that is kept.
    """
    clean = rules.clean_name(name, LONGEST_NAME)
    kind = files.kind_of(clean, data)
    small = None
    if kind.is_picture:
        data, small = pictures.cleaned(clean, data, kind.media_type)
    return Kept(clean, kind.media_type, len(data), store.keep(data, small), kind.is_picture)


def attach(
    ctx: Context, record: Base, store: FileStore, name: str, data: bytes, *, is_personal: bool = False
) -> Attachment:
    """Puts a file beside a record. See :func:`put`.

    Raises:
        FileRefusedError: the file, or all files of the record together, are more than is kept.
    """
    # The content is written before the row, so that no row is without it; an orphan is found by its digest.
    return put(ctx, record, keep(store, name, data), is_personal=is_personal)


def put(ctx: Context, record: Base, kept: Kept, *, is_personal: bool = False) -> Attachment:
    """Puts a kept content beside a record. The same from the same person a second time is the same attachment.

    What somebody else put there, or what is marked otherwise, is another one: else a personal file would stay open
    because its content already is, and its withdrawal would be another person's.

    Raises:
        FileRefusedError: all files of the record together are more than is kept.
    """
    mine = about(record)
    here = sa.and_(Attachment.entity == mine["entity"], Attachment.entity_id == mine["entity_id"])
    standing = sa.and_(here, Attachment.withdrawn_at.is_(None))
    _hold(ctx, record)
    own = sa.and_(Attachment.created_by_id == ctx.actor.id, Attachment.is_personal.is_(is_personal))
    again = ctx.session.scalars(sa.select(Attachment).where(standing, own, Attachment.digest == kept.digest)).first()
    if again is not None:
        return again
    total = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(Attachment.size), 0)).where(standing)
    count, size = ctx.session.execute(total).one()
    if count >= files.MOST_FILES or size + kept.size > files.LARGEST_RECORD:
        raise files.FileRefusedError(
            _l("This record is full: at most %(count)s files and %(mib)s MB. Withdraw what is not needed."),
            code="record_full",
            count=files.MOST_FILES,
            mib=files.LARGEST_RECORD // files.MIB,
        )
    attached = Attachment(
        **mine, name=kept.name, media_type=kept.media_type, size=kept.size, digest=kept.digest,
        is_picture=kept.is_picture, is_personal=is_personal,
    )  # fmt: skip
    ctx.session.add(attached)
    ctx.session.flush()
    return attached


def withdraw(ctx: Context, record: Base, attached: Attachment, reason: str) -> None:
    """Takes an own file of a record back, with a reason. Nobody gets it any more; that it was there stays written.

    Raises:
        PermissionDeniedError: it is somebody else's.
        DomainError: ``files_stay`` where something was decided by the files of the record.
        ValidationFailedError: no reason was given.
    """
    if attached.created_by_id != ctx.actor.id:
        raise PermissionDeniedError
    lock(ctx, record)
    if record.keeps_files:
        raise DomainError(
            _l("This was accepted by its files: they stay. Put a corrected one beside them and say so in a comment."),
            code="files_stay",
        )
    clean = rules.clean_text(reason)
    if not clean:
        raise ValidationFailedError({"reason": [_l("Say why.")]})
    if len(clean) > LONGEST_REASON:
        raise ValidationFailedError({"reason": [_l("At most %(most)s characters.") % {"most": LONGEST_REASON}]})
    if attached.withdrawn_at is None:
        attached.withdrawn_at, attached.withdrawn_reason = ctx.now, clean
        # The reason is in the changed values, which are locked: it may be about a person.
        name_act(ctx.session, attached, Act("attachment.withdraw"))
        ctx.session.flush()


def follow(ctx: Context, record: Base, *, is_on: bool) -> None:
    """The actor is told of a record from now on, or no more."""
    mark = _own_mark(ctx, record)
    if mark is None:
        _hold(ctx, record)
        mark = _own_mark(ctx, record)
    if mark is None:
        mine = about(record)
        mark = Follower(entity=mine["entity"], entity_id=mine["entity_id"], user_id=ctx.actor.id)
        ctx.session.add(mark)
    mark.is_on = is_on
    ctx.session.flush()


def is_following(ctx: Context, record: Any) -> bool:
    """Whether the actor is told of a record: by his own word, else because he made it."""
    mark = _own_mark(ctx, record)
    if mark is not None:
        return mark.is_on
    return ctx.actor.id is not None and notices.maker_of(record) == ctx.actor.id


def _hold(ctx: Context, record: Base) -> None:
    """Waits for who else writes beside the record, so that what is looked up is what there is.

    Rows that point to the record may be written meanwhile: who has made one would wait for himself.
    """
    model: Any = type(record)
    ctx.session.execute(sa.select(model.id).where(model.id == record.id).with_for_update(key_share=True))


def _own_mark(ctx: Context, record: Base) -> Follower | None:
    return ctx.session.scalars(
        sa.select(Follower).where(
            Follower.entity == entity_name(type(record)),
            Follower.entity_id == record.id,
            Follower.user_id == ctx.actor.id,
        )
    ).one_or_none()


def purge(ctx: Context, store: FileStore) -> int:
    """Removes the contents of files withdrawn a month ago and of forgotten people. Returns how many; repeatable."""
    month_ago = ctx.now - WITHDRAWN_KEPT
    is_needed = sa.or_(Attachment.withdrawn_at.is_(None), Attachment.withdrawn_at > month_ago)
    needed = set(ctx.session.scalars(sa.select(Attachment.digest).where(is_needed)))
    # What was written today may belong to a row that is not committed yet.
    return store.purge(needed, ctx.now - JUST_WRITTEN)
