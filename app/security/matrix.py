"""The delivered rights as tables that a person can read: ``docs/rights.md``, kept fresh by a test."""

from __future__ import annotations

from collections.abc import Iterable

from app.kernel.workflow import Workflow
from app.security.departments import ROLES
from app.security.grants import granted

HEADER = """# Who may do what

Made by `flask rights` from `app/security/grants.py` and the workflows; a test keeps it fresh. Roles add up: a lead
has the rights of the department role as well. What the same person may not do twice, and which rows and columns
somebody sees, is said by the workflows, `app/security/scopes.py` and `app/security/field_policy.py`.
"""
SYSTEM = "system"


def rights_page(workflows: Iterable[Workflow]) -> str:
    """The page: a table of entities and one of steps for each workflow."""
    held = {code: {f"{entity}.{word}" for entity, word in granted(code)} for code in ROLES}
    parts = [HEADER, "## Records\n", _records(held)]
    for workflow in workflows:
        parts += [f"## Steps of `{workflow.name}`\n", _steps(workflow, held)]
    return "\n".join(parts)


def _records(held: dict[str, set[str]]) -> str:
    plain = ("list", "show", "add", "edit", "export", "import", "take_back", "credit")
    entities = sorted({right.split(".")[0] for rights in held.values() for right in rights} - {"account", "chart"})
    rows = [
        [f"`{entity}`", *(" ".join(word for word in plain if f"{entity}.{word}" in held[code]) for code in ROLES)]
        for entity in entities
    ]
    return _table(["", *ROLES], rows)


def _steps(workflow: Workflow, held: dict[str, set[str]]) -> str:
    rows = []
    for step in workflow.steps:
        right = workflow.permission(step)
        marks = [SYSTEM if right is None else "", *("●" if right in held[code] else "" for code in ROLES)]
        rows.append([f"`{step.name}`", f"{', '.join(step.sources)} → {step.target or 'same'}", *marks])
    return _table(["", "from → to", "", *ROLES], rows)


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(header)} |", "|" + "---|" * len(header)]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([*lines, ""])
