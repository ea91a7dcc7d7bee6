"""Scenario S01 through the REST API: each act with the token of the person whose work it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from sqlalchemy.orm import Session

from app.cli.demo_people import DEMO_PASSWORD
from models.labels import ProductCategory
from tests.services.company import found, moment, product

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

D = Decimal
CHECKS = dict.fromkeys(("stock", "price", "lead_time", "credit", "compliance", "technical"), "passed")
SLOT = {"mode": "own_fleet", "slot_from": "2026-11-27T14:00:00", "slot_to": "2026-11-27T16:00:00"}
pytestmark = [pytest.mark.stage("people"), pytest.mark.both_engines]


@dataclass
class Office:
    """The API as the programs of the departments use it: log in, then call with the token."""

    app: Flask
    clock: time_machine.Coordinates
    ids: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, tuple[datetime, str]] = field(default_factory=dict)

    def call(self, who: str, when: str, method: str, path: str, body: Any = None) -> TestResponse:
        """One call at a moment in Shanghai."""
        self.clock.move_to(moment(when))
        headers = {"Authorization": f"Bearer {self.token(who, moment(when))}"}
        return self.app.test_client().open(f"/api/v1/{path}", method=method, json=body, headers=headers)

    def token(self, who: str, now: datetime) -> str:
        """A token lives for 15 minutes; who comes later logs in anew."""
        since, token = self.tokens.get(who, (now, ""))
        if not token or not timedelta(0) <= now - since < timedelta(minutes=15):
            login = {"username": who, "password": DEMO_PASSWORD, "provider": "db"}
            token = self.app.test_client().post("/api/v1/security/login", json=login).json["access_token"]
            self.tokens[who] = (now, token)
        return token

    def get(self, who: str, when: str, path: str) -> Any:
        """A record, or the records of a list."""
        response = self.call(who, when, "GET", path)
        assert response.status_code == 200, response.text
        return response.json["result"]

    def add(self, who: str, when: str, entity: str, **body: Any) -> dict[str, Any]:
        """A new record; its id is kept under the entity's name."""
        response = self.call(who, when, "POST", f"{entity}/", body)
        assert response.status_code == 201, response.text
        made: dict[str, Any] = response.json["result"]
        self.ids[entity] = made["id"]
        return made

    def fire(self, who: str, when: str, entity: str, step: str, **body: Any) -> dict[str, Any]:
        """A step of the record that is kept under the entity's name."""
        response = self.call(who, when, "POST", f"{entity}/{self.ids[entity]}/{step}", body)
        assert response.status_code == 200, response.text
        done: dict[str, Any] = response.json["result"]
        return done

    def refused(self, who: str, when: str, entity: str, step: str, **body: Any) -> tuple[int, str]:
        """Status and stable code of a step that is refused; the record is as it was before."""
        return self.refusal(self.call(who, when, "POST", f"{entity}/{self.ids[entity]}/{step}", body))

    @staticmethod
    def refusal(response: TestResponse) -> tuple[int, str]:
        """Status and stable code of a refusal, which always says something to a person."""
        error = response.json["error"]
        assert error["message"]
        return response.status_code, error["code"]


@pytest.fixture
def office(app: Flask, session: Session) -> Iterator[Office]:
    """The goods of the scenario on sale: 5 sofas and 40 chairs in stock."""
    company = found(session)
    with company.act("oc_li", "2026-11-20 09:00"):
        sofa = product(
            session, "SOF-OSLO-3S-GRY", name="奥斯陆三人位布艺沙发", category=ProductCategory.sofa,
            list_price=D(6800), pack_volume=D("1.705"), warranty_months=24, on_hand=5,
        )  # fmt: skip
        chair = product(
            session, "CHR-NORD-01", name="北欧餐椅", category=ProductCategory.chair,
            list_price=D(680), pieces_per_pack=2, pack_volume=D("0.240"), on_hand=40,
        )  # fmt: skip
    ids = {"sofa": sofa.id, "chair": chair.id, "cs_wu": int(company.people["cs_wu"].id or 0)}
    session.close()
    with time_machine.travel(moment("2026-11-23 20:15"), tick=False) as clock:
        yield Office(app, clock, ids)


