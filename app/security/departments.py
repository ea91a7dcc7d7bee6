"""Departments and their roles (domain/00 0.2).

Roles add up: a department role, its lead role on top, function roles beside. ``installer`` stands alone, for it
sees its own work only. The code of a role is its name in the framework's table; screens show the label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Role:
    """A delivered role. ``department`` is the role code of the department it belongs to; None for technical roles."""

    code: str
    label: Any
    department: str | None
    is_lead: bool = False


COMMITTEE = "committee"
ORDER_CENTER = "order_center"
PRODUCTION = "production"
LOGISTICS = "logistics"
CUSTOMER_SERVICE = "customer_service"
FINANCE = "finance"
ADMIN = "admin"
SECURITY = "security_admin"
AUDITOR = "auditor"
INSPECTOR = "inspector"
INSTALLER = "installer"
CASHIER = "cashier"

COMMITTEE_LEAD = "committee_lead"
ORDER_CENTER_LEAD = "order_center_lead"
PRODUCTION_LEAD = "production_lead"
LOGISTICS_LEAD = "logistics_lead"
CUSTOMER_SERVICE_LEAD = "customer_service_lead"
FINANCE_LEAD = "finance_lead"

# The five departments of the regulation in its order, after the committee.
DEPARTMENTS = (COMMITTEE, ORDER_CENTER, PRODUCTION, LOGISTICS, CUSTOMER_SERVICE, FINANCE)

_ALL = (
    Role(COMMITTEE, _l("Order management committee"), COMMITTEE),
    Role(COMMITTEE_LEAD, _l("Committee chair"), COMMITTEE, is_lead=True),
    Role(ORDER_CENTER, _l("Order management centre"), ORDER_CENTER),
    Role(ORDER_CENTER_LEAD, _l("Head of the order management centre"), ORDER_CENTER, is_lead=True),
    Role(PRODUCTION, _l("Production coordination"), PRODUCTION),
    Role(PRODUCTION_LEAD, _l("Head of production coordination"), PRODUCTION, is_lead=True),
    Role(INSPECTOR, _l("Quality inspector"), PRODUCTION),
    Role(LOGISTICS, _l("Logistics and delivery"), LOGISTICS),
    Role(LOGISTICS_LEAD, _l("Head of logistics and delivery"), LOGISTICS, is_lead=True),
    Role(CUSTOMER_SERVICE, _l("Customer service"), CUSTOMER_SERVICE),
    Role(CUSTOMER_SERVICE_LEAD, _l("Head of customer service"), CUSTOMER_SERVICE, is_lead=True),
    Role(INSTALLER, _l("Installer"), CUSTOMER_SERVICE),
    Role(FINANCE, _l("Finance and settlement"), FINANCE),
    Role(FINANCE_LEAD, _l("Head of finance and settlement"), FINANCE, is_lead=True),
    Role(CASHIER, _l("Cashier"), FINANCE),
    Role(ADMIN, _l("System administrator"), None),
    Role(SECURITY, _l("Security administrator"), None),
    Role(AUDITOR, _l("Auditor"), None),
)

# Each stands alone: who keeps accounts, who grants rights and who audits are three persons, and none does business.
TECHNICAL_ROLES = (ADMIN, SECURITY, AUDITOR)

ROLES: dict[str, Role] = {role.code: role for role in _ALL}


def label_of_role(code: str) -> Any:
    """The label of a delivered role; a role that administrators added keeps its own name."""
    role = ROLES.get(code)
    return role.label if role else code


def in_order(departments: frozenset[str]) -> list[str]:
    """Departments in the order of the regulation."""
    return [code for code in DEPARTMENTS if code in departments]
