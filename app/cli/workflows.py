"""``flask workflows``: prints every workflow as a diagram and a table (``docs/workflows.md``)."""

from __future__ import annotations

from collections.abc import Iterable

import click
from flask.cli import with_appcontext

from app.kernel.workflow import Step, Workflow, all_workflows

HEAD = """# Workflows

Made by `flask workflows` from the declarations in `app/services/*/flow.py`; a test keeps it fresh. Steps marked
(system) are fired by `app/reactions.py`; every other one needs the right that its row names.
"""


def _row(workflow: Workflow, step: Step) -> str:
    cells = (
        f"`{step.name}`",
        ", ".join(step.sources),
        str(step.target or "same"),
        f"`{workflow.permission(step)}`" if step.permission else "(system)",
        ", ".join(f"`{guard.__name__}`" for guard in step.guards),
        ", ".join(f"`{name}`" for name in step.not_by),
        step.clause,
    )
    return f"| {' | '.join(cells)} |"


def workflow_part(workflow: Workflow) -> str:
    """One workflow: diagram, steps, clocks."""
    lines = [
        f"## {workflow.name}",
        "",
        "```mermaid",
        workflow.mermaid(),
        "```",
        "",
        "| step | from | to | right | guards | not by who took | clause |",
        "|---|---|---|---|---|---|---|",
        *(_row(workflow, step) for step in workflow.steps),
    ]
    if workflow.clocks:
        lines += ["", "| clock | starts | stops | limit | calendar | clause |", "|---|---|---|---|---|---|"]
        lines += [
            f"| {clock.code} | {', '.join(clock.start) or clock.start_field} | {', '.join(clock.stop)} "
            f"| `{clock.limit}` | {clock.calendar} | {clock.clause} |"
            for clock in workflow.clocks
        ]
    return "\n".join(lines)


def workflows_page(declared: Iterable[Workflow]) -> str:
    """The whole page."""
    return "\n\n".join([HEAD.rstrip(), *(workflow_part(workflow) for workflow in declared)]) + "\n"


@click.command("workflows")
@with_appcontext
def workflows() -> None:
    """Print every workflow with its diagram."""
    click.echo(workflows_page(all_workflows()), nl=False)
