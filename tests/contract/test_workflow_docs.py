"""The page of the workflows says what the declarations say."""

from __future__ import annotations

from pathlib import Path

import app.factory
import app.reactions
from app.cli.workflows import workflows_page
from app.kernel.engine import reactions_of
from app.kernel.workflow import all_workflows

assert app.factory.create_app  # importing it declares every workflow
PAGE = Path(__file__).resolve().parents[2] / "docs" / "workflows.md"


def test_workflows_page_when_declarations_change_then_is_made_anew() -> None:
    assert PAGE.read_text(encoding="utf-8") == workflows_page(all_workflows()), "flask workflows > docs/workflows.md"


def test_reactions_when_registered_then_each_belongs_to_a_declared_step() -> None:
    workflows = list(all_workflows())
    actions = {f"{workflow.name}.{step.name}" for workflow in workflows for step in workflow.steps}
    actions |= {f"{workflow.name}.add" for workflow in workflows}
    assert set(app.reactions.REACTIONS) <= actions
    assert all(reactions_of(action) for action in app.reactions.REACTIONS)


def test_clocks_when_declared_then_start_and_stop_are_actions_that_happen() -> None:
    for workflow in all_workflows():
        actions = {f"{workflow.name}.{step.name}" for step in workflow.steps} | {f"{workflow.name}.add"}
        for clock in workflow.clocks:
            assert set(clock.start) | set(clock.stop) <= actions, f"{workflow.name} {clock.code}"
            assert clock.start or clock.start_field
