"""The addresses of the screens of rights: whoever may see roles reads them, who may change roles saves."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, session
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from app.kernel.context import Context
from app.kernel.errors import ConflictError, DomainError, NotFoundError, ValidationFailedError
from app.kernel.unit_of_work import unit_of_work
from app.security.actors import PREVIEW
from app.security.departments import TECHNICAL_ROLES
from app.security.rights import Change, RoleRights
from views.access import editing
from views.access.catalogue import catalogue
from views.access.comparing import DELIVERED, side_of
from views.access.matrix import asked_of
from views.access.pages import (
    add_variables,
    compare_variables,
    matrix_variables,
    review_variables,
    role_variables,
    to,
)
from views.access.previewing import begin
from views.access.roles import Column, columns, holders
from views.access.saving import save_new, save_role
from views.access.why import why_variables
from views.adapter import guarded, login_needed
from views.context import web_context
from views.entity import SEE_OTHER, TOKEN
from views.forms import new_token, own_address


class RightsView(BaseView):
    """Rights as an administrator reads them and an auditor proves them."""

    label = _l("Rights matrix")
    route_base = "/rights"
    default_view = "matrix"
    class_permission_name = "role"
    base_permissions = ["can_list", "can_show", "can_add", "can_edit", "can_preview"]  # as the list of roles (fact 26)

    @expose("/")
    @guarded("list")
    def matrix(self) -> Any:
        """Who may do what: all roles, all records."""
        ctx = web_context()
        asked = asked_of(request.args)
        variables = matrix_variables(ctx, columns(ctx.session), catalogue(), asked)
        return render_template("zhidan/rights/matrix.html", **variables)

    @expose("/compare")
    @guarded("list")
    def compare(self) -> Any:
        """Two roles side by side; without a second one the role beside what was delivered."""
        ctx = web_context()
        found = columns(ctx.session)
        a = side_of(found, request.args.get("a", ""), "")
        b = side_of(found, request.args.get("b") or DELIVERED, a.code) if a is not None else None
        everything = "everything" in request.args
        variables = compare_variables(ctx, found, catalogue(), a, b, everything=everything)
        return render_template("zhidan/rights/compare.html", **variables)

    @expose("/why")
    @guarded("list")
    def why(self) -> Any:
        """Why somebody may do something, or may not; and who may do it at all."""
        ctx = web_context()
        return render_template("zhidan/rights/why.html", **why_variables(ctx, catalogue(), request.args))

    @expose("/role/<path:code>", methods=("GET",))
    @guarded("show")
    def role(self, code: str) -> Any:
        """One role with everything it gives, and who holds it."""
        return self._form(web_context(), code)

    @expose("/role/<path:code>", methods=("POST",))
    @guarded("edit")
    def change(self, code: str) -> Any:
        """Boxes as delivered or as in another role, the review of what was ticked, or its saving."""
        ctx = web_context()
        act, form = request.form.get("act", "review"), request.form
        if form.get("reset"):
            return self._returned(ctx, code, form)
        if act == "copy":
            return self._copied(ctx, code, form)
        wish = editing.wish_of(form)
        if act == "save":
            return self._save(ctx, code, wish, form)
        if not editing.laid_over(self._column(columns(ctx.session), code).now, wish)[1]:
            flash(_("Nothing was changed."), "info")
            return redirect(to("role", code=code), SEE_OTHER)
        return self._review(ctx, code, wish, reason=form.get("reason", ""))

    @expose("/add", methods=("GET",))
    @guarded("add")
    def add(self) -> Any:
        """The form of a new role."""
        ctx = web_context()
        return render_template(
            "zhidan/form.html", **add_variables(columns(ctx.session), dict(request.args), {}, [], new_token())
        )

    @expose("/add", methods=("POST",))
    @guarded("add")
    def save_added(self) -> Any:
        """Adds it and opens it."""
        ctx = web_context()
        values = {name: request.form.get(name, "").strip() for name in ("name", "department", "copy_of", "reason")}
        try:
            said = save_new(ctx, **values, key=request.form.get(TOKEN))
        except DomainError as error:
            fields = error.fields if isinstance(error, ValidationFailedError) else {}
            texts = [] if fields else [str(reason) for reason in error.reasons()]
            variables = add_variables(columns(ctx.session), values, fields, texts, new_token())
            return render_template("zhidan/form.html", **variables), error.status
        flash(said, "success")
        return redirect(to("role", code=values["name"]), SEE_OTHER)

    @expose("/preview/<path:code>", methods=("POST",))
    @guarded("preview")
    def preview(self, code: str) -> Any:
        """From now on the panel is shown as to a role, read only, until it is ended."""
        ctx = web_context()
        with unit_of_work(ctx):
            begin(ctx, code)
        session[PREVIEW] = code
        return redirect("/", SEE_OTHER)

    @expose("/endpreview", methods=("POST",))
    def end_preview(self) -> Any:
        """Back to the own rights; open to everybody who is signed in, for a preview has hardly any right."""
        if (answer := login_needed()) is not None:
            return answer
        code = session.pop(PREVIEW, None)
        return redirect(to("role", code=code) if code else own_address(request.form.get("back"), "/"), SEE_OTHER)

    # ------------------------------------------------------------------------------------------------ one role, inside

    @staticmethod
    def _column(found: list[Column], code: str) -> Column:
        column = next((each for each in found if each.code == code), None)
        if column is None:
            raise NotFoundError
        return column

    def _form(
        self,
        ctx: Context,
        code: str,
        *,
        state: RoleRights | None = None,
        base: str | None = None,
        note: str | None = None,
    ) -> str:
        found = columns(ctx.session)
        column = self._column(found, code)
        people = holders(ctx.session, [code]).get(code, [])
        variables = role_variables(ctx, found, catalogue(), column, people, state=state, base=base, note=note)
        return render_template("zhidan/rights/role.html", **variables)

    def _asked(self, form: MultiDict[str, str]) -> tuple[str, RoleRights]:
        base = form.get(editing.BASE, "")
        return base, editing.posted(form, editing.read(base))

    def _returned(self, ctx: Context, code: str, form: MultiDict[str, str]) -> str:
        column = self._column(columns(ctx.session), code)
        base, state = self._asked(form)
        if column.delivered is not None:
            state = editing.returned(state, column.delivered, form["reset"], catalogue())
        note = _l("As delivered, but not saved yet: review the changes below.")
        return self._form(ctx, code, state=state, base=base, note=str(note))

    def _copied(self, ctx: Context, code: str, form: MultiDict[str, str]) -> str:
        source = self._column(columns(ctx.session), form.get("copy_of", ""))
        if {source.code, code} & set(TECHNICAL_ROLES):
            raise NotFoundError
        note = _l("Filled in as “%(role)s” has it, but not saved yet: review the changes below.", role=source.label)
        return self._form(ctx, code, state=source.now, base=form.get(editing.BASE), note=str(note))

    def _review(self, ctx: Context, code: str, wish: list[Change], **more: Any) -> str:
        column = self._column(columns(ctx.session), code)
        people = holders(ctx.session, [code]).get(code, [])
        variables = review_variables(ctx, catalogue(), column, wish, people, token=new_token(), **more)
        return render_template("zhidan/rights/review.html", **variables)

    def _save(self, ctx: Context, code: str, wish: list[Change], form: MultiDict[str, str]) -> Any:
        reason = form.get("reason", "")
        try:
            said = save_role(ctx, code, wish, form.get(editing.DIGEST, ""), reason, form.get(TOKEN))
        except NotFoundError:
            raise
        except ConflictError as error:
            return self._review(ctx, code, wish, reason=reason, is_stale=True), error.status
        except ValidationFailedError as error:
            faults = dict(error.fields)
            at_reason = faults.pop("reason", [])
            texts = [text for found in faults.values() for text in found]
            return self._review(ctx, code, wish, reason=reason, at_reason=at_reason, errors=texts), error.status
        except DomainError as error:
            texts = [str(each) for each in error.reasons()]
            return self._review(ctx, code, wish, reason=reason, errors=texts), error.status
        flash(said, "success")
        return redirect(to("role", code=code), SEE_OTHER)
