"""Ways to sign in on the screen: a person links and ends his own, an administrator those of everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_login import current_user

from app.kernel.context import Context
from app.kernel.errors import DomainError, ValidationFailedError
from app.kernel.unit_of_work import unit_of_work
from app.security.attempts import check_attempts
from app.security.entering import SignInRefusedError, refuse
from app.security.links import link, unlink
from app.security.messengers import MESSENGERS
from models.labels import Way, label_of
from models.outside import SignInLink
from views.adapter import guarded
from views.context import web_context
from views.display import moment, person_text
from views.forms import is_id
from views.ways_in import TO_LINK, in_time, set_out

SEE_OTHER = 303
UNPROCESSABLE = 422
MOST_SHOWN = 200
LIST = "zhidan/links.html"
FORM = "zhidan/form.html"


class SignInLinkView(BaseView):
    """Who a person is in the directory and in the messengers. Names link nobody: persons do, one by one."""

    route_base = "/ways"
    default_view = "everyone"
    class_permission_name = "sign_in_link"
    base_permissions = ["can_own", "can_list", "can_add", "can_end"]

    @expose("/", methods=("GET",))
    @guarded("own")
    def mine(self) -> Any:
        """One's own links, and the messengers that can be linked."""
        ctx = web_context()
        links = ctx.session.scalars(_own(ctx)).all()
        linked = {found.way for found in links}
        return render_template(
            LIST,
            title=_("My ways to sign in"),
            subtitle=_("Beside your password. Each identity there opens this one account."),
            columns=[
                {"label": _("Way")},
                {"label": _("Identity there")},
                {"label": _("Linked at"), "kind": "datetime"},
            ],
            rows=[_row(found, url_for(".end", pk=found.id)) for found in links],
            offers=[
                {"label": str(label_of(way)), "icon": found.icon, "url": url_for(".begin", way=way.value)}
                for way, found in MESSENGERS.items()
                if way.value in current_app.config["MESSENGERS"] and way not in linked
            ],
        )

    @expose("/link/<way>", methods=("GET",))
    @guarded("own")
    def begin(self, way: str) -> Any:
        """To the messenger, to bring an identity back. Nothing is linked before the person confirms it here."""
        return set_out(way, user_id=web_context().actor.id)

    @expose("/confirm", methods=("GET",))
    @guarded("own")
    def confirm(self) -> Any:
        """Shows which identity came back and asks for the password."""
        held = _brought()
        return self._confirm(held) if held else redirect(url_for(".mine"))

    @expose("/confirm", methods=("POST",))
    @guarded("own")
    def make(self) -> Any:
        """Links it, for who knows the password of the account."""
        check_attempts()
        held = _brought()
        if not held:
            flash(_("This took too long. Please start again."), "warning")
            return redirect(url_for(".mine"), SEE_OTHER)
        if (wrong := self._wrong_password(held)) is not None:
            return self._confirm(held, wrong), UNPROCESSABLE
        try:
            with unit_of_work(web_context()) as ctx:
                link(ctx, int(held["user_id"]), Way(held["way"]), str(held["subject"]))
        except DomainError as error:
            flash(str(error), "danger")
        else:
            flash(_("Linked: %(way)s", way=label_of(Way(held["way"]))), "success")
        session.pop(TO_LINK, None)
        return redirect(url_for(".mine"), SEE_OTHER)

    @expose("/<int:pk>/end", methods=("POST",))
    @guarded("own")
    def end(self, pk: int) -> Any:
        """Ends one's own link; that of the directory is the administrators'."""
        ctx = web_context()
        found = ctx.session.get(SignInLink, pk)
        if found is not None and found.way is Way.ldap and found.user_id == ctx.actor.id:
            flash(_("Only an administrator ends the link to the company directory."), "warning")
            return redirect(url_for(".mine"), SEE_OTHER)
        self._end(pk, of_anybody=False)
        return redirect(url_for(".mine"), SEE_OTHER)

    @expose("/all", methods=("GET",))
    @guarded("list")
    def everyone(self) -> Any:
        """The links of everybody."""
        ctx = web_context()
        asked = request.args.get("q", "").strip()[:50]
        rows = list(_found(ctx, asked))
        may_end = ctx.actor.may("sign_in_link.end")
        return render_template(
            LIST,
            title=_("Sign-in links"),
            subtitle=_("Who a person is elsewhere. An account of the company directory has its password there alone."),
            columns=[
                {"label": _("Person")},
                {"label": _("Way")},
                {"label": _("Identity there")},
                {"label": _("Linked at"), "kind": "datetime"},
            ],
            rows=[
                _row(found, url_for(".end_any", pk=found.id) if may_end else None, person_text(user))
                for found, user in rows
            ],
            asked=asked,
            add_url=url_for(".new") if ctx.actor.may("sign_in_link.add") else None,
            is_cut=len(rows) == MOST_SHOWN,
        )

    @expose("/new", methods=("GET",))
    @guarded("add")
    def new(self) -> Any:
        """The form of a link that an administrator makes."""
        return self._form({}, {})

    @expose("/new", methods=("POST",))
    @guarded("add")
    def add(self) -> Any:
        """Links an identity with an account."""
        given = {name: request.form.get(name, "").strip() for name in ("user_id", "way", "subject")}
        try:
            if given["way"] not in set(Way):
                raise ValidationFailedError({"way": [_("Choose one of these.")]})
            with unit_of_work(web_context()) as ctx:
                link(ctx, int(given["user_id"]) if is_id(given["user_id"]) else 0, Way(given["way"]), given["subject"])
        except DomainError as error:
            fields = error.fields if isinstance(error, ValidationFailedError) else {}
            return self._form(given, fields, [] if fields else [str(error)]), error.status
        flash(_("Saved."), "success")
        return redirect(url_for(".everyone"), SEE_OTHER)

    @expose("/<int:pk>/end_any", methods=("POST",))
    @guarded("end")
    def end_any(self, pk: int) -> Any:
        """Ends anybody's link."""
        self._end(pk, of_anybody=True)
        return redirect(url_for(".everyone"), SEE_OTHER)

    def _end(self, pk: int, *, of_anybody: bool) -> None:
        with unit_of_work(web_context()) as ctx:
            name = label_of(unlink(ctx, pk, of_anybody=of_anybody).way)
        flash(_("Ended: %(name)s", name=name), "success")

    def _wrong_password(self, held: Mapping[str, Any]) -> str | None:
        """Why the password does not do; None where it does. The session alone must not change how one signs in."""
        user_id, username = current_user.id, current_user.username
        try:
            user = current_app.appbuilder.sm.auth_user_db(username, request.form.get("password", ""))  # type: ignore[attr-defined]
        except SignInRefusedError as error:
            return str(error)
        if user is not None and user.id == user_id:
            return None
        refuse(str(held["way"]), "link_password", user_id)
        return str(_("This is not your present password."))

    def _confirm(self, held: Mapping[str, Any], wrong: str | None = None) -> str:
        password = {
            "name": "password",
            "label": _("Present password"),
            "kind": "password",
            "required": True,
            "autocomplete": "current-password",
            "errors": [wrong] if wrong else None,
        }
        facts = [
            {"label": _("Way"), "value": str(label_of(Way(held["way"])))},
            {"label": _("Identity there"), "value": held["subject"]},
            *([{"label": _("Name there"), "value": held["name"]}] if held.get("name") else []),
        ]
        return render_template(
            FORM,
            title=_("Link this identity with your account?"),
            crumbs=[(_("My ways to sign in"), url_for(".mine")), (_("Link"), None)],
            intro=_("Whoever signs in there with this identity is you here. Go on only if it is your own."),
            facts=facts,
            fieldsets=[{"label": None, "fields": [password]}],
            submit_label=_("Link"),
            cancel_url=url_for(".mine"),
        )

    def _form(self, values: Mapping[str, str], errors: Mapping[str, Any], texts: Sequence[str] = ()) -> str:
        raw = values.get("user_id", "")
        user = web_context().session.get(User, int(raw)) if is_id(raw) else None
        fields = [
            {
                "name": "user_id",
                "label": _("Person"),
                "kind": "relation",
                "url": url_for("PeopleView.search"),
                "required": True,
                "value": user.id if user else "",
                "text": person_text(user) if user else "",
                "errors": errors.get("user_id"),
            },
            {
                "name": "way",
                "label": _("Way"),
                "kind": "select",
                "required": True,
                "choices": [(way.value, str(label_of(way))) for way in Way],
                "value": values.get("way", ""),
                "errors": errors.get("way"),
            },
            {
                "name": "subject",
                "label": _("Identity there"),
                "required": True,
                "max_length": 128,
                "help": _(
                    "Directory: the login name. WeCom: the account of the member. Feishu and DingTalk: what a refused"
                    " sign-in shows."
                ),
                "value": values.get("subject", ""),
                "errors": errors.get("subject"),
            },
        ]
        return render_template(
            FORM,
            title=_("New sign-in link"),
            crumbs=[(_("Sign-in links"), url_for(".everyone")), (_("New sign-in link"), None)],
            fieldsets=[{"label": None, "fields": fields}],
            errors=texts,
            cancel_url=url_for(".everyone"),
        )


