"""Warnings while a form is filled in: what is typed may be on file already. They never keep anybody from saving."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import jsonify, request
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.kernel.context import Context
from app.services.customer.queries import alike as alike_customers
from app.services.order.queries import alike as alike_orders
from views.adapter import guarded
from views.base import EntityDeclaration
from views.context import only_reads, web_context
from views.display import record_text, state_of
from views.forms import is_id

LONGEST = 200
Twins = Callable[[Context, Mapping[str, str], sa.ColumnElement[bool], int | None], list[tuple[str, Any]]]
LINE = re.compile(r"lines-(\d{1,5})-(product_id|qty_ordered)", re.ASCII)


class Warned(EntityDeclaration):
    """Mixed into an entity's screen, its form asks as it is typed into. ``twins`` finds the likes."""

    is_abstract: ClassVar[bool] = True
    has_twins: ClassVar[bool] = True
    twins: ClassVar[Twins]

    @expose("/alike", methods=("POST",))
    @only_reads
    @guarded("add")
    def alike(self) -> Any:
        """What looks like the typed record, of the rows the person may know of."""
        ctx = web_context()
        scope = type(self).scope
        known = scope(ctx.actor) if scope is not None else sa.true()
        values = {name: value[:LONGEST] for name, value in request.form.items()}
        record = values.get("record", "")
        found = type(self).twins(ctx, values, known, int(record) if is_id(record) else None)
        may_open = self.may(ctx.actor, "show")
        return jsonify({"warnings": [self._warning(ctx, field, twin, may_open=may_open) for field, twin in found]})

    def _warning(self, ctx: Context, field: str, twin: Any, *, may_open: bool) -> dict[str, Any]:
        state = state_of(twin)
        text = _("Perhaps on file already: %(record)s", record=record_text(ctx.actor, twin))
        return {
            "field": field,
            "text": f"{text} ({state['label']})" if state else text,
            "url": self.url("show", pk=twin.id) if may_open else None,
        }


def customer_twins(
    ctx: Context, values: Mapping[str, str], known: sa.ColumnElement[bool], pk: int | None
) -> list[tuple[str, Any]]:
    """Customers by phone, credit code, or name and place; the first address of the grid counts as the place."""
    detail = next(
        (value for name, value in values.items() if re.fullmatch(r"addresses-\d+-detail", name) and value), ""
    )
    return list(alike_customers(ctx, {**values, "detail": detail}, known, pk))


def order_twins(
    ctx: Context, values: Mapping[str, str], known: sa.ColumnElement[bool], pk: int | None
) -> list[tuple[str, Any]]:
    """Orders by external number, or of the same customer with the same goods within seven days."""
    rows: dict[str, dict[str, str]] = {}
    for name, value in values.items():
        if (found := LINE.fullmatch(name)) is not None:
            rows.setdefault(found[1], {})[found[2]] = value
    goods: dict[int, Decimal] = {}
    for row in rows.values():
        product, qty = row.get("product_id", ""), _number(row.get("qty_ordered", ""))
        if is_id(product) and qty is not None:
            goods[int(product)] = goods.get(int(product), Decimal(0)) + qty
    customer = values.get("customer_id", "")
    asked = {**values, "customer_id": int(customer) if is_id(customer) else None, "goods": goods}
    return list(alike_orders(ctx, asked, known, pk))


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
