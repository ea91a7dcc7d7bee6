"""Talking about a record: comments with mentions, files, following. ``Talked`` mixed into a screen is all it takes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Any, ClassVar

from flask import flash, jsonify, redirect, render_template, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import DomainError, NotFoundError, PermissionDeniedError, ValidationFailedError
from app.kernel.unit_of_work import unit_of_work
from app.services.talk import actions
from models.talk import Attachment, Comment
from views.adapter import guarded
from views.attached import answer_with, attach_sent, file_answer, file_of, part_of, store
from views.base import EntityDeclaration
from views.context import is_by_script, web_context
from views.forms import messages
from views.held import Holding
from views.mentions import mentions_of, suggestions
from views.records import RepeatedKeyError, once
from views.showpage import show_variables
from views.story import story
from views.talkapi import TalkApi

SEE_OTHER = 303


class SaidBeforeError(RepeatedKeyError):
    """A comment whose answer was lost came again with another text: which of them is meant, only its author knows."""

    default_message = _l(
        "What you sent first was received and is in the story; the text here was changed after that and was not sent. "
        "Send it again if you want to say this as well."
    )


class Talked(Holding, EntityDeclaration):
    """Mixed into an entity's screen: who sees a record reads its talk, who has the right ``comment`` writes."""

    is_abstract: ClassVar[bool] = True
    talk: ClassVar[bool] = True
    api_parts: ClassVar[tuple[type[Any], ...]] = (TalkApi,)

    @expose("/<int:pk>/story")
    @guarded("show")
    def story(self, pk: int) -> Any:
        """A part of the story by itself: older entries, or what is new."""
        ctx = web_context()
        return self._story(ctx, self.find(ctx, pk))

    @expose("/<int:pk>/people")
    @guarded("comment")
    def people(self, pk: int) -> Any:
        """Colleagues who may see the record, by name or pinyin: only they can be mentioned."""
        ctx = web_context()
        record = self.find(ctx, pk)
        return jsonify({"results": suggestions(ctx, type(self), record, request.args.get("q", ""))})

    @expose("/<int:pk>/comment", methods=("POST",))
    @guarded("comment")
    def comment(self, pk: int) -> Any:
        """Says something about the record; sent twice, it is said once."""
        ctx = web_context()
        record = self.find(ctx, pk)
        text = request.form.get("text", "")

        def act() -> str:
            said = actions.comment(ctx, record, text, mentions_of(ctx, type(self), record, text))
            return str(said.id)

        def say() -> None:
            digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
            try:
                once(ctx, f"{ctx.actor.id}.{self.entity()}.{pk}.comment", request.form.get("token"), digest, act)
            except RepeatedKeyError as error:
                raise SaidBeforeError from error

        return self._answer(ctx, pk, say, text)

    @expose("/<int:pk>/comment/<int:item>", methods=("POST",))
    @guarded("comment")
    def correct(self, pk: int, item: int) -> Any:
        """Puts an own comment right while it is new."""
        ctx = web_context()
        record = self.find(ctx, pk)
        said = part_of(ctx, Comment, record, item)
        text = request.form.get("text", "")

        def act() -> None:
            with unit_of_work(ctx):
                actions.correct(ctx, said, text, mentions_of(ctx, type(self), record, text))

        return self._answer(ctx, pk, act, text)

    @expose("/<int:pk>/attach", methods=("POST",))
    @guarded("comment")
    def attach(self, pk: int) -> Any:
        """Puts files beside the record, all or none of a request; the page sends each by itself."""
        ctx = web_context()
        record = self.find(ctx, pk)
        return self._answer(ctx, pk, lambda: attach_sent(ctx, record))

    @expose("/<int:pk>/withdraw/<int:item>", methods=("POST",))
    @guarded("comment")
    def withdraw(self, pk: int, item: int) -> Any:
        """Takes an own file back, with a reason."""
        ctx = web_context()
        record = self.find(ctx, pk)
        attached = part_of(ctx, Attachment, record, item)

        def act() -> None:
            with unit_of_work(ctx):
                actions.withdraw(ctx, record, attached, request.form.get("reason", ""))

        return self._answer(ctx, pk, act)

    @expose("/<int:pk>/follow", methods=("POST",))
    @guarded("comment")
    def follow(self, pk: int) -> Any:
        """Being told of the record, or not any more."""
        ctx = web_context()
        record = self.find(ctx, pk)
        is_on = request.form.get("on") == "1"
        with unit_of_work(ctx):
            actions.follow(ctx, record, is_on=is_on)
        flash(_("You follow this record now.") if is_on else _("You do not follow this record any more."), "info")
        return redirect(self.url("show", pk=pk), SEE_OTHER)

    @expose("/<int:pk>/file/<int:item>")
    @guarded("show")
    def file(self, pk: int, item: int) -> Any:
        """A file with its original name; always to be saved, never opened in the page."""
        return file_answer(self._file(pk, item))

    @expose("/<int:pk>/thumb/<int:item>")
    @guarded("show")
    def thumb(self, pk: int, item: int) -> Any:
        """A small picture, made by the panel itself."""
        attached = self._file(pk, item)
        return answer_with(store().path(attached.digest, is_small=True), mimetype="image/jpeg")

    def _file(self, pk: int, item: int) -> Attachment:
        ctx = web_context()
        return file_of(ctx, self.find(ctx, pk), item)

    def _story(self, ctx: Context, record: Any) -> str:
        return render_template("zhidan/story.html", story=story(ctx, type(self), record))

    def _fresh(self, ctx: Context, pk: int) -> dict[str, str]:
        """The story as it is now, and a key for the next comment."""
        return {"story": self._story(ctx, self.find(ctx, pk)), "token": secrets.token_urlsafe(16)}

    def _answer(self, ctx: Context, pk: int, act: Callable[[], object], text: str = "") -> Any:
        """Does it. To a script: the story anew, or the reason why not. Without one: the page, with what was typed."""
        by_script = is_by_script()
        try:
            act()
        except (NotFoundError, PermissionDeniedError):
            raise
        except DomainError as error:
            fields = error.fields if isinstance(error, ValidationFailedError) else {}
            said = [one for found in fields.values() for one in messages(found)]
            message = " ".join(said or [str(reason) for reason in error.reasons()])
            if by_script:
                fresh = self._fresh(ctx, pk) if isinstance(error, RepeatedKeyError) else {}
                return jsonify({"message": message, "code": error.code, **fresh}), error.status
            variables = show_variables(ctx, type(self), self.find(ctx, pk))
            variables["talk"] |= {"value": text, "error": message}
            return render_template("zhidan/show.html", **variables), error.status
        if by_script:
            return jsonify(self._fresh(ctx, pk))
        return redirect(f"{self.url('show', pk=pk)}#talk", SEE_OTHER)
