"""A first walk through the panel: three to five places of the first page, told for each department."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kernel.context import Actor
from app.security import departments as role
from app.security.departments import in_order

# What the cards of open work mean for whom; a person of several departments is told about the first.
WORK = {
    role.COMMITTEE: _l("Approvals wait here for your vote, each with the moment until which it is due."),
    role.ORDER_CENTER: _l(
        "Received orders to enter, orders to review and letters to send: a card for each step, the oldest record first."
    ),
    role.PRODUCTION: _l("Tasks to plan, to start and to report, and what waits for inspection."),
    role.LOGISTICS: _l("Orders that are ready to ship and shipments under way: plan, dispatch and deliver from here."),
    role.CUSTOMER_SERVICE: _l("Installations to arrange, acceptances to record and tickets to answer."),
    role.FINANCE: _l("Money that is not allocated yet, and refunds that wait for you."),
}
OTHERS = _l("Records that wait for you appear here. Accounts, rights and the journal stand under “System”.")


def tour(actor: Actor) -> dict[str, Any]:
    """The steps for a person, and whether they are offered: until he has seen or declined them in this browser."""
    name = f"zd_tour_{actor.id}"
    return {
        "name": name,
        "is_due": name not in request.cookies,
        "starts": "tour" in request.args,
        "steps": steps(actor),
    }


def steps(actor: Actor) -> list[dict[str, str]]:
    """Each with the places it shows: the first that is in sight."""
    first = next(iter(in_order(actor.departments)), None)
    found = [
        (".zd-work-card, main .zd-empty", _("What waits for you"), str(WORK.get(first or "", OTHERS))),
        (".zd-page-header .zd-actions", _("Begin here"),
         _("What you enter most is one click away, also from the keyboard: Ctrl+K.")),
        (".zd-nav, [data-zd-side-toggle]", _("All lists"),
         _("The departments with their lists. A number beside a list says how much of it waits for you.")),
        (".zd-find", _("Find anything"),
         _("A number, a name, its pinyin or a phone: press / anywhere. A number typed in full leads straight there.")),
        (".zd-user", _("Make it yours"), _("Light or dark, roomy or compact, the keys, and this tour again.")),
    ]  # fmt: skip
    return [{"place": place, "title": title, "text": text} for place, title, text in found]
