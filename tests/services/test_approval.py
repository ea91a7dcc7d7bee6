"""The committee: who is heard, who may vote, what decides, and what happens when nobody does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.approved import is_approved
from app.kernel.clocks import readings
from app.kernel.errors import ValidationFailedError
from app.services.approval.actions import Matter, ask, expire_due, remind_due, waited_for
from models.approval import Approval
from models.journal import Journal
from models.labels import ApprovalKind, ApprovalState, ConflictKind, OpinionOf, OrderState, VoteDecision
from models.talk import Notification
from tests.services.company import Company, found, moment
from tests.services.orders import CHECKS, ENTERED, REVIEWED, Goods, draft, refusal

D = Decimal
pytestmark = pytest.mark.stage("people")
ASKED = "2026-12-10 11:30"
PASSED = dict.fromkeys(CHECKS, "passed")


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def matter(company: Company, *triggers: str, when: str = ASKED, **values: Any) -> Approval:
    """A request about a record that has no workflow of its own."""
    given = {"kind": ApprovalKind.order_special, "entity": "thing", "entity_id": 1, "content_hash": "a" * 64, **values}
    with company.act("oc_wang", when) as ctx:
        return ask(ctx, Matter(triggers=triggers, **given))


def vote(company: Company, who: str, when: str, approval: Approval, decision: str = "approve") -> None:
    company.fire(who, when, approval, "vote", decision=decision, comment="见意见")


def test_vote_when_an_opinion_is_missing_then_refused_until_it_is_given(company: Company) -> None:
    approval = matter(company, "F01", "F10")
    assert [opinion.asked_of for opinion in approval.opinions] == [OpinionOf.finance, OpinionOf.logistics]
    assert refusal(company, "cm_zhang", ASKED, approval, "vote", decision="approve") == "opinions_missing"
    assert refusal(company, "pd_chen", ASKED, approval, "opine", text="可行") == "not_asked"
    company.fire("fi_zhou", ASKED, approval, "opine", text="折扣后毛利 18 %，可接受")
    assert refusal(company, "fi_sun", ASKED, approval, "opine", text="同意") == "not_asked"
    assert refusal(company, "cm_zhang", ASKED, approval, "vote", decision="approve") == "opinions_missing"
    company.fire("lg_liu", ASKED, approval, "opine", text="专线可到")
    vote(company, "cm_zhang", ASKED, approval)
    first = approval.opinions[0]
    assert (first.given_by_id, first.given_at, first.text) == (
        company.people["fi_zhou"].id, moment(ASKED), "折扣后毛利 18 %，可接受",
    )  # fmt: skip


def test_vote_when_finance_must_agree_then_two_others_do_not_decide(company: Company) -> None:
    approval = matter(company, "F01")
    company.fire("fi_zhou", ASKED, approval, "opine", text="可接受")
    vote(company, "cm_zhang", ASKED, approval)
    vote(company, "pd_he", ASKED, approval)
    assert approval.state is ApprovalState.pending
    vote(company, "fi_sun", ASKED, approval)
    assert approval.state is ApprovalState.approved
    assert approval.minutes_due_at is None


def test_vote_when_rush_then_three_named_members_within_twelve_hours_and_minutes(company: Company) -> None:
    approval = matter(company, "F03")
    assert (approval.is_rush, approval.due_at) == (True, moment("2026-12-10 23:30"))
    (reading,) = readings(company.context("system", ASKED), approval)
    assert (reading.due_at, reading.warn_at) == (moment("2026-12-10 23:30"), moment("2026-12-10 21:06"))
    company.fire("pd_he", "2026-12-10 14:00", approval, "opine", text="12-19/20 加班，材料有库存")
    for who in ("lg_gao", "cm_zhang", "pd_he"):
        vote(company, who, "2026-12-10 16:40", approval)
    assert approval.state is ApprovalState.pending
    vote(company, "fi_sun", "2026-12-10 16:40", approval)
    assert approval.state is ApprovalState.approved
    # Two working days of eight hours after Thursday 16:40: Monday 16:40.
    assert approval.minutes_due_at == moment("2026-12-14 16:40")
    company.fire("cm_zhang", "2026-12-11 09:00", approval, "write_minutes", minutes="同意加急，附加费 10 %")
    assert approval.minutes_at == moment("2026-12-11 09:00")
    code = refusal(company, "cm_zhang", "2026-12-11 09:01", approval, "write_minutes", minutes="再写")
    assert code == "no_minutes_due"


def test_vote_when_mega_then_a_majority_of_the_six_members_with_the_chair(company: Company) -> None:
    approval = matter(company, "large", kind=ApprovalKind.order_large, amount=D(2_000_000))
    for who in ("pd_he", "lg_gao", "cs_huang", "fi_sun"):
        vote(company, who, ASKED, approval)
    assert approval.state is ApprovalState.pending
    vote(company, "cm_zhang", ASKED, approval)
    assert approval.state is ApprovalState.approved
    assert [vote.is_chair for vote in approval.votes] == [False, False, False, False, True]


def test_vote_when_one_rejects_then_it_is_over_and_the_next_is_told(company: Company) -> None:
    approval = matter(company, "F04", "F11")
    for who in ("qc_sun", "oc_zhao"):
        company.fire(who, ASKED, approval, "opine", text="知悉")
    vote(company, "lg_gao", ASKED, approval, "reject")
    assert approval.state is ApprovalState.rejected
    assert refusal(company, "cm_zhang", ASKED, approval, "vote", decision="approve") == "step_not_open"


def test_s16_row_10_when_the_exception_is_of_his_department_then_he_abstains(company: Company) -> None:
    approval = matter(company, kind=ApprovalKind.exception_plan, judged_department="order_center")
    assert refusal(company, "oc_zhao", ASKED, approval, "vote", decision="approve") == "own_department"
    # What he may not decide he may leave to the others, in the file; once, as a vote.
    company.fire("oc_zhao", ASKED, approval, "abstain", conflict="own_department")
    assert refusal(company, "oc_zhao", ASKED, approval, "abstain", conflict="other") == "voted_already"
    for who in ("cm_zhang", "pd_he"):
        vote(company, who, ASKED, approval)
    assert approval.state is ApprovalState.approved
    assert [(each.decision, each.conflict) for each in approval.votes] == [
        (VoteDecision.abstain, ConflictKind.own_department),
        (VoteDecision.approve, None),
        (VoteDecision.approve, None),
    ]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("triggers", "values", "who"),
    [
        (["large"], {"kind": ApprovalKind.order_large, "amount": D(2_000_000)}, "cm_zhang"),
        (["large"], {"kind": ApprovalKind.order_large, "amount": D(160_000)}, "cm_zhang"),
        (["F03"], {}, "pd_he"),
        (["F05"], {}, "fi_sun"),
    ],
)
def test_abstention_when_the_only_one_whose_vote_it_takes_then_rejected_at_once_and_said_why(
    company: Company, triggers: list[str], values: dict[str, Any], who: str
) -> None:
    approval = matter(company, *triggers, **values)
    company.fire("lg_gao", ASKED, approval, "abstain", conflict="other")
    assert approval.state is ApprovalState.pending
    company.fire(who, ASKED, approval, "abstain", conflict="other")
    assert approval.state is ApprovalState.rejected
    (rejected,) = company.session.scalars(sa.select(Journal).where(Journal.action == "approval.reject"))
    assert str(rejected.reason).startswith("Rejected: of those whose approval it takes nobody has a vote left")


def test_abstention_when_said_by_vote_or_without_a_conflict_then_refused(company: Company) -> None:
    approval = matter(company)
    for step, data, field in (("vote", {"decision": "abstain"}, "decision"), ("abstain", {}, "conflict")):
        with pytest.raises(ValidationFailedError) as refused:
            company.fire("lg_gao", ASKED, approval, step, **data)
        assert list(refused.value.fields) == [field]
    company.fire("lg_gao", ASKED, approval, "abstain", conflict="related", comment="客户是亲属")
    assert refusal(company, "lg_gao", ASKED, approval, "vote", decision="approve") == "voted_already"
    vote(company, "cm_zhang", ASKED, approval)
    # Two votes are cast, and one agrees: it takes another that does.
    assert approval.state is ApprovalState.pending
    assert company.people["lg_gao"].id not in waited_for(company.context("system", ASKED), approval)
    vote(company, "pd_he", ASKED, approval)
    assert approval.state is ApprovalState.approved


def test_sweep_when_the_time_is_over_then_it_expires_and_returns_and_is_never_approved(company: Company) -> None:
    order = draft(company, Goods("TBL-MEET-24", 30, 5000))
    company.fire("oc_li", ENTERED, order, "submit")
    company.fire("oc_wang", REVIEWED, order, "escalate", **PASSED)
    (approval,) = order.approvals
    assert approval.due_at == moment(REVIEWED) + timedelta(hours=48)
    company.fire("pd_he", REVIEWED, approval, "vote", decision="approve")
    with company.act("system", "2026-11-25 10:59") as ctx:
        assert expire_due(ctx) == 0
    assert refusal(company, "cm_zhang", "2026-11-25 11:00", approval, "vote", decision="approve") == "overdue"
    with company.act("system", "2026-11-25 11:00") as ctx:
        assert (expire_due(ctx), expire_due(ctx)) == (1, 0)
    assert (approval.state, order.state) == (ApprovalState.expired, OrderState.pending_review)


def test_sweep_when_four_fifths_are_used_then_who_has_not_voted_is_reminded_once(company: Company) -> None:
    approval = matter(company, "large", kind=ApprovalKind.order_large, when="2026-11-23 10:00")
    vote(company, "pd_he", "2026-11-23 11:00", approval)
    with company.act("system", "2026-11-25 00:23") as ctx:
        assert remind_due(ctx) == 0
    with company.act("system", "2026-11-25 00:24") as ctx:
        assert (remind_due(ctx), remind_due(ctx)) == (1, 0)
    told = set(company.session.scalars(sa.select(Notification.user_id)))
    assert told == {company.people[who].id for who in ("oc_zhao", "lg_gao", "cs_huang", "fi_sun", "cm_zhang")}


def test_approval_when_content_is_other_then_it_does_not_hold(company: Company) -> None:
    approval = matter(company)
    for who in ("cm_zhang", "pd_he"):
        vote(company, who, ASKED, approval)
    ctx = company.context("oc_li", ASKED)
    assert is_approved(ctx, "thing", 1, "a" * 64)
    assert not is_approved(ctx, "thing", 1, "b" * 64)
    assert not is_approved(replace(ctx), "thing", 2, "a" * 64)
