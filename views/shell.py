"""What every page needs around its content: side bar, person, language, nonce, headers."""

from __future__ import annotations

import secrets
from time import monotonic
from typing import Any

from flask import Flask, Response, current_app, g, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, user_logged_in, user_logged_out
from sqlalchemy.orm import Session

from app.kernel.context import LOCAL_ZONE, Deputyship
from app.kernel.demo import is_demo
from app.security.actors import current_actor
from app.security.departments import label_of_role
from app.security.wording import listed
from app.services.look.actions import look_of
from views.access.previewing import forget, strip
from views.base import ENTITIES
from views.context import web_context
from views.drafts import SAVED

POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
YEAR = 31_536_000
A_MINUTE = 60
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
    builder = current_app.appbuilder  # type: ignore[attr-defined]
    allowed = builder.sm.get_user_menu_access()
    groups = []
    for group in builder.menu.get_list():
        if group.name not in allowed:
            continue
        items = [_item(child) for child in group.childs if child.name in allowed and child.should_render()]
        entry = {"label": str(group.label), "icon": group.icon, "items": items}
        if not group.childs:
            entry |= {"url": group.get_url(), "active": request.path == group.get_url()}
        else:
            entry["active"] = any(item["active"] for item in items)
        if items or entry.get("url"):
            groups.append(entry)
    if any(view.may(current_actor(), "list") for view in ENTITIES.values() if view.workflow() is not None):
        groups.insert(0, waiting_entry())
    return groups


def waiting_entry() -> dict[str, Any]:
    """The one desk stands before all departments."""
    url = url_for("WaitingView.index")
    label, is_here = str(_("Waiting for me")), request.path == url
    return {"label": label, "icon": "fa-inbox", "items": [], "url": url, "active": is_here}


def _item(child: Any) -> dict[str, Any]:
    url = child.get_url()
    bases = (child.baseview.route_base, *getattr(child.baseview, "covers", ())) if child.baseview is not None else ()
    inside = any(base and request.path.startswith(f"{base}/") for base in bases)
    found = {"label": str(child.label), "url": url, "icon": child.icon, "active": inside or request.path == url}
    # A declared table: the script of the shell writes beside it what waits there.
    return found | {"entity": child.baseview.entity() if hasattr(child.baseview, "entity") else None}


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
    if request.path.startswith("/static/") or not current_user or not current_user.is_authenticated:
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
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.context_processor(shell_variables)
