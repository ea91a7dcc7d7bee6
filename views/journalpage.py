"""An entry of the journal as a person reads it: its record, old and new values, what came with it, its seal.

Old values are values all the same: a column that the reader sees masked is masked here, a hidden one is left out. What
came with a step is no column, so its words are looked up among all columns; where one of that name is sensitive
anywhere, it is treated so here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask_appbuilder.security.sqla.models import Role, User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kernel.context import Actor, Context
from app.kernel.errors import NotFoundError
from app.kernel.fields import Access, access, mask, present, sensitivity_of
from app.kernel.filters import BadValueError, value_of
from app.kernel.journal import entity_name
from app.kernel.sealing import Forgotten, opened
from app.kernel.verification import sealed_as
from app.kernel.workflow import all_workflows
from app.security.departments import label_of_role
from app.security.rights import OFF, ON
from app.security.wording import FIELD_GROUPS, LEVELS, listed, word_text
from models.base import Base, Sensitivity
from models.journal import Journal
from views.base import ENTITIES
from views.display import kind_of, label_text, moment, person_text, record_text, text_of
from views.words import act_of, declared_step, labels_of_entities, said

# Words of what is no table of ours.
KEYS: Mapping[str, Any] = {
    "username": _l("User Name"),
    "first_name": _l("First Name"),
    "last_name": _l("Last Name"),
    "email": _l("Email"),
    "active": _l("Is Active?"),
    "roles": _l("Roles"),
    "groups": _l("Groups"),
    "users": _l("Users"),
    "name": _l("Name"),
    "label": _l("Label"),
    "description": _l("Description"),
    "password": _l("Password"),
    "rights": _l("Rights"),
    "code": _l("Code"),
    "status": _l("Status"),
    "method": _l("Method"),
    "path": _l("Address of the page"),
    "seals": _l("Seals checked"),
    "rows": _l("Entries checked"),
    "head": _l("Head of the chain"),
    "fault": _l("Finding"),
    "seal": _l("Seal"),
    "entry": _l("Entry"),
    "how": _l("How"),
    "why": _l("Why"),
    "kind": _l("Kind"),
    "count": _l("Count"),
    "left": _l("Left"),
    "own": _l("By the person"),
    "way": _l("Way to sign in"),
    "second_factor": _l("Second factor"),
    "unused_days": _l("Days without use"),
    "role": _l("Role"),
    "copy_of": _l("Copy of"),
    "takes_back": _l("Puts back the entry"),
}
# A word of an input that is no column anywhere: what its end gives away.
ENDS = {
    "phone": Sensitivity.PHONE,
    "mobile": Sensitivity.PHONE,
    "address": Sensitivity.ADDRESS,
    "contact": Sensitivity.CONTACT,
    "name": Sensitivity.NAME,
    "account": Sensitivity.BANK,
    "price": Sensitivity.PRICE,
    "amount": Sensitivity.PRICE,
    "cost": Sensitivity.COST,
    "door": Sensitivity.DOOR,
}
# Made for programs: nobody reads a mark.
TECHNICAL = frozenset({"search_text", "content_hash", "order_mark", "source_key"})
ACCOUNTS = frozenset({"user", "role", "group", "access", "session", "journal"})


def model_of(entity: str) -> type[Any] | None:
    """The table of an entity's word, with a screen or without."""
    return _models().get(entity)


@cache
def _models() -> dict[str, type[Any]]:
    # The framework's own tables are mapped by the same registry.
    classes = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Base)]
    return {entity_name(found): found for found in classes}


def history_url(row: Journal) -> str:
    """The list of everything that was ever done to the record of an entry."""
    return url_for("JournalView.list", entity=row.entity, entity_id=row.entity_id)


def record_url(ctx: Context, row: Journal) -> str | None:
    """The page of the record, where it has one and the reader may see such pages."""
    if row.entity in {"user", "role"} and row.entity_id and ctx.actor.may(f"{row.entity}.show"):
        return url_for(f"{row.entity.title()}View.show", pk=row.entity_id)
    view = ENTITIES.get(row.entity)
    if view is None or not row.entity_id or not view.may(ctx.actor, "show"):
        return None
    return view.show_url(row.entity_id)


def order_url(ctx: Context, row: Journal) -> str | None:
    """The page of the order on whose timeline the entry stands."""
    view = ENTITIES["order"]
    return view.show_url(row.order_id) if row.order_id and view.may(ctx.actor, "show") else None


def record_name(ctx: Context, row: Journal) -> str:
    """How the record is called today, as far as the reader may know of it; its number where it is gone or closed."""
    number = f"#{row.entity_id}" if row.entity_id else ""
    return _called(ctx, row.entity, row.entity_id) or number


