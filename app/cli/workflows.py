"""``flask workflows``: prints every workflow as a diagram and a table (``docs/workflows.md``)."""

from __future__ import annotations

from collections.abc import Iterable

import click
from flask.cli import with_appcontext

from app.kernel.duties import OWN, Duty
from app.kernel.workflow import Step, Workflow, all_workflows

HEAD = """# Workflows

Made by `flask workflows` from the declarations in `app/services/*/flow.py`; a test keeps it fresh. Steps marked
(system) are fired by `app/reactions.py`; every other one needs the right that its row names.
"""


def said(duty: Duty) -> str:
    """A rule of separation in short: its acts, where they were taken, and when it holds."""
    acts = ", ".join(f"`{act}`" for act in duty.acts)
    limits = [f"of {duty.on}" if duty.on is not OWN else "", f"if `{duty.when.__name__}`" if duty.when else ""]
    limits += [f"where `{name}` is given" for name in duty.given]
    limits += [f"where two hold `{duty.spare}`" if duty.spare else ""]
    limits += [f"before `{', '.join(duty.ends)}`" if duty.ends else ""]
    return " ".join([f"{duty.rule}: {acts}", *filter(None, limits)])


def _row(workflow: Workflow, step: Step) -> str:
    cells = (
        f"`{step.name}`",
        ", ".join(step.sources),
        str(step.target or "same"),
        f"`{workflow.permission(step)}`" if step.permission else "(system)",
        ", ".join(f"`{guard.__name__}`" for guard in step.guards),
        "; ".join(said(duty) for duty in step.not_by),
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
            f"| `{clock.due_field or clock.limit}` | {clock.calendar} | {clock.clause} |"
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
