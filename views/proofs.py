"""The fields in which somebody proves himself anew, and what is wrong with what he typed there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.security.entering import SignInRefusedError
from app.security.proofs import check_own_password
from app.security.second_factor import check_code, has_factor
from views.context import web_context

WRONG_PASSWORD = _l(
    "This is not your present password, or there were too many attempts. After several wrong ones the account is"
    " closed for a while."
)
WRONG_CODE = _l("This code is not right. Type the six digits that the app shows now.")
Fault = Mapping[str, str]


def box(name: str, label: Any, faults: Fault, kind: str = "password", **more: Any) -> dict[str, Any]:
    """A field of one of these forms."""
    errors = [faults[name]] if name in faults else []
    return {"name": name, "label": str(label), "kind": kind, "required": True, "errors": errors, **more}


def present_password(faults: Fault) -> dict[str, Any]:
    """The field for the password that is valid now."""
    return box("current_password", _("Present password"), faults, autocomplete="current-password")


def code_box(faults: Fault, label: Any = None) -> dict[str, Any]:
    """The field for a code."""
    label = label or _("Code from the app")
    return box("code", label, faults, "text", autocomplete="one-time-code", max_length=20)


def new_password_boxes(faults: Fault) -> list[dict[str, Any]]:
    """The new password, twice."""
    rule = _("At least 10 characters with three of these four: small letters, capital letters, digits, other signs.")
    return [
        box("password", _("New password"), faults, autocomplete="new-password", help=rule),
        box("conf_password", _("New password again"), faults, autocomplete="new-password"),
    ]


def typed(name: str) -> str:
    """What came in a box; never more than anybody types."""
    return request.form.get(name, "")[:1000]


def wrong_password(user: User, how: str) -> dict[str, str]:
    """What is wrong with the present password that came with a form."""
    try:
        is_right = check_own_password(user, typed("current_password"), how)
    except SignInRefusedError as error:
        return {"current_password": str(error)}
    return {} if is_right else {"current_password": str(WRONG_PASSWORD)}


def wrong_proofs(user: User, how: str) -> dict[str, str]:
    """What is wrong with the proofs that came with a form: the password, and the code where there is a factor."""
    if faults := wrong_password(user, how):
        return faults
    if has_factor(web_context(), user.id) and not check_code(user, typed("code"), how):
        return {"code": str(WRONG_CODE)}
    return {}


def proof_boxes(faults: Fault, *, has_code: bool) -> list[dict[str, Any]]:
    """The fields for these proofs."""
    codes = [code_box(faults, _("Code from the app, or a recovery code"))] if has_code else []
    return [present_password(faults), *codes]
