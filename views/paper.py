"""Papers on screen and from the printer: what a declared paper says of a record to who asks for it (domain/10).

The browser prints, or the server makes a PDF of the same page; nothing is stored. A paper carries a mark over what
stands on it in full, so that whoever scans its code learns whether the record still says the same.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from io import BytesIO
from typing import Any, ClassVar

import segno
import sqlalchemy as sa
from flask import current_app, g, render_template, request, url_for
from flask_appbuilder import expose
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _

from app.documents import pdf
from app.documents.capitals import capitals
from app.documents.paper import At, Facts, Paper, Part, Rows, options, place, reach, walk
from app.kernel.context import Actor, Context
from app.kernel.errors import NotFoundError
from app.kernel.fields import Access, access, level
from app.kernel.schema import label_of_column
from models.base import Base
from views.adapter import guarded
from views.attached import answer_with
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
            page = render_template(
                "zhidan/papers/labels.html" if paper.labels else "zhidan/papers/paper.html",
                paper=said,
                company=next(iter(current_app.config["COMPANY_WORDS"]), ""),
                code=qr(self.url("check", pk=pk, name=name, mark=mark, _external=True)),
                mark=mark[:8].upper(),
                back_url=self.url("show", pk=pk),
                languages=[(each, self.url("paper", pk=pk, name=name, language=each)) for each in LANGUAGES],
                language=str(get_locale()),
                pdf_url=pdf_url(self.url("paper", pk=pk, name=name, language=str(get_locale())[:2], format="pdf")),
                printed=_("Printed by %(person)s · %(moment)s", person=ctx.actor.name, moment=moment(ctx.now)),
            )
        return handed_out(ctx, page, said)

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
        if paper is None:
            raise NotFoundError
        ctx.session.scalars(sa.select(self.model()).where(self.model().id == pk).options(*options(paper))).one()
        return ctx, paper, record


def paper_buttons(view: type[EntityDeclaration], record: Any) -> list[dict[str, Any]]:
    """The papers of a record, for its page."""
    return [
        {"name": paper.name, "label": str(paper.title), "url": view.url("paper", pk=record.id, name=paper.name),
         "method": "get", "tone": "default", "icon": "fa-print"}
        for paper in getattr(view, "papers", ())
    ]  # fmt: skip


def pdf_url(url: str) -> str:
    """The address of the PDF, empty where the server makes none."""
    return url if pdf.is_there() else ""


def handed_out(ctx: Context, page: str, said: Said) -> Any:
    """The page; or the same as a file of its own name, where that is asked for and can be made. Raises NoPdfError."""
    if request.args.get("format") != "pdf" or not pdf.is_there():
        return page
    # Everything is read: nobody waits for this transaction while the paper is set.
    ctx.session.rollback()
    body = pdf.pdf_of(page, url_for("static", filename="").partition("?")[0], str(current_app.static_folder))
    name = f"{said.title} {said.number}.pdf"
    return answer_with(BytesIO(body), mimetype="application/pdf", as_attachment=True, download_name=name)


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

    title: str
    number: str
    warning: str
    parts: list[dict[str, Any]]
    signs: list[str]
    labels: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Reader:
    """Who reads a paper, and which of the records on it he may know of, asked once a table."""

    ctx: Context
    record: Any
    known: dict[type[Any], set[int]] = field(default_factory=dict)

    def learn(self, paper: Paper) -> None:
        """Asks about everything the paper leads to: one statement a table that has row scopes."""
        met: dict[type[Any], set[int]] = {}
        for path in paper.paths():
            for found in _met(self.record, path.split(".")[:-1]):
                met.setdefault(type(found), set()).add(found.id)
        for model, ids in met.items():
            view = view_of(model)
            if view is not None:
                self.known[model] = self._in_scope(view, ids) if view.may_see(self.ctx.actor) else set()

    def _in_scope(self, view: type[EntityDeclaration], ids: set[int]) -> set[int]:
        clause = view.scope(self.ctx.actor) if view.scope is not None else sa.true()
        if isinstance(clause, sa.True_):
            return ids
        model = view.model()
        return set(self.ctx.session.scalars(sa.select(model.id).where(model.id.in_(ids), clause)))

    def knows(self, found: Any) -> bool:
        """Whether a record may be read; the one of the paper was asked about before."""
        return found is self.record or type(found) not in self.known or found.id in self.known[type(found)]

    def at(self, record: Any, at: At) -> str:
        """The text of a place, empty where nothing of it may be read."""
        texts = [self._text(*reach(record, path)) for path in at.paths()]
        return at.sign.join(text or at.gap for text in texts if text or at.gap) if any(texts) else ""

    def _text(self, owner: Any, name: str) -> str:
        if owner is None:
            return ""
        # By its number and its name a record is told wherever another one speaks of it.
        is_called = isinstance(owner, Base) and name in {owner.name_column, _number_of(owner)}
        return said_of(self.ctx.actor, owner, name) if is_called or self.knows(owner) else ""


def _met(record: Any, way: list[str]) -> Iterator[Any]:
    """The records that a way leads over."""
    for each in record if isinstance(record, list) else [record]:
        if each is None or not way:
            continue
        following = getattr(each, way[0])
        yield from (found for found in (following if isinstance(following, list) else [following]) if found is not None)
        yield from _met(following, way[1:])


@cache
def _columns_of(model: Any) -> tuple[str, ...]:
    return tuple(each.key for each in sa.inspect(model).column_attrs)


def _number_of(record: Any) -> str | None:
    """The column by which a record is called."""
    told, model = str(record), type(record)
    columns: Any = _columns_of  # its cache knows no class of ours
    return next((key for key in columns(model) if record.__dict__.get(key) == told), None)


def paper_of(ctx: Context, paper: Paper, record: Any) -> Said:
    """What the paper says to the actor: hidden columns are absent, masked ones masked, empty ones left out."""
    warning = paper.warning(record) if paper.warning is not None else None
    reader = Reader(ctx, record)
    reader.learn(paper)
    said = Said(
        title=str(paper.title),
        number=str(getattr(record, paper.number)),
        warning=str(warning) if warning else "",
        parts=[found for part in paper.parts if (found := _part(reader, paper, part))],
        signs=[str(text) for text in (paper.signs(record) if callable(paper.signs) else paper.signs)],
    )
    if paper.labels:
        rows = next(part for part in paper.parts if isinstance(part, Rows) and part.relation == paper.labels)
        heads = _heads(paper, rows)
        said.labels = [_label(reader, paper, heads, row) for row in getattr(record, paper.labels) if reader.knows(row)]
    return said


def _part(reader: Reader, paper: Paper, part: Part) -> dict[str, Any] | None:
    if isinstance(part, Facts):
        pairs = list(_pairs(reader, part))
        return {"kind": "facts", "label": str(part.label), "pairs": pairs} if pairs else None
    if isinstance(part, Rows):
        return _table(reader, paper, part)
    texts = [str(text) for text in part.texts]
    label = getattr(part, "label", None)
    return {"kind": "boxes" if label else "notes", "label": str(label or ""), "texts": texts}


def _pairs(reader: Reader, part: Facts) -> Iterator[tuple[str, str, str]]:
    for each in map(place, part.places):
        text = reader.at(reader.record, each)
        if not text:
            continue
        owner, name = reach(reader.record, each.path)
        amount = getattr(owner, name)
        in_words = each.path in part.capitals and isinstance(amount, Decimal) and text[:1].isdigit()
        yield str(each.label or label_of_column(type(owner), name)), text, capitals(amount) if in_words else ""


def _table(reader: Reader, paper: Paper, part: Rows) -> dict[str, Any] | None:
    owner, name = reach(reader.record, part.relation)
    found = [row for row in getattr(owner, name) if reader.knows(row)] if owner is not None else []
    if part.only is not None:
        found = [row for row in found if part.only(reader.record, row)]
    if not found:
        return None
    columns = []
    for each, model, last, head in _heads(paper, part):
        if access(reader.ctx.actor, model, last) is Access.hidden:
            continue
        cells = [reader.at(row, each) for row in found]
        if any(cells) or part.keeps_empty:
            columns.append((head, _kind(model, last, each), cells))
    if not columns:
        return None
    blank = [(str(text), "blank", [""] * len(found)) for text in part.blank]
    heads = [(head, kind) for head, kind, _cells in [*columns, *blank]]
    rows = list(zip(*(cells for _head, _kind, cells in [*columns, *blank]), strict=True))
    own = part.has_own_numbers
    return {"kind": "rows", "label": str(part.label), "heads": heads, "rows": rows, "has_own_numbers": own}


def _kind(model: type[Any], last: str, at: At) -> str:
    """How a column of a table is set: figures to the right, our own numbers never broken."""
    if kind_of(model, last) in NUMBERS and not at.more:
        return "num"
    return "code" if last.endswith("_no") else "text"


def _heads(paper: Paper, part: Rows) -> list[tuple[At, type[Any], str, str]]:
    """The columns of a table: place, table and name of the value, what stands above it."""
    found = []
    for each in map(place, part.places):
        model, last = walk(paper.subject, f"{part.relation}.{each.path}")[-1]
        found.append((each, model, last, str(each.label or label_of_column(model, last))))
    return found


def _label(reader: Reader, paper: Paper, heads: list[tuple[At, type[Any], str, str]], row: Any) -> dict[str, Any]:
    pairs = [(head, text) for each, _model, _last, head in heads if (text := reader.at(row, each))]
    return {"title": pairs[0][1] if pairs else "", "pairs": pairs[1:], "code": qr(str(getattr(row, paper.scan)))}


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
    return mark_over(paper.code, {path: _plain(record, path.split(".")) for path in paper.marked_paths()})


def mark_over(code: str, values: Mapping[str, Any]) -> str:
    """A mark over plain values, of the kind of paper that the code names."""
    text = json.dumps([code, values], sort_keys=True, ensure_ascii=False)
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:MARK_LENGTH]


def _plain(record: Any, way: list[str]) -> Any:
    if isinstance(record, list):
        return [_plain(each, way) for each in record]
    if record is None or not way:
        return None if record is None else str(record)
    return _plain(getattr(record, way[0]), way[1:])


def qr(text: str) -> str:
    """A code as the address of an image within the page."""
    return str(segno.make(text, error="m", micro=False).svg_data_uri(border=2, omitsize=True))
