"""One's own account in one place: profile, password, second factor, sessions; and what is due before one is in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import current_app, flash, redirect, render_template, request, url_for
from flask_appbuilder.exceptions import PasswordComplexityValidationError
from flask_appbuilder.security.sqla.models import User
from flask_appbuilder.views import BaseView, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from marshmallow import Schema, ValidationError, fields, validate

from app.kernel.context import Context
from app.kernel.engine import messages_of
from app.kernel.unit_of_work import unit_of_work
from app.security.acting import acting, known
from app.security.due import needs_factor
from app.security.proofs import check_new_password, set_password
from app.security.second_factor import (
    has_factor,
    new_codes,
    new_offer,
    offered_secret,
    picture,
    switch_off,
    switch_on,
)
from app.security.sessions import end_session, end_sessions, present, renew_session, waiting
from app.security.signin import next_address, with_next
from app.security.wording import roles_text
from models.signin import DueStep, EndReason
from views.adapter import guarded
from views.context import web_context
from views.forms import messages
from views.proofs import (
    WRONG_CODE,
    Fault,
    box,
    code_box,
    new_password_boxes,
    present_password,
    proof_boxes,
    typed,
    wrong_password,
    wrong_proofs,
)
from views.signins import factor_pairs, live_sessions, password_pairs, session_lines

CODES_INTRO = _l(
    "Print these codes or write them down, and keep them where nobody else looks. Each works once in the place of the"
    " code from your phone. They are not shown again."
)


class ProfileInput(Schema):
    """What a person may change about himself."""

    last_name = fields.String(required=True, validate=validate.Length(min=1, max=64))
    first_name = fields.String(required=True, validate=validate.Length(min=1, max=64))
    # The library's own field takes no sentence that is still to be translated; its check does.
    email = fields.String(
        required=True,
        validate=[
            validate.Length(max=320),
            validate.Email(error=_l("This is no e-mail address: it looks like name@company.cn.")),
        ],
    )


def change_password(user: User) -> dict[str, str]:
    """Sets what was typed twice; the faults where it may not be."""
    password = typed("password")
    if password != typed("conf_password"):
        return {"conf_password": str(_("The two entries differ."))}
    ctx = acting(known(user))
    try:
        with unit_of_work(ctx):
            check_new_password(ctx, user, password)
            set_password(ctx, user, password, is_own=True)
    except PasswordComplexityValidationError as error:
        return {"password": str(error)}
    return {}


def end_others(ctx: Context, user_id: int, why: EndReason) -> None:
    """Ends every session but this one, and the API tokens."""
    found = present() or waiting()
    end_sessions(ctx.session, user_id, why, but=found.id if found else None)


def enrol(user: User, secret: str) -> tuple[list[str] | None, str | None]:
    """Switches the factor on with the code that was typed; every other session ends, this one goes on anew.

    Returns the recovery codes and what is due next; no codes where the code was wrong.
    """
    ctx = acting(known(user))
    with unit_of_work(ctx):
        codes = switch_on(ctx, user, secret, typed("code"))
        if codes is not None:
            end_others(ctx, user.id, EndReason.second_factor)
    return (codes, renew_session(user, has_factor=True)) if codes is not None else (None, None)


def codes_page(codes: list[str], next_url: str) -> Any:
    """The recovery codes, this once."""
    return render_template(
        "zhidan/once.html",
        title=_("Recovery codes"),
        intro=CODES_INTRO,
        values=codes,
        next_url=next_url,
        next_label=_("I have kept them"),
    )


def crumbs(title: str) -> list[tuple[str, str | None]]:
    """The way to a page of the own account."""
    return [(str(_("My account")), url_for("AccountView.index")), (title, None)]


class AccountView(BaseView):
    """The own account."""

    route_base = "/account"
    class_permission_name = "account"
    default_view = "index"
    base_permissions = ["can_own"]

    @expose("/")
    @guarded("own")
    def index(self) -> Any:
        """Everything about the own account."""
        ctx = web_context()
        user, found = current_user, present()
        sessions = live_sessions(ctx, user.id)
        is_on = has_factor(ctx, user.id)
        may_do_without = not needs_factor(ctx, user.id)
        names = {"profile": "profile", "password": "password", "end": "end"}
        names |= {"codes": "codes"} if is_on else {"factor_on": "second_factor"}
        names |= {"factor_off": "factor_off"} if is_on and may_do_without else {}
        return render_template(
            "zhidan/account.html",
            title=_("My account"),
            profile=[
                {"label": _("User name"), "value": user.username},
                {"label": _("Full Name"), "value": known(user).name},
                {"label": _("E-mail"), "value": user.email},
                {"label": _("Roles"), "value": roles_text(user.roles)},
            ],
            password=password_pairs(ctx, user.id),
            factor=factor_pairs(ctx, user.id),
            sessions=session_lines(sessions, found.id if found else None),
            others=len(sessions) > 1,
            urls={key: url_for(f"AccountView.{name}") for key, name in names.items()},
        )

    @expose("/profile", methods=["GET", "POST"])
    @guarded("own")
    def profile(self) -> Any:
        """The own name; the mail address only with the password, for it is a way to the account."""
        user, faults = current_user._get_current_object(), {}  # noqa: SLF001 - the user behind flask-login's proxy
        values = {name: getattr(user, name) for name in ProfileInput().fields}
        if request.method == "POST":
            values = {name: typed(name).strip() for name in values}
            faults = self._save_profile(user, values)
            if not faults:
                return self._done(_("Your profile has been changed."))
        boxes = [
            box("last_name", _("Last name"), faults, "text", value=values["last_name"], max_length=64),
            box("first_name", _("First name"), faults, "text", value=values["first_name"], max_length=64),
            box("email", _("E-mail"), faults, "email", value=values["email"], max_length=320),
            present_password(faults) | {"required": False, "help": str(_("Only where you change the e-mail address."))},
        ]
        return self._form(_("Profile"), boxes, faults)

    @staticmethod
    def _save_profile(user: User, values: dict[str, str]) -> dict[str, str]:
        try:
            ProfileInput().load(values)
        except ValidationError as error:
            return {str(name): " ".join(messages(found)) for name, found in messages_of(error).items()}
        is_new = values["email"].casefold() != (user.email or "").casefold()
        if is_new and (faults := wrong_password(user, "profile")):
            return faults
        ctx = web_context()
        taken = sa.select(User.id).where(sa.func.lower(User.email) == values["email"].lower(), User.id != user.id)
        if ctx.session.scalar(taken) is not None:
            return {"email": str(_("This address cannot be used."))}
        with unit_of_work(ctx):
            for name, value in values.items():
                setattr(user, name, value)
        return {}

    @expose("/password", methods=["GET", "POST"])
    @guarded("own")
    def password(self) -> Any:
        """A new password; every session ends, this one goes on under a new id."""
        user, faults = current_user._get_current_object(), {}  # noqa: SLF001
        if request.method == "POST":
            faults = wrong_password(user, "own_password") or change_password(user)
            if not faults:
                renew_session(user)
                return self._done(
                    _("Your password has been changed. All other sessions and your API tokens have been ended.")
                )
        return self._form(_("Change my password"), [present_password(faults), *new_password_boxes(faults)], faults)

    @expose("/second_factor", methods=["GET", "POST"])
    @guarded("own")
    def second_factor(self) -> Any:
        """Sets the second factor up."""
        user = current_user._get_current_object()  # noqa: SLF001
        if has_factor(web_context(), user.id):
            return redirect(url_for("AccountView.index"))
        faults: dict[str, str] = {}
        offer = typed("offer")
        secret = offered_secret(user, offer)
        if request.method == "POST" and secret is not None:
            faults = wrong_password(user, "second_factor")
            if not faults:
                codes, _due = enrol(user, secret)
                if codes is not None:
                    return codes_page(codes, url_for("AccountView.index"))
                faults = {"code": str(WRONG_CODE)}
        if secret is None:
            offer = new_offer(user)
            secret = offered_secret(user, offer)
        page = render_template(
            "zhidan/enrol.html",
            title=_("Set up the second factor"),
            crumbs=crumbs(_("Set up the second factor")),
            picture=picture(user, str(secret)),
            secret=secret,
            hidden={"offer": offer},
            fieldsets=[{"fields": [code_box(faults), present_password(faults)]}],
            cancel_url=url_for("AccountView.index"),
            submit_label=_("Set up"),
        )
        return page, 422 if faults else 200

    @expose("/second_factor/off", methods=["GET", "POST"])
    @guarded("own")
    def factor_off(self) -> Any:
        """Switches it off with password and code; not where the role asks for it."""

        def off(user: User) -> Any:
            ctx = web_context()
            with unit_of_work(ctx):
                switch_off(ctx, user.id)
                end_others(ctx, user.id, EndReason.second_factor)
            return self._done(_("The second factor is off."))

        if needs_factor(web_context(), current_user.id):
            return redirect(url_for("AccountView.index"))
        return self._with_both(_("Switch off the second factor"), _("Switch off"), off)

    @expose("/codes", methods=["GET", "POST"])
    @guarded("own")
    def codes(self) -> Any:
        """New recovery codes; the old ones are void."""

        def make(user: User) -> Any:
            ctx = web_context()
            with unit_of_work(ctx):
                made = new_codes(ctx, user.id)
            return codes_page(made, url_for("AccountView.index"))

        return self._with_both(_("New recovery codes"), _("Make new codes"), make)

    @expose("/sessions/end", methods=["POST"])
    @guarded("own")
    def end(self) -> Any:
        """Ends one of the own sessions, or all others."""
        ctx, wanted = web_context(), typed("session")
        with unit_of_work(ctx):
            if wanted == "all":
                end_others(ctx, current_user.id, EndReason.by_hand)
            elif wanted.isdecimal() and len(wanted) < 10:  # noqa: PLR2004 - longer is no id
                end_session(ctx, current_user.id, int(wanted))
        if wanted == "all":
            return self._done(_("All other sessions and your API tokens have been ended."))
        return self._done(_("The session has been ended.") if wanted else _("Nothing has been ended."))

    def _with_both(self, title: str, label: str, act: Callable[[User], Any]) -> Any:
        """A form that asks for password and code before it does something."""
        user, faults = current_user._get_current_object(), {}  # noqa: SLF001
        if not has_factor(web_context(), user.id):
            return redirect(url_for("AccountView.index"))
        if request.method == "POST":
            faults = wrong_proofs(user, "second_factor")
            if not faults:
                return act(user)
        return self._form(title, proof_boxes(faults, has_code=True), faults, label)

    @staticmethod
    def _form(title: str, boxes: list[dict[str, Any]], faults: Fault, label: str | None = None) -> Any:
        page = render_template(
            "zhidan/form.html",
            title=title,
            crumbs=crumbs(title),
            fieldsets=[{"fields": boxes}],
            submit_label=label,
            cancel_url=url_for("AccountView.index"),
        )
        return page, 422 if faults else 200

    @staticmethod
    def _done(text: str) -> Any:
        flash(text, "success")
        return redirect(url_for("AccountView.index"))


class DueView(BaseView):
    """What is due after the sign-in; open to who has just proved himself, and to nobody else."""

    route_base = "/login/due"
    default_view = "password"
    base_permissions: list[str] = []

    @expose("/password", methods=["GET", "POST"])
    def password(self) -> Any:
        """A password of one's own in the place of a one-time or an old one."""
        user = self._user(DueStep.password)
        if user is None:
            return self._elsewhere()
        faults: dict[str, str] = {}
        if request.method == "POST":
            faults = change_password(user)
            if not faults:
                due = renew_session(user)
                return redirect(with_next(due) if due else next_address())
        return self._page("password", _("New password"), faults, fields=new_password_boxes(faults))

    @expose("/second_factor", methods=["GET", "POST"])
    def second_factor(self) -> Any:
        """Setting up the factor that the role asks for."""
        user = self._user(DueStep.second_factor)
        if user is None:
            return self._elsewhere()
        faults: dict[str, str] = {}
        offer = typed("offer")
        secret = offered_secret(user, offer)
        if request.method == "POST" and secret is not None:
            codes, due = enrol(user, secret)
            if codes is not None:
                return codes_page(codes, with_next(due) if due else next_address())
            faults = {"code": str(WRONG_CODE)}
        if secret is None:
            offer = new_offer(user)
            secret = offered_secret(user, offer)
        return self._page(
            "second_factor",
            _("Set up the second factor"),
            faults,
            fields=[code_box(faults)],
            picture=picture(user, str(secret)),
            secret=secret,
            hidden={"offer": offer},
        )

    @staticmethod
    def _user(step: DueStep) -> User | None:
        if current_user.is_authenticated:
            return None
        found = waiting()
        return found.user if found is not None and found.due is step else None

    @staticmethod
    def _elsewhere() -> Any:
        if current_user.is_authenticated:
            return redirect(next_address())
        return redirect(with_next(current_app.appbuilder.get_url_for_login))  # type: ignore[attr-defined]

    @staticmethod
    def _page(kind: str, title: str, faults: Fault, **more: Any) -> Any:
        page = render_template(
            "zhidan/signin.html", kind=kind, title=title, here=with_next(request.path), error=None, **more
        )
        return page, 422 if faults else 200
