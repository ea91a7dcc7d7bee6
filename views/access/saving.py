"""Writes what a review has shown: once, and only where the role is still the one that was shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.kernel.context import Context
from app.kernel.errors import ConflictError, NotFoundError, ValidationFailedError
from app.security.rights import Change, rights_of_role, with_changes
from app.security.rolechanges import add_role, change_role
from views.access.editing import digest
from views.records import once

SHORTEST_REASON, LONGEST_REASON = 3, 500


def reason_of(text: str) -> str:
    """A reason that an auditor can read later. Raises ValidationFailedError."""
    reason = " ".join(text.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON or not reason.isprintable():
        raise ValidationFailedError({"reason": [str(_l("Say in a few words why the rights change."))]})
    return reason


def save_role(ctx: Context, code: str, wish: Sequence[Change], seen: str, reason: str, key: str | None) -> str:
    """Changes a role and says what came of it.

    Raises:
        ConflictError: the role is no longer the one that the review has shown.
        NotFoundError, RightsError, ValidationFailedError: as ``change_role``.
    """
    reason = reason_of(reason)

    def act() -> str:
        role_id = ctx.session.scalar(sa.select(Role.id).where(Role.name == code).with_for_update())
        if role_id is None:
            raise NotFoundError
        now = rights_of_role(ctx.session, code)
        if digest(now) != seen:
            raise ConflictError
        return _counted(change_role(ctx, code, with_changes(now, wish), reason))

    answer, is_repeated = once(ctx, f"{ctx.actor.id}.role.edit.{code}", key, "", act)
    return _said(answer, is_repeated=is_repeated)


def save_new(ctx: Context, name: str, department: str, copy_of: str, reason: str, key: str | None) -> str:
    """Adds a role and says what came of it. Raises as ``add_role``."""
    reason = reason_of(reason)

    def act() -> str:
        return _counted(add_role(ctx, name, department or None, copy_of or None, reason))

    answer, is_repeated = once(ctx, f"{ctx.actor.id}.role.add", key, "", act)
    return _said(answer, is_repeated=is_repeated)


def _counted(found: Sequence[Change]) -> str:
    waiting = sum(change.is_dangerous for change in found)
    return json.dumps([len(found) - waiting, waiting])


def _said(answer: str, *, is_repeated: bool) -> str:
    if is_repeated:
        return str(_("This was already done."))
    done, waiting = json.loads(answer)
    parts: list[Any] = []
    if done or not waiting:
        parts.append(ngettext("%(num)s change is in force.", "%(num)s changes are in force.", done))
    if waiting:
        parts.append(
            ngettext(
                "%(num)s change waits for a second administrator.",
                "%(num)s changes wait for a second administrator.",
                waiting,
            )
        )
    return " ".join(str(part) for part in parts)
