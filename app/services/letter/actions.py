"""Makes the letter when an order is confirmed: content frozen and hashed, one version after the other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Context
from app.kernel.engine import fire
from app.services.letter import rules
from models.labels_order import LetterState
from models.letter import ConfirmationLetter
from models.order import Order


def send_letter(
    ctx: Context, order: Order, values: Mapping[str, Any], content: Mapping[str, Any]
) -> ConfirmationLetter:
    """The next version of the letter, sent now; an earlier open version is superseded. Clause 13(3).

    Args:
        values: channel; what is promised stands on the order.
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
        promised_on=order.promised_on,
        promise_rule=order.promise_rule,
        promise_days=order.promise_days,
        channel=values["channel"],
        sent_at=ctx.now,
        # A version that the system sends is still the business of whoever sent the one before.
        created_by_id=ctx.actor.id or next((letter.created_by_id for letter in reversed(earlier)), None),
    )
    ctx.session.add(letter)
    ctx.session.flush()
    return letter


def withdraw_open(ctx: Context, order: Order) -> None:
    """Nobody is asked about an order that has ended: letters that wait for an answer end; what was confirmed stays."""
    statement = sa.select(ConfirmationLetter).where(
        ConfirmationLetter.order_id == order.id,
        ConfirmationLetter.state.in_((LetterState.sent, LetterState.disputed)),
    )
    for letter in ctx.session.scalars(statement).all():
        fire(ctx.as_system(), letter, "withdraw")


def silent(ctx: Context) -> list[ConfirmationLetter]:
    """Letters without an answer whose next reminder is due (E5). Clause 13(3)."""
    every = ctx.policy["confirm.remind_hours"]
    oldest = ctx.now - timedelta(hours=float(every))
    statement = sa.select(ConfirmationLetter).where(
        ConfirmationLetter.state == LetterState.sent,
        ConfirmationLetter.sent_at <= oldest,
        ConfirmationLetter.reminders < rules.MOST_REMINDERS,
    )
    found = ctx.session.scalars(statement.order_by(ConfirmationLetter.id)).all()
    return [letter for letter in found if rules.reminders_due(letter.sent_at, ctx.now, every) > letter.reminders]
