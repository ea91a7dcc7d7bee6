"""Which role sees which group of columns: full, for a while, or masked (domain/09 9.3). The rest is hidden.

``window`` is full while the record's goods are on their way or an own visit is near (see ``windows``), else masked,
a door code hidden.
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
}

_RANK = {Access.hidden: 0, Access.masked: 1, Access.window: 2, Access.full: 3}


def fields_of(roles: Iterable[str]) -> dict[Sensitivity, str]:
    """The access of a person to every group: the best that one of the roles gives."""
    best: dict[Sensitivity, Access] = {}
    for role in roles:
        for group, level in FIELD_ACCESS.get(role, {}).items():
            if _RANK[level] > _RANK[best.get(group, Access.hidden)]:
                best[group] = level
    return {group: level.value for group, level in best.items()}
