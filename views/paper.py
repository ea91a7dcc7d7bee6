"""Papers on screen and from the printer: what a declared paper says of a record to who asks for it (domain/10).

The browser prints; nothing is stored. A paper carries a mark over what stands on it in full, so that whoever scans
its code learns whether the record still says the same.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

import segno
import sqlalchemy as sa
from flask import current_app, g, render_template, request
from flask_appbuilder import expose
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _
from markupsafe import Markup

from app.documents.capitals import capitals
from app.documents.paper import At, Facts, Paper, Part, Rows, options, place, reach, walk
from app.kernel.context import Actor, Context
from app.kernel.errors import NotFoundError
from app.kernel.fields import Access, access, level
from app.kernel.schema import label_of_column
from views.adapter import guarded
from views.base import EntityDeclaration, view_of
from views.context import web_context
from views.display import cell, kind_of, moment, text_of

MARK_LENGTH = 24
LANGUAGES = ("zh", "en")
NUMBERS = frozenset({"number", "money", "percent"})


class Printed(EntityDeclaration):
    """Mixed into an entity's screen, it prints the record. Whoever may see the record may print what he sees of it."""

    is_abstract: ClassVar[bool] = True
    papers: ClassVar[tuple[Paper, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for paper in cls.papers:
            assert paper.subject is cls.model(), f"{cls.__name__} prints no {paper.subject.__name__}"

    @expose("/<int:pk>/paper/<name>")
    @guarded("show")
    def paper(self, pk: int, name: str) -> Any:
        """A paper of a record, in the language of the person or the one that is asked for."""
        ctx, paper, record = self._paper(pk, name)
        with in_language(request.args.get("language", "")):
            said = paper_of(ctx, paper, record)
            mark = mark_of(paper, record)
            return render_template(
                "zhidan/papers/labels.html" if paper.labels else "zhidan/papers/paper.html",
                paper=said,
                company=next(iter(current_app.config["COMPANY_WORDS"]), ""),
                code=qr(self.url("check", pk=pk, name=name, mark=mark, _external=True)),
                mark=mark[:8].upper(),
                back_url=self.url("show", pk=pk),
                languages=[(each, self.url("paper", pk=pk, name=name, language=each)) for each in LANGUAGES],
                language=str(get_locale()),
                printed=_("Printed by %(person)s · %(moment)s", person=ctx.actor.name, moment=moment(ctx.now)),
            )

    @expose("/<int:pk>/paper/<name>/<mark>")
    @guarded("show")
    def check(self, pk: int, name: str, mark: str) -> Any:
        """Where the code of a paper leads: whether the record still says what was printed."""
        _ctx, paper, record = self._paper(pk, name)
        is_same = hmac.compare_digest(mark_of(paper, record).encode(), mark.encode())
        return render_template(
            "zhidan/papers/check.html",
            title=str(paper.title),
            subtitle=str(getattr(record, paper.number)),
            is_same=is_same,
            back_url=self.url("show", pk=pk),
        )

    def _paper(self, pk: int, name: str) -> tuple[Context, Paper, Any]:
        ctx = web_context()
        record = self.find(ctx, pk)
        paper = next((each for each in self.papers if each.name == name), None)
        if paper is None or not (paper.applies is None or paper.applies(record)):
            raise NotFoundError
        ctx.session.scalars(sa.select(self.model()).where(self.model().id == pk).options(*options(paper))).one()
        return ctx, paper, record


def paper_buttons(view: type[EntityDeclaration], record: Any) -> list[dict[str, Any]]:
    """The papers of a record, for its page."""
    return [
        {"name": paper.name, "label": str(paper.title), "url": view.url("paper", pk=record.id, name=paper.name),
         "method": "get", "tone": "default", "icon": "fa-print"}
        for paper in getattr(view, "papers", ())
        if paper.applies is None or paper.applies(record)
    ]  # fmt: skip


@contextmanager
def in_language(asked: str) -> Iterator[None]:
    """The paper in one of the languages; labels that the request has looked up already are of another one."""
    if asked not in LANGUAGES:
        yield
        return
    g.pop("zhidan_words", None)
    with force_locale(asked):
        yield
    g.pop("zhidan_words", None)


@dataclass
class Said:
    """A paper as the template takes it: texts only."""

    code: str
    title: str
    number: str
    warning: str
    parts: list[dict[str, Any]]
    signs: list[str]
    labels: list[dict[str, Any]] = field(default_factory=list)


def paper_of(ctx: Context, paper: Paper, record: Any) -> Said:
    """What the paper says to the actor: hidden columns are absent, masked ones masked, empty ones left out."""
    warning = paper.warning(record) if paper.warning is not None else None
    said = Said(
        code=paper.code,
        title=str(paper.title),
        number=str(getattr(record, paper.number)),
        warning=str(warning) if warning else "",
        parts=[found for part in paper.parts if (found := _part(ctx, paper, part, record))],
        signs=[str(text) for text in paper.signs],
    )
    if paper.labels:
        rows = next(part for part in paper.parts if isinstance(part, Rows) and part.relation == paper.labels)
        said.labels = [_label(ctx.actor, paper, rows, each) for each in _rows(ctx, list(getattr(record, paper.labels)))]
    return said


def _part(ctx: Context, paper: Paper, part: Part, record: Any) -> dict[str, Any] | None:
    if isinstance(part, Facts):
        pairs = list(_pairs(ctx.actor, part, record))
        return {"kind": "facts", "label": str(part.label), "pairs": pairs} if pairs else None
    if isinstance(part, Rows):
        return _table(ctx, paper, part, record)
    texts = [str(text) for text in part.texts]
    label = getattr(part, "label", None)
    return {"kind": "boxes" if label else "notes", "label": str(label or ""), "texts": texts}


def _pairs(actor: Actor, part: Facts, record: Any) -> Iterator[tuple[str, str, str]]:
    for each in map(place, part.places):
        text = _at(actor, record, each)
        if not text:
            continue
        owner, name = reach(record, each.path)
        amount = getattr(owner, name)
        in_words = each.path in part.capitals and isinstance(amount, Decimal) and text[:1].isdigit()
        yield str(each.label or label_of_column(type(owner), name)), text, capitals(amount) if in_words else ""


def _rows(ctx: Context, rows: list[Any]) -> list[Any]:
    """The rows that the actor may know of, as the tab of them on the record's page decides."""
    view = view_of(type(rows[0])) if rows else None
    if view is None:
        return rows
    if not (view.may(ctx.actor, "list") or view.may(ctx.actor, "show")):
        return []
    if view.scope is None or ctx.actor.is_system:
        return rows
    model = view.model()
    known = sa.select(model.id).where(model.id.in_([row.id for row in rows]), view.scope(ctx.actor))
    ids = set(ctx.session.scalars(known))
    return [row for row in rows if row.id in ids]


def _table(ctx: Context, paper: Paper, part: Rows, record: Any) -> dict[str, Any] | None:
    owner, name = reach(record, part.relation)
    found = _rows(ctx, list(getattr(owner, name))) if owner is not None else []
    if not found:
        return None
    actor = ctx.actor
    columns = []
    for each in map(place, part.places):
        model, last = walk(paper.subject, f"{part.relation}.{each.path}")[-1]
        if access(actor, model, last) is Access.hidden:
            continue
        cells = [_at(actor, row, each) for row in found]
        if any(cells):
            head = str(each.label or label_of_column(model, last))
            columns.append((head, "num" if kind_of(model, last) in NUMBERS and not each.more else "text", cells))
    if not columns:
        return None
    blank = [(str(text), "blank", [""] * len(found)) for text in part.blank]
    heads = [(head, kind) for head, kind, _cells in [*columns, *blank]]
    rows = list(zip(*(cells for _head, _kind, cells in [*columns, *blank]), strict=True))
    return {"kind": "rows", "label": str(part.label), "heads": heads, "rows": rows}


def _label(actor: Actor, paper: Paper, part: Rows, row: Any) -> dict[str, Any]:
    pairs = []
    for each in map(place, part.places):
        model, last = walk(paper.subject, f"{part.relation}.{each.path}")[-1]
        if text := _at(actor, row, each):
            pairs.append((str(each.label or label_of_column(model, last)), text))
    return {"title": pairs[0][1] if pairs else "", "pairs": pairs[1:], "code": qr(str(getattr(row, paper.scan)))}


def _at(actor: Actor, record: Any, at: At) -> str:
    owners = (reach(record, path) for path in at.paths())
    texts = [said_of(actor, owner, name) for owner, name in owners if owner is not None]
    return at.sign.join(text or at.gap for text in texts if text or at.gap) if any(texts) else ""


def said_of(actor: Actor, owner: Any, name: str) -> str:
    """A value as text; what is hidden is empty, and so are measures that nobody has entered."""
    is_unknown = name.endswith("_mm") and not getattr(owner, name)
    if is_unknown or level(actor, type(owner), name, owner) is Access.hidden:
        return ""
    found = cell(actor, owner, name)
    if found is None:
        return ""
    return text_of("bool", found["on"]) if found["kind"] == "bool" else str(found["text"])


def mark_of(paper: Paper, record: Any) -> str:
    """What stands on the paper in full, as a mark that only this panel can make."""
    values = {path: _plain(record, path.split(".")) for path in sorted(paper.paths())}
    text = json.dumps([paper.code, values], sort_keys=True, ensure_ascii=False)
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:MARK_LENGTH]


def _plain(record: Any, way: list[str]) -> Any:
    if isinstance(record, list):
        return [_plain(each, way) for each in record]
    if record is None or not way:
        return None if record is None else str(record)
    return _plain(getattr(record, way[0]), way[1:])


def qr(text: str) -> Markup:
    """A code as an image within the page."""
    return Markup(segno.make(text, error="m", micro=False).svg_inline(border=2, omitsize=True))  # noqa: S704 - made of squares
