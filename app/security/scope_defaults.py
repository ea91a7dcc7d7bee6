"""Which row scopes the delivered roles have (domain/09 9.2). Administrators may change them on the screen."""

from __future__ import annotations

from collections.abc import Mapping

from app.security import departments as role
from app.security.scopes import (
    ACTIVE_SHIPMENTS,
    ALL,
    ASKED,
    IN_PRODUCTION,
    INSPECTED,
    OWN,
    OWN_DEPARTMENT,
    OWN_TASKS,
    TECHNICAL,
)


def _with_leads(*codes: str) -> tuple[str, ...]:
    leads = [name for name in role.ROLES if role.ROLES[name].is_lead and role.ROLES[name].department in codes]
    return (*codes, *leads)


_OFFICE = _with_leads(role.COMMITTEE, role.ORDER_CENTER, role.CUSTOMER_SERVICE, role.FINANCE, role.AUDITOR)
_HOUSE = (*_OFFICE, *_with_leads(role.PRODUCTION, role.LOGISTICS), role.INSPECTOR)
_CHECKS = _with_leads(role.COMMITTEE, role.ORDER_CENTER, role.AUDITOR)
_MONEY = (
    *_with_leads(role.COMMITTEE, role.ORDER_CENTER, role.CUSTOMER_SERVICE, role.FINANCE, role.AUDITOR),
    role.CASHIER,
)
_LOGISTICS, _PRODUCTION = _with_leads(role.LOGISTICS), _with_leads(role.PRODUCTION)

_ALL_ROWS: Mapping[str, tuple[str, ...]] = {
    "order": _OFFICE,
    "customer": _OFFICE,
    "inbox_item": _with_leads(role.COMMITTEE, role.ORDER_CENTER, role.CUSTOMER_SERVICE, role.AUDITOR),
    "approval": _CHECKS,
    **dict.fromkeys(("production_task", "inspection", "shipment", "installation", "acceptance"), _HOUSE),
    "service_ticket": _with_leads(role.COMMITTEE, role.ORDER_CENTER, role.CUSTOMER_SERVICE, role.AUDITOR),
    **dict.fromkeys(("payment_schedule", "payment", "refund", "invoice"), _MONEY),
    "journal": _with_leads(role.COMMITTEE, role.AUDITOR),
    "exception_case": _with_leads(role.COMMITTEE, role.ORDER_CENTER, role.AUDITOR),
    "coordination_item": _with_leads(role.COMMITTEE, role.AUDITOR),
    "clock_run": (*_with_leads(role.COMMITTEE, role.AUDITOR), role.ORDER_CENTER_LEAD),
    "privacy_request": _with_leads(role.COMMITTEE, role.CUSTOMER_SERVICE, role.AUDITOR),
    "delegation": (role.COMMITTEE_LEAD, role.AUDITOR),
    **dict.fromkeys(("export_request", "export_log"), _with_leads(role.COMMITTEE, role.AUDITOR)),
}
_WITH_DEPUTIES = tuple(code for code, found in role.ROLES.items() if found.department and not found.is_lead)
_LEADS = tuple(code for code, found in role.ROLES.items() if found.is_lead and code != role.COMMITTEE_LEAD)
_DEPARTMENTS = _with_leads(role.ORDER_CENTER, role.PRODUCTION, role.LOGISTICS, role.CUSTOMER_SERVICE, role.FINANCE)

_SOME_ROWS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("order", IN_PRODUCTION, _PRODUCTION),
    ("order", INSPECTED, (role.INSPECTOR,)),
    ("order", ACTIVE_SHIPMENTS, _LOGISTICS),
    ("order", OWN_TASKS, (role.INSTALLER,)),
    ("customer", ACTIVE_SHIPMENTS, _LOGISTICS),
    ("shipment", OWN_TASKS, (role.INSTALLER,)),
    ("installation", OWN_TASKS, (role.INSTALLER,)),
    ("acceptance", OWN_TASKS, (role.INSTALLER,)),
    ("service_ticket", OWN_DEPARTMENT, (*_PRODUCTION, *_LOGISTICS, *_with_leads(role.FINANCE))),
    ("approval", ASKED, (*_PRODUCTION, role.INSPECTOR, *_LOGISTICS, *_with_leads(role.FINANCE))),
    *((entity, OWN_DEPARTMENT, _DEPARTMENTS) for entity in ("exception_case", "coordination_item", "clock_run")),
    ("exception_case", OWN_DEPARTMENT, (role.INSPECTOR,)),
    ("delegation", OWN, _WITH_DEPUTIES),
    ("export_request", OWN, (*_WITH_DEPUTIES, *_LEADS)),
    ("delegation", OWN_DEPARTMENT, _LEADS),
    ("journal", TECHNICAL, (role.ADMIN,)),
)


def delivered_scopes(code: str) -> dict[str, frozenset[str]]:
    """The scopes of a delivered role: entity → names."""
    found: dict[str, set[str]] = {entity: {ALL} for entity, codes in _ALL_ROWS.items() if code in codes}
    for entity, name, codes in _SOME_ROWS:
        if code in codes:
            found.setdefault(entity, set()).add(name)
    return {entity: frozenset(names) for entity, names in found.items()}
