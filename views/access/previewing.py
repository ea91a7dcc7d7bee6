"""The panel as a role sees it: what begins it, and the strip that says so on every page."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import session, url_for
from flask_appbuilder.security.sqla.models import Role

from app.kernel.context import Context
from app.kernel.errors import NotFoundError
from app.kernel.journal import note
from app.security.actors import PREVIEW
from app.security.departments import label_of_role


def begin(ctx: Context, code: str) -> None:
    """Tells the journal who looks at the panel as which role. Raises NotFoundError."""
    role_id = ctx.session.scalar(sa.select(Role.id).where(Role.name == code))
    if role_id is None:
        raise NotFoundError
    note(ctx, "role.preview", "role", role_id, data={"role": code})


def forget(*_arguments: Any, **_more: Any) -> None:
    """Who signs in or out looks as himself again."""
    session.pop(PREVIEW, None)


def strip() -> dict[str, Any] | None:
    """The strip above every page while a preview goes on."""
    code = session.get(PREVIEW)
    if not code:
        return None
    return {"role": str(label_of_role(code)), "end_url": url_for("RightsView.end_preview")}
