"""Consents and requests of people about their own data. S16 row 12, clock Z1."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from app.kernel.clocks import readings
from app.kernel.errors import PermissionDeniedError, StepBlockedError
from app.services.privacy.actions import consents_of, missing_consents, receive_request
from app.services.privacy.report import report_of
from app.services.privacy.reveal import reveal
from app.services.shipment.actions import plan_shipment
from models.customer import Consent, CustomerAddress
from models.journal import Journal
from models.labels import ConsentPurpose
from models.privacy import ConsentState, RequestState
from tests.services.company import Company, found, moment, person
from tests.services.orders import Goods, draft, fire_all, inspected, settled
from tests.web.person import Person, text_of

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

SLOT = {"mode": "own_fleet", "slot_from": "2026-11-27T14:00", "slot_to": "2026-11-27T16:00", "driver_name": "周师傅"}
CHAIRS = Goods("CHR-NORD-01", 4, 680)
OTHER = ("周建国", "13900009999", "古墩路 7 号")

pytestmark = pytest.mark.stage("people")


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def consent(company: Company, customer_id: int, purpose: str, **values: Any) -> Consent:
    with company.act("cs_ma", "2026-11-24 09:00") as ctx:
        made = Consent(
            customer_id=customer_id, purpose=purpose, text_version="v3", given_at=moment("2026-11-24 08:00"),
            **{"is_granted": True, **values},
        )  # fmt: skip
        ctx.session.add(made)
    return made


def test_consent_when_withdrawn_then_with_channel_and_words_and_not_twice(session: Session, company: Company) -> None:
    customer = person(session)
    session.commit()
    made = consent(company, customer.id, "marketing")
    data = {"channel": "phone", "reason": "不再需要短信"}
    with pytest.raises(PermissionDeniedError):
        company.fire("oc_li", "2026-11-25 09:00", made, "withdraw", **data)
    company.fire("cs_ma", "2026-11-25 09:00", made, "withdraw", **data)
    assert (made.state, made.withdrawn_at, str(made.withdrawn_channel)) == (
        ConsentState.withdrawn, moment("2026-11-25 09:00"), "phone",
    )  # fmt: skip
    row = session.scalars(sa.select(Journal).where(Journal.action == "consent.withdraw")).one()
    assert row.reason == "不再需要短信"


def test_consent_when_not_granted_then_nothing_to_withdraw(session: Session, company: Company) -> None:
    customer = person(session)
    session.commit()
    made = consent(company, customer.id, "photo", is_granted=False)
    with pytest.raises(StepBlockedError) as refused:
        company.fire("cs_ma", "2026-11-25 09:00", made, "withdraw", channel="phone", reason="不拍照")
    assert [reason.code for reason in refused.value.reasons()] == ["not_granted"]


def test_marketing_when_everything_else_was_agreed_to_then_not_implied(session: Session, company: Company) -> None:
    customer = person(session)
    session.commit()
    assert missing_consents(company.context("oc_li", "2026-11-24 09:00"), customer.id) == [
        ConsentPurpose.order, ConsentPurpose.delivery_share,
    ]  # fmt: skip
    for purpose in ("order", "delivery_share"):
        consent(company, customer.id, purpose)
    ctx = company.context("oc_li", "2026-11-24 09:00")
    assert missing_consents(ctx, customer.id) == []
    assert ConsentPurpose.marketing not in {purpose for purpose, _holds, _at in consents_of(ctx, customer.id)}
    # A row that nobody ticked is none.
    untouched = Consent(customer_id=customer.id, purpose="marketing", text_version="v3")
    assert untouched.is_granted is False


def test_order_when_entered_without_consent_then_said_and_not_refused(
    app: Flask, session: Session, company: Company
) -> None:
    order = draft(company, CHAIRS)
    pk, customer_id = order.id, order.customer_id
    session.rollback()
    said = text_of(Person(app, session, "oc_li").page(f"/order/show/{pk}"))
    assert "No consent: Order handling" in said
    assert "No consent: Sharing with carrier and installer" in said
    consent(company, customer_id, "order")
    session.rollback()
    said = text_of(Person(app, session, "oc_li").page(f"/order/show/{pk}"))
    assert "No consent: Order handling" not in said
    company.fire("oc_li", "2026-11-23 10:00", session.get_one(type(order), pk), "submit")


def test_customer_when_a_consent_was_withdrawn_then_his_page_says_so(
    app: Flask, session: Session, company: Company
) -> None:
    customer = person(session)
    session.commit()
    pk = customer.id
    made = consent(company, pk, "marketing")
    company.fire("cs_ma", "2026-11-25 09:00", made, "withdraw", channel="phone", reason="不再需要短信")
    session.rollback()
    page = text_of(Person(app, session, "cs_ma").page(f"/customer/show/{pk}"))
    assert "Withdrawn on 2026-11-25 09:00: Marketing" in page


def test_request_when_received_then_z1_is_15_working_days(session: Session, company: Company) -> None:
    customer = person(session)
    with company.act("cs_ma", "2026-11-24 09:00") as ctx:
        made = receive_request(ctx, {"customer_id": customer.id, "kind": "copy", "channel": "phone"})
    assert made.request_no == "PI-20261124-0001"
    (reading,) = readings(company.context("cs_huang", "2026-11-24 10:00"), made)
    # Tuesday 24 November and 14 working days more.
    assert (reading.clock.code, reading.due_at) == ("Z1", moment("2026-12-14 18:00"))
    with pytest.raises(PermissionDeniedError):
        company.fire("cs_ma", "2026-11-25 09:00", made, "answer", identity_check="回拨", answer="已发送")
    company.fire("cs_huang", "2026-12-01 09:00", made, "answer", identity_check="回拨登记手机号", answer="已发送")
    assert (made.state, made.answered_at) == (RequestState.answered, moment("2026-12-01 09:00"))
    (reading,) = readings(company.context("cs_huang", "2027-01-10 10:00"), made)
    assert not reading.is_breached(moment("2027-01-10 10:00"))


def test_request_when_refused_then_with_a_reason(session: Session, company: Company) -> None:
    customer = person(session)
    with company.act("cs_ma", "2026-11-24 09:00") as ctx:
        made = receive_request(ctx, {"customer_id": customer.id, "kind": "delete", "channel": "phone"})
    company.fire("cs_huang", "2026-12-01 09:00", made, "refuse", identity_check="回拨", reason="订单仍在保修期")
    assert (made.state, made.refusal_reason) == (RequestState.refused, "订单仍在保修期")


def walk(company: Company) -> Any:
    """An order with an address of the person and one of a friend; a neighbour signs; masks were lifted once."""
    order = settled(company, inspected(company, CHAIRS))
    with company.act("oc_li", "2026-11-24 12:30") as ctx:
        for name, phone, street in (("林晓雯", "13800005621", "文三路 100 号"), OTHER):
            place = CustomerAddress(
                customer_id=order.customer_id, contact_name=name, contact_phone=phone, province="浙江省", city="杭州",
                detail=street,
            )  # fmt: skip
            ctx.session.add(place)
    with company.act("lg_liu", "2026-11-25 09:00") as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    company.fire("lg_liu", "2026-11-25 16:00", shipment, "schedule", **SLOT)
    fire_all(company, "lg_xu", "2026-11-27 12:00", shipment.packages, "load")
    company.fire("lg_xu", "2026-11-27 13:00", shipment, "dispatch")
    company.fire("lg_xu", "2026-11-27 14:30", shipment, "deliver", receiver_name="邻居王强")
    with company.act("au_lin", "2026-11-28 09:00") as ctx:
        reveal(ctx, order.customer, "抽查")
    return order


def test_report_when_made_then_holds_the_persons_data_and_nobody_elses(session: Session, company: Company) -> None:
    order = walk(company)
    person(session, "另一人", "13711110000")
    session.commit()
    with company.act("cs_huang", "2026-12-01 09:00") as ctx:
        report = report_of(ctx, order.customer, lambda ids: dict.fromkeys(ids, "审计"))
    text = str(report)
    for own in ("林晓雯", "13800005621", "文三路 100 号", "SO-TEST-0001"):
        assert own in text
    staff = ("林审计", "李静", "刘洋", "马丽", "黄蓉", "徐强")
    assert [name for name in (*OTHER, "邻居王强", "另一人", "13711110000", "周师傅", *staff) if name in text] == []
    values = {(row["record_type"], row["field"]): row["value"] for row in report["data"]}
    assert values["delivery_receipt", "receiver_name"] == "邻*"
    assert {row["class"] for row in report["data"]} <= {"P2", "P3"}
    assert [(row["act"], row["department"]) for row in report["seen_by"]] == [("customer.reveal", "审计")]
    assert [(row["what_for"], row["order_no"]) for row in report["given_to"]] == [("delivery", "SO-TEST-0001")]
    entry = session.scalars(sa.select(Journal).where(Journal.action == "customer.report")).one()
    assert (entry.entity_id, entry.data["rows"]["orders"]) == (order.customer_id, 1)


def test_report_when_downloaded_then_a_workbook_and_json_for_who_may(
    app: Flask, session: Session, company: Company
) -> None:
    order = walk(company)
    pk, code = order.customer_id, order.customer.code
    session.rollback()
    lead, clerk = Person(app, session, "cs_huang"), Person(app, session, "cs_ma")
    # What gets a file leaves the page as it is: its button must not wait for the next page.
    form = lead.page(f"/customer/show/{pk}").split(f'action="/customer/{pk}/report"')[1].split(">", maxsplit=1)[0]
    assert ("data-zd-export" in form, "data-zd-once" in form) == (True, False)
    answer = lead.post(f"/customer/{pk}/report", {}, page=f"/customer/show/{pk}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{code}.xlsx"'
    book = load_workbook(BytesIO(answer.data))
    assert book.sheetnames == ["Your data", "Orders", "Consents", "Data requests", "Given to", "Seen in full by"]
    cells = [str(cell.value) for sheet in book for row in sheet for cell in row]
    assert ("林晓雯" in cells, OTHER[0] in cells, "Auditor" in cells) == (True, False, True)
    given = app.test_client().post(f"/api/v1/customer/{pk}/report", headers=lead.token())
    assert given.status_code == 200
    assert set(given.json["result"]) == {"data", "orders", "consents", "requests", "given_to", "seen_by"}
    assert app.test_client().post(f"/api/v1/customer/{pk}/report", headers=clerk.token()).status_code == 403
    assert clerk.post(f"/customer/{pk}/report", {}, page="/customer/add").status_code == 403
    rows = session.scalars(sa.select(Journal).where(Journal.action == "customer.report")).all()
    assert len(rows) == 2
    assert all(isinstance(row.at, datetime) for row in rows)
