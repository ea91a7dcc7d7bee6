"""The account of a customer over a period: what was owed, what came in, what went back (domain/10, statement).

Nothing of it is stored: every entry is a letter, a payment, a refund or the end of an order, on its own day, so that
what was said of a past period stays said. Orders taken over from before the panel have no letter and no entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from app.kernel.context import Context, local_midnight
from app.services.payment.queries import OF_ORDER_MONEY
from app.services.payment.rules import ZERO
from models.base import Amount, UtcDateTime
from models.cancellation import Cancellation
from models.labels import CancellationState, LateClaimState, LetterState, OrderState, PaymentNature, RefundState
from models.labels_money import OWED_REASONS, UNALLOCATED_REASONS
from models.late_claim import LateClaim
from models.letter import ConfirmationLetter
from models.order import Order
from models.payment import Payment, PaymentAllocation, PaymentSchedule, Refund

Clause = sa.ColumnElement[bool]
MOST_ENTRIES = 1000
AGES = (30, 60, 90)


class EntryKind(StrEnum):
    """What an entry of an account tells, in the order in which one moment tells it."""

    order = "order"
    change = "change"
    cancel = "cancel"
    payment = "payment"
    reduction = "reduction"
    refund = "refund"
    withheld = "withheld"
    owed = "owed"
    interest = "interest"
    waiver = "waiver"


class Age(StrEnum):
    """How long an open instalment has been due at the end of the period, in days."""

    to_30 = "to_30"
    to_60 = "to_60"
    to_90 = "to_90"
    over_90 = "over_90"
    not_due = "not_due"
    retention = "retention"


RANK = {kind: place for place, kind in enumerate(EntryKind)}
OVERDUE = (Age.to_30, Age.to_60, Age.to_90, Age.over_90)


@dataclass(frozen=True)
class Period:
    """Whole days in Shanghai, both ends counted."""

    first: date
    last: date

    @property
    def begin(self) -> datetime:
        """The moment from which entries count."""
        return local_midnight(self.first)

    @property
    def end(self) -> datetime:
        """The moment at which entries count no more."""
        return local_midnight(self.last + timedelta(days=1))


@dataclass(frozen=True)
class Known:
    """The rows that the reader may know of, as conditions; everything unless told."""

    orders: Clause = field(default_factory=sa.true)
    payments: Clause = field(default_factory=sa.true)
    refunds: Clause = field(default_factory=sa.true)
    claims: Clause = field(default_factory=sa.true)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out for the reader."""
        return all(isinstance(each, sa.True_) for each in (self.orders, self.payments, self.refunds, self.claims))


@dataclass(frozen=True)
class Entry:
    """One line: ``amount`` is what the customer owes more (above zero) or less; ``detail`` a method or reason."""

    at: datetime
    kind: EntryKind
    number: str
    detail: str | None
    amount: Decimal
    balance: Decimal

    @property
    def debit(self) -> Decimal:
        """What is owed more."""
        return max(self.amount, ZERO)

    @property
    def credit(self) -> Decimal:
        """What is owed less."""
        return max(-self.amount, ZERO)


@dataclass(frozen=True)
class Statement:
    """An account over a period. Above zero the customer owes, below zero we hold his money."""

    period: Period
    opening: Decimal
    entries: tuple[Entry, ...]
    ages: Mapping[Age, Decimal]
    unallocated: tuple[tuple[datetime, str, Decimal, Decimal], ...]
    is_cut: bool

    @property
    def closing(self) -> Decimal:
        """What is owed at the end."""
        return self.entries[-1].balance if self.entries else self.opening

    @property
    def debits(self) -> Decimal:
        """What was owed more in the period."""
        return sum((entry.debit for entry in self.entries), ZERO)

    @property
    def credits(self) -> Decimal:
        """What was owed less in the period."""
        return sum((entry.credit for entry in self.entries), ZERO)

    @property
    def overdue(self) -> Decimal:
        """What is open past its day, whatever its age."""
        return sum((self.ages.get(age, ZERO) for age in OVERDUE), ZERO)


