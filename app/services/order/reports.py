"""Which lines of an order wait for test reports of their goods. Clauses 8(4) and 13(1)."""

from __future__ import annotations

import sqlalchemy as sa

from app.kernel.context import Context
from models.conformity import Standard, TestReport, lacking, needed_standards
from models.order import Order, OrderLine


def lacking_reports(ctx: Context, order: Order) -> list[tuple[OrderLine, list[Standard]]]:
    """The lines whose goods need reports that are not valid on the day they are wanted, or today where that is later.

    One statement, and none where no line needs a report.
    """
    needed = {
        line: standards
        for line in order.lines
        if line.qty_net > 0 and (standards := needed_standards(line.product, order.order_type))
    }
    if not needed:
        return []
    day = max(order.promised_on or order.requested_on or ctx.today, ctx.today)
    found: dict[int, list[TestReport]] = {}
    statement = sa.select(TestReport).where(TestReport.product_id.in_({line.product_id for line in needed}))
    for report in ctx.session.scalars(statement):
        found.setdefault(report.product_id, []).append(report)
    missing = ((line, lacking(needed[line], found.get(line.product_id, ()), day)) for line in needed)
    return [(line, standards) for line, standards in missing if standards]
