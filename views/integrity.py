"""Integrity of the journal: the head of its chain, the last check, and a check of the newest seals on the spot."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, url_for
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.extensions import db
from app.kernel import chain
from app.kernel.chain import Head
from app.kernel.context import Context
from app.kernel.journal import note
from app.kernel.unit_of_work import unit_of_work
from app.kernel.verification import Fault, Report, account, snapshot, verify
from models.journal import Journal, JournalSeal
from views.adapter import guarded
from views.context import web_context
from views.display import moment
from views.words import person_of

SEE_OTHER = 303
SHOWN = 10
# What one click checks: at most so many seals, and no more of them than these many entries.
MOST_SEALS = 500
MOST_ROWS = 20_000
FAULTS = {
    Fault.altered: _l("An entry was altered"),
    Fault.missing: _l("An entry is missing"),
    Fault.inserted: _l("An entry was slipped in"),
    Fault.reordered: _l("Entries were exchanged"),
    Fault.unsealed: _l("An entry is not sealed"),
    Fault.seal_altered: _l("A seal was altered"),
    Fault.seal_missing: _l("A seal is missing"),
    Fault.cut: _l("The end was cut off"),
    Fault.rewritten: _l("The chain was written anew"),
}


class IntegrityView(BaseView):
    """For the auditor: is the journal as it was written?"""

    label = _l("Integrity of the journal")
    route_base = "/integrity"
    default_view = "overview"
    class_permission_name = "journal"
    base_permissions = ["can_verify"]
    method_permission_name = dict.fromkeys(("overview", "check"), "verify")

    @expose("/", methods=("GET",))
    @guarded("verify")
    def overview(self) -> Any:
        """Head, last check, newest seals."""
        ctx = web_context()
        head = chain.head(ctx.session.connection())
        return render_template(
            "zhidan/integrity.html",
            title=str(self.label),
            subtitle=_(
                "Whatever is written into the journal is sealed at once; whoever changes it later breaks the seal."
            ),
            crumbs=[(str(Journal.__label_plural__), url_for("JournalView.list")), (str(self.label), None)],
            facts=facts(head),
            last=last_check(ctx),
            seals=newest(ctx),
            check_url=url_for("IntegrityView.check"),
            check_label=_("Check the newest seals (at most %(most)s)", most=MOST_SEALS),
        )

    @expose("/", methods=("POST",))
    @guarded("verify")
    def check(self) -> Any:
        """Checks the newest seals and writes down what was found."""
        ctx = web_context()
        ctx.session.rollback()
        with snapshot(db.engine) as connection:
            report = verify(connection, since=first_of(connection))
        with unit_of_work(ctx):
            note(ctx, "journal.verify", "journal", 0, data=account(report))
        told = said(report)
        flash(told, "success" if report.finding is None else "danger")
        return redirect(url_for("IntegrityView.overview"), SEE_OTHER)


def said(report: Report) -> str:
    """The result in one sentence."""
    found = report.finding
    if found is None:
        text = _(
            "%(seals)s seals and %(rows)s entries checked: as they were written.", seals=report.seals, rows=report.rows
        )
    else:
        text = _(
            "%(fault)s (no. %(number)s). Run “flask audit verify” and keep the database as it is.",
            fault=FAULTS[found.fault],
            number=found.journal_id or found.seal,
        )
    return str(text)


def first_of(connection: sa.Connection) -> int:
    """The number of the first seal that a click checks."""
    head = chain.head(connection)
    seals = JournalSeal.__table__.c
    statement = sa.select(sa.func.min(seals.id)).where(
        seals.id > head.number - MOST_SEALS, seals.total_count - seals.row_count >= head.total - MOST_ROWS
    )
    return connection.execute(statement).scalar_one() or max(1, head.number)


def facts(head: Head) -> list[dict[str, Any]]:
    """The end of the chain."""
    return [
        {"label": _("Seals"), "value": f"{head.number:,}"},
        {"label": _("Sealed entries"), "value": f"{head.total:,}"},
        {"label": _("Last seal"), "value": moment(head.sealed_at) if head.sealed_at else None},
        {"label": _("Head of the chain"), "value": str(head), "kind": "long",
         "hint": _("Keep it on another machine every day: only so is a cut-off end seen.")},
    ]  # fmt: skip


def last_check(ctx: Context) -> list[dict[str, Any]] | None:
    """When the journal was last checked, by whom, and how it came out."""
    statement = sa.select(Journal).where(Journal.action == "journal.verify").order_by(Journal.id.desc()).limit(1)
    row = ctx.session.scalars(statement).one_or_none()
    if row is None:
        return None
    fault = row.data.get("fault")
    result = (
        {"text": str(FAULTS[Fault(fault)]), "tone": "danger"} if fault else {"text": _("In order"), "tone": "success"}
    )
    return [
        {"label": _("Result"), "value": result, "kind": "badge"},
        {"label": _("Checked at"), "value": moment(row.at)},
        {"label": _("Checked by"), "value": person_of(row.actor_name)},
        {"label": _("Seals checked"), "value": f"{row.data.get('seals', 0):,}"},
        {"label": _("Entries checked"), "value": f"{row.data.get('rows', 0):,}"},
    ]


def newest(ctx: Context) -> dict[str, Any]:
    """The newest seals as a table."""
    columns = [
        {"label": _("Number")},
        {"label": _("Sealed at"), "kind": "datetime"},
        {"label": _("First entry"), "kind": "number"},
        {"label": _("Last entry"), "kind": "number"},
        {"label": _("Entries"), "kind": "number"},
        {"label": _("Hash"), "kind": "text"},
    ]
    seals = JournalSeal.__table__.c
    names = (seals.id, seals.sealed_at, seals.first_id, seals.last_id, seals.row_count, seals.hash)
    found = ctx.session.execute(sa.select(*names).order_by(seals.id.desc()).limit(SHOWN))
    rows = [
        {"cells": [f"{row.id:,}", moment(row.sealed_at), str(row.first_id), str(row.last_id), str(row.row_count),
                   {"text": row.hash[:16], "title": row.hash}]}
        for row in found
    ]  # fmt: skip
    return {"columns": columns, "rows": rows}
