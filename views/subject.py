"""The report of a person's data, for that person: one workbook from the customer's page, JSON by the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import Response, jsonify
from flask_appbuilder import expose
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from app.exchange.subject import subject_workbook
from app.kernel.context import Context
from app.kernel.filters import BadValueError, value_of
from app.kernel.schema import label_of_column
from app.kernel.unit_of_work import unit_of_work
from app.security.delegations import departments_of
from app.security.departments import in_order, label_of_role
from app.services.privacy.report import Report, Row, report_of
from models.customer import Consent, Customer
from models.labels import DeliveryMode
from models.order import Order
from models.privacy import PrivacyRequest
from views.adapter import by_token, guarded
from views.api import RevealApi
from views.base import ENTITIES, EntityDeclaration
from views.context import web_context
from views.display import kind_of, label_text, text_of
from views.words import act_of, labels_of_entities

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TITLES = {
    "data": _l("Your data"),
    "orders": _l("Orders"),
    "consents": _l("Consents"),
    "requests": _l("Data requests"),
    "given_to": _l("Given to"),
    "seen_by": _l("Seen in full by"),
}
HEADERS = {
    "order_no": _l("Order number"),
    "record_type": _l("Record type"),
    "record": _l("Record"),
    "field": _l("Field"),
    "class": _l("Class"),
    "value": _l("Value"),
    "what_for": _l("What for"),
    "recipient": _l("Recipient"),
    "given": _l("Data"),
    "at": _l("When"),
    "act": _l("Act"),
    "department": _l("Department"),
    "groups": _l("Data"),
}
WORDS = {
    "delivery": _l("Delivery"),
    "installation": _l("Installation"),
    "customer_service": _l("Customer service"),
    "name": _l("Name"),
    "phone": _l("Phone"),
    "contact": _l("Contact"),
    "address": _l("Address"),
    "door": _l("Door code"),
    "bank": _l("Account"),
    "city": _l("City"),
    "system": _l("System"),
}
MODELS: Mapping[str, type[Any]] = {"orders": Order, "consents": Consent, "requests": PrivacyRequest}


class Reported(EntityDeclaration):
    """Mixed into the customer's screen, it gives the report of one person."""

    is_abstract: ClassVar[bool] = True

    @expose("/<int:pk>/report", methods=("POST",))
    @guarded("report")
    def report(self, pk: int) -> Any:
        """The workbook; that it was given is written down."""
        ctx = web_context()
        customer = self.find(ctx, pk)
        answer = Response(workbook_of(give(ctx, customer)), mimetype=XLSX)
        answer.headers["Content-Disposition"] = f'attachment; filename="{customer.code}.xlsx"'
        return answer


class ReportApi(RevealApi):
    """The customer's API with the report."""

    @expose("/<int:pk>/report", methods=("POST",))
    @by_token("report")
    def report(self, pk: int) -> Any:
        """What is kept about one person, for that person; that it was given is written down."""
        ctx = web_context()
        return jsonify({"result": give(ctx, self.view.find(ctx, pk))})


def give(ctx: Context, customer: Customer) -> Report:
    """The report, written down in the journal."""
    with unit_of_work(ctx):
        return report_of(ctx, customer, lambda ids: departments_by_user(ctx, ids))


def departments_by_user(ctx: Context, ids: Iterable[int]) -> Mapping[int, str]:
    """What the departments of users are called: a report names no member of staff."""
    statement = sa.select(User).where(User.id.in_(list(ids))).options(joinedload(User.roles))
    found = {}
    for user in ctx.session.scalars(statement).unique():
        codes = frozenset(role.name for role in user.roles)
        labels = [label_of_role(code) for code in in_order(departments_of(codes)) or sorted(codes)]
        found[user.id] = ", ".join(str(label) for label in labels)
    return found


def report_button(ctx: Context, customer: Customer) -> list[dict[str, Any]]:
    """The way to the report, for who may give it."""
    if not ctx.actor.may("customer.report") or customer.anonymised_at is not None:
        return []
    url = ENTITIES["customer"].url("report", pk=customer.id)
    label = _("Report of this person's data")
    return [{"name": "report", "label": label, "url": url, "method": "file", "tone": "default"}]


def workbook_of(report: Report) -> bytes:
    """The report as a person reads it, in the language of the page."""
    sections = {}
    for section, rows in report.items():
        names = list(dict.fromkeys(name for row in rows for name in row)) or ["record"]
        model = MODELS.get(section)
        header = [str(HEADERS[name] if model is None else label_of_column(model, name)) for name in names]
        sections[str(TITLES[section])] = (header, [[_said(section, row, name) for name in names] for row in rows])
    return subject_workbook(sections)


def _said(section: str, row: Row, name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if (model := MODELS.get(section)) is not None:
        return _typed(model, name, value)
    reader = READERS.get(name)
    return reader(row, value) if reader is not None else text_of("text", value)


def _field(row: Row, value: Any) -> str:
    view = ENTITIES.get(row["record_type"])
    return str(view.label(value)) if view is not None else str(value)


def _words(_row: Row, value: Any) -> str:
    return ", ".join(str(WORDS.get(word, word)) for word in str(value).split())


def _recipient(value: str) -> str:
    """A carrier or crew by its own name, else how the goods went or whose visit it was."""
    if value in set(DeliveryMode):
        return label_text(DeliveryMode(value))
    return str(WORDS.get(value, value))


READERS: Mapping[str, Callable[[Row, Any], str]] = {
    "record_type": lambda _row, value: str(labels_of_entities().get(value, value)),
    "field": _field,
    "act": lambda _row, value: act_of(value.rpartition(".")[0], value),
    "at": lambda _row, value: _typed(Order, "received_at", value),
    "what_for": _words,
    "given": _words,
    "groups": _words,
    "recipient": lambda _row, value: _recipient(value),
    "department": lambda _row, value: str(WORDS.get(value, value)),
}


def _typed(model: type[Any], name: str, value: Any) -> str:
    """A JSON value of a column as screens write it."""
    kind = sa.inspect(model).attrs[name].columns[0].type
    if isinstance(kind, sa.Enum) and kind.enum_class is not None:
        return label_text(kind.enum_class(value))
    try:
        typed = value_of(kind, str(value)) if not isinstance(value, bool) else value
    except BadValueError:
        typed = value
    return text_of(kind_of(model, name), typed)
