"""Raises matters between departments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import NotFoundError, PermissionDeniedError, ValidationFailedError
from app.kernel.numbering import next_number
from models.coordination import CoordinationItem
from models.exception import ExceptionCase
from models.labels_exception import CoordinationState, Department
from models.order import Order


def raise_item(ctx: Context, values: Mapping[str, Any]) -> CoordinationItem:
    """A matter of the actor's own department against another one. Clause 6(2).

    Raises:
        PermissionDeniedError: the actor belongs to no department.
        ValidationFailedError: against the own department.
        NotFoundError: an order or exception that does not exist.
    """
    own = next((found for found in Department if str(found) in ctx.actor.departments), None)
    if own is None:
        raise PermissionDeniedError
    given = {key: value for key, value in values.items() if value is not None}
    if given["against_department"] is own:
        raise ValidationFailedError({"against_department": [str(_l("Choose another department than your own."))]})
    for name, model in (("order_id", Order), ("exception_id", ExceptionCase)):
        if name in given and ctx.session.get(model, given[name]) is None:
            raise NotFoundError
    item = CoordinationItem(item_no=next_number(ctx, "CO"), raised_department=own, **given)
    ctx.session.add(item)
    ctx.session.flush()
    return item


def overdue(ctx: Context) -> list[CoordinationItem]:
    """Decided matters whose day has passed and of which the chair does not know yet."""
    statement = sa.select(CoordinationItem).where(
        CoordinationItem.state == CoordinationState.decided,
        CoordinationItem.due_on < ctx.today,
        CoordinationItem.overdue_told_at.is_(None),
    )
    return list(ctx.session.scalars(statement.order_by(CoordinationItem.id)))
