"""Everything a person can get, as requests: pages, tabs, forms, searches, charts, API, journal, error pages.

The addresses come from the application's own map (``tests.contract.visiting``); here they are multiplied by records
in every state, by the arguments that lists and forms understand, and by bodies that are refused.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.kernel.fields import sensitivity_of
from app.kernel.journal import state_column
from models.labels_export import ExportFormat
from tests.contract.visiting import Visit, visits, without_twins
from tests.sweeps.depth import FULL, is_asked_by
from tests.sweeps.people import Asker
from views.base import ENTITIES
from views.exporting import EVERY

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

CURSOR = re.compile(r"(?:after|before)(?:=|\"\s*:\s*\")([A-Za-z0-9_\-]{8,})")
BAD_FORM = {"wrong": "field", "amount": "not a number", "version": "x"}
# The longest page; its first cursor; the last row and the cursor back.
LIST_ARGUMENTS = ("", "?size=200", "?size=1&last=1") if FULL else ("?size=200", "?size=1&last=1")
ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class Outlet:
    """One request; ``name`` is what the report calls it."""

    name: str
    method: str
    url: str
    is_api: bool = False
    body: dict[str, Any] = field(default_factory=dict, hash=False)


def sample_ids(session: Session, most: int) -> list[dict[str, int]]:
    """Records of each entity, the newest of each state first, as the sets of ids that ``visits`` takes."""
    found: dict[str, list[int]] = {}
    for name, view in ENTITIES.items():
        model = view.model()
        state = state_column(model)
        newest = sa.select(sa.func.max(model.id))
        statement = newest.group_by(getattr(model, state)) if state else newest
        ids = [pk for pk in session.scalars(statement) if pk is not None]
        more = session.scalars(sa.select(model.id).order_by(model.id).limit(most))
        found[name] = list(dict.fromkeys([*sorted(ids, reverse=True), *more]))[:most]
    session.rollback()
    return [{name: ids[place] for name, ids in found.items() if place < len(ids)} for place in range(most)]


def every_visit(app: Flask, sets: list[dict[str, int]]) -> list[Visit]:
    """All visits to all sample records, each address once."""
    found: dict[tuple[str, str], Visit] = {}
    with app.app_context():
        for place, ids in enumerate(sets):
            for visit in visits(app, ids):
                if place == 0 or (visit.is_record and visit.entity in ids):
                    found.setdefault((visit.method, visit.url), visit)
    return list(found.values())


def outlets(
    asker: Asker, found: list[Visit], leave_out: Collection[str] = (), *, is_thin: bool = False
) -> Iterator[Outlet]:
    """What an actor may ask for: his visits with their arguments, bodies that are refused, files.

    ``is_thin`` asks each list once, whole, and posts nothing but exports. In the short form one form in three is sent
    to be refused: what it shows again, it shows when it is opened, and the roles send every one (test_routes).
    """
    mine = [visit for visit in found if visit.endpoint not in leave_out and visit.is_open_to(asker.actor.permissions)]
    for visit in mine:
        if visit.method != "GET":
            continue
        for arguments in _arguments(visit, is_thin=is_thin):
            yield Outlet(visit.endpoint, "GET", visit.url + arguments, visit.is_api)
    for visit in () if is_thin else mine if FULL else without_twins(mine):
        if visit.method == "GET" or not is_asked_by("refused", visit.url, among=3):
            continue
        body = {"json": BAD_FORM} if visit.is_api else {"data": BAD_FORM}
        yield Outlet(f"{visit.endpoint} refused", visit.method, visit.url, visit.is_api, body)
    for visit in mine:
        yield from files(visit)


def files(visit: Visit) -> Iterator[Outlet]:
    """What an export writes, of every column there is, in every format."""
    name = visit.endpoint.partition(".")[2]
    if visit.entity is None or visit.method != "POST" or name not in {"make_export", "export"}:
        return
    for file_format in ExportFormat:
        asked = {"columns": EVERY, "format": file_format.value}
        body = {"json": asked} if visit.is_api else {"data": asked}
        yield Outlet(f"{visit.endpoint} {file_format.value}", "POST", visit.url, visit.is_api, body)


def _arguments(visit: Visit, *, is_thin: bool) -> Iterator[str]:
    """What a list, a search and the finder understand.

    The short form orders by what is sensitive: its value would stand in the cursor, the same on screen and in the API.
    """
    name = visit.endpoint.partition(".")[2]
    if visit.endpoint == "DeskView.find":
        yield from ("?q=0001z", "?q=139") if is_thin else ("?q=0z", "?q=139", "?q=QP", "?q=QC", "?q=00001")
        return
    if name not in {"list", "get_list", "search"} or visit.entity is None:
        yield ""
        return
    if is_thin:
        yield "?q=Q" if name == "search" else "?size=200"
        return
    if name == "search":
        yield from ("", "?q=Q", "?q=139", "?q=1") if FULL else ("", "?q=Q")
        return
    yield from LIST_ARGUMENTS
    view = ENTITIES[visit.entity]
    for column in view.order_columns:
        if FULL or (sensitivity_of(view.model(), column) and not visit.is_api):
            yield f"?size=2&sort={column}"


def ask(asker: Asker, outlet: Outlet) -> TestResponse:
    """The answer; what a form leads to is followed, so that its message is read as well."""
    client = asker.stranger if outlet.is_api else asker.client
    headers = asker.headers if outlet.is_api else {}
    answer = client.open(outlet.url, method=outlet.method, headers=headers, **outlet.body)
    if outlet.method == "POST" and answer.status_code in {302, 303} and not outlet.is_api:
        answer = client.get(answer.headers["Location"])
    return answer


def text_of(answer: TestResponse) -> str:
    """All that an answer says: headers, body, cells of a workbook, and what its cursors hold."""
    data = answer.get_data()
    body = workbook_text(data) if data.startswith(ZIP) else data.decode("utf-8", "replace")
    kept = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    return "\n".join([kept, body, *cursors(body)])


def workbook_text(data: bytes) -> str:
    """Every part of a workbook (or another zip) as text."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return "\n".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())


def cursors(body: str) -> Iterator[str]:
    """What the paging cursors of a page hold, where they can be read."""
    for token in set(CURSOR.findall(body)):
        try:
            text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("utf-8")
            yield json.dumps(json.loads(text), ensure_ascii=False)
        except (ValueError, binascii.Error):
            continue
