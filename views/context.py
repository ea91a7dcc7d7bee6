"""One context a request: who acts, the moment, the origin. The clock is read here and nowhere else in the web layer."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, g, request, session
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from app.extensions import db
from app.kernel.context import Context
from app.kernel.database import reading
from app.kernel.errors import PermissionDeniedError
from app.kernel.unit_of_work import end_reading
from app.security.acting import acting
from app.security.actors import PREVIEW, current_actor

Route = TypeVar("Route", bound=Callable[..., Any])
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
API_PREFIX = "/api/"
FAULT = 400
LONGEST_BODY = 1024 * 1024  # bytes
ENDS_PREVIEW = frozenset({"RightsView.end_preview", "LoginView.logout"})


def is_api() -> bool:
    """Whether the request speaks JSON to the API."""
    return request.path.startswith(API_PREFIX)


def is_by_script() -> bool:
    """Whether a script of our own page asks: it reads the words of an answer, not the panel around them."""
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"


def only_reads(route: Route) -> Route:
    """Marks a route that is posted because it asks much, and that changes nothing: it takes no write lock."""
    route.only_reads = True  # type: ignore[attr-defined]
    return route


def is_read() -> bool:
    """Whether this request only reads."""
    route = current_app.view_functions.get(request.endpoint or "")
    return request.method in SAFE_METHODS or bool(getattr(route, "only_reads", False))


def web_context() -> Context:
    """The context of this request; made anew when a token has told who asks."""
    actor = current_actor()
    cached: Context | None = g.get("zhidan_context")
    if cached is None or cached.actor is not actor:
        cached = g.zhidan_context = acting(actor)
    return cached


def open_request() -> None:
    """Runs before everything else: transactions that only read take no write lock (SQLite), bad bytes end here."""
    reading(only=is_read())
    g.zhidan_now = datetime.now(UTC)
    g.zhidan_request_id = secrets.token_hex(8)
    # Only files are large, and they come in parts; everything else is read and taken apart at once.
    if request.mimetype != "multipart/form-data":
        request.max_content_length = LONGEST_BODY
    # NUL breaks PostgreSQL wherever it gets (path, query, form); no honest client sends it.
    if "\x00" in request.path or "%00" in request.query_string.decode("latin-1"):
        abort(400)


def refuse_nul_in_forms() -> None:
    """Reads the form after the size limits are known; runs before the views."""
    if request.mimetype in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        for values in request.form.lists():
            if any("\x00" in value for value in values[1]):
                abort(400)


def refuse_writes_in_preview() -> None:
    """Who looks at the panel as a role changes nothing; ending it, and signing out, are all that is posted."""
    writes = request.method not in SAFE_METHODS and request.endpoint not in ENDS_PREVIEW
    if writes and PREVIEW in session and current_user.is_authenticated:
        raise PermissionDeniedError(_l("This is a preview: nothing is changed. End the preview first."))


def note_answer(response: Response) -> Response:
    """Remembers whether the request went well."""
    g.zhidan_went_well = response.status_code < FAULT
    return response


def end_request(error: BaseException | None) -> None:
    """Lets go of what a request that went well has only read."""
    session = db.session
    if error is None and is_read() and g.get("zhidan_went_well") and session.registry.has():
        end_reading(session())


def close_request(_error: BaseException | None = None) -> None:
    """Whatever runs next in this thread may write."""
    reading(only=False)


def init_context(app: Flask) -> None:
    """Registers the hooks. Call before the framework registers its own."""
    app.before_request(open_request)
    app.before_request(refuse_nul_in_forms)
    app.before_request(refuse_writes_in_preview)
    app.after_request(note_answer)
    app.teardown_request(end_request)
    app.teardown_request(close_request)
