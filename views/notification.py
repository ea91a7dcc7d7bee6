"""The bell: what a person is told, newest first; each line leads to its record. One's own lines and nobody else's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from flask import jsonify, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import NotFoundError
from app.kernel.unit_of_work import unit_of_work
from app.services.talk import rules
from models.labels_talk import NoticeKind
from models.talk import Comment, Notification
from views.adapter import login_needed
from views.base import ENTITIES
from views.context import web_context
from views.display import moment, state_of
from views.home import open_states
from views.words import act_of, clock_of

SEE_OTHER = 303
ROWS = 50
IN_BELL = 10
MOST_COUNTED = 100
EXCERPT = 140
LATE = 100
ICONS = {
    NoticeKind.mention: "fa-at",
    NoticeKind.comment: "fa-comment",
    NoticeKind.assigned: "fa-triangle-exclamation",
    NoticeKind.clock: "fa-clock",
}


class NotificationView(BaseView):
    """What one is told. Open to everybody who is signed in: everybody has his own."""

    route_base = "/notification"
    default_view = "list"
    base_permissions: list[str] = []

    @expose("/list/")
    def list(self) -> Any:
        """The latest lines, unread ones marked."""
        if (answer := login_needed()) is not None:
            return answer
        ctx = web_context()
        only_unread = request.args.get("unread") == "1"
        own = _own(ctx, only_unread=only_unread)
        before = request.args.get("before", "")
        if before.isascii() and before.isdigit() and len(before) < 10:  # noqa: PLR2004 - fits an INTEGER
            own = own.where(Notification.id < int(before))
        rows = ctx.session.scalars(own.limit(ROWS + 1)).all()
        unread: dict[str, Any] = {"unread": "1"} if only_unread else {}
        more = url_for("NotificationView.list", before=rows[ROWS - 1].id, **unread) if len(rows) > ROWS else None
        return render_template(
            "zhidan/notifications.html",
            title=_("Notifications"),
            lines=lines(ctx, rows[:ROWS]),
            more_url=more,
            tabs=[
                {"label": _("All"), "url": url_for("NotificationView.list"), "active": not only_unread},
                {"label": _("Unread"), "url": url_for("NotificationView.list", unread="1"), "active": only_unread},
            ],
            read_all_url=url_for("NotificationView.read_all"),
        )

    @expose("/latest")
    def latest(self) -> Any:
        """The drop-down of the bell: unread lines first, then the newest."""
        if (answer := login_needed()) is not None:
            return answer
        ctx = web_context()
        own = _own(ctx, only_unread=False)
        entities = ctx.session.scalars(own.with_only_columns(Notification.entity).order_by(None).distinct())
        own = own.where(sa.or_(sa.false(), *_still_open(ctx, entities)))
        rows = list(ctx.session.scalars(own.where(Notification.read_at.is_(None)).limit(IN_BELL)))
        if len(rows) < IN_BELL:
            read = own.where(Notification.read_at.is_not(None)).limit(IN_BELL - len(rows))
            rows += ctx.session.scalars(read)
        return render_template("zhidan/bellmenu.html", lines=lines(ctx, rows))

    @expose("/unread")
    def unread(self) -> Any:
        """How many lines are unread, for the bell; asked after the page is there."""
        if (answer := login_needed()) is not None:
            return answer
        ctx = web_context()
        own = _own(ctx, only_unread=True)
        # Asked before they are limited: what one may not see any more must not push out what one may.
        entities = ctx.session.scalars(own.with_only_columns(Notification.entity).order_by(None).distinct())
        seen = own.where(sa.or_(sa.false(), *_still_open(ctx, entities))).limit(MOST_COUNTED)
        return jsonify({"count": ctx.session.scalar(sa.select(sa.func.count()).select_from(seen.subquery()))})

    @expose("/<int:item>/open", methods=("POST",))
    def open(self, item: int) -> Any:
        """Marks a line as read and leads to its record."""
        if (answer := login_needed()) is not None:
            return answer
        ctx = web_context()
        line = ctx.session.get(Notification, item) if 0 < item < 2**31 else None
        if line is None or line.user_id != ctx.actor.id or line.entity not in ENTITIES:
            raise NotFoundError
        target = ENTITIES[line.entity].url("show", pk=line.entity_id)
        of_talk = line.kind in {NoticeKind.mention, NoticeKind.comment}
        with unit_of_work(ctx):
            line.read_at = line.read_at or ctx.now
        return redirect(f"{target}#talk" if of_talk else target, SEE_OTHER)

    @expose("/read", methods=("POST",))
    def read_all(self) -> Any:
        """Marks everything as read."""
        if (answer := login_needed()) is not None:
            return answer
        ctx = web_context()
        with unit_of_work(ctx):
            mine = sa.update(Notification).where(Notification.user_id == ctx.actor.id, Notification.read_at.is_(None))
            ctx.session.execute(mine.values(read_at=ctx.now))
        return redirect(url_for("NotificationView.list"), SEE_OTHER)


def _own(ctx: Context, *, only_unread: bool) -> sa.Select[Any]:
    statement = sa.select(Notification).where(Notification.user_id == ctx.actor.id).order_by(Notification.id.desc())
    return statement.where(Notification.read_at.is_(None)) if only_unread else statement


def _still_open(ctx: Context, entities: Iterable[str]) -> Iterator[sa.ColumnElement[bool]]:
    """For each table: that the line is about a record which the person still may see."""
    for entity in entities:
        view = ENTITIES.get(entity)
        if view is None or not view.may(ctx.actor, "show"):
            continue
        model: Any = view.model()
        clause = view.scope(ctx.actor) if view.scope is not None else sa.true()
        yield sa.and_(Notification.entity == entity, sa.exists().where(model.id == Notification.entity_id, clause))


def _visible(ctx: Context, rows: Sequence[Notification]) -> dict[tuple[str, int], Any]:
    """The records of the lines that the person still may see: one statement a table."""
    found: dict[tuple[str, int], Any] = {}
    for entity in sorted({row.entity for row in rows}):
        view = ENTITIES.get(entity)
        if view is None or not view.may(ctx.actor, "show"):
            continue
        model: Any = view.model()
        ids = {row.entity_id for row in rows if row.entity == entity}
        statement = sa.select(model).where(model.id.in_(ids))
        if view.scope is not None:
            statement = statement.where(view.scope(ctx.actor))
        found |= {(entity, record.id): record for record in ctx.session.scalars(statement).unique()}
    return found


def lines(ctx: Context, rows: Sequence[Notification]) -> Sequence[dict[str, Any]]:
    """The lines as a person reads them; what he may not see any more is left out."""
    records = _visible(ctx, rows)
    ids = {row.comment_id for row in rows if row.comment_id is not None}
    texts: dict[int, str] = {}
    if ids:
        texts = dict(ctx.session.execute(sa.select(Comment.id, Comment.text).where(Comment.id.in_(ids))).all())
    return [
        _line(ctx, row, record, texts.get(row.comment_id or 0))
        for row in rows
        if (record := records.get((row.entity, row.entity_id))) is not None
    ]


# What a public buyer has to do: reminders, no time limit of ours (clocks G2 and G4).
BUYERS = {
    "order.publish_contract": _l("The buyer has to publish the contract by now: ask, and note the day in its terms"),
    "order.file_contract": _l("The buyer has to file the contract by now: ask, and note the day in its terms"),
    "order.buyer_late": _l("The buyer has not paid by the due date: interest can be claimed"),
}


def _clock(action: str) -> str:
    """What ends: ``order.E1.150`` is the clock E1 of an order at 150 % of its time."""
    if action in BUYERS:
        return str(BUYERS[action])
    entity, _dot, rest = action.partition(".")
    code, _dot, percent = rest.partition(".")
    if not percent.isdigit():
        return str(_("The day has passed"))
    name = clock_of(entity, code)
    if int(percent) < LATE:
        return str(_("%(clock)s: %(percent)s%% of the time has passed", clock=name, percent=percent))
    return str(_("%(clock)s is late: %(percent)s%% of the time has passed", clock=name, percent=percent))


def _line(ctx: Context, row: Notification, record: Any, text: str | None) -> dict[str, Any]:
    said = {
        NoticeKind.mention: _("%(person)s mentioned you", person=row.actor_name),
        NoticeKind.comment: _("%(person)s wrote a comment", person=row.actor_name),
        NoticeKind.step: _("%(person)s: %(step)s", person=row.actor_name, step=act_of(row.entity, row.action)),
        NoticeKind.assigned: _("Your department is responsible"),
        NoticeKind.clock: _clock(row.action),
    }[row.kind]
    is_step = row.kind is NoticeKind.step
    is_waiting = is_step and row.read_at is None and record.state in open_states(ctx, ENTITIES[row.entity])
    return {
        "record": f"{type(record).__label__} {record}",
        "said": said,
        "excerpt": rules.excerpt(text, EXCERPT) if text else None,
        "at": moment(row.created_at),
        "is_unread": row.read_at is None,
        "open_url": url_for("NotificationView.open", item=row.id),
        "state": state_of(record),
        "is_waiting": is_waiting,
        "icon": ICONS.get(row.kind, "fa-arrow-right"),
    }
