"""Colleagues for relation fields: names of active users, nothing else of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import jsonify, request
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.sqla.models import User

from views.adapter import login_needed
from views.context import web_context
from views.display import person_text

FOUND_AT_ONCE = 20


class PeopleView(BaseView):
    """Searches users by name; open to everybody who is signed in."""

    route_base = "/people"
    default_view = "search"
    base_permissions: list[str] = []

    @expose("/search")
    def search(self) -> Any:
        """The first matches by name."""
        if (answer := login_needed()) is not None:
            return answer
        ctx = web_context()
        text = request.args.get("q", "").strip()[:50]
        full = sa.func.coalesce(User.last_name, "").concat(sa.func.coalesce(User.first_name, ""))
        statement = (
            sa.select(User)
            .where(User.active.is_(True), full.icontains(text, autoescape=True) if text else sa.true())
            .order_by(User.last_name, User.first_name, User.id)
            .limit(FOUND_AT_ONCE)
        )
        people = ctx.session.scalars(statement)
        results = [{"id": user.id, "text": person_text(user)} for user in people]
        return jsonify({"results": results, "pagination": {"more": False}})
