"""The account of an import of customers or products: figures, and each record with what changes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from app.exchange.entryrun import CHANGES, DOES, shown_rows
from app.exchange.history import chunks
from app.exchange.subjects import TABLES, Subject
from app.exchange.undoing import WAYS, Undoing, model_of
from app.kernel.context import Context
from app.kernel.fields import present
from app.kernel.schema import label_of_column
from models.exchange import ImportBatch, ImportEffect
from models.labels import ImportDid, label_of, tone_of
from views.base import view_of
from views.display import record_text

SHOWN = 50
HIDDEN = ("search_text",)


def entry_variables(ctx: Context, subject: Subject, batch: ImportBatch, *, may_read: bool) -> dict[str, Any]:
    """The account of an import of declared records."""
    report, view = batch.report, view_of(subject.model)
    records, children = report["records"], report["children"]
    counts = [
        {"label": _("Rows in the file"), "value": f"{report['rows']:,}", "tone": "neutral"},
        {"label": _("New records"), "value": f"{records['made']:,}", "tone": "success"},
        {"label": _("Changed"), "value": f"{records['changed']:,}", "tone": "info"},
        {"label": _("Nothing to do"), "value": f"{records['same']:,}", "tone": "neutral"},
        {
            "label": _("Rejected rows"),
            "value": f"{report['rejected']:,}",
            "tone": "danger" if report["rejected"] else "neutral",
        },
    ]
    figures = [{"label": _("Columns that are not taken"), "value": ", ".join(report["not_taken"]) or "–"}]
    if subject.child is not None:
        more = _("new: %(new)s, changed: %(changed)s", new=children["made"], changed=children["changed"])
        figures.insert(0, {"label": str(subject.child.model.__label_plural__), "value": more})
    if report["closed"]:
        figures.append({"label": _("Columns that you may not fill in"), "value": ", ".join(report["closed"])})
    table = rehearsed_table(ctx, subject, batch) if batch.is_dry_run else done_table(ctx, batch)
    return {
        "counts": counts,
        "figures": figures,
        "notes": [_("A blank cell changes nothing; of a new record it takes the usual value.")],
        "detail": table if may_read or not batch.is_dry_run else {"columns": [], "rows": []},
        "detail_title": _("What will change") if batch.is_dry_run else _("What it did"),
        "can_run": records["made"] + records["changed"] > 0,
        "result_url": view.url("list") if view else None,
        "result_label": _("Show the list"),
        "closed": report["closed"],
    }


def rehearsed_table(ctx: Context, subject: Subject, batch: ImportBatch) -> dict[str, Any]:
    """The first records of a dry run: what is new, and what changes from what to what."""
    columns = [
        {"label": _("Row"), "kind": "number"},
        {"label": _("Kind"), "kind": "badge"},
        {"label": str(subject.model.__label__)},
        {"label": _("What changes"), "kind": "long"},
    ]
    # What was shown is forgotten when the import begins, and after a while.
    kept = [row for row in shown_rows(ctx, batch.id, SHOWN) if row.raw]
    names = record_names(ctx, [(subject.name, row.raw["id"]) for row in kept if row.raw["id"]])
    rows = []
    for row in kept:
        changes, did = row.raw[CHANGES], ImportDid(row.raw[DOES])
        title = names.get((subject.name, row.raw["id"] or 0)) or _new_name(ctx, subject.model, changes)
        told = change_texts(ctx, subject.name, changes)
        rows.append({"cells": [str(row.row_no), _badge(did), title, "; ".join(told) or "–"]})
    return {"columns": columns, "rows": rows}


def _new_name(ctx: Context, model: type[Any], changes: Mapping[str, Any]) -> str:
    said = [_said(ctx, model, name, changes[name][1]) for name in ("sku_code", "name") if name in changes]
    return " ".join(said) or "–"


def done_table(ctx: Context, batch: ImportBatch) -> dict[str, Any]:
    """The first records of an import: new or changed, and whether they were taken back."""
    columns = [
        {"label": _("Row"), "kind": "number"},
        {"label": _("Kind"), "kind": "badge"},
        {"label": _("Record")},
        {"label": _("Taken back"), "kind": "bool"},
    ]
    statement = sa.select(ImportEffect).where(ImportEffect.batch_id == batch.id).order_by(ImportEffect.id).limit(SHOWN)
    effects = list(ctx.session.scalars(statement))
    names = record_names(ctx, [(effect.entity, effect.entity_id) for effect in effects])
    rows = [
        {
            "cells": [
                str(effect.row_no),
                _badge(effect.did),
                names.get((effect.entity, effect.entity_id)) or "–",
                {"on": effect.undone_at is not None},
            ]
        }
        for effect in effects
    ]
    return {"columns": columns, "rows": rows}


def undo_table(ctx: Context, plan: Sequence[Undoing], *, is_open: bool) -> dict[str, Any]:
    """The records that can be taken back and how, or those that cannot and why."""
    columns = [
        {"label": _("Row"), "kind": "number"},
        {"label": _("Kind"), "kind": "badge"},
        {"label": _("Record")},
        {"label": _("What happens") if is_open else _("Why not"), "kind": "long"},
    ]
    shown = [each for each in plan if bool(each.reasons) is not is_open][:SHOWN]
    names = record_names(ctx, [(each.effect.entity, each.effect.entity_id) for each in shown])
    rows = []
    for each in shown:
        changes = {name: [each.new[name], each.old[name]] for name in each.old}
        told = [str(WAYS[each.way])] if is_open else [str(reason) for reason in each.reasons]
        told += change_texts(ctx, each.effect.entity, changes) if is_open else []
        title = names.get((each.effect.entity, each.effect.entity_id)) or "–"
        rows.append({"cells": [str(each.effect.row_no), _badge(each.effect.did), title, "; ".join(told)]})
    return {"columns": columns, "rows": rows}


def record_names(ctx: Context, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], dict[str, Any]]:
    """What records are called, with the way to them; one statement a table. Out of scope is left out."""
    by_entity: dict[str, list[int]] = {}
    for entity, pk in wanted:
        by_entity.setdefault(entity, []).append(pk)
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for entity, ids in by_entity.items():
        model = model_of(entity)
        view = view_of(model)
        if view is None:
            continue
        for part in chunks(ids):
            statement = view.scoped(ctx.actor, sa.select(model).where(model.id.in_(part)))
            for record in ctx.session.scalars(statement).unique():
                cell: dict[str, Any] = {"text": f"{model.__label__} {record_text(ctx.actor, record)}"}
                if view.may(ctx.actor, "show"):
                    cell["url"] = view.show_url(record.id)
                found[entity, record.id] = cell
    return found


def change_texts(ctx: Context, entity: str, changes: Mapping[str, Sequence[Any]]) -> list[str]:
    """Each changed column: from what to what, as far as the reader may see it."""
    return [
        text
        for name, pair in changes.items()
        if name not in HIDDEN and (text := _change(ctx, entity, name, pair)) is not None
    ]


def _change(ctx: Context, entity: str, name: str, pair: Sequence[Any]) -> str | None:
    prefix, _dot, own = name.rpartition(".")
    table = TABLES.get(prefix or entity)
    if table is None:
        return None
    old, new = (_said(ctx, table.model, own, value) for value in pair)
    label = str(label_of_column(table.model, own))
    if old == "–":
        return f"{label}: {new}"
    return f"{label}: {old} → {new}"


def _said(ctx: Context, model: type[Any], name: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    shown = present(ctx.actor, model, name, value)
    if shown is None:
        return "***"
    kind: Any = model.__table__.columns[name].type
    if isinstance(kind, sa.Boolean):
        return str(_("Yes") if value in {True, "true"} else _("No"))
    if isinstance(kind, sa.Enum) and kind.enum_class is not None and shown == value:
        word: Any = kind.enum_class(value)
        return str(label_of(word))
    return str(shown)


def _badge(did: ImportDid) -> dict[str, Any]:
    return {"text": str(label_of(did)), "tone": str(tone_of(did))}
