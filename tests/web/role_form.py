"""The form of one role as a browser without scripts sends it: everything that is ticked on the page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from typing import TYPE_CHECKING

from werkzeug.datastructures import MultiDict

from tests.web.person import HIDDEN, text_of

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.web.person import Person

BOX = re.compile(r'<input type="(?:checkbox|radio)" name="([^"]+)" value="([^"]*)"( checked)?')
COLUMN = re.compile(r'<th scope="col" data-code="([^"]+)"')
BODY = re.compile(r'<tbody id="(\w+)".*?</tbody>', re.DOTALL)
SUM = re.compile(r'<tr class="zd-mx__sum">.*?</tr>', re.DOTALL)
CELL = re.compile(r'<td class="(\w)( d)?">(.*?)(?=<td|</tr>)', re.DOTALL)
CHANGE = re.compile(r'<span class="zd-review__what">(.*?)</span>.*?<del>(.*?)</del>.*?<ins>(.*?)</ins>', re.DOTALL)


def fields(html: str) -> MultiDict[str, str]:
    """The hidden fields and what is ticked."""
    found = MultiDict([(name, unescape(value)) for name, value in HIDDEN.findall(html)])
    for name, value, on in BOX.findall(html):
        if on:
            found.add(name, unescape(value))
    return found


def ticked(
    html: str, *, on: Iterable[str] = (), off: Iterable[str] = (), levels: dict[str, str] | None = None
) -> MultiDict[str, str]:
    """The form after somebody has ticked, unticked and chosen levels."""
    form = fields(html)
    rights = (set(form.getlist("right")) | set(on)) - set(off)
    form.setlist("right", sorted(rights))
    for group, level in (levels or {}).items():
        form[f"field.{group}"] = level
    return form


def sent(person: Person, code: str, form: MultiDict[str, str], **more: str) -> TestResponse:
    """Sends a form of a role with the button that was pressed."""
    for name, value in more.items():
        form[name] = value
    return person.client.post(f"/rights/role/{code}", data=form)


def reviewed(page: TestResponse) -> list[tuple[str, str, str]]:
    """What a review page says will change: what, from, to."""
    html = page.get_data(as_text=True)
    return [(text_of(what), text_of(old), text_of(new)) for what, old, new in CHANGE.findall(html)]


def counts(html: str, code: str) -> dict[str, tuple[str, bool]]:
    """The column of a role in the matrix: record to (what the cell says, whether it is marked as not delivered)."""
    place = COLUMN.findall(html).index(code)
    found = {}
    for body in BODY.finditer(html):
        line = SUM.search(body[0])
        assert line is not None
        _tone, mark, text = CELL.findall(line[0])[place]
        found[body[1]] = (text_of(text).replace(" ", "").removesuffix("≠"), bool(mark))
    return found
