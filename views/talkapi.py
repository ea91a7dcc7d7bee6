"""Comments and files of a record for programs: the same decisions, limits and rules as on its page.

``GET`` and ``POST /api/v1/<entity>/<pk>/comments``, ``GET`` and ``POST …/attachments`` (multipart, ``file``),
``GET …/attachments/<id>`` for the content. Correcting and withdrawing are left to people.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import jsonify, request
from flask_appbuilder.api import expose
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from marshmallow import fields, validate

from app.kernel.context import Context
from app.kernel.errors import ValidationFailedError
from app.kernel.journal import entity_name, plain
from app.kernel.schema import EntityInput
from app.kernel.windows import prepare
from app.services.talk import actions, rules
from app.services.talk.files import MOST_FILES
from models.talk import Attachment, Comment
from views.adapter import by_token
from views.api import body
from views.attached import attach_sent, file_answer, file_of
from views.context import web_context
from views.display import person_text
from views.mentions import mentions_of
from views.records import load
from views.talked import may_get

CREATED = 201
PAGE = 50
LONGEST_CURSOR = 18


class CommentInput(EntityInput):
    """What is said. Colleagues are called by name in it: ``@王磊``."""

    text = fields.String(required=True, validate=validate.Length(max=4 * rules.LONGEST_TEXT))


class TalkApi:
    """The routes; the class that inherits them has a ``view``."""

    @expose("/<int:pk>/comments", methods=("GET",))
    @by_token("show")
    def comments(self: Any, pk: int) -> Any:
        """What was said about a record, newest first; ``next`` is the ``before`` of the following page."""
        ctx = web_context()
        record = self.view.find(ctx, pk)
        statement = _about(Comment, record).order_by(Comment.id.desc()).limit(PAGE + 1)
        if (before := request.args.get("before")) is not None:
            if not (before.isascii() and before.isdigit() and len(before) <= LONGEST_CURSOR):
                raise ValidationFailedError({"before": [_("Give the number that “next” said.")]})
            statement = statement.where(Comment.id < int(before))
        found = list(ctx.session.scalars(statement))
        shown = found[:PAGE]
        more = shown[-1].id if len(found) > PAGE else None
        return jsonify({"result": _comments(ctx, shown), "next": more})

    @expose("/<int:pk>/comments", methods=("POST",))
    @by_token("comment")
    def add_comment(self: Any, pk: int) -> Any:
        """Says something about a record; who is called in it is told."""
        ctx = web_context()
        record = self.view.find(ctx, pk)
        raw = body()
        text = load(ctx, CommentInput, raw)["text"]

        def act() -> str:
            said = actions.comment(ctx, record, text, mentions_of(ctx, self.view, record, text))
            return json.dumps({"result": _comments(ctx, [said])[0]}, ensure_ascii=False)

        return self._once(ctx, f"{pk}.comments", raw, act, CREATED)

    @expose("/<int:pk>/attachments", methods=("GET",))
    @by_token("show")
    def attachments(self: Any, pk: int) -> Any:
        """The files beside a record, newest first; of a personal one others learn only that it is there."""
        ctx = web_context()
        record = self.view.find(ctx, pk)
        statement = _about(Attachment, record).where(Attachment.withdrawn_at.is_(None))
        found = list(ctx.session.scalars(statement.order_by(Attachment.id.desc()).limit(MOST_FILES)))
        return jsonify({"result": _files(ctx, found)})

    @expose("/<int:pk>/attachments", methods=("POST",))
    @by_token("comment")
    def add_attachment(self: Any, pk: int) -> Any:
        """Puts files beside a record, all or none; the same content sent again is the same attachment."""
        ctx = web_context()
        attached = attach_sent(ctx, self.view.find(ctx, pk))
        return jsonify({"result": _files(ctx, attached)}), CREATED

    @expose("/<int:pk>/attachments/<int:item>", methods=("GET",))
    @by_token("show")
    def attachment(self: Any, pk: int, item: int) -> Any:
        """The content of a file."""
        ctx = web_context()
        return file_answer(file_of(ctx, self.view.find(ctx, pk), item))


def _about(model: type[Any], record: Any) -> sa.Select[Any]:
    return sa.select(model).where(model.entity == entity_name(type(record)), model.entity_id == record.id)


def _authors(ctx: Context, rows: Sequence[Comment | Attachment]) -> dict[int | None, str]:
    """Names by user, in one statement."""
    ids = {row.created_by_id for row in rows if row.created_by_id is not None}
    if not ids:
        return {}
    return {user.id: person_text(user) for user in ctx.session.scalars(sa.select(User).where(User.id.in_(ids)))}


def _comments(ctx: Context, rows: Sequence[Comment]) -> list[dict[str, Any]]:
    authors = _authors(ctx, rows)
    return [
        {
            "id": row.id,
            "author": {"id": row.created_by_id, "text": authors.get(row.created_by_id)},
            "created_at": plain(row.created_at),
            "edited_at": plain(row.edited_at),
            "text": row.text,
            "mentions": sorted(row.mentions),
        }
        for row in rows
    ]


def _files(ctx: Context, rows: Sequence[Attachment]) -> list[dict[str, Any]]:
    authors = _authors(ctx, rows)
    prepare(ctx.session, ctx.actor, {(row.entity, row.entity_id) for row in rows})
    found = []
    for row in rows:
        item: dict[str, Any] = {
            "id": row.id,
            "author": {"id": row.created_by_id, "text": authors.get(row.created_by_id)},
            "created_at": plain(row.created_at),
            "is_personal": row.is_personal,
            "is_gone": row.is_gone,
        }
        if may_get(ctx, row):
            item |= {"name": row.name, "media_type": row.media_type, "size": row.size}
        found.append(item)
    return found
