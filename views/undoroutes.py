"""The route of an undo: from the message after a save at once, from the history of a record after a preview."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, redirect, render_template, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.kernel.context import Context
from app.kernel.errors import NotFoundError
from views import bulk
from views.adapter import guarded
from views.cells import row_anew
from views.context import is_by_script, web_context
from views.forms import is_id, new_token, own_address
from views.undo import Undo, undo_of

SEE_OTHER = 303
CONFLICT = 409
NO_EDIT = _l("This was no edit by a form. Steps and imports have their own ways back; what the system does has none.")


class UndoRoutes:
    """The route; the class that inherits it is an ``EntityDeclaration`` with ``edit_columns``."""

    @expose("/undo/<int:entry>", methods=("GET", "POST"))
    @guarded("edit")
    def undo(self: Any, entry: int) -> Any:
        """The edit of a journal entry: shown with what it would put back, posted, put back, each record by itself."""
        ctx, view = web_context(), type(self)
        asked = [int(raw) for raw in request.values.getlist("pk") if is_id(raw)]
        undo = undo_of(ctx, view, entry)
        # What the clerk did not name himself may have left his reach without his doing.
        ids = asked or (list(bulk.open_rows(ctx, view, undo.own)) if undo is not None else [])
        ids = list(dict.fromkeys(ids))[: bulk.MOST_BULK]
        one = ids[0] if len(ids) == 1 else None
        home = view.show_url(one) if one and view.may(ctx.actor, "show") else view.url("list")
        back = own_address(request.values.get("back"), home)
        if undo is None or not ids:
            flash(str(NO_EDIT), "warning")
            return redirect(back, SEE_OTHER)
        act = act_of(undo)
        if request.method == "GET":
            return render_template("zhidan/bulk.html", **bulk.preview_variables(ctx, view, act, ids, back=back))
        outcome = bulk.take(ctx, view, act, dict.fromkeys(ids, 0), {}, request.form.get("token") or new_token())
        if is_by_script():
            if outcome.refused:
                return jsonify(message=" ".join(why for _label, why in outcome.refused)), CONFLICT
            shown = request.form.get("shown", "").split(",")
            return jsonify(row_anew(ctx, view, self.find(ctx, ids[0]), shown, _("Put back.")))
        if outcome.done:
            count = len(outcome.done)
            flash(ngettext("%(num)s record put back.", "%(num)s records put back.", count), "success")
        for label, why in outcome.refused:
            flash(_("%(record)s: %(reason)s", record=label, reason=why), "warning")
        return redirect(back, SEE_OTHER)


def act_of(undo: Undo) -> bulk.Act:
    """The undo as an act on many records."""

    def reasons(_ctx: Context, record: Any) -> list[str]:
        try:
            parts, found = undo.parts(record)
        except NotFoundError as error:  # a record that this edit did not change
            return [str(error)]
        # Rows of one grid are often refused for one reason.
        return list(dict.fromkeys(str(reason) for reason in [*found, *undo.reasons(parts)]))

    return bulk.Act(
        f"undo.{undo.save.entry}",
        _("Put back"),
        undo.view.url("undo", entry=undo.save.entry),
        None,
        reasons,
        lambda _ctx, record, _raw, _version: undo.take(record),
        _("What stood there before is written again as by an edit: with its checks and with what follows from it."),
        tells=lambda _ctx, record: undo.told(record),
    )
