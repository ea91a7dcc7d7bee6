"""S12 rows 6 to 8: school furniture leaves with its reports, is accepted by a certificate, and invoiced in full."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.clocks import readings
from app.kernel.engine import blockers
from app.kernel.errors import DomainError, DuplicateError, ValidationFailedError
from app.kernel.workflow import workflow_of
from app.services.installation.certificate import add_standard, judge_standard
from app.services.order.flags import findings
from app.services.payment.refunds import apply_invoice
from app.services.product.actions import change_product
from app.services.product.reports import add_report, change_report
from app.services.shipment.actions import plan_shipment
from app.services.talk.actions import withdraw
from models.conformity import Standard, Verdict
from models.conformity import TestReport as Report
from models.installation import AcceptanceStandard
from models.labels import AcceptanceState, InvoiceState, OrderState, RegulationState, ReviewCheck, SupplyMode
from models.product import Product
from models.review import OrderReview
from models.talk import Attachment
from tests.services.company import Company, found, moment
from tests.services.orders import (
    CHECKS,
    ENTERED,
    REVIEWED,
    Goods,
    draft,
    fire_all,
    inspected,
    refusal,
    settled,
    with_reports,
)
from tests.services.school import APPOINTMENT, certificate, delivered, loaded, ready_to_ship, sealed

D = Decimal
HARM, CHILD = Standard.gb_18584, Standard.gb_28007
sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
pytestmark = pytest.mark.stage("people")


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def why(company: Company, who: str, when: str, record: Any, step: str) -> list[Any]:
    """The one reason against a step: its code, and what it names."""
    declared = workflow_of(type(record)).step(step)  # type: ignore[union-attr]
    (reason,) = blockers(company.context(who, when), record, declared)  # type: ignore[arg-type]
    return [reason.code, *reason.data.values()]


def report_of(company: Company, sku: str, standard: Standard) -> Report:
    statement = sa.select(Report).join(Report.product).where(Product.sku_code == sku, Report.standard == standard)
    return company.session.scalars(statement).one()


def end_report(company: Company, sku: str, standard: Standard, last: date) -> None:
    with company.act("qc_sun", "2026-12-18 16:00") as ctx:
        change_report(ctx, report_of(company, sku, standard), {"valid_until": last})


def test_s12_row_6_when_a_report_is_not_valid_on_the_day_then_nothing_leaves(company: Company) -> None:
    order = ready_to_ship(company)
    shipment = loaded(company, order)
    assert sorted((report.product.sku_code, str(report.standard)) for report in shipment.reports) == [
        ("CHR-TCH", "gb_18584"),
        ("DSK-STU-SET", "gb_18584"),
        ("DSK-STU-SET", "gb_28007"),
        ("DSK-TCH", "gb_18584"),
    ]
    end_report(company, "DSK-STU-SET", CHILD, date(2026, 12, 20))
    assert why(company, "lg_xu", "2026-12-21 09:00", shipment, "dispatch") == [
        "report_missing", "DSK-STU-SET DSK-STU-SET", "GB 28007-2024",
    ]  # fmt: skip
    assert refusal(company, "lg_xu", "2026-12-21 09:00", shipment, "dispatch") == "report_missing"
    end_report(company, "DSK-STU-SET", CHILD, date(2026, 12, 21))
    company.fire("lg_xu", "2026-12-21 09:00", shipment, "dispatch")
    assert order.state is OrderState.shipped


def test_s12_rows_7_and_8_when_the_certificate_is_complete_then_completed_and_invoiced_to_the_full_name(
    company: Company,
) -> None:
    acceptance = delivered(company)
    order = acceptance.order
    assert [(row.standard, row.verdict) for row in acceptance.standards] == [(HARM, None), (CHILD, None)]
    signed = {"signed_by": "王科长", "signed_at": "2026-12-25T10:00"}
    lacking = "GB 18584-2024、GB 28007-2024、Signed for the accepting unit by、Signed for us by"
    sign = ("cs_ma", "2026-12-25 10:30", acceptance, "sign")
    assert why(company, *sign) == ["certificate_incomplete", f"{lacking}、the sealed certificate as a file"]
    certificate(company, acceptance, "2026-12-23 10:00", CHILD)
    assert why(company, *sign) == ["standard_not_kept", "GB 28007-2024"]
    assert refusal(company, "cs_ma", "2026-12-23 10:10", acceptance, "sign", **signed) == "standard_not_kept"
    company.fire("cs_ma", "2026-12-23 10:20", acceptance, "reject", reason="桌角锐利")
    company.fire("cs_ma", "2026-12-24 16:00", acceptance, "reopen", reason="已更换护角")
    assert [row.verdict for row in acceptance.standards] == [Verdict.passed, None]
    certificate(company, acceptance, "2026-12-25 09:00")
    assert why(company, *sign) == ["certificate_incomplete", "the sealed certificate as a file"]
    sealed(company, acceptance, "2026-12-25 09:30")
    company.fire("cs_ma", "2026-12-25 10:30", acceptance, "sign", **signed)
    assert (acceptance.state, order.state, order.regulation_state) == (
        AcceptanceState.accepted, OrderState.completed, RegulationState.completed,
    )  # fmt: skip
    # Row 8: asked on Friday, issued on Monday.
    with pytest.raises(DomainError) as refused, company.act("oc_li", "2026-12-25 11:00") as ctx:
        apply_invoice(ctx, {"order_id": order.id, "title": "教育局"})
    assert refused.value.reason_code == "title_not_full"
    with company.act("oc_li", "2026-12-25 11:00") as ctx:
        invoice = apply_invoice(ctx, {"order_id": order.id})
    assert (invoice.title, invoice.gross_amount) == ("杭州市某区教育局", D(289800))
    company.fire("fi_zhou", "2026-12-28 10:00", invoice, "issue", tax_invoice_no="2" * 20)
    now = company.context("fi_zhou", "2027-01-10 10:00")
    (clock,) = [each for each in readings(now, invoice) if each.clock.code == "F2"]
    assert (invoice.state, clock.stopped_at, clock.is_breached(now.now)) == (
        InvoiceState.issued, moment("2026-12-28 10:00"), False,
    )  # fmt: skip


@sqlite_only
def test_certificate_when_a_row_is_added_or_judged_then_once_and_with_what_is_wrong(company: Company) -> None:
    acceptance = delivered(company)
    with company.act("cs_ma", "2026-12-22 10:00") as ctx:
        values = {"acceptance_id": acceptance.id, "standard": Standard.gb_28008, "verdict": Verdict.passed}
        row = add_standard(ctx, values)
    with pytest.raises(DuplicateError) as twice, company.act("cs_ma", "2026-12-22 10:01") as ctx:
        add_standard(ctx, values)
    assert twice.value.reason_code == "standard_listed"
    with pytest.raises(ValidationFailedError) as silent, company.act("cs_ma", "2026-12-22 10:02") as ctx:
        judge_standard(ctx, row, {"verdict": Verdict.failed})
    assert list(silent.value.fields) == ["remark"]
    certificate(company, acceptance, "2026-12-22 11:00")
    sealed(company, acceptance, "2026-12-22 11:10")
    company.fire("cs_ma", "2026-12-22 12:00", acceptance, "sign", signed_by="王科长")
    with pytest.raises(DomainError) as closed, company.act("cs_ma", "2026-12-22 13:00") as ctx:
        add_standard(ctx, {**values, "standard": Standard.gbt_3324})
    assert closed.value.reason_code == "certificate_closed"
    with pytest.raises(DomainError) as closed, company.act("cs_ma", "2026-12-22 13:01") as ctx:
        judge_standard(ctx, row, {"verdict": Verdict.failed, "remark": "甲醛"})
    assert (closed.value.reason_code, row.verdict) == ("certificate_closed", Verdict.passed)
    (sheet,) = company.session.scalars(sa.select(Attachment))
    with pytest.raises(DomainError) as stays, company.act("cs_ma", "2026-12-22 13:02") as ctx:
        withdraw(ctx, acceptance, sheet, "拿错了")
    assert (stays.value.reason_code, sheet.withdrawn_at) == ("files_stay", None)


@sqlite_only
def test_certificate_when_refused_then_the_next_one_is_signed_and_sealed_anew(company: Company) -> None:
    acceptance = delivered(company)
    certificate(company, acceptance, "2026-12-22 10:00", HARM)
    sealed(company, acceptance, "2026-12-22 10:10")
    company.fire("cs_ma", "2026-12-22 11:00", acceptance, "reject", reason="甲醛")
    company.fire("cs_ma", "2026-12-23 11:00", acceptance, "reopen", reason="已换板")
    (first, _) = acceptance.standards
    assert (first.verdict, first.remark) == (None, None)
    lacking = "GB 18584-2024、Signed for the accepting unit by、Signed for us by、the sealed certificate as a file"
    assert why(company, "cs_ma", "2026-12-24 10:00", acceptance, "sign") == ["certificate_incomplete", lacking]
    (old,) = company.session.scalars(sa.select(Attachment))
    with company.act("cs_ma", "2026-12-24 10:05") as ctx:
        withdraw(ctx, acceptance, old, "旧单")
    certificate(company, acceptance, "2026-12-24 10:10")
    sealed(company, acceptance, "2026-12-24 10:20")
    company.fire("cs_ma", "2026-12-24 10:30", acceptance, "sign", signed_by="王科长")
    assert acceptance.state is AcceptanceState.accepted


@sqlite_only
def test_review_when_a_report_runs_out_before_the_day_it_is_wanted_then_only_a_comment_passes_it(
    company: Company,
) -> None:
    """A children's desk wanted on 2026-12-10; GB 18584 ends the day before, GB 28007 was never there."""
    order = draft(company, Goods("DSK-KID", 2, 900))
    with company.act("qc_sun", ENTERED) as ctx:
        product = order.lines[0].product
        change_product(ctx, product, {"is_children": True})
    with_reports(company, "DSK-KID", HARM, until="2026-12-09")
    company.fire("oc_li", ENTERED, order, "submit")
    passed = dict.fromkeys(CHECKS, "passed")
    for given in ({}, passed):
        with pytest.raises(ValidationFailedError):
            company.fire("oc_wang", REVIEWED, order, "review", **given)
    company.fire("oc_wang", REVIEWED, order, "review", **passed, comment="12 月 5 日前换发新报告")
    row = company.session.scalars(
        sa.select(OrderReview).where(OrderReview.order_id == order.id, OrderReview.check_name == ReviewCheck.compliance)
    ).one()
    assert (str(row.computed_result), row.value) == ("failed", "DSK-KID: GB 18584-2024、GB 28007-2024; 7 d")


