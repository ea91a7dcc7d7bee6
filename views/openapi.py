"""The description of the API (OpenAPI 3), made from the declarations, and a page that shows it without the network."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import jsonify, render_template, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from marshmallow import Schema
from marshmallow import fields as kinds

from app.kernel.fields import editable
from app.kernel.filters import DURING, PERIODS, operators_of
from app.kernel.journal import state_column
from app.kernel.schema import Related, members_of
from app.kernel.workflow import Step
from app.security.callers import verify_caller
from app.services.privacy.reveal import RevealInput
from models.base import Fixed, UtcDateTime
from views.adapter import login_needed
from views.base import ENTITIES, EntityDeclaration
from views.context import web_context
from views.exportapi import ExportInput
from views.exportrun import XLSX
from views.talkapi import CommentInput

ERRORS = {
    "400": "Arguments or body not understood",
    "401": "No valid token",
    "403": "The right is missing",
    "404": "No such record, or out of scope",
    "409": "The step is not open, somebody was faster, or the key is taken",
    "422": "Fields are missing or wrong",
}
LOGIN = _l("Log in at /api/v1/security/login and send the token with every request.")
API_TOKEN = _l(
    "A program sends an API token (“My API tokens”) in the same header: Authorization: Bearer zd_…. It can do what its"
    " person may do at that moment, and of that only what the token names. 401: unknown, expired or ended."
)
PK: dict[str, Any] = {"name": "pk", "in": "path", "required": True, "schema": {"type": "integer"}}
_AUTHOR = {"type": "object", "properties": {"id": {"type": "integer", "nullable": True}, "text": {"type": "string"}}}
_AT = {"type": "string", "format": "date-time"}
COMMENT: dict[str, Any] = {
    "id": {"type": "integer"},
    "author": _AUTHOR,
    "created_at": _AT,
    "edited_at": {**_AT, "nullable": True},
    "text": {"type": "string"},
    "mentions": {"type": "array", "items": {"type": "string"}},
}
FILE: dict[str, Any] = {
    "id": {"type": "integer"},
    "author": _AUTHOR,
    "created_at": _AT,
    "is_personal": {"type": "boolean"},
    "is_gone": {"type": "boolean"},
    "name": {"type": "string"},
    "media_type": {"type": "string"},
    "size": {"type": "integer"},
}
KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Makes a repetition of the same request harmless.",
    "schema": {"type": "string", "maxLength": 80},
}


class OpenApiView(BaseView):
    """The description for programs."""

    route_base = "/api/v1"
    default_view = "spec"
    base_permissions: list[str] = []

    @expose("/_openapi")
    def spec(self) -> Any:
        """The OpenAPI document, for who is signed in: by the page's session or by a token."""
        if "Authorization" in request.headers or not current_user.is_authenticated:
            verify_caller()
        return jsonify(document(web_context().actor))


class ApiPageView(BaseView):
    """The description for people: Swagger UI from the framework's own files."""

    route_base = "/api-docs"
    default_view = "page"
    base_permissions: list[str] = []

    @expose("/")
    def page(self) -> Any:
        """The page."""
        if (answer := login_needed()) is not None:
            return answer
        return render_template("zhidan/api.html", title=_("REST API"))


def document(actor: Any) -> dict[str, Any]:
    """What the actor may call: paths he has no right to are not in it."""
    spec = APISpec(
        title="Zhidan",
        version="v1",
        openapi_version="3.0.3",
        plugins=[MarshmallowPlugin(schema_name_resolver=lambda _schema: None)],
        security=[{"token": []}],
        info={"description": f"{LOGIN} {API_TOKEN}"},
    )
    spec.components.security_scheme(
        "token", {"type": "http", "scheme": "bearer", "bearerFormat": "zd_… / JWT", "description": str(API_TOKEN)}
    )
    spec.components.schema("Error", _error_schema())
    for view in ENTITIES.values():
        _add(spec, actor, view)
    found: dict[str, Any] = spec.to_dict()
    return found