def _called(ctx: Context, entity: str, pk: int | None) -> str | None:
    if not pk:
        return None
    if entity == "user":
        user = ctx.session.get(User, pk)
        return person_text(user) if user is not None else None
    if entity == "role":
        role = ctx.session.get(Role, pk)
        return str(label_of_role(role.name)) if role is not None else None
    view = ENTITIES.get(entity)
    if view is None:
        return None
    try:
        return record_text(ctx.actor, view.find(ctx, pk))
    except NotFoundError:
        return None


def referred(ctx: Context, column: sa.Column[Any], pk: int) -> str:
    """Another record that a value points to: what it is called today, and always the number that was written."""
    table = next(iter(column.foreign_keys)).column.table
    entity = (
        "user"
        if table is User.__table__
        else next((word for word, model in _models().items() if model.__table__ is table), "")
    )
    name = _called(ctx, entity, pk)
    return f"{name} (#{pk})" if name else f"#{pk}"


def tables(ctx: Context, row: Journal) -> list[dict[str, Any]]:
    """Old and new values, and what came with the act, as tabs of the page."""
    found = []
    changed, came = opened(ctx.session, [row.changes, row.data])
    if values := list(_changes(ctx, row, changed)):
        heads = [_("What"), _("Old value"), _("New value")]
        found.append(_table("changes", _("Old and new values"), heads, values))
    if given := list(_data(ctx, row, came)):
        found.append(_table("data", _("What came with it"), [_("What"), _("Value")], given))
    return found


def _table(name: str, label: str, heads: list[str], rows: Sequence[tuple[str, ...]]) -> dict[str, Any]:
    columns = [{"name": head, "label": head, "kind": "long"} for head in heads]
    cells = [{"cells": [{"kind": "long", "text": text} for text in row], "pk": place} for place, row in enumerate(rows)]
    return {"id": name, "label": label, "columns": columns, "rows": cells, "empty": "", "all_url": None}


