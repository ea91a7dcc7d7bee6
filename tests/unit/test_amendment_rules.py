"""Stages, compensation and deposit as tables: domain/02, article 15, and scenario S04."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.kernel.policy import number_of
from app.services.amendment import rules
from app.services.amendment.rules import Cancelled, LineFacts, Settlement, Work, stage_of
from models.labels import CancelKind, DepositMode, LineStage, Operation, OrderState, SupplyMode, TaskState
from models.policy import DEFAULTS

D = Decimal
S, State = LineStage, OrderState
STOCK, MADE, CUSTOM = SupplyMode.stock, SupplyMode.make_to_order, SupplyMode.custom
POLICY = {code: number for code, text in DEFAULTS.items() if (number := number_of(text)) is not None}


def facts(supply: SupplyMode, *work: Work, order: OrderState = State.confirmed, **numbers: int) -> LineFacts:
    return LineFacts(order, supply, D(numbers.pop("net", 2)), work=work, **{name: D(n) for name, n in numbers.items()})


def at(*operations: Operation, state: TaskState = TaskState.in_progress) -> Work:
    return Work(state, operations=frozenset(operations))


@pytest.mark.parametrize(
    ("told", "stage"),
    [
        (facts(CUSTOM, order=State.draft), S.s0),
        (facts(CUSTOM, order=State.pending_review), S.s0),
        (facts(CUSTOM, order=State.approved), S.s0),
        (facts(CUSTOM), S.s1),
        (facts(CUSTOM, Work(TaskState.planned)), S.s1),
        (facts(CUSTOM, Work(TaskState.planned, is_material_ready=True)), S.s2),
        (facts(CUSTOM, Work(TaskState.released)), S.s2),
        (facts(CUSTOM, Work(TaskState.in_progress)), S.s2),
        (facts(CUSTOM, at(Operation.order_splitting, Operation.material)), S.s2),
        (facts(CUSTOM, at(Operation.cutting)), S.s3_cut),
        (facts(CUSTOM, at(Operation.cutting, Operation.drilling)), S.s3_cut),
        (facts(CUSTOM, at(Operation.cutting, Operation.assembly)), S.s3_assembled),
        (facts(CUSTOM, at(Operation.assembly, Operation.sanding)), S.s3_finished),
        (facts(CUSTOM, at(Operation.upholstery)), S.s3_finished),
        (facts(CUSTOM, at(Operation.finishing, Operation.packing)), S.s3_packed),
        (facts(CUSTOM, at(Operation.cutting), at(Operation.assembly)), S.s3_assembled),
        (facts(CUSTOM, at(Operation.packing), produced=1), S.s3_packed),
        (facts(CUSTOM, at(Operation.packing), produced=2), S.s4),
        (facts(CUSTOM, at(Operation.packing), produced=2, gone=1), S.s4),
        (facts(CUSTOM, at(Operation.cutting), produced=1, gone=1), S.s3_cut),
        (facts(CUSTOM, produced=2, gone=2), S.s5),
        (facts(MADE, at(Operation.cutting)), S.s3_cut),
        (facts(STOCK), S.s1),
        (facts(STOCK, passed=1), S.s1),
        (facts(STOCK, passed=2), S.s4),
        (facts(STOCK, passed=2, gone=2), S.s5),
    ],
)
def test_stage_when_told_what_happened_to_a_line_then_the_furthest_counts(told: LineFacts, stage: LineStage) -> None:
    assert stage_of(told) is stage


@pytest.mark.parametrize(
    ("stage", "custom", "standard"),
    [
        (S.s0, 0, 0),
        (S.s1, 300, 0),
        (S.s2, 1200, 0),
        (S.s3_cut, 1800, 600),
        (S.s3_assembled, 3000, 600),
        (S.s3_finished, 4200, 600),
        (S.s3_packed, 5400, 600),
        (S.s4, 6000, 600),
        (S.s5, 0, 0),
    ],
)
def test_charge_when_a_line_of_6000_is_cancelled_then_cap_and_handling_follow_its_stage(
    stage: LineStage, custom: int, standard: int
) -> None:
    made = rules.charge([Cancelled(D(6000), CUSTOM, stage)], D(99999), POLICY)
    bought = rules.charge([Cancelled(D(6000), MADE, stage)], D(0), POLICY)
    assert (made.cap, made.compensation, made.handling) == (custom, custom, 0)
    assert (bought.cap, bought.compensation, bought.handling) == (0, standard, standard)


@pytest.mark.parametrize(
    ("documented", "kind", "is_above_cap", "due"),
    [
        (1700, CancelKind.customer, False, 1700),
        (2400, CancelKind.customer, False, 1800),
        (2400, CancelKind.customer, True, 2400),
        (-50, CancelKind.customer, False, 0),
        (1700, CancelKind.company, False, 0),
        (1700, CancelKind.force_majeure, False, 0),
    ],
)
def test_charge_when_costs_are_documented_then_the_cap_holds_unless_it_was_lifted(
    documented: int, kind: CancelKind, is_above_cap: bool, due: int
) -> None:
    line = Cancelled(D(6000), CUSTOM, S.s3_cut)
    found = rules.charge([line], D(documented), POLICY, kind=kind, is_above_cap=is_above_cap)
    assert found.compensation == due


def test_cost_sheet_when_there_is_salvage_then_it_is_taken_off() -> None:
    items = [(False, D(1260)), (False, D(420)), (False, D(150)), (True, D(130))]
    assert rules.documented_cost(items) == D(1700)


@pytest.mark.parametrize(
    ("compensation", "mode", "kind", "kept", "settled"),
    [
        (1700, DepositMode.offset, CancelKind.customer, None, Settlement(D(1700), D(1300), D(0))),
        (0, DepositMode.offset, CancelKind.customer, None, Settlement(D(0), D(3000), D(0))),
        (3500, DepositMode.offset, CancelKind.customer, None, Settlement(D(3000), D(0), D(500))),
        (1700, DepositMode.forfeit, CancelKind.customer, None, Settlement(D(1700), D(1300), D(0), D(1200))),
        (500, DepositMode.forfeit, CancelKind.customer, None, Settlement(D(1200), D(1800), D(0), D(1200))),
        (500, DepositMode.forfeit, CancelKind.customer, D(800), Settlement(D(800), D(2200), D(0), D(800))),
        (0, DepositMode.offset, CancelKind.company, None, Settlement(D(0), D(3000), D(0), penalty=D(1200))),
    ],
)
def test_settlement_when_1200_of_deposit_and_1800_were_paid_then_the_rest_goes_back(
    compensation: int, mode: DepositMode, kind: CancelKind, kept: Decimal | None, settled: Settlement
) -> None:
    assert rules.settle(D(compensation), D(1200), D(1800), mode=mode, kind=kind, deposit_kept=kept) == settled


@pytest.mark.parametrize(("earlier", "fee"), [(0, "0"), (1, "200.00"), (2, "200.00")])
def test_fee_when_the_customer_changes_again_then_only_the_first_is_free(earlier: int, fee: str) -> None:
    assert rules.change_fee(earlier, POLICY) == D(fee)


@pytest.mark.parametrize(
    ("after", "reasons", "asked"),
    [
        (1099, (), False),
        (1100, (), True),
        (900, (), False),
        (1000, ("F01",), True),
        (1000, ("large",), True),
    ],
)
def test_committee_when_a_change_adds_a_tenth_or_meets_a_criterion_then_it_is_asked(
    after: int, reasons: tuple[str, ...], asked: bool
) -> None:
    assert rules.needs_committee(D(1000), D(after), reasons, POLICY) is asked


@pytest.mark.parametrize(("sets", "allowed"), [(80, False), (75, True)])
def test_government_when_more_sets_are_wanted_then_a_tenth_of_the_contract_is_the_limit(
    sets: int, allowed: bool
) -> None:
    award = D(289800)
    assert rules.is_within_award(award, award + sets * D(385), POLICY) is allowed
