"""The page of separation of duties says what the workflows declare, and every test it names is there."""

from __future__ import annotations

from pathlib import Path

import app.factory
from app.cli.duties import RULES, duties_page
from app.kernel.workflow import all_workflows

assert app.factory.create_app  # importing it declares every workflow


def test_duties_page_when_declarations_change_then_is_made_anew(root: Path) -> None:
    page = (root / "docs" / "duties.md").read_text(encoding="utf-8")
    assert page == duties_page(all_workflows()), "flask duties > docs/duties.md"


def test_duties_page_when_read_then_every_rule_is_there_and_every_declared_one_is_tested() -> None:
    assert [rule.number for rule in RULES] == list(range(1, 19))
    declared = {duty.rule for workflow in all_workflows() for step in workflow.steps for duty in step.not_by}
    assert {rule.number for rule in RULES if rule.tests} >= declared
    assert {rule.number for rule in RULES if not rule.tests} == {5, 14}


def test_duties_page_when_it_names_a_test_then_the_test_exists(root: Path) -> None:
    missing = []
    for rule in RULES:
        for name in rule.tests:
            file, _, word = name.partition("::")
            text = (root / file).read_text(encoding="utf-8") if (root / file).exists() else ""
            if f"def {word}(" not in text and f"{word} = " not in text:
                missing.append(name)
    assert missing == []
