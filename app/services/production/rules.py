"""Rules of production as functions of values: no session, no framework."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from models.labels import OrderState, TaskState

ZERO = Decimal(0)

# A confirmed order and everything after it, as long as goods may still be made for it.
MAKEABLE = frozenset(
    {
        OrderState.confirmed,
        OrderState.in_production,
        OrderState.ready_to_ship,
        OrderState.partly_shipped,
    }
)

# The step that ends a task which is no longer wanted; what has begun least is ended first.
ENDED_BY: Mapping[TaskState, str] = {
    TaskState.planned: "cancel",
    TaskState.released: "cancel",
    TaskState.paused: "stop",
    TaskState.in_progress: "stop",
}
BEGUN = tuple(ENDED_BY)


def remaining(qty: Decimal, done: Decimal) -> Decimal:
    """Pieces of a task that no report has called finished yet."""
    return max(qty - done, ZERO)


def is_step_back(percent: int, earlier: Decimal) -> bool:
    """Whether a report says less than the one before it for the same operation. Clause 8(2)."""
    return percent < earlier


def specification(line: Any, customer_code: str) -> Mapping[str, Any]:
    """What the workshop needs of an order line: neither price nor name nor phone. Clause 14(1)."""
    drawing = {"drawing": line.order.drawing_version} if line.order.drawing_signed_at is not None else {}
    return {
        **drawing,
        "sku_code": line.product.sku_code,
        "name": line.product.name,
        "description": line.description,
        "size_mm": [line.length_mm, line.width_mm, line.height_mm],
        "material": line.material,
        "finish": line.finish,
        "colour": line.colour,
        "unit": line.unit,
        "customer": customer_code,
        "city": line.order.ship_city,
    }
