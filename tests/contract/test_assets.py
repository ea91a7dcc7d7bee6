"""What reaches the browser: own files only, scripts with a nonce, colours in one place, vendored files unchanged."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "app/templates").rglob("*.html"))
STYLES = sorted((ROOT / "app/static/zhidan/css").glob("*.css"))
SCRIPTS = sorted((ROOT / "app/static/zhidan/js").glob("*.js"))
VENDORED = ROOT / "app/static/vendor"
# What only tests run.
VENDORED_TOO = ROOT / "tests/vendor"
# What a page takes over the line is measured in tests/browser; these keep any one change small.
STYLE_BYTES = 90_000
# The screens of rights, forms, lists and papers bring their own styles along; no other page loads them.
OWN_STYLES = {"rights.css": 24_000, "lines.css": 8_000, "lists.css": 13_000, "papers.css": 8_000}
# Forms alone, lists, or the pages of records that people talk about, load these.
OWN_SCRIPTS = {
    "cells.js": 12_000,
    "combo.js": 8_000,
    "drafts.js": 12_000,
    "held.js": 8_000,
    "lines.js": 16_000,
    "lists.js": 12_000,
    "paste.js": 6_000,
    "swap.js": 8_000,
    "talk.js": 16_000,
}
SCRIPT_BYTES = 70_000
LONGEST_FILE = 400
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|rgba|hsl|hsla|oklch)\(")


def names(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


@pytest.mark.parametrize("path", TEMPLATES, ids=names(TEMPLATES))
def test_template_when_read_then_has_no_inline_handler(path: Path) -> None:
    assert re.findall(r"<[^>{%]*\son[a-z]+\s*=", path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", [*TEMPLATES, *STYLES, *SCRIPTS], ids=names([*TEMPLATES, *STYLES, *SCRIPTS]))
def test_file_when_read_then_loads_nothing_from_outside(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert re.findall(r"""(?:src|href|url|@import)\s*[=(]?\s*["']?(?:https?:)?//""", text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=names(TEMPLATES))
def test_template_when_it_has_scripts_then_each_carries_the_nonce(path: Path) -> None:
    tags = re.findall(r"<script\b(?:[^>{]|\{\{.*?\}\}|\{(?!\{))*>", path.read_text(encoding="utf-8"), re.DOTALL)

    assert [tag for tag in tags if "nonce=" not in tag] == []


@pytest.mark.parametrize("path", [*TEMPLATES, *STYLES, *SCRIPTS], ids=names([*TEMPLATES, *STYLES, *SCRIPTS]))
def test_file_when_counted_then_is_short(path: Path) -> None:
    assert max(len(path.read_text(encoding="utf-8").splitlines()), LONGEST_FILE) == LONGEST_FILE


def test_styles_when_read_then_colours_stand_in_the_variables_only() -> None:
    found = []
    for path in STYLES:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            declarations = re.sub(r"--[a-z0-9-]+\s*:[^;]*;", "", line)
            found += [f"{path.name}:{number} {colour}" for colour in COLOUR.findall(declarations)]

    assert found == []


def test_scripts_when_read_then_take_their_colours_from_the_styles() -> None:
    assert [colour for path in SCRIPTS for colour in COLOUR.findall(path.read_text(encoding="utf-8"))] == []


def test_own_files_when_weighed_then_stay_in_their_budget() -> None:
    everywhere = [path for path in STYLES if path.name not in OWN_STYLES]
    assert sum(path.stat().st_size for path in everywhere) < STYLE_BYTES
    assert [path.name for path in STYLES if path.stat().st_size > OWN_STYLES.get(path.name, STYLE_BYTES)] == []
    assert sum(path.stat().st_size for path in SCRIPTS if path.name not in OWN_SCRIPTS) < SCRIPT_BYTES
    assert [path.name for path in SCRIPTS if path.stat().st_size > OWN_SCRIPTS.get(path.name, SCRIPT_BYTES)] == []


@pytest.mark.parametrize(
    "sums",
    sorted([*VENDORED.rglob("SHA256SUMS"), *VENDORED_TOO.rglob("SHA256SUMS")]),
    ids=lambda path: path.parent.name,
)
def test_vendored_files_when_hashed_then_match_their_sums(sums: Path) -> None:
    lines = [line.split(maxsplit=1) for line in sums.read_text(encoding="utf-8").splitlines()]
    expected = {name: digest for digest, name in lines}

    assert {name: hashlib.sha256((sums.parent / name).read_bytes()).hexdigest() for name in expected} == expected


def test_vendored_folders_when_listed_then_each_has_sums_and_a_licence() -> None:
    folders = sorted(path for where in (VENDORED, VENDORED_TOO) for path in where.iterdir() if path.is_dir())

    assert [
        path.name for path in folders if not ((path / "SHA256SUMS").is_file() and (path / "LICENSE").is_file())
    ] == []
