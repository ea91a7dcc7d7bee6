"""The faults of the framework in one table: shown open on a stock application, and where they are shown closed here.

When a stock check fails, the framework has mended the fault: the workaround that the second part names can go.
Facts that cannot be shown by a request alone have both halves in the tests that are named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import flask_appbuilder
import pytest

from tests.contract import stock_facts as stock_is
from tests.contract.nodes import missing
from tests.contract.stock import Stock, stock_app

WEB = "tests/contract/test_fab_facts_web.py::test_"
ACCOUNTS = "tests/contract/test_fab_facts_security.py::test_"
CHARTS = "tests/contract/test_fab_facts_charts.py::test_"
RECORDS = "tests/web/test_records.py::test_"
LISTS = "tests/web/test_lists.py::test_"
API = "tests/web/test_api.py::test_"
URLS = "tests/contract/test_urls.py::test_"
RIGHTS = "tests/services/test_rights.py::test_"
SESSIONS = "tests/web/test_signin_sessions.py::test_"
ATTACKS = "tests/sweeps/test_attacks.py::test_"
KEEP_TAB = Path(flask_appbuilder.__file__).parent / "static" / "appbuilder" / "js" / "ab_keep_tab.js"


@dataclass(frozen=True)
class Fact:
    """``stock`` asks the stock application; without it the framework's half is among ``closed`` as well."""

    number: str
    closed: tuple[str, ...]
    stock: Callable[[Stock], bool] | None = None
    workaround: str = "views/adapter.py"


def remembers_tabs(_stock: Stock) -> bool:
    """Unnumbered: the last open tab of any record is opened on every other."""
    return "lastTab" in KEEP_TAB.read_text(encoding="utf-8")


FACTS = (
    Fact(
        "1",
        (f"{WEB}fact_1_lists_when…", f"{WEB}fact_1_our_views…", "tests/sweeps/test_concurrency.py::test_…"),
        stock_is.shared_filters,
    ),
    Fact("2", (f"{ACCOUNTS}refused_edit_when…",), stock_is.refused_edit_is_saved, "process_form in accounts.py"),
    Fact("3", (f"{RECORDS}edit_when_somebody_was_faster…", f"{API}edit_when…"), stock_is.later_edit_wins),
    Fact("4", (f"{RECORDS}add_when_filled_in…", f"{API}add_when_repeated…"), stock_is.double_click_makes_two),
    Fact("5", ("tests/sweeps/test_routes.py::test_route_when_asked…",), stock_is.base_filter_is_dropped),
    Fact("6", (f"{CHARTS}fact_6…", f"{CHARTS}our_charts…")),
    Fact("7", (f"{LISTS}every_list_when…", f"{LISTS}list_when_filtered…"), stock_is.enum_search_fails),
    Fact(
        "8",
        ("tests/unit/test_models_base.py::test_value_when_inexact_or_naive…", f"{RECORDS}edit_when_a_moment…"),
        stock_is.picker_is_refused,
    ),
    Fact(
        "9",
        (f"{WEB}facts_9_11_14…", "tests/web/test_import_screen.py::test_upload_when_its_name_is_a_path…"),
        stock_is.file_names_are_lost,
    ),
    Fact("10", ("tests/services/test_engine.py::test_fire_when_done…",), stock_is.audit_mixin_fails_outside, "Stamped"),
    Fact("11", (f"{URLS}post_when_without_a_csrf_token…", f"{WEB}facts_9_11_14…"), stock_is.changes_by_get),
    Fact("12", (f"{URLS}api_when_called_with_a_session_cookie…", f"{WEB}fact_12…"), stock_is.cookie_writes_by_api),
    Fact(
        "13",
        (f"{WEB}fact_13…", f"{LISTS}hidden_column_when…", f"{ATTACKS}masked_column_when…"),
        stock_is.hidden_columns_are_searched,
    ),
    Fact(
        "14",
        (f"{LISTS}relation_search_when…", "tests/sweeps/test_routes.py::test_route_when_asked_by_a_role…"),
        stock_is.related_rows_are_given,
    ),
    Fact(
        "15",
        (f"{ACCOUNTS}login_when_tried…", f"{ACCOUNTS}password_when_weak…", f"{ACCOUNTS}own_password_when…"),
        stock_is.login_is_open,
        "app/security/manager.py, app/security/passwords.py",
    ),
    Fact(
        "16",
        (f"{SESSIONS}cookie_when_signed_out…", f"{SESSIONS}own_password_when…", f"{SESSIONS}token_when_its_session…"),
        stock_is.cookie_outlives_logout,
        "app/security/sessions.py",
    ),
    Fact(
        "17",
        (f"{ACCOUNTS}admin_when_giving_himself…", f"{ACCOUNTS}last_admin_when…", f"{RIGHTS}own_role_when_changed…"),
        stock_is.editing_users_is_everything,
        "app/security/accounts.py",
    ),
    Fact(
        "18",
        ("tests/web/test_tokens.py::test_token_when_it_names_some_rights…",),
        stock_is.scopes_mean_nothing,
        "app/security/tokens.py",
    ),
    Fact(
        "19",
        (f"{API}unique_value_when_taken…", f"{LISTS}list_when_bytes_are_bad…", f"{ATTACKS}fault_when…"),
        stock_is.database_text_is_told,
        "views/errors.py",
    ),
    Fact("20", (f"{ACCOUNTS}role_when_its_name_begins…",), stock_is.role_names_are_prefixes, "ZhidanSecurityManager"),
    Fact("numeric filter", (f"{LISTS}list_when_filtered…",), stock_is.numbers_stay_text, "app/kernel/filters.py"),
    Fact("doubled key", (f"{API}unique_value_when_taken…",), stock_is.duplicate_is_a_fault, "unit_of_work"),
    Fact("unknown related id", (f"{RECORDS}add_when_a_relation…",), stock_is.unknown_key_makes_a_row, "check_related"),
    Fact("no order", (f"{LISTS}pages_when_walked…",), stock_is.unordered, "app/kernel/listing.py"),
    Fact("sums as strings", (f"{CHARTS}framework_sums…", "tests/web/test_charts.py::test_…")),
    Fact("last tab", ("tests/browser/test_s01_walk.py::test_…",), remembers_tabs, "own templates"),
)
# The blocked deletion that says nothing: nothing here deletes (facts 9, 11, 14), so there is no message to lose.
NUMBERED = {str(number) for number in range(1, 21)}


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    """One stock application for all facts: each makes its own rows and people."""
    folder = tmp_path_factory.mktemp("stock")
    return stock_app(folder, FAB_API_KEY_ENABLED=True, AUTH_RATE_LIMITED=True)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("fact", [fact for fact in FACTS if fact.stock], ids=lambda fact: fact.number.replace(" ", "_"))
def test_fact_when_asked_of_the_stock_framework_then_the_fault_is_there(stock: Stock, fact: Fact) -> None:
    assert fact.stock is not None
    mended = f"the framework mends fact {fact.number}: our workaround ({fact.workaround}) can go"
    assert fact.stock(stock), mended


def test_fact_when_numbered_then_it_is_in_the_table() -> None:
    assert NUMBERED - {fact.number for fact in FACTS} == set()


def test_fact_when_closed_here_then_a_test_shows_it() -> None:
    assert {fact.number: found for fact in FACTS if (found := missing(list(fact.closed)))} == {}
    assert [fact.number for fact in FACTS if not fact.closed] == []
