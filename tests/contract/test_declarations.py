"""Declarations are checked when the program starts: a wrong name never waits for the first click."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app.kernel.journal import state_column
from app.kernel.workflow import DeclarationError, all_workflows
from app.services.clock_run.rules import OWNERS
from models.base import Base
from models.customer import Customer
from models.order import Order
from views import menu
from views.base import ENTITIES, EntityInterface
from views.entity import EntityView
from views.inline import Inline
from views.order import OrderLineView

GOOD: dict[str, Any] = {
    "list_columns": ["order_no"],
    "search_columns": ["order_no"],
    "show_fieldsets": [("Order", {"fields": ["order_no"]})],
    "base_order": ("received_at", "desc"),
}
# Tables that have no screen, and why.
WITHOUT_SCREEN = {
    "idempotency_key": "technical",
    "number_counter": "technical",
    "role_profile": "the rights matrix has its own pages",
    "role_field": "the rights matrix has its own pages",
    "role_scope": "the rights matrix has its own pages",
    "journal_seal": "the page of the journal's integrity speaks of it",
    "import_mapping": "the import has its own pages",
    "import_batch": "the import has its own pages",
    "import_row": "the import has its own pages",
    "import_effect": "the import has its own pages",
    "imported_customer": "technical",
    "login_session": "a page of the own account and of the administrator",
    "login_failure": "a page of the administrator",
    "account_security": "a page of the own account and of the administrator",
    "password_history": "hashes that nobody reads",
    "recovery_code": "hashes that nobody reads",
    "api_token": "pages of its own: a secret is shown once",
    "sign_in_link": "pages of its own: a link is made with the messenger",
    "saved_list": "the list itself shows its filters",
    "list_setting": "the list itself is the screen",
    "look": "every page shows it",
    "comment": "told in the story of the record it is about",
    "attachment": "told in the story of the record it is about",
    "follower": "a button on the page of the record",
    "notification": "a page of one's own lines",
    "subject_key": "technical: nobody looks at keys",
}


@pytest.fixture(autouse=True)
def kept_registry() -> Any:
    """A declaration that is tried here does not stay."""
    before = dict(ENTITIES)
    yield
    ENTITIES.clear()
    ENTITIES.update(before)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"list_columns": ["order_no", "nonsense"]}, "the table has no 'nonsense'"),
        ({"search_columns": ["lines"]}, "'lines' is not a column or a many-to-one relation"),
        ({"show_fieldsets": [("Order", {"fields": ["nonsense"]})]}, "the table has no 'nonsense'"),
        ({"add_columns": ["customer", "state"]}, "a state is changed by steps only"),
        ({"edit_columns": ["state"]}, "a state is changed by steps only"),
        ({"edit_columns": ["regulation_state"]}, "'regulation_state' is not a column or a many-to-one relation"),
        ({"base_order": ("received_at", "down")}, "base_order ('received_at', 'down')"),
        ({"base_order": ("nonsense", "asc")}, "the table has no 'nonsense'"),
        ({"quick_search": ("customer.nonsense",)}, "quick_search 'customer.nonsense'"),
        ({"list_columns": None}, "list_columns must be declared"),
        ({"search_columns": None}, "search_columns must be declared"),
        ({"show_fieldsets": None}, "show_fieldsets must be declared"),
        ({"base_order": None}, "base_order must be declared"),
        (
            {"inlines": {"reviews": Inline(OrderLineView, ["product"])}},
            "inlines: 'reviews' does not lead to OrderLineView",
        ),
        (
            {"inlines": {"lines": Inline(OrderLineView, ["unit_price"])}},
            "inlines: lines.unit_price is not in the add form of OrderLineView",
        ),
        ({"add_fieldsets": [("Order", {"fields": ["note"]})]}, "'note' stands in a section, but is in no form"),
    ],
)
def test_declaration_when_wrong_then_the_program_does_not_start(change: dict[str, Any], told: str) -> None:
    with pytest.raises(DeclarationError, match="TriedView: ") as refused:
        type("TriedView", (EntityView,), {"datamodel": EntityInterface(Order), **GOOD, **change})
    assert str(refused.value) == f"TriedView: {told}"


def test_every_table_when_looked_at_then_it_has_a_screen_in_one_department_or_a_reason_why_not() -> None:
    tables = {
        mapper.class_
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, Base) and not mapper.class_.__dict__.get("__abstract__")
    }
    declared = [view.model() for group in menu.DEPARTMENTS for view in (*group.views, *group.parts)]
    assert len(declared) == len(set(declared))
    without = {table for table in tables if table not in declared}
    assert {table.__tablename__ for table in without} == set(WITHOUT_SCREEN)


def test_every_declaration_when_looked_at_then_its_rows_are_scoped_and_its_permissions_are_explicit() -> None:
    for name, view in ENTITIES.items():
        assert view.scope is not None, name
        assert {"can_list", "can_show"} <= set(view.base_permissions), name
        assert not {permission for permission in view.base_permissions if "delete" in permission}, name
        assert view.class_permission_name == name


def test_every_sortable_column_when_looked_at_then_an_index_leads_with_it() -> None:
    for view in ENTITIES.values():
        table = view.model().__table__
        leading = {next(iter(index.columns)).name for index in table.indexes}
        leading |= {next(iter(c.columns)).name for c in table.constraints if len(getattr(c, "columns", ())) > 0}
        leading |= {column.name for column in table.columns if column.unique or column.index}
        for name in (*view.order_columns, view.base_order[0]):
            attribute = sa.inspect(view.model()).attrs[name]
            assert attribute.columns[0].name in leading, f"{view.__name__}.{name}"


def test_every_form_when_looked_at_then_it_has_no_state_and_no_derived_amount() -> None:
    derived = {"total_amount", "goods_amount", "fee_amount", "tax_amount", "net_amount", "paid_amount", "search_text"}
    for view in ENTITIES.values():
        names = {*view.add_columns, *view.edit_columns}
        assert state_column(view.model()) not in names
        assert not names & derived, view.__name__


def test_customer_text_when_shown_in_other_tables_then_it_carries_no_personal_data_of_its_own() -> None:
    made = Customer(code="CUS-00000001", name="王小明", phone="13800001111")
    assert str(made) == "CUS-00000001"


def test_clock_when_declared_then_somebody_owns_it() -> None:
    without = [
        (workflow.name, clock.code)
        for workflow in all_workflows()
        for clock in workflow.clocks
        if clock.code not in OWNERS and not hasattr(workflow.subject, "owner_department")
    ]
    # Large exports of data are the committee's own matter.
    assert without == [("export_request", "X1")]
