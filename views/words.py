"""Stored words as a person reads them: what the journal keeps as codes, meanings of parameters, kept copies."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kernel.fields import Access, access, sensitivity_of
from app.kernel.journal import entity_name
from app.kernel.schema import label_of_column
from app.kernel.workflow import Step, all_workflows
from app.security.actors import current_actor
from app.security.departments import label_of_role
from app.security.scopes import label_of_scope
from app.security.wording import FIELD_GROUPS, LEVELS, SIGN_INS, listed, word_text
from app.services.amendment.change_actions import in_order
from models.access import RightsChange
from models.approval import Approval, ApprovalVote
from models.base import Base
from models.change import ChangeLine
from models.clock_run import ClockRun
from models.customer import Customer
from models.customer_merge import CustomerMerge
from models.delegation import Delegation
from models.export import ExportLog, ExportRequest
from models.journal import Journal
from models.labels import FeeKind, SupplyMode, label_of
from models.order import Order
from models.order_line import OrderLine
from models.parameter_change import ParameterChange
from models.policy import PARAMETERS, PolicyParameter
from models.product import Product

UNITS = {
    "h": _l("hours"),
    "d": _l("days"),
    "CNY": _l("CNY"),
    "min": _l("minutes"),
    "months": _l("months"),
    "years": _l("years"),
}
# What makes an order special, as the rules of the order flag it.
FLAGS = {
    "large": _l("Large order"),
    "F01": _l("Discount above the limit"),
    "F02": _l("Free goods"),
    "F03": _l("Rush order"),
    "F04": _l("Large custom line"),
    "F05": _l("Credit beyond the limit"),
    "F06": _l("First payment below the plan"),
    "F07": _l("Special contract terms"),
    "F08": _l("Government purchase"),
    "F09": _l("Risk of the customer"),
    "F10": _l("Far region or costly delivery"),
    "F11": _l("Exclusive or confidential"),
    "F12": _l("Split order"),
    "change": _l("Change of a confirmed order"),
    "above_cap": _l("Cost above the cap"),
    "company": _l("The company cancels"),
}
ACTS = {
    "add": _l("Added"),
    "edit": _l("Changed"),
    "withdraw": _l("Withdrawn"),
    "delete": _l("Removed"),
    "conceal": _l("Masks closed again"),
    "report": _l("Report of the data given"),
    "anonymise": _l("Anonymised"),
    "refused": _l("Access refused"),
    "sign_in": _l("Signed in"),
    "sign_in_refused": _l("Sign-in refused"),
    "sign_out": _l("Signed out"),
    "locked": _l("Locked after failed sign-ins"),
    "session_ended": _l("Session ended"),
    "password_changed": _l("Password changed"),
    "second_factor_on": _l("Second factor switched on"),
    "second_factor_off": _l("Second factor switched off"),
    "recovery_code_used": _l("Recovery code used"),
    "token_made": _l("Token made"),
    "token_ended": _l("Token ended"),
    "unlocked": _l("Unlocked"),
    "switched_off": _l("Switched off: not used for long"),
    "way_linked": _l("Other way to sign in linked"),
    "way_unlinked": _l("Other way to sign in taken away"),
    "roles_from_directory": _l("Roles taken from the company directory"),
    "preview": _l("Panel seen as this role"),
    "grant": _l("Rights granted"),
    "revoke": _l("Rights taken away"),
    "fields": _l("Field access changed"),
    "scopes": _l("Row scope changed"),
    "export": _l("Exported"),
    "reveal": _l("Mask lifted"),
    "verify": _l("Integrity checked"),
    "take_back": _l("Import taken back"),
    "fill": _l("Filled with the demo company"),
}
# What the journal speaks of that is no table of ours.
TECHNICAL = {
    "chart": _l("Chart"),
    "demo": _l("Demo company"),
    "user": _l("User"),
    "role": _l("Role"),
    "group": _l("Group"),
    "access": _l("Access"),
    "session": _l("Session"),
}
# Kept copies take their keys from these tables, or from here where a copy has a word of its own.
Tables = tuple[type[Base], ...]
COPIED: Tables = (Order, OrderLine, Product, Customer)
OF_CUSTOMER: Tables = (Customer,)
KEYS = {
    "said": _l("As written"),
    "source": _l("File that goes"),
    "target": _l("File that stays"),
    "lines": _l("Order lines"),
    "fees": _l("Fees"),
    "qty": _l("Quantity"),
    "size": _l("Size (mm)"),
    "size_mm": _l("Size (mm)"),
    "drawing": _l("Drawing version"),
    "customer": Customer.__label__,
}
SIZES = {"size", "size_mm"}
# Copies of customers within another copy.
FILES = {"source", "target", "customer"}


@cache
def labels_of_entities() -> Mapping[str, Any]:
    """The label of each table by its word in rights, journal and addresses."""
    classes = [mapper.class_ for mapper in Base.registry.mappers]
    return {entity_name(found): found.__label__ for found in classes if hasattr(found, "__label__")} | TECHNICAL


def declared_step(entity: str, word: str) -> Step | None:
    """The step of an action."""
    workflow = next((found for found in all_workflows() if found.name == entity), None)
    return workflow.step(word) if workflow else None


def act_of(entity: str, action: str) -> str:
    """The label of the step, or what was done."""
    word = action.rpartition(".")[2]
    step = declared_step(entity, word)
    known = ACTS | SIGN_INS if entity == "user" else ACTS
    return str(step.label if step is not None else known.get(word, word))


def clock_of(entity: str, code: str) -> str:
    """The label of a clock of a table."""
    workflow = next((found for found in all_workflows() if found.name == entity), None)
    clock = next((found for found in workflow.clocks if found.code == code), None) if workflow is not None else None
    return str(clock.label) if clock is not None else code


def _entity(row: Any) -> str:
    return str(labels_of_entities().get(row.entity, row.entity))


def _state(entity: str, code: str) -> str:
    workflow = next((found for found in all_workflows() if found.name == entity), None)
    return str(label_of(workflow.states(code))) if workflow is not None else code


def _columns(row: Any) -> str:
    """The columns of a file by their labels; of a table that has none, as they were kept."""
    model = next((mapper.class_ for mapper in Base.registry.mappers if _is_word(mapper.class_, row.entity)), None)
    return listed(str(label_of_column(model, name) if model is not None else name) for name in row.columns)


def _is_word(model: type[Any], entity: str) -> bool:
    return hasattr(model, "__label__") and entity_name(model) == entity


def person_of(name: str) -> str:
    """Who it was: a name, the system, or somebody who had not signed in."""
    return str({"system": _("System"), "customer": _("Customer"), "": _("Not signed in")}.get(name, name))


def _passed_on(code: str | None) -> str:
    return str(label_of_role(code) if code else _("All roles"))


def _meaning(row: Any) -> str:
    delivered = PARAMETERS.get(row.code)
    return str(delivered.label) if delivered is not None else str(row.label)


def _unit(row: Any) -> str:
    return str(UNITS.get(row.unit, row.unit))


def change_text(change: Mapping[str, str]) -> str:
    """A change of rights in words: what, and from what to what."""
    kind, what = change["kind"], change["what"]
    if kind in {"right", "role"}:
        said = word_text(what) if kind == "right" else str(label_of_role(what))
        given = change["new"] == "on"
        return str(_("%(what)s: given", what=said) if given else _("%(what)s: taken away", what=said))
    label = FIELD_GROUPS.get(what, what) if kind == "field" else labels_of_entities().get(what, what)
    old, new = (_level(kind, change[side]) for side in ("old", "new"))
    return str(_("%(what)s: %(old)s → %(new)s", what=str(label), old=old, new=new))


def _level(kind: str, word: str) -> str:
    if kind == "field":
        return str(LEVELS.get(word, word))
    return listed(str(label_of_scope(name)) for name in word.split(",") if name) or str(_("No rows"))


READ: Mapping[tuple[type[Any], str], Callable[[Any], str]] = {
    (ChangeLine, "before"): lambda row: kept_text(in_order(row.before)),
    (ChangeLine, "after"): lambda row: kept_text(in_order(row.after)),
    (ClockRun, "code"): lambda row: f"{row.code} {clock_of(row.entity, row.code)}",
    (ClockRun, "entity"): _entity,
    (Delegation, "role_code"): lambda row: _passed_on(row.role_code),
    (Journal, "entity"): _entity,
    (Journal, "action"): lambda row: act_of(row.entity, row.action),
    (Journal, "actor_name"): lambda row: person_of(row.actor_name),
    (Journal, "entity_id"): lambda row: str(row.entity_id or ""),
    (Journal, "from_state"): lambda row: _state(row.entity, row.from_state),
    (Journal, "to_state"): lambda row: _state(row.entity, row.to_state),
    (RightsChange, "changes"): lambda row: "\n".join(change_text(change) for change in row.changes),
    **{(model, "entity"): _entity for model in (ExportLog, ExportRequest)},
    **{(model, "columns"): _columns for model in (ExportLog, ExportRequest)},
    (Order, "skip_reason"): lambda row: str(label_of(SupplyMode(row.skip_reason))) if row.skip_reason else "",
    (PolicyParameter, "label"): _meaning,
    (ParameterChange, "unit"): lambda row: _unit(row.parameter),
    (PolicyParameter, "unit"): _unit,
}
FLAGGED = {(Approval, "triggers"), (Approval, "findings"), (Order, "special_flags")}
# Words of the program in columns of plain text.
CODED = {
    (Approval, "entity"), (Approval, "summary"), (ApprovalVote, "roles"),
    (CustomerMerge, "choices"),
}  # fmt: skip


def read(record: Any, name: str) -> str | None:
    """The value of a column that keeps words of the program; None for all other columns."""
    if (type(record), name) in FLAGGED | CODED:
        return said(type(record), name, getattr(record, name))
    reader = READ.get((type(record), name))
    return reader(record) if reader is not None else None


def said(model: type[Any], name: str, value: Any) -> str | None:
    """A bare value, as the journal keeps it, of a column with flags, a role or changes of rights; else None."""
    if (model, name) == (Delegation, "role_code"):
        return _passed_on(value)
    if (model, name) == (Approval, "entity"):
        return str(labels_of_entities().get(value, value))
    if (model, name) == (Approval, "summary"):
        return _summary(value or "")
    if (model, name) == (CustomerMerge, "choices"):
        return listed(_key(column, OF_CUSTOMER) for column in value or ())
    if (model, name) == (ApprovalVote, "roles"):
        return listed([str(label_of_role(code)) for code in value or ()])
    if (model, name) == (RightsChange, "changes"):
        return "; ".join(change_text(change) for change in value)
    return listed(str(FLAGS.get(code, code)) for code in value) if (model, name) in FLAGGED else None


def _summary(text: str) -> str:
    """What a person wrote; or what a change would make otherwise, an article a line."""
    rows = _changed(text)
    if rows is None:
        return text
    return "\n".join(
        _("%(what)s: %(said)s", what=article, said=f"{kept_text(before) or '–'} → {kept_text(after)}")
        for article, before, after in rows
    )


def _changed(text: str) -> list[tuple[str, dict[str, Any], dict[str, Any]]] | None:
    """The rows of a change; None for every other text, whatever a person has put into a note."""
    try:
        rows = json.loads(text)["change"]
        told = [(str(article), dict(before.items()), dict(after.items())) for article, before, after in rows]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return told


def kept_text(copy: Mapping[str, Any], tables: Tables = COPIED) -> str:
    """A copy of a record as it once was: labels instead of keys, without ids, what is empty, and hidden columns.

    A copy holds columns of several groups: whoever may read the copy reads of it what he may see of the record.
    """
    parts = [
        _("%(what)s: %(said)s", what=_key(key, tables), said=_kept(key, value, tables))
        for key, value in copy.items()
        if value not in (None, "", []) and not key.endswith("_id") and _is_open(key, tables)
    ]
    return str(_("; ")).join(parts)


def _key(key: str, tables: Tables) -> str:
    if key in KEYS:
        return str(KEYS[key])
    column = _column(key, tables)
    return str(column.info.get("label") or key) if column is not None else key


def _is_open(key: str, tables: Tables) -> bool:
    return all(access(current_actor(), model, key) is Access.full for model in _owners(key, tables))


@cache
def _owners(key: str, tables: Tables) -> tuple[type[Any], ...]:
    """The table a copied value comes from; of a word that no copied table has, every table that protects it."""
    copied = next((model for model in tables if key in sa.inspect(model).attrs), None)
    if copied is not None:
        return (copied,)
    classes = [mapper.class_ for mapper in Base.registry.mappers]
    return tuple(found for found in classes if key in sa.inspect(found).attrs and sensitivity_of(found, key))


def _kept(key: str, value: Any, tables: Tables) -> str:
    if isinstance(value, dict):
        return kept_text(value, OF_CUSTOMER if key in FILES else tables)
    if isinstance(value, list | tuple):
        mark = " × " if key in SIZES else ", "
        return mark.join(_kept(key, item, tables) for item in value)
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if key == "fees" and value in set(FeeKind):
        return str(label_of(FeeKind(value)))
    words = _words(key, tables)
    return str(label_of(words(value))) if words is not None and value in set(words) else str(value)


def _column(key: str, tables: Tables) -> sa.Column[Any] | None:
    return next((model.__table__.columns[key] for model in tables if key in model.__table__.columns), None)


def _words(key: str, tables: Tables) -> Any:
    column = _column(key, tables)
    return column.type.enum_class if column is not None and isinstance(column.type, sa.Enum) else None
