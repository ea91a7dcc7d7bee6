"""What every page needs around its content: side bar, person, language, nonce, headers."""

from __future__ import annotations

import secrets
from hashlib import sha256
from time import monotonic
from typing import Any

from flask import Flask, Response, current_app, g, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user, user_logged_in, user_logged_out
from sqlalchemy.orm import Session

from app.kernel.context import LOCAL_ZONE, Deputyship
from app.kernel.demo import is_demo
from app.security.actors import PREVIEW, current_actor
from app.security.departments import label_of_role
from app.security.wording import listed
from app.services.look.actions import look_of
from views.access.previewing import forget, strip
from views.base import ENTITIES
from views.context import is_by_script, web_context
from views.drafts import SAVED

POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
YEAR = 31_536_000
A_MINUTE = 60
MOST_SIDE_BARS = 200
# What a person may choose; the first is what nobody chose.
LOOKS = {"theme": ("system", "light", "dark"), "density": ("roomy", "compact")}


def csp_nonce() -> str:
    """The nonce of this response; scripts without it do not run."""
    if "zhidan_nonce" not in g:
        g.zhidan_nonce = secrets.token_urlsafe(16)
    return str(g.zhidan_nonce)


def headers(response: Response) -> Response:
    """Security headers; what a person is shown is not kept by caches."""
    found = response.headers
    found.setdefault("Content-Security-Policy", POLICY.format(nonce=csp_nonce()))
    found.setdefault("X-Content-Type-Options", "nosniff")
    found.setdefault("X-Frame-Options", "DENY")
    found.setdefault("Referrer-Policy", "same-origin")
    found.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    found.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    for name, value in transport_headers(current_app).items():
        found.setdefault(name, value)
    if request.endpoint != "static" and not request.path.startswith("/static/"):
        found.setdefault("Cache-Control", "no-store")
    return response


def transport_headers(app: Flask) -> dict[str, str]:
    """What holds a browser to HTTPS, where the panel is behind it."""
    if not app.config.get("SESSION_COOKIE_SECURE"):
        return {}
    return {"Strict-Transport-Security": f"max-age={YEAR}; includeSubDomains"}


def navigation() -> list[dict[str, Any]]:
    """The side bar from the framework's menu: what the actor may open, without a statement beyond his rights."""
    allowed = frozenset(current_app.appbuilder.sm.get_user_menu_access())  # type: ignore[attr-defined]
    actor = current_actor()
    has_desk = any(view.may(actor, "list") for view in ENTITIES.values() if view.workflow() is not None)
    path, groups = request.path, []
    for group in _entries(allowed, has_desk=has_desk):
        items = [item | {"active": path == item["url"] or path.startswith(item["bases"])} for item in group["items"]]
        active = any(item["active"] for item in items) or path == group["url"]
        groups.append(group | {"items": items, "active": active})
    return groups


def _entries(allowed: frozenset[str], *, has_desk: bool) -> list[dict[str, Any]]:
    """The side bar of who may open these entries, kept in the words of a language: only where one is changes."""
    kept = current_app.extensions.setdefault("zhidan_entries", {})
    key = (str(get_locale()), request.script_root, allowed, has_desk)
    found: list[dict[str, Any]] | None = kept.get(key)
    if found is None:
        if len(kept) >= MOST_SIDE_BARS:
            kept.clear()
        found = kept[key] = _made(allowed, has_desk=has_desk)
    return found


def _made(allowed: frozenset[str], *, has_desk: bool) -> list[dict[str, Any]]:
    menu = current_app.appbuilder.menu.get_list()  # type: ignore[attr-defined]
    groups = [_entry(group, allowed) for group in menu if group.name in allowed]
    if has_desk:
        # It stands before all departments.
        label, url = str(_("Waiting for me")), url_for("WaitingView.index")
        groups.insert(0, {"label": label, "icon": "fa-inbox", "items": [], "url": url})
    return [group for group in groups if group["items"] or group["url"]]


def _entry(group: Any, allowed: frozenset[str]) -> dict[str, Any]:
    items = [_item(child) for child in group.childs if child.name in allowed]
    url = None if group.childs else group.get_url()
    return {"label": str(group.label), "icon": group.icon, "items": items, "url": url}


def _item(child: Any) -> dict[str, Any]:
    view = child.baseview
    bases = (view.route_base, *getattr(view, "covers", ())) if view is not None else ()
    found = {"label": str(child.label), "url": child.get_url(), "icon": child.icon}
    # A declared table: the script of the shell writes beside it what waits there.
    found["entity"] = view.entity() if hasattr(view, "entity") else None
    return found | {"bases": tuple(f"{base}/" for base in bases if base)}


