"""Comments and files as the story of a record shows them, and the box in which one writes. Plain values only."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from app.kernel.context import Context
from app.kernel.fields import Access, is_revealed, level
from app.kernel.journal import entity_name
from app.kernel.windows import Seen
from app.services.talk import actions, files, rules
from models.base import Base, Sensitivity
from models.journal import Journal
from models.talk import Attachment, Comment
from views.base import ENTITIES, EntityDeclaration
from views.display import moment

COMMENT, FILE = entity_name(Comment), entity_name(Attachment)
TALK = frozenset({COMMENT, FILE})
OF_A_PERSON = frozenset({Sensitivity.NAME, Sensitivity.PHONE, Sensitivity.ADDRESS})
KIB = 1024


@dataclass
class Talk:
    """What the journal rows of a page speak of: comments and files by key, and where named numbers lead."""

    comments: Mapping[int, Comment] = field(default_factory=dict)
    files: Mapping[int, Attachment] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    def of(self, row: Journal) -> Comment | Attachment | None:
        """What a row speaks of, if it is talk."""
        found: Mapping[int, Comment | Attachment] = self.comments if row.entity == COMMENT else self.files
        return found.get(row.entity_id) if row.entity in TALK else None

    def subject_of(self, row: Journal) -> tuple[str, int]:
        """The record that a row is about: that of the comment or file, else its own."""
        found = self.of(row)
        return (found.entity, found.entity_id) if found is not None else (row.entity, row.entity_id)


def load(ctx: Context, rows: Iterable[Journal]) -> Talk:
    """Reads what the rows speak of: one statement a kind, none where there is nothing."""
    ids: dict[str, set[int]] = {COMMENT: set(), FILE: set()}
    for row in rows:
        if row.entity in TALK:
            ids[row.entity].add(row.entity_id)
    comments, attached = _by_id(ctx, Comment, ids[COMMENT]), _by_id(ctx, Attachment, ids[FILE])
    numbers = {number for said in comments.values() for number in rules.numbers_in(said.text)}
    return Talk(comments, attached, numbered(ctx, numbers) if numbers else {})


def _by_id(ctx: Context, model: type[Any], ids: set[int]) -> dict[int, Any]:
    if not ids:
        return {}
    return {found.id: found for found in ctx.session.scalars(sa.select(model).where(model.id.in_(ids)))}


def rows_about(entity: str, pk: int) -> list[sa.ColumnElement[bool]]:
    """The journal rows of comments and files about a record that belongs to no order."""
    found: list[sa.ColumnElement[bool]] = []
    models: tuple[type[Any], ...] = (Comment, Attachment)
    for model in models:
        ids = sa.select(model.id).where(model.entity == entity, model.entity_id == pk)
        found.append(sa.and_(Journal.entity == entity_name(model), Journal.entity_id.in_(ids)))
    return found


def numbered(ctx: Context, numbers: Iterable[str]) -> dict[str, str]:
    """Where document numbers lead, as far as the actor may go there: one statement for all tables."""
    wanted = sorted(numbers)
    parts = []
    for name, view in ENTITIES.items():
        column = _number_column(view.model())
        if column is None or not view.may(ctx.actor, "show"):
            continue
        clause = view.scope(ctx.actor) if view.scope is not None else sa.true()
        model: Any = view.model()
        parts.append(
            sa.select(sa.literal(name).label("entity"), model.id, column.label("number")).where(
                column.in_(wanted), clause
            )
        )
    if not parts:
        return {}
    return {number: ENTITIES[name].show_url(pk) for name, pk, number in ctx.session.execute(sa.union_all(*parts)).all()}


def _number_column(model: type[Any]) -> Any:
    """The column of a table's own document number, if it has one."""
    columns = sa.inspect(model).column_attrs
    return next((getattr(model, c.key) for c in columns if c.key.endswith("_no") and c.columns[0].unique), None)


def entry(ctx: Context, row: Journal, talk: Talk, actor: str) -> dict[str, Any] | None:
    """A comment, a file, or that one was withdrawn; None for what only corrects one of them."""
    found = talk.of(row)
    if found is None:
        return None
    act = row.action.partition(".")[2]
    shown = {"at": moment(row.at), "actor": actor}
    if isinstance(found, Comment):
        return {**shown, **comment_entry(ctx, found, talk.links)} if act == "add" else None
    if act == "withdraw":
        named = {"name": found.name} if may_get(ctx, found) else {}
        return {**shown, "kind": "withdrawn", "reason": found.withdrawn_reason if named else None, **named}
    return {**shown, **file_entry(ctx, found)} if act == "add" else None


