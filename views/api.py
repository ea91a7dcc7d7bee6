"""The REST API of an entity: made from the same declaration as its screens, for tokens only.

``GET /api/v1/<entity>/`` list, ``POST`` add; ``GET /<pk>`` one record, ``PUT`` edit (names the ``version`` it saw);
``POST /<pk>/<step>`` a step. Nothing is deleted. ``Idempotency-Key`` makes a repeated POST harmless.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from flask import Response, jsonify, request
from flask_appbuilder.api import BaseApi, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from app.kernel import engine
from app.kernel.brief import TooSlowError
from app.kernel.context import Context
from app.kernel.errors import DomainError, NotFoundError, StepNotOpenError, ValidationFailedError
from app.kernel.fields import Access, level, present
from app.kernel.hurry import page_in_time, total_in_time
from app.kernel.journal import plain, state_column
from app.kernel.listing import parse
from app.kernel.unit_of_work import unit_of_work
from app.security.callers import verify_caller
from app.services.privacy.reveal import RevealInput, reveal
from views.adapter import by_token
from views.base import EntityDeclaration
from views.context import web_context
from views.display import record_text
from views.exportapi import ExportApiRoutes
from views.listpage import args_of_request, note_arguments
from views.records import LONGEST_KEY, change, create, digest_of, load, once, step
from views.reveal import lifted

CREATED = 201


class InvalidArgumentsError(DomainError):
    """Query arguments the list does not understand: an API says so instead of leaving them out."""

    code = "invalid_arguments"
    status = 400

    def __init__(self, problems: list[Any]) -> None:
        self.problems = problems
        super().__init__(code=problems[0].code)

    def __str__(self) -> str:
        return " ".join(str(problem) for problem in self.problems)


class SlowListError(DomainError):
    """No index leads to what was asked for, and reading everything took too long."""

    code = "too_slow"
    status = 400
    default_message = _l("Looking for these rows takes too long. Narrow the list, for example by a period.")


class EntityApi(ExportApiRoutes, BaseApi):
    """Base of the generated classes; ``view`` is the declaration."""

    view: type[EntityDeclaration]
    version = "v1"
    allow_browser_login = False

    @expose("/", methods=("GET",))
    @by_token("list")
    def get_list(self) -> Response:
        """A page of the list with the arguments that lead to its neighbours."""
        ctx = web_context()
        spec = self.view.spec()
        asked, problems = parse(spec, ctx.actor, args_of_request(), ctx.today)
        if problems:
            note_arguments(problems)
            raise InvalidArgumentsError(problems)
        try:
            found = page_in_time(ctx, spec, asked)
        except TooSlowError as error:
            raise SlowListError from error
        names = self.view.seen_columns(ctx.actor, self.view.list_columns)
        result = [as_json(ctx, self.view, record, names) for record in found.rows]
        counted = total_in_time(ctx, spec, asked, found)
        return jsonify(
            {
                "result": result,
                "count": counted.count,
                "count_is_exact": counted.is_exact,
                "next": found.next,
                "previous": found.previous,
            }
        )

    @expose("/<int:pk>", methods=("GET",))
    @by_token("show")
    def get_item(self, pk: int) -> Response:
        """One record with the steps that are open to the caller."""
        ctx = web_context()
        record = self.view.find(ctx, pk)
        opened, _strip = lifted(ctx, self.view, record)
        return jsonify({"result": self._item(opened, record)})

    @expose("/", methods=("POST",))
    @by_token("add")
    def add(self) -> Any:
        """Adds a record."""
        ctx = web_context()
        if not self.view.may_add(ctx.actor):
            raise NotFoundError
        raw = body()

        def act() -> str:
            return self._answer(ctx, create(ctx, self.view, raw))

        return self._once(ctx, "add", raw, act, CREATED)

    @expose("/<int:pk>", methods=("PUT",))
    @by_token("edit")
    def edit(self, pk: int) -> Any:
        """Changes the named columns of a record."""
        ctx = web_context()
        raw = body()
        version = raw.pop("version", None)
        if not isinstance(version, int) or isinstance(version, bool):
            raise ValidationFailedError({"version": [_("Name the version you have seen.")]})
        record = self.view.find(ctx, pk)
        if not self.view.may_edit(ctx.actor, record):
            raise StepNotOpenError(_("This record can no longer be edited directly."), code="not_editable")

        def act() -> str:
            return self._answer(ctx, change(ctx, self.view, record, raw, version))

        return self._once(ctx, f"edit.{pk}", {**raw, "version": version}, act, 200)

    @expose("/<int:pk>/<step>", methods=("POST",))
    def fire(self, pk: int, step: str) -> Any:
        """Fires a step with what it asks; ``version`` is checked when given."""
        verify_caller()
        ctx = web_context()
        workflow = self.view.workflow()
        declared = workflow.step(step) if workflow else None
        if workflow is None or declared is None or declared.permission is None:
            raise NotFoundError(_("There is no such step."), code="unknown_step")
        engine.requires(ctx, workflow.permission(declared))
        raw = body()
        version = raw.pop("version", None)
        if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
            raise ValidationFailedError({"version": [_("Name the version you have seen.")]})
        record = self.view.find(ctx, pk)

        def act() -> str:
            return self._answer(ctx, fired(ctx, self.view, record, step, raw, version))

        return self._once(ctx, f"{pk}.{step}", {**raw, "version": version}, act, 200)

    def _item(self, ctx: Context, record: Any) -> dict[str, Any]:
        names = self.view.seen_columns(ctx.actor, [*self.view.list_columns, *self.view.show_columns])
        item = as_json(ctx, self.view, record, list(dict.fromkeys(names)))
        item["steps"] = [
            {
                "name": found.name,
                "label": str(found.label),
                "blocked_by": [{"code": reason.code, "message": str(reason)} for reason in reasons],
            }
            for found, reasons in engine.offered(ctx, record)
        ]
        return item

    def _answer(self, ctx: Context, record: Any) -> str:
        return json.dumps({"result": self._item(ctx, record)}, ensure_ascii=False)

    def _once(self, ctx: Context, what: str, raw: Any, act: Any, status: int) -> Any:
        key = request.headers.get("Idempotency-Key")
        if key is not None and not 0 < len(key) <= LONGEST_KEY:
            raise ValidationFailedError({"Idempotency-Key": [_("At most %(most)s characters.", most=LONGEST_KEY)]})
        scope = f"{ctx.actor.id}.api.{self.view.entity()}.{what}"
        text, repeated = once(ctx, scope, key, digest_of(raw), act)
        response = Response(text, status=status, mimetype="application/json")
        if repeated:
            response.headers["Idempotent-Replay"] = "true"
        return response


class RevealApi(EntityApi):
    """The API of an entity whose masks may be lifted."""

    @expose("/<int:pk>/reveal", methods=("POST",))
    @by_token("reveal")
    def reveal(self, pk: int) -> Any:
        """Lifts the masks of a record for the caller, with a reason; it is recorded (W12)."""
        ctx = web_context()
        record = self.view.find(ctx, pk)
        reason = load(ctx, RevealInput, body())["reason"]
        with unit_of_work(ctx):
            until = reveal(ctx, record, reason)
        opened, _strip = lifted(ctx, self.view, record)
        return jsonify({"result": self._item(opened, record), "until": plain(until)})


fired = step


def body() -> dict[str, Any]:
    """The JSON object of the request; an empty body is an empty object. Raises ValidationFailedError."""
    if not request.get_data(cache=True):
        return {}
    try:
        found = request.get_json()
    except UnsupportedMediaType:
        raise
    except (BadRequest, RecursionError) as error:
        raise ValidationFailedError({"_body": [_("The body is not valid JSON.")]}) from error
    if not isinstance(found, dict):
        raise ValidationFailedError({"_body": [_("The body must be a JSON object.")]})
    return dict(found)


def as_json(ctx: Context, view: type[EntityDeclaration], record: Any, names: list[str]) -> dict[str, Any]:
    """A record as JSON: exact numbers as text, moments in UTC, hidden columns absent, masked ones masked."""
    model = view.model()
    item: dict[str, Any] = {"id": record.id}
    if "version" in sa.inspect(model).attrs:
        item["version"] = record.version
    if (state := state_column(model)) is not None:
        item["state"] = plain(getattr(record, state))
    for name in names:
        value = getattr(record, name)
        attribute = sa.inspect(model).attrs.get(name)
        if isinstance(attribute, sa.orm.RelationshipProperty):
            item[name] = _reference(ctx, value)
        elif level(ctx.actor, model, name, record) is not Access.hidden:
            item[name] = plain(present(ctx.actor, model, name, value, record))
    return item


def _reference(ctx: Context, value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    return {"id": value.id, "text": record_text(ctx.actor, value)}


def api_of(view: type[EntityDeclaration]) -> type[EntityApi]:
    """The API class of a declaration: same entity, same permissions (fact 26)."""
    name = f"{view.model().__name__}Api"
    members = {
        "view": view,
        "resource_name": view.entity(),
        "class_permission_name": view.entity(),
        "base_permissions": view.base_permissions,
        "__doc__": str(view.__doc__),
    }
    base = view.api_base or (RevealApi if view.masks_can_be_lifted else EntityApi)
    return type(name, (*view.api_parts, base), members)
