"""Imports go through the forms of the declared entities: same rights, same schemas, same use cases, same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from flask import url_for

from app.exchange.door import Door
from app.exchange.mapping import PAST_ORDERS, Asked
from app.exchange.subjects import SUBJECTS, TABLES, Subject
from app.kernel.context import Actor, Context
from app.kernel.errors import PermissionDeniedError
from app.kernel.fields import editable
from views.base import EntityDeclaration, column_key, view_of
from views.records import change, create


class ScreenDoor:
    """The declared screens as imports see them."""

    def columns(self, model: type[Any]) -> Sequence[str]:
        """See :class:`app.exchange.door.Door`."""
        return [column_key(model, name) for name in _view(model).add_columns]

    def writable(self, actor: Actor, model: type[Any], record: Any = None) -> frozenset[str]:
        """What the edit form of a record would take; without one, what either form would."""
        view = _view(model)
        if record is not None:
            return frozenset(view.input_schema(actor, is_new=False, record=record)().fields)
        found: set[str] = set()
        for word, is_new in (("add", True), ("edit", False)):
            if view.may(actor, word):
                found |= set(view.input_schema(actor, is_new=is_new)().fields)
        # What finds a record again is written by its add form; who only changes records names it all the same.
        keys = {key.column for key in TABLES[view.entity()].keys} if view.entity() in TABLES else set()
        return frozenset(found | set(editable(actor, model, sorted(keys))))

    def scope(self, actor: Actor, model: type[Any]) -> Any:
        """See :class:`app.exchange.door.Door`."""
        view = _view(model)
        return sa.true() if view.scope is None or actor.is_system else view.scope(actor)

    def may(self, actor: Actor, model: type[Any], word: str, record: Any = None) -> bool:
        """See :class:`app.exchange.door.Door`."""
        view = _view(model)
        if word == "edit" and record is not None:
            return view.may_edit(actor, record)
        return view.may_add(actor) if word == "add" else view.may(actor, word)

    def create(self, ctx: Context, model: type[Any], raw: Mapping[str, Any]) -> Any:
        """See :class:`app.exchange.door.Door`."""
        return create(ctx, _view(model), raw)

    def change(self, ctx: Context, model: type[Any], record: Any, raw: Mapping[str, Any], version: int) -> Any:
        """See :class:`app.exchange.door.Door`."""
        return change(ctx, _view(model), record, raw, version)


ENDPOINTS: Final = {"order": "OrderImportView", "customer": "CustomerImportView", "product": "ProductImportView"}
DOOR: Final[Door] = ScreenDoor()


def _view(model: type[Any]) -> type[EntityDeclaration]:
    view = view_of(model)
    if view is None:
        raise PermissionDeniedError
    return view


def asked_by(actor: Actor, subject: Subject) -> Asked:
    """An import of a subject by a person; past orders have their own columns."""
    return PAST_ORDERS if subject.table is None else Asked(subject, DOOR, actor)


def address(subject: Subject, route: str, **values: Any) -> str:
    """The address of a page of a subject's import."""
    return url_for(f"{ENDPOINTS[subject.name]}.{route}", **values)


def import_url(actor: Actor, entity: str) -> str | None:
    """Where records of a table come in from files, for who may import them."""
    subject = SUBJECTS.get(entity)
    return address(subject, "start") if subject and actor.may(subject.permission("import")) else None


def open_subjects(actor: Actor) -> list[Subject]:
    """What the actor may import."""
    return [subject for subject in SUBJECTS.values() if actor.may(subject.permission("import"))]
