"""What no line of the product may do, by its syntax tree: cheap to check, so nobody has to remember it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.test_house_rules import ROOT, python_files, tree_of

PRODUCT = tuple(name for name in python_files("app", "models", "views") if not name.startswith("conftest"))
TEMPLATES = sorted((ROOT / "app" / "templates").rglob("*.html"))
# Called by name, these run or load what somebody has written.
FORBIDDEN = {"eval", "exec", "compile", "render_template_string", "__import__"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "yaml", "telnetlib", "ftplib", "xml.dom", "xml.sax"}
# Text that becomes SQL or HTML as it is: only literals.
RAW = {"sa.text", "sa.literal_column", "sa.DDL", "Markup", "markupsafe.Markup"}
RAW_METHODS = {"exec_driver_sql"}
FORMATTED = {"execute", "executemany", "executescript"}
# Where a computed text becomes SQL, and why it cannot hold what a person typed.
ALLOWED_RAW = {
    "app/cli/demo_reset.py": "names of tables and functions as the database itself lists and quotes them",
    "app/charts/moments.py": "a word of the vocabulary of grains",
    "app/charts/query.py": "places of columns, counted here",
    "app/charts/ticket.py": "a word of the vocabulary of ages",
    "app/kernel/database.py": "PRAGMAs with words and numbers of ours",
    "models/base.py": "conditions of indexes, written in the models",
    "views/adapter.py": "a text of our catalogue, as Jinja itself would mark it",
}
SAFE = re.compile(r"\|\s*safe\b|autoescape\s+false", re.IGNORECASE)
REASON = re.compile(r"\{#.*safe:.+#\}")
WEAK_RANDOM = {"random", "randint", "choice", "choices", "randrange"}


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the last word of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id, node
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr, node


def is_literal(node: ast.expr) -> bool:
    """Whether an argument is written out in the code."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.IfExp):
        return is_literal(node.body) and is_literal(node.orelse)
    return isinstance(node, ast.BinOp) and is_literal(node.left) and is_literal(node.right)


def risky_calls(tree: ast.Module) -> list[int]:
    """Lines that run or load what is not written in the code."""
    found = [node.lineno for name, node in calls(tree) if name in FORBIDDEN and isinstance(node.func, ast.Name)]
    return found + [
        node.lineno
        for _name, node in calls(tree)
        for option in node.keywords
        if option.arg == "shell" and not (isinstance(option.value, ast.Constant) and option.value.value is False)
    ]


def raw_texts(tree: ast.Module) -> list[int]:
    """Lines where a computed text becomes SQL or HTML."""
    return [
        node.lineno
        for name, node in calls(tree)
        if node.args and not is_literal(node.args[0])
        if ast.unparse(node.func) in RAW
        or name in RAW_METHODS
        or (name in FORMATTED and isinstance(node.args[0], ast.JoinedStr))
    ]


def test_code_when_read_then_it_runs_nothing_that_is_not_written_in_it() -> None:
    assert {name: lines for name in PRODUCT if (lines := risky_calls(tree_of(name)))} == {}


def test_code_when_importing_then_nothing_that_loads_programs_from_data() -> None:
    found = {}
    for name in PRODUCT:
        modules = {
            alias.name for node in ast.walk(tree_of(name)) if isinstance(node, ast.Import) for alias in node.names
        } | {node.module or "" for node in ast.walk(tree_of(name)) if isinstance(node, ast.ImportFrom)}
        if wrong := modules & FORBIDDEN_MODULES:
            found[name] = wrong
    assert found == {}


def test_sql_and_html_when_written_raw_then_as_literals() -> None:
    found = {name for name in PRODUCT if raw_texts(tree_of(name))}
    assert found - set(ALLOWED_RAW) == set()
    assert set(ALLOWED_RAW) - found == set()


def test_template_when_it_trusts_a_value_then_it_says_why() -> None:
    wrong = []
    for path in TEMPLATES:
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            near = "\n".join(lines[max(0, number - 2) : number + 1])
            if SAFE.search(line) and not REASON.search(near):
                wrong.append((path.name, number + 1))
    assert wrong == []


def test_template_when_it_has_a_script_then_with_the_nonce() -> None:
    wrong = [
        (path.name, found)
        for path in TEMPLATES
        for found in re.findall(r"<script[^>]*>", path.read_text(encoding="utf-8"))
        if "nonce" not in found
    ]
    assert wrong == []


def test_secret_when_made_then_by_the_generator_for_secrets() -> None:
    """ASVS 11.5.1: ``random`` is for demo data; tokens come from ``secrets``."""
    users = {
        name
        for name in PRODUCT
        for node in ast.walk(tree_of(name))
        if (isinstance(node, ast.ImportFrom) and node.module == "random")
        or (isinstance(node, ast.Import) and any(alias.name == "random" for alias in node.names))
    }
    assert {name for name in users if not name.startswith("app/cli/demo")} == set()


@pytest.mark.parametrize(("name", "least"), [("runtime.txt", 30), ("pdf.txt", 10), ("dev.txt", 30)])
def test_requirement_when_locked_then_pinned_with_its_digest(name: str, least: int) -> None:
    """ASVS 15.1.2, 15.2.x: what is installed is what was looked at."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(("#", "-c", "-r"))]
    assert len(lines) > least
    assert [line[:60] for line in lines if "==" not in line or "--hash=sha256:" not in line] == []


@pytest.mark.parametrize(
    ("code", "check", "lines"),
    [
        ("eval(x)", risky_calls, [1]),
        ("run(x, shell=True)", risky_calls, [1]),
        ("run(x, shell=False)", risky_calls, []),
        ("sa.text(f'{x}')", raw_texts, [1]),
        ("sa.text('a' 'b')", raw_texts, []),
        ("Markup('<b>' + x)", raw_texts, [1]),
        ("re.compile(x)", risky_calls, []),
    ],
)
def test_rule_when_asked_then_it_finds_what_it_is_for(code: str, check: object, lines: list[int]) -> None:
    assert check(ast.parse(code)) == lines  # type: ignore[operator]


def test_file_when_kept_then_no_secret_stands_in_the_tree() -> None:
    """ASVS 13.3.1: keys and databases are made under ``instance/``, which is not kept."""
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert any(entry.strip("/") == "instance" for entry in ignored)
    pattern = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{30}")
    found = [name for name in python_files("app", "models", "views") if pattern.search(_text(name))]
    assert found == []


def _text(name: str) -> str:
    return Path(ROOT / name).read_text(encoding="utf-8")