def comment_entry(ctx: Context, said: Comment, links: Mapping[str, str]) -> dict[str, Any]:
    """What somebody said, cut into plain text, mentions and links; the author may still put a new one right."""
    mentions = {f"{sign}{name}" for name in said.mentions for sign in "@＠"}
    marks = [*mentions, *links]
    parts = [
        {"text": piece, "is_mention": piece in mentions, "url": links.get(piece)}
        for piece in rules.pieces(said.text, marks)
    ]
    view = ENTITIES[said.entity]
    is_own = said.created_by_id == ctx.actor.id and view.may(ctx.actor, "comment")
    edit = is_own and rules.is_editable(said.created_at, ctx.now)
    return {
        "kind": "comment",
        "id": said.id,
        "parts": parts,
        "edited": moment(said.edited_at) if said.edited_at else None,
        "edit": {"url": view.url("correct", pk=said.entity_id, item=said.id), "text": said.text} if edit else None,
    }


def file_entry(ctx: Context, attached: Attachment) -> dict[str, Any]:
    """A file with its original name; of a personal one the others only see that there is one."""
    is_open = may_get(ctx, attached)
    found: dict[str, Any] = {"kind": "file", "id": attached.id, "is_personal": attached.is_personal}
    if not is_open:
        return {**found, "name": None}
    view = ENTITIES[attached.entity]
    found |= {"name": attached.name, "size": size_text(attached.size), "is_gone": attached.is_gone}
    if attached.is_gone:
        return found
    where = {"pk": attached.entity_id, "item": attached.id}
    is_own = attached.created_by_id == ctx.actor.id and view.may(ctx.actor, "comment")
    return found | {
        "url": view.url("file", **where),
        "thumb": view.url("thumb", **where) if attached.is_picture else None,
        "withdraw_url": view.url("withdraw", **where) if is_own else None,
    }


def may_get(ctx: Context, attached: Attachment) -> bool:
    """Whether the actor may have a file of a record that he sees: a personal one asks for more."""
    if not attached.is_personal or attached.created_by_id == ctx.actor.id:
        return True
    view = ENTITIES[attached.entity]
    return sees_people(ctx, view.model(), Seen(ctx.session, attached.entity, attached.entity_id))


def sees_people(ctx: Context, model: type[Any], record: Base | Seen) -> bool:
    """Whether names, phones and addresses of a record are open to the actor, by his role, in his window, or lifted."""
    if is_revealed(ctx.actor, record):
        return True
    columns = sa.inspect(model).column_attrs
    names = [column.key for column in columns if column.columns[0].info.get("sensitivity") in OF_A_PERSON]
    if not names:
        return all(ctx.actor.fields.get(group) == Access.full for group in OF_A_PERSON)
    return all(level(ctx.actor, model, name, record) is Access.full for name in names)


def size_text(size: int) -> str:
    """12 KB, 3.4 MB."""
    return f"{max(1, round(size / KIB))} KB" if size < files.MIB else f"{size / files.MIB:.1f} MB"


def composer(ctx: Context, view: type[EntityDeclaration], record: Any) -> dict[str, Any]:
    """The box in which one writes, for who may: addresses, limits, whether the actor follows."""
    if not view.may(ctx.actor, "comment"):
        return {"may": False}
    is_following = actions.is_following(ctx, record)
    return {
        "may": True,
        "token": secrets.token_urlsafe(16),
        "comment_url": view.url("comment", pk=record.id),
        "attach_url": view.url("attach", pk=record.id),
        "people_url": view.url("people", pk=record.id),
        "show_url": view.url("show", pk=record.id),
        "follow_url": view.url("follow", pk=record.id),
        "is_following": is_following,
        "follow_label": _("Following") if is_following else _("Follow"),
        "accept": ",".join(f".{kind}" for kind in files.KINDS),
        "largest": files.LARGEST_FILE,
        "longest": rules.LONGEST_TEXT,
        "value": "",
        "error": None,
    }
