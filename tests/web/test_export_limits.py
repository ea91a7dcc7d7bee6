"""The limits of exports, and the approval of what is above them: by another person, for a day, for one file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from models.customer import Customer
from models.export import ExportLog, ExportRequest
from models.journal import Journal
from models.labels import CustomerKind, ExportOutcome, ExportRequestState
from models.order import Order
from tests.web.deputy import stand_in
from tests.web.exports import ask, column, csv_of, csv_rows, set_parameters
from tests.web.person import Person, field_errors, form_errors, newest, text_of

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

pytestmark = [pytest.mark.stage("demo"), pytest.mark.both_engines]
NOW = datetime(2026, 11, 24, 1, 40, tzinfo=UTC)
# Any page with a form: the token of the session stands in it.
FORM = "/order/export"
WHY = "Visits to all customers before the winter sale"


def kept(session: Session, model: type[Any]) -> Any:
    """The newest row; the session is free for the next request."""
    found = newest(session, model)
    session.expunge(found)
    session.rollback()
    return found


def count(session: Session, model: type[Any]) -> int:
    """How many rows there are."""
    found = session.scalar(sa.select(sa.func.count()).select_from(model))
    session.rollback()
    return int(found or 0)


def add_customers(session: Session, many: int) -> None:
    """Persons of one city, made for the test."""
    session.execute(
        sa.insert(Customer),
        [
            {"code": f"T{place:05d}", "kind": CustomerKind.person, "name": f"林{place}", "phone": f"13900{place:06d}",
             "city": "测试城", "search_text": "", "version": 1, "created_at": NOW, "updated_at": NOW}
            for place in range(many)
        ],
    )  # fmt: skip
    session.commit()


def approve(app: Flask, session: Session, request: ExportRequest) -> Any:
    """The committee's chair says yes."""
    chair = Person(app, session, "cm_zhang")
    return chair.post(f"/export_request/{request.id}/approve", {}, page=f"/export_request/show/{request.id}")


def approved(app: Flask, session: Session, person: Person, entity: str, query: str, **form: str) -> ExportRequest:
    """A request that was made and approved."""
    assert ask(person, entity, query, reason=WHY, **form).status_code == 303
    request = kept(session, ExportRequest)
    assert approve(app, session, request).status_code == 303
    request = kept(session, ExportRequest)
    assert request.state is ExportRequestState.approved
    return request


def use(person: Person, request: ExportRequest) -> Any:
    """Makes the approved file."""
    hidden = person.hidden(FORM)
    return person.client.post(f"/exports/request/{request.request_no}/file", data=hidden)


def test_s16_row_8_when_800_customers_are_exported_then_approval_watermark_and_log(
    app: Flask, session: Session
) -> None:
    add_customers(session, 800)
    huang = Person(app, session, "cs_huang")
    page = text_of(huang.page("/customer/export?city=测试城"))
    assert "800 rows with personal data: more than the 500 that may be exported without approval" in page
    form = huang.hidden("/customer/export?city=测试城")
    refused = huang.client.post("/customer/export", data={**form, "act": "", "format": "csv"})
    assert refused.status_code == 409
    assert form_errors(refused)[0].startswith("800 rows are more than the 500")
    assert count(session, ExportLog) == 0
    request = approved(app, session, huang, "customer", "city=测试城", format="csv")
    assert request.row_count == 800
    assert request.is_personal
    rows = csv_of(use(huang, request))
    made = kept(session, ExportLog)
    assert rows[0][0].startswith("※ 直单 Zhidan · Exported by 黄蓉 · Time")
    assert made.export_no in rows[0][0]
    assert len(rows) == 802
    assert all("*" not in phone for phone in column(rows, "Phone"))
    assert (made.row_count, made.is_personal, made.request_id) == (800, True, request.id)
    assert kept(session, ExportRequest).state is ExportRequestState.done
    told = newest(session, Journal, Journal.action == "customer.export")
    assert told.data["request_id"] == request.id
    session.rollback()