def test_s01_when_walked_through_the_api_then_completed_with_its_numbers(office: Office) -> None:
    receive(office)
    enter(office)
    review_and_confirm(office)
    inspect_and_plan(office)
    depart_and_deliver(office)
    install_and_accept(office)
    invoice(office)


def receive(office: Office) -> None:
    """Step 1."""
    customer = office.add(
        "oc_li", "2026-11-23 20:15", "customer", kind="person", name="林晓雯", phone="13800005621", city="杭州"
    )
    office.add(
        "oc_li", "2026-11-23 20:15", "customer_address", customer_id=customer["id"], label="家",
        contact_name="林晓雯", contact_phone="13800005621", province="浙江省", city="杭州", district="西湖区",
        detail="文三路 100 号 3 幢 501", floor=5, elevator="none", is_default=True,
    )  # fmt: skip
    message = {"channel": "online_mall", "external_no": "MALL-77120931", "customer_name": "林晓雯", "content": "沙发"}
    item = office.add("oc_li", "2026-11-23 20:15", "inbox_item", **message)
    assert (item["state"], item["received_at"]) == ("open", "2026-11-23T12:15:00+00:00")
    again = office.call("oc_li", "2026-11-23 20:15", "POST", "inbox_item/", message)
    assert office.refusal(again) == (409, "duplicate")
    paid = office.add(
        "fi_qian", "2026-11-23 20:16", "payment", method="wechat", channel_txn_no="WX-1", amount="9894.80",
        external_order_no="MALL-77120931", customer_id=customer["id"],
    )  # fmt: skip
    assert (paid["state"], paid["amount"], paid["open_amount"]) == ("unallocated", "9894.80", "9894.80")


def enter(office: Office) -> None:
    """Steps 2 and 3."""
    entered = office.fire(
        "oc_li", "2026-11-24 09:30", "inbox_item", "enter",
        customer_id=office.ids["customer"], order_type="retail", requested_on="2026-11-30",
    )  # fmt: skip
    order = office.ids["order"] = entered["order"]["id"]
    draft = office.get("oc_li", "2026-11-24 09:31", f"order/{order}")
    assert (draft["order_no"], draft["state"]) == ("SO-20261124-0001", "draft")
    assert office.refused("oc_li", "2026-11-24 09:31", "order", "submit") == (409, "no_lines")
    change = {"install_required": True, "version": draft["version"]}
    assert office.call("oc_li", "2026-11-24 09:32", "PUT", f"order/{order}", change).status_code == 200
    stale = office.call("oc_li", "2026-11-24 09:32", "PUT", f"order/{order}", change)
    assert office.refusal(stale) == (409, "changed_meanwhile")
    lines = [
        office.add(
            "oc_li", "2026-11-24 09:35", "order_line", order_id=order, product_id=office.ids[sku], qty_ordered=qty
        )
        for sku, qty in (("sofa", 1), ("chair", 4))
    ]
    office.add("oc_li", "2026-11-24 09:36", "order_fee", order_id=order, kind="delivery", amount="200")
    assert [(line["line_amount"], line["tax_amount"], line["volume"], line["pack_count"]) for line in lines] == [
        ("6800.00", "782.30", "1.705", 1),
        ("2720.00", "312.92", "0.480", 2),
    ]
    fees = office.get("oc_li", "2026-11-24 09:36", f"order_fee/?order={order}")
    assert {fee["kind"]: (fee["amount"], fee["tax_amount"]) for fee in fees} == {
        "delivery": ("200.00", "23.01"),
        "upstairs": ("174.80", "20.11"),
    }
    submitted = office.fire("oc_li", "2026-11-24 09:40", "order", "submit")
    assert {name: submitted[name] for name in ("total_amount", "net_amount", "tax_amount", "paid_amount")} == {
        "total_amount": "9894.80",
        "net_amount": "8756.46",
        "tax_amount": "1138.34",
        "paid_amount": "9894.80",
    }
    assert submitted["regulation_state"] == "pending_review"


