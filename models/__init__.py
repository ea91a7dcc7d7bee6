"""What is stored. Importing the package declares every table, the framework's user tables included."""

from __future__ import annotations

from models import base  # isort: skip - first: it sets the naming convention for all tables
from flask_appbuilder.security.sqla import models as user_tables  # isort: skip
from models import (
    approval,
    calendar,
    customer,
    exchange,
    export,
    idempotency,
    inbox,
    installation,
    journal,
    letter,
    numbering,
    order,
    order_line,
    payment,
    policy,
    product,
    production,
    quality,
    review,
    shipment,
    ticket,
)

__all__ = [
    "approval",
    "base",
    "calendar",
    "customer",
    "exchange",
    "export",
    "idempotency",
    "inbox",
    "installation",
    "journal",
    "letter",
    "numbering",
    "order",
    "order_line",
    "payment",
    "policy",
    "product",
    "production",
    "quality",
    "review",
    "shipment",
    "ticket",
    "user_tables",
]
