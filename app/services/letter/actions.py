"""Makes the letter when an order is confirmed: content frozen and hashed, one version after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Context
from app.kernel.engine import fire
from models.labels_order import LetterState
from models.letter import ConfirmationLetter
from models.order import Order


def send_letter(
    ctx: Context, order: Order, values: Mapping[str, Any], content: Mapping[str, Any]
) -> ConfirmationLetter:
    """The next version of the letter, sent now; an earlier open version is superseded. Clause 13(3).

    Args:
        values: promised_on or promise_rule, and channel.
        content: what is promised, as the order's hash was made from it.
    """
    earlier = list(
        ctx.session.scalars(
            sa.select(ConfirmationLetter).where(
                ConfirmationLetter.order_id == order.id, ConfirmationLetter.state != LetterState.superseded
            )
        )
    )
    for letter in earlier:
        fire(ctx.as_system(), letter, "supersede")
    version = max((letter.letter_version for letter in order.letters), default=0) + 1
    letter = ConfirmationLetter(
        letter_no=f"CL-{order.order_no}-V{version}",
        order_id=order.id,
        letter_version=version,
        content=dict(content),
        content_hash=order.content_hash,
        total_amount=order.total_amount,
        promised_on=values.get("promised_on"),
        promise_rule=values.get("promise_rule"),
        channel=values["channel"],
        sent_at=ctx.now,
    )
    ctx.session.add(letter)
    ctx.session.flush()
    return letter
