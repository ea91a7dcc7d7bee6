"""``docs/security.md`` says what is true: every item of the standard is there, every named test exists."""

from __future__ import annotations

import re
from functools import cache

from tests.contract.nodes import ROOT, missing

GOAL = 75
ITEMS = """
1.2.1 1.2.2 1.2.3 1.2.4 1.2.10 1.3.3 1.3.6 1.3.12 1.4.2 1.5.1 2.1.1 2.2.1 2.2.2 2.2.3 2.3.1 2.3.2 2.3.3 2.3.4 2.3.5
2.4.1 3.2.1 3.3.1 3.3.2 3.3.3 3.3.4 3.4.1 3.4.3 3.4.4 3.4.5 3.4.6 3.5.1 3.5.3 3.7.2 4.1.1 4.1.3 4.3.1
5.2.1 5.2.2 5.2.3 5.3.1 5.3.2 5.4.1 5.4.2 6.2.1 6.2.3 6.2.4 6.2.9 6.2.12 6.3.1 6.3.2 6.3.3 6.3.4 6.3.8 6.4.1 6.4.6
7.2.4 7.3.1 7.3.2 7.4.1 7.4.2 7.4.3 7.4.5 7.5.1 7.5.2 8.1.1 8.1.2 8.2.1 8.2.2 8.2.3 8.3.1 8.3.2
9.1.1 9.1.2 9.1.3 9.2.1 9.2.2 9.2.3 11.4.2 11.5.1 12.x 13.2.2 13.3.1 13.4.1 13.4.2 13.4.5 14.1.1 14.2.1 14.3.2 14.3.3
15.1.2 15.2.2 15.3.1 15.3.3 15.3.7 15.4.1 15.4.2
16.2.1 16.2.2 16.3.1 16.3.2 16.4.1 16.4.2 16.5.1 16.5.2 16.5.3 16.5.4
""".split()
ROW = re.compile(r"^\| (\d+\.[\dx.]+) \|(.*)\|(.*)\|(.*)\|$", re.MULTILINE)
ELSEWHERE = ("document:", "proxy:", "not yet:")


@cache
def page() -> str:
    return (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def rows() -> dict[str, str]:
    """The items of the table with what shows them."""
    return {item: shown.strip().strip("`") for item, _asks, _how, shown in ROW.findall(page())}


def test_item_when_it_applies_then_it_stands_in_the_table_once() -> None:
    assert list(rows()) == ITEMS


def test_item_when_a_test_is_named_then_it_exists() -> None:
    named = [shown for shown in rows().values() if shown.startswith("tests/")]
    assert missing(named) == []
    assert [shown for shown in rows().values() if not shown.startswith(("tests/", *ELSEWHERE))] == []


def test_items_when_counted_then_as_many_are_tested_as_the_page_says() -> None:
    tested = sum(shown.startswith("tests/") for shown in rows().values())
    assert tested >= GOAL
    assert f"{tested} of {len(ITEMS)} lines have an automatic test" in page()


def test_command_when_named_for_a_figure_then_its_files_exist() -> None:
    named = re.findall(r"tests/[\w/]+\.py|tests/[a-z]+\b", page().partition("## Figures")[2])
    assert [name for name in named if not (ROOT / name).exists()] == []
