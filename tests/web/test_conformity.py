"""Test reports and certificates on the screens: entered with their product, filled in, printed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.kernel.context import LOCAL_ZONE
from models.conformity import TestReport as Report
from models.installation import Acceptance
from models.labels import AcceptanceState
from models.product import Product
from tests.services.company import found
from tests.services.school import delivered
from tests.web.person import Person, first_cells

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

pytestmark = [
    pytest.mark.stage("people"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
BOX = re.compile(r'<input[^>]*name="((?:test_report|acceptance_standard)-\d+-\w+)"[^>]*value="([^"]*)"')


def boxes(html: str) -> dict[str, str]:
    """The written and hidden boxes of the rows of a form, as a browser would send them."""
    body = re.sub(r"<template.*?</template>", "", html, flags=re.DOTALL)
    return {name: unescape(value) for name, value in BOX.findall(body) if not name.endswith("-remove")}


def test_reports_when_entered_with_their_product_then_listed_by_their_end_and_readable_by_others(
    app: Flask, session: Session
) -> None:
    acceptance = delivered(found(session))
    desk = session.scalars(sa.select(Product).where(Product.sku_code == "DSK-TCH")).one()
    day = datetime.now(LOCAL_ZONE).date()
    number, shipment = desk.id, acceptance.shipment_id
    session.rollback()
    maker = Person(app, session, "pd_chen")
    page = f"/product/edit/{number}"
    near = {"standard": "gb_28008", "report_no": "WT-9", "laboratory": "质检院", "issued_on": "2026-01-01"}
    row = {f"test_report-5-{name}": value for name, value in near.items()}
    row["test_report-5-valid_until"] = (day + timedelta(days=59)).isoformat()
    wrong = {**row, "test_report-5-valid_until": "2025-01-01"}
    old = {"standard": "gbt_3324", "report_no": "WT-8", "issued_on": "2024-01-01", "valid_until": "2025-12-31"}
    row |= {f"test_report-6-{name}": value for name, value in (near | old).items()}
    form = {**boxes(maker.page(page)), "name": "讲台"}
    assert "The report ends before it was issued." in maker.post(page, {**form, **wrong}).get_data(as_text=True)
    assert maker.post(page, {**form, **row}).status_code == 303
    # A report stays with its product: the one it was recorded for would count as tested.
    report = session.scalars(sa.select(Report.id).where(Report.report_no == "WT-9")).one()
    session.rollback()
    correction = maker.page(f"/test_report/edit/{report}")
    assert [f'name="{name}"' in correction for name in ("report_no", "product")] == [True, False]
    reader = Person(app, session, "lg_liu")
    assert first_cells(reader.page("/test_report/list/?valid_until__during=soon")) == ["WT-9"]
    assert first_cells(reader.page("/product/list/?reports_until__null=1")) == []
    assert reader.get("/test_report/add").status_code == 403
    # What held on the day of the delivery stands on its note.
    note = reader.page(f"/shipment/{shipment}/paper/note")
    assert [number in note for number in ("WT-DSK-STU-SET", "WT-9", "WT-8")] == [True, True, False]


def test_certificate_when_filled_in_on_its_form_then_signed_and_printed(app: Flask, session: Session) -> None:
    pk = delivered(found(session)).id
    session.rollback()
    clerk = Person(app, session, "cs_ma")
    show, edit = f"/acceptance/show/{pk}", f"/acceptance/edit/{pk}"
    assert "GB 28007-2024、Signed for the accepting unit by、Signed for us by" in clerk.page(show)
    judged = {f"acceptance_standard-{number}-verdict": "passed" for number in (0, 1)}
    names = {"unit_signed_by": "陈校长", "seller_signed_by": "马丽"}
    assert clerk.post(edit, {**boxes(clerk.page(edit)), **judged, **names}).status_code == 303
    body = {"csrf_token": clerk.hidden(show)["csrf_token"], "file": (BytesIO(b"%PDF-1.4"), "验收单盖章.pdf")}
    assert clerk.client.post(f"/acceptance/{pk}/attach", data=body).status_code == 303
    sign = f"/acceptance/{pk}/sign"
    assert clerk.post(sign, {"signed_by": "王科长"}).status_code == 303
    assert session.get_one(Acceptance, pk).state is AcceptanceState.accepted
    session.rollback()
    paper = clerk.page(f"/acceptance/{pk}/paper/form")
    for text in ("GB 28007-2024 children", "Kept", "陈校长", "Accepting unit (seal)", "第一小学"):
        assert text in paper
    assert clerk.get(edit).status_code in {302, 303}
