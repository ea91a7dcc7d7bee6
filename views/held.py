"""Files chosen on an add form, before there is a record: sent at once, put beside the record in its own transaction.

A content lies in the store from the moment it is chosen; the form carries a mark for it that only this person can use,
for a day. So a form that is refused, or comes back from its draft, still has its files. What no saved form asks for
is removed by ``flask sweep`` after that day.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from flask import current_app, jsonify, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer

from app.kernel.context import Context
from app.kernel.errors import NotFoundError, ValidationFailedError
from app.services.talk import actions, files
from app.services.talk.actions import Kept
from views.adapter import guarded
from views.attached import store
from views.base import EntityDeclaration
from views.context import web_context
from views.talked import size_text

FIELD = "held"
KEPT_SECONDS = 24 * 60 * 60


class Holding(EntityDeclaration):
    """What ``views.talk.Talked`` adds to the add form of a record."""

    is_abstract: ClassVar[bool] = True

    @expose("/hold", methods=("POST",))
    @guarded("add")
    def hold(self) -> Any:
        """Takes one file for a record that is not saved yet; answers with its mark."""
        ctx = web_context()
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            return jsonify({"message": _("Choose a file first.")}), ValidationFailedError.status
        try:
            kept = actions.keep(store(), sent.filename, sent.stream.read(files.LARGEST_FILE + 1))
        except files.FileRefusedError as error:
            return jsonify({"message": str(error), "code": error.reason_code}), error.status
        is_personal = request.form.get("is_personal") == "1"
        return jsonify({"mark": self._mark(ctx, kept, is_personal=is_personal), **shown(kept, is_personal=is_personal)})

    def put_beside(self, ctx: Context, made: Any) -> None:
        """Puts the files of the form beside the new record. Raises ValidationFailedError, FileRefusedError."""
        if not self.may(ctx.actor, "comment"):
            return
        faults = []
        for mark in marks_of(request.form.get(FIELD, "")):
            found = self._read(ctx, mark)
            if found is None:
                faults.append(_("A file was chosen more than a day ago: remove it from the list and choose it again."))
                continue
            kept, is_personal = found
            actions.put(ctx, made, kept, is_personal=is_personal)
        if faults:
            raise ValidationFailedError({FIELD: faults[:1]})

    def holding(self, ctx: Context) -> dict[str, Any]:
        """The files of the add form, for who may put some beside a record."""
        if not self.may(ctx.actor, "comment"):
            return {}
        held = []
        for mark in marks_of(request.form.get(FIELD, "")):
            found = self._read(ctx, mark)
            if found is not None:
                held.append({"mark": mark, **shown(found[0], is_personal=found[1])})
        return {
            "url": self.url("hold"),
            "held": json.dumps(held, ensure_ascii=False) if held else "",
            "accept": ",".join(f".{kind}" for kind in files.KINDS),
            "largest": files.LARGEST_FILE,
        }

    def _mark(self, ctx: Context, kept: Kept, *, is_personal: bool) -> str:
        values = [kept.name, kept.media_type, kept.size, kept.digest, kept.is_picture, is_personal]
        return str(_signer(ctx, self.entity()).dumps(values))

    def _read(self, ctx: Context, mark: str) -> tuple[Kept, bool] | None:
        """What a mark stands for; None where it is another person's, too old, or its content is gone."""
        try:
            name, media_type, size, digest, is_picture, is_personal = _signer(ctx, self.entity()).loads(
                mark, max_age=KEPT_SECONDS
            )
            store().path(digest)
        except (BadSignature, NotFoundError):
            return None
        return Kept(name, media_type, size, digest, is_picture), is_personal


def _signer(ctx: Context, entity: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=f"held:{ctx.actor.id}:{entity}")


def shown(kept: Kept, *, is_personal: bool) -> dict[str, Any]:
    """What the form says of a file."""
    return {"name": kept.name, "size": size_text(kept.size), "is_personal": is_personal}


def marks_of(text: str) -> list[str]:
    """The marks that a form carries; what is none counts as one that has run out."""
    if not text.strip():
        return []
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return [""]
    if not isinstance(found, list) or len(found) > files.MOST_FILES:
        return [""]
    return [str(item.get("mark", "")) if isinstance(item, dict) else "" for item in found]
