"""Lists that answer in a few seconds or say that they cannot, whatever they are filtered by.

Most filters meet rows early in the order of the list, or an index leads to them. One that no index answers and that
few rows meet would walk the index of the order past every row of the table: that is given up after half a second, and
the table is read once from end to end instead, which costs a tenth of it. What takes longer even so is not waited for.
"""

from __future__ import annotations

from app.kernel.brief import TooSlowError, brief
from app.kernel.context import Context
from app.kernel.listing import ListRequest, ListSpec, Page, Total, page, total

# Seconds.
WALK = 0.5
SCAN = 5.0
COUNT = 1.5


def page_in_time(ctx: Context, spec: ListSpec, request: ListRequest) -> Page:
    """One page, by whichever way is quick. Call it while the transaction only reads: see ``brief``.

    Raises:
        TooSlowError: neither way came to an end.
    """
    if not request.filters and not request.quick:
        return page(ctx, spec, request)
    try:
        with brief(ctx.session, WALK):
            return page(ctx, spec, request)
    except TooSlowError:
        with brief(ctx.session, SCAN):
            return page(ctx, spec, request, scans=True)


def total_in_time(ctx: Context, spec: ListSpec, request: ListRequest, found: Page) -> Total:
    """How many rows match; at least those of the page where counting takes too long.

    Read what you need of the rows before: they are forgotten where the time is up.
    """
    if not request.filters and not request.quick:
        return total(ctx, spec, request)
    seen = len(found.rows)
    if request.cursor is None and not request.last and found.next is None:
        return Total(seen, is_exact=True)
    try:
        with brief(ctx.session, COUNT):
            return total(ctx, spec, request)
    except TooSlowError:
        return Total(seen, is_exact=False)
