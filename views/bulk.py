"""A step on many records: first shown which rows can take it and which cannot and why, then taken, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from app.kernel import engine
from app.kernel.context import Context
from app.kernel.errors import ConflictError, DomainError, NotFoundError, StepNotOpenError, ValidationFailedError
from app.kernel.workflow import Step
from app.security.refusals import tampered
from views.base import EntityDeclaration
from views.display import label_text, record_text, state_of
from views.forms import form_fields, new_token, other_errors
from views.records import once, step

MOST_BULK = 200


@dataclass
class Outcome:
    """What became of the rows: names of those done, and (name, why) of those refused."""

    done: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    errors: Mapping[str, Any] = field(default_factory=dict)


def rows_of(ctx: Context, view: type[EntityDeclaration], ids: Sequence[int]) -> dict[int, Any]:
    """The ticked records that the actor may know of, in one statement; the others are noted."""
    model = view.model()
    statement = sa.select(model).where(model.id.in_(ids))
    if view.scope is not None and not ctx.actor.is_system:
        statement = statement.where(view.scope(ctx.actor))
    found = {record.id: record for record in ctx.session.scalars(statement).unique()}
    if len(found) < len(ids):
        tampered("out_of_scope")
    return found


def preview_variables(
    ctx: Context,
    view: type[EntityDeclaration],
    declared: Step,
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
        reasons = _reasons(ctx, record, declared)
        entry = {
            "pk": pk,
            "label": record_text(ctx.actor, record) if record is not None else f"#{pk}",
            "url": view.show_url(pk) if record is not None and view.may(ctx.actor, "show") else None,
            "state": state_of(record) if record is not None else None,
            "version": record.version if record is not None else None,
            "reasons": reasons,
        }
        (unable if reasons else able).append(entry)
    shown = form_fields(ctx, declared.asks, raw or {}, errors or {}, model=view.model()) if declared.asks else []
    label = str(declared.label)
    return {
        "title": _("%(step)s: %(what)s", step=label, what=str(view.model().__label_plural__)),
        "crumbs": [(str(view.model().__label_plural__), back or view.url("list")), (label, None)],
        "able": able,
        "unable": unable,
        "fieldsets": [{"label": None, "fields": shown}] if shown and able else [],
        "errors": other_errors(errors or {}, shown),
        "intro": str(declared.confirm) if declared.confirm else None,
        "hidden": {"token": new_token(), "back": back, "confirmed": "1"},
        "action_url": view.url("bulk", step=declared.name),
        "cancel_url": back or view.url("list"),
        "submit_label": ngettext("%(step)s: %(num)s record", "%(step)s: %(num)s records", len(able), step=label),
        "submit_tone": "danger" if declared.tone == "danger" else "primary",
    }


def _reasons(ctx: Context, record: Any, declared: Step) -> list[str]:
    if record is None:
        return [str(NotFoundError())]
    if record.state not in declared.sources:
        return [str(StepNotOpenError(state=label_text(record.state)))]
    return [str(reason) for reason in engine.blockers(ctx, record, declared)]


def take(
    ctx: Context,
    view: type[EntityDeclaration],
    declared: Step,
    seen: Mapping[int, int],
    raw: Mapping[str, Any],
    token: str,
) -> Outcome:
    """Takes the step on each record by itself; one that was taken with this token already counts as done.

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
                f"{ctx.actor.id}.{view.entity()}.{pk}.{declared.name}",
                token,
                "",
                _act(ctx, view, declared, pk, raw, version),
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


def _act(
    ctx: Context, view: type[EntityDeclaration], declared: Step, pk: int, raw: Mapping[str, Any], version: int
) -> Any:
    def act() -> str:
        step(ctx, view, view.find(ctx, pk), declared.name, raw, version)
        return str(pk)

    return act
