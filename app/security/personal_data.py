"""The record of processing as a page: every personal column with purpose, retention and who sees it."""

from __future__ import annotations

from collections.abc import Iterator

from app.security.departments import ROLES
from app.security.field_policy import delivered_fields
from app.services.privacy.columns import DECISIONS, PERSONAL_GROUPS, Term, class_of
from models.base import Sensitivity

HEADER = """# Personal data

Made by `flask privacy columns` from the columns in `models/`, `app/services/privacy/columns.py` and
`app/security/field_policy.py`; a test keeps it fresh. Classes as in domain/04: P2 is personal, P3 sensitive or the
key to somebody's home or money. The numbers are the delivered parameters `privacy.*`; the committee may change them.

* **person**: 12 months after the last contact where there is no order, else with the orders; a withdrawn consent is
  proved for 3 years.
* **order**: 3 years after the end of the warranty and 5 years after the completion at least, as long as nothing is
  open, unpaid, in dispute, asked about or held.
* **rows**: 12 months after the import.

At the end: *label* becomes “已匿名 #code”, *empty* and *dash* say nothing, *code* keeps the number alone, *keep* stays.
In the journal these values are locked with a key of the person, which is deleted then.
"""
LEVELS = ("full", "window", "masked")


def personal_data_page() -> str:
    """The page: who sees which group, then every column."""
    return f"{HEADER}\n## Who sees what\n\n{_groups()}\n## Columns\n\n{_columns()}"


def _groups() -> str:
    access = {code: delivered_fields(code) for code in ROLES}
    rows = [
        [f"`{group}`", *(_roles(access, group, level) for level in LEVELS)]
        for group in Sensitivity
        if group in PERSONAL_GROUPS
    ]
    return _table(["group", "full", "while goods are on their way", "masked"], rows)


def _roles(access: dict[str, dict[Sensitivity, str]], group: Sensitivity, level: str) -> str:
    return ", ".join(code for code, found in access.items() if found.get(group) == level)


def _columns() -> str:
    return _table(["column", "group", "class", "purpose", "kept", "at the end"], list(_rows()))


def _rows() -> Iterator[list[str]]:
    for model, decisions in DECISIONS.items():
        for name, decision in decisions.items():
            group = model.__table__.columns[name].info.get("sensitivity")
            yield [
                f"`{model.__tablename__}.{name}`",
                f"`{group}`" if group else "free text",
                class_of(model, name),
                decision.purpose,
                Term(decision.term).value,
                decision.fate.value,
            ]


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(header)} |", "|" + "---|" * len(header)]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([*lines, ""])
