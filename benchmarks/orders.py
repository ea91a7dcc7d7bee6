"""Invented orders with all that hangs on them, the same for the same number and day.

Money is counted in 分 and written as CNY. What an order has follows from how far it has come (``Reached``): a
completed order has tasks, inspections, a shipment, an acceptance and payments, a draft has lines only.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise
from typing import Final

from benchmarks.copying import NULL
from benchmarks.moments import DAYS, Calendar
from benchmarks.people import (
    PLACES,
    PRODUCTS,
    STREETS,
    WOODS,
    is_made_to_order,
    needs_install,
    person,
    phone,
    price,
)
from benchmarks.sheets import OrderSheets

SEED: Final = 20_250_101
LINES: Final = 4
NOON: Final = 12 * 60


class Reached(IntEnum):
    """How far an order has come."""

    draft = 0
    pending_review = 1
    pending_approval = 2
    approved = 3
    confirmed = 4
    in_production = 5
    ready_to_ship = 6
    partly_shipped = 7
    shipped = 8
    delivered = 9
    pending_acceptance = 10
    completed = 11
    closed = 12
    cancelled = -1
    rejected = -2


R = Reached
# Shares in per mille by age in days: the newest orders are still being worked on.
MIXES: Final[tuple[tuple[int, tuple[tuple[Reached, int], ...]], ...]] = (
    (5, ((R.draft, 100), (R.pending_review, 400), (R.pending_approval, 120), (R.approved, 180), (R.confirmed, 200))),
    (
        60,
        (
            (R.confirmed, 150), (R.in_production, 350), (R.ready_to_ship, 100), (R.partly_shipped, 50),
            (R.shipped, 100), (R.delivered, 80), (R.pending_acceptance, 70), (R.completed, 60), (R.cancelled, 40),
        ),
    ),
    (
        120,
        (
            (R.completed, 700), (R.pending_acceptance, 60), (R.delivered, 60), (R.shipped, 40), (R.in_production, 60),
            (R.cancelled, 60), (R.rejected, 20),
        ),
    ),
    (10_000, ((R.completed, 860), (R.closed, 60), (R.cancelled, 60), (R.rejected, 20))),
)  # fmt: skip
TYPES: Final = (("retail", 700), ("project", 120), ("government", 60), ("bulk", 90), ("other", 30))
CHANNELS: Final = (
    ("online_mall", 420), ("phone", 130), ("onsite", 180), ("wechat", 150), ("email", 40), ("tender", 50),
    ("other", 30),
)  # fmt: skip
CHECKS: Final = ("stock", "price", "lead_time", "credit", "compliance")
METHODS: Final = ("wechat", "alipay", "bank_transfer", "pos")
WITH_PAPERS_DAYS: Final = 90


def pick(table: tuple[tuple[object, int], ...], place: int) -> object:
    """The entry of a table of shares in per mille at a place below 1,000."""
    for entry, share in table:
        place -= share
        if place < 0:
            return entry
    return table[-1][0]


def yuan(amount: int) -> str:
    """An amount in 分 as CNY."""
    return f"{amount // 100}.{amount % 100:02d}"


def net_of(gross: int) -> int:
    """The net of a gross amount in 分 at 13 %, half up."""
    return (gross * 200 + 113) // 226


@dataclass
class Line:
    """One line on its way into the sheets."""

    id: int
    product: int
    qty: int
    amount: int


@dataclass
class Draft:
    """One order on its way into the sheets; days are numbers of the calendar."""

    id: int
    customer: int
    day: int
    minute: int
    reached: Reached
    promised: int
    order_type: str
    channel: str
    rng: random.Random
    lines: list[Line] = field(default_factory=list)
    fee: int = 0
    paid: int = 0

    @property
    def goods(self) -> int:
        """The sum of the lines in 分."""
        return sum(line.amount for line in self.lines)

    @property
    def is_recent(self) -> bool:
        """Whether the papers of the review are there: older history has none, as after an import."""
        return DAYS - self.day < WITH_PAPERS_DAYS

    @property
    def has_install(self) -> bool:
        """Whether something is installed."""
        return any(needs_install(line.product) for line in self.lines)


class OrderMaker:
    """Makes the orders ``1 … count``, spread over four years up to today."""

    def __init__(self, calendar: Calendar, user_id: int, *, count: int, customers: int) -> None:
        self.calendar = calendar
        self.user_id = user_id
        self.count = count
        self.customers = customers
        self.sheets = OrderSheets(user_id)

    def make(self, number: int) -> None:
        """Add one order with everything that hangs on it."""
        draft = self._draft(number)
        total = draft.goods + draft.fee
        self._schedule(draft, total)
        self._header(draft, total)
        self._lines(draft)
        if draft.is_recent:
            self._papers(draft, total)
        if draft.reached >= R.in_production:
            self._tasks(draft)
        if draft.reached >= R.partly_shipped:
            self._shipment(draft)
        if draft.reached >= R.pending_acceptance:
            self._acceptance(draft)
        if draft.reached >= R.shipped and draft.rng.random() < 0.04:
            self._ticket(draft)
        self._journal(draft)

    def _draft(self, number: int) -> Draft:
        rng = random.Random(SEED + number)
        day = (number - 1) * DAYS // self.count
        age = DAYS - day
        mix = next(shares for limit, shares in MIXES if age <= limit)
        reached = pick(mix, rng.randrange(1000))
        assert isinstance(reached, Reached)
        draft = Draft(
            id=number,
            customer=rng.randrange(self.customers) + 1,
            day=day,
            minute=rng.randrange(8 * 60, 20 * 60),
            reached=reached,
            promised=day + rng.randrange(10, 60),
            order_type=str(pick(TYPES, rng.randrange(1000))),
            channel=str(pick(CHANNELS, rng.randrange(1000))),
            rng=rng,
        )
        # One to four lines: two and a half on average.
        for place in range(rng.randrange(LINES) + 1):
            product, qty = rng.randrange(PRODUCTS) + 1, rng.randrange(1, 5)
            draft.lines.append(Line((number - 1) * LINES + place + 1, product, qty, price(product) * qty))
        draft.fee = 20_000 if rng.random() < 0.3 else 0
        return draft

    def _header(self, draft: Draft, total: int) -> None:
        calendar, number, customer = self.calendar, draft.id, draft.customer
        tax = sum(line.amount - net_of(line.amount) for line in draft.lines) + draft.fee - net_of(draft.fee)
        received = calendar.moment(draft.day, draft.minute)
        entered = calendar.moment(draft.day, min(draft.minute + 90, 1439))
        end = min(draft.day + 30, draft.promised)
        is_over = draft.reached < 0
        done = calendar.moment(end, NOON) if draft.reached in {R.completed, R.closed} else NULL
        since = done if done != NULL else calendar.moment(draft.day + max(draft.reached, 0), draft.minute)
        province, city, district = PLACES[customer % len(PLACES)]
        detail = f"{STREETS[customer % len(STREETS)]}{customer % 300 + 1}号"
        promised = calendar.days[draft.promised] if draft.reached >= R.confirmed else NULL
        self.sheets.order.add(
            number, f"SO-{calendar.packed[draft.day]}-{number:07d}", draft.order_type, draft.channel,
            f"MALL{number:010d}" if draft.channel == "online_mall" else NULL, customer, customer, received, entered,
            calendar.days[draft.promised], promised, "t" if draft.has_install else "f", person(customer)[0],
            phone(customer), province, city, district, detail, METHODS[number % 4], yuan(draft.goods),
            yuan(draft.fee), yuan(total), yuan(tax), yuan(total - tax), yuan(draft.paid),
            "t" if total >= 5_000_000 else "f",
            ("rejected" if draft.reached is R.rejected else "customer") if is_over else NULL, done,
            "entered" if draft.is_recent else "imported", draft.reached.name, since, received, since,
        )  # fmt: skip

    def _lines(self, draft: Draft) -> None:
        calendar, reached = self.calendar, draft.reached
        received = calendar.moment(draft.day, draft.minute)
        for place, line in enumerate(draft.lines):
            qty, zero = f"{line.qty}.000", "0.000"
            made = is_made_to_order(line.product)
            installs = needs_install(line.product)
            is_shipped = reached >= R.shipped or (reached is R.partly_shipped and place == 0)
            unit = f"{price(line.product) // 100}.0000"
            self.sheets.line.add(
                line.id, draft.id, place + 1, line.product, WOODS[line.product % len(WOODS)], qty,
                qty if reached < 0 else zero,
                qty if made and reached >= R.ready_to_ship else zero, qty if reached >= R.ready_to_ship else zero,
                qty if is_shipped else zero, qty if reached >= R.delivered else zero,
                qty if installs and reached >= R.pending_acceptance else zero,
                qty if reached >= R.completed else zero,
                unit, unit, yuan(line.amount), yuan(line.amount - net_of(line.amount)),
                "make_to_order" if made else "stock", calendar.days[draft.promised] if reached >= R.confirmed else NULL,
                "t" if installs else "f", received, received,
            )  # fmt: skip
        if draft.fee:
            fee_tax = yuan(draft.fee - net_of(draft.fee))
            self.sheets.fee.add(draft.id, draft.id, yuan(draft.fee), fee_tax, received, received)

    def _papers(self, draft: Draft, total: int) -> None:
        """Reviews, the committee's approval of a large order, and the letter."""
        calendar, number, packed = self.calendar, draft.id, self.calendar.packed[draft.day]
        at = calendar.moment(draft.day + 1, draft.minute)
        if draft.reached >= R.pending_approval:
            for place, check in enumerate(CHECKS):
                self.sheets.review.add(number * len(CHECKS) + place, number, check, at, at, at)
        if draft.reached is R.pending_approval or (draft.reached > R.pending_approval and total >= 5_000_000):
            is_open = draft.reached is R.pending_approval
            decided = NULL if is_open else at
            due = calendar.planned(draft.day + 3, draft.minute)
            self.sheets.approval.add(
                number, f"AP-{packed}-{number:07d}", number, number, yuan(total), at, due, decided,
                "pending" if is_open else "approved", at, at, at,
            )  # fmt: skip
        if draft.reached >= R.confirmed:
            self.sheets.letter.add(
                number, f"CL-{packed}-{number:07d}", number, yuan(total), calendar.days[draft.promised], at,
                "acknowledged", at, at, at,
            )  # fmt: skip

    def _tasks(self, draft: Draft) -> None:
        """A task and an inspection for each line that is made; stock is inspected before it leaves."""
        calendar = self.calendar
        created = calendar.moment(draft.day + 2, draft.minute)
        started, finished = calendar.moment(draft.day + 4, 8 * 60), calendar.moment(draft.day + 9, 17 * 60)
        is_done = draft.reached >= R.ready_to_ship
        for line in draft.lines:
            qty, zero = f"{line.qty}.000", "0.000"
            task = NULL
            if is_made_to_order(line.product):
                task = str(line.id)
                state = "completed" if is_done else ("in_progress", "released", "planned")[line.id % 3]
                has_begun = state in {"completed", "in_progress"}
                self.sheets.task.add(
                    line.id, f"PO-{calendar.packed[draft.day]}-{line.id:07d}", draft.id, line.id, qty,
                    qty if is_done else zero, "rush" if line.id % 20 == 0 else "normal",
                    calendar.days[draft.day + 4], calendar.days[draft.day + 9 + line.id % 12],
                    started if has_begun else NULL, finished if is_done else NULL, state,
                    finished if is_done else created, created, created,
                )  # fmt: skip
            if is_done:
                self.sheets.inspection.add(
                    line.id, f"QC-{calendar.packed[draft.day]}-{line.id:07d}", draft.id, line.id, task, qty, qty,
                    self.user_id, finished, "passed", finished, finished, finished,
                )  # fmt: skip

    def _shipment(self, draft: Draft) -> None:
        calendar, number = self.calendar, draft.id
        # One delivery in eight comes after the promised day.
        day = draft.promised + 2 if draft.rng.random() < 0.125 else max(draft.promised - 3, draft.day + 10)
        arrived = draft.reached >= R.delivered
        day = min(day, DAYS - 1) if arrived else day
        created = calendar.moment(draft.day + 9, NOON)
        departed, delivered = calendar.moment(day, 7 * 60), calendar.moment(day, 15 * 60)
        packed = calendar.packed[draft.day]
        self.sheets.shipment.add(
            number, f"SH-{packed}-{number:07d}", number, calendar.planned(day, 13 * 60), calendar.planned(day, 17 * 60),
            departed, delivered if arrived else NULL, "delivered" if arrived else "in_transit",
            delivered if arrived else departed, created, created,
        )  # fmt: skip
        lines = draft.lines[:1] if draft.reached is R.partly_shipped else draft.lines
        for place, line in enumerate(lines):
            qty = f"{line.qty}.000"
            self.sheets.shipment_line.add(line.id, number, line.id, qty, qty if arrived else "0.000", created, created)
            if draft.is_recent:
                state = "delivered" if arrived else "loaded"
                self.sheets.package.add(
                    line.id, f"PK-{packed}-{line.id:07d}", number, line.id, place + 1, len(lines), state, departed,
                    created, created,
                )  # fmt: skip
        if arrived and draft.is_recent:
            self.sheets.receipt.add(
                number, f"DR-{packed}-{number:07d}", number, person(draft.customer)[0], delivered, len(lines),
                delivered, delivered,
            )  # fmt: skip

    def _acceptance(self, draft: Draft) -> None:
        calendar, number, packed = self.calendar, draft.id, self.calendar.packed[draft.day]
        day = min(draft.promised + 3, DAYS - 1)
        at = calendar.moment(day, 16 * 60)
        installation = NULL
        if draft.has_install:
            installation = str(number)
            self.sheets.installation.add(
                number, f"IN-{packed}-{number:07d}", number, number, calendar.planned(day, 9 * 60),
                calendar.planned(day, NOON), calendar.moment(day, 9 * 60), calendar.moment(day, NOON), "done",
                at, at, at,
            )  # fmt: skip
        is_done = draft.reached >= R.completed
        signed_by = person(draft.customer)[0] if is_done else NULL
        self.sheets.acceptance.add(
            number, f"AC-{packed}-{number:07d}", number, installation, number, signed_by, at if is_done else NULL,
            "accepted" if is_done else "pending", at, at, at,
        )  # fmt: skip

    def _ticket(self, draft: Draft) -> None:
        calendar, rng, number = self.calendar, draft.rng, draft.id
        kind = ("complaint", "repair", "parts", "goods_return", "consult")[rng.randrange(5)]
        day = min(draft.day + 30 + rng.randrange(40), DAYS - rng.randrange(1, 25))
        is_open = DAYS - day < 30
        state = ("open", "responded", "planned")[rng.randrange(3)] if is_open else "closed"
        at = calendar.moment(day, rng.randrange(8 * 60, 18 * 60))
        closed = NULL if is_open else calendar.moment(day + 5, NOON)
        party = ("production", "logistics", "carrier", "customer")[rng.randrange(4)]
        self.sheets.ticket.add(
            number, f"TK-{calendar.packed[day]}-{number:07d}", kind, draft.customer, number,
            ("l1", "l1", "l2", "l3")[rng.randrange(4)], party, NULL if is_open else "已上门更换", closed, state, at, at,
            at,
        )  # fmt: skip

    def _schedule(self, draft: Draft, total: int) -> None:
        """Two instalments from the confirmation on, and the payments that came in."""
        if draft.reached < R.confirmed:
            return
        calendar, number = self.calendar, draft.id
        at = calendar.moment(draft.day + 2, draft.minute)
        first = total * 3 // 10
        parts = (
            ("prepay", "on_confirm", "30.000", first, draft.day + 4, True),
            ("balance", "before_ship", "70.000", total - first, draft.promised, draft.reached >= R.shipped),
        )
        for seq, (kind, trigger, percent, amount, due, is_paid) in enumerate(parts, start=1):
            key = number * 2 - 2 + seq
            paid = amount if is_paid and (seq == 1 or draft.rng.random() < 0.95) else 0
            draft.paid += paid
            self.sheets.schedule.add(
                key, number, seq, kind, trigger, percent, yuan(amount), calendar.days[due], yuan(paid), at, at
            )
            if paid:
                came = calendar.moment(min(due, DAYS - 1), 10 * 60)
                self.sheets.payment.add(
                    key, f"PY-{calendar.packed[draft.day]}-{key:07d}", number, draft.customer, METHODS[key % 4],
                    f"TX{key:016d}", person(draft.customer)[0], yuan(paid), yuan(paid), came, "allocated", came, came,
                    came,
                )  # fmt: skip
                self.sheets.allocation.add(key, key, key, number, kind, yuan(paid), came)

    def _journal(self, draft: Draft) -> None:
        """The steps of the order: all of them where it is recent, entry and end where it is history."""
        steps = [("add", NULL, "draft"), ("submit", "draft", "pending_review")]
        if draft.is_recent:
            names = [state for state in Reached if 1 <= state <= draft.reached]
            steps += [(after.name, before.name, after.name) for before, after in pairwise(names)]
        elif draft.reached > 0:
            steps.append(("accept", "pending_acceptance", "completed"))
        # The first thousand belongs to what `flask init` has written.
        key = 1_000 + draft.id * 16
        for place, (action, before, after) in enumerate(steps):
            at = self.calendar.moment(min(draft.day + place * 2, DAYS), draft.minute)
            changes = json.dumps({"state": [None if before == NULL else before, after]})
            self.sheets.journal.add(key + place, at, at, draft.id, draft.id, f"order.{action}", before, after, changes)
