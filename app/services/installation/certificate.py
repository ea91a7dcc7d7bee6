"""The certificate of a public buyer: every standard judged, three signatures, the seal. Clause 14(4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.engine import lock
from app.kernel.errors import DomainError, DuplicateError, NotFoundError, Reason, ValidationFailedError
from app.kernel.naming import entity_name
from models.conformity import Standard, TestReport, Verdict, needed_standards
from models.installation import Acceptance, AcceptanceStandard
from models.labels import AcceptanceState, OrderType
from models.order import Order, OrderLine
from models.product import Product
from models.talk import Attachment

SIGNATURES = ("unit_signed_by", "seller_signed_by")


def needs_certificate(acceptance: Acceptance) -> bool:
    """Public buyers accept in writing, by standard."""
    return acceptance.order.order_type is OrderType.government


def is_open(acceptance: Acceptance) -> bool:
    """Whether the certificate is being filled in now."""
    return acceptance.state is AcceptanceState.pending and needs_certificate(acceptance)


def list_standards(ctx: Context, acceptance: Acceptance, order: Order) -> None:
    """The rows of a new certificate: what the accepted goods need a report for, and what they were tested by."""
    if order.order_type is not OrderType.government:
        return
    accepted = [line.order_line_id for line in acceptance.lines]
    goods = sa.select(Product).where(
        sa.select(OrderLine.id).where(OrderLine.product_id == Product.id, OrderLine.id.in_(accepted)).exists()
    )
    products = ctx.session.scalars(goods).all()
    tested = sa.select(TestReport.standard).where(TestReport.product_id.in_([product.id for product in products]))
    standards = set(ctx.session.scalars(tested.distinct()))
    standards |= {standard for product in products for standard in needed_standards(product, order.order_type)}
    acceptance.standards = [AcceptanceStandard(standard=standard) for standard in Standard if standard in standards]
    ctx.session.flush()


def add_standard(ctx: Context, values: Mapping[str, Any]) -> AcceptanceStandard:
    """A standard that the buyer judges as well. Raises DomainError ``certificate_closed``, ``standard_listed``."""
    acceptance = ctx.session.get(Acceptance, values["acceptance_id"])
    if acceptance is None:
        raise NotFoundError
    _require_open(ctx, acceptance)
    _check(values)
    listed = sa.select(AcceptanceStandard.id).where(
        AcceptanceStandard.acceptance_id == acceptance.id, AcceptanceStandard.standard == values["standard"]
    )
    if ctx.session.scalar(listed):
        raise DuplicateError(_l("This standard is listed already: judge it there."), code="standard_listed")
    row = AcceptanceStandard(**values)
    ctx.session.add(row)
    ctx.session.flush()
    return row


def judge_standard(ctx: Context, row: AcceptanceStandard, values: Mapping[str, Any]) -> AcceptanceStandard:
    """What the buyer found.

    Raises:
        DomainError: ``certificate_closed``, by a signature at the same time too.
        ValidationFailedError: a standard that is not kept has no remark.
    """
    _require_open(ctx, row.acceptance)
    _check({"verdict": row.verdict, "remark": row.remark, **values})
    for name, value in values.items():
        setattr(row, name, value)
    ctx.session.flush()
    return row


def _require_open(ctx: Context, acceptance: Acceptance) -> None:
    lock(ctx, acceptance)
    if not is_open(acceptance):
        raise DomainError(
            _l("Standards are judged while a government order waits for its acceptance."), code="certificate_closed"
        )


def _check(values: Mapping[str, Any]) -> None:
    if values.get("verdict") is Verdict.failed and not values.get("remark"):
        raise ValidationFailedError({"remark": [str(_l("Say what is not as the standard asks."))]})


def is_certified(ctx: Context, acceptance: Acceptance) -> Reason | None:
    """A public buyer's yes stands on a complete certificate, and on none that says no. Clause 14(4)."""
    if not needs_certificate(acceptance):
        return None
    failed = [row.standard.number for row in acceptance.standards if row.verdict is Verdict.failed]
    if failed:
        return Reason(
            "standard_not_kept",
            _l("Not kept: %(standards)s. Record the rejection, put it right, and ask again."),
            {"standards": "、".join(failed)},
        )
    missing = [row.standard.number for row in acceptance.standards if row.verdict is None]
    columns = Acceptance.__table__.columns
    missing += [str(columns[name].info["label"]) for name in SIGNATURES if not getattr(acceptance, name)]
    if not _is_sealed(ctx, acceptance):
        missing.append(str(_l("the sealed certificate as a file")))
    if not missing:
        return None
    return Reason(
        "certificate_incomplete", _l("The certificate still lacks: %(missing)s."), {"missing": "、".join(missing)}
    )


def _is_sealed(ctx: Context, acceptance: Acceptance) -> bool:
    held = sa.select(Attachment.id).where(
        Attachment.entity == entity_name(Acceptance),
        Attachment.entity_id == acceptance.id,
        Attachment.withdrawn_at.is_(None),
    )
    if acceptance.rejection_reason is not None:
        # The sheet of a refused certificate says nothing about what was put right since.
        held = held.where(Attachment.created_at >= acceptance.state_since)
    return ctx.session.scalar(held.limit(1)) is not None
