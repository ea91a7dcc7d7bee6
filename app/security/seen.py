"""What the form of an account showed: whoever saves over a change made meanwhile is told, and takes nothing back.

The framework's user table has no version, so the form carries a mark of the values it was filled with.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import current_app, flash, g
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from wtforms import HiddenField, ValidationError

from app.security.wording import roles_text, yes_no


def mark_of(user: User) -> str:
    """Tells apart what a form can change of an account."""
    roles = sorted(role.id for role in user.roles)
    shown = [user.username, user.last_name, user.first_name, user.email, bool(user.active), roles]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


class SeenField(HiddenField):
    """The mark; nothing of it is kept at the account."""

    def populate_obj(self, obj: Any, name: str) -> None:
        """Leaves the row alone."""


class SeenForm:
    """Mixed into the framework's form of an account."""

    seen = SeenField()

    def validate_seen(self, field: SeenField) -> None:
        """Locks the row and compares. The typed values stay; saved once more they count. Raises ValidationError."""
        session = current_app.appbuilder.session  # type: ignore[attr-defined]
        pk = self._id  # type: ignore[attr-defined] # where the framework keeps it
        user = session.get(User, pk, with_for_update=True, populate_existing=True)
        mark = mark_of(user)
        if field.data == mark:
            return
        field.data = mark
        g.zhidan_is_stale = True
        flash(
            _(
                "This account has been changed since you opened the form. Now it is: active %(active)s, roles"
                " %(roles)s. Look through your entries, then save again.",
                active=yes_no(user.active),
                roles=roles_text(user.roles),
            ),
            "danger",
        )
        raise ValidationError