@pytest.mark.parametrize(("rows", "status"), [(500, 200), (501, 409)])
def test_personal_rows_when_at_the_limit_then_given_and_one_more_needs_approval(
    app: Flask, session: Session, rows: int, status: int
) -> None:
    add_customers(session, rows)
    huang = Person(app, session, "cs_huang")
    assert ask(huang, "customer", "city=测试城", act="").status_code == status


def test_rows_without_personal_data_when_above_the_personal_limit_then_the_other_limit_counts(
    app: Flask, session: Session
) -> None:
    orders = count(session, Order)
    set_parameters(session, pii_rows=1, rows=orders)
    # The chair sees names masked: nothing personal stands in the file.
    chair = Person(app, session, "cm_zhang")
    assert ask(chair, "order").status_code == 200
    set_parameters(session, rows=orders - 1)
    assert ask(chair, "order", act="").status_code == 409
    assert ask(Person(app, session, "oc_zhao"), "order", "size=2", act="").status_code == 409


def test_approval_when_a_delegation_shows_more_then_it_does_not_cover_the_wider_file(
    app: Flask, session: Session
) -> None:
    set_parameters(session, rows=1, pii_rows=1)
    gao = Person(app, session, "lg_gao")
    request = approved(app, session, gao, "order", "", format="csv", columns="all")
    assert not request.is_personal
    stand_in(session, "oc_li", "lg_gao")
    answer = use(gao, request)
    assert answer.status_code == 400
    assert "does not hold any more" in text_of(answer.get_data(as_text=True))
    assert count(session, ExportLog) == 0


def test_request_when_without_a_reason_then_the_form_says_so(app: Flask, session: Session) -> None:
    set_parameters(session, rows=1)
    chair = Person(app, session, "cm_zhang")
    answer = ask(chair, "order", reason=" ")
    assert answer.status_code == 422
    assert "reason" in field_errors(answer)
    assert count(session, ExportRequest) == 0


def test_request_when_within_the_limit_then_there_is_nothing_to_approve(app: Flask, session: Session) -> None:
    chair = Person(app, session, "cm_zhang")
    assert ask(chair, "order", act="ask", reason=WHY).status_code == 422
    assert count(session, ExportRequest) == 0


def test_approval_when_used_twice_at_once_then_one_file(app: Flask, session: Session) -> None:
    set_parameters(session, rows=1)
    lead = Person(app, session, "oc_zhao")
    request = approved(app, session, lead, "order", "")
    clients = [Person(app, session, "oc_zhao") for _ in range(2)]
    forms = [client.hidden(FORM) for client in clients]

    def go(place: int) -> int:
        answer = clients[place].client.post(f"/exports/request/{request.request_no}/file", data=forms[place])
        answer.get_data()
        return int(answer.status_code)

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(go, range(2)))
    assert found[0] == 200
    assert found[1] in {400, 409}
    assert count(session, ExportLog) == 1
    assert list((Path(app.config["UPLOAD_FOLDER"]) / "exports").glob(str(kept(session, ExportLog).file_key))) == []


def test_approval_when_used_then_the_file_is_gone_after_the_download(app: Flask, session: Session) -> None:
    set_parameters(session, rows=1)
    lead = Person(app, session, "oc_zhao")
    folder = Path(app.config["UPLOAD_FOLDER"]) / "exports"
    before = set(folder.iterdir()) if folder.is_dir() else set()
    answer = use(lead, approved(app, session, lead, "order", ""))
    assert answer.status_code == 200
    assert len(answer.get_data()) > 1000
    assert set(folder.iterdir()) - before == set()
    number = kept(session, ExportLog).export_no
    assert lead.post(f"/exports/{number}/file", {}, page=FORM).status_code == 404


def test_approval_when_the_day_is_over_then_no_file_and_it_expires(app: Flask, session: Session) -> None:
    set_parameters(session, rows=1)
    lead = Person(app, session, "oc_zhao")
    request = approved(app, session, lead, "order", "")
    session.execute(sa.update(ExportRequest).values(valid_until=NOW - timedelta(days=365)))
    session.commit()
    answer = use(lead, request)
    assert answer.status_code == 400
    assert "does not hold any more" in text_of(answer.get_data(as_text=True))
    assert count(session, ExportLog) == 0
    app.test_cli_runner().invoke(args=["exports"], catch_exceptions=False)
    assert kept(session, ExportRequest).state is ExportRequestState.expired


