"""What serves every page of a person: the search over all records, the commands, and what waits in each list."""

from __future__ import annotations

from time import monotonic
from typing import Any

import sqlalchemy as sa
from flask import Response, current_app, jsonify, request, url_for
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _
from pypinyin import Style, lazy_pinyin

from app.kernel.brief import TooSlowError, brief
from app.kernel.context import Context
from app.kernel.listing import LONGEST_SEARCH, ListRequest, met, page
from app.kernel.unit_of_work import unit_of_work
from app.services.look.actions import keep_look
from views.adapter import login_needed
from views.base import EntityDeclaration
from views.context import web_context
from views.display import add_text, name_of, record_text, state_of
from views.home import waiting
from views.shell import LOOKS, navigation

FEWEST_SIGNS = 2
ROWS_OF_A_KIND = 5
# Seconds after which no further table is asked: an answer that comes late is no answer while somebody types.
LONGEST_LOOK = 2.0
# Tables asked in one statement whether there is anything.
TABLES_AT_ONCE = 12


class DeskView(BaseView):
    """Answers for scripts of the shell; everybody who is signed in gets what he may see."""

    route_base = "/desk"
    default_view = "find"
    base_permissions: list[str] = []

    @expose("/find")
    def find(self) -> Any:
        """Records of all kinds by number, name, pinyin or phone."""
        if (answer := login_needed()) is not None:
            return answer
        text = request.args.get("q", "").strip()[:LONGEST_SEARCH]
        return jsonify(found(web_context(), text))

    @expose("/commands")
    def commands(self) -> Any:
        """Every list that the person may open, and everything that he may add."""
        if (answer := login_needed()) is not None:
            return answer
        return jsonify({"groups": commands_of(web_context())})

    @expose("/look", methods=("POST",))
    def look(self) -> Any:
        """Keeps theme, density or language with the person; the browser has its own quick copy already."""
        if (answer := login_needed()) is not None:
            return answer
        ctx = web_context()
        words = {**LOOKS, "locale": tuple(current_app.config["LANGUAGES"])}
        chosen = {name: word for name, word in request.form.items() if word in words.get(name, ())}
        if chosen:
            with unit_of_work(ctx):
                keep_look(ctx, chosen)
        return Response(status=204)

    @expose("/waiting")
    def waiting(self) -> Any:
        """How many records of each table wait for the person."""
        if (answer := login_needed()) is not None:
            return answer
        return jsonify({"counts": waiting(web_context())})


def searched(ctx: Context) -> list[type[EntityDeclaration]]:
    """The tables that are looked through: what the person finds in his side bar and has a quick search."""
    builder = current_app.appbuilder  # type: ignore[attr-defined]
    entries = [type(child.baseview) for group in builder.menu.get_list() for child in group.childs if child.baseview]
    views = [view for view in entries if issubclass(view, EntityDeclaration)]
    return [view for view in views if view.quick_search and view.may(ctx.actor, "list")]


def found(ctx: Context, text: str) -> dict[str, Any]:
    """Groups of records, a few of each kind; ``exact`` is the one whose number was typed in full.

    Each table is asked as its list is: row scope, and no search in what the person sees masked; most of them have
    nothing, so that is asked first, of several at once. Customers and orders that others refer to are looked up once
    for all.
    """
    groups: list[dict[str, Any]] = []
    exact: list[str] = []
    parents: dict[str, list[int]] = {}
    views = searched(ctx) if len(text) >= FEWEST_SIGNS else []
    until = monotonic() + LONGEST_LOOK
    left = [(view, view.spec(), _asked(view, text, parents)) for view in views]
    while left and (rest := until - monotonic()) > 0:
        now = left[:TABLES_AT_ONCE]
        try:
            with brief(ctx.session, rest):
                places = sorted(met(ctx, [(spec, asked) for _view, spec, asked in now]))
        except TooSlowError:
            break
        left = left[TABLES_AT_ONCE:]
        for place in places:
            view, spec, asked = now[place]
            rows = page(ctx, spec, asked).rows
            if rows:
                items = [_item(ctx, view, row) for row in rows]
                groups.append({"label": str(view.model().__label_plural__), "items": items})
            exact += [view.show_url(row.id) for row in rows if str(row).casefold() == text.casefold()]
    return {"groups": groups, "exact": exact[0] if len(exact) == 1 else None, "partly": bool(left)}


def _asked(view: type[EntityDeclaration], text: str, parents: dict[str, list[int]]) -> ListRequest:
    name, direction = view.spec().base_order
    return ListRequest(quick=text, sort=name, descending=direction == "desc", size=ROWS_OF_A_KIND, parents=parents)


def _item(ctx: Context, view: type[EntityDeclaration], record: Any) -> dict[str, Any]:
    """Only what the list has loaded: a row costs no statement of its own."""
    there = sa.inspect(record).dict
    whom = there.get("customer") or there.get("order") or there.get("product")
    about = record_text(ctx.actor, whom) if whom is not None else name_of(ctx.actor, record) or ""
    return {"text": str(record), "about": about, "badge": state_of(record), "url": view.show_url(record.id)}


def commands_of(ctx: Context) -> list[dict[str, Any]]:
    """The commands by group, each with the letters by which it is found in pinyin."""
    groups = navigation()
    goes = [
        _command(item["label"], item["url"], group["label"])
        for group in groups
        for item in (group["items"] or [{"label": group["label"], "url": group["url"]}])
    ]
    adds = [_command(add_text(view.model()), view.url("add")) for view in searched(ctx) if view.may_add(ctx.actor)]
    # Accounts are the framework's own screen, not an entity.
    if ctx.actor.may("user.add"):
        adds.append(_command(_("Add user"), url_for("UserView.add")))
    return [{"label": _("Add"), "items": adds}, {"label": _("Go to"), "items": goes}]


def _command(label: str, url: str, about: str = "") -> dict[str, str]:
    keys = " ".join("".join(lazy_pinyin(label, style=style)) for style in (Style.FIRST_LETTER, Style.NORMAL))
    return {"text": label, "about": about, "url": url, "keys": keys}
