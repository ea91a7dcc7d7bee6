"""The rights matrix: complete, in words, small, counted, narrowed by search and filters; two roles side by side."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.orm import Session

from app.kernel.fields import Access
from app.security import departments as role
from app.security.grants import EVERYBODY, granted
from app.security.powers import is_dangerous_right
from app.security.rights import Change, RoleRights, rights_of_role, with_changes
from app.security.rolechanges import change_role
from app.security.scopes import SCOPES, names_of
from models.base import Sensitivity
from tests.databases import Database
from tests.services.company import found as company_of
from tests.web.person import Person, statements, text_of
from tests.web.role_form import BODY, COLUMN, counts
from views.access.catalogue import OWN, catalogue, offered, subject_of
from views.access.words import LEVELS, columns_of, group_label, level_label, scope_label

ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
READS = {"ad_sec": 200, "ad_root": 200, "au_lin": 200, "cm_zhang": 200, "oc_li": 403, "fi_sun": 200, "pd_chen": 403}

pytestmark = pytest.mark.stage("people")


def texts(app: Flask, language: str) -> dict[str, str]:
    """Every right, field group, level and scope with its text in one language."""
    with app.test_request_context(), force_locale(language):
        acts = {act.right: act.label for group in catalogue() for subject in group.subjects for act in subject.acts}
        subjects = {subject.name: subject.label for group in catalogue() for subject in group.subjects}
        groups = {f"group {group.name}": group.label for group in catalogue()}
        fields = {group.value: group_label(group) for group in Sensitivity}
        levels = {level: level_label(level) for level in LEVELS}
        scopes = {name: scope_label(name) for entity in SCOPES for name in names_of(entity)}
    return {**acts, **subjects, **groups, **fields, **levels, **scopes}


@ONE_ENGINE
def test_right_when_on_a_screen_then_said_in_words(app: Flask) -> None:
    """No code of the program reaches an administrator: neither the whole right nor its word."""
    chinese, english = texts(app, "zh"), texts(app, "en")
    assert [code for code, text in chinese.items() if not CHINESE.search(text)] == []
    raw = [code for code, text in english.items() if text == code.partition(".")[2] or text == code or "_" in text]
    # These are words of the language themselves.
    assert set(raw) - {"hidden", "masked"} == set()
    assert set(LEVELS) == set(Access)


@ONE_ENGINE
def test_catalogue_when_made_then_has_every_right_once(app: Flask) -> None:
    with app.test_request_context():
        counted = Counter(act.right for group in catalogue() for subject in group.subjects for act in subject.acts)
        assert set(counted) == offered()
        assert {right for right, times in counted.items() if times > 1} == set()
    assert {subject_of(f"{name}.{word}") for name, words in EVERYBODY.items() for word in words.split()} == {OWN}
    assert subject_of("user.edit") == "user"


@ONE_ENGINE
def test_matrix_when_shown_then_fixed_statements_and_small(app: Flask, session: Session, database: Database) -> None:
    person = Person(app, session, "ad_sec")
    person.page("/rights/")
    for tab, asked in (("actions", 6), ("fields", 6), ("rows", 6), ("all", 6)):
        with statements(database.engine) as seen:
            html = person.page(f"/rights/?tab={tab}")
        # Person, rights, roles with departments, and the three parts of their rights.
        assert len(seen) == asked, seen
        assert len(html.encode()) < (200_000 if tab == "all" else 130_000)
    assert COLUMN.findall(html) == list(role.ROLES) * 3


@ONE_ENGINE
def test_count_when_shown_then_what_the_role_holds(app: Flask, session: Session) -> None:
    person = Person(app, session, "ad_sec")
    html = person.page("/rights/")
    found = counts(html, role.ORDER_CENTER)
    mine = {f"{entity}.{word}" for entity, word in granted(role.ORDER_CENTER)}
    with app.test_request_context():
        every = {subject.name: subject.rights for group in catalogue() for subject in group.subjects}
    expected = {name: f"{len(mine & rights)}/{len(rights)}" if mine & rights else "–" for name, rights in every.items()}
    assert {name: text for name, (text, _mark) in found.items()} == expected
    assert not any(mark for _text, mark in found.values())


def give(session: Session, code: str, *changes: Change) -> None:
    """Changes a role as the security administrator does."""
    with company_of(session).act("ad_sec", "2026-11-25 09:00") as ctx:
        change_role(ctx, code, with_changes(rights_of_role(session, code), changes), "because")


@ONE_ENGINE
def test_difference_when_a_role_was_changed_then_marked_and_found(app: Flask, session: Session) -> None:
    give(session, role.LOGISTICS, Change("right", "order.hold", "off", "on"), Change("field", "door", "full", "hidden"))
    person = Person(app, session, "ad_sec")

    found = counts(person.page("/rights/"), role.LOGISTICS)
    assert {name for name, (_text, mark) in found.items() if mark} == {"order"}
    only = person.page("/rights/?only=differences")
    assert [body[1] for body in BODY.finditer(only)] == ["order"]
    assert only.count('<th scope="row" data-right=') == 1
    fields = person.page("/rights/?tab=fields&only=differences")
    assert fields.count('<span class="zd-mx__name">') == 1
    assert "Door" in fields


@ONE_ENGINE
@pytest.mark.parametrize(
    ("asked", "records"),
    [
        ("q=refund.approve", {"refund"}),
        ("q=Send confirmation", {"order"}),
        ("q=no such thing", set()),
        ("q=%25", set()),
    ],
)  # fmt: skip
def test_search_when_asked_then_only_what_fits(app: Flask, session: Session, asked: str, records: set[str]) -> None:
    html = Person(app, session, "ad_sec").page(f"/rights/?{asked}")
    assert {body[1] for body in BODY.finditer(html)} == records


@ONE_ENGINE
def test_records_when_narrowed_then_those_of_the_department_or_the_dangerous_ones(app: Flask, session: Session) -> None:
    person = Person(app, session, "ad_sec")
    with app.test_request_context():
        committee = next(group for group in catalogue() if group.name == "Committee")
        acts = [act for group in catalogue() for subject in group.subjects for act in subject.acts]
    found = {body[1] for body in BODY.finditer(person.page("/rights/?records=Committee"))}
    assert found == {subject.name for subject in committee.subjects} >= {"approval", "approval_vote"}
    shown = set(re.findall(r'data-right="([\w.]+)"', person.page("/rights/?only=dangerous")))
    assert shown == {act.right for act in acts if is_dangerous_right(act.right)} >= {"order.export", "user.edit"}


@ONE_ENGINE
def test_roles_when_narrowed_then_only_those_columns(app: Flask, session: Session) -> None:
    person = Person(app, session, "ad_sec")
    finance = [code for code, found in role.ROLES.items() if found.department == role.FINANCE]
    assert COLUMN.findall(person.page("/rights/?department=finance")) == finance
    assert COLUMN.findall(person.page("/rights/?role=cashier")) == ["cashier"]
    assert "No match" in person.page("/rights/?role=nobody")


@ONE_ENGINE
@pytest.mark.parametrize("username", READS)
def test_screens_of_rights_when_asked_for_then_the_right_decides(app: Flask, session: Session, username: str) -> None:
    person = Person(app, session, username)
    pages = ("/rights/", "/rights/compare", "/rights/why", "/rights/role/finance")
    assert [person.get(page).status_code for page in pages] == [READS[username]] * len(pages)
    expected = 200 if username == "ad_sec" else 403
    assert person.get("/rights/add").status_code == expected


@ONE_ENGINE
def test_field_group_when_explained_then_names_its_fields(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        assert any("Phone" in line for line in columns_of(Sensitivity.PHONE))
        assert all(columns_of(group) for group in Sensitivity)


def differences(html: str) -> dict[str, list[str]]:
    """The rows of a comparison: what to both sides."""
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', html, re.DOTALL)
    return {
        text_of(what): [text_of(cell) for cell in re.findall(r"<td.*?</td>", cells, re.DOTALL)] for what, cells in rows
    }


@ONE_ENGINE
def test_two_roles_when_compared_then_only_what_differs(app: Flask, session: Session) -> None:
    person = Person(app, session, "au_lin")
    found = differences(person.page("/rights/compare?a=finance&b=cashier"))
    assert found["Payments · Add"] == ["– No", "✓ Yes"]
    assert "Orders · Change" not in found
    everything = differences(person.page("/rights/compare?a=finance&b=cashier&everything=1"))
    assert everything["Orders · Change"] == ["– No", "– No"]
    assert len(everything) > len(found)
    assert "Choose two roles" in person.page("/rights/compare?a=nobody&b=finance")


@ONE_ENGINE
def test_role_when_compared_with_what_was_delivered_then_what_was_changed(app: Flask, session: Session) -> None:
    person = Person(app, session, "au_lin")
    assert "No difference" in person.page("/rights/compare?a=cashier")
    give(
        session,
        role.CASHIER,
        Change("right", "payment.add", "on", "off"),
        Change("field", "bank", "full", "masked"),
        Change("scope", "payment", "all", ""),
    )
    assert differences(person.page("/rights/compare?a=cashier&b=@delivered")) == {
        "Payments · Add": ["– No", "✓ Yes"],
        "Bank accounts": ["masked", "in full"],
        "Payments": ["No rows", "All rows"],
    }


def test_matrix_when_a_role_was_added_then_stands_with_its_department(app: Flask, session: Session) -> None:
    """On both databases: the role has a name of its own and no delivered default to differ from."""
    from app.security.rolechanges import add_role

    with company_of(session).act("ad_sec", "2026-11-25 09:00") as ctx:
        add_role(ctx, "夜班 A/B", role.LOGISTICS, role.LOGISTICS_LEAD, "night shift")
    person = Person(app, session, "ad_sec")
    html = person.page("/rights/?department=logistics")
    assert COLUMN.findall(html) == ["logistics", "logistics_lead", "夜班 A/B"]
    assert not any(mark for _text, mark in counts(html, "夜班 A/B").values())
    assert "Added by administrators" in person.page("/rights/role/夜班 A/B")
    assert rights_of_role(session, "夜班 A/B") != RoleRights()
