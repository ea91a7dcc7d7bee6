"""The house rules that no linter knows: short files, short functions, one place to commit, one place to read the clock.

The layers are checked by import-linter (`make lint`); here stand the rules about what a file says.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = ("app", "models", "views", "tests", "benchmarks", "migrations", "requirements")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
WEB = {"flask", "flask_appbuilder", "flask_login", "flask_wtf", "wtforms", "werkzeug", "flask_jwt_extended"}
WITHOUT_WEB = ("app/kernel", "app/services", "app/reactions")

# Who may commit: the unit of work itself. Everybody else enters it.
MAY_COMMIT = {"app/kernel/unit_of_work.py"}
# Who may read the clock: where a Context is made, and the journal with its seals, whose `recorded_at` and `sealed_at`
# are the wall clock even when history is entered for an earlier moment.
MAY_READ_CLOCK = {
    "app/cli/acts.py",
    "app/kernel/chain.py",
    "app/kernel/journal.py",
    "app/security/acting.py",
    "views/context.py",
}


def python_files(*folders: str) -> Iterator[str]:
    yield from (path.relative_to(ROOT).as_posix() for path in ROOT.glob("*.py"))
    for folder in folders:
        yield from sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*.py"))


def tree_of(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(encoding="utf-8"), filename=name)


def calls_of(tree: ast.Module, methods: set[str]) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods
    ]


def imported_by(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def too_long_functions(name: str) -> list[tuple[str, int]]:
    return [
        (node.name, length)
        for node in ast.walk(tree_of(name))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]


def test_file_when_counted_then_has_at_most_400_lines() -> None:
    lengths = {
        name: len((ROOT / name).read_text(encoding="utf-8").splitlines())
        for name in python_files(*OURS)
        if not name.startswith("migrations/versions/")
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_function_when_counted_then_has_at_most_60_lines() -> None:
    names = python_files("app", "models", "views", "tests", "benchmarks")
    assert {name: long for name in names if (long := too_long_functions(name))} == {}


def test_file_when_named_then_says_what_it_is_about() -> None:
    vague = [name for name in python_files(*OURS) if FORBIDDEN_NAMES & set(Path(name).with_suffix("").parts)]
    assert vague == []


def test_commit_when_called_then_only_by_the_unit_of_work() -> None:
    found = {name for name in python_files("app", "models", "views") if calls_of(tree_of(name), {"commit"})}
    assert found - MAY_COMMIT == set()


def test_clock_when_read_then_only_where_a_context_is_made() -> None:
    found = {
        name for name in python_files("app", "models", "views") if calls_of(tree_of(name), {"now", "utcnow", "today"})
    }
    assert found - MAY_READ_CLOCK == set()


def test_business_code_when_importing_then_knows_no_web_framework() -> None:
    found = {
        name: sorted(web)
        for name in python_files("app")
        if name.removesuffix(".py").startswith(WITHOUT_WEB)
        and (web := {module for module in imported_by(tree_of(name)) if module.split(".")[0] in WEB})
    }
    assert found == {}


def test_allowance_when_listed_then_its_file_exists() -> None:
    """An allowance for a file that is gone would hide the next one of that name."""
    assert {name for name in MAY_COMMIT | MAY_READ_CLOCK if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize(
    ("code", "methods", "lines"),
    [("session.commit()", {"commit"}, [1]), ("x = 1\ndatetime.now(UTC)", {"now"}, [2]), ("ctx.now", {"now"}, [])],
)
def test_calls_when_searched_then_found_by_line(code: str, methods: set[str], lines: list[int]) -> None:
    assert calls_of(ast.parse(code), methods) == lines