@sqlite_only
def test_f04_when_a_custom_line_needs_a_report_and_has_none_then_special(company: Company) -> None:
    order = draft(company, Goods("BED-KID", 1, 3000, SupplyMode.custom))
    context = company.context("oc_li", ENTERED)
    assert "F04" not in findings(context, order)
    with company.act("qc_sun", ENTERED) as ctx:
        change_product(ctx, order.lines[0].product, {"is_children": True})
    assert findings(context, order)["F04"] == {"untested": "1", "report": "GB 18584-2024、GB 28007-2024"}
    with_reports(company, "BED-KID", HARM, CHILD)
    assert "F04" not in findings(context, order)


@sqlite_only
def test_report_when_recorded_or_put_right_then_the_product_knows_its_end(company: Company) -> None:
    product = draft(company, Goods("TBL", 1, 900)).lines[0].product
    assert product.reports_until is None
    with_reports(company, "TBL", HARM, until="2027-05-01")
    assert product.reports_until == date(2027, 5, 1)
    with company.act("qc_sun", ENTERED) as ctx:
        change_product(ctx, product, {"is_children": True})
    assert product.reports_until is None
    with_reports(company, "TBL", CHILD, until="2027-04-01")
    end_report(company, "TBL", HARM, date(2027, 3, 1))
    assert product.reports_until == date(2027, 3, 1)
    values = {"product_id": product.id, "standard": HARM, "report_no": "WT-TBL", "laboratory": "质检院"}
    dates = {"issued_on": date(2026, 1, 1), "valid_until": date(2027, 1, 1)}
    with pytest.raises(DuplicateError), company.act("qc_sun", ENTERED) as ctx:
        add_report(ctx, {**values, **dates})
    with pytest.raises(ValidationFailedError), company.act("qc_sun", ENTERED) as ctx:
        add_report(ctx, {**values, **dates, "report_no": "WT-2", "valid_until": date(2025, 1, 1)})


@sqlite_only
def test_sign_when_no_public_buyer_accepts_then_no_certificate_is_asked_for(company: Company) -> None:
    order = settled(company, inspected(company, Goods("CHR", 2, 680)))
    with company.act("lg_liu", "2026-11-25 09:00") as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    company.fire("lg_liu", "2026-11-25 16:00", shipment, "schedule", **{
        **APPOINTMENT, "slot_from": "2026-11-27T14:00", "slot_to": "2026-11-27T16:00",
    })  # fmt: skip
    fire_all(company, "lg_xu", "2026-11-27 12:00", shipment.packages, "load")
    company.fire("lg_xu", "2026-11-27 13:00", shipment, "dispatch")
    company.fire("lg_xu", "2026-11-27 14:30", shipment, "deliver", receiver_name="林晓雯")
    (acceptance,) = order.acceptances
    assert company.session.scalars(sa.select(AcceptanceStandard)).all() == []
    company.fire("cs_ma", "2026-11-27 15:00", acceptance, "sign", signed_by="林晓雯")
    assert order.state is OrderState.completed