def statement_of(ctx: Context, customer_id: int, period: Period, known: Known | None = None) -> Statement:
    """The account of a customer; four statements, however long it is. ``is_cut`` where it has more than fits."""
    known = known or Known()
    parts = sa.union_all(*_entries(customer_id, known), *_interest(customer_id, known)).subquery()
    opening = ctx.session.scalar(sa.select(sa.func.sum(parts.c.amount)).where(parts.c.at < period.begin)) or ZERO
    found = ctx.session.execute(
        sa.select(parts.c.at, parts.c.kind, parts.c.number, parts.c.detail, parts.c.amount)
        .where(parts.c.at >= period.begin, parts.c.at < period.end, parts.c.amount != ZERO)
        .order_by(parts.c.at, parts.c.rank, parts.c.number)
        .limit(MOST_ENTRIES + 1)
    ).all()
    entries, balance = [], opening
    for at, kind, number, detail, amount in found[:MOST_ENTRIES]:
        balance += amount
        entries.append(Entry(at, EntryKind(kind), number, detail, amount, balance))
    return Statement(
        period=period,
        opening=opening,
        entries=tuple(entries),
        ages=_ages(ctx, customer_id, period, known),
        unallocated=_unallocated(ctx, customer_id, period, known),
        is_cut=len(found) > MOST_ENTRIES,
    )


def _entry(kind: EntryKind, at: Any, number: Any, amount: Any, detail: Any = None) -> Any:
    return sa.select(
        sa.type_coerce(at, UtcDateTime()).label("at"),
        sa.literal(RANK[kind], sa.Integer()).label("rank"),
        sa.literal(kind.value, sa.String()).label("kind"),
        sa.type_coerce(number, sa.String()).label("number"),
        sa.type_coerce(detail if detail is not None else sa.null(), sa.String()).label("detail"),
        sa.type_coerce(amount, Amount()).label("amount"),
    )


def _left() -> Any:
    """An order that ended by a cancellation was priced anew: what was rendered (measuring) is still to be paid."""
    is_called_off = sa.exists().where(
        Cancellation.order_id == Order.id, Cancellation.state == CancellationState.effective
    )
    return sa.case((is_called_off, Order.total_amount), else_=sa.literal(ZERO, Amount()))


def _withheld(mine: Any) -> Any:
    """The compensation of a cancellation is owed from its day, whether anything goes back or not."""
    return (
        _entry(EntryKind.withheld, Cancellation.effective_at, Cancellation.cancellation_no, Cancellation.kept_amount)
        .join(Order, Cancellation.order_id == Order.id)
        .where(*mine, Cancellation.state == CancellationState.effective)
    )


def _interest(customer_id: int, known: Known) -> list[Any]:
    """Claims of late interest, and what of them was waived."""
    claim, mine = LateClaim, (Order.customer_id == customer_id, known.orders, known.claims)
    return [
        _entry(EntryKind.interest, claim.created_at, claim.claim_no, claim.interest_amount)
        .join(Order, claim.order_id == Order.id)
        .where(*mine),
        _entry(EntryKind.waiver, claim.state_since, claim.claim_no, claim.paid_amount - claim.interest_amount)
        .join(Order, claim.order_id == Order.id)
        .where(*mine, claim.state == LateClaimState.waived),
    ]


def _entries(customer_id: int, known: Known) -> list[Any]:
    mine = (Order.customer_id == customer_id, known.orders)
    # A refund belongs to its order; who may not know of the order is not told of it by the refund.
    returned = (*mine, known.refunds, Refund.state == RefundState.executed)
    ended = sa.and_(Order.state == OrderState.cancelled, Refund.executed_at >= Order.state_since)
    # What goes back by a cancellation or a change is told by the letter that lowers the total, not once more here.
    of_order = sa.and_(Refund.reason.not_in(UNALLOCATED_REASONS), OF_ORDER_MONEY)
    letter = ConfirmationLetter
    before = sa.func.coalesce(
        sa.type_coerce(
            sa.func.lag(letter.total_amount).over(partition_by=letter.order_id, order_by=letter.letter_version),
            Amount(),
        ),
        sa.literal(ZERO, Amount()),
    )
    reduced = (
        sa.select(sa.func.coalesce(sa.func.sum(Refund.amount), sa.literal(ZERO, Amount())))
        .where(
            Refund.order_id == Order.id,
            Refund.state == RefundState.executed,
            Refund.executed_at < Order.state_since,
            of_order,
        )
        .scalar_subquery()
    )
    first, later = (
        _entry(kind, letter.sent_at, Order.order_no, letter.total_amount - before)
        .add_columns(letter.letter_version.label("version"))
        .join(Order, letter.order_id == Order.id)
        .where(*mine)
        .subquery()
        for kind in (EntryKind.order, EntryKind.change)
    )
    names = ("at", "rank", "kind", "number", "detail", "amount")
    return [
        sa.select(*(first.c[name] for name in names)).where(first.c.version == 1),
        sa.select(*(later.c[name] for name in names)).where(later.c.version > 1),
        # The end of an order takes back what its letter asked for, less what was taken off before and what stays owed.
        _entry(EntryKind.cancel, Order.state_since, Order.order_no, reduced + _left() - letter.total_amount)
        .join(Order, letter.order_id == Order.id)
        .where(*mine, Order.state == OrderState.cancelled, letter.state != LetterState.superseded),
        _entry(EntryKind.payment, Payment.received_at, Payment.payment_no, -Payment.amount, Payment.method).where(
            Payment.customer_id == customer_id, known.payments
        ),
        # Money that goes back for an order that goes on makes the order cheaper; what was paid twice does not.
        _entry(EntryKind.reduction, Refund.executed_at, Refund.refund_no, -Refund.amount, Refund.reason)
        .join(Order, Refund.order_id == Order.id)
        .where(*returned, of_order, sa.not_(ended)),
        _entry(EntryKind.refund, Refund.executed_at, Refund.refund_no, Refund.amount, Refund.reason)
        .join(Order, Refund.order_id == Order.id)
        .where(*returned),
        _entry(EntryKind.withheld, Refund.executed_at, Refund.refund_no, Refund.compensation_amount)
        .join(Order, Refund.order_id == Order.id)
        .where(*returned, of_order, ended),
        _withheld(mine),
        # What the company owes for its own fault lowers nothing that the customer owes: it is told, and it is paid.
        _entry(EntryKind.owed, Refund.executed_at, Refund.refund_no, -Refund.amount, Refund.reason)
        .join(Order, Refund.order_id == Order.id)
        .where(*returned, Refund.reason.in_(OWED_REASONS)),
    ]


