"""The form of one role: review before saving, dangerous changes that wait, stale forms, copies, returns, new roles."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.security import departments as role
from app.security.rights import rights_of_role
from models.access import RightsChange
from models.base import Sensitivity
from models.journal import Journal
from tests.web.person import Person, field_errors, newest, text_of
from tests.web.role_form import fields, reviewed, sent, ticked

ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
URL = "/rights/role/production"

pytestmark = pytest.mark.stage("people")


@pytest.fixture
def keeper(app: Flask, session: Session) -> Person:
    """The security administrator."""
    return Person(app, session, "ad_sec")


def held(session: Session, code: str = role.PRODUCTION) -> frozenset[str]:
    """What a role may do, as the database says now."""
    session.rollback()
    found = rights_of_role(session, code).permissions
    session.rollback()
    return found


def test_change_when_harmless_then_reviewed_saved_and_journalled(session: Session, keeper: Person) -> None:
    """The whole way on both databases."""
    form = ticked(keeper.page(URL), on=["order.hold"], off=["product.edit"], levels={"city": "masked"})
    review = sent(keeper, "production", form)
    assert review.status_code == 200
    assert reviewed(review) == [
        ("Orders – Put on hold / Release hold", "No", "Yes"),
        ("Products – Change", "Yes", "No"),
        ("Field group: City", "in full", "masked"),
    ]
    assert "陈刚, 何军, 孙丽" in review.get_data(as_text=True)
    assert "order.hold" not in held(session)

    answer = sent(keeper, "production", fields(review.get_data(as_text=True)), reason="Holds from the shop floor")
    assert keeper.messages(answer) == ["3 changes are in force."]
    assert "order.hold" in held(session)
    assert "product.edit" not in held(session)
    assert rights_of_role(session, role.PRODUCTION).fields[Sensitivity.CITY] == "masked"
    entry = newest(session, Journal, Journal.action == "role.grant")
    assert (entry.changes, entry.reason) == ({"order.hold": ["off", "on"]}, "Holds from the shop floor")


@ONE_ENGINE
def test_form_when_sent_twice_then_saved_once(session: Session, keeper: Person) -> None:
    review = sent(keeper, "production", ticked(keeper.page(URL), on=["order.hold"]))
    form = fields(review.get_data(as_text=True))
    sent(keeper, "production", form, reason="because of it")
    again = sent(keeper, "production", form, reason="because of it")
    assert keeper.messages(again)[-1] == "This was already done."
    count = sa.select(sa.func.count()).select_from(Journal).where(Journal.reason == "because of it")
    assert session.scalar(count) == 1


@ONE_ENGINE
def test_form_when_nothing_was_ticked_then_says_so(session: Session, keeper: Person) -> None:
    before = held(session)
    assert keeper.messages(sent(keeper, "production", fields(keeper.page(URL)))) == ["Nothing was changed."]
    assert held(session) == before


@ONE_ENGINE
@pytest.mark.parametrize("reason", ["", "  ", "x", "x" * 501])
def test_save_when_without_a_usable_reason_then_refused(session: Session, keeper: Person, reason: str) -> None:
    review = sent(keeper, "production", ticked(keeper.page(URL), on=["order.hold"]))
    answer = sent(keeper, "production", fields(review.get_data(as_text=True)), reason=reason)
    assert answer.status_code == 422
    assert field_errors(answer) == {"reason": "Say in a few words why the rights change."}
    assert len(reviewed(answer)) == 1
    assert "order.hold" not in held(session)


@ONE_ENGINE
def test_change_when_dangerous_then_waits_and_the_rest_is_in_force(session: Session, keeper: Person) -> None:
    review = sent(keeper, "production", ticked(keeper.page(URL), on=["order.hold", "order.export"]))
    html = review.get_data(as_text=True)
    assert html.index("In force at once") < html.index("Put on hold") < html.index("Waits for a second administrator")
    answer = sent(keeper, "production", fields(html), reason="List for the works council")
    assert keeper.messages(answer) == ["1 change is in force. 1 change waits for a second administrator."]
    assert {"order.hold", "order.export"} & held(session) == {"order.hold"}
    waiting = newest(session, RightsChange)
    assert [change["what"] for change in waiting.changes] == ["order.export"]
    number, pk = waiting.change_no, waiting.id
    session.rollback()
    # The list and the page of proposals call the role by its label, and the role's own page says what waits.
    assert "Production coordination" in text_of(keeper.page("/rights_change/list/")).split(number)[1]
    shown = text_of(keeper.page(f"/rights_change/show/{pk}"))
    assert shown.count("Export: given") == 2
    assert "is_dangerous" not in shown
    assert f"Waits for a second administrator {number}" in text_of(keeper.page(URL))
    assert f"{number} Production coordination" in text_of(keeper.page("/"))


@ONE_ENGINE
def test_own_role_when_changed_then_everything_waits(session: Session, keeper: Person) -> None:
    page = keeper.page("/rights/role/security_admin")
    assert "You hold this role yourself" in page
    review = sent(keeper, "security_admin", ticked(page, off=["role.preview"]))
    assert "In force at once" not in review.get_data(as_text=True)
    answer = sent(keeper, "security_admin", fields(review.get_data(as_text=True)), reason="not needed")
    assert keeper.messages(answer) == ["1 change waits for a second administrator."]
    assert "role.preview" in held(session, role.SECURITY)


@ONE_ENGINE
def test_role_when_changed_meanwhile_then_nothing_is_undone(app: Flask, session: Session, keeper: Person) -> None:
    first = ticked(keeper.page(URL), on=["order.hold"])
    review = sent(keeper, "production", first)
    # Another window takes a right away between the review and the save.
    other = Person(app, session, "ad_sec")
    away = sent(other, "production", ticked(other.page(URL), off=["product.edit"]))
    sent(other, "production", fields(away.get_data(as_text=True)), reason="taken away")

    answer = sent(keeper, "production", fields(review.get_data(as_text=True)), reason="holds")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Somebody has changed this role meanwhile" in html
    assert "order.hold" not in held(session)
    # The wish stands, and only the wish: what the other one took away does not come back.
    assert reviewed(answer) == [("Orders – Put on hold / Release hold", "No", "Yes")]
    sent(keeper, "production", fields(html), reason="holds")
    assert {"order.hold", "product.edit"} & held(session) == {"order.hold"}
    # The first form again, as from the history of the browser: the wish is fulfilled.
    assert keeper.messages(sent(keeper, "production", first, act="review"))[-1] == "Nothing was changed."


@ONE_ENGINE
@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("right no.such on", 422),
        ("right user.edit on", 409),
        ("right role.edit on", 409),
        ("scope order everything", 422),
        ("scope nothing all", 422),
    ],
)
def test_save_when_tampered_with_then_refused_and_nothing_is_changed(
    session: Session, keeper: Person, line: str, status: int
) -> None:
    before = held(session)
    review = sent(keeper, "production", ticked(keeper.page(URL), on=["order.hold"]))
    form = fields(review.get_data(as_text=True))
    form.setlist("change", ["right order.hold on", line])
    answer = sent(keeper, "production", form, reason="by hand")
    assert answer.status_code == status
    assert held(session) == before


@ONE_ENGINE
@pytest.mark.parametrize(
    "line", ["", "right", "field phone seen", "nothing at all", "right order.hold maybe", "field x y"]
)
def test_save_when_it_cannot_be_read_then_nothing_is_changed(session: Session, keeper: Person, line: str) -> None:
    before = held(session)
    review = sent(keeper, "production", ticked(keeper.page(URL), on=["order.hold"]))
    form = fields(review.get_data(as_text=True))
    form.setlist("change", [line])
    assert sent(keeper, "production", form, reason="by hand").status_code < 500
    assert held(session) == before


@ONE_ENGINE
@pytest.mark.parametrize("username", ["ad_root", "au_lin", "cm_zhang", "oc_zhao"])
def test_role_when_sent_without_the_right_then_refused(
    app: Flask, session: Session, keeper: Person, username: str
) -> None:
    person = Person(app, session, username)
    before = held(session)
    form = ticked(keeper.page(URL), on=["order.hold"])
    form["csrf_token"] = person.hidden("/rights/why" if username != "oc_zhao" else "/order/list/").get("csrf_token", "")
    form["act"] = "save"
    form["reason"] = "because"
    assert person.client.post(URL, data=form).status_code in {400, 403}
    assert held(session) == before


@ONE_ENGINE
def test_role_when_only_read_then_has_no_way_to_save(app: Flask, session: Session) -> None:
    page = Person(app, session, "au_lin").page(URL)
    assert 'name="act"' not in page
    boxes = re.findall(r'<input type="(?:checkbox|radio)" name=[^>]*>', page)
    assert len(boxes) > 200
    assert [box for box in boxes if " disabled" not in box] == []


@ONE_ENGINE
def test_item_when_returned_then_the_form_has_the_delivered_value(session: Session, keeper: Person) -> None:
    change = ticked(keeper.page(URL), on=["order.hold"], off=["product.edit"], levels={"name": "full"})
    review = sent(keeper, "production", change)
    sent(keeper, "production", fields(review.get_data(as_text=True)), reason="a trial")

    page = keeper.page(URL)
    one = sent(keeper, "production", fields(page), reset="right order.hold").get_data(as_text=True)
    assert "order.hold" not in fields(one).getlist("right")
    assert "product.edit" not in fields(one).getlist("right")
    everything = sent(keeper, "production", fields(page), reset="all").get_data(as_text=True)
    assert "order.hold" in held(session)
    review = sent(keeper, "production", fields(everything))
    # The level of names had been raised, which waits for somebody else: it is as delivered.
    assert [what for what, _old, _new in reviewed(review)] == [
        "Products – Change",
        "Orders – Put on hold / Release hold",
    ]


@ONE_ENGINE
def test_role_when_filled_in_from_another_then_only_reviewed(session: Session, keeper: Person) -> None:
    before = held(session, role.CASHIER)
    form = fields(keeper.page("/rights/role/cashier"))
    page = sent(keeper, "cashier", form, act="copy", copy_of="inspector").get_data(as_text=True)
    assert "Filled in as “Quality inspector” has it" in page
    assert set(fields(page).getlist("right")) == held(session, role.INSPECTOR)
    assert held(session, role.CASHIER) == before
    review = sent(keeper, "cashier", fields(page), act="review")
    assert ("Payments – Add", "Yes", "No") in reviewed(review)


@ONE_ENGINE
@pytest.mark.parametrize("source", ["admin", "auditor", "security_admin", "nobody"])
def test_role_when_filled_in_from_a_technical_one_then_not_found(keeper: Person, source: str) -> None:
    form = fields(keeper.page("/rights/role/cashier"))
    assert sent(keeper, "cashier", form, act="copy", copy_of=source).status_code == 404


@ONE_ENGINE
def test_role_when_unknown_then_not_found(keeper: Person) -> None:
    for path in ("/rights/role/nobody", "/rights/role/..%2f..", "/roles/show/99999", "/roles/edit/x"):
        assert keeper.get(path).status_code == 404


@ONE_ENGINE
def test_list_of_roles_when_a_role_is_chosen_then_leads_to_its_page(session: Session, keeper: Person) -> None:
    page = keeper.page("/roles/list/")
    assert '<a href="/rights/role/cashier">Cashier</a>' in page
    assert keeper.get("/roles/add").headers["Location"] == "/rights/add"


@ONE_ENGINE
def test_new_role_when_added_then_opened_with_the_copied_rights(session: Session, keeper: Person) -> None:
    values = {"name": "夜班", "department": "logistics", "copy_of": "inspector", "reason": "night shift"}
    answer = keeper.post("/rights/add", values)
    assert answer.headers["Location"] == "/rights/role/%E5%A4%9C%E7%8F%AD"
    assert held(session, "夜班") == held(session, role.INSPECTOR)


@ONE_ENGINE
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "", "reason": "because"}, "Give the role a name of 1 to 64 signs."),
        ({"name": "Finance", "reason": "because"}, "There is a role of this name already."),
        ({"name": "New", "reason": ""}, "Say in a few words why the rights change."),
        ({"name": "New", "reason": "because", "department": "moon"}, "There is no such department."),
        ({"name": "New", "reason": "because", "copy_of": "admin"}, "The technical roles stand alone"),
    ],
)
def test_new_role_when_it_cannot_be_then_the_form_says_why(
    session: Session, keeper: Person, values: dict[str, str], said: str
) -> None:
    answer = keeper.post("/rights/add", values)
    assert answer.status_code in {409, 422}
    assert said in answer.get_data(as_text=True)
    assert "New" not in held_names(session)


def held_names(session: Session) -> set[str]:
    """The names of all roles."""
    from flask_appbuilder.security.sqla.models import Role

    return set(session.scalars(sa.select(Role.name)))
