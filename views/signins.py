"""How sessions, passwords and second factors are said on the page of the own account and on the administrator's."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.security.acting import number
from app.security.due import needs_factor, security_of
from app.security.second_factor import codes_left
from models.signin import LoginSession, SessionKind
from views.display import moment

BROWSERS = (
    ("MicroMessenger", _l("WeChat")),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone|iPad", "iOS"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
LONGEST_AGENT = 40


def live_sessions(ctx: Context, user_id: int) -> list[LoginSession]:
    """The sessions of a user that are alive, the newest first."""
    idle = timedelta(minutes=number(ctx, "auth.idle_minutes", least=1))
    oldest = timedelta(hours=number(ctx, "auth.session_hours", least=1))
    statement = sa.select(LoginSession).where(
        LoginSession.user_id == user_id,
        LoginSession.ended_at.is_(None),
        LoginSession.due.is_(None),
        LoginSession.last_seen_at > ctx.now - idle,
        LoginSession.started_at > ctx.now - oldest,
    )
    return list(ctx.session.scalars(statement.order_by(LoginSession.last_seen_at.desc(), LoginSession.id.desc())))


def session_lines(found: list[LoginSession], present_id: int | None) -> list[dict[str, Any]]:
    """What the page says about each session."""
    return [
        {
            "id": row.id,
            "is_api": row.kind is SessionKind.api,
            "is_present": row.id == present_id,
            "what": program(row),
            "about": _(
                "Since %(since)s · last seen %(seen)s · %(address)s",
                since=moment(row.started_at),
                seen=moment(row.last_seen_at),
                address=row.address or "–",
            ),
        }
        for row in found
    ]


def program(row: LoginSession) -> str:
    """Browser and system by their names; what is neither as it calls itself."""
    agent = row.agent or ""
    if row.kind is SessionKind.api:
        word = str(_("Program of the API"))
        return f"{word} · {agent[:LONGEST_AGENT] or '–'}"
    browser = next((name for word, name in BROWSERS if word in agent), None)
    system = next((name for words, name in SYSTEMS if re.search(words, agent)), None)
    said = " · ".join(str(part) for part in (browser, system) if part)
    return said or agent[:LONGEST_AGENT] or str(_("Unknown browser"))


def password_pairs(ctx: Context, user_id: int) -> list[dict[str, Any]]:
    """Since when the password is what it is, and when it must be another one."""
    security, days = security_of(ctx, user_id), number(ctx, "auth.password_days")
    since = security.password_set_at
    pairs = [{"label": _("Set at"), "value": moment(since) if since else None}]
    if security.must_change_password:
        pairs.append({"label": _("Valid"), "value": str(_("Once: to be changed at the next sign-in"))})
    elif days and since:
        pairs.append({"label": _("Valid until"), "value": moment(since + timedelta(days=days))})
    return pairs


def factor_pairs(ctx: Context, user_id: int) -> list[dict[str, Any]]:
    """Whether there is a second factor, whether there must be, and how many recovery codes are left."""
    security = security_of(ctx, user_id)
    state = _("On since %(moment)s", moment=moment(security.factor_on_at)) if security.factor_on_at else _("Off")
    is_required = needs_factor(ctx, user_id)
    pairs: list[dict[str, Any]] = [
        {"label": _("State"), "value": str(state)},
        {"label": _("Required by role"), "value": str(_("Yes") if is_required else _("No"))},
    ]
    if security.factor_on_at:
        pairs.append({"label": _("Recovery codes left"), "value": str(codes_left(ctx, user_id))})
    return pairs
