"""What the days bring to government purchases: time to pay begins or is over, the buyer's duties. Clause 11(1)."""

from __future__ import annotations

from app.kernel.context import Context
from app.kernel.holders import holders
from app.kernel.unit_of_work import unit_of_work
from app.services.order.contract import remind_of_duties
from app.services.payment import terms
from app.services.talk import notices
from models.labels_exception import ClockOwner
from models.labels_talk import NoticeKind

ORDER_CENTER = str(ClockOwner.order_center)
TOLD_OF_MONEY = ("finance", "finance_lead", "committee")


def sweep_inspections(ctx: Context) -> int:
    """Starts the time to pay of orders whose buyer let the inspection pass; returns of how many."""
    started, last = 0, 0
    while orders := terms.silent_orders(ctx, last):
        with unit_of_work(ctx):
            last = orders[-1].id
            started += sum(terms.start_by_silence(ctx, order) for order in orders)
    return started


def tell_of_buyers(ctx: Context) -> int:
    """Reminds of what public buyers have to do: publish and file the contract (G2), pay (G4). Returns of how many.

    Their delay is none of ours: nobody has to explain it, and no exception is opened.
    """
    duties, overdue = remind_of_duties(ctx), terms.newly_overdue(ctx)
    centre = holders(ctx.session, ORDER_CENTER) if duties else set()
    for contract, action in duties:
        notices.tell(ctx, contract.order, centre, NoticeKind.clock, action)
    money = holders(ctx.session, *TOLD_OF_MONEY) if overdue else set()
    for row in overdue:
        notices.tell(ctx, row.order, money, NoticeKind.clock, "order.buyer_late")
    return len(duties) + len(overdue)
