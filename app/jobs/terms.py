"""What the days bring to payment terms: the end of an agreed inspection begins the time to pay. Clause 11(1)."""

from __future__ import annotations

from app.kernel.context import Context
from app.kernel.unit_of_work import unit_of_work
from app.services.payment import terms


def sweep_inspections(ctx: Context) -> int:
    """Starts the time to pay of orders whose buyer let the inspection pass; returns of how many."""
    started, last = 0, 0
    while orders := terms.silent_orders(ctx, last):
        with unit_of_work(ctx):
            last = orders[-1].id
            started += sum(terms.start_by_silence(ctx, order) for order in orders)
    return started
