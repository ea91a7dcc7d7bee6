"""What a password must be: ten characters or more, three of four kinds, not one that everybody tries first."""

from __future__ import annotations

import re

from flask_appbuilder.exceptions import PasswordComplexityValidationError
from flask_babel import lazy_gettext as _l

SHORTEST = 10
KINDS = 3
_KINDS = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")

# Long enough and of three kinds, and still the first that are tried; compared without case.
COMMON = frozenset({
    "password123!", "password1234", "password@123", "passw0rd123", "passw0rd!23", "p@ssw0rd123", "p@ssword123",
    "qwerty123456", "qwerty12345!", "1qaz2wsx3edc", "1qaz@wsx3edc", "1qaz!qaz2wsx", "zaq12wsxcde3", "admin123456",
    "admin12345!", "admin@123456", "administrator1", "changeme123!", "welcome123!", "welcome@123", "letmein123!",
    "iloveyou123", "woaini1314520", "woaini520!", "a123456789!", "aa123456789", "abc123456789", "abcd123456!",
    "abcd@123456", "huawei@123456", "test123456!", "root123456!", "qq123456789", "1234567890a!", "asdf123456!",
})  # fmt: skip

TOO_WEAK = _l("At least 10 characters with three of these four: small letters, capital letters, digits, other signs.")
TOO_COMMON = _l("This password is among the first that are tried. Please choose another one.")


def check_password(password: str) -> None:
    """Raises PasswordComplexityValidationError, the framework's own error, with a sentence that says what to do."""
    kinds = sum(1 for kind in _KINDS if re.search(kind, password))
    if len(password) < SHORTEST or kinds < KINDS:
        raise PasswordComplexityValidationError(str(TOO_WEAK))
    if password.lower() in COMMON:
        raise PasswordComplexityValidationError(str(TOO_COMMON))