def test_approval_when_another_person_uses_it_then_it_does_not_exist(app: Flask, session: Session) -> None:
    set_parameters(session, rows=1)
    request = approved(app, session, Person(app, session, "oc_zhao"), "order", "")
    assert use(Person(app, session, "fi_sun"), request).status_code == 404
    assert kept(session, ExportRequest).state is ExportRequestState.approved


def test_approval_when_the_right_was_taken_away_then_no_file(app: Flask, session: Session) -> None:
    from flask_appbuilder.security.sqla.models import User

    set_parameters(session, rows=1)
    lead = Person(app, session, "oc_zhao")
    request = approved(app, session, lead, "order", "")
    form = lead.hidden(FORM)
    session.get_one(User, lead.user_id).roles = []
    session.commit()
    # Taking a role away ends the session as well: the way to the login.
    assert lead.client.post(f"/exports/request/{request.request_no}/file", data=form).status_code == 302
    assert count(session, ExportLog) == 0


def test_request_when_the_committee_reads_it_then_names_in_the_filter_are_masked(app: Flask, session: Session) -> None:
    set_parameters(session, pii_rows=0)
    lead = Person(app, session, "oc_zhao")
    session.add(Customer(code="X1", kind=CustomerKind.person, name="欧阳修文", phone="13877776666", search_text=""))
    session.commit()
    assert ask(lead, "customer", "name__contains=欧阳修文", reason=WHY).status_code == 303
    request = kept(session, ExportRequest)
    assert request.arguments[0] == ["name__contains", "欧阳修文"]
    assert request.filter_text == "Name ∋ 欧*"
    assert "欧阳修文" not in Person(app, session, "cm_zhang").page(f"/export_request/show/{request.id}")


def test_large_export_when_asked_then_made_in_the_background_and_downloaded_later(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    monkeypatch.setattr("views.exportrun.SMALL", 1)
    monkeypatch.setattr("views.exportrun.STEP", 3)
    lead = Person(app, session, "oc_zhao")
    answer = ask(lead, "order", format="csv")
    assert answer.status_code == 303
    for thread in threading.enumerate():
        if thread.name.startswith("export-"):
            thread.join(30)
    made = kept(session, ExportLog)
    assert answer.headers["Location"] == f"/exports/{made.export_no}"
    assert made.outcome is ExportOutcome.done
    told = lead.get(f"/exports/{made.export_no}/progress").get_json()
    assert told == {"done": made.row_count, "total": made.row_count, "finished": True}
    page = lead.page(f"/exports/{made.export_no}")
    assert "Download" in page
    body = lead.post(f"/exports/{made.export_no}/file", {}, page=f"/exports/{made.export_no}").get_data()
    assert len(csv_rows(body)) == made.row_count + 2


def test_large_export_when_its_process_died_then_the_page_says_it_broke_off(app: Flask, session: Session) -> None:
    lead = Person(app, session, "oc_zhao")
    ask(lead, "order").get_data()
    made = kept(session, ExportLog)
    session.execute(
        sa.update(ExportLog).values(outcome="running", digest=None, file_key=None, finished_at=None)
        .values(updated_at=made.made_at - timedelta(minutes=9))
    )  # fmt: skip
    session.commit()
    assert "Broken off" in lead.page(f"/exports/{made.export_no}")
    assert lead.get(f"/exports/{made.export_no}/progress").get_json()["finished"]


def test_file_when_a_day_old_then_removed_by_the_sweep(app: Flask, session: Session) -> None:
    lead = Person(app, session, "oc_zhao")
    ask(lead, "order").get_data()
    made = kept(session, ExportLog)
    path = Path(app.config["UPLOAD_FOLDER"]) / "exports" / str(made.file_key)
    assert path.is_file()
    session.execute(sa.update(ExportLog).values(made_at=made.made_at - timedelta(hours=25)))
    session.commit()
    assert lead.post(f"/exports/{made.export_no}/file", {}, page=FORM).status_code == 404
    app.test_cli_runner().invoke(args=["exports"], catch_exceptions=False)
    assert not path.exists()
    assert kept(session, ExportLog).file_key is None