def _ages(ctx: Context, customer_id: int, period: Period, known: Known) -> dict[Age, Decimal]:
    """What was open at the end of the period, by how long it had been due."""
    plan, last = PaymentSchedule, period.last
    paid = (
        sa.select(sa.func.coalesce(sa.func.sum(PaymentAllocation.amount), sa.literal(ZERO, Amount())))
        .where(PaymentAllocation.schedule_id == plan.id, PaymentAllocation.allocated_at < period.end)
        .scalar_subquery()
    )
    is_due = sa.and_(plan.due_on.is_not(None), plan.due_on < last)
    age = sa.case(
        (sa.and_(sa.not_(is_due), plan.kind == PaymentNature.retention), Age.retention.value),
        (sa.or_(plan.due_on.is_(None), plan.due_on >= last), Age.not_due.value),
        *((plan.due_on >= last - timedelta(days=days), age.value) for days, age in zip(AGES, OVERDUE, strict=False)),
        else_=Age.over_90.value,
    ).label("age")
    is_promised = sa.exists().where(ConfirmationLetter.order_id == Order.id, ConfirmationLetter.sent_at < period.end)
    has_ended = sa.and_(Order.state == OrderState.cancelled, Order.state_since < period.end)
    rows = (
        sa.select(age, sa.type_coerce(plan.amount - paid, Amount()).label("open"))
        .join(Order, plan.order_id == Order.id)
        .where(Order.customer_id == customer_id, known.orders, is_promised, sa.not_(has_ended))
        .subquery()
    )
    found = ctx.session.execute(sa.select(rows.c.age, sa.func.sum(rows.c.open)).group_by(rows.c.age)).all()
    return {Age(name): amount for name, amount in found if amount}


def _unallocated(
    ctx: Context, customer_id: int, period: Period, known: Known
) -> tuple[tuple[datetime, str, Decimal, Decimal], ...]:
    """Payments that were not used up at the end of the period: when, number, amount, what is left."""
    nothing = sa.literal(ZERO, Amount())
    used = (
        sa.select(sa.func.coalesce(sa.func.sum(PaymentAllocation.amount), nothing))
        .where(PaymentAllocation.payment_id == Payment.id, PaymentAllocation.allocated_at < period.end)
        .scalar_subquery()
    )
    returned = (
        sa.select(sa.func.coalesce(sa.func.sum(Refund.amount), nothing))
        .where(
            Refund.payment_id == Payment.id,
            Refund.state == RefundState.executed,
            Refund.executed_at < period.end,
            Refund.reason.in_(UNALLOCATED_REASONS),
        )
        .scalar_subquery()
    )
    rest = sa.type_coerce(Payment.amount - used - returned, Amount())
    rows = ctx.session.execute(
        sa.select(Payment.received_at, Payment.payment_no, Payment.amount, rest)
        .where(Payment.customer_id == customer_id, known.payments, Payment.received_at < period.end, rest > ZERO)
        .order_by(Payment.received_at, Payment.id)
        .limit(MOST_ENTRIES)
    ).all()
    return tuple((at, number, amount, left) for at, number, amount, left in rows)
