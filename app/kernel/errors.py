"""Everything the product refuses, as errors with a stable code, translated where they meet a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Reason:
    """Why something may not happen: a stable code and a sentence that says what to do."""

    code: str
    message: Any
    data: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return str(self.message) % self.data if self.data else str(self.message)


class DomainError(Exception):
    """A refusal. ``code`` is stable, ``status`` is the HTTP status, ``message`` a translatable sentence."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    default_message: ClassVar[Any] = _l("This cannot be done.")

    def __init__(self, message: Any = None, *, code: str | None = None, **data: Any) -> None:
        self.message = message if message is not None else self.default_message
        self.data = data
        self.reason_code = code or self.code
        super().__init__(self.reason_code)

    def __str__(self) -> str:
        text = str(self.message)
        return text % self.data if self.data and "%(" in text else text

    def reasons(self) -> list[Reason]:
        """All reasons, for screens that show each on its own line."""
        return [Reason(self.reason_code, str(self))]


class NotFoundError(DomainError):
    """The record does not exist, or the actor may not know that it does."""

    code = "not_found"
    status = 404
    default_message = _l("This record does not exist, or it is not open to you. Go back to the list.")


class PermissionDeniedError(DomainError):
    """The actor lacks the right."""

    code = "permission_denied"
    status = 403
    default_message = _l("You do not have the right to do this. Ask your administrator if your work needs it.")


class StepNotOpenError(DomainError):
    """The record is not in a state from which the step starts."""

    code = "step_not_open"
    status = 409
    default_message = _l(
        "This step is not open now: the record is “%(state)s”. Reload the page to see what comes next."
    )


class StepBlockedError(DomainError):
    """Guards or separation of duties forbid the step; carries every reason."""

    code = "step_blocked"
    status = 409
    default_message = _l("This step cannot be done yet.")

    def __init__(self, blockers: Sequence[Reason]) -> None:
        self.blockers = list(blockers)
        super().__init__(code=self.blockers[0].code)

    def __str__(self) -> str:
        return " ".join(str(reason) for reason in self.blockers)

    def reasons(self) -> list[Reason]:
        """All guards' reasons."""
        return self.blockers


class ValidationFailedError(DomainError):
    """Fields are missing or wrong. ``fields`` maps the field name to its messages."""

    code = "invalid"
    status = 422
    default_message = _l("Please correct the marked fields.")

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = dict(fields)
        super().__init__()


class ConflictError(DomainError):
    """Somebody else was faster."""

    code = "changed_meanwhile"
    status = 409
    default_message = _l("Somebody has just changed this record. Nothing was saved: reload, look, and try again.")


class DuplicateError(DomainError):
    """A value that must be unique is taken."""

    code = "duplicate"
    status = 409
    default_message = _l("A record with the same key already exists. Nothing was saved.")


class InUseError(DomainError):
    """Other records refer to it."""

    code = "in_use"
    status = 409
    default_message = _l("Other records refer to this one, so it cannot be removed.")


class FixedValueError(DomainError):
    """A value that stands from the beginning (the moment of receipt) was to be changed."""

    code = "received_at_fixed"
    status = 409
    default_message = _l("The moment of receipt cannot be changed: the clock runs from it.")


class StateGuardError(DomainError):
    """Code tried to change a state outside the workflow engine: a fault of the program, never of a person."""

    code = "state_guard"
    status = 500
    default_message = _l("The state of a record changes by its steps only.")
