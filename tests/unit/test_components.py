"""The macros of the screens: what they write for the values that a view gives them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "app" / "templates"


@pytest.fixture(scope="module")
def macros() -> Any:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, extensions=["jinja2.ext.i18n"])
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    environment.globals["csrf_token"] = lambda: "token-of-the-form"
    environment.globals["csp_nonce"] = lambda: "nonce-of-the-page"
    return environment.get_template("zhidan/components.html").module


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def test_step_button_when_closed_then_says_all_reasons_and_posts_nothing(macros: Any) -> None:
    html = str(macros.step_button("Dispatch", "/x", disabled_reasons=["2 packages are missing", "not paid"]))

    assert "<form" not in html
    assert 'aria-disabled="true"' in html
    assert [html.count(reason) for reason in ("2 packages are missing", "not paid")] == [2, 2]


def test_step_button_when_open_then_posts_with_token_version_and_question(macros: Any) -> None:
    html = str(macros.step_button("Confirm", "/orders/1/confirm", hidden={"version": 3, "skip": None}, confirm="Sure?"))

    assert re.findall(r'name="(\w+)" value="([^"]*)"', html) == [("csrf_token", "token-of-the-form"), ("version", "3")]
    assert 'data-confirm="Sure?"' in html
    assert 'action="/orders/1/confirm"' in html


def test_step_button_when_it_has_a_form_then_is_a_link_to_it(macros: Any) -> None:
    assert 'href="/orders/1/review"' in str(macros.step_button("Review", "/orders/1/review", method="get"))


@pytest.mark.parametrize("value", ["<b>", "a & b", 'x" onclick="y'])
@pytest.mark.parametrize("cell", ["plain", "link", "badge", "sub"])
def test_cell_when_value_holds_markup_then_is_escaped(macros: Any, value: str, cell: str) -> None:
    shapes: dict[str, Any] = {
        "plain": value,
        "link": {"text": value, "url": "/x", "title": value},
        "badge": {"text": value, "kind": "badge"},
        "sub": {"text": "t", "sub": value},
    }
    html = str(macros.table_rows([{"label": "L"}], [{"pk": 1, "cells": [shapes[cell]]}]))

    assert value not in html


@pytest.mark.parametrize("empty", [None, "", {"text": None}, {"text": ""}])
def test_cell_when_empty_then_shows_a_dash(macros: Any, empty: Any) -> None:
    assert text_of(str(macros.cell_body("text", empty))) == "–"


@pytest.mark.parametrize("zero", [0, "0", "0.00"])
def test_cell_when_zero_then_is_shown(macros: Any, zero: Any) -> None:
    assert text_of(str(macros.cell_body("number", zero))) == str(zero)


def test_table_when_rows_can_be_chosen_then_boxes_belong_to_the_bulk_form(macros: Any) -> None:
    row = {"pk": 7, "label": "SO-7", "cells": ["SO-7"], "steps": ["a", "b"]}
    html = str(macros.table_rows([{"label": "No."}], [row], "bulk"))
    box = r'name="pk" value="7" form="bulk" data-zd-row data-steps="a b" aria-label="(.*?)"'

    assert re.findall(box, html) == ["Select SO-7"]


def test_table_when_sorted_then_says_so_to_assistive_technology(macros: Any) -> None:
    columns = [
        {"label": "A", "sort_url": "?a", "sort": "asc"},
        {"label": "B", "sort_url": "?b", "sort": "desc"},
        {"label": "C"},
    ]

    assert re.findall(r'aria-sort="(\w+)"', str(macros.table_head(columns))) == ["ascending", "descending"]


def test_field_when_wrong_then_input_is_tied_to_its_message(macros: Any) -> None:
    field = {"name": "amount", "label": "Amount", "kind": "money", "errors": ["too much"], "help": "incl. tax"}
    html = str(macros.field(field))

    assert 'aria-describedby="f-amount-error f-amount-help"' in html
    assert re.findall(r'id="f-amount-(error|help)"', html) == ["error", "help"]
    assert 'for="f-amount"' in html


def test_field_when_relation_then_offers_only_the_chosen_record(macros: Any) -> None:
    field = {"name": "customer", "label": "C", "kind": "relation", "url": "/customer/search", "value": 5, "text": "Lin"}
    html = str(macros.field(field))

    assert re.findall(r'<option value="(\d*)"', html) == ["", "5"]
    assert 'data-url="/customer/search"' in html


@pytest.mark.parametrize(("value", "chosen"), [("b", ["b"]), (2, ["2"]), (None, [])])
def test_field_when_select_then_marks_the_value(macros: Any, value: Any, chosen: list[str]) -> None:
    choices = [("a", "A"), ("b", "B"), (2, "Two")]
    field = {"name": "t", "label": "T", "kind": "select", "choices": choices, "value": value}

    assert re.findall(r'<option value="(\w+)" selected', str(macros.field(field))) == chosen


def test_pager_when_on_the_first_page_then_links_only_forward(macros: Any) -> None:
    html = str(macros.pager(None, "?after=x", None, "?last=1", "about 1,240"))

    assert re.findall(r'href="([^"]+)"', html) == ["?after=x", "?last=1"]


def test_chart_when_title_or_name_holds_markup_then_script_cannot_be_left(macros: Any) -> None:
    html = str(macros.chart_card("T", "c1", {"series": [{"name": "</script><b>", "data": [1]}]}))

    assert html.count("</script>") == 1
    assert 'nonce="nonce-of-the-page"' in html


@pytest.mark.parametrize(("done", "total", "width"), [(0, 5, "0.0"), (3, 5, "60.0"), (7, 5, "100"), (0, 0, "0")])
def test_qty_bar_when_drawn_then_stays_between_empty_and_full(macros: Any, done: int, total: int, width: str) -> None:
    assert re.findall(r"width:([\d.]+)%", str(macros.qty_bar("Shipped", done, total))) == [width]


def test_timeline_when_a_value_was_empty_then_says_so(macros: Any) -> None:
    changes = [("Date", "", "2026-11-28"), ("Fee", "0.00", None)]
    entry = {"at": "11-24", "actor": "Li", "title": "Edit", "changes": changes}

    assert text_of(str(macros.timeline_item(entry))) == "Edit Date 2026-11-28 Fee 0.00 → (empty) Li · 11-24"


@pytest.mark.parametrize(("count", "folded"), [(6, 0), (7, 1)])
def test_timeline_when_many_values_changed_then_folds_them(macros: Any, count: int, folded: int) -> None:
    changes = [(f"Field {n}", "", "x") for n in range(count)]

    assert str(macros.timeline_item({"title": "Added", "changes": changes})).count("<details") == folded
