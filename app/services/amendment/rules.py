"""Stages of a line, compensation, deposit: functions of values without session or framework. Domain/02, article 15."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.kernel.money import percent_of, rounded
from models.labels import CancelKind, DepositMode, LineStage, Operation, OrderState, SupplyMode, TaskState

ZERO = Decimal(0)
HUNDRED = Decimal(100)

# Before the confirmation letter everything is free, and the order itself is sent back or cancelled.
UNCONFIRMED = frozenset({OrderState.draft, OrderState.pending_review, OrderState.pending_approval, OrderState.approved})
# Orders of which lines are changed or cancelled: confirmed, and something of them is still in the house.
AMENDABLE = frozenset(
    {OrderState.confirmed, OrderState.in_production, OrderState.ready_to_ship, OrderState.partly_shipped}
)
# How far the workshop has come with an operation; what is not here is preparation.
REACHED: Mapping[Operation, LineStage] = {
    Operation.cutting: LineStage.s3_cut,
    Operation.edge_banding: LineStage.s3_cut,
    Operation.drilling: LineStage.s3_cut,
    Operation.woodwork: LineStage.s3_cut,
    Operation.assembly: LineStage.s3_assembled,
    Operation.sanding: LineStage.s3_finished,
    Operation.finishing: LineStage.s3_finished,
    Operation.upholstery: LineStage.s3_finished,
    Operation.packing: LineStage.s3_packed,
}
RANK = {stage: place for place, stage in enumerate(LineStage)}
CAPS: Mapping[LineStage, str] = {
    LineStage.s1: "cancel.s1_cap_pct",
    LineStage.s2: "cancel.s2_cap_pct",
    LineStage.s3_cut: "cancel.s3_cut_pct",
    LineStage.s3_assembled: "cancel.s3_assembled_pct",
    LineStage.s3_finished: "cancel.s3_finished_pct",
    LineStage.s3_packed: "cancel.s3_packed_pct",
}
IN_PRODUCTION = frozenset(stage for stage in LineStage if stage.startswith("s3"))
# The company keeps no deposit while it has lost nothing (domain/02, article 15(4)).
NEVER_FORFEIT = frozenset({LineStage.s0, LineStage.s1})


@dataclass(frozen=True)
class Work:
    """A task of a line that is not cancelled, and the operations its reports name."""

    state: TaskState
    is_material_ready: bool = False
    operations: frozenset[Operation] = frozenset()


@dataclass(frozen=True)
class LineFacts:
    """What the stage of a line follows from; ``gone`` has left and has not come back."""

    order_state: OrderState
    supply: SupplyMode
    net: Decimal
    produced: Decimal = ZERO
    passed: Decimal = ZERO
    gone: Decimal = ZERO
    work: Sequence[Work] = ()


def stage_of(facts: LineFacts) -> LineStage:
    """How far a line has come; of several tasks the furthest counts.

    What is still in the house decides: a line is S5 when nothing of it is. Stock goods are S4 once they have passed
    their outgoing check, for they are packed for this customer then.
    """
    if facts.order_state in UNCONFIRMED:
        return LineStage.s0
    left = facts.net - facts.gone
    if left <= ZERO:
        return LineStage.s5
    ready = (facts.passed if facts.supply is SupplyMode.stock else facts.produced) - facts.gone
    if ready >= left:
        return LineStage.s4
    if facts.supply is SupplyMode.stock:
        return LineStage.s1
    return max((_stage_of_work(work) for work in facts.work), key=RANK.__getitem__, default=LineStage.s1)


def _stage_of_work(work: Work) -> LineStage:
    reached = [REACHED[operation] for operation in work.operations if operation in REACHED]
    if reached:
        return max(reached, key=RANK.__getitem__)
    is_prepared = work.is_material_ready or work.state is not TaskState.planned
    return LineStage.s2 if is_prepared else LineStage.s1


@dataclass(frozen=True)
class Cancelled:
    """A line to cancel as the charge sees it: its value, where it comes from, how far it is."""

    amount: Decimal
    supply: SupplyMode
    stage: LineStage

    @property
    def is_custom(self) -> bool:
        """Made for this customer alone; articles of the catalogue are standard, made to order or not."""
        return self.supply is SupplyMode.custom


@dataclass(frozen=True)
class Charge:
    """What a cancellation costs the customer, and where the ceiling was."""

    cap: Decimal
    handling: Decimal
    compensation: Decimal


def cap_of(line: Cancelled, policy: Mapping[str, Decimal]) -> Decimal:
    """The ceiling for a custom line: nothing before the letter, all of it in the warehouse."""
    if line.stage in {LineStage.s0, LineStage.s5}:
        return ZERO
    percent = policy[CAPS[line.stage]] if line.stage in CAPS else HUNDRED
    return percent_of(line.amount, percent)


def handling_of(line: Cancelled, policy: Mapping[str, Decimal]) -> Decimal:
    """The handling of a standard line: nothing before it is in production."""
    if line.stage in IN_PRODUCTION:
        return percent_of(line.amount, policy["cancel.s3_stock_pct"])
    return percent_of(line.amount, policy["cancel.s4_stock_pct"]) if line.stage is LineStage.s4 else ZERO


def charge(
    lines: Iterable[Cancelled],
    documented: Decimal,
    policy: Mapping[str, Decimal],
    *,
    kind: CancelKind = CancelKind.customer,
    is_above_cap: bool = False,
) -> Charge:
    """Compensation = min(documented after salvage, cap) for custom goods, plus handling for standard ones.

    Only a customer who cancels of his own will pays. Above the cap the documented cost counts whole.
    """
    found = list(lines)
    cap = sum((cap_of(line, policy) for line in found if line.is_custom), ZERO)
    handling = sum((handling_of(line, policy) for line in found if not line.is_custom), ZERO)
    if kind is not CancelKind.customer:
        return Charge(cap, ZERO, ZERO)
    documented = max(documented, ZERO)
    return Charge(cap, handling, (documented if is_above_cap else min(documented, cap)) + handling)


@dataclass(frozen=True)
class Settlement:
    """What becomes of the money that was paid for the cancelled part."""

    kept: Decimal
    refund: Decimal
    claim: Decimal
    deposit_kept: Decimal = ZERO
    penalty: Decimal = ZERO


def settle(
    compensation: Decimal,
    deposit_share: Decimal,
    prepay_share: Decimal,
    *,
    mode: DepositMode = DepositMode.offset,
    kind: CancelKind = CancelKind.customer,
    deposit_kept: Decimal | None = None,
) -> Settlement:
    """The deposit's share first, then the other payments' share; the rest goes back, what is missing is claimed.

    ``forfeit`` keeps the deposit's share (or less), and of a loss that is higher only what is above it. A company
    that cancels gives the deposit's share back twice (民法典 587).
    """
    paid = deposit_share + prepay_share
    held = ZERO
    if mode is DepositMode.forfeit:
        held = deposit_share if deposit_kept is None else min(deposit_kept, deposit_share)
    owed = max(compensation, held)
    kept = min(owed, paid)
    penalty = deposit_share if kind is CancelKind.company else ZERO
    return Settlement(kept, paid - kept, owed - kept, held, penalty)


def value_of(line_amount: Decimal, net: Decimal, qty: Decimal) -> Decimal:
    """The value of a part of a line."""
    return line_amount if qty == net else rounded(line_amount * qty / net)


def documented_cost(items: Iterable[tuple[bool, Decimal]]) -> Decimal:
    """Costs less salvage, given as (is salvage, amount)."""
    return sum((-amount if is_salvage else amount for is_salvage, amount in items), ZERO)


def change_fee(earlier: int, policy: Mapping[str, Decimal]) -> Decimal:
    """The fee of a change by the customer after so many earlier ones (domain/02, article 15: S1, S2)."""
    return ZERO if earlier < policy["chg.free_count"] else policy["chg.admin_fee"]


def needs_committee(
    before: Decimal,
    after: Decimal,
    new_reasons: Iterable[str],
    policy: Mapping[str, Decimal],
    *,
    approved: Decimal | None = None,
) -> bool:
    """Whether a change is approved anew: a tenth more, or a criterion that is newly met (domain/02, article 15(6)).

    ``approved`` is the total that was approved last: small changes since then add up. A change that adds nothing, or
    adds to what has become less, is measured by the total before it as well.
    """
    least = before if approved is None else min(before, approved)
    is_much = after > before and after - least >= percent_of(least, policy["chg.reapprove_pct"])
    return is_much or any(True for _ in new_reasons)


def is_within_award(award: Decimal, after: Decimal, policy: Mapping[str, Decimal]) -> bool:
    """Whether a government order stays within a tenth above its award (政府采购法 49)."""
    return after - award <= percent_of(award, policy["chg.government_pct"])