def _add(spec: APISpec, actor: Any, view: type[EntityDeclaration]) -> None:
    name = view.entity()
    label = str(view.model().__label__)
    if view.may_see(actor):
        spec.components.schema(view.model().__name__, _record_schema(actor, view))
    listed: dict[str, Any] = {}
    if view.may(actor, "list"):
        listed["get"] = _operation(
            label, _("List"), name, parameters=_list_parameters(actor, view), many=True, view=view
        )
    if view.may_add(actor):
        listed["post"] = _operation(
            label, _("Add"), name, parameters=[KEY], body=view.input_schema(actor, is_new=True), status="201", view=view
        )
    if listed:
        spec.path(f"/api/v1/{name}/", operations=listed)
    if view.may(actor, "export"):
        _add_export(spec, label, name)
    single: dict[str, Any] = {}
    if view.may(actor, "show"):
        single["get"] = _operation(label, _("Show"), name, parameters=[PK], view=view)
    if view.edit_columns and view.may(actor, "edit"):
        schema = view.input_schema(actor, is_new=False)
        single["put"] = _operation(label, _("Edit"), name, parameters=[PK, KEY], body=schema, is_edit=True, view=view)
    if single:
        spec.path(f"/api/v1/{name}/{{pk}}", operations=single)
    _add_acts(spec, actor, view, label)


def _add_acts(spec: APISpec, actor: Any, view: type[EntityDeclaration], label: str) -> None:
    """What is done to a record beside editing it: its masks lifted, talk, steps."""
    name = view.entity()
    if view.masks_can_be_lifted and view.may(actor, "reveal"):
        lift = _operation(label, _("Show in full"), name, parameters=[PK], body=RevealInput, view=view)
        spec.path(f"/api/v1/{name}/{{pk}}/reveal", operations={"post": lift})
    if view.talk:
        _add_talk(spec, actor, view, label)
    workflow = view.workflow()
    for step in workflow.steps if workflow else ():
        if step.permission and actor.may(f"{name}.{step.permission}"):
            spec.path(f"/api/v1/{name}/{{pk}}/{step.name}", operations={"post": _step(label, name, step, view)})


def _add_export(spec: APISpec, label: str, name: str) -> None:
    """The export of the list: a file, or the number of what it waits for."""
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    waits = {"application/json": {"schema": {"type": "object", "properties": {"result": {"type": "object"}}}}}
    binary = {"schema": {"type": "string", "format": "binary"}}
    answers = {
        "200": {"description": "The file", "content": {XLSX: binary, "text/csv": binary}},
        "202": {"description": "Made in the background, or waits for approval", "content": waits},
        **{code: {"description": text, "content": error} for code, text in ERRORS.items()},
    }
    properties = {key: _property(field) for key, field in ExportInput().fields.items()}
    properties["filter"] = {"type": "object", "description": "The arguments of the list, q and sort included."}
    schema = {"type": "object", "properties": properties}
    made = {
        "tags": [name],
        "summary": f"{label}: {_('Export')}",
        "parameters": [KEY],
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": answers,
    }
    number = {"name": "export_no", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 30}}
    fetched = {"tags": [name], "summary": f"{label}: {_('Download')}", "parameters": [number], "responses": answers}
    spec.path(f"/api/v1/{name}/export", operations={"post": made})
    spec.path(f"/api/v1/{name}/export/{{export_no}}", operations={"post": fetched})


