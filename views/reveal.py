"""Masks that are lifted for one record with a reason: the form, the strip on the page, and the way back (W12)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from flask import flash, redirect, render_template, request
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.kernel.context import Context
from app.kernel.errors import ValidationFailedError
from app.kernel.fields import Access, level
from app.kernel.journal import entity_name
from app.kernel.unit_of_work import unit_of_work
from app.services.privacy.reveal import RevealInput, conceal, reveal, revealed_until
from views.adapter import guarded
from views.base import EntityDeclaration
from views.context import web_context
from views.display import moment, state_of
from views.forms import form_fields, other_errors, posted
from views.records import load

SEE_OTHER = 303


class Revealable(EntityDeclaration):
    """Mixed into an entity's screen, it lets who has the right ``reveal`` lift the masks of one record."""

    is_abstract: ClassVar[bool] = True
    masks_can_be_lifted: ClassVar[bool] = True

    @expose("/<int:pk>/reveal", methods=("GET", "POST"))
    @guarded("reveal")
    def reveal(self, pk: int) -> Any:
        """Asks for the reason; posted, the record is shown in full for a while."""
        ctx = web_context()
        record = self.find(ctx, pk)
        if request.method == "GET":
            return self._reveal_form(ctx, record, {}, {})
        raw = posted(RevealInput, request.form)
        try:
            reason = load(ctx, RevealInput, raw)["reason"]
        except ValidationFailedError as error:
            return self._reveal_form(ctx, record, raw, error.fields), error.status
        with unit_of_work(ctx):
            reveal(ctx, record, reason)
        return redirect(self.url("show", pk=pk), SEE_OTHER)

    @expose("/<int:pk>/conceal", methods=("POST",))
    @guarded("reveal")
    def conceal(self, pk: int) -> Any:
        """Closes the masks before their time."""
        ctx = web_context()
        record = self.find(ctx, pk)
        with unit_of_work(ctx):
            conceal(ctx, record)
        flash(_("The masks are closed again."), "info")
        return redirect(self.url("show", pk=pk), SEE_OTHER)

    def _reveal_form(self, ctx: Context, record: Any, values: dict[str, Any], errors: dict[str, Any]) -> str:
        shown = form_fields(ctx, RevealInput, values, errors)
        title = _("Show in full")
        return render_template(
            "zhidan/form.html",
            title=title,
            subtitle=str(record),
            crumbs=[
                (str(self.model().__label_plural__), self.url("list")),
                (str(record), self.url("show", pk=record.id)),
                (title, None),
            ],
            state=state_of(record),
            hidden={},
            fieldsets=[{"label": None, "fields": shown}],
            errors=other_errors(errors, shown),
            intro=_(
                "Showing personal data in full is recorded with your name, the time and your reason, and counted. "
                "It holds for this record, for you and for %(minutes)s minutes.",
                minutes=f"{ctx.policy['privacy.reveal_minutes']:f}",
            ),
            cancel_url=self.url("show", pk=record.id),
            submit_label=title,
        )


def lifted(ctx: Context, view: type[EntityDeclaration], record: Any) -> tuple[Context, dict[str, Any] | None]:
    """The context in which a record's own page is written, and the strip above it where its masks are lifted.

    One statement for who may lift masks and meets one here; none for everybody else.
    """
    if not has_masks(ctx, view, record):
        return ctx, None
    until = revealed_until(ctx, record)
    if until is None:
        return ctx, None
    key = (entity_name(type(record)), record.id)
    opened = replace(ctx, actor=replace(ctx.actor, revealed=ctx.actor.revealed | {key}))
    strip = {
        "text": _("Personal data is shown in full until %(moment)s. This was recorded.", moment=moment(until)),
        "label": _("Hide again"),
        "url": view.url("conceal", pk=record.id),
    }
    return opened, strip


def has_masks(ctx: Context, view: type[EntityDeclaration], record: Any) -> bool:
    """Whether the actor may lift masks here and one of the shown columns has one."""
    if not view.masks_can_be_lifted or not view.may(ctx.actor, "reveal"):
        return False
    masked = (name for name in view.show_columns if level(ctx.actor, view.model(), name, record) is Access.masked)
    return any(getattr(record, name) not in (None, "") for name in masked)


def reveal_button(ctx: Context, view: type[EntityDeclaration], record: Any) -> list[dict[str, Any]]:
    """The way to the form."""
    if not has_masks(ctx, view, record):
        return []
    url = view.url("reveal", pk=record.id)
    return [{"name": "reveal", "label": _("Show in full"), "url": url, "method": "get", "tone": "default"}]
