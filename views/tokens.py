"""API tokens on the screen: a person makes and ends his own, an administrator sees and ends everybody's."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_login import current_user

from app.kernel.context import Actor, Context
from app.kernel.errors import DomainError, ValidationFailedError
from app.kernel.unit_of_work import unit_of_work
from app.security.second_factor import has_factor
from app.security.tokens import READ, check_token, end_token, longest_life, make_token, offered_scopes
from app.security.wording import act_text, subject_text, word_text
from models.outside import ApiToken
from views.adapter import guarded
from views.context import web_context
from views.display import moment, person_text
from views.forms import is_id
from views.proofs import proof_boxes, wrong_proofs
from views.records import once

SEE_OTHER = 303
MOST_SHOWN = 200
MOST_WORDS = 6
LIST = "zhidan/tokens.html"
FORM = "zhidan/token_form.html"
USUAL_DAYS = 90


class TokenView(BaseView):
    """The screens of API tokens. A secret is shown once, to whoever made it, and never again to anybody."""

    route_base = "/tokens"
    default_view = "everyone"
    class_permission_name = "api_token"
    base_permissions = ["can_own", "can_list", "can_end"]

    @expose("/", methods=("GET",))
    @guarded("own")
    def mine(self) -> Any:
        """One's own tokens."""
        return render_template(LIST, **self._mine(web_context()))

    @expose("/new", methods=("GET",))
    @guarded("own")
    def new(self) -> Any:
        """The form of a new token."""
        return self._form(web_context(), {"days": USUAL_DAYS}, {})

    @expose("/new", methods=("POST",))
    @guarded("own")
    def make(self) -> Any:
        """Makes it and shows its secret, this once; sent again, the form makes nothing."""
        ctx = web_context()
        given = {"name": request.form.get("name", "").strip(), "days": request.form.get("days", "").strip()}
        scopes = request.form.getlist("scopes")
        days = int(given["days"]) if is_id(given["days"]) else 0
        made: list[str] = []
        try:
            check_token(ctx, given["name"], scopes, days)
            # A copied cookie must not become a secret that outlives it.
            faults = wrong_proofs(current_user._get_current_object(), "api_token")  # noqa: SLF001
            if faults:
                raise ValidationFailedError({name: [text] for name, text in faults.items()})
        except DomainError as error:
            return self._refused(ctx, {**given, "scopes": scopes}, error)

        def act() -> str:
            _token, secret = make_token(ctx, given["name"], scopes, days)
            made.append(secret)
            return ""

        try:
            once(ctx, f"{ctx.actor.id}.api_token.new", request.form.get("token"), "", act)
        except DomainError as error:
            return self._refused(ctx, {**given, "scopes": scopes}, error)
        if not made:
            flash(_("This token was already made. Its secret was shown once and cannot be shown again."), "info")
            return redirect(url_for(".mine"), SEE_OTHER)
        return render_template(LIST, **self._mine(ctx), secret=made[0])

    @expose("/<int:pk>/end", methods=("POST",))
    @guarded("own")
    def end(self, pk: int) -> Any:
        """Ends one's own token at once."""
        self._end(pk, of_anybody=False)
        return redirect(url_for(".mine"), SEE_OTHER)

    @expose("/all", methods=("GET",))
    @guarded("list")
    def everyone(self) -> Any:
        """The tokens of everybody, for whoever looks after them."""
        ctx = web_context()
        asked = request.args.get("q", "").strip()[:50]
        rows = list(_found(ctx, asked))
        may_end = ctx.actor.may("api_token.end")
        return render_template(
            LIST,
            title=_("API tokens"),
            subtitle=_("Programs that act for persons. What a person may not do, no token of his may do."),
            columns=[{"label": _("Person")}, *_columns()],
            rows=[
                {**_row(ctx, token, url_for(".end_any", pk=token.id) if may_end else None, person_text(user))}
                for token, user in rows
            ],
            asked=asked,
            is_cut=len(rows) == MOST_SHOWN,
        )

    @expose("/<int:pk>/end_any", methods=("POST",))
    @guarded("end")
    def end_any(self, pk: int) -> Any:
        """Ends anybody's token at once."""
        self._end(pk, of_anybody=True)
        return redirect(url_for(".everyone"), SEE_OTHER)

    def _end(self, pk: int, *, of_anybody: bool) -> None:
        with unit_of_work(web_context()) as ctx:
            token = end_token(ctx, pk, of_anybody=of_anybody)
            name = token.name
        flash(_("Ended: %(name)s", name=name), "success")

    def _mine(self, ctx: Context) -> dict[str, Any]:
        statement = sa.select(ApiToken).where(ApiToken.user_id == ctx.actor.id)
        tokens = ctx.session.scalars(statement.order_by(ApiToken.id.desc()).limit(MOST_SHOWN))
        return {
            "title": _("My API tokens"),
            "subtitle": _("For programs that work for you. A token can do no more than you, and only what you choose."),
            "columns": _columns(),
            "rows": [_row(ctx, token, url_for(".end", pk=token.id)) for token in tokens],
            "new_url": url_for(".new") if longest_life(ctx) else None,
        }

    def _refused(self, ctx: Context, values: Mapping[str, Any], error: DomainError) -> Any:
        fields = error.fields if isinstance(error, ValidationFailedError) else {}
        return self._form(ctx, values, fields, [] if fields else [str(error)]), error.status

    def _form(
        self, ctx: Context, values: Mapping[str, Any], errors: Mapping[str, Any], texts: Sequence[str] = ()
    ) -> Any:
        most, user_id = longest_life(ctx), int(current_user.id)
        days = values.get("days")
        fields = [
            {
                "name": "name",
                "label": _("Name"),
                "help": _("What the program is called, so that you know it again."),
                "required": True,
                "max_length": 80,
                "value": values.get("name"),
                "errors": errors.get("name"),
            },
            {
                "name": "days",
                "label": _("Valid for days"),
                "kind": "number",
                "integer": True,
                "required": True,
                "help": _("At most %(most)s.", most=most),
                "value": min(USUAL_DAYS, most) if days == USUAL_DAYS else days,
                "errors": errors.get("days"),
            },
            *proof_boxes({name: str(found[0]) for name, found in errors.items()}, has_code=has_factor(ctx, user_id)),
        ]
        return render_template(
            FORM,
            title=_("New API token"),
            crumbs=[(_("My API tokens"), url_for(".mine")), (_("New API token"), None)],
            fields=fields,
            groups=scope_groups(ctx.actor),
            chosen=set(values.get("scopes", ())),
            read_all=READ,
            scope_errors=errors.get("scopes"),
            errors=texts,
            hidden={"token": secrets.token_urlsafe(18)},
            cancel_url=url_for(".mine"),
        )


