"""Test reports of products: recorded and corrected; the product knows when they run out. Clause 8(4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import DuplicateError, NotFoundError, ValidationFailedError
from models.conformity import TestReport, needed_standards, valid_through
from models.labels_order import OrderType
from models.product import Product


def add_report(ctx: Context, values: Mapping[str, Any]) -> TestReport:
    """A report of a product. Raises DuplicateError ``report_taken``; ValidationFailedError where it ends too early."""
    report = TestReport(**values)
    _check(ctx, report)
    ctx.session.add(report)
    _tell_product(ctx, report.product_id)
    return report


def change_report(ctx: Context, report: TestReport, values: Mapping[str, Any]) -> TestReport:
    """Puts a report right, or prolongs it. Raises as :func:`add_report`."""
    with ctx.session.no_autoflush:
        for name, value in values.items():
            setattr(report, name, value)
        _check(ctx, report)
    _tell_product(ctx, report.product_id)
    return report


def note_reports(ctx: Context, product: Product) -> None:
    """Keeps on a product how long the reports are valid that it needs whoever buys it; flushes."""
    ctx.session.flush()
    reports = ctx.session.scalars(sa.select(TestReport).where(TestReport.product_id == product.id))
    # What a public buyer asks for is asked for by law of all furniture.
    product.reports_until = valid_through(needed_standards(product, OrderType.government), reports)
    ctx.session.flush()


def _check(ctx: Context, report: TestReport) -> None:
    if report.valid_until < report.issued_on:
        raise ValidationFailedError({"valid_until": [str(_l("The report ends before it was issued."))]})
    same = sa.select(TestReport.id).where(
        TestReport.product_id == report.product_id,
        TestReport.standard == report.standard,
        TestReport.report_no == report.report_no,
        TestReport.id != (report.id or 0),
    )
    if ctx.session.scalar(same.limit(1)):
        raise DuplicateError(
            _l("The report %(number)s of this standard is recorded already: change that one."),
            code="report_taken",
            number=report.report_no,
        )


def _tell_product(ctx: Context, product_id: int) -> None:
    ctx.session.flush()
    product = ctx.session.get(Product, product_id)
    if product is None:
        raise NotFoundError
    # Two reports recorded at once are added up one after the other.
    ctx.session.refresh(product, with_for_update=True)
    note_reports(ctx, product)
