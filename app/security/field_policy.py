"""Which delivered role sees which group of columns: full, for a while, or masked (domain/09 9.3). The rest is hidden.

``window`` is full while the record goods are on their way or an own visit is near (see ``windows``), else masked,
a door code hidden. ``flask init`` writes this for new roles into ``role_field``; afterwards administrators may change
it on the screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.kernel.fields import Access
from app.security.departments import (
    ADMIN,
    AUDITOR,
    CASHIER,
    COMMITTEE,
    COMMITTEE_LEAD,
    CUSTOMER_SERVICE,
    FINANCE,
    FINANCE_LEAD,
    INSPECTOR,
    INSTALLER,
    LOGISTICS,
    ORDER_CENTER,
    PRODUCTION,
    SECURITY,
)
from models.base import Sensitivity

FULL, WINDOW, MASKED = Access.full, Access.window, Access.masked


def _policy(*, full: str = "", window: str = "", masked: str = "") -> dict[Sensitivity, Access]:
    levels = ((masked, MASKED), (window, WINDOW), (full, FULL))
    return {Sensitivity(word): level for words, level in levels for word in words.split()}


_PERSON = "name phone contact address"

FIELD_ACCESS: Mapping[str, Mapping[Sensitivity, Access]] = {
    COMMITTEE: _policy(full="city price cost", masked=f"{_PERSON} bank"),
    COMMITTEE_LEAD: _policy(full="city price cost", masked=f"{_PERSON} bank"),
    ORDER_CENTER: _policy(full=f"{_PERSON} city price", masked="bank"),
    PRODUCTION: _policy(full="city", masked="name"),
    INSPECTOR: _policy(full="city", masked="name"),
    LOGISTICS: _policy(full="city", window=f"{_PERSON} door"),
    CUSTOMER_SERVICE: _policy(full=f"{_PERSON} city price", masked="bank"),
    INSTALLER: _policy(full="city", window=f"{_PERSON} door"),
    # Finance writes invoice titles and payers, hence the name in full.
    FINANCE: _policy(full="name city price bank", masked="phone contact"),
    CASHIER: _policy(full="name city price bank", masked="phone contact"),
    FINANCE_LEAD: _policy(full="name city price bank cost", masked="phone contact"),
    # The auditor checks money, never people.
    AUDITOR: _policy(full="city price", masked=f"{_PERSON} bank"),
    ADMIN: {},
    SECURITY: {},
}

_RANK = {Access.hidden: 0, Access.masked: 1, Access.window: 2, Access.full: 3}
_GROUPS = frozenset(Sensitivity)


def delivered_fields(code: str) -> dict[Sensitivity, str]:
    """The access that a delivered role has to each group."""
    return {group: level.value for group, level in FIELD_ACCESS.get(code, {}).items()}


def rank(level: str) -> int:
    """How much a level shows; unknown levels show nothing."""
    return _RANK.get(Access(level), 0) if level in set(Access) else 0


def best_of(found: Iterable[tuple[str, str]]) -> dict[Sensitivity, str]:
    """The access of a person to every group: the best that one of the roles gives. Unknown words give nothing."""
    best: dict[Sensitivity, str] = {}
    for word, level in found:
        if word in _GROUPS and rank(level) > rank(best.get(Sensitivity(word), Access.hidden)):
            best[Sensitivity(word)] = level
    return best


def lesser_of(one: Mapping[Sensitivity, str], other: Mapping[Sensitivity, str]) -> dict[Sensitivity, str]:
    """The smaller of two accesses to every group."""
    return {group: min(level, other.get(group, Access.hidden), key=rank) for group, level in one.items()}
