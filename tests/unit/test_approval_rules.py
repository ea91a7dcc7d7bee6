"""Who decides what, who is heard, and what votes add up to (domain/06 6.2 to 6.4)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.services.approval import rules
from app.services.approval.rules import Ballot
from models.labels import ApprovalKind as K
from models.labels import ApprovalState as S
from models.labels import OpinionOf, VoteDecision
from models.policy import DEFAULTS

D = Decimal
POLICY = {code: D(text) for code, text in DEFAULTS.items()}
CHAIR = ("committee", "committee_lead")
PRODUCTION = ("committee", "production", "production_lead")
FINANCE = ("committee", "finance", "finance_lead")
LOGISTICS = ("committee", "logistics", "logistics_lead")
MEMBERS = 6


def ballots(*cast: tuple[str, tuple[str, ...]]) -> list[Ballot]:
    return [Ballot(VoteDecision(word), frozenset(roles)) for word, roles in cast]


@pytest.mark.parametrize(
    ("kind", "amount", "roles"),
    [
        (K.order_special, "1", ("committee",)),
        (K.refund, "5000", ("finance",)),
        (K.refund, "5000.01", ("finance_lead",)),
        (K.refund, "50000", ("finance_lead",)),
        (K.refund, "50000.01", ("committee",)),
        (K.goodwill, "200", ("customer_service",)),
        (K.goodwill, "2000", ("customer_service_lead",)),
        (K.goodwill, "20000", ("order_center_lead", "finance")),
        (K.goodwill, "20000.01", ("committee",)),
        (K.cancellation, "0", ("order_center_lead", "finance")),
        (K.cancellation, "0.01", ("committee",)),
        (K.exception_plan, "60000", ("committee",)),
        (K.concession, "0", ("production_lead",)),
        (K.write_off, "1", ("committee",)),
        (K.parameter, "0", ("committee",)),
        (K.customer_merge, "0", ("customer_service_lead",)),
        (K.data_export, "0", ("committee_lead",)),
    ],
)
def test_who_decides_when_asked_then_the_tier_of_the_amount(kind: K, amount: str, roles: tuple[str, ...]) -> None:
    assert rules.who_decides(kind, D(amount), POLICY) == roles


def test_tiers_when_listed_then_every_kind_has_an_end() -> None:
    assert set(rules.TIERS) == set(K)
    assert {tiers[-1].up_to for tiers in rules.TIERS.values()} == {None}


def test_opinions_when_several_flags_then_each_department_once() -> None:
    assert rules.opinions(["large", "F01", "F04", "F07"]) == [
        OpinionOf.finance, OpinionOf.production, OpinionOf.inspector, OpinionOf.order_center_lead,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "amount", "triggers", "cast", "outcome"),
    [
        (K.order_special, 60000, ["F04"], [("approve", LOGISTICS), ("approve", PRODUCTION)], S.approved),
        (K.order_special, 60000, ["F04"], [("approve", LOGISTICS)], None),
        (K.order_special, 60000, ["F01"], [("approve", LOGISTICS), ("approve", PRODUCTION)], None),
        (K.order_special, 60000, ["F01"], [("approve", LOGISTICS), ("approve", FINANCE)], S.approved),
        (K.order_special, 60000, ["F04"], [("approve", LOGISTICS), ("reject", FINANCE)], S.rejected),
        (K.order_special, 60000, ["F04"], [("approve", LOGISTICS), ("abstain", FINANCE)], None),
        (K.order_large, 160000, ["large"], [("approve", LOGISTICS), ("approve", FINANCE)], None),
        (K.order_large, 160000, ["large"], [("approve", LOGISTICS), ("approve", CHAIR)], S.approved),
        (K.order_large, 160000, ["large", "F02"], [("approve", LOGISTICS), ("approve", CHAIR)], None),
        (K.change, 160000, ["large"], [("approve", LOGISTICS), ("approve", FINANCE)], None),
        (K.order_special, 52800, ["F03"], [("approve", CHAIR), ("approve", PRODUCTION)], None),
        (
            K.order_special, 52800, ["F03"],
            [("approve", CHAIR), ("approve", PRODUCTION), ("approve", FINANCE)], S.approved,
        ),
        (
            K.order_special, 52800, ["F03"],
            [("approve", CHAIR), ("approve", LOGISTICS), ("approve", FINANCE)], None,
        ),
        (K.data_export, 0, [], [("approve", CHAIR)], S.approved),
    ],
)  # fmt: skip
def test_decision_when_voted_then_the_quorum_of_the_matter(
    kind: K, amount: int, triggers: list[str], cast: list[tuple[str, tuple[str, ...]]], outcome: S | None
) -> None:
    needed = rules.quorum(kind, D(amount), triggers, POLICY)
    assert rules.decision(ballots(*cast), needed, MEMBERS) is outcome


@pytest.mark.parametrize(
    ("ayes", "has_chair", "against", "outcome"),
    [
        (4, True, 0, S.approved),
        (4, False, 0, None),
        (3, True, 0, None),
        (4, True, 2, S.approved),
        (2, True, 3, S.rejected),
        (3, True, 2, None),
    ],
)
def test_decision_when_mega_then_a_majority_of_all_members_with_the_chair(
    ayes: int, has_chair: bool, against: int, outcome: S | None
) -> None:
    needed = rules.quorum(K.order_large, D(2_000_000), ["large", "F03"], POLICY)
    cast = [("approve", CHAIR if number == 0 and has_chair else LOGISTICS) for number in range(ayes)]
    cast += [("reject", FINANCE)] * against
    assert rules.decision(ballots(*cast), needed, MEMBERS) is outcome


@pytest.mark.parametrize(
    ("ayes", "abstained", "against", "outcome"),
    [(4, 2, 0, S.approved), (3, 2, 0, None), (3, 3, 0, S.rejected), (2, 1, 2, S.rejected), (0, 2, 0, None)],
)
def test_decision_when_members_of_a_mega_order_abstain_then_they_count_among_all_and_agree_with_nobody(
    ayes: int, abstained: int, against: int, outcome: S | None
) -> None:
    needed = rules.quorum(K.order_large, D(2_000_000), ["large"], POLICY)
    cast = [("approve", CHAIR if number == 0 else LOGISTICS) for number in range(ayes)]
    cast += [("abstain", FINANCE)] * abstained + [("reject", FINANCE)] * against
    assert rules.decision(ballots(*cast), needed, MEMBERS) is outcome


def test_decision_when_the_chair_rejects_a_mega_order_then_it_is_over() -> None:
    needed = rules.quorum(K.order_large, D(2_000_000), ["large"], POLICY)
    assert rules.decision(ballots(("reject", CHAIR)), needed, MEMBERS) is S.rejected
    assert not rules.is_mega(K.order_large, D("1999999.99"), POLICY)
    assert not rules.is_mega(K.refund, D(2_000_000), POLICY)


@pytest.mark.parametrize(
    ("amount", "triggers", "cast", "left", "lost"),
    [
        (2_000_000, ["large"], [("abstain", CHAIR)], [FINANCE, LOGISTICS], True),
        (2_000_000, ["large"], [("abstain", LOGISTICS)], [CHAIR], False),
        (160_000, ["large"], [("approve", FINANCE), ("approve", LOGISTICS)], [PRODUCTION], True),
        (160_000, ["large"], [("approve", FINANCE), ("approve", LOGISTICS)], [CHAIR], False),
        (52_800, ["F03"], [("approve", CHAIR), ("abstain", PRODUCTION)], [FINANCE, LOGISTICS], True),
        (60_000, ["F01"], [("abstain", FINANCE)], [CHAIR, LOGISTICS], True),
        (60_000, ["F01"], [("approve", FINANCE)], [LOGISTICS], False),
        (60_000, ["F04"], [("approve", FINANCE), ("abstain", LOGISTICS)], [], True),
    ],
)
def test_matter_when_whose_word_it_takes_has_no_vote_left_then_out_of_reach(
    amount: int,
    triggers: list[str],
    cast: list[tuple[str, tuple[str, ...]]],
    left: list[tuple[str, ...]],
    lost: bool,
) -> None:
    needed = rules.quorum(K.order_special, D(amount), triggers, POLICY)
    assert rules.is_out_of_reach(ballots(*cast), needed, map(frozenset, left)) is lost