def review_and_confirm(office: Office) -> None:
    """Steps 3 to 6."""
    own = office.refused("oc_li", "2026-11-24 09:45", "order", "review", **CHECKS)
    assert own == (409, "separation_of_duties")
    assert office.refused("pd_chen", "2026-11-24 09:50", "order", "review", **CHECKS) == (403, "permission_denied")
    # What the program finds otherwise wants a reason.
    assert office.refused("oc_wang", "2026-11-24 10:30", "order", "review", stock="failed") == (422, "invalid")
    assert office.refused("oc_wang", "2026-11-24 10:30", "order", "confirm") == (409, "step_not_open")
    reviewed = office.fire("oc_wang", "2026-11-24 10:30", "order", "review", **CHECKS)
    assert (reviewed["state"], reviewed["is_large"], reviewed["special_flags"]) == ("approved", False, [])
    assert stock(office, "2026-11-24 10:31") == [("4", "1", "0"), ("36", "4", "0")]
    confirmed = office.fire("oc_li", "2026-11-24 11:00", "order", "confirm", promised_on="2026-11-28", channel="sms")
    assert (confirmed["state"], confirmed["regulation_state"]) == ("confirmed", "confirmed")
    assert stock(office, "2026-11-24 11:01") == [("4", "0", "1"), ("36", "0", "4")]
    (letter,) = office.get("oc_li", "2026-11-24 11:10", f"confirmation_letter/?order={office.ids['order']}")
    assert (letter["letter_no"], letter["total_amount"]) == ("CL-SO-20261124-0001-V1", "9894.80")
    office.ids["confirmation_letter"] = letter["id"]
    acknowledged = office.fire("oc_li", "2026-11-24 11:20", "confirmation_letter", "acknowledge", reason="短信")
    assert acknowledged["state"] == "acknowledged"


def stock(office: Office, when: str) -> list[tuple[str, str, str]]:
    """Available, softly and firmly reserved pieces of sofa and chair."""
    rows = office.get("oc_wang", when, "stock/")
    places = {row["product"]["id"]: row for row in rows}
    return [
        tuple(f"{D(places[office.ids[sku]][name]):.0f}" for name in ("qty_available", "qty_soft", "qty_hard"))
        for sku in ("sofa", "chair")
    ]


def inspect_and_plan(office: Office) -> None:
    """Steps 7 and 8."""
    early = office.call("lg_liu", "2026-11-24 12:00", "POST", "shipment/", {"order_id": office.ids["order"]})
    # Until goods have passed inspection the order is nothing logistics knows of.
    assert office.refusal(early) == (422, "invalid")
    for inspection in office.get("qc_sun", "2026-11-25 10:00", "inspection/?state=pending"):
        office.ids["inspection"] = inspection["id"]
        assert office.fire("qc_sun", "2026-11-25 10:00", "inspection", "accept")["state"] == "passed"
    ready = office.get("lg_liu", "2026-11-25 15:00", f"order/{office.ids['order']}")
    assert (ready["state"], ready["skip_reason"], "total_amount" in ready) == ("ready_to_ship", "stock", False)
    office.add("lg_liu", "2026-11-25 16:00", "shipment", order_id=office.ids["order"])
    assert office.refused("lg_liu", "2026-11-26 15:00", "shipment", "schedule", **SLOT) == (400, "short_notice")
    scheduled = office.fire("lg_liu", "2026-11-25 16:00", "shipment", "schedule", **SLOT)
    assert (scheduled["state"], scheduled["slot_from"]) == ("scheduled", "2026-11-27T06:00:00+00:00")