def look() -> dict[str, Any]:
    """Theme and density of this browser, from cookies that its script has set; anything else counts as not chosen."""
    chosen = {name: request.cookies.get(f"zd_{name}", "") for name in LOOKS}
    found: dict[str, Any] = {name: chosen[name] if chosen[name] in words else words[0] for name, words in LOOKS.items()}
    return found | {"is_signed_in": bool(current_user and current_user.is_authenticated)}


def note_sign_in(_app: Flask, user: Any) -> None:
    """Remembers for the answer of this request that somebody has come in."""
    g.zhidan_came_in = user.id


def bring_look(response: Response) -> Response:
    """Gives the browser of who has just signed in his theme, density and language, where he has chosen any."""
    came_in = g.get("zhidan_came_in")
    found = look_of(web_context().session, came_in) if came_in is not None else None
    if found is None:
        return response
    secure = bool(current_app.config.get("SESSION_COOKIE_SECURE"))
    for name, words in LOOKS.items():
        if (word := getattr(found, name)) in words:
            # The script of the page writes it too.
            response.set_cookie(f"zd_{name}", word, max_age=YEAR, secure=secure, samesite="Lax", httponly=False)
    if found.locale in current_app.config["LANGUAGES"]:
        session["locale"] = found.locale
    return response


def ask_for_demo(session: Session) -> None:
    """Looks, on the first page and at most once a minute, whether this is the demo company. Every page then says so."""
    known: tuple[float, bool] | None = current_app.extensions.get("zhidan_demo")
    if known is None or monotonic() - known[0] > A_MINUTE:
        current_app.extensions["zhidan_demo"] = (monotonic(), is_demo(session))


def shell_variables() -> dict[str, Any]:
    """Template variables of the shell; nothing is read for a stranger."""
    builder = current_app.appbuilder  # type: ignore[attr-defined]
    # Neither has what a script of the page is told.
    is_bare = request.path.startswith("/static/") or is_by_script()
    if is_bare or not current_user or not current_user.is_authenticated:
        return {"nav": [], "appbuilder": builder, "look": look()}
    actor = current_actor()
    return {
        "appbuilder": builder,
        "nav": navigation(),
        "is_demo": current_app.extensions.get("zhidan_demo", (0.0, False))[1],
        "look": look(),
        "waiting_url": url_for("DeskView.waiting"),
        "waiting_for": f"{actor.id} {'+'.join(sorted(actor.roles))}",
        "user_label": actor.name,
        "person": actor.id,
        "saved_draft": session.pop(SAVED, None),
        "account_url": url_for("AccountView.index") if actor.may("account.own") else None,
        "logout_post_url": builder.get_url_for_logout,
        "stands_in": [stands_in(held) for held in actor.deputyships],
        "preview": strip(),
        "printed_at": f"{g.zhidan_now.astimezone(LOCAL_ZONE):%Y-%m-%d %H:%M:%S}",
        "role_label": " · ".join(sorted(str(label_of_role(code)) for code in actor.roles)) or None,
    }


def shell_mark() -> str:
    """What the shell of this person is made of: a script that brings a part of a page sees when that is another one."""
    actor = current_actor()
    stands = sorted(map(repr, actor.deputyships))
    made_of = (actor.id, actor.name, sorted(actor.roles), sorted(actor.permissions), stands, session.get(PREVIEW))
    version = current_app.jinja_env.globals["asset_version"]
    return sha256(repr((made_of, str(get_locale()), version)).encode()).hexdigest()[:12]


def stands_in(held: Deputyship) -> str:
    """For whom the person acts now, in which roles, until when."""
    text: str = _(
        "You stand in for %(name)s (%(roles)s) until %(day)s.",
        name=held.giver_name,
        roles=listed(sorted(str(label_of_role(code)) for code in held.roles)),
        day=held.until_on.isoformat() if held.until_on else "",
    )
    return text


def init_shell(app: Flask) -> None:
    """Registers headers, nonce and variables."""
    app.after_request(headers)
    app.after_request(bring_look)
    user_logged_in.connect(forget, app)
    user_logged_in.connect(note_sign_in, app)
    user_logged_out.connect(forget, app)
    app.jinja_env.globals |= {"csp_nonce": csp_nonce, "shell_mark": shell_mark}
    app.context_processor(shell_variables)
