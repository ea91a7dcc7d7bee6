"""From what a person calls a record to the record: exact names and numbers, for typed and pasted cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from app.kernel.context import Context
from app.kernel.fields import Access, access
from app.kernel.filters import LARGEST_ID
from app.kernel.schema import Related
from views.base import EntityDeclaration
from views.display import record_text
from views.forms import is_id, target_view

MOST_AT_ONCE = 500


def in_scope(ctx: Context, view: type[EntityDeclaration], where: sa.ColumnElement[bool]) -> list[Any]:
    """The records of a condition that the actor may know of."""
    statement = view.scoped(ctx.actor, sa.select(view.model()).where(where).limit(MOST_AT_ONCE))
    return list(ctx.session.scalars(statement).unique())


def records_of(ctx: Context, field: Related, ids: Iterable[Any]) -> Mapping[int, Any]:
    """Records by their ids, in one statement; whoever is out of scope is absent. People are looked up one by one."""
    view = target_view(field.target)
    wanted = {int(pk) for pk in ids if is_id(str(pk or "")) and 0 < int(pk) <= LARGEST_ID}
    if view is None or not wanted:
        return {}
    return {record.id: record for record in in_scope(ctx, view, view.model().id.in_(wanted))}


def called(ctx: Context, field: Related, texts: Iterable[str]) -> Mapping[str, list[Any]]:
    """What is called exactly so, by its number, its name or both as search results show them; no case matters.

    Only columns that the actor sees in full are compared.
    """
    view = target_view(field.target)
    wanted = {" ".join(text.split()) for text in texts}
    wanted.discard("")
    if view is None or not wanted:
        return {}
    found: dict[str, list[Any]] = {}
    columns = _names(ctx, view)
    # “SOF-OSLO-3S-GRY 奥斯陆三人位布艺沙发” is what a list shows: its first word is the number.
    asked = {word.lower() for text in wanted for word in (text, text.split(" ")[0])}
    where = sa.or_(*(sa.func.lower(column).in_(asked) for column in columns))
    for record in in_scope(ctx, view, where) if columns else []:
        names = {str(getattr(record, column.key)).lower() for column in columns}
        names.add(record_text(ctx.actor, record).lower())
        for text in wanted:
            if text.lower() in names:
                found.setdefault(text, []).append(record)
    return found


def _names(ctx: Context, view: type[EntityDeclaration]) -> list[Any]:
    model = view.model()
    attributes = sa.inspect(model).column_attrs
    unique = [attribute.key for attribute in attributes if attribute.columns[0].unique]
    keys = [
        key for key in dict.fromkeys((*unique, "name")) if key in attributes and key in {*view.list_columns, "name"}
    ]
    texts = [key for key in keys if isinstance(attributes[key].columns[0].type, sa.String)]
    return [getattr(model, key) for key in texts if access(ctx.actor, model, key) is Access.full]


def find_called(ctx: Context, field: Related, texts: Iterable[str]) -> Mapping[str, tuple[Any, str | None]]:
    """For each text the record, or None with a sentence that says what to do."""
    wanted = list(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip()))
    found = called(ctx, field, wanted)
    answer: dict[str, tuple[Any, str | None]] = {}
    for text in wanted:
        records = found.get(text, [])
        if len(records) == 1:
            answer[text] = (records[0], None)
        elif records:
            answer[text] = (None, _("Several records are called “%(text)s”: choose one.", text=text[:60]))
        else:
            answer[text] = (None, _("Nothing is called “%(text)s”: choose from the list.", text=text[:60]))
    return answer


def name_by_text(ctx: Context, inline: Any, rows: list[Any]) -> None:
    """Fills in relations that were typed and not chosen; what is not found is an error of the cell."""
    declared = inline.schema(ctx.actor)().fields if inline.view.may_add(ctx.actor) else {}
    for key, field in declared.items():
        if not isinstance(field, Related) or key not in inline.keys:
            continue
        typed = {}
        for row in rows:
            text = str(row.values.get(f"{key}__text") or "").strip()
            if row.pk is None and text and not row.values.get(key):
                typed[row.number] = " ".join(text.split())
        answer = find_called(ctx, field, typed.values()) if typed else {}
        for row in rows:
            if row.number not in typed:
                continue
            record, problem = answer[typed[row.number]]
            if record is not None:
                row.values[key] = str(record.id)
            else:
                row.errors = {**row.errors, key: [problem]}


__all__ = ["find_called", "in_scope", "name_by_text", "records_of"]
