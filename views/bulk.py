"""One act on many records: first shown which rows can take it and which cannot and why, then done, each once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import Schema, fields

from app.kernel import engine
from app.kernel.context import Context
from app.kernel.errors import ConflictError, DomainError, NotFoundError, StepNotOpenError, ValidationFailedError
from app.kernel.schema import REQUIRED
from app.kernel.workflow import Step
from app.security.refusals import tampered
from views.base import EntityDeclaration
from views.cells import why_closed
from views.display import label_text, record_text, state_of
from views.forms import form_fields, new_token, other_errors
from views.records import change, once, step

MOST_BULK = 200
# The box that says that nothing is the value.
EMPTIES = "_empty"


@dataclass
class Outcome:
    """What became of the rows: names of those done, and (name, why) of those refused."""

    done: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    errors: Mapping[str, Any] = field(default_factory=dict)


def rows_of(ctx: Context, view: type[EntityDeclaration], ids: Sequence[int]) -> dict[int, Any]:
    """The ticked records that the actor may know of, in one statement; the others are noted."""
    found = open_rows(ctx, view, ids)
    if len(found) < len(ids):
        tampered("out_of_scope")
    return found


def open_rows(ctx: Context, view: type[EntityDeclaration], ids: Sequence[int]) -> dict[int, Any]:
    """Those of some records that the actor may know of, in one statement."""
    model = view.model()
    statement = view.scoped(ctx.actor, sa.select(model).where(model.id.in_(ids)))
    return {record.id: record for record in ctx.session.scalars(statement).unique()}


@dataclass(frozen=True)
class Act:
    """What is done to many rows: a step, or one field changed. ``takes`` gets record, raw input and seen version."""

    name: str
    label: str
    url: str
    asks: type[Schema] | None
    reasons: Callable[[Context, Any], list[str]]
    takes: Callable[[Context, Any, Mapping[str, Any], int], Any]
    intro: str | None = None
    tone: str = "primary"
    # What would become of a record: (label, what stands there, what will).
    tells: Callable[[Context, Any], list[tuple[str, str, str]]] | None = None
    # What the form has beside the input itself.
    hidden: Mapping[str, str] = field(default_factory=dict)
    extra: Sequence[dict[str, Any]] = ()


def step_act(view: type[EntityDeclaration], declared: Step) -> Act:
    """A step of the workflow."""
    return Act(
        declared.name,
        str(declared.label),
        view.url("bulk", step=declared.name),
        declared.asks,
        lambda ctx, record: _reasons(ctx, record, declared),
        lambda ctx, record, raw, version: step(ctx, view, record, declared.name, raw, version),
        str(declared.confirm) if declared.confirm else None,
        "danger" if declared.tone == "danger" else "primary",
    )


def field_act(view: type[EntityDeclaration], name: str, *, empties: bool) -> Act:
    """One declared cell, written as the edit form writes it; ``empties``: it was said that nothing is the value."""
    schema, label = view.cell_schema(name), str(view.label(name))
    one = schema().fields[name]
    can_be_empty = not one.required and not isinstance(one, fields.Boolean | fields.Enum)

    def takes(ctx: Context, record: Any, raw: Mapping[str, Any], version: int) -> None:
        if not isinstance(one, fields.Boolean) and not str(raw.get(name) or "").strip() and not empties:
            told = _("Enter a value, or tick that the field is to be emptied.") if can_be_empty else str(REQUIRED)
            raise ValidationFailedError({name: [told]})
        change(ctx, view, record, raw, version)

    box = {"name": EMPTIES, "kind": "bool", "label": _("Empty this field"), "value": empties}
    return Act(
        f"edit.{name}",
        _("Change %(name)s", name=label),
        view.url("change_many"),
        schema,
        lambda ctx, record: [told] if (told := why_closed(ctx, view, record, name)) else [],
        takes,
        hidden={"field": name},
        extra=[box] if can_be_empty else [],
    )


def preview_variables(
    ctx: Context,
    view: type[EntityDeclaration],
    act: Act,
    ids: Sequence[int],
    *,
    raw: Mapping[str, Any] | None = None,
    errors: Mapping[str, Any] | None = None,
    back: str = "",
) -> dict[str, Any]:
    """The variables of ``zhidan/bulk.html``."""
    found = rows_of(ctx, view, ids)
    able: list[dict[str, Any]] = []
    unable: list[dict[str, Any]] = []
    for pk in ids:
        record = found.get(pk)
        reasons = [str(NotFoundError())] if record is None else act.reasons(ctx, record)
        entry = {
            "pk": pk,
            "label": record_text(ctx.actor, record) if record is not None else f"#{pk}",
            "url": view.show_url(pk) if record is not None and view.may(ctx.actor, "show") else None,
            "state": state_of(record) if record is not None else None,
            "version": record.version if record is not None else None,
            "reasons": reasons,
            "changes": act.tells(ctx, record) if record is not None and not reasons and act.tells else [],
        }
        (unable if reasons else able).append(entry)
    shown = form_fields(ctx, act.asks, raw or {}, errors or {}, model=view.model()) if act.asks else []
    shown += act.extra
    return {
        "title": _("%(step)s: %(what)s", step=act.label, what=str(view.model().__label_plural__)),
        "crumbs": [(str(view.model().__label_plural__), back or view.url("list")), (act.label, None)],
        "able": able,
        "unable": unable,
        "fieldsets": [{"label": None, "fields": shown}] if shown and able else [],
        "errors": other_errors(errors or {}, shown),
        "intro": act.intro,
        "hidden": {"token": new_token(), "back": back, "confirmed": "1", **act.hidden},
        "action_url": act.url,
        "cancel_url": back or view.url("list"),
        "submit_label": ngettext("%(step)s: %(num)s record", "%(step)s: %(num)s records", len(able), step=act.label),
        "submit_tone": act.tone,
    }


def _reasons(ctx: Context, record: Any, declared: Step) -> list[str]:
    if record.state not in declared.sources:
        return [str(StepNotOpenError(state=label_text(record.state)))]
    return [str(reason) for reason in engine.blockers(ctx, record, declared)]


def take(
    ctx: Context,
    view: type[EntityDeclaration],
    act: Act,
    seen: Mapping[int, int],
    raw: Mapping[str, Any],
    token: str,
) -> Outcome:
    """Does it to each record by itself; one that was taken with this token already counts as done.

    Args:
        seen: the version of each record as the preview showed it.
    """
    outcome = Outcome()
    names = {pk: str(record) for pk, record in rows_of(ctx, view, list(seen)).items()}
    ctx.session.rollback()
    for pk, version in seen.items():
        label = names.get(pk, f"#{pk}")
        try:
            once(
                ctx,
                f"{ctx.actor.id}.{view.entity()}.{pk}.{act.name}",
                token,
                "",
                _taken(ctx, view, act, pk, raw, version),
            )
        except ValidationFailedError as error:
            # The same input goes to all: what is wrong with it is wrong for all, and nothing was done.
            if not outcome.done:
                outcome.errors = error.fields
                return outcome
            outcome.refused.append((label, str(error)))
        except ConflictError as error:
            outcome.refused.append((label, str(error)))
        except DomainError as error:
            outcome.refused.append((label, " ".join(str(reason) for reason in error.reasons())))
        else:
            outcome.done.append(label)
    return outcome


def _taken(ctx: Context, view: type[EntityDeclaration], act: Act, pk: int, raw: Mapping[str, Any], version: int) -> Any:
    def taken() -> str:
        act.takes(ctx, view.find(ctx, pk), raw, version)
        return str(pk)

    return taken
