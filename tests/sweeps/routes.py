"""The recorded decision about every route: ``docs/routes.md``, made from the running application.

A route is open to strangers, open to whoever is signed in, or asked by a right; there is no fourth way. The page
shows for each delivered role alone what the right leads to. ``tests/sweeps/test_routes.py`` asks the application
for every cell, so that a changed cell is a changed line here.

``.venv/bin/python -m tests.sweeps.routes > docs/routes.md`` writes it anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.kernel.context import Actor
from app.security.departments import ROLES
from app.security.grants import granted
from app.security.scope_defaults import delivered_scopes
from app.security.scopes import scope_of
from tests.contract.test_urls import PUBLIC
from tests.contract.visiting import Visit, visits

if TYPE_CHECKING:
    from flask import Flask

# Open to everybody who is signed in, and why there is nothing to decide.
SIGNED_IN = {
    "ApiPageView.page": "draws what OpenApiView.spec says",
    "DeskView.commands": "names what the person may open and add",
    "DeskView.find": "asks each list as the list itself does",
    "DeskView.look": "how one likes one's own screens",
    "DeskView.waiting": "counts the person's own work",
    "DueView.password": "a new password, where one is due",
    "DueView.second_factor": "a second factor, where one is due",
    "ExportFilesView.file": "one's own export; the right to the list is asked again",
    "ExportFilesView.file_page": "one's own export",
    "ExportFilesView.files": "one's own exports",
    "ExportFilesView.progress": "one's own export",
    "ExportFilesView.use": "one's own approval; the right to the list is asked again",
    "RightsView.end_preview": "gives one's own rights back",
    "SecondFactorView.cancel": "leaves a sign-in that is under way",
    "SecondFactorView.code": "the second half of a sign-in that is under way",
    "ChartApi.names": "names the charts that the person may see",
    "NotificationView.latest": "one's own newest lines",
    "NotificationView.list": "what one is told oneself",
    "NotificationView.open": "one's own line; the record asks for its right",
    "NotificationView.read_all": "one's own lines",
    "NotificationView.unread": "how many of one's own lines are unread",
    "HomeView.index": "shows the person's own work",
    "OpenApiView.spec": "lists what the person may call",
    "PeopleView.search": "names of colleagues, for fields that ask for one",
    "WaitingView.index": "shows the person's own decisions",
    "TokenApi.logout": "ends the token it is called with",
    "TokenApi.refresh": "asks for a token of its own kind",
}
SIGNS = {"all": "●", "some": "◐", "none": "·"}
HEADER = """# Every route, and who gets through

Made by `python -m tests.sweeps.routes`; a test keeps it fresh and asks the application for every cell. Each place of
the last column is one delivered role alone: `●` open with all rows, `◐` open with the rows of its scope (a record
beyond is “not found”), `·` refused. Steps without a right are the system's and exist for nobody.

"""


class UndecidedError(Exception):
    """A route that is neither public, nor for whoever is signed in, nor asked by a right."""


def decision(visit: Visit) -> str:
    """What decides about a route. Raises UndecidedError."""
    if visit.endpoint in PUBLIC:
        return "public"
    if visit.right is not None:
        words = {" / ": visit.or_right, " + ": visit.and_right}
        return visit.right + "".join(f"{sign}{right}" for sign, right in words.items() if right)
    if visit.endpoint in SIGNED_IN:
        return "signed in"
    message = f"{visit.method} {visit.url} ({visit.endpoint}) asks for no right and is not declared in SIGNED_IN."
    raise UndecidedError(message)


def cell(visit: Visit, code: str) -> str:
    """What a role alone gets, by the delivered rights."""
    rights = frozenset(f"{entity}.{word}" for entity, word in granted(code))
    if visit.is_system_step or not (visit.endpoint in PUBLIC or visit.is_open_to(rights)):
        return SIGNS["none"]
    if visit.entity is None:
        return SIGNS["all"]
    alone = Actor(id=0, name=code, roles=frozenset({code}), scopes=delivered_scopes(code))
    return SIGNS["all" if isinstance(scope_of(visit.entity, alone), sa.True_) else "some"]


def lines(app: Flask) -> Iterator[tuple[str, str, str]]:
    """(request, decision, cells) of every route, ordered by address."""
    with app.app_context():
        found = list(visits(app, {}))
    for visit in sorted(found, key=lambda each: (each.url.replace("/1", "/<pk>"), each.method)):
        url = visit.url.replace("/1/", "/<pk>/")
        url = f"{url[:-2]}/<pk>" if url.endswith("/1") else url
        yield f"{visit.method} {url}", decision(visit), "".join(cell(visit, code) for code in ROLES)


def page(app: Flask) -> str:
    """The whole document."""
    roles = "\n".join(f"{place}. `{code}`" for place, code in enumerate(ROLES, 1))
    rows = [f"| `{request}` | {decided} | `{cells}` |" for request, decided, cells in lines(app)]
    table = "\n".join(["| request | decided by | roles in this order |", "|---|---|---|", *rows])
    return f"{HEADER}{roles}\n\n{table}\n"


if __name__ == "__main__":
    from app.factory import create_app
    from config import TestConfig

    sys.stdout.write(page(create_app(TestConfig({}))))
