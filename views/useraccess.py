"""What an administrator does about the sign-in of another: lock, one-time password, second factor, sessions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, render_template, request, url_for
from flask_appbuilder.security.sqla.models import User
from flask_appbuilder.views import BaseView, expose
from flask_babel import gettext as _

from app.kernel.context import Context
from app.kernel.journal import note
from app.kernel.unit_of_work import unit_of_work
from app.security.acting import known
from app.security.lockout import account_lock, factor_lock, forget_attempts, locked_until
from app.security.proofs import one_time_password, set_password
from app.security.second_factor import has_factor, switch_off
from app.security.sessions import end_session, end_sessions
from app.security.wording import minute, roles_text, yes_no
from models.signin import EndReason
from views.adapter import guarded
from views.context import web_context
from views.display import moment
from views.signins import factor_pairs, live_sessions, password_pairs, session_lines


class UserAccessView(BaseView):
    """The sign-in of one user. An administrator's own is on the page of his account."""

    route_base = "/useraccess"
    class_permission_name = "user"
    default_view = "page"
    base_permissions = ["can_access", "can_resetpasswords", "can_resetfactor"]

    @expose("/<int:pk>")
    @guarded("access")
    def page(self, pk: int) -> Any:
        """State of password, lock, second factor and sessions."""
        ctx = web_context()
        user = self._user(pk)
        if user.id == ctx.actor.id:
            return redirect(url_for("AccountView.index"))
        locks = [locked_until(ctx, lock) for lock in (account_lock(user.id, user.username), factor_lock(user.id))]
        until = max((found for found in locks if found is not None), default=None)
        sessions = live_sessions(ctx, user.id)
        names = {"end": "end"}
        names |= {"unlock": "unlock"} if until else {}
        names |= {"one_time": "one_time"} if ctx.actor.may("user.resetpasswords") else {}
        is_on = has_factor(ctx, user.id)
        names |= {"factor_reset": "factor_reset"} if is_on and ctx.actor.may("user.resetfactor") else {}
        lock = {"text": _("Until %(moment)s", moment=moment(until)), "tone": "danger"} if until else str(_("No"))
        return render_template(
            "zhidan/account.html",
            is_admin=True,
            title=_("Sign-in of %(name)s", name=known(user).name),
            subtitle=user.username,
            crumbs=self._crumbs(ctx, user),
            profile=[
                {"label": _("E-mail"), "value": user.email},
                {"label": _("Roles"), "value": roles_text(user.roles)},
                {"label": _("Active"), "value": yes_no(user.active)},
                {"label": _("Last sign-in"), "value": minute(user.last_login)},
            ],
            password=[*password_pairs(ctx, user.id), {"label": _("Locked"), "value": lock}],
            factor=factor_pairs(ctx, user.id),
            sessions=session_lines(sessions, None),
            others=bool(sessions),
            urls={key: url_for(f"UserAccessView.{name}", pk=user.id) for key, name in names.items()},
        )

    @expose("/<int:pk>/unlock", methods=["POST"])
    @guarded("access")
    def unlock(self, pk: int) -> Any:
        """Opens the account before the time is over."""
        ctx, user = web_context(), self._other(pk)
        with unit_of_work(ctx):
            was_shut = forget_attempts(ctx, account_lock(user.id, user.username))
            if forget_attempts(ctx, factor_lock(user.id)) or was_shut:
                note(ctx, "user.unlocked", "user", user.id)
        return self._done(user, _("The account is open again."))

    @expose("/<int:pk>/password", methods=["POST"])
    @guarded("resetpasswords")
    def one_time(self, pk: int) -> Any:
        """A random password that works once; it is shown here and nowhere again."""
        ctx, user = web_context(), self._other(pk)
        made = one_time_password()
        with unit_of_work(ctx):
            set_password(ctx, user, made, is_own=False)
            forget_attempts(ctx, account_lock(user.id, user.username))
        return render_template(
            "zhidan/once.html",
            title=_("One-time password"),
            name=known(user).name,
            intro=_(
                "Hand it over in person or by phone. It is not shown again, and %(name)s has to choose another one"
                " after the first sign-in.",
                name=known(user).name,
            ),
            values=[made],
            next_url=url_for("UserAccessView.page", pk=user.id),
            next_label=_("Done"),
        )

    @expose("/<int:pk>/second_factor", methods=["POST"])
    @guarded("resetfactor")
    def factor_reset(self, pk: int) -> Any:
        """For a lost phone: no factor, no session, and a new factor at the next sign-in where the role asks for one."""
        ctx, user = web_context(), self._other(pk)
        with unit_of_work(ctx):
            switch_off(ctx, user.id, reason="administrator")
            end_sessions(ctx.session, user.id, EndReason.second_factor)
        return self._done(user, _("The second factor has been reset. All sessions have been ended."))

    @expose("/<int:pk>/sessions/end", methods=["POST"])
    @guarded("access")
    def end(self, pk: int) -> Any:
        """Ends one session of a user, or all."""
        ctx, user, wanted = web_context(), self._other(pk), request.form.get("session", "")
        with unit_of_work(ctx):
            if wanted == "all":
                end_sessions(ctx.session, user.id, EndReason.administrator)
            elif wanted.isdecimal() and len(wanted) < 10:  # noqa: PLR2004 - longer is no id
                end_session(ctx, user.id, int(wanted), EndReason.administrator)
        return self._done(user, _("The session has been ended.") if wanted else _("Nothing has been ended."))

    @staticmethod
    def _crumbs(ctx: Context, user: User) -> list[tuple[str, str | None]]:
        """From the list of users over the user to here."""
        way = [
            (str(_("Users")), "UserView.list", "user.list", {}),
            (known(user).name, "UserView.show", "user.show", {"pk": user.id}),
        ]
        found = [(label, url_for(page, **more) if ctx.actor.may(right) else None) for label, page, right, more in way]
        return [*found, (str(_("Sign-in and sessions")), None)]

    @staticmethod
    def _user(pk: int) -> User:
        session = web_context().session
        user: User | None = session.scalar(sa.select(User).where(User.id == pk)) if pk < 2**31 else None
        if user is None:
            abort(404)
        return user

    def _other(self, pk: int) -> User:
        """Somebody else: one's own proofs are changed with one's own password."""
        user = self._user(pk)
        if user.id == web_context().actor.id:
            abort(409)
        return user

    @staticmethod
    def _done(user: User, text: str) -> Any:
        flash(text, "success")
        return redirect(url_for("UserAccessView.page", pk=user.id))
