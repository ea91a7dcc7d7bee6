"""``flask duties``: the rules of separation of duties, where each is declared and tested (``docs/duties.md``)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import click
from flask.cli import with_appcontext

from app.kernel.workflow import Workflow, all_workflows

HEAD = """# Separation of duties

Made by `flask duties` from the workflows; a test keeps it fresh and finds every test that is named. The rules are
those of domain/09 9.4; 17 is of 9.3, 18 of article 18. They ask by person: everybody who took one of the acts is bound,
also when a colleague repeated it, whatever roles he holds; a deputy is bound by what the giver did, and the giver by
what was done for him. There is no switch to pass a rule by: where nobody is left, the matter waits until the committee
chair (or the head) names a deputy.

| rule | says | declared at | tests |
|---|---|---|---|
"""
TAIL = """
## Where a scenario decides

* S01 step 9: the loader departs with all packages. Rule 11 therefore binds at the difference of the count only: who
  loaded does not record that packages are missing.
* S08 step 1 and S01 step 1: money whose order is named is allocated as it is recorded, by the program. Rule 7 binds
  who allocates by hand.
* S08 step 5 and S13 step 6: the cashier who recorded the payment pays out its refund; rule 6 asks about the refund.
* S01 step 13: the accountant issues the invoice; rule 8 binds him only where he applied for it himself and another
  person may issue it.
* S16 row 10: a member whose department is judged cannot vote; that counts as an abstention.
"""


@dataclass(frozen=True)
class Rule:
    """A rule of domain/09 9.4. ``place`` says where it stands when it is no duty of a step."""

    number: int
    says: str
    tests: tuple[str, ...] = ()
    place: str = ""


SERVICE = "tests/services/test_duties.py::"
WEB = "tests/web/test_duties.py::test_forbidden_person_when_trying_by_screen_or_api_then_refused_and_told_before"
DEPUTY = "tests/services/test_delegation.py::"
CHANGE = "tests/services/test_parameter_change.py::"
EXPORT = "test_rule_17_when_a_deputy_asks_with_the_chairs_right_then_neither_decides"
WAIVED = "test_s12_row_9_when_the_interest_is_waived_then_by_another_with_a_reason"
RANDOM = "tests/services/test_duties_at_random.py::"
RULES = (
    Rule(
        1,
        "Entry ≠ review of the same order",
        (f"{SERVICE}test_rule_1_when_a_colleague_submits_again_then_nobody_who_entered_is_free", WEB),
    ),
    Rule(
        2,
        "Submitter ≠ voter",
        (
            f"{SERVICE}test_rules_2_and_3_when_the_member_entered_discounted_or_submitted_then_he_does_not_vote",
            WEB,
        ),
    ),
    Rule(
        3,
        "Approver of a discount ≠ requester",
        (f"{SERVICE}test_rules_2_and_3_when_the_member_entered_discounted_or_submitted_then_he_does_not_vote",),
        "who typed a discount entered a part of the order: rules 1 and 2 bind him",
    ),
    Rule(
        4,
        "Producer or planner of the task ≠ inspector",
        (f"{SERVICE}test_rule_4_when_somebody_had_any_part_in_the_task_then_he_inspects_no_piece_of_it", WEB),
    ),
    Rule(5, "Inspector ≠ approver of a concession", (), "not built yet: there are no concessions"),
    Rule(
        6,
        "Refund: recorder ≠ approver ≠ executor, three people above `duty.refund_three`",
        (f"{SERVICE}test_rule_6_when_a_refund_is_handled_then_two_or_three_people_by_its_amount", WEB),
    ),
    Rule(
        7,
        "Who records a payment ≠ who allocates it",
        (f"{SERVICE}test_rule_7_when_the_cashier_recorded_it_then_the_accountant_allocates", WEB),
    ),
    Rule(
        8,
        "Applicant ≠ issuer of an invoice, where two may issue",
        (f"{SERVICE}test_rule_8_when_two_may_issue_then_not_who_applied_and_alone_he_may", WEB),
    ),
    Rule(
        9,
        "Maker ≠ checker of a cost sheet",
        ("tests/services/test_s04.py::test_s04_row_3_when_who_made_the_sheet_would_check_it_then_refused",),
    ),
    Rule(
        10,
        "Requester ≠ approver of a merge of customers",
        ("tests/services/test_customer_merge.py::test_merge_when_decided_by_who_asked_then_refused",),
    ),
    Rule(
        11,
        "Loader ≠ who closes a difference of the count",
        (
            "tests/services/test_shipment.py::test_delivery_when_the_whole_load_is_lost_then_no_package_needs_a_name",
            WEB,
        ),
    ),
    Rule(
        12,
        "Proposer ≠ approver of a parameter",
        (
            f"{CHANGE}test_s16_11_when_the_head_proposes_then_another_member_approves_and_it_holds_from_tomorrow",
            WEB,
        ),
    ),
    Rule(
        13,
        "Administration has no business, business has no administration",
        (
            "tests/contract/test_rights.py::test_admin_when_looking_for_business_then_finds_none",
            f"{SERVICE}test_rule_13_when_the_administrator_tries_business_then_refused",
            f"{DEPUTY}test_delegation_when_it_must_not_be_then_refused_at_its_field",
        ),
        "`app/security/accounts.py`, `app/security/delegations.py`",
    ),
    Rule(14, "Assessor of a figure ≠ the assessed department", (), "not built yet: figures are not assessed"),
    Rule(
        15,
        "Who changed a refund's account ≠ who pays it out; `duty.account_cooling_hours` pass",
        (
            f"{SERVICE}test_rule_15_when_the_account_changed_then_another_pays_after_a_day_and_it_is_approved_anew",
            WEB,
        ),
    ),
    Rule(
        16,
        "Deputies inherit limits and conflicts; no bypass",
        (
            f"{SERVICE}test_rule_16_when_the_giver_took_the_earlier_act_then_his_deputy_is_bound_and_told_for_whom",
            f"{DEPUTY}test_rule_16_when_the_giver_recorded_it_then_his_deputy_approves_with_no_right_at_all",
            f"{RANDOM}test_duties_when_anybody_tries_anything_then_no_two_separated_acts_meet",
        ),
        "`Actor.persons`, `app/security/delegations.py`",
    ),
    Rule(17, "Requester of a large export ≠ who decides on it", (f"{SERVICE}{EXPORT}", WEB)),
    Rule(18, "Maker of a claim of late interest ≠ who waives it", (f"tests/services/test_s12_interest.py::{WAIVED}",)),
)


def duties_page(workflows: Iterable[Workflow]) -> str:
    """The whole page."""
    declared: dict[int, list[str]] = {}
    for workflow in workflows:
        for step in workflow.steps:
            for number in sorted({duty.rule for duty in step.not_by}):
                declared.setdefault(number, []).append(f"`{workflow.name}.{step.name}`")
    rows = []
    for rule in RULES:
        places = [*declared.get(rule.number, ()), *filter(None, [rule.place])]
        tests = [f"`{name}`" for name in rule.tests] or ["–"]
        rows.append(f"| {rule.number} | {rule.says} | {', '.join(places)} | {', '.join(tests)} |")
    return HEAD + "\n".join(rows) + "\n" + TAIL


@click.command("duties")
@with_appcontext
def duties() -> None:
    """Print the rules of separation of duties."""
    click.echo(duties_page(all_workflows()), nl=False)
