"""The tests there are, by file and name: documents and tables that name a test must name one that exists."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def every_test() -> frozenset[str]:
    """``tests/web/test_api.py::test_…`` of every test function."""
    return frozenset(
        f"{path.relative_to(ROOT).as_posix()}::{node.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def missing(named: list[str]) -> list[str]:
    """The named tests that do not exist. A name may be shortened at its end with ``…``."""
    known = every_test()
    return [
        name
        for name in named
        if not (name in known or (name.endswith("…") and any(node.startswith(name[:-1]) for node in known)))
    ]
