"""Signing in through a messenger: to its page and back, once, within ten minutes, in the same browser."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, flash, g, redirect, request, session, url_for
from flask_appbuilder import BaseView, expose
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from app.extensions import db
from app.kernel.errors import DuplicateError, NotFoundError
from app.kernel.unit_of_work import unit_of_work
from app.security.attempts import check_attempts
from app.security.entering import SignInRefusedError, enter, fresh_act, refuse
from app.security.links import linked_user
from app.security.messenger_calls import Identity, identify
from app.security.messengers import MESSENGERS, Messenger, page_url
from config_outside import Access
from models.idempotency import IdempotencyKey
from models.labels import Way, label_of

WAITING = "zhidan_way_in"
TO_LINK = "zhidan_to_link"
LONGEST_WAIT = timedelta(minutes=10)
LONGEST_CODE = 512
USED_STATES = "sign_in.state"


class StateError(SignInRefusedError):
    """Nobody in this browser has just set out for there."""

    code = "state"
    default_message = _l(
        "This sign-in was not started in this browser, was used already, or took too long. Start again."
    )


class DeniedError(SignInRefusedError):
    """The person, or the messenger, said no."""

    code = "denied"
    default_message = _l("%(way)s was not allowed to tell who you are. Nothing has happened.")


class UnknownIdentityError(SignInRefusedError):
    """The messenger knows the person, no account here is linked with him."""

    code = "unknown"
    status = 403
    default_message = _l(
        "Your %(way)s identity “%(subject)s” is not linked with an account here. Sign in with your password and link it"
        " yourself, or ask an administrator."
    )


class SwitchedOffError(SignInRefusedError):
    """The linked account is switched off."""

    code = "switched_off"
    status = 403
    default_message = _l("Your account is switched off. Ask an administrator if you need it.")


def messenger_of(code: str) -> tuple[Messenger, Access]:
    """A messenger that is set up here. Raises: NotFoundError."""
    access: Access | None = current_app.config["MESSENGERS"].get(code)
    if access is None:
        raise NotFoundError
    return MESSENGERS[Way(code)], access


def ways_in() -> list[dict[str, Any]]:
    """The messengers that are set up here, for the login."""
    following = request.args.get("next") or None
    return [
        {
            "label": str(label_of(way)),
            "icon": messenger.icon,
            "url": url_for(f"{WayInView.__name__}.start", way=way.value, next=following),
        }
        for way, messenger in MESSENGERS.items()
        if way.value in current_app.config["MESSENGERS"]
    ]


def set_out(code: str, *, following: str = "", user_id: int | None = None) -> Any:
    """Sends the browser to a messenger's page. With ``user_id`` the answer is to be linked with that account."""
    messenger, access = messenger_of(code)
    # Letters and digits only: WeCom takes no other signs.
    state, verifier = secrets.token_hex(32), secrets.token_urlsafe(48)
    session[WAITING] = {
        "way": code,
        "state": state,
        "verifier": verifier,
        "at": g.zhidan_now.isoformat(),
        "next": following,
        "user_id": user_id,
    }
    return redirect(page_url(messenger, access, callback=_callback(code), state=state, verifier=verifier))


def _callback(code: str) -> str:
    return url_for(f"{WayInView.__name__}.callback", way=code, _external=True)


class WayInView(BaseView):
    """The two addresses of a sign-in by messenger, open to strangers."""

    route_base = "/signin"
    default_view = "start"
    base_permissions: list[str] = []

    @expose("/<way>", methods=("GET",))
    def start(self, way: str) -> Any:
        """To the messenger's page."""
        check_attempts()
        if current_user.is_authenticated:
            return redirect(get_safe_redirect(request.args.get("next", "")))
        return set_out(way, following=request.args.get("next", ""))

    @expose("/<way>/callback", methods=("GET",))
    def callback(self, way: str) -> Any:
        """Back from there: signs in, or brings the identity to the page where it is linked."""
        check_attempts()
        messenger, access = messenger_of(way)
        held = session.pop(WAITING, None) or {}
        user_id = held.get("user_id")
        try:
            identity = self._identity(messenger, access, held)
            if user_id is not None:
                return self._to_link(way, identity, user_id)
            due = self._enter(messenger, identity)
        except SignInRefusedError as error:
            refuse(
                way, error.code, user_id or 0, **({"subject": error.data["subject"]} if "subject" in error.data else {})
            )
            flash(str(error), "warning")
            page = "SignInLinkView.mine" if current_user.is_authenticated else "LoginView.login"
            return redirect(url_for(page))
        # What is due first (the second factor) comes before the page the person wanted.
        return redirect(due or get_safe_redirect(str(held.get("next", ""))))

    def _identity(self, messenger: Messenger, access: Access, held: dict[str, Any]) -> Identity:
        """Who has come. The state is used up before anybody is asked, whatever becomes of it."""
        state = request.args.get("state", "")
        is_ours = held.get("way") == messenger.way.value and _same(state, str(held.get("state", "")))
        if not is_ours or not in_time(held):
            raise StateError
        _use_up(state)
        code = next((found for name in messenger.code_in if (found := request.args.get(name, ""))), "")
        if not code or "error" in request.args:
            raise DeniedError(way=label_of(messenger.way))
        if len(code) > LONGEST_CODE or not (code.isascii() and code.isprintable()):
            raise StateError
        callback = _callback(messenger.way.value)
        return identify(messenger, access, code=code, verifier=str(held["verifier"]), callback=callback)

    def _enter(self, messenger: Messenger, identity: Identity) -> str | None:
        db.session.rollback()
        user = linked_user(db.session(), messenger.way, identity.subject)
        if user is None:
            raise UnknownIdentityError(way=label_of(messenger.way), subject=identity.subject)
        if not user.is_active:
            raise SwitchedOffError
        return enter(user, messenger.way.value)

    def _to_link(self, way: str, identity: Identity, user_id: int) -> Any:
        if not current_user.is_authenticated or current_user.id != user_id:
            raise StateError
        session[TO_LINK] = {
            "way": way,
            "subject": identity.subject,
            "name": identity.name,
            "user_id": user_id,
            "at": g.zhidan_now.isoformat(),
        }
        return redirect(url_for("SignInLinkView.confirm"))


def _same(one: str, other: str) -> bool:
    return bool(other) and hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())


def in_time(held: dict[str, Any]) -> bool:
    """Whether somebody set out, or came back, less than ten minutes ago."""
    age = g.zhidan_now - datetime.fromisoformat(str(held["at"]))
    return bool(timedelta(0) <= age <= LONGEST_WAIT)


def _use_up(state: str) -> None:
    """A session lives in the browser and can be put back; what was used is remembered here."""
    mark = hashlib.sha256(state.encode()).hexdigest()
    try:
        with unit_of_work(fresh_act()) as ctx:
            ctx.session.add(IdempotencyKey(scope=USED_STATES, key=mark, digest=mark, created_at=ctx.now))
    except DuplicateError:
        raise StateError from None