def depart_and_deliver(office: Office) -> None:
    """Steps 9 and 10."""
    packages = office.get("lg_xu", "2026-11-27 12:50", f"package/?shipment={office.ids['shipment']}")
    packages.sort(key=lambda package: package["package_no"])
    assert [package["package_no"] for package in packages] == [f"PK-SO-20261124-0001-0{seq}" for seq in (1, 2, 3)]
    for number, package in enumerate(packages):
        if number == 2:
            two_of_three = office.refused("lg_xu", "2026-11-27 12:55", "shipment", "dispatch")
            assert two_of_three == (409, "packages_missing")
        office.ids["package"] = package["id"]
        office.fire("lg_xu", "2026-11-27 12:50", "package", "load")
    assert office.fire("lg_xu", "2026-11-27 13:00", "shipment", "dispatch")["state"] == "in_transit"
    shipped = office.get("oc_li", "2026-11-27 13:01", f"order/{office.ids['order']}")
    assert (shipped["state"], shipped["regulation_state"]) == ("shipped", "shipped")
    office.fire("lg_liu", "2026-11-27 14:30", "shipment", "deliver", receiver_name="林晓雯")
    (receipt,) = office.get("lg_liu", "2026-11-27 14:31", f"delivery_receipt/?shipment={office.ids['shipment']}")
    assert (receipt["packages_received"], receipt["packages_damaged"]) == (3, 0)
    line = office.get("lg_liu", "2026-11-27 14:31", f"order_line/{office.ids['order_line']}")
    assert line["return_deadline_at"] == "2026-12-04T15:59:59+00:00"


def install_and_accept(office: Office) -> None:
    """Steps 11 and 12."""
    (installation,) = office.get("cs_ma", "2026-11-27 14:35", f"installation/?order={office.ids['order']}")
    office.ids["installation"] = installation["id"]
    assert office.refused("cs_wu", "2026-11-27 14:35", "installation", "start") == (404, "not_found")
    slot = {"slot_from": "2026-11-27T15:00:00", "slot_to": "2026-11-27T17:00:00"}
    office.fire("cs_ma", "2026-11-27 14:35", "installation", "schedule", installer_id=office.ids["cs_wu"], **slot)
    office.fire("cs_wu", "2026-11-27 15:00", "installation", "start")
    half = office.refused("cs_wu", "2026-11-27 15:30", "installation", "finish", checklist_pct=50, photo_count=4)
    assert half == (422, "invalid")
    office.fire("cs_wu", "2026-11-27 16:00", "installation", "finish", checklist_pct=100, photo_count=4)
    (acceptance,) = office.get("cs_wu", "2026-11-27 16:05", f"acceptance/?order={office.ids['order']}")
    office.ids["acceptance"] = acceptance["id"]
    office.fire("cs_wu", "2026-11-27 16:10", "acceptance", "sign", signed_by="林晓雯")
    order = office.get("oc_li", "2026-11-27 16:11", f"order/{office.ids['order']}")
    assert (order["state"], order["regulation_state"]) == ("completed", "completed")
    assert order["completed_at"] == "2026-11-27T08:10:00+00:00"
    again = office.refused("cs_wu", "2026-11-27 16:12", "acceptance", "sign", signed_by="林晓雯")
    assert again == (409, "step_not_open")
    lines = office.get("oc_li", "2026-11-27 16:11", f"order_line/?order={office.ids['order']}")
    assert [line["qty_accepted"] for line in lines] == ["1.000", "4.000"]


def invoice(office: Office) -> None:
    """Step 13."""
    given = {"order_id": office.ids["order"], "title": "林晓雯", "gross_amount": "9894.80"}
    special = office.call("fi_zhou", "2026-11-28 10:00", "POST", "invoice/", {**given, "kind": "special"})
    assert office.refusal(special) == (400, "special_for_person")
    made = office.add("fi_zhou", "2026-11-28 10:00", "invoice", **given, kind="ordinary")
    assert (made["state"], made["gross_amount"], made["tax_amount"]) == ("applied", "9894.80", "1138.34")
