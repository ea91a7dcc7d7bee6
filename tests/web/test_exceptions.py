"""Who sees which exception, what of it, and what waits on his first page (domain/09 9.1)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
import time_machine

from app.jobs.clocks import sweep_clocks
from app.services.coordination.actions import raise_item
from app.services.exception.actions import open_case
from models.clock_run import ClockRun
from models.exception import ExceptionCase
from models.labels_exception import Department
from models.labels_work import LiableParty
from tests.services.company import Company, found, moment
from tests.services.orders import Goods, confirmed
from tests.web.person import Person, text_of

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

LOSS = "570.40"
NOW = moment("2026-11-25 11:00")

pytestmark = pytest.mark.stage("people")


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


@pytest.fixture
def case(company: Company) -> ExceptionCase:
    """A case that customer service reported, logistics owns and production answers for."""
    order = confirmed(company, Goods("CHR-NORD-01", 4))
    with company.act("cs_ma", "2026-11-25 10:00") as ctx:
        values = {
            "order_id": order.id,
            "description": "少一把椅子",
            "owner_department": Department.logistics,
            "liable_party": LiableParty.production,
            "loss_amount": Decimal(LOSS),
        }
        return open_case(ctx, values)


def by_api(person: Person, path: str) -> TestResponse:
    """The answer to a program with the person's token."""
    return person.app.test_client().get(path, headers=person.token())


def test_case_when_people_look_then_owner_liable_reporter_centre_committee_and_auditor_see_it(
    app: Flask, session: Session, case: ExceptionCase
) -> None:
    page, api, number = f"/exception_case/show/{case.id}", f"/api/v1/exception_case/{case.id}", case.case_no
    seen = {}
    with time_machine.travel(NOW, tick=False):
        for name in ("lg_liu", "pd_chen", "cs_ma", "fi_zhou", "oc_li", "cm_zhang", "au_lin", "cs_wu"):
            person = Person(app, session, name)
            answers = (person.get(page).status_code, by_api(person, api).status_code)
            seen[name] = (*answers, number in person.get("/exception_case/list/").get_data(as_text=True))
    yes, unknown = (200, 200, True), (404, 404, False)
    assert seen == {
        "lg_liu": yes,
        "pd_chen": yes,
        "cs_ma": yes,
        "fi_zhou": unknown,
        "oc_li": yes,
        "cm_zhang": yes,
        "au_lin": yes,
        "cs_wu": (403, 403, False),
    }


def test_case_when_production_and_logistics_look_then_without_money(
    app: Flask, session: Session, case: ExceptionCase
) -> None:
    page, api = f"/exception_case/show/{case.id}", f"/api/v1/exception_case/{case.id}"
    with time_machine.travel(NOW, tick=False):
        shown = {name: LOSS in Person(app, session, name).page(page) for name in ("lg_liu", "pd_chen", "oc_li")}
        told = by_api(Person(app, session, "pd_chen"), api).json["result"]
    assert told["description"] == "少一把椅子"
    assert shown == {"lg_liu": False, "pd_chen": False, "oc_li": True}
    assert "loss_amount" not in told


def test_case_when_opened_from_an_order_then_the_form_is_filled_in(
    app: Flask, session: Session, case: ExceptionCase
) -> None:
    key = case.order_id
    with time_machine.travel(NOW, tick=False):
        person = Person(app, session, "oc_li")
        form = person.page(f"/exception_case/add?order_id={key}")
        assert f'value="{key}"' in form
        person.post(
            "/exception_case/add",
            {
                "order_id": str(key),
                "kind": "damage",
                "owner_department": "logistics",
                "description": "外箱破损",
                "delay_days": "4",
                "affected_orders": "1",
            },
            page=f"/exception_case/add?order_id={key}",
        )
    session.rollback()
    latest = session.scalars(sa.select(ExceptionCase).order_by(ExceptionCase.id.desc())).first()
    assert latest is not None
    assert (latest.description, str(latest.kind), str(latest.level)) == ("外箱破损", "damage", "l2")


def test_home_when_time_was_missed_then_the_department_is_asked_for_the_reason_and_the_bell_rings(
    app: Flask, session: Session, company: Company, case: ExceptionCase
) -> None:
    sweep_clocks(company.context("system", "2026-11-25 14:30"))
    run = session.scalars(sa.select(ClockRun).where(ClockRun.entity == "exception_case")).one()
    key, number = run.id, case.case_no
    with time_machine.travel(moment("2026-11-25 15:00"), tick=False):
        lead = Person(app, session, "lg_gao")
        home = text_of(lead.page("/"))
        assert "Time limits · Late, reason missing" in home
        bell = text_of(lead.page("/notification/list/"))
        assert "First answer is late: 100% of the time has passed" in bell
        assert f"X1 First answer {number}" in text_of(lead.page("/clock_run/list/"))
        other = Person(app, session, "fi_zhou")
        assert other.get(f"/clock_run/show/{key}").status_code == 404
        lead.post(f"/clock_run/{key}/explain", {"reason": "capacity"}, page=f"/clock_run/{key}/explain")
    session.rollback()
    session.refresh(run)
    assert (str(run.state), str(run.reason)) == ("explained", "capacity")


def test_coordination_when_people_look_then_both_departments_and_the_committee_see_it(
    app: Flask, session: Session, company: Company
) -> None:
    values = {"against_department": Department.logistics, "subject": "装车", "description": "延误"}
    with company.act("pd_he", "2026-11-25 10:00") as ctx:
        item = raise_item(ctx, values)
    page = f"/coordination_item/show/{item.id}"
    with time_machine.travel(NOW, tick=False):
        people = ("pd_chen", "lg_liu", "cm_zhang", "au_lin", "fi_zhou", "cs_wu")
        seen = {name: Person(app, session, name).get(page).status_code for name in people}
    assert seen == {"pd_chen": 200, "lg_liu": 200, "cm_zhang": 200, "au_lin": 200, "fi_zhou": 404, "cs_wu": 403}
