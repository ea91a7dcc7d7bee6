"""What one administrator, a preview, a second header or an odd address does not get round."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy.orm import Session

from app.kernel.context import LOCAL_ZONE
from app.security.second_factor import switch_off
from models.access import RightsChange
from models.customer import Customer
from models.journal import Journal
from models.labels import RightsChangeState
from tests.services.company import found
from tests.web.person import Person, newest

ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
DEEP = "[" * 100_000

pytestmark = [pytest.mark.stage("people"), pytest.mark.usefixtures("without_csrf"), pytest.mark.both_engines]


def proposal_of_root(app: Flask, session: Session) -> tuple[int, int]:
    """The administrator gives a planner an inspector's role as well, which waits for the second one: id, version."""
    ids = {role.name: role.id for role in session.scalars(sa.select(Role))}
    chen = session.scalars(sa.select(User.id).where(User.username == "pd_chen")).one()
    session.rollback()
    form = {"username": "pd_chen", "last_name": "陈", "first_name": "刚", "email": "chen@zhidan.example", "active": "y"}
    url = f"/users/edit/{chen}"
    root = Person(app, session, "ad_root")
    seen = re.search(r'name="seen" type="hidden" value="(\w{64})"', root.page(url))
    assert seen is not None
    root.client.post(url, data={**form, "roles": [ids["production"], ids["inspector"]], "seen": seen[1]})
    proposal = newest(session, RightsChange)
    assert proposal.state == RightsChangeState.proposed
    return proposal.id, proposal.version


@pytest.mark.parametrize(("days", "status"), [(6, 409), (8, 200)])
@ONE_ENGINE
def test_proposal_when_the_proposer_has_reset_the_other_account_then_that_account_does_not_decide_for_a_week(
    app: Flask, session: Session, days: int, status: int
) -> None:
    company = found(session)
    pk, version = proposal_of_root(app, session)
    before = datetime.now(LOCAL_ZONE) - timedelta(days=days)
    with app.app_context(), company.act("ad_root", f"{before:%Y-%m-%d %H:%M}") as ctx:
        switch_off(ctx, company.people["ad_sec"].id or 0, reason="administrator")
    keeper = Person(app, session, "ad_sec")
    url, body = f"/api/v1/rights_change/{pk}/approve", {"version": version}
    answer = app.test_client().post(url, json=body, headers=keeper.token())
    assert answer.status_code == status, answer.text


@ONE_ENGINE
def test_preview_when_the_role_administers_then_its_pages_stay_shut_for_who_may_not_open_them(
    app: Flask, session: Session
) -> None:
    pages = ("/ways/all", "/tokens/all", "/integrity/", "/users/list/", "/useraccess/1", "/users/show/1", "/rights/")
    for viewer, code in (("ad_sec", "admin"), ("ad_sec", "auditor"), ("au_lin", "admin")):
        person = Person(app, session, viewer)
        shut = [page for page in pages if person.get(page).status_code == 403]
        assert shut
        person.post(f"/rights/preview/{code}", {}, page=f"/rights/role/{code}")
        assert [page for page in shut if person.get(page).status_code != 403] == [], (viewer, code)


@ONE_ENGINE
def test_caller_when_a_cookie_of_somebody_else_comes_along_then_the_token_alone_decides(
    app: Flask, session: Session
) -> None:
    finance, planner, agent = (Person(app, session, name) for name in ("fi_zhou", "pd_chen", "cs_ma"))
    assert finance.get("/payment/list/").status_code == 200
    assert finance.client.get("/api/v1/payment/", headers=planner.token()).status_code == 403
    body = {"kind": "person", "name": "林晓雯", "phone": "13812345621"}
    answer = finance.client.post("/api/v1/customer/", json=body, headers=agent.token())
    assert answer.status_code == 201, answer.text
    entry = newest(session, Journal, Journal.action == "customer.add")
    assert (entry.actor_id, session.scalar(sa.select(sa.func.count(Customer.id)))) == (agent.user_id, 1)


@ONE_ENGINE
def test_json_when_nested_without_end_then_refused_without_an_error_of_the_server(app: Flask, session: Session) -> None:
    def sent(url: str, **more: str) -> int:
        return app.test_client().post(url, data=DEEP, content_type="application/json", headers=more).status_code

    assert sent("/api/v1/security/login") == 422
    clerk = Person(app, session, "oc_li")
    assert sent("/api/v1/order/", **clerk.token()) == 422
    cursor = "W1tb" * 2_000
    assert clerk.get(f"/order/list/?after={cursor}").status_code == 200
    assert app.test_client().get(f"/api/v1/order/?after={cursor}", headers=clerk.token()).status_code == 400


@pytest.mark.parametrize(
    "asked",
    ["_flt_0_roles=abc", "_flt_0_roles=99999999999999", "_flt_0_active=xyz", "psize_UserView=abc", "page_UserView=1e9"],
)
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_users_when_the_address_asks_for_what_fits_nothing_then_left_out_and_said(
    app: Flask, session: Session, asked: str
) -> None:
    root = Person(app, session, "ad_root")
    answer = root.get(f"/users/list/?{asked}&_flt_0_username=ad_")
    assert answer.headers["Location"] == "/users/list/?_flt_0_username=ad_"
    assert root.messages(answer) == ["What the address asked for does not fit this list and was left out."]