def _brought() -> dict[str, Any] | None:
    """The identity that this person has just brought back."""
    held: dict[str, Any] | None = session.get(TO_LINK)
    return held if held and held.get("user_id") == current_user.id and in_time(held) else None


def _own(ctx: Context) -> sa.Select[Any]:
    return sa.select(SignInLink).where(SignInLink.user_id == ctx.actor.id).order_by(SignInLink.id)


def _found(ctx: Context, asked: str) -> Sequence[Any]:
    full = sa.func.coalesce(User.last_name, "").concat(sa.func.coalesce(User.first_name, ""))
    statement = sa.select(SignInLink, User).join(User, User.id == SignInLink.user_id)
    if asked:
        named = [found.icontains(asked, autoescape=True) for found in (full, User.username, SignInLink.subject)]
        statement = statement.where(sa.or_(*named))
    return ctx.session.execute(statement.order_by(SignInLink.id.desc()).limit(MOST_SHOWN)).all()


def _row(found: SignInLink, end_url: str | None, person: str | None = None) -> dict[str, Any]:
    cells = [
        *([person] if person is not None else []),
        str(label_of(found.way)),
        found.subject,
        moment(found.linked_at),
    ]
    return {"cells": cells, "end_url": end_url, "name": str(label_of(found.way))}
