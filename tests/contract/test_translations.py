"""The Chinese catalogue: complete, in step with the code, and nothing of the other language on a page."""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import flask_appbuilder
import pytest
import sqlalchemy as sa
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.cli.demo_people import actors
from tests.contract.page_texts import texts_of
from tests.contract.visiting import Visit, visits, without_twins
from tests.signed_in import signed_in
from tests.sweeps.depth import FULL
from views.base import ENTITIES

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "app" / "translations"
PO = FOLDER / "zh" / "LC_MESSAGES" / "messages.po"
MO = PO.with_suffix(".mo")
OURS = ("app", "models", "views")
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
# Names and reasons of the demo company that happen to be words of the panel.
DATA = {"不是订单", "办公桌", "周", "时限预警比例"}
PLACE = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
ENGLISH = re.compile(r"[A-Za-z]{2,}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# English words that belong on a Chinese page: codes and numbers of records, codes of parameters, user names and
# addresses, waybills of a carrier, digests, keys of a second factor and of the keyboard, units, file kinds,
# the product's name, the other language, environmental grades, national standards, names of the demo goods, what
# stands on keys, places of texts for scripts.
ALLOWED = re.compile(
    r"\b[A-Z]{2,4}(-[A-Z0-9]+)+\b|\b[a-z]+(\.\w+)+\b|[\w.]+@[\w.]+|\b[a-z]{2}_[a-z]+\b"
    r"|\bDPK\d{11}\b|\b[0-9a-f]{16,64}\b|\b[A-Z2-7]{32}\b"
    r"|\b(mm|kg|API|REST|PDF|xlsx|xls|csv|KB|MB|MiB|Zhidan|English|EN|ENF|GB|JSON|Oslo|main)\b"
    r"|\b(Excel|Tab|Enter|Ctrl|Esc|Delete)\b|\{\w+\}",
    re.ASCII,
)

REDIRECTS, BAD, FAILED = 300, 400, 500
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def first(message: Message) -> str:
    """The English text; of two forms the singular."""
    return message.id if isinstance(message.id, str) else message.id[0]


def strings(message: Message) -> list[str]:
    """The Chinese texts of a message."""
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


@pytest.fixture
def without_csrf(app: Flask) -> Iterator[None]:
    """Forms are sent by hand; the token has its own tests."""
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    """The catalogue as it stands in the repository."""
    with PO.open("rb") as stream:
        return read_po(stream)


@pytest.fixture(scope="module")
def messages(catalogue: Catalog) -> list[Message]:
    """All messages without the header."""
    return [message for message in catalogue if message.id]


def extracted(folders: Iterable[Path], methods: list[tuple[str, str]]) -> set[str]:
    """The English texts that stand in code and templates."""
    found = (row[2] for folder in folders for row in extract_from_dir(folder, methods, keywords=KEYWORDS))
    return {text if isinstance(text, str) else text[0] for text in found}


def test_text_when_used_in_the_code_then_stands_in_the_catalogue(messages: list[Message]) -> None:
    with (FOLDER / "babel.cfg").open(encoding="utf-8") as stream:
        methods, _options = parse_mapping_cfg(stream)  # type: ignore[no-untyped-call]
    used = extracted((ROOT / name for name in OURS), methods)
    known = {first(message) for message in messages}
    assert (sorted(used - known), sorted(known - used)) == ([], []), "run `make translations` and translate"


def test_text_when_in_the_catalogue_then_has_a_chinese_text(messages: list[Message]) -> None:
    assert [first(message) for message in messages if not all(strings(message)) or message.fuzzy] == []


def test_placeholders_when_translated_then_the_same(messages: list[Message]) -> None:
    wrong = [
        first(message)
        for message in messages
        for string in strings(message)
        if sorted(PLACE.findall(string)) != sorted(PLACE.findall(first(message)))
    ]
    assert wrong == []


def test_compiled_catalogue_when_delivered_then_made_from_the_readable_one(catalogue: Catalog) -> None:
    made = io.BytesIO()
    write_mo(made, catalogue)
    made.seek(0)
    with MO.open("rb") as stream:
        delivered = gettext.GNUTranslations(stream)
    assert delivered._catalog == gettext.GNUTranslations(made)._catalog  # type: ignore[attr-defined]


def test_text_of_the_framework_when_its_catalogue_lacks_it_then_ours_has_it(messages: list[Message]) -> None:
    package = Path(flask_appbuilder.__file__).parent
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    with (package / "translations" / "zh" / "LC_MESSAGES" / "messages.po").open("rb") as stream:
        theirs = {first(message) for message in read_po(stream) if message.id and message.string and not message.fuzzy}
    ours = {first(message) for message in messages}
    assert sorted(extracted([package], methods) - theirs - ours) == []


def pages(app: Flask, session: Session, method: str = "GET") -> dict[Visit, int]:
    """Every page, or everything that is sent to one, with somebody who may open it."""
    people = sorted(actors(session).values(), key=lambda actor: actor.id or 0)
    ids = {name: session.scalar(sa.select(sa.func.min(view.model().id))) for name, view in ENTITIES.items()}
    session.rollback()
    with app.app_context():
        everything = list(visits(app, {name: pk for name, pk in ids.items() if pk is not None}))
    found = {}
    for visit in everything:
        opens = [actor.id for actor in people if visit.is_open_to(actor.permissions)]
        changes_language = "/lang/" in visit.url or "logout" in visit.url
        if visit.method == method and not visit.is_api and not changes_language and opens and opens[0]:
            found[visit] = opens[0]
    return found


def read(app: Flask, session: Session, language: str) -> list[tuple[str, str]]:
    """(address, text) of everything a person reads on all pages in one language; none of them fails."""
    found = []
    clients: dict[int, FlaskClient] = {}
    for visit, user_id in pages(app, session).items():
        if user_id not in clients:
            clients[user_id] = signed_in(app, user_id, language)
        answer = clients[user_id].get(visit.url)
        assert answer.status_code < FAILED, visit.url
        found += said(visit.url, answer)
    return found


def read_answers(app: Flask, session: Session, language: str) -> list[tuple[str, str]]:
    """The same of what is said to forms sent with nothing in them, and of the bell afterwards."""
    found = []
    sent = pages(app, session, "POST")
    for visit in sent if FULL else without_twins(sent):
        user_id = sent[visit]
        # Each by a session of its own: some of them end it.
        client = signed_in(app, user_id, language)
        found += said(f"POST {visit.url}", client.post(visit.url, data={"wrong": "field"}, follow_redirects=True))
    for actor in actors(session).values():
        session.rollback()
        assert actor.id is not None
        found += said("the bell", signed_in(app, actor.id, language).get("/notification/list/"))
    return found


def said(url: str, answer: TestResponse) -> list[tuple[str, str]]:
    """What a person reads of an answer: of pages, of refusals, and of messages to scripts."""
    if REDIRECTS <= answer.status_code < BAD:
        return []  # nobody sees them
    if "html" in (answer.content_type or ""):
        return [(url, text) for text in texts_of(answer.get_data(as_text=True))]
    told = answer.get_json(silent=True) if answer.status_code >= BAD else None
    return [(url, str(told["message"]))] if isinstance(told, dict) and "message" in told else []


def english_in(seen: list[tuple[str, str]]) -> dict[str, str]:
    """Texts with English words, and where they are read."""
    return {text: url for url, text in seen if ENGLISH.search(ALLOWED.sub("", text))}


@pytest.mark.stage("demo")
@ONE_ENGINE
def test_page_when_chinese_then_has_no_english_words(app: Flask, session: Session) -> None:
    seen = read(app, session, "zh")
    assert len({url for url, _text in seen}) > 2 * len(ENTITIES)
    assert english_in(seen) == {}


@pytest.mark.stage("demo")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_page_when_english_then_has_no_text_of_the_chinese_catalogue(
    app: Flask, session: Session, messages: list[Message]
) -> None:
    """On PostgreSQL, so that every page is asked for on both: the Chinese ones on SQLite, the English ones there."""
    chinese = {string for message in messages for string in strings(message) if CHINESE.search(string)}
    seen = read(app, session, "en")
    assert len({url for url, _text in seen}) > 2 * len(ENTITIES)
    assert {text: url for url, text in seen if text in chinese - DATA} == {}


@pytest.mark.stage("demo")
@pytest.mark.usefixtures("without_csrf")
@pytest.mark.parametrize("language", ["zh", "en"] if FULL else ["zh"])
@ONE_ENGINE
def test_answer_when_a_form_says_nothing_then_in_the_language_of_the_page(
    app: Flask, session: Session, messages: list[Message], language: str
) -> None:
    seen = read_answers(app, session, language)
    assert len({url for url, _text in seen}) > len(ENTITIES)
    chinese = {string for message in messages for string in strings(message) if CHINESE.search(string)}
    wrong = english_in(seen) if language == "zh" else {text: url for url, text in seen if text in chinese - DATA}
    assert wrong == {}