def _add_talk(spec: APISpec, actor: Any, view: type[EntityDeclaration], label: str) -> None:
    """Comments and files of a record: read by who sees it, written by who may comment."""
    name, where = view.entity(), f"/api/v1/{view.entity()}/{{pk}}"
    may_read, may_write = view.may(actor, "show"), view.may(actor, "comment")
    comment = {"type": "object", "properties": {key: _property(field) for key, field in CommentInput().fields.items()},
               "required": ["text"]}  # fmt: skip
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    sent = {"type": "object", "properties": {"file": files, "is_personal": {"type": "boolean"}}, "required": ["file"]}
    before = {"name": "before", "in": "query", "schema": {"type": "integer"}, "description": "What “next” said."}
    item = {"name": "item", "in": "path", "required": True, "schema": {"type": "integer"}}
    said, kept = {"type": "object", "properties": COMMENT}, {"type": "object", "properties": FILE}

    def described(act: str, result: Any, status: str, body: Any = None, *more: Any) -> dict[str, Any]:
        found = {
            "tags": [name],
            "summary": f"{label}: {act}",
            "parameters": [PK, *more],
            "responses": _answers(status, {"type": "object", "properties": {"result": result}}),
        }
        return found if body is None else {**found, "requestBody": {"content": body, "required": True}}

    def many(part: Any) -> dict[str, Any]:
        return {"type": "array", "items": part}

    comments, attachments = {}, {}
    if may_read:
        comments["get"] = described(_("Comments"), many(said), "200", None, before)
        attachments["get"] = described(_("Files"), many(kept), "200")
        answer = described(_("Download"), {}, "200", None, item)
        answer["responses"]["200"] = {
            "description": "The file", "content": {"application/octet-stream": {"schema": files["items"]}},
        }  # fmt: skip
        spec.path(f"{where}/attachments/{{item}}", operations={"get": answer})
    if may_write:
        body = {"application/json": {"schema": comment}}
        comments["post"] = described(_("Add a comment"), said, "201", body, KEY)
        body = {"multipart/form-data": {"schema": sent}}
        attachments["post"] = described(_("Add files"), many(kept), "201", body)
    for path, operations in (("comments", comments), ("attachments", attachments)):
        if operations:
            spec.path(f"{where}/{path}", operations=operations)


def _answers(status: str, schema: dict[str, Any]) -> dict[str, Any]:
    """What comes back where all is well, and the refusals."""
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    found = {status: {"description": "OK", "content": {"application/json": {"schema": schema}}}}
    return {**found, **{code: {"description": text, "content": error} for code, text in ERRORS.items()}}


def _step(label: str, name: str, step: Step, view: type[EntityDeclaration]) -> dict[str, Any]:
    return _operation(label, str(step.label), name, parameters=[PK, KEY], body=step.asks, is_step=True, view=view)


