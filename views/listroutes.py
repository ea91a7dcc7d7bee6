"""The routes of a list: page, board, calendar, what it adds up to, menu and preview of a row, many rows at once.

``EntityView`` inherits them, so a declared list has them by its declaration alone.
"""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, make_response, redirect, render_template, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from app.kernel.context import Context
from app.kernel.errors import NotFoundError
from views import bulk
from views.adapter import guarded, login_needed
from views.arrangement import address_of, arrangement, column_variables
from views.boards import board_variables, calendar_variables
from views.bulk import Act
from views.cells import cells_of
from views.context import is_by_script, web_context
from views.forms import is_id, new_token, own_address, posted
from views.listframe import list_variables
from views.listpage import args_of_request, note_arguments
from views.rowpage import menu_variables, peek_variables
from views.shell import shell_mark
from views.tallies import tallied
from views.undo import flash_saved, offered

SEE_OTHER = 303


def _shown(template: str, variables: dict[str, Any]) -> Any:
    """The page, or for its script the part that changes, with the mark of the shell around which it belongs."""
    is_part = is_by_script()
    answer = make_response(render_template(template, is_part=is_part, **variables))
    if is_part:
        answer.headers["X-Zd-Shell"] = shell_mark()
    return answer


class ListRoutes:
    """The routes; the class that inherits them is an ``EntityDeclaration``.

    A script of the page gets a list without the panel around it (``zhidan/part.html``).
    """

    @expose("/list/")
    @guarded("list")
    def list(self: Any) -> Any:
        """A page of the list. Wrong arguments are left out and said; without any, one's own first filter."""
        ctx, view = web_context(), type(self)
        variables, problems = list_variables(ctx, view, args_of_request())
        own = variables.pop("arrangement")
        if not request.args and (first := own.kept.of(own.kept.default_id)) is not None:
            return redirect(address_of(ctx, view, first))
        self._say(problems, own)
        variables["bulk_hidden"] = {"token": new_token(), "back": request.full_path}
        return _shown("zhidan/list.html", variables)

    @expose("/board/")
    @guarded("list")
    def board(self: Any) -> Any:
        """The list as cards by state."""
        return self._other_way("zhidan/board.html", board_variables)

    @expose("/calendar/")
    @guarded("list")
    def calendar(self: Any) -> Any:
        """The list by the days of a month or a week."""
        return self._other_way("zhidan/calendar.html", calendar_variables)

    def _other_way(self: Any, template: str, made: Any) -> Any:
        variables, problems = made(web_context(), type(self), args_of_request())
        self._say(problems, variables.pop("arrangement"))
        return _shown(template, variables)

    def _say(self: Any, problems: Any, own: Any) -> None:
        """What was left out: wrong arguments, and what a shared filter asks for beyond one's rights."""
        for problem in problems:
            flash(str(problem), "warning")
        note_arguments(problems)
        if own.left_out:
            names = ", ".join(own.left_out)
            flash(_("Left out of this filter, because it is not open to you: %(names)s", names=names), "warning")

    @expose("/counts")
    @guarded("list")
    def counts(self: Any) -> Any:
        """Rows by word and the sums of the filter, asked for when the list stands on the screen already."""
        return jsonify(tallied(web_context(), type(self), args_of_request()))

    @expose("/<int:pk>/rowmenu")
    @guarded("list")
    def rowmenu(self: Any, pk: int) -> Any:
        """The steps that are open for one row."""
        ctx = web_context()
        back = own_address(request.args.get("back"), self.url("list"))
        return render_template("zhidan/rowmenu.html", **menu_variables(ctx, type(self), self.find(ctx, pk), back))

    @expose("/<int:pk>/peek")
    @guarded("show")
    def peek(self: Any, pk: int) -> Any:
        """One record in short, beside the list."""
        ctx = web_context()
        return render_template("zhidan/peek.html", **peek_variables(ctx, type(self), self.find(ctx, pk)))

    @expose("/columns")
    @guarded("list")
    def columns(self: Any) -> Any:
        """The columns a person may choose for his list; the choice is posted to his own lists."""
        ctx, view = web_context(), type(self)
        back = own_address(request.args.get("back"), self.url("list"))
        own = arrangement(ctx, view, args_of_request())
        template = "zhidan/columns.html" if is_by_script() else "zhidan/columnspage.html"
        return render_template(template, **column_variables(view, own, back))

    @expose("/bulk/<step>", methods=("POST",))
    def bulk(self: Any, step: str) -> Any:
        """A step on many records: shown first, then taken, each by itself, and told what became of each."""
        if (answer := login_needed()) is not None:
            return answer
        ctx = web_context()
        declared = self._declared(ctx, step)
        if not declared.is_bulk:
            raise NotFoundError
        return self._many(ctx, bulk.step_act(type(self), declared))

    @expose("/change", methods=("POST",))
    @guarded("edit")
    def change_many(self: Any) -> Any:
        """One field of many records: shown first, then changed, each by itself."""
        ctx, view, name = web_context(), type(self), request.form.get("field", "")
        if name not in dict(cells_of(ctx, view)):
            flash(_("Choose a field that you may change."), "warning")
            return redirect(own_address(request.form.get("back"), self.url("list")), SEE_OTHER)
        return self._many(ctx, bulk.field_act(view, name, empties=bool(request.form.get(bulk.EMPTIES))))

    def _many(self: Any, ctx: Context, act: Act) -> Any:
        back = own_address(request.form.get("back"), self.url("list"))
        ids = [int(raw) for raw in request.form.getlist("pk") if is_id(raw)]
        ids = [*dict.fromkeys(ids)][: bulk.MOST_BULK]
        if not ids:
            flash(_("Select at least one row."), "warning")
            return redirect(back, SEE_OTHER)
        if not request.form.get("confirmed"):
            return render_template("zhidan/bulk.html", **bulk.preview_variables(ctx, type(self), act, ids, back=back))
        return self._take(ctx, act, ids, back)

    def _take(self: Any, ctx: Context, act: Act, ids: Any, back: str) -> Any:
        raw = posted(act.asks, request.form) if act.asks else {}
        versions = {pk: request.form.get(f"version.{pk}", "") for pk in ids}
        seen = {pk: int(version) if is_id(version) else 0 for pk, version in versions.items()}
        outcome = bulk.take(ctx, type(self), act, seen, raw, request.form.get("token") or new_token())
        if outcome.errors:
            page = bulk.preview_variables(ctx, type(self), act, ids, raw=raw, errors=outcome.errors, back=back)
            return render_template("zhidan/bulk.html", **page), 422
        if outcome.done:
            told = ngettext("%(num)s record done.", "%(num)s records done.", len(outcome.done))
            flash_saved(told, offered(ctx, type(self), back=back), is_many=True)
        for label, why in outcome.refused:
            flash(_("%(record)s: %(reason)s", record=label, reason=why), "warning")
        return redirect(back, SEE_OTHER)
