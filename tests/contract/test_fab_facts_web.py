"""Faults of the framework that the web layer works around, each with the workaround seen at work.

The first half shows that the fault is still there, where that can be shown in a few lines: when such a test fails
after an upgrade, the workaround in ``views/adapter.py`` can go. Numbers as in that module.
"""

from __future__ import annotations

import inspect
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from flask_appbuilder import ModelView
from flask_appbuilder.baseviews import BaseCRUDView, BaseModelView
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.security.decorators import protect

from models.order import Order
from tests.web.person import Person, first_cells
from views.adapter import FRAMEWORK_ROUTES, QuietModelView
from views.api import EntityApi
from views.base import ENTITIES

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_fact_1_framework_when_it_lists_then_it_keeps_the_filters_on_the_shared_view() -> None:
    source = inspect.getsource(BaseCRUDView._list)
    assert "get_filter_args(self._filters" in source


@pytest.mark.stage("demo")
@ONE_ENGINE
def test_fact_1_lists_when_asked_for_by_eight_threads_then_each_gets_its_own_filter(
    app: Flask, session: Session
) -> None:
    states = ["draft", "completed", "closed", "in_production"]
    expected = {
        state: sorted(session.scalars(sa.select(Order.order_no).where(Order.state == state))) for state in states
    }
    session.rollback()
    people = [Person(app, session, "oc_li") for _ in range(8)]

    def ask(number: int) -> bool:
        state = states[number % len(states)]
        html = people[number % 8].page(f"/order/list/?state={state}&size=200")
        return sorted(first_cells(html)) == expected[state]

    # Each person's browser is used by one thread at a time.
    for start in range(0, 96, 8):
        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(ask, range(start, start + 8)))


def test_fact_1_our_views_when_made_then_they_hold_no_filters() -> None:
    for view in ENTITIES.values():
        assert view()._filters is None


@pytest.mark.stage("ready")
@ONE_ENGINE
def test_facts_9_11_14_routes_when_registered_then_nothing_deletes_downloads_or_acts_by_get(app: Flask) -> None:
    names = {method for method in dir(ModelView) if hasattr(getattr(ModelView, method), "_urls")}
    assert names >= FRAMEWORK_ROUTES
    ours = {type(view).__name__ for view in app.appbuilder.baseviews if isinstance(view, QuietModelView)}
    assert len(ours) == len(ENTITIES)
    for rule in app.url_map.iter_rules():
        view, _, method = rule.endpoint.partition(".")
        if view in ours:
            assert method not in FRAMEWORK_ROUTES, rule
            assert method != "bulk" or rule.methods == {"POST", "OPTIONS"}


@pytest.mark.stage("ready")
@ONE_ENGINE
def test_fact_12_api_when_registered_then_no_cookie_opens_it(app: Flask) -> None:
    assert "allow_browser_login" in inspect.signature(protect).parameters
    for api in app.appbuilder.baseviews:
        if isinstance(api, EntityApi):
            assert api.allow_browser_login is False


@pytest.mark.stage("demo")
@ONE_ENGINE
def test_fact_13_framework_arguments_when_sent_then_they_change_nothing(app: Flask, session: Session) -> None:
    auditor = Person(app, session, "au_lin")
    plain = first_cells(auditor.page("/order/list/"))
    crafted = "?_oc_OrderView=customer.phone&_od_OrderView=desc&psize_OrderView=100000&page_OrderView=-1&_flt_0_state=x"
    assert first_cells(auditor.page(f"/order/list/{crafted}")) == plain


@pytest.mark.stage("ready")
@ONE_ENGINE
def test_fact_26_screen_and_api_when_registered_then_they_have_the_same_permissions(app: Flask) -> None:
    screens = {
        view.class_permission_name: set(view.base_permissions)
        for view in app.appbuilder.baseviews
        if isinstance(view, QuietModelView)
    }
    for api in app.appbuilder.baseviews:
        if isinstance(api, EntityApi):
            assert set(api.base_permissions) == screens[api.class_permission_name]


def test_fact_29_framework_when_it_reads_filters_then_a_key_has_one_digit() -> None:
    from flask_appbuilder import urltools

    assert re.search(r"_flt_\((\\d|0-9|\[0-9\])\)?_|_flt_\(\\d\)_", inspect.getsource(urltools)) is not None


def test_fact_30_steps_when_declared_then_no_name_contains_the_prefix_of_permissions() -> None:
    for view in ENTITIES.values():
        workflow = view.workflow()
        for step in workflow.steps if workflow else ():
            assert "can_" not in step.name


def test_fact_32_framework_when_it_makes_forms_then_it_would_load_every_related_row() -> None:
    assert "conv.create_form" in inspect.getsource(BaseModelView._init_forms)
    for view in ENTITIES.values():
        made = view()
        assert made.search_form is None
        assert made.add_form is None


def test_late_row_lookup_when_ours_lists_then_the_frameworks_query_is_not_used() -> None:
    for view in ENTITIES.values():
        assert type(view.datamodel).query is SQLAInterface.query
