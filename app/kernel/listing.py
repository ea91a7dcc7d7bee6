"""Lists that answer in constant time at any size: keyset pages, capped counts, one filter language.

A page is found by its sort key and id, never by OFFSET. Ids come first (a subquery that an index answers), then the
rows with their many-to-one relations in the same statement. The number of rows is counted up to a cap only.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import aliased

from app.kernel.context import Actor, Context
from app.kernel.errors import Reason
from app.kernel.fields import Access, access, sensitivity_of
from app.kernel.filters import BadValueError, Filter, attribute_of, contains, parse_filters, value_of
from app.kernel.journal import plain
from app.kernel.loading import loads
from app.kernel.sealing import PERSONAL
from app.kernel.search import holds
from app.kernel.windows import open_rows

Scope = Callable[[Actor], sa.ColumnElement[bool]]
Args = Sequence[tuple[str, str]]

PAGE_SIZE = 25
LARGEST_PAGE = 200
COUNT_CAP = 1000
# Above so many matching customers the list is walked in its own order, below it their rows are fetched by key.
FEW_PARENTS = 2000
LONGEST_SEARCH = 100
LONGEST_SIZE = 6
# The beginning of a number of ours or of a carrier's.
NUMBER = re.compile(r"[A-Za-z]{2,4}-?\d{3}[\dA-Za-z-]*", re.ASCII)
# In a cursor: the value is not written in it, it is that of the row.
THE_ROWS_OWN = object()


@dataclass(frozen=True)
class ListSpec:
    """What a list is made of.

    ``columns`` are loaded, ``search`` may be filtered, ``order`` may be sorted. ``quick`` says where the quick search
    looks: own columns that are compared whole or, where they hold numbers, by their beginning, ``search_text`` that is
    searched inside, and dotted ones of a parent (``customer.search_text``).
    """

    model: type[Any]
    columns: tuple[str, ...]
    search: tuple[str, ...]
    order: tuple[str, ...]
    base_order: tuple[str, str]
    scope: Scope | None = None
    quick: tuple[str, ...] = ()


@dataclass(frozen=True)
class ListRequest:
    """What was asked of a list, typed. ``cursor`` is (sort value, id); ``backward`` pages towards the beginning."""

    filters: tuple[Filter, ...] = ()
    quick: str = ""
    sort: str = ""
    descending: bool = False
    cursor: tuple[Any, int] | None = None
    backward: bool = False
    last: bool = False
    size: int = PAGE_SIZE
    # Parents the quick search has found: the page and the count ask for the same ones.
    parents: dict[str, list[int]] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Total:
    """How many rows there are: exact, at least, or estimated."""

    count: int
    is_exact: bool
    is_estimate: bool = False


@dataclass
class Page:
    """One page of rows, and the arguments that lead to its neighbours (None where there is none)."""

    rows: list[Any] = field(default_factory=list)
    first: dict[str, str] | None = None
    previous: dict[str, str] | None = None
    next: dict[str, str] | None = None
    last: dict[str, str] | None = None


@cache
def sortable(model: type[Any], names: tuple[str, ...]) -> tuple[str, ...]:
    """The columns among ``names`` that an index leads with: only those may be sorted by."""
    table = model.__table__
    leading = {next(iter(index.columns)).name for index in table.indexes if len(index.columns)}
    leading |= {
        next(iter(constraint.columns)).name
        for constraint in table.constraints
        if isinstance(constraint, sa.UniqueConstraint | sa.PrimaryKeyConstraint)
    }
    leading |= {column.name for column in table.columns if column.unique or column.index}
    attributes = sa.inspect(model).attrs
    return tuple(
        name
        for name in names
        if isinstance(attributes.get(name), sa.orm.ColumnProperty) and attributes[name].columns[0].name in leading
    )


def parse(spec: ListSpec, actor: Actor, args: Args, today: date | None = None) -> tuple[ListRequest, list[Reason]]:
    """The typed request, and what was wrong: a wrong part is left out, so that screens can show the rest."""
    plain_args = dict(args)
    filters, problems = parse_filters(spec.model, spec.search, actor, args, today)
    sort, descending = spec.base_order[0], spec.base_order[1] == "desc"
    if asked := plain_args.get("sort", "").strip():
        name = asked.lstrip("-")
        if name in spec.order and access(actor, spec.model, name) is Access.full:
            sort, descending = name, asked.startswith("-")
        else:
            problems.append(Reason("invalid_sort", _l("The list cannot be sorted by “%(name)s”."), {"name": name[:80]}))
    size = PAGE_SIZE
    if raw := plain_args.get("size", "").strip():
        if raw.isascii() and raw.isdigit() and len(raw) <= LONGEST_SIZE and 1 <= int(raw) <= LARGEST_PAGE:
            size = int(raw)
        else:
            problems.append(Reason("invalid_size", _l("A page has 1 to %(most)s rows."), {"most": LARGEST_PAGE}))
    backward = bool(plain_args.get("before"))
    cursor = None
    if token := plain_args.get("before") or plain_args.get("after"):
        try:
            cursor = _decode(spec.model, sort, token)
        except (BadValueError, ValueError, TypeError, KeyError, RecursionError, binascii.Error):
            backward = False
            problems.append(
                Reason("invalid_cursor", _l("This page address is no longer valid: start at the first page."))
            )
    request = ListRequest(
        tuple(filters),
        plain_args.get("q", "").strip()[:LONGEST_SEARCH].replace("\x00", ""),
        sort,
        descending,
        cursor,
        backward,
        plain_args.get("last") == "1" and cursor is None,
        size,
    )
    return request, problems


def conditions(ctx: Context, spec: ListSpec, request: ListRequest) -> list[sa.ColumnElement[bool]]:
    """The WHERE of a list: row scope, filters, quick search."""
    found = [condition.clause(spec.model) for condition in request.filters]
    if spec.scope is not None and not ctx.actor.is_system:
        found.append(spec.scope(ctx.actor))
    if request.quick:
        found.append(_quick(ctx, spec, request))
    return [clause for clause in found if not isinstance(clause, sa.True_)]


def page(ctx: Context, spec: ListSpec, request: ListRequest, *, scans: bool = False) -> Page:
    """One page: one statement, two or three where the quick search looks into a parent.

    With ``scans`` the table is read once from end to end and what was found is put in order. That is slow where many
    rows match and quick where the order's own index would be walked past a million others to find a few.
    """
    model = spec.model
    column = attribute_of(model, request.sort)
    # From the end of the list and towards its beginning, rows are fetched in reverse and turned round.
    reverse = request.backward or request.last
    descending = request.descending != reverse
    where = conditions(ctx, spec, request)
    if request.cursor is not None:
        value, row_id = request.cursor
        if value is THE_ROWS_OWN:
            value = _value_of_row(ctx, spec, column, row_id)
        where.append(_beyond(model, column, (value, row_id), descending=descending))
    ids = sa.select(model.id).where(*where).order_by(*_order(model, column, descending=descending))
    if scans:
        found = sa.select(model.id.label("id"), column.label("place")).where(*where).cte("found")
        found = found.prefix_with("MATERIALIZED")
        order = _ordered(found.c.place, found.c.id, descending=descending, nullable=_is_nullable(column))
        ids = sa.select(found.c.id).order_by(*order)
    inner = ids.limit(request.size + 1).subquery("page")
    statement = (
        sa.select(model)
        .join(inner, inner.c.id == model.id)
        .options(*loads(model, spec.columns, request.sort))
        .order_by(*_order(model, column, descending=descending))
    )
    rows = list(ctx.session.scalars(statement).unique())
    more = len(rows) > request.size
    rows = rows[: request.size]
    if reverse:
        rows.reverse()
    return _with_neighbours(rows, request, more=more)


def _with_neighbours(rows: list[Any], request: ListRequest, *, more: bool) -> Page:
    found = Page(rows)
    has_previous = more if request.backward or request.last else request.cursor is not None
    has_next = request.cursor is not None if request.backward else (more and not request.last)
    if has_previous:
        found.first = {}
        found.previous = {"before": _encode(rows[0], request.sort)} if rows else {}
    if has_next and rows:
        found.next = {"after": _encode(rows[-1], request.sort)}
        found.last = {"last": "1"}
    return found


def met(ctx: Context, asked: Sequence[tuple[ListSpec, ListRequest]]) -> set[int]:
    """The places of the lists in which any row matches: one statement, far quicker to make than those of the pages."""
    parts = [
        sa.select(sa.literal(place)).where(sa.exists(sa.select(spec.model.id).where(*conditions(ctx, spec, request))))
        for place, (spec, request) in enumerate(asked)
    ]
    return set(ctx.session.scalars(sa.union_all(*parts))) if parts else set()


def total(ctx: Context, spec: ListSpec, request: ListRequest) -> Total:
    """How many rows match, in one statement that never counts past the cap."""
    where = conditions(ctx, spec, request)
    capped = sa.select(sa.literal(1)).select_from(spec.model).where(*where).limit(COUNT_CAP + 1).subquery()
    count = sa.select(sa.func.count()).select_from(capped).scalar_subquery()
    estimate: Any = sa.literal(0)
    if not where and ctx.session.get_bind().dialect.name == "postgresql":
        estimate = (
            sa.select(sa.cast(sa.column("reltuples"), sa.BigInteger))
            .select_from(sa.table("pg_class"))
            .where(sa.column("oid") == sa.cast(spec.model.__tablename__, sa.dialects.postgresql.REGCLASS))
            .scalar_subquery()
        )
    counted, estimated = ctx.session.execute(sa.select(count, estimate)).one()
    if counted <= COUNT_CAP:
        return Total(counted, is_exact=True)
    if estimated and estimated > COUNT_CAP:
        return Total(int(estimated), is_exact=False, is_estimate=True)
    return Total(COUNT_CAP, is_exact=False)


def _order(model: type[Any], column: Any, *, descending: bool) -> list[Any]:
    """The order of a list; the id breaks ties."""
    order = _ordered(column, model.id, descending=descending, nullable=_is_nullable(column))
    return order[:1] if column.key == "id" else order


def _ordered(column: Any, pk: Any, *, descending: bool, nullable: bool) -> list[Any]:
    """Empty values count as the greatest, on both engines."""
    first = column.desc() if descending else column.asc()
    if nullable:
        first = first.nulls_first() if descending else first.nulls_last()
    return [first, pk.desc() if descending else pk.asc()]


def _beyond(model: type[Any], column: Any, cursor: tuple[Any, int], *, descending: bool) -> sa.ColumnElement[bool]:
    value, row_id = cursor
    if column.key == "id":
        return model.id < row_id if descending else model.id > row_id  # type: ignore[no-any-return]
    if value is None:
        if descending:
            return sa.or_(sa.and_(column.is_(None), model.id < row_id), column.is_not(None))
        return sa.and_(column.is_(None), model.id > row_id)
    here = sa.tuple_(column, model.id)
    bound = value if isinstance(value, sa.ScalarSelect) else sa.literal(value, column.type)
    there = sa.tuple_(bound, sa.literal(row_id))
    after: sa.ColumnElement[bool] = here < there if descending else here > there
    if _is_nullable(column) and not descending:
        return sa.or_(after, column.is_(None))
    return after


def _value_of_row(ctx: Context, spec: ListSpec, column: Any, row_id: int) -> Any:
    """The sort value of a row the actor may know of; of any other, that of no row, so that the page is empty."""
    other: Any = aliased(spec.model)
    inside: Any = sa.select(spec.model.id).where(spec.model.id == row_id)
    if spec.scope is not None and not ctx.actor.is_system:
        inside = inside.where(spec.scope(ctx.actor))
    return sa.select(getattr(other, column.key)).where(other.id.in_(inside)).scalar_subquery()


def _is_nullable(column: Any) -> bool:
    return bool(column.property.columns[0].nullable)


def _encode(row: Any, sort: str) -> str:
    attribute = attribute_of(type(row), sort)
    value = plain(getattr(row, attribute.key))
    if value is not None and _is_personal(type(row), sort):
        value = True
    token = json.dumps([sort, value, row.id], ensure_ascii=False)
    return base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")


def _is_personal(model: type[Any], sort: str) -> bool:
    """Whether the sort values are about people: an address is kept by browsers and proxies, so it holds none."""
    return sensitivity_of(model, sort) in PERSONAL


def _decode(model: type[Any], sort: str, token: str) -> tuple[Any, int]:
    padded = token + "=" * (-len(token) % 4)
    made_for, raw, row_id = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
    if made_for != sort or not isinstance(row_id, int) or isinstance(row_id, bool):
        raise BadValueError
    value_of(sa.Integer(), str(row_id))
    if raw is None:
        return None, row_id
    if _is_personal(model, sort):
        if raw is not True:
            raise BadValueError
        return THE_ROWS_OWN, row_id
    column = attribute_of(model, sort)
    return value_of(column.type, str(raw)), row_id


def _quick(ctx: Context, spec: ListSpec, request: ListRequest) -> sa.ColumnElement[bool]:
    """Numbers by their beginning (an index answers), search texts inside; parents by whole numbers, looked up first."""
    text = request.quick
    parts: list[sa.ColumnElement[bool]] = []
    for path in spec.quick:
        parent, _, name = path.rpartition(".")
        if not parent:
            parts += _own(ctx.actor, spec.model, name, text) + _begun(ctx.actor, spec.model, name, text)
            continue
        relation = sa.inspect(spec.model).relationships[parent]
        target = relation.mapper.class_
        matches = _own(ctx.actor, target, name, text)
        if not matches:
            continue
        key = attribute_of(spec.model, parent)
        if path not in request.parents:
            found = sa.select(target.id).where(sa.or_(*matches)).limit(FEW_PARENTS + 1)
            request.parents[path] = list(ctx.session.scalars(found))
        ids = request.parents[path]
        if len(ids) > FEW_PARENTS:
            parts.append(sa.exists().where(target.id == key, sa.or_(*matches)))
        elif ids:
            parts.append(key.in_(ids))
    return sa.or_(*parts) if parts else sa.false()


def _own(actor: Actor, model: type[Any], name: str, text: str) -> list[sa.ColumnElement[bool]]:
    """The conditions of the quick search on one table; what the actor sees masked is not searched."""
    if name == "search_text":
        # The search text holds name and phone: who sees one of them masked searches the other columns only, and who
        # sees them for a while finds by them only what lies in the window.
        levels = {word: access(actor, model, word) for word in ("name", "phone") if word in sa.inspect(model).attrs}
        if all(found is Access.full for found in levels.values()):
            return [holds(model.search_text, text)]
        readable = [word for word, found in levels.items() if found is Access.full]
        codes = [word for word in ("code", "sku_code") if word in sa.inspect(model).attrs]
        parts = [contains(getattr(model, word), text) for word in readable]
        if set(levels.values()) <= {Access.full, Access.window}:
            parts.append(sa.and_(holds(model.search_text, text), open_rows(actor, model)))
        return parts + [getattr(model, word) == text.upper() for word in codes]
    if access(actor, model, name) is not Access.full:
        return []
    column = getattr(model, name)
    return [column.in_({text, text.upper()})]


def _begun(actor: Actor, model: type[Any], name: str, text: str) -> list[sa.ColumnElement[bool]]:
    """The beginning of a number, ``SO-202611`` or ``SF12345``; the range lets the index answer on both engines."""
    if name == "search_text" or not NUMBER.fullmatch(text) or access(actor, model, name) is not Access.full:
        return []
    column, begun = getattr(model, name), text.upper()
    # Letters come after digits whatever the collation does with hyphens.
    return [sa.and_(column >= begun, column <= f"{begun}Z", column.startswith(begun))]
