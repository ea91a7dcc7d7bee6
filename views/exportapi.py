"""The export of a list for programs: the same rows, columns, limits and approvals as on the screen, by POST only.

``POST /api/v1/<entity>/export`` answers with the file, or 202 with the export (made in the background) or the request
for approval. ``POST /api/v1/<entity>/export/<number>`` fetches a file that was made in the background.
"""

from __future__ import annotations

from typing import Any

from flask import jsonify, request
from flask_appbuilder.api import expose
from flask_babel import gettext as _
from marshmallow import fields, validate

from app.kernel.context import Context
from app.kernel.errors import NotFoundError, ValidationFailedError
from app.kernel.schema import EntityInput
from models.export import ExportLog
from models.labels import ExportFormat, ExportOutcome
from views.adapter import by_token
from views.context import web_context
from views.exporting import EVERY, LISTED, Choice, choose
from views.exportroutes import approval_needed, ask, take
from views.exportrun import send, status_of
from views.listpage import list_args
from views.records import load

ACCEPTED = 202


class ExportInput(EntityInput):
    """What is exported. ``filter`` has the arguments of the list, ``q`` and ``sort`` included."""

    filter = fields.Dict(keys=fields.String(), load_default=dict)
    columns = fields.String(load_default=LISTED, validate=validate.OneOf([LISTED, EVERY]))
    format = fields.Enum(ExportFormat, by_value=True, load_default=ExportFormat.xlsx)
    reason = fields.String(validate=validate.Length(max=400))
    request = fields.String(validate=validate.Length(max=30))


class ExportApiRoutes:
    """The routes; the class that inherits them has a ``view``."""

    @expose("/export", methods=("POST",))
    @by_token("export")
    def export(self: Any) -> Any:
        """The file, or what it waits for."""
        from views.api import InvalidArgumentsError, body

        ctx = web_context()
        values = load(ctx, ExportInput, body())
        token = request.headers.get("Idempotency-Key")
        if number := values.get("request"):
            return self._approved(ctx, number, token)
        args = list_args(pairs_of(values["filter"]))
        choice, problems = choose(ctx, self.view, args, values["columns"], values["format"])
        if problems:
            raise InvalidArgumentsError(problems)
        if choice.needs_approval:
            if not values.get("reason"):
                raise approval_needed(choice)
            return self._asked(ctx, choice, values["reason"], token)
        return told(ctx, take(ctx, choice, token), choice)

    @expose("/export/<export_no>", methods=("POST",))
    @by_token("export")
    def fetch_export(self: Any, export_no: str) -> Any:
        """A file that was made in the background, or how far it is."""
        from views.export import own_file

        ctx = web_context()
        made = own_file(ctx, export_no)
        if made.entity != self.view.entity():
            raise NotFoundError
        return told(ctx, made, None, title=str(self.view.model().__label_plural__))

    def _approved(self: Any, ctx: Context, number: str, token: str | None) -> Any:
        from views.export import own_request, take_approved

        asked = own_request(ctx, number)
        if asked.entity != self.view.entity():
            raise NotFoundError
        pairs = [(key, raw) for key, raw in asked.arguments]
        choice, problems = choose(ctx, self.view, pairs, asked.columns, asked.file_format)
        return told(ctx, take_approved(ctx, choice, problems, asked, token), choice)

    def _asked(self: Any, ctx: Context, choice: Choice, reason: str, token: str | None) -> Any:
        from models.export import ExportRequest

        made = ctx.session.get_one(ExportRequest, ask(ctx, choice, {"reason": reason}, token))
        found = {"request": made.request_no, "state": str(made.state), "rows": made.row_count}
        return jsonify({"result": found}), ACCEPTED


def pairs_of(asked: Any) -> list[tuple[str, str]]:
    """The arguments of a list from JSON: texts, numbers, truth, or lists of them. Raises ValidationFailedError."""
    found = []
    for key, value in asked.items():
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, str | int | float | bool):
                raise ValidationFailedError({"filter": [_("Give texts, numbers, or lists of them.")]})
            found.append((key, str(one)))
    return found


def told(ctx: Context, made: ExportLog, choice: Choice | None, title: str = "") -> Any:
    """The file where it is ready, else the number under which it will be."""
    if status_of(ctx, made) is ExportOutcome.done:
        return send(ctx, made, str(choice.view.model().__label_plural__) if choice else title)
    found = {"export": made.export_no, "state": str(status_of(ctx, made)), "rows": made.row_count}
    return jsonify({"result": found}), ACCEPTED
