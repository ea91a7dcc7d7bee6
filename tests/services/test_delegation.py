"""Delegations: what they give, to whom, how long, and that whoever stands in is bound like the giver."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy.orm import Session

from app.cli.sweep import end_passed
from app.kernel.context import Actor
from app.kernel.errors import DomainError, PermissionDeniedError, ValidationFailedError
from app.security import departments as role
from app.security.actors import actor_of
from app.security.delegations import propose
from app.security.scope_defaults import delivered_scopes
from app.security.scopes import scope_of
from app.services.payment.refunds import record_refund
from app.services.privacy.reveal import reveal
from models.approval import ApprovalVote
from models.delegation import Delegation
from models.installation import Installation
from models.journal import Journal
from models.labels import DelegationState, OrderState
from models.payment import Refund
from tests.services.company import Company, found, moment, person
from tests.services.orders import ENTERED, REVIEWED, Goods, confirmed, draft, refusal, settled
from tests.services.test_duties import LARGE, PASSED, SOFA, D
from tests.web.person import newest

pytestmark = pytest.mark.stage("people")
MONDAY = date(2026, 11, 23)
AT = "2026-11-23 08:00"


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def user(company: Company, who: str) -> Any:
    return company.session.scalars(sa.select(User).where(User.username == who)).one()


def on(company: Company, who: str, day: date = MONDAY) -> Actor:
    """The person with everything that is his on a day."""
    actor = actor_of(user(company, who), company.session, day)
    company.session.commit()
    return actor


def proposed(company: Company, giver: str, deputy: str, by: str | Actor | None = None, **values: Any) -> Delegation:
    people = {"giver_id": company.people[giver].id, "deputy_id": company.people[deputy].id}
    days = {"begins_on": MONDAY, "ends_on": MONDAY + timedelta(days=4)}
    with company.act(by or giver, AT) as ctx:
        return propose(ctx, {**people, **days, "reason": "出差", **values})


def given(company: Company, giver: str, deputy: str, **values: Any) -> Delegation:
    """A delegation that the deputy has taken on."""
    delegation = proposed(company, giver, deputy, **values)
    company.fire(deputy, AT, delegation, "accept")
    return delegation


def test_delegation_when_in_force_then_rights_roles_and_fields_add_up_and_end_with_the_last_day(
    company: Company,
) -> None:
    given(company, "fi_sun", "fi_zhou", role=role.FINANCE_LEAD)
    before, on_monday, on_friday, after = (
        on(company, "fi_zhou", MONDAY + timedelta(days=days)) for days in (-1, 0, 4, 5)
    )
    assert [actor.may("refund.approve") for actor in (before, on_monday, on_friday, after)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert (before, after) == (company.people["fi_zhou"], company.people["fi_zhou"])
    assert (on_monday.fields["cost"], before.fields.get("cost")) == ("full", None)
    (held,) = on_monday.deputyships
    assert (held.giver_id, held.giver_name) == (company.people["fi_sun"].id, "孙正")
    assert (held.roles, held.until_on) == (frozenset({role.FINANCE_LEAD}), MONDAY + timedelta(days=4))
    # One role was passed on, not the committee's.
    assert not on_monday.may("approval.vote")
    assert "refund.approve" in on_monday.received
    assert "refund.add" not in on_monday.received


def test_delegation_when_not_accepted_declined_or_ended_then_it_gives_nothing(company: Company) -> None:
    delegation = proposed(company, "fi_sun", "fi_zhou")
    assert on(company, "fi_zhou").deputyships == ()
    company.fire("fi_zhou", AT, delegation, "accept")
    assert on(company, "fi_zhou").may("approval.vote")
    company.fire("fi_sun", AT, delegation, "end", reason="提前回来")
    assert on(company, "fi_zhou") == company.people["fi_zhou"]
    declined = proposed(company, "fi_sun", "fi_zhou")
    company.fire("fi_zhou", AT, declined, "decline", reason="休假")
    assert (declined.state, on(company, "fi_zhou").deputyships) == (DelegationState.withdrawn, ())


def test_delegation_when_the_giver_loses_role_or_account_then_the_deputy_does_at_once(company: Company) -> None:
    given(company, "fi_sun", "fi_zhou")
    giver = user(company, "fi_sun")
    giver.roles = [found for found in giver.roles if found.name != role.COMMITTEE]
    company.session.commit()
    assert not on(company, "fi_zhou").may("approval.vote")
    assert on(company, "fi_zhou").may("refund.approve")
    user(company, "fi_sun").active = False
    company.session.commit()
    assert on(company, "fi_zhou") == company.people["fi_zhou"]


@pytest.mark.parametrize(
    ("giver", "deputy", "values", "field"),
    [
        ("fi_sun", "fi_sun", {}, "deputy_id"),
        ("fi_sun", "ad_root", {}, "deputy_id"),
        ("fi_sun", "au_lin", {}, "deputy_id"),
        ("fi_sun", "fi_zhou", {"role": role.CASHIER}, "role"),
        ("fi_sun", "fi_zhou", {"role": role.ADMIN}, "role"),
        ("fi_sun", "fi_zhou", {"begins_on": MONDAY - timedelta(days=1)}, "begins_on"),
        ("fi_sun", "fi_zhou", {"ends_on": MONDAY - timedelta(days=1)}, "ends_on"),
        ("fi_sun", "fi_zhou", {"ends_on": MONDAY + timedelta(days=30)}, "ends_on"),
        ("ad_root", "fi_zhou", {}, "giver_id"),
        ("au_lin", "fi_zhou", {}, "giver_id"),
    ],
)
def test_delegation_when_it_must_not_be_then_refused_at_its_field(
    company: Company, giver: str, deputy: str, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        proposed(company, giver, deputy, **values)
    assert list(refused.value.fields) == [field]


def test_delegation_when_thirty_days_then_taken_and_the_parameter_sets_the_limit(company: Company) -> None:
    proposed(company, "fi_sun", "fi_zhou", ends_on=MONDAY + timedelta(days=29))
    strict = Company(company.session, company.people, {**company.policy, "duty.delegation_days": D(3)})
    with pytest.raises(ValidationFailedError):
        proposed(strict, "fi_sun", "fi_zhou")


def test_delegation_when_the_deputys_account_was_switched_off_then_refused(company: Company) -> None:
    user(company, "fi_zhou").active = False
    company.session.commit()
    with pytest.raises(ValidationFailedError):
        proposed(company, "fi_sun", "fi_zhou")


def test_delegation_when_received_then_it_is_not_passed_on(company: Company) -> None:
    given(company, "fi_sun", "fi_zhou")
    zhou = on(company, "fi_zhou")
    with pytest.raises(ValidationFailedError):
        proposed(company, "fi_zhou", "fi_qian", by=zhou, role=role.FINANCE_LEAD)
    # Nor by the right of a head that he only received.
    with pytest.raises(PermissionDeniedError):
        proposed(company, "fi_sun", "fi_qian", by=zhou)
    given(company, "fi_zhou", "cs_ma")
    assert on(company, "cs_ma").may("refund.add")
    assert not on(company, "cs_ma").may("refund.approve")


@pytest.mark.parametrize(
    ("by", "giver", "deputy", "allowed"),
    [
        ("fi_sun", "fi_zhou", "fi_qian", True),
        ("cm_zhang", "fi_zhou", "fi_qian", True),
        ("fi_sun", "fi_zhou", "fi_sun", False),
        ("cm_zhang", "fi_zhou", "cm_zhang", False),
        ("pd_he", "fi_zhou", "fi_qian", False),
        ("fi_qian", "fi_zhou", "cs_ma", False),
        ("ad_root", "fi_zhou", "fi_qian", False),
    ],
)
def test_delegation_when_given_for_somebody_else_then_by_his_head_or_the_chair_and_not_to_themselves(
    company: Company, by: str, giver: str, deputy: str, allowed: bool
) -> None:
    if allowed:
        delegation = proposed(company, giver, deputy, by=by)
        assert refusal(company, by, AT, delegation, "accept") == "not_the_deputy"
        assert refusal(company, giver, AT, delegation, "accept") == "not_the_deputy"
        company.fire(deputy, AT, delegation, "accept")
    else:
        with pytest.raises(PermissionDeniedError):
            proposed(company, giver, deputy, by=by)


def test_delegation_when_a_head_passes_on_roles_of_other_departments_then_refused(company: Company) -> None:
    xu = user(company, "lg_xu")
    names = ("logistics", "committee", "finance_lead")
    xu.roles = list(company.session.scalars(sa.select(Role).where(Role.name.in_(names))))
    company.session.commit()
    for role_code in (None, "committee", "finance_lead"):
        with pytest.raises(PermissionDeniedError):
            proposed(company, "lg_xu", "lg_liu", by="lg_gao", role=role_code)
    assert proposed(company, "lg_xu", "lg_liu", by="lg_gao", role="logistics").role_code == "logistics"
    assert proposed(company, "lg_xu", "lg_liu", by="cm_zhang").role_code is None


def test_delegation_when_a_third_person_ends_it_then_refused(company: Company) -> None:
    delegation = given(company, "fi_sun", "fi_zhou")
    assert refusal(company, "fi_qian", AT, delegation, "end", reason="x") == "not_the_giver"
    company.fire("fi_zhou", AT, delegation, "end", reason="x")


def test_delegation_when_its_days_have_passed_then_swept_and_no_longer_accepted(company: Company) -> None:
    running, waiting = given(company, "fi_sun", "fi_zhou"), proposed(company, "oc_zhao", "oc_wang")
    assert refusal(company, "oc_wang", "2026-11-28 00:00", waiting, "accept") == "delegation_over"
    with company.act("system", "2026-11-27 23:59") as ctx:
        assert end_passed(ctx) == 0
    with company.act("system", "2026-11-28 00:00") as ctx:
        assert end_passed(ctx) == 2
    assert {running.state, waiting.state} == {DelegationState.ended}


def test_deputy_when_he_becomes_administrator_then_he_holds_nothing_of_it(company: Company) -> None:
    given(company, "fi_sun", "fi_zhou")
    deputy = user(company, "fi_zhou")
    deputy.roles = [company.session.scalars(sa.select(Role).where(Role.name == role.ADMIN)).one()]
    company.session.commit()
    assert on(company, "fi_zhou").deputyships == ()


def test_act_when_it_needs_the_received_right_then_the_journal_says_for_whom_and_else_not(company: Company) -> None:
    order = settled(company, confirmed(company, SOFA))
    given(company, "fi_sun", "fi_zhou")
    zhou = on(company, "fi_zhou")
    with company.act("fi_qian", "2026-11-24 13:00") as ctx:
        refund = record_refund(ctx, {"order_id": order.id, "amount": D(10)})
    company.fire(zhou, "2026-11-24 14:00", refund, "approve")
    with company.act(zhou, "2026-11-24 15:00") as ctx:
        own = record_refund(ctx, {"order_id": order.id, "amount": D(10)})
    rows = company.session.execute(
        sa.select(Journal.action, Journal.actor_id, Journal.on_behalf_of_id)
        .where(Journal.entity == "refund")
        .order_by(Journal.id)
    ).all()
    sun, mine, cashier = (company.people[who].id for who in ("fi_sun", "fi_zhou", "fi_qian"))
    assert [tuple(row) for row in rows] == [
        ("refund.add", cashier, None), ("refund.approve", mine, sun), ("refund.add", mine, None),
    ]  # fmt: skip
    # His own record he approves neither for the giver nor otherwise, and the giver is bound by what he did for him.
    assert refusal(company, zhou, "2026-11-24 16:00", own, "approve") == "separation_of_duties"
    assert company.session.get_one(Refund, own.id).approved_by_id is None


def test_mask_when_lifted_with_the_received_right_then_the_journal_says_for_whom(company: Company) -> None:
    given(company, "cm_zhang", "pd_chen")
    with company.act(on(company, "pd_chen"), "2026-11-24 14:00") as ctx:
        reveal(ctx, person(company.session), "抽查十月投诉")
    entry = newest(company.session, Journal, Journal.action == "customer.reveal")
    assert (entry.actor_id, entry.on_behalf_of_id) == (company.people["pd_chen"].id, company.people["cm_zhang"].id)


def test_rule_16_when_the_giver_recorded_it_then_his_deputy_approves_with_no_right_at_all(company: Company) -> None:
    order = settled(company, confirmed(company, SOFA))
    with company.act("fi_zhou", "2026-11-24 13:00") as ctx:
        refund = record_refund(ctx, {"order_id": order.id, "amount": D(10)})
    given(company, "fi_zhou", "fi_sun", role=role.FINANCE)
    assert refusal(company, on(company, "fi_sun"), "2026-11-24 14:00", refund, "approve") == "separation_of_duties"
    # The delegation is over: he is himself again.
    company.fire(on(company, "fi_sun", MONDAY + timedelta(days=9)), "2026-12-02 14:00", refund, "approve")


def voting(company: Company) -> Any:
    """A large order before the committee: its approval."""
    order = draft(company, LARGE)
    company.fire("oc_li", ENTERED, order, "submit")
    company.fire("oc_wang", REVIEWED, order, "escalate", **PASSED)
    return order.approvals[0]


def test_vote_when_by_a_deputy_then_it_is_the_givers_and_neither_has_a_second_one(company: Company) -> None:
    approval = voting(company)
    given(company, "pd_he", "pd_chen", role=role.COMMITTEE)
    company.fire(on(company, "pd_chen"), REVIEWED, approval, "vote", decision="approve")
    (vote,) = company.session.scalars(sa.select(ApprovalVote)).all()
    assert (vote.member_id, vote.is_chair) == (company.people["pd_he"].id, False)
    for who in ("pd_he", on(company, "pd_chen")):
        assert refusal(company, who, REVIEWED, approval, "vote", decision="approve") == "voted_already"


def test_vote_when_a_member_stands_in_for_a_member_then_he_has_one(company: Company) -> None:
    approval = voting(company)
    given(company, "pd_he", "lg_gao", role=role.COMMITTEE)
    gao = on(company, "lg_gao")
    company.fire(gao, REVIEWED, approval, "vote", decision="approve")
    (vote,) = company.session.scalars(sa.select(ApprovalVote)).all()
    assert vote.member_id == gao.id
    assert refusal(company, gao, REVIEWED, approval, "vote", decision="approve") == "voted_already"


def test_vote_when_the_deputy_stands_in_for_the_chair_then_it_is_the_chairs(company: Company) -> None:
    approval = voting(company)
    company.fire("pd_he", REVIEWED, approval, "vote", decision="approve")
    given(company, "cm_zhang", "fi_sun")
    company.fire(on(company, "fi_sun"), REVIEWED, approval, "vote", decision="approve")
    votes = company.session.execute(sa.select(ApprovalVote.member_id, ApprovalVote.is_chair).order_by(ApprovalVote.id))
    assert [tuple(row) for row in votes] == [
        (company.people["pd_he"].id, False), (company.people["cm_zhang"].id, True),
    ]  # fmt: skip
    assert approval.order.state is OrderState.approved


def test_vote_when_the_giver_submitted_then_his_deputy_does_not(company: Company) -> None:
    approval = voting(company)
    given(company, "oc_wang", "cs_huang", role=role.ORDER_CENTER)
    code = refusal(company, on(company, "cs_huang"), REVIEWED, approval, "vote", decision="approve")
    assert code == "separation_of_duties"


def test_rows_when_the_deputy_stands_in_for_the_installer_then_he_sees_his_tasks_and_no_other(
    company: Company,
) -> None:
    order = confirmed(company, Goods("CHR-1", 1, needs_install=True))
    with company.act("system", AT) as ctx:
        slot = {"order_id": order.id, "slot_from": moment(AT), "slot_to": moment(AT)}
        for number, who in (("IT-1", "cs_wu"), ("IT-2", "lg_xu")):
            ctx.session.add(Installation(installation_no=number, installer_id=company.people[who].id, **slot))
    given(company, "cs_wu", "fi_qian")

    def seen(actor: Actor) -> list[str]:
        with company.act("system", AT):
            clause = scope_of("installation", actor)
        return list(company.session.scalars(sa.select(Installation.installation_no).where(clause)))

    deputy = on(company, "fi_qian")
    assert "installation.start" in deputy.received
    # Finance sees every installation anyway; the installer's role alone sees what is his.
    scopes = delivered_scopes(role.INSTALLER)
    alone = Actor(deputy.id, "", frozenset({role.INSTALLER}), scopes=scopes, deputyships=deputy.deputyships)
    assert seen(alone) == ["IT-1"]


def test_scope_when_delegations_are_listed_then_own_ones_the_departments_and_all_of_the_chair(company: Company) -> None:
    proposed(company, "fi_zhou", "cs_ma")
    proposed(company, "oc_li", "oc_wang")

    def seen(who: str) -> int:
        clause = scope_of("delegation", company.people[who])
        return len(company.session.scalars(sa.select(Delegation.id).where(clause)).all())

    people = ("fi_zhou", "cs_ma", "fi_sun", "oc_wang", "oc_zhao", "pd_he", "lg_liu", "cm_zhang", "au_lin", "ad_root")
    assert {who: seen(who) for who in people} == {
        "fi_zhou": 1, "cs_ma": 1, "fi_sun": 1, "oc_wang": 1, "oc_zhao": 1, "pd_he": 0, "lg_liu": 0, "cm_zhang": 2,
        "au_lin": 2, "ad_root": 0,
    }  # fmt: skip


def test_delegation_when_added_past_the_checks_then_the_table_refuses_oneself_and_backward_days(
    company: Company,
) -> None:
    who = company.people["fi_sun"].id
    rows = (
        {"giver_id": who, "deputy_id": who, "begins_on": MONDAY, "ends_on": MONDAY},
        {"giver_id": who, "deputy_id": 1, "begins_on": MONDAY, "ends_on": MONDAY - timedelta(days=1)},
    )
    for row in rows:
        with pytest.raises(DomainError), company.act("system", AT) as ctx:
            ctx.session.add(Delegation(delegation_no="DG-X", reason="x", **row))
    assert moment(AT).date() == MONDAY
