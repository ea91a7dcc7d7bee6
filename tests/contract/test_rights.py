"""The delivered rights: complete, known to the screens, and right in what domain/09 insists on."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from app.kernel.context import SYSTEM
from app.kernel.workflow import all_workflows
from app.security import departments as role
from app.security.field_policy import FIELD_ACCESS, best_of, delivered_fields
from app.security.grants import EVERYBODY, GRANTS, granted
from app.security.installation import rights_of
from app.security.matrix import rights_page
from app.security.naming import dotted
from app.security.powers import POWERS, READING, TECHNICAL_SUBJECTS
from app.security.scopes import SCOPES, scope_of
from models.base import Sensitivity
from views.base import ENTITIES


def fields_of(codes: list[str]) -> dict[Sensitivity, str]:
    """The best access that delivered roles give together."""
    return best_of((group, level) for code in codes for group, level in delivered_fields(code).items())


ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PLAIN = {"list", "show", "add", "edit", "export", "import"}


def rights(*codes: str) -> set[str]:
    """What somebody with these roles may do, as delivered."""
    return {f"{entity}.{word}" for code in codes for entity, word in granted(code)}


def offered(app: Flask) -> set[str]:
    """Every right that a registered screen or API asks for."""
    with app.app_context():
        return {dotted(*right) for right in rights_of(app.extensions["appbuilder"].baseviews)}


@ONE_ENGINE
def test_grant_when_delivered_then_a_screen_asks_for_it(app: Flask) -> None:
    assert rights(*role.ROLES) - offered(app) == set()


@ONE_ENGINE
def test_right_when_a_screen_asks_for_it_then_somebody_has_it(app: Flask) -> None:
    # The framework's own menu as JSON is nobody's. Every list can be exported; who may is domain/09 9.1's "X" only,
    # the rest is for administrators to grant.
    left = offered(app) - rights(*role.ROLES)
    assert {right for right in left if not right.endswith(".export")} == {"MenuApi.get"}


@ONE_ENGINE
def test_export_when_delivered_then_held_by_whom_the_permission_matrix_marks(app: Flask) -> None:
    held = {
        code: sorted(right.removesuffix(".export") for right in rights(code) if right.endswith(".export"))
        for code in role.ROLES
    }
    assert {code: found for code, found in held.items() if found} == {
        role.COMMITTEE: ["order", "order_fee", "order_line"],
        role.ORDER_CENTER_LEAD: ["customer", "order", "order_fee", "order_line"],
        role.PRODUCTION_LEAD: ["production_task"],
        role.LOGISTICS_LEAD: ["delivery_receipt", "package", "shipment", "shipment_line"],
        role.CUSTOMER_SERVICE_LEAD: ["customer", "service_ticket"],
        role.FINANCE: ["guarantee", "invoice", "late_claim", "payment", "payment_allocation", "payment_schedule"],
        role.AUDITOR: ["export_log", "journal"],
    }
    assert {f"{name}.export" for name in ENTITIES} <= offered(app)


@ONE_ENGINE
def test_step_when_declared_then_granted_or_fired_by_the_system_only(app: Flask) -> None:
    needed = {workflow.permission(step) for workflow in all_workflows() for step in workflow.steps}
    assert needed - {None} - rights(*role.ROLES) == set()


def test_role_when_delivered_then_has_grants_and_field_policy_decided() -> None:
    assert set(GRANTS) == set(role.ROLES)
    leads = {code for code, found in role.ROLES.items() if found.is_lead}
    # A lead adds to the department role; those whose lead sees no more need no line.
    assert set(role.ROLES) - set(FIELD_ACCESS) <= leads


def test_everybody_when_signed_in_then_only_his_own_account() -> None:
    assert EVERYBODY == {"account": "own", "api_token": "own", "sign_in_link": "own", "saved_list": "own"}


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        (role.PRODUCTION, {"order.confirm", "order.review", "order.edit", "payment.list", "order_fee.list"}),
        (role.PRODUCTION, {"inspection.accept", "inspection.reject", "confirmation_letter.show", "customer.show"}),
        (role.LOGISTICS, {"payment.list", "order.edit", "order.confirm", "order_fee.list", "production_task.start"}),
        (role.FINANCE, {"order.edit", "order_line.edit", "production_task.edit", "shipment.edit", "refund.execute"}),
        (role.FINANCE, {"refund.approve", "payment.add"}),
        (role.CASHIER, {"refund.approve", "refund.add"}),
        (role.ORDER_CENTER, {"payment.add", "payment.allocate", "refund.add", "invoice.issue", "approval.vote"}),
        (role.CUSTOMER_SERVICE, {"order.edit", "order.review", "payment.list", "refund.approve", "invoice.issue"}),
        (role.INSTALLER, {"customer.list", "customer.show", "payment_schedule.list", "service_ticket.list"}),
        (role.COMMITTEE, {"order.edit", "order.review", "order.confirm", "payment.add", "refund.execute"}),
        (role.AUDITOR, {"order.add", "order.edit", "customer.edit", "payment.add", "journal.edit"}),
    ],
)  # fmt: skip
def test_department_when_it_is_another_ones_work_then_refused(code: str, refused: set[str]) -> None:
    assert rights(code) & refused == set()


@pytest.mark.parametrize(
    ("code", "held"),
    [
        (role.COMMITTEE, {"approval.vote", "order.list", "payment.list", "journal.show"}),
        (role.ORDER_CENTER, {"order.submit", "order.review", "order.confirm", "customer.edit", "inbox_item.enter"}),
        (role.PRODUCTION, {"production_task.release", "production_task.report", "product.edit"}),
        (role.INSPECTOR, {"inspection.accept", "inspection.reject"}),
        (role.LOGISTICS, {"shipment.add", "shipment.dispatch", "shipment.deliver", "package.load", "stock.edit"}),
        (role.CUSTOMER_SERVICE, {"installation.schedule", "acceptance.sign", "service_ticket.close", "refund.add"}),
        (role.INSTALLER, {"installation.start", "installation.finish", "acceptance.sign"}),
        (role.FINANCE, {"payment.allocate", "refund.add", "invoice.issue", "payment_schedule.edit"}),
        (role.FINANCE_LEAD, {"refund.approve"}),
        (role.CASHIER, {"payment.add", "refund.execute"}),
        (role.ADMIN, {"user.edit", "rights_change.approve", "calendar_day.edit"}),
        (role.SECURITY, {"role.edit", "role.add", "rights_change.approve"}),
    ],
)
def test_department_when_it_is_its_own_work_then_allowed(code: str, held: set[str]) -> None:
    assert held - rights(code) == set()


@ONE_ENGINE
def test_admin_when_looking_for_business_then_finds_none(app: Flask) -> None:
    workflows = [workflow for workflow in all_workflows() if workflow.name not in TECHNICAL_SUBJECTS]
    steps = {workflow.permission(step) for workflow in workflows for step in workflow.steps}
    assert (rights(role.ADMIN) | rights(role.SECURITY)) & steps == set()
    assert {right.split(".")[0] for right in rights(role.ADMIN)} == {
        "account", "api_token", "calendar_day", "journal", "policy_parameter", "rights_change", "role",
        "saved_list", "sign_in_link", "user",
    }  # fmt: skip
    assert fields_of([role.ADMIN]) == {}


def test_auditor_when_delivered_then_reads_only() -> None:
    words = {word for entity, word in granted(role.AUDITOR) if entity not in EVERYBODY}
    # Lifting a mask and giving a report change nothing; both are written down.
    assert words - {right for entity, right in granted(role.AUDITOR) if entity == "chart"} <= READING


def test_power_when_delivered_then_in_the_hands_of_one_role() -> None:
    """SECURITY.md: no role holds two of the three powers."""
    for holder, power in POWERS.items():
        assert {code for code in role.ROLES if rights(code) & power} <= {holder}
    assert rights(role.ADMIN) & POWERS[role.ADMIN] == POWERS[role.ADMIN]
    assert rights(role.SECURITY) & POWERS[role.SECURITY] == POWERS[role.SECURITY]


@pytest.mark.parametrize(
    ("codes", "group", "level"),
    [
        ([role.PRODUCTION], Sensitivity.PHONE, None),
        ([role.PRODUCTION], Sensitivity.ADDRESS, None),
        ([role.PRODUCTION], Sensitivity.PRICE, None),
        ([role.PRODUCTION], Sensitivity.COST, None),
        ([role.PRODUCTION], Sensitivity.NAME, "masked"),
        ([role.PRODUCTION], Sensitivity.CITY, "full"),
        ([role.LOGISTICS], Sensitivity.PRICE, None),
        ([role.LOGISTICS], Sensitivity.PHONE, "window"),
        ([role.INSTALLER], Sensitivity.DOOR, "window"),
        ([role.INSTALLER], Sensitivity.PRICE, None),
        ([role.CUSTOMER_SERVICE], Sensitivity.DOOR, None),
        ([role.CUSTOMER_SERVICE], Sensitivity.COST, None),
        ([role.ORDER_CENTER], Sensitivity.COST, None),
        ([role.ORDER_CENTER], Sensitivity.BANK, "masked"),
        ([role.FINANCE], Sensitivity.PHONE, "masked"),
        ([role.FINANCE], Sensitivity.ADDRESS, None),
        ([role.FINANCE], Sensitivity.COST, None),
        ([role.FINANCE, role.FINANCE_LEAD], Sensitivity.COST, "full"),
        ([role.COMMITTEE], Sensitivity.PHONE, "masked"),
        ([role.COMMITTEE], Sensitivity.COST, "full"),
        ([role.AUDITOR], Sensitivity.NAME, "masked"),
        ([role.AUDITOR], Sensitivity.DOOR, None),
        (["made up by an administrator"], Sensitivity.CITY, None),
    ],
)
def test_field_when_seen_by_a_role_then_as_domain_09_says(
    codes: list[str], group: Sensitivity, level: str | None
) -> None:
    assert fields_of(codes).get(group) == level


def test_field_when_roles_differ_then_the_best_counts() -> None:
    assert fields_of([role.PRODUCTION, role.ORDER_CENTER])[Sensitivity.NAME] == "full"


@ONE_ENGINE
def test_scope_when_an_entity_has_a_screen_then_declared(app: Flask) -> None:
    assert set(ENTITIES) - set(SCOPES) == set()


def test_scope_when_the_table_is_unknown_then_no_rows_but_for_the_system() -> None:
    nobody = type(SYSTEM)(id=1, name="", roles=frozenset(role.ROLES), scopes={"made_up": frozenset({"all"})})
    assert str(scope_of("made_up", nobody)) == "false"
    assert str(scope_of("made_up", SYSTEM)) == "true"


@pytest.mark.parametrize("entity", sorted(SCOPES))
def test_scope_when_the_role_is_unknown_then_no_rows(entity: str) -> None:
    stranger = type(SYSTEM)(id=1, name="", roles=frozenset({"made up by an administrator"}))
    everybody = {
        "product", "test_report", "stock", "reservation", "policy_parameter", "calendar_day", "rights_change",
        "parameter_change",
    }  # fmt: skip
    found = str(scope_of(entity, stranger).compile(compile_kwargs={"literal_binds": True}))
    assert ("true" in found) == (entity in everybody)
    assert ("false" in found or "0 = 1" in found) == (entity not in everybody)


@ONE_ENGINE
def test_rights_page_when_read_then_fresh(app: Flask, root: Path) -> None:
    page = (root / "docs" / "rights.md").read_text(encoding="utf-8")
    assert page == rights_page(all_workflows()), "flask rights > docs/rights.md"
