"""What no role may hold together, and which changes of rights one administrator cannot make alone (domain/09 9.4).

Who keeps accounts, who grants rights and who audits are three roles; none of them does business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask_babel import lazy_gettext as _l

from app.kernel.errors import DomainError
from app.kernel.fields import Access
from app.security.departments import ADMIN, AUDITOR, SECURITY, TECHNICAL_ROLES
from app.security.field_policy import rank
from models.base import Sensitivity

# With these somebody could sign in as another person, or shut him out.
PROOFS = frozenset({
    "user.resetpasswords", "user.resetfactor", "user.access", "sign_in_link.add", "sign_in_link.end", "api_token.end",
})  # fmt: skip
POWERS: Mapping[str, frozenset[str]] = {
    ADMIN: PROOFS | {"user.add", "user.edit"},
    SECURITY: frozenset({"role.add", "role.edit"}),
    AUDITOR: frozenset({"journal.export", "journal.verify"}),
}
# Without these nobody could put right what was changed by mistake.
ESSENTIAL: Mapping[str, frozenset[str]] = {
    ADMIN: POWERS[ADMIN] | {"user.list", "user.show", "role.list", "role.show"}
    | {f"rights_change.{word}" for word in ("list", "show", "approve", "refuse", "withdraw")},
    SECURITY: POWERS[SECURITY] | {"role.list", "role.show", "user.list"}
    | {f"rights_change.{word}" for word in ("list", "show", "approve", "refuse", "withdraw")},
    AUDITOR: frozenset({"journal.list", "journal.show"}),
}  # fmt: skip
# What the technical roles may have to do with; everything else is business.
TECHNICAL_SUBJECTS = frozenset({
    "account", "user", "role", "rights_change", "journal", "calendar_day", "policy_parameter", "MenuApi", "api_token",
    "login_session", "sign_in_link", "parameter_change", "saved_list",
})  # fmt: skip
ADMINISTERING = frozenset({"user", "role", "rights_change", "journal", "sign_in_link", "api_token"})
DANGEROUS_WORDS = frozenset({"export", "reveal", "approve", "vote"})
# All that is kept about a person, in one file.
PERSON_REPORT = "customer.report"
# What everybody may do with what is his own.
OWN = "own"
READING = frozenset({"list", "show", "export", "reveal", "preview", "verify", "report", "statement"})
# Acts that belong into different hands; the workflows refuse them to one person, here to one role.
SEPARATED: tuple[frozenset[str], ...] = (
    frozenset({"refund.add", "refund.approve", "refund.execute"}),
    frozenset({"payment.add", "payment.allocate"}),
    frozenset({"order.review", "approval.vote"}),
    frozenset({"order.submit", "approval.vote"}),
    frozenset({"production_task.report", "inspection.accept"}),
)
SENSITIVE = frozenset(Sensitivity) - {Sensitivity.CITY, Sensitivity.PRICE}


class RightsError(DomainError):
    """A change of rights that nobody may make."""

    code = "rights_refused"
    status = 409


def check_powers(code: str, before: frozenset[str], after: frozenset[str]) -> None:
    """Raises RightsError for powers of another role, loss of what a role needs, business of technical roles."""
    gained = after - before
    for holder, power in POWERS.items():
        if code != holder and gained & power:
            raise RightsError(_l("Accounts, rights and audit belong to one technical role each, and to no other."))
    if (before - after) & ESSENTIAL.get(code, frozenset()):
        raise RightsError(_l("This role keeps these rights: without them nobody could correct a mistake."))
    if code in TECHNICAL_ROLES and any(_is_business(code, right) for right in gained):
        raise RightsError(
            _l("A technical role does no business: give the right to a role of the department that does the work.")
        )


def _is_business(code: str, right: str) -> bool:
    subject, _dot, word = right.rpartition(".")
    if code == AUDITOR:
        return subject not in TECHNICAL_SUBJECTS and subject != "chart" and word not in READING
    return subject not in TECHNICAL_SUBJECTS


def newly_joined(before: Iterable[str], after: Iterable[str]) -> frozenset[str]:
    """Rights of separated acts that come together: none where they were together before."""
    had, has = frozenset(before), frozenset(after)
    found: set[str] = set()
    for acts in SEPARATED:
        if len(acts & has) > 1 and (acts & has) != (acts & had):
            found |= (acts & has) - had
    return frozenset(found)


def is_dangerous_right(right: str) -> bool:
    """Whether gaining a right takes two administrators by itself.

    Administration and audit, personal data of many or in full (exports, lifted masks, reports), approvals.
    """
    subject, _dot, word = right.rpartition(".")
    administers = subject in ADMINISTERING and word != OWN
    return administers or word in DANGEROUS_WORDS or right == PERSON_REPORT


def is_dangerous_field(group: str, old: str, new: str) -> bool:
    """Whether a role would see people, accounts or costs in full that it did not."""
    return Sensitivity(group) in SENSITIVE and rank(new) > rank(old) and new != Access.masked