def _operation(
    label: str,
    act: Any,
    name: str,
    *,
    view: type[EntityDeclaration],
    parameters: list[Any],
    body: type[Schema] | None = None,
    status: str = "200",
    many: bool = False,
    is_edit: bool = False,
    is_step: bool = False,
) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{view.model().__name__}"}
    result: dict[str, Any] = {"type": "array", "items": reference} if many else reference
    content = {"application/json": {"schema": {"type": "object", "properties": {"result": result}}}}
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    found: dict[str, Any] = {
        "tags": [name],
        "summary": f"{label}: {act}",
        "parameters": parameters,
        "responses": {
            status: {"description": "OK", "content": content},
            **{code: {"description": text, "content": error} for code, text in ERRORS.items()},
        },
    }
    if body is not None or is_edit or is_step:
        properties = {key: _property(field) for key, field in body().fields.items()} if body else {}
        required = [key for key, field in body().fields.items() if field.required] if body and not is_edit else []
        if is_edit or is_step:
            properties["version"] = {"type": "integer", "description": "The version that was seen."}
        if is_edit:
            required.append("version")
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        found["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return found


def _property(field: kinds.Field[Any]) -> dict[str, Any]:
    found = _type_of(field)
    if label := field.metadata.get("label"):
        found["description"] = str(label)
    if field.allow_none:
        found["nullable"] = True
    return found


def _type_of(field: kinds.Field[Any]) -> dict[str, Any]:
    if isinstance(field, Related):
        return {"type": "integer", "x-references": field.target}
    if isinstance(field, kinds.Enum):
        return {"type": "string", "enum": [member.value for member in members_of(field)]}
    if isinstance(field, kinds.List):
        return {"type": "array", "items": _type_of(field.inner)}
    if isinstance(field, kinds.Nested):
        return {"type": "object", "properties": {name: _property(part) for name, part in field.schema.fields.items()}}
    return dict(next((found for kind, found in _PLAIN_TYPES if isinstance(field, kind)), {"type": "string"}))


_PLAIN_TYPES: tuple[tuple[type[Any], dict[str, Any]], ...] = (
    (kinds.Boolean, {"type": "boolean"}),
    (kinds.DateTime, {"type": "string", "format": "date-time"}),
    (kinds.Date, {"type": "string", "format": "date"}),
    (kinds.Decimal, {"type": "string", "format": "decimal"}),
    (kinds.Integer, {"type": "integer"}),
    (kinds.Dict, {"type": "object", "additionalProperties": True}),
)


def _record_schema(actor: Any, view: type[EntityDeclaration]) -> dict[str, Any]:
    model = view.model()
    properties: dict[str, Any] = {"id": {"type": "integer"}}
    if "version" in sa.inspect(model).attrs:
        properties["version"] = {"type": "integer"}
    if state_column(model):
        properties["state"] = {"type": "string"}
    for name in view.seen_columns(actor, list(dict.fromkeys([*view.list_columns, *view.show_columns]))):
        properties.setdefault(name, {**_column_type(model, name), "description": str(view.label(name))})
    return {"type": "object", "properties": properties}


def _column_type(model: type[Any], name: str) -> dict[str, Any]:
    attribute = sa.inspect(model).attrs.get(name)
    if attribute is None:
        return {"type": "string", "nullable": True}
    if isinstance(attribute, sa.orm.RelationshipProperty):
        parts = {"id": {"type": "integer"}, "text": {"type": "string"}}
        return {"type": "object", "nullable": True, "properties": parts}
    column = attribute.columns[0]
    found: dict[str, Any] = {"type": "string"}
    if isinstance(column.type, Fixed):
        found = {"type": "string", "format": "decimal"}
    elif isinstance(column.type, sa.Enum):
        found = {"type": "string", "enum": list(column.type.enums)}
    elif isinstance(column.type, sa.Boolean):
        found = {"type": "boolean"}
    elif isinstance(column.type, UtcDateTime):
        found = {"type": "string", "format": "date-time"}
    elif isinstance(column.type, sa.Date):
        found = {"type": "string", "format": "date"}
    elif isinstance(column.type, sa.Integer):
        found = {"type": "integer"}
    elif isinstance(column.type, sa.JSON):
        found = {}
    return {**found, "nullable": True} if column.nullable else found


def _list_parameters(actor: Any, view: type[EntityDeclaration]) -> list[dict[str, Any]]:
    model = view.model()
    found = [
        {"name": "sort", "in": "query", "description": ", ".join(view.order_columns), "schema": {"type": "string"}},
        {"name": "size", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 200}},
        {"name": "after", "in": "query", "schema": {"type": "string"}},
        {"name": "before", "in": "query", "schema": {"type": "string"}},
        {"name": "last", "in": "query", "schema": {"type": "string", "enum": ["1"]}},
    ]
    if view.quick_search:
        found.append({"name": "q", "in": "query", "schema": {"type": "string"}})
    for name in editable(actor, model, list(view.search_columns)):
        attribute = sa.inspect(model).attrs[name]
        is_relation = isinstance(attribute, sa.orm.RelationshipProperty)
        kind = None if is_relation else attribute.columns[0].type
        words = [f"{name}__{word}" for word in sorted(operators_of(kind, is_relation=is_relation) - {"eq"})]
        if isinstance(kind, UtcDateTime | sa.Date):
            words.append(f"{name}__{DURING} ({', '.join(PERIODS)})")
        found.append({"name": name, "in": "query", "description": ", ".join(words), "schema": {"type": "string"}})
    return found


def _error_schema() -> dict[str, Any]:
    reason = {"type": "object", "properties": {"code": {"type": "string"}, "message": {"type": "string"}}}
    return {
        "type": "object",
        "properties": {
            "error": {
                "type": "object",
                "properties": {
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "request_id": {"type": "string"},
                    "fields": {
                        "type": "object",
                        "additionalProperties": {"type": "array", "items": {"type": "string"}},
                    },
                    "reasons": {"type": "array", "items": reason},
                },
            }
        },
    }