def _changes(ctx: Context, row: Journal, changed: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    model = model_of(row.entity)
    for name, (old, new) in changed.items():
        if model is None:
            yield _account_label(row, name), _account_text(name, old), _account_text(name, new)
        elif _is_shown(ctx.actor, model, name):
            yield _label(row, name), _old(ctx, model, name, old), _old(ctx, model, name, new)


def _is_shown(actor: Actor, model: type[Any], name: str) -> bool:
    known = name not in TECHNICAL and name in sa.inspect(model).column_attrs
    return known and access(actor, model, name) is not Access.hidden


def _old(ctx: Context, model: type[Any], name: str, value: Any) -> str:
    """A journalled value of a column: words by their labels, other records by their names, masks where due."""
    if isinstance(value, Forgotten):
        return str(_("Anonymised"))
    if value is None or value == "":
        return ""
    column = sa.inspect(model).column_attrs[name].columns[0]
    if isinstance(column.type, sa.Enum) and column.type.enum_class is not None:
        return label_text(column.type.enum_class(value))
    if column.foreign_keys:
        return referred(ctx, column, value)
    if (flags := said(model, name, value)) is not None:
        return flags
    shown = present(ctx.actor, model, name, value)
    if shown != value or isinstance(value, list | dict | bool):
        return _plain(ctx.actor, shown)
    try:
        return text_of(kind_of(model, name), value_of(column.type, str(value)))
    except BadValueError:
        return str(value)


def _account_label(row: Journal, name: str) -> str:
    """A word of a user or role: a column, a right, a field group or a record type."""
    if "." in name:
        return word_text(name)
    if row.action == "role.fields":
        return str(FIELD_GROUPS.get(name, name))
    return str(labels_of_entities().get(name, name)) if row.action == "role.scopes" else _word(name)


def _account_text(name: str, value: Any) -> str:
    """A value of a user or role."""
    if value is None:
        return ""
    if isinstance(value, str) and value in LEVELS:
        return str(LEVELS[value])
    if "." in name and value in {ON, OFF}:
        return text_of("bool", value == ON)
    if name == "roles":
        return listed(str(label_of_role(code)) for code in value)
    if name == "rights":
        return listed(sorted(word_text(word) for word in value))
    return text_of("text", value)


def _data(ctx: Context, row: Journal, came: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    model, actor = model_of(row.entity), ctx.actor
    for name, value in came.items():
        if name in TECHNICAL or (value in (None, "", [], {}) and not isinstance(value, Forgotten)):
            continue
        shown = value if row.entity in ACCOUNTS else veiled(actor, model, name, value)
        if shown is None:
            continue
        known = model is not None and name in sa.inspect(model).column_attrs and shown == value
        yield _label(row, name), _old(ctx, model, name, value) if known and model else _plain(actor, shown)


def _plain(actor: Actor, value: Any) -> str:
    """Nested input: names and values in order; each by its own word."""
    if isinstance(value, Forgotten):
        return str(_("Anonymised"))
    if isinstance(value, Mapping):
        parts = []
        for key, item in value.items():
            shown = veiled(actor, None, str(key), item)
            if shown not in (None, "", [], {}):
                parts.append(str(_("%(what)s: %(said)s", what=_word(str(key)), said=_plain(actor, shown))))
        return "; ".join(parts)
    if isinstance(value, list):
        return ", ".join(_plain(actor, item) for item in value)
    return text_of("text", value)


def veiled(actor: Actor, model: type[Any] | None, name: str, value: Any) -> Any:
    """A value by the word it is kept under, as far as the reader may see it; None where it is hidden."""
    if isinstance(value, Forgotten):
        return value
    groups = _groups(model, name)
    levels = {Access.full if actor.is_system else actor.fields.get(group, Access.hidden) for group in groups}
    if Access.hidden in levels:
        return None
    if levels <= {Access.full} or value in (None, ""):
        return value
    return mask(min(groups), str(value)) if not isinstance(value, list | Mapping) else "***"


def _groups(model: type[Any] | None, name: str) -> frozenset[Sensitivity]:
    if model is not None and name in sa.inspect(model).column_attrs:
        own = sensitivity_of(model, name)
        return frozenset({own}) if own else frozenset()
    return _anywhere(name)


@cache
def _anywhere(name: str) -> frozenset[Sensitivity]:
    """The field groups of a word: those of every column that has it for a name, else what its end says."""
    tables = [model for model in _models().values() if name in sa.inspect(model).column_attrs]
    if tables:
        return frozenset(group for model in tables if (group := sensitivity_of(model, name)))
    found = ENDS.get(name.rpartition("_")[2])
    return frozenset({found}) if found else frozenset()


def _label(row: Journal, name: str) -> str:
    step = declared_step(row.entity, row.action.rpartition(".")[2])
    field = step.asks().fields.get(name) if step is not None and step.asks is not None else None
    if field is not None and field.metadata.get("label"):
        return str(field.metadata["label"])
    model = model_of(row.entity)
    if model is not None and name in sa.inspect(model).column_attrs:
        return str(sa.inspect(model).column_attrs[name].columns[0].info.get("label") or name)
    return _word(name)


def _word(name: str) -> str:
    if name in KEYS:
        return str(KEYS[name])
    for model in _models().values():
        if name in sa.inspect(model).column_attrs:
            label = sa.inspect(model).column_attrs[name].columns[0].info.get("label")
            if label:
                return str(label)
    return name


def seal_pairs(ctx: Context, row: Journal) -> list[dict[str, Any]]:
    """Under which number the entry is sealed; that it is not is an alarm."""
    seal = sealed_as(ctx.session.connection(), row.id)
    if seal is None:
        return [{"label": _("Seal"), "value": {"text": _("Not sealed"), "tone": "danger"}, "kind": "badge"}]
    text = _("Sealed as no. %(number)s at %(when)s", number=seal.id, when=moment(seal.sealed_at))
    return [{"label": _("Seal"), "value": text, "kind": "text"}]


def entity_choices(_asked: Mapping[str, str]) -> list[tuple[str, str]]:
    """What there are entries of, by label."""
    models = _models()
    words = [(word, str(label)) for word, label in labels_of_entities().items()]
    return sorted(
        ((word, label) for word, label in words if word not in models or models[word].is_journalled),
        key=lambda pair: pair[1],
    )


def act_choices(asked: Mapping[str, str]) -> list[tuple[str, str]]:
    """The acts of the chosen record type; without one those that concern security."""
    entity = asked.get("entity", "")
    if not entity:
        return [(action, _said(action)) for action in SECURITY]
    steps = [step.name for workflow in all_workflows() if workflow.name == entity for step in workflow.steps]
    known = [action.partition(".")[2] for action in SECURITY if action.startswith(f"{entity}.")]
    plain = ["add", "edit"] if entity in _models() else []
    return [(f"{entity}.{word}", act_of(entity, word)) for word in dict.fromkeys([*plain, *steps, *known])]


def _said(action: str) -> str:
    entity = action.partition(".")[0]
    return str(_("%(what)s: %(said)s", what=labels_of_entities().get(entity, entity), said=act_of(entity, action)))


SECURITY = (
    "access.refused",
    "user.sign_in",
    "user.sign_in_refused",
    "user.sign_out",
    "user.locked",
    "user.session_ended",
    "user.password_changed",
    "user.second_factor_on",
    "user.second_factor_off",
    "user.recovery_code_used",
    "user.token_made",
    "user.token_ended",
    "user.add",
    "user.edit",
    "user.delete",
    "role.add",
    "role.edit",
    "role.grant",
    "role.revoke",
    "role.fields",
    "role.scopes",
    "role.delete",
    "group.add",
    "group.edit",
    "group.delete",
    "journal.verify",
)