def scope_groups(actor: Actor) -> list[dict[str, Any]]:
    """What the person can give to a token, grouped by record type, in words, in the order of the words."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for scope in offered_scopes(actor):
        if scope != READ:
            groups.setdefault(subject_text(scope), []).append((scope, act_text(scope)))
    return [
        {"label": label, "scopes": sorted(found, key=lambda pair: not pair[0].endswith(f".{READ}"))}
        for label, found in sorted(groups.items())
    ]


def scope_text(scopes: Iterable[str]) -> str:
    """What a token may do, in words."""
    found = [_("Read everything that its person may read") if scope == READ else word_text(scope) for scope in scopes]
    shown = "; ".join(found[:MOST_WORDS])
    return (
        shown if len(found) <= MOST_WORDS else _("%(some)s and %(more)s more", some=shown, more=len(found) - MOST_WORDS)
    )


def _columns() -> list[dict[str, Any]]:
    return [
        {"label": _("Name")},
        {"label": _("Begins with")},
        {"label": _("State"), "kind": "badge"},
        {"label": _("What it may do"), "kind": "long"},
        {"label": _("Made at"), "kind": "datetime"},
        {"label": _("Expires at"), "kind": "datetime"},
        {"label": _("Last used"), "kind": "datetime"},
        {"label": _("From address")},
        {"label": _("Act"), "kind": "act"},
    ]


def _row(ctx: Context, token: ApiToken, end_url: str | None, person: str | None = None) -> dict[str, Any]:
    state = _state(ctx, token)
    cells = [
        *([person] if person is not None else []),
        token.name,
        f"{token.prefix}…",
        state,
        scope_text(token.scopes),
        moment(token.made_at),
        moment(token.expires_at),
        moment(token.last_used_at) if token.last_used_at else _("Never"),
        token.last_address or "–",
    ]
    return {"cells": cells, "end_url": end_url if state["tone"] == "success" else None, "name": token.name}


def _state(ctx: Context, token: ApiToken) -> dict[str, str]:
    if token.ended_at is not None:
        return {"text": _("Ended"), "tone": "neutral"}
    if token.expires_at <= ctx.now:
        return {"text": _("Expired"), "tone": "warning"}
    return {"text": _("In use"), "tone": "success"}


def _found(ctx: Context, asked: str) -> Iterable[tuple[ApiToken, User]]:
    """The tokens of persons of this name, those in use first, the newest first."""
    full = sa.func.coalesce(User.last_name, "").concat(sa.func.coalesce(User.first_name, ""))
    is_over = sa.case((sa.or_(ApiToken.ended_at.is_not(None), ApiToken.expires_at <= ctx.now), 1), else_=0)
    statement = sa.select(ApiToken, User).join(User, User.id == ApiToken.user_id)
    if asked:
        named = [found.icontains(asked, autoescape=True) for found in (full, User.username, ApiToken.name)]
        statement = statement.where(sa.or_(*named))
    rows = ctx.session.execute(statement.order_by(is_over, ApiToken.id.desc()).limit(MOST_SHOWN))
    return [(token, user) for token, user in rows]
