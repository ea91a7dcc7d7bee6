"""Refusals and faults as a person or a program can use them: a page, or JSON with a stable code. Never a trace."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, SecurityError

from app.extensions import db
from app.kernel.errors import DomainError, StepBlockedError, ValidationFailedError
from app.kernel.unit_of_work import translate
from app.security.refusals import answered
from views.context import is_api, is_by_script
from views.forms import messages

log = logging.getLogger(__name__)

TITLES: dict[int, tuple[str, Any, Any]] = {
    400: ("bad_request", _l("The request could not be understood"), _l("Go back, reload the page and try again.")),
    401: ("unauthorized", _l("Please log in"), _l("Log in and open the page again.")),
    403: ("permission_denied", _l("No right to this page"), _l("Ask your administrator if your work needs it.")),
    404: ("not_found", _l("Not found"), _l("The record or page does not exist, or it is not open to you.")),
    405: ("method_not_allowed", _l("This cannot be called in this way"), _l("Use the buttons of the pages.")),
    409: ("conflict", _l("Somebody was faster"), _l("Reload the page, look, and try again.")),
    413: (
        "too_large",
        _l("Too large"),
        _l("Send less at once: files of at most 16 MB, all else of at most 1 MB."),
    ),
    415: ("unsupported_media_type", _l("Wrong kind of content"), _l("The API takes JSON.")),
    422: ("invalid", _l("Please correct the input"), _l("Go back and correct the marked fields.")),
    429: ("too_many_requests", _l("Too many requests"), _l("Wait a minute and try again.")),
    500: ("internal_error", _l("Something went wrong on our side"), _l("Nothing was saved. Try again in a moment.")),
}


def init_errors(app: Flask) -> None:
    """Registers the handlers."""
    app.register_error_handler(DomainError, on_domain_error)
    app.register_error_handler(CSRFError, on_csrf_error)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(SecurityError, on_foreign_host)
    app.register_error_handler(DBAPIError, on_database_error)
    app.register_error_handler(Exception, on_fault)


def on_domain_error(error: DomainError) -> Any:
    """A refusal: its own sentence."""
    fields = error.fields if isinstance(error, ValidationFailedError) else {}
    reasons = error.reasons() if isinstance(error, StepBlockedError) else []
    return answer(error.status, error.reason_code, str(error), fields=fields, reasons=reasons)


def on_csrf_error(_error: CSRFError) -> Any:
    """The form is older than the session, or was not made here."""
    return answer(400, "form_expired", _("This form has expired. Go back, reload the page and send it again."))


def on_foreign_host(_error: SecurityError) -> Any:
    """The request names a host that is not ours: no address can be built for it, so there is no page either."""
    return Response("This panel is not known under that name.\n", 400, mimetype="text/plain")


def on_http_error(error: HTTPException) -> Any:
    """Errors of the web framework, redirects included."""
    status = error.code or 500
    if status < 400:  # noqa: PLR2004 - redirects travel as exceptions too
        return error
    code, title, hint = TITLES.get(status, TITLES[500 if status >= 500 else 400])  # noqa: PLR2004
    has_words = is_api() or is_by_script()
    made = answer(status, code, _("%(what)s. %(advice)s", what=title, advice=hint) if has_words else None)
    if error.get_response is not None and (headers := dict(error.get_response().headers)).get("Retry-After"):
        made[0].headers["Retry-After"] = headers["Retry-After"]
    return made


def on_database_error(error: DBAPIError) -> Any:
    """What the database refused, said in our words."""
    db.session.rollback()
    translated = translate(error)
    if translated is None:
        return on_fault(error)
    return on_domain_error(translated)


def on_fault(error: BaseException) -> Any:
    """A fault of the program: logged whole under the request's number, told in one sentence."""
    log.error("request %s failed: %s %s", g.get("zhidan_request_id"), request.method, request.path, exc_info=error)
    db.session.rollback()
    return answer(500, "internal_error", str(TITLES[500][2]))


def answer(status: int, code: str, message: str | None, *, fields: Any = None, reasons: Any = ()) -> Any:
    """The response: a page for a person, JSON for a program, a sentence for a script of our own pages."""
    answered(code)
    if is_api():
        body: dict[str, Any] = {"code": code, "message": message, "request_id": g.get("zhidan_request_id")}
        if fields:
            body["fields"] = {str(name): messages(found) for name, found in fields.items()}
        if reasons:
            body["reasons"] = [{"code": reason.code, "message": str(reason)} for reason in reasons]
        response = jsonify({"error": body})
        response.status_code = status
        return response, status
    if is_by_script():
        return jsonify(code=code, message=message, request_id=g.get("zhidan_request_id")), status
    _code, title, hint = TITLES.get(status, TITLES[500 if status >= 500 else 400])  # noqa: PLR2004
    page = render_template(
        "zhidan/error.html",
        code=status,
        title=str(title),
        message=message,
        hint=None if message else str(hint),
        request_id=g.get("zhidan_request_id"),
        # The database may be what has failed: the page of a fault asks it nothing.
        bare=status >= 500,  # noqa: PLR2004
    )
    return make_response(page, status), status


def init_token_errors(builder: Any) -> None:
    """Refused tokens answer like every other refusal of the API."""
    manager = builder.sm.jwt_manager

    def refused(*_arguments: Any) -> Any:
        return answer(
            401,
            TITLES[401][0],
            _("Log in at /api/v1/security/login and send the token with every request."),
        )

    manager.unauthorized_loader(refused)
    manager.invalid_token_loader(refused)
    manager.expired_token_loader(refused)
    manager.needs_fresh_token_loader(refused)
    manager.revoked_token_loader(refused)
    manager.user_lookup_error_loader(refused)
