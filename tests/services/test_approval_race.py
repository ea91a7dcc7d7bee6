"""Fifty people at one approval at the same instant: one decision, each vote once, and the others are told."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.errors import DomainError
from app.kernel.unit_of_work import unit_of_work
from models.approval import Approval, ApprovalVote
from models.journal import Journal
from models.labels import ApprovalState, OrderState
from tests.databases import Database
from tests.services.company import found, moment
from tests.services.orders import ENTERED, REVIEWED, Goods, draft

pytestmark = pytest.mark.stage("people")
THREADS = 50
MEMBERS = ("cm_zhang", "pd_he", "fi_sun", "lg_gao", "cs_huang")


def test_vote_when_fifty_at_once_then_one_decision_and_each_vote_once(session: Session, database: Database) -> None:
    company = found(session)
    order = draft(company, Goods("TBL-MEET-24", 30, 5000))
    company.fire("oc_li", ENTERED, order, "submit")
    company.fire("oc_wang", REVIEWED, order, "escalate")
    approval_id = order.approvals[0].id
    people = [company.people[MEMBERS[number % len(MEMBERS)]] for number in range(THREADS)]
    session.close()
    barrier = Barrier(THREADS)

    def cast(number: int) -> str:
        with Session(database.engine) as own:
            ctx = Context(own, replace(people[number]), moment(REVIEWED), "screen", policy=company.policy)
            barrier.wait()
            try:
                with unit_of_work(ctx):
                    fire(ctx, own.get_one(Approval, approval_id), "vote", {"decision": "approve"})
            except DomainError as error:
                return error.reason_code if str(error) else "no message"
            return "counted"

    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = Counter(pool.map(cast, range(THREADS)))

    with Session(database.engine) as after:
        approval = after.get_one(Approval, approval_id)
        votes = after.scalars(sa.select(ApprovalVote.member_id)).all()
        decisions = after.scalar(sa.select(sa.func.count()).where(Journal.action == "approval.approve"))
        passed_on = after.scalar(sa.select(sa.func.count()).where(Journal.action == "order.committee_approve"))
        assert (approval.state, approval.order.state) == (ApprovalState.approved, OrderState.approved)
        assert (decisions, passed_on) == (1, 1)
        assert len(votes) == len(set(votes)) == outcomes["counted"]
    # Who comes second is told that he has voted, who comes after the decision that it is over.
    assert set(outcomes) <= {"counted", "voted_already", "step_not_open"}
    assert sum(outcomes.values()) == THREADS
    assert outcomes["step_not_open"] > 0
