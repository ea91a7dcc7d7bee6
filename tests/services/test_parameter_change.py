"""Parameters of the regulation are changed by two people, from tomorrow, within what law and regulation leave."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.cli.init import add_parameters
from app.kernel.clocks import readings
from app.kernel.errors import DomainError, PermissionDeniedError, ValidationFailedError
from app.kernel.policy import limit_on, read_policy
from app.services.policy.actions import apply_due, propose
from models.journal import Journal
from models.labels import ParameterChangeState
from models.parameter_change import ParameterChange
from models.policy import DEFAULTS, PolicyParameter
from models.policy_bounds import BOUNDS
from tests.services.company import Company, found, moment
from tests.services.orders import ENTERED, Goods, draft, refusal

MONDAY, TUESDAY, WEDNESDAY = (date(2026, 11, day) for day in (23, 24, 25))
AT = "2026-11-23 10:00"


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def parameter(company: Company, code: str) -> PolicyParameter:
    with company.act("system", AT) as ctx:
        add_parameters(ctx)
        return ctx.session.scalars(sa.select(PolicyParameter).where(PolicyParameter.code == code)).one()


def proposed(company: Company, who: str, code: str, value: str, **values: Any) -> ParameterChange:
    target = parameter(company, code)
    with company.act(who, AT) as ctx:
        return propose(ctx, {"parameter_id": target.id, "new_value": value, "reason": "旺季", **values})


def test_s16_11_when_the_head_proposes_then_another_member_approves_and_it_holds_from_tomorrow(
    company: Company,
) -> None:
    change = proposed(company, "pd_he", "sla.E2.limit", "12")
    assert (change.old_value, change.effective_on) == ("24", TUESDAY)
    assert refusal(company, "pd_he", AT, change, "approve") == "separation_of_duties"
    assert refusal(company, "pd_he", AT, change, "refuse", reason="x") == "separation_of_duties"
    company.fire("fi_sun", AT, change, "approve")
    session = company.session
    assert [read_policy(session, day)["sla.E2.limit"] for day in (MONDAY, TUESDAY)] == [24, 12]
    # Nobody has written it into the table yet: reading knows it before.
    with company.act("system", "2026-11-23 23:59") as ctx:
        assert apply_due(ctx) == 0
    with company.act("system", "2026-11-24 00:00") as ctx:
        assert apply_due(ctx) == 1
        assert apply_due(ctx) == 0
    assert (change.state, change.parameter.value) == (ParameterChangeState.applied, "12")
    assert [read_policy(session, day)["sla.E2.limit"] for day in (TUESDAY, WEDNESDAY)] == [12, 12]


def test_clock_when_it_runs_already_then_it_keeps_the_old_value(company: Company) -> None:
    early, late = "2026-11-23 10:00", "2026-11-24 10:00"
    order = draft(company, Goods("CHR-1", 1))
    change = proposed(company, "oc_zhao", "sla.E2.limit", "12")
    company.fire("cm_zhang", AT, change, "approve")
    company.fire("oc_li", ENTERED, order, "submit")
    with company.act("system", "2026-11-24 00:00") as ctx:
        apply_due(ctx)
    policy = read_policy(company.session, WEDNESDAY)
    assert [limit_on(policy, "sla.E2.limit", moment(when)) for when in (early, late)] == [24, 12]
    now = Company(company.session, company.people, policy).context("oc_wang", "2026-11-25 10:00")
    (reading,) = [found for found in readings(now, order) if found.clock.code == "E2"]
    assert reading.due_at == moment("2026-11-24 10:00")


def test_values_when_changed_twice_then_each_day_has_its_own(company: Company) -> None:
    for value, day in (("20", TUESDAY), ("16", WEDNESDAY)):
        change = proposed(company, "oc_zhao", "sla.E2.limit", value, effective_on=day)
        company.fire("cm_zhang", AT, change, "approve")
    with company.act("system", "2026-11-25 08:00") as ctx:
        assert apply_due(ctx) == 2
    policy = read_policy(company.session, WEDNESDAY)
    assert [limit_on(policy, "sla.E2.limit", moment(f"2026-11-{day} 12:00")) for day in (23, 24, 25)] == [24, 20, 16]


@pytest.mark.parametrize("who", ["oc_li", "fi_zhou", "ad_root", "au_lin", "cs_wu"])
def test_change_when_decided_by_somebody_outside_of_the_committee_then_refused(company: Company, who: str) -> None:
    change = proposed(company, "oc_zhao", "sla.E2.limit", "12")
    assert refusal(company, who, AT, change, "approve") == "permission_denied"


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("sla.E1.limit", "25"),
        ("sla.E4.limit", "48.5"),
        ("pay.deposit_cap_pct", "20.01"),
        ("return.window_days", "6"),
        ("refund.hard_days", "16"),
        ("duty.account_cooling_hours", "23"),
        ("appr.large.retail", "0"),
        ("sla.E2.limit", "24小时"),
        ("sla.E2.limit", "NaN"),
        ("sla.E2.limit", "-1"),
        ("sla.E2.limit", "24"),
    ],
)
def test_change_when_beyond_the_bounds_no_number_or_none_at_all_then_refused(
    company: Company, code: str, value: str
) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        proposed(company, "oc_zhao", code, value)
    assert list(refused.value.fields) == ["new_value"]


@pytest.mark.parametrize(
    ("code", "value"), [("sla.E1.limit", "24"), ("sla.E1.limit", "1"), ("return.window_days", "15")]
)
def test_change_when_at_the_bound_then_taken_unless_it_is_the_present_value(
    company: Company, code: str, value: str
) -> None:
    if DEFAULTS[code] == value:
        with pytest.raises(ValidationFailedError):
            proposed(company, "oc_zhao", code, value)
    else:
        assert proposed(company, "oc_zhao", code, value).new_value == value


def test_bounds_when_read_then_every_delivered_value_lies_within_its_own() -> None:
    assert set(BOUNDS) <= set(DEFAULTS)
    assert {code for code, (least, most) in BOUNDS.items() if not least <= type(least)(DEFAULTS[code]) <= most} == set()


def test_change_when_meant_for_today_then_refused_and_approved_late_then_from_tomorrow(company: Company) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        proposed(company, "oc_zhao", "sla.E2.limit", "12", effective_on=MONDAY)
    assert list(refused.value.fields) == ["effective_on"]
    change = proposed(company, "oc_zhao", "sla.E2.limit", "12", effective_on=TUESDAY)
    company.fire("cm_zhang", "2026-11-24 09:00", change, "approve")
    assert change.effective_on == WEDNESDAY


def test_change_when_withdrawn_then_by_who_proposed_it_and_it_never_holds(company: Company) -> None:
    change = proposed(company, "oc_zhao", "sla.E2.limit", "12")
    company.fire("cm_zhang", AT, change, "approve")
    assert refusal(company, "pd_he", AT, change, "withdraw", reason="x") == "not_the_proposer"
    company.fire("oc_zhao", AT, change, "withdraw", reason="x")
    assert read_policy(company.session, TUESDAY)["sla.E2.limit"] == 24


def test_parameter_when_changed_then_the_journal_tells_old_and_new_at_both_records(company: Company) -> None:
    change = proposed(company, "oc_zhao", "sla.E2.limit", "12")
    company.fire("cm_zhang", AT, change, "approve")
    with company.act("system", "2026-11-24 00:00") as ctx:
        apply_due(ctx)
    edited = (Journal.action == "policy_parameter.edit", Journal.entity_id == change.parameter_id)
    row = company.session.scalars(sa.select(Journal).where(*edited)).one()
    assert row.changes == {"value": ["24", "12"]}


def test_proposal_when_by_no_head_then_the_right_is_missing(company: Company) -> None:
    assert not company.people["oc_li"].may("parameter_change.add")
    assert company.people["oc_zhao"].may("parameter_change.add")
    for who in company.people.values():
        assert not who.may("policy_parameter.edit"), who.name
    with pytest.raises((PermissionDeniedError, DomainError)):
        company.fire("oc_li", AT, proposed(company, "oc_zhao", "sla.E2.limit", "12"), "withdraw", reason="x")
