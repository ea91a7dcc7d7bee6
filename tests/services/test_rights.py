"""Rights of roles: read, changed, proposed and decided by a second administrator; what each change does at once."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy.orm import Session

from app.kernel.engine import fire
from app.kernel.errors import PermissionDeniedError, StepBlockedError, ValidationFailedError
from app.security import departments as role
from app.security.accounts import AccountError, check_account
from app.security.actors import actor_of
from app.security.decision import explain, holders
from app.security.powers import RightsError
from app.security.preview import preview_actor
from app.security.proposals import proposed
from app.security.rights import RoleRights, changes, delivered, rights_of_role, rights_of_roles, with_changes
from app.security.rolechanges import add_role, change_role, dangerous_roles, propose_roles
from app.security.scopes import SCOPES, names_of, scope_of
from models.access import RightsChange, RoleProfile
from models.base import Sensitivity
from models.customer import Customer
from models.journal import Journal
from models.labels import RightsChangeState
from models.order import Order
from tests.databases import Database
from tests.services.company import Company, found, person
from tests.web.person import newest, statements

NOW = "2026-11-25 09:00"
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def company(session: Session) -> Company:
    """The people with their rights."""
    return found(session)


def without(rights: RoleRights, *words: str) -> RoleRights:
    """The same less some rights."""
    return replace(rights, permissions=rights.permissions - set(words))


def adding(rights: RoleRights, *words: str) -> RoleRights:
    """The same with some more rights."""
    return replace(rights, permissions=rights.permissions | set(words))


def change(company: Company, code: str, after: RoleRights, who: str = "ad_sec") -> list[Any]:
    """Brings a role to ``after``, as one act."""
    with company.act(who, NOW) as ctx:
        return change_role(ctx, code, after, "because")


def actor(company: Company, username: str) -> Any:
    """The person as the next request finds him."""
    company.session.rollback()
    return actor_of(company.session.scalars(sa.select(User).where(User.username == username)).one(), company.session)


def test_role_when_set_up_then_exactly_as_delivered(company: Company) -> None:
    stored = rights_of_roles(company.session)
    assert set(role.ROLES) <= set(stored)
    assert {code: changes(delivered(code), stored[code]) for code in role.ROLES} == {code: [] for code in role.ROLES}


def test_harmless_change_when_made_then_in_force_with_the_next_request_and_journalled(company: Company) -> None:
    before = rights_of_role(company.session, role.PRODUCTION)
    after = replace(
        without(before, "order.list"),
        fields={**before.fields, Sensitivity.NAME: "hidden"},
        scopes={**before.scopes, "order": frozenset({"inspected"})},
    )
    made = change(company, role.PRODUCTION, after)
    assert [(c.kind, c.what, c.old, c.new, c.is_dangerous) for c in made] == [
        ("right", "order.list", "on", "off", False),
        ("field", "name", "masked", "hidden", False),
        ("scope", "order", "in_production", "inspected", False),
    ]
    chen = actor(company, "pd_chen")
    assert not chen.may("order.list")
    assert Sensitivity.NAME not in chen.fields
    assert chen.scopes["order"] == {"inspected"}
    columns = (Journal.action, Journal.changes, Journal.reason, Journal.actor_name)
    told = company.session.execute(
        sa.select(*columns).where(Journal.entity == "role", Journal.reason.is_not(None))
    ).all()
    assert sorted(told, key=lambda row: row[0]) == [
        ("role.fields", {"name": ["masked", "hidden"]}, "because", "安全"),
        ("role.revoke", {"order.list": ["on", "off"]}, "because", "安全"),
        ("role.scopes", {"order": ["in_production", "inspected"]}, "because", "安全"),
    ]


@pytest.mark.parametrize(
    ("code", "words", "fields"),
    [
        (role.ORDER_CENTER, ("customer.export",), {}),
        (role.CASHIER, ("payment.allocate",), {}),
        (role.LOGISTICS, (), {Sensitivity.BANK: "full"}),
        (role.FINANCE_LEAD, ("refund.execute",), {}),
        (role.COMMITTEE, ("order.review",), {}),
        (role.ORDER_CENTER, ("export_request.approve",), {}),
        (role.PRODUCTION, ("customer.report",), {}),
        (role.LOGISTICS, ("api_token.list",), {}),
    ],
)
def test_dangerous_change_when_made_then_waits_for_a_second_administrator(
    company: Company, code: str, words: tuple[str, ...], fields: dict[Sensitivity, str]
) -> None:
    before = rights_of_role(company.session, code)
    after = replace(adding(before, *words), fields={**before.fields, **fields})
    assert all(each.is_dangerous for each in change(company, code, after))
    assert rights_of_role(company.session, code) == before
    proposal = newest(company.session, RightsChange)
    assert [each.what for each in proposed(proposal)] == [*words, *(group.value for group in fields)]
    with pytest.raises(StepBlockedError, match="You proposed this change"):
        company.fire("ad_sec", NOW, proposal, "approve")
    company.fire("ad_root", NOW, proposal, "approve")
    assert changes(rights_of_role(company.session, code), after) == []
    assert (proposal.state, proposal.decided_by_id) == (RightsChangeState.applied, company.people["ad_root"].id)


@ONE_ENGINE
def test_proposal_when_the_role_changed_meanwhile_then_it_cannot_come_into_force(company: Company) -> None:
    before = rights_of_role(company.session, role.ORDER_CENTER)
    change(company, role.ORDER_CENTER, adding(before, "customer.export"))
    first = newest(company.session, RightsChange)
    change(company, role.ORDER_CENTER, adding(before, "customer.export"))
    company.fire("ad_root", NOW, first, "approve")
    with pytest.raises(StepBlockedError, match="have changed since"):
        company.fire("ad_root", NOW, newest(company.session, RightsChange), "approve")


@ONE_ENGINE
def test_proposal_when_refused_or_withdrawn_then_nothing_changes(company: Company) -> None:
    before = rights_of_role(company.session, role.ORDER_CENTER)
    for _ in range(2):
        change(company, role.ORDER_CENTER, adding(before, "customer.export"))
    latest = newest(company.session, RightsChange)
    with pytest.raises(StepBlockedError, match="Only the person who proposed"):
        company.fire("ad_root", NOW, latest, "withdraw")
    company.fire("ad_sec", NOW, latest, "withdraw")
    other = company.session.scalars(sa.select(RightsChange).where(RightsChange.state == "proposed")).one()
    company.fire("ad_root", NOW, other, "refuse", reason="not needed")
    assert rights_of_role(company.session, role.ORDER_CENTER) == before


@pytest.mark.parametrize(
    ("code", "gained", "lost"),
    [
        (role.FINANCE, ("user.edit",), ()),
        (role.ADMIN, ("role.edit",), ()),
        (role.SECURITY, ("journal.export",), ()),
        (role.ADMIN, ("order.confirm",), ()),
        (role.SECURITY, ("order.list",), ()),
        (role.AUDITOR, ("order.edit",), ()),
        (role.ORDER_CENTER, ("sign_in_link.add",), ()),
        (role.SECURITY, ("user.resetfactor",), ()),
        (role.ADMIN, (), ("user.edit",)),
        (role.SECURITY, (), ("rights_change.approve",)),
    ],
)
@ONE_ENGINE
def test_power_when_mixed_or_given_up_then_refused_by_everybody(
    company: Company, code: str, gained: tuple[str, ...], lost: tuple[str, ...]
) -> None:
    before = rights_of_role(company.session, code)
    with pytest.raises(RightsError):
        change(company, code, without(adding(before, *gained), *lost))
    assert rights_of_role(company.session, code) == before


@ONE_ENGINE
def test_own_role_when_changed_then_even_a_harmless_change_waits(company: Company) -> None:
    before = rights_of_role(company.session, role.SECURITY)
    change(company, role.SECURITY, without(before, "role.preview"))
    assert rights_of_role(company.session, role.SECURITY) == before
    company.fire("ad_root", NOW, newest(company.session, RightsChange), "approve")
    assert rights_of_role(company.session, role.SECURITY) == without(before, "role.preview")


@pytest.mark.parametrize(
    "after",
    [
        RoleRights(frozenset({"order.fly"})),
        RoleRights(fields={Sensitivity.PHONE: "half"}),
        RoleRights(scopes={"order": frozenset({"secret"})}),
        RoleRights(scopes={"made_up": frozenset({"all"})}),
    ],
)
@ONE_ENGINE
def test_right_when_it_does_not_exist_then_refused(company: Company, after: RoleRights) -> None:
    before = rights_of_role(company.session, role.INSTALLER)
    wanted = RoleRights(
        before.permissions | after.permissions, {**before.fields, **after.fields}, {**before.scopes, **after.scopes}
    )
    with pytest.raises(ValidationFailedError):
        change(company, role.INSTALLER, wanted)


def test_role_when_copied_then_works_for_a_person_who_holds_only_that(company: Company) -> None:
    with company.act("ad_sec", NOW) as ctx:
        add_role(ctx, " 夜班生产 ", role.PRODUCTION, role.PRODUCTION, "night shift")
    copied = company.session.scalars(sa.select(Role).where(Role.name == "夜班生产")).one()
    assert changes(rights_of_role(company.session, role.PRODUCTION), rights_of_role(company.session, "夜班生产")) == []
    chen = company.session.scalars(sa.select(User).where(User.username == "pd_chen")).one()
    chen.roles = [copied]
    company.session.commit()
    now = actor(company, "pd_chen")
    assert now.departments == {role.PRODUCTION}
    assert now.scopes["order"] == {"in_production"}
    assert now.may("production_task.release")


@pytest.mark.parametrize(
    ("name", "department", "copy_of", "error"),
    [
        ("", None, None, ValidationFailedError),
        ("x" * 65, None, None, ValidationFailedError),
        ("FINANCE", None, None, ValidationFailedError),
        ("a\nb", None, None, ValidationFailedError),
        ("night", "moon", None, ValidationFailedError),
        ("second admin", None, role.ADMIN, RightsError),
    ],
)
@ONE_ENGINE
def test_role_when_named_or_copied_wrongly_then_refused(
    company: Company, name: str, department: str | None, copy_of: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error), company.act("ad_sec", NOW) as ctx:
        add_role(ctx, name, department, copy_of, "why not")


@ONE_ENGINE
def test_roles_of_a_person_when_they_join_separated_acts_then_dangerous(company: Company) -> None:
    ctx = company.context("ad_root", NOW)
    assert dangerous_roles(ctx, {role.FINANCE}, {role.FINANCE, role.FINANCE_LEAD}) == {role.FINANCE_LEAD}
    assert dangerous_roles(ctx, {role.ORDER_CENTER}, {role.ORDER_CENTER, role.ORDER_CENTER_LEAD}) == set()
    assert dangerous_roles(ctx, set(), {role.AUDITOR}) == {role.AUDITOR}


def test_roles_of_a_person_when_decided_then_given_and_journalled(company: Company) -> None:
    user = company.session.scalars(sa.select(User).where(User.username == "fi_zhou")).one()
    with company.act("ad_root", NOW) as ctx:
        proposal = propose_roles(ctx, user, {role.FINANCE_LEAD}, "leads now")
    with pytest.raises(StepBlockedError):
        company.fire("ad_root", NOW, proposal, "approve")
    company.fire("ad_sec", NOW, proposal, "approve")
    assert actor(company, "fi_zhou").roles == {role.FINANCE, role.FINANCE_LEAD}
    told = newest(company.session, Journal, Journal.action == "user.edit")
    assert (told.entity_id, told.changes) == (user.id, {"roles": [["finance"], ["finance", "finance_lead"]]})


@ONE_ENGINE
def test_roles_of_a_person_when_two_proposals_would_join_business_and_administration_then_the_second_is_refused(
    company: Company,
) -> None:
    user = company.session.scalars(sa.select(User).where(User.username == "pd_chen")).one()
    user.roles = []
    company.session.commit()
    with company.act("ad_root", NOW) as ctx:
        first = propose_roles(ctx, user, {role.ADMIN}, "one")
        second = propose_roles(ctx, user, {role.INSPECTOR}, "two")
    company.fire("ad_sec", NOW, first, "approve")
    with pytest.raises(StepBlockedError, match="stands alone"):
        company.fire("ad_sec", NOW, second, "approve")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_administrators_when_two_switch_each_other_off_at_once_then_the_later_one_is_refused(
    company: Company, database: Database
) -> None:
    first = company.session.scalars(sa.select(User).where(User.username == "ad_root")).one()
    roles = list(first.roles)
    second = User(
        username="ad_two", first_name="二", last_name="王", email="two@zhidan.example", active=True, roles=roles
    )
    company.session.add(second)
    company.session.commit()
    ids, refused = (first.id, second.id), []

    def switch_off_the_second() -> None:
        with Session(database.engine) as session:
            try:
                check_account(session, ids[1], {role.ADMIN}, active=False)
            except AccountError as error:
                refused.append(str(error))

    with Session(database.engine) as session:
        check_account(session, ids[0], {role.ADMIN}, active=False)
        later = Thread(target=switch_off_the_second)
        later.start()
        later.join(0.5)
        assert later.is_alive()
        session.execute(sa.update(User).where(User.id == ids[0]).values(active=False))
        session.commit()
    later.join(10)
    assert len(refused) == 1


@ONE_ENGINE
def test_actor_when_loaded_then_by_one_statement(company: Company) -> None:
    user = company.session.scalars(sa.select(User).where(User.username == "oc_zhao")).one()
    with statements(company.session.get_bind()) as sent:
        assert actor_of(user, company.session).may("approval.vote")
    assert len(sent) == 1


@ONE_ENGINE
def test_scope_when_offered_then_its_rule_runs_for_every_name(company: Company) -> None:
    for entity in SCOPES:
        for name in names_of(entity):
            seen = replace(company.people["cs_wu"], scopes={entity: frozenset({name})})
            clause = scope_of(entity, seen)
            company.session.execute(sa.select(sa.literal(1)).where(clause)).all()


@ONE_ENGINE
def test_explanation_when_asked_then_says_role_rows_state_and_separation(company: Company) -> None:
    customer = person(company.session, "林晓雯")
    order = Order(order_no="SO-20261125-0001", customer_id=customer.id, received_at=company.context("oc_li", NOW).now)
    company.session.add(order)
    company.session.commit()
    ctx = company.context("ad_sec", NOW)
    li = company.people["oc_li"]
    answer = explain(ctx, li, "order.confirm", order)
    assert not answer.allowed
    assert [line.ok for line in answer.lines] == [True, True, True, False]
    assert not explain(ctx, company.people["pd_chen"], "order.confirm").allowed
    assert explain(ctx, company.people["oc_wang"], "order.list").allowed
    outside = explain(ctx, company.people["pd_chen"], "order.show", order)
    assert [line.ok for line in outside.lines] == [True, True, False]
    assert holders(company.session, "order.confirm") == [role.ORDER_CENTER]


@ONE_ENGINE
def test_preview_when_the_viewer_may_see_less_then_he_sees_no_more(company: Company) -> None:
    person(company.session, "林晓雯")
    company.session.commit()
    every = sa.select(sa.func.count()).select_from(Customer)
    for viewer, rows, phone in (("ad_sec", 0, "hidden"), ("au_lin", 1, "masked")):
        seen = preview_actor(company.session, company.people[viewer], role.ORDER_CENTER)
        assert company.session.scalar(every.where(scope_of("customer", seen))) == rows
        assert seen.fields[Sensitivity.PHONE] == phone
        assert seen.may("order.confirm")
        assert not seen.may("user.resetmypassword")


@ONE_ENGINE
def test_profile_when_missing_then_init_sets_the_role_up_again(company: Company, database: Any) -> None:
    before = rights_of_role(company.session, role.LOGISTICS)
    for profile in company.session.scalars(sa.select(RoleProfile)).all():
        company.session.delete(profile)
    company.session.commit()
    database.run("init")
    company.session.rollback()
    assert changes(before, with_changes(rights_of_role(company.session, role.LOGISTICS), [])) == []


def test_steps_when_taken_by_nobody_with_the_right_then_refused(company: Company) -> None:
    before = rights_of_role(company.session, role.ORDER_CENTER)
    change(company, role.ORDER_CENTER, adding(before, "customer.export"))
    proposal = newest(company.session, RightsChange)
    for who in ("oc_zhao", "au_lin", "fi_sun"):
        with pytest.raises(PermissionDeniedError), company.act(who, NOW) as ctx:
            fire(ctx, proposal, "approve", {})
