"""The base of every screen: an entity is declared once, in the framework's vocabulary and a few words of ours.

Screens, buttons, rights, REST API and OpenAPI follow from the declaration; ``views.menu`` registers it in one line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import g, url_for
from marshmallow import missing

import app.reactions
import app.security.windows  # noqa: F401 - declares the windows before the first value is shown
from app.kernel.context import Actor, Context
from app.kernel.errors import NotFoundError
from app.kernel.fields import editable, fillable, visible
from app.kernel.filters import LARGEST_ID
from app.kernel.journal import entity_name, state_column
from app.kernel.listing import PAGE_SIZE, ListSpec, Scope, sortable
from app.kernel.schema import EntityInput, column_of, label_of_column, schema_of
from app.kernel.workflow import DeclarationError, Workflow, workflow_of
from models.base import Fixed, UtcDateTime
from views.adapter import FRAMEWORK_ROUTES, EntityInterface, QuietModelView

Creates = Callable[[Context, Mapping[str, Any]], Any]
Changes = Callable[[Context, Any, Mapping[str, Any]], Any]

# (context, stored record or None, its valid values, {grid: [(stored row or None, its valid values)]})
# → (a record that is not stored, {grid: [row, None or ValidationFailedError]})
Quotes = Callable[[Context, Any, Mapping[str, Any], Mapping[str, Any]], tuple[Any, Mapping[str, list[Any]]]]
# (context, arguments of the link) → {grid: [the values of a row]}
Starts = Callable[[Context, Mapping[str, str]], Mapping[str, list[dict[str, Any]]]]
Hints = Callable[[Context, Any], list[dict[str, Any]]]

ENTITIES: dict[str, type[EntityDeclaration]] = {}
# Plain functions of a declaration, called without the view.
FUNCTIONS = (
    "scope", "creates", "changes", "can_be_edited", "parent_allows", "way", "hints", "further", "quotes", "figures",
    "beside",
    "starts_with",
    "twins",
)  # fmt: skip
INLINE_ROUTES = ("quote", "paste")
CELL_ROUTES = ("cell", "change_many")
REQUIRED = ("list_columns", "search_columns", "show_fieldsets", "base_order")


class EntityDeclaration(QuietModelView):
    """What an entity's screen is made of, checked when the class is made.

    The framework's words: ``datamodel``, ``list_columns``, ``search_columns``, ``add_columns``, ``edit_columns``,
    ``show_fieldsets``, ``base_order``, ``order_columns``, ``related_views``, ``label_columns``, ``page_size``.
    Ours: ``scope`` (actor → clause: the rows one may know of), ``quick_search`` (see ``ListSpec.quick``), ``creates``
    and ``changes`` (use cases instead of plain columns), ``add_schema`` (other input than columns),
    ``optional_columns`` (filled in by ``creates`` when not given), ``can_be_edited`` and ``parent_allows`` (whether a
    record may be edited, or be added to a parent, now), ``quick_views`` ((label, arguments) of the list), ``way``
    (the stations of a record), ``awaits`` (state → the right of whoever goes on with it in another table),
    ``restricted`` (column → the further right to write it), ``extra_permissions`` (rights beside this screen),
    ``hints`` and ``further`` (flags beside the clocks and buttons beside the steps of a record), ``figures`` (the strip
    of figures above a record), ``beside`` (what stands beside the form of a step: ``values`` and ``helps`` by field,
    ``facts``, ``table`` as the entity of a related view), ``shares`` (column of a quantity → the one it is a part of:
    shown as a small bar).
    ``links`` (column → where its value leads), ``choices`` (column of words → what its filter offers beside the other
    filters), ``whole`` (columns that the filter bar compares whole: an index answers). ``facets`` (columns of words
    that the list counts beside its state), ``totals`` (columns that are added up under the list), ``board`` (False: no
    cards by state; or the states it shows), ``planned`` (the day or moment that the calendar of the list goes by),
    ``cells`` (columns of the edit form that may be changed in the list, of one row or of many at once).
    ``inlines`` (relation → grid of child rows in the forms, see ``views.inline``), ``quotes`` (what the typed form
    would cost), ``quoted_columns`` (the sums of it that are shown) and ``starts_with`` (rows of a new form). The
    framework's ``add_fieldsets`` and ``edit_fieldsets`` put the form in sections; they may name grids. With
    ``views.paper.Printed``: ``papers`` (what can be printed of a record); with ``views.talk.Talked``: ``talk``
    (comments and files beside a record).
    """

    is_abstract: ClassVar[bool] = True
    scope: ClassVar[Scope | None] = None
    quick_search: ClassVar[tuple[str, ...]] = ()
    quick_views: ClassVar[tuple[tuple[Any, dict[str, str]], ...]] = ()
    creates: ClassVar[Creates | None] = None
    changes: ClassVar[Changes | None] = None
    add_schema: ClassVar[type[EntityInput] | None] = None
    can_be_edited: ClassVar[Callable[[Any], bool] | None] = None
    charts: ClassVar[tuple[Any, ...]] = ()
    extra_permissions: ClassVar[tuple[str, ...]] = ()
    has_twins: ClassVar[bool] = False
    optional_columns: ClassVar[tuple[str, ...]] = ()
    parent_allows: ClassVar[Callable[[Any], bool] | None] = None
    way: ClassVar[Callable[[Any], list[dict[str, Any]]] | None] = None
    awaits: ClassVar[Mapping[Any, str]] = {}
    restricted: ClassVar[Mapping[str, str]] = {}
    hints: ClassVar[Hints | None] = None
    further: ClassVar[Hints | None] = None
    figures: ClassVar[Hints | None] = None
    beside: ClassVar[Callable[[Context, Any, str], dict[str, Any]] | None] = None
    shares: ClassVar[Mapping[str, str]] = {}
    has_history: ClassVar[bool] = True
    masks_can_be_lifted: ClassVar[bool] = False
    talk: ClassVar[bool] = False
    api_base: ClassVar[type[Any] | None] = None
    api_parts: ClassVar[tuple[type[Any], ...]] = ()
    links: ClassVar[Mapping[str, Callable[[Context, Any], str | None]]] = {}
    choices: ClassVar[Mapping[str, Callable[[Mapping[str, str]], list[tuple[str, str]]]]] = {}
    whole: ClassVar[frozenset[str]] = frozenset()
    inlines: ClassVar[Mapping[str, Any]] = {}
    quotes: ClassVar[Quotes | None] = None
    starts_with: ClassVar[Starts | None] = None
    quoted_columns: ClassVar[tuple[str, ...]] = ()
    facets: ClassVar[tuple[str, ...]] = ()
    totals: ClassVar[tuple[str, ...]] = ()
    board: ClassVar[bool | tuple[Any, ...]] = True
    planned: ClassVar[str | None] = None
    cells: ClassVar[tuple[str, ...]] = ()
    page_size = PAGE_SIZE

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.__dict__.get("is_abstract", False):
            return
        cls.is_abstract = False
        for name in FUNCTIONS:
            if callable(value := cls.__dict__.get(name)):
                setattr(cls, name, staticmethod(value))
        cls.add_columns = list(cls.add_columns or [])
        cls.edit_columns = list(cls.edit_columns or [])
        check(cls)
        cls.class_permission_name = cls.entity()
        cls.route_base = f"/{cls.entity()}"
        cls.base_permissions = permissions_of(cls)
        cls.show_columns = [name for _, part in cls.show_fieldsets for name in part["fields"]]
        candidates = tuple(dict.fromkeys((*cls.list_columns, cls.base_order[0])))
        table: Any = cls.model()
        cls.order_columns = list(cls.order_columns or sortable(table, candidates))
        # What the declaration does not give has no address either.
        given = {"board": bool(cls.board_states()), "calendar": cls.planned is not None}
        given |= dict.fromkeys(INLINE_ROUTES, bool(cls.inlines)) | dict.fromkeys(CELL_ROUTES, bool(cls.cells))
        given["undo"] = bool(cls.edit_columns)
        given["hold"] = bool(cls.add_columns or cls.add_schema)
        cls.exclude_route_methods = set(FRAMEWORK_ROUTES) | {name for name, is_there in given.items() if not is_there}
        ENTITIES[cls.entity()] = cls

    @classmethod
    def model(cls) -> type[Any]:
        """The table."""
        found: type[Any] = cls.datamodel.obj
        return found

    @classmethod
    def entity(cls) -> str:
        """The word of the table in addresses, rights and journal."""
        return word_of(cls.model())

    @classmethod
    def workflow(cls) -> Workflow | None:
        """The workflow of the table, if it has one."""
        return workflow_of(cls.model())

    @classmethod
    def label(cls, name: str) -> Any:
        """The label of a column; ``label_columns`` wins, as in the framework."""
        return (getattr(cls, "label_columns", None) or {}).get(name) or label_of_column(cls.model(), name)

    @classmethod
    def spec(cls) -> ListSpec:
        """The list as ``app.kernel.listing`` knows it."""
        return _spec(cls.entity())

    @classmethod
    def seen_columns(cls, actor: Actor, names: list[str]) -> list[str]:
        """The columns that are not hidden from the actor."""
        return visible(actor, cls.model(), names)

    @classmethod
    def input_schema(cls, actor: Actor, *, is_new: bool, record: Any = None) -> type[EntityInput]:
        """What may be written by this actor, on screen and through the API: what he sees in full of the record."""
        if is_new and cls.add_schema is not None:
            return cls.add_schema
        table: Any = cls.model()
        names = fillable(actor, table, cls._open(actor, cls.add_columns)) if is_new else None
        names = cls.editable_columns(actor, record) if names is None else names
        return _schema(table, tuple(names), cls.optional_columns)

    @classmethod
    def _open(cls, actor: Actor, names: Sequence[str]) -> list[str]:
        """The keys of columns without those that ask for a further right."""
        keys = [column_key(cls.model(), name) for name in names]
        return [key for key in keys if key not in cls.restricted or actor.may(cls.restricted[key])]

    @classmethod
    def editable_columns(cls, actor: Actor, record: Any = None, names: Sequence[str] | None = None) -> list[str]:
        """The keys that the actor may write of a record: of the edit form, or of the named ones of it."""
        return editable(actor, cls.model(), cls._open(actor, cls.edit_columns if names is None else names), record)

    @classmethod
    def cell_schema(cls, name: str) -> type[EntityInput]:
        """The input of one column by itself."""
        table: Any = cls.model()
        return _schema(table, (name,), cls.optional_columns)

    @classmethod
    def facet_columns(cls) -> list[str]:
        """The state and the declared columns of words: what the list counts."""
        state = state_column(cls.model())
        return list(dict.fromkeys([*([state] if state else []), *cls.facets]))

    @classmethod
    def board_states(cls) -> list[Any]:
        """The columns of the board; none where rows go no way, or the state may not be filtered by."""
        workflow = cls.workflow()
        if workflow is None or not cls.board or "state" not in cls.search_columns:
            return []
        return list(cls.board) if isinstance(cls.board, tuple) else list(workflow.states)

    @classmethod
    def add_keys(cls) -> set[str]:
        """The names of an add form, whoever sees it."""
        if cls.add_schema is not None:
            return set(cls.add_schema().fields)
        return {column_key(cls.model(), name) for name in cls.add_columns}

    @classmethod
    def scoped(cls, actor: Actor, statement: sa.Select[Any]) -> sa.Select[Any]:
        """A statement about the records, inside the rows of the actor."""
        return statement if cls.scope is None or actor.is_system else statement.where(cls.scope(actor))

    @classmethod
    def find(cls, ctx: Context, pk: int) -> Any:
        """A record the actor may know of. Raises NotFoundError for every other, existing or not."""
        model = cls.model()
        if not 0 < pk <= LARGEST_ID:
            raise NotFoundError
        statement = cls.scoped(ctx.actor, sa.select(model).where(model.id == pk))
        record = ctx.session.scalars(statement).unique().one_or_none()
        if record is None:
            raise NotFoundError
        return record

    @classmethod
    def may_see(cls, actor: Actor) -> bool:
        """Whether the actor may know of records at all: the list of them, or one at a time."""
        return cls.may(actor, "list") or cls.may(actor, "show")

    @classmethod
    def may(cls, actor: Actor, permission: str) -> bool:
        """Whether the actor holds a right on this entity."""
        return actor.may(f"{cls.entity()}.{permission}")

    @classmethod
    def may_add(cls, actor: Actor) -> bool:
        """Whether there is an add form for the actor."""
        return bool(cls.add_columns or cls.add_schema) and cls.may(actor, "add")

    @classmethod
    def may_edit(cls, actor: Actor, record: Any) -> bool:
        """Whether there is an edit form for the actor and this record."""
        allowed = bool(cls.edit_columns) and cls.may(actor, "edit")
        return allowed and (cls.can_be_edited is None or cls.can_be_edited(record))

    @classmethod
    def show_url(cls, pk: int) -> str:
        """The page of a record; a list asks for many, so the way there is found once a request."""
        ways: dict[str, str] = g.setdefault("zhidan_ways", {})
        if cls.__name__ not in ways:
            ways[cls.__name__] = cls.url("show", pk=0).removesuffix("0")
        return f"{ways[cls.__name__]}{pk}"

    @classmethod
    def url(cls, route: str, **values: Any) -> str:
        """The address of one of the entity's routes (``list``, ``show``, ``add``, ``edit``, ``step`` …)."""
        return url_for(f"{cls.__name__}.{route}", **values)


def permissions_of(view: type[EntityDeclaration]) -> list[str]:
    """The framework's permission names that a declaration makes: the same for the screen and the API."""
    names = ["list", "show", "export"]
    names += ["add"] if view.add_columns or view.add_schema else []
    names += ["edit"] if view.edit_columns else []
    workflow = view.workflow()
    if workflow is not None:
        names += [step.permission for step in workflow.steps if step.permission]
    names += ["reveal"] if view.masks_can_be_lifted else []
    names += ["comment"] if view.talk else []
    return [f"can_{name}" for name in dict.fromkeys([*names, *view.extra_permissions])]


def check(view: type[EntityDeclaration]) -> None:
    """Raises DeclarationError on names the table does not have, forms with a state and missing lists."""
    model = view.model()
    for name in REQUIRED:
        if not getattr(view, name):
            refuse(view, f"{name} must be declared")
    shown = [name for _, part in view.show_fieldsets for name in part["fields"]]
    named = [*view.list_columns, *view.search_columns, *view.add_columns, *view.edit_columns, *shown]
    for name in [*named, view.base_order[0], *(view.order_columns or [])]:
        if not hasattr(model, name):
            refuse(view, f"the table has no {name!r}")
    state = state_column(model)
    if state in {*view.add_columns, *view.edit_columns}:
        refuse(view, "a state is changed by steps only")
    attributes = sa.inspect(model).attrs
    for name in [*view.search_columns, *view.add_columns, *view.edit_columns]:
        if name not in attributes or getattr(attributes[name], "uselist", False):
            refuse(view, f"{name!r} is not a column or a many-to-one relation")
    if view.base_order[1] not in {"asc", "desc"} or view.base_order[0] not in attributes:
        refuse(view, f"base_order {view.base_order!r}")
    _check_figures(view, attributes)
    for path in view.quick_search:
        parent, _, name = path.rpartition(".")
        target = attributes[parent].mapper.class_ if parent else model
        if not hasattr(target, name):
            refuse(view, f"quick_search {path!r}")


def _check_figures(view: type[EntityDeclaration], attributes: Any) -> None:
    """What a list counts is found by an index, what it adds up are numbers, what it plans by is a day."""
    model = view.model()
    leading: Any = sortable  # its cache knows no class of ours
    for name in view.facets:
        if name not in view.search_columns or name not in leading(model, (name,)):
            refuse(view, f"facets {name!r} must be searchable and lead an index")
        if not isinstance(attributes[name].columns[0].type, sa.Enum | sa.Boolean):
            refuse(view, f"facets {name!r} is no column of words")
    for name in view.totals:
        if name not in attributes or not isinstance(attributes[name].columns[0].type, Fixed | sa.Integer):
            refuse(view, f"totals {name!r} is no column of numbers")
    for name in view.cells:
        if name not in view.edit_columns or not isinstance(attributes[name], sa.orm.ColumnProperty):
            refuse(view, f"cells {name!r} is no plain column of the edit form")
    planned = view.planned
    if planned is not None and (
        planned not in leading(model, (planned,))
        or not isinstance(attributes[planned].columns[0].type, UtcDateTime | sa.Date)
    ):
        refuse(view, f"planned {planned!r} is no day that leads an index")


def refuse(view: type[Any], what: str) -> None:
    """Raises DeclarationError."""
    msg = f"{view.__name__}: {what}"
    raise DeclarationError(msg)


def word_of(model: type[Any]) -> str:
    """The word of a table in addresses, rights and journal."""
    return entity_name(model)


def view_of(model: type[Any]) -> type[EntityDeclaration] | None:
    """The declaration of a table, if it has a screen."""
    return ENTITIES.get(word_of(model))


def view_of_table(table: str) -> type[EntityDeclaration] | None:
    """The declaration of a table by its name in the database."""
    return next((view for view in ENTITIES.values() if view.model().__tablename__ == table), None)


def parent_relation(child: type[Any], parent: type[Any]) -> str | None:
    """The many-to-one relation of a child to a parent table."""
    for relation in sa.inspect(child).relationships:
        if relation.direction is sa.orm.MANYTOONE and relation.mapper.class_ is parent:
            return str(relation.key)
    return None


def column_key(model: type[Any], name: str) -> str:
    """The name a column has in forms and bodies: a relation is its foreign key."""
    column = column_of(model, name)
    return str(sa.inspect(model).get_property_by_column(column).key)


@cache
def _spec(entity: str) -> ListSpec:
    view = ENTITIES[entity]
    return ListSpec(
        model=view.model(),
        columns=tuple(view.list_columns),
        search=tuple(view.search_columns),
        order=tuple(view.order_columns),
        base_order=tuple(view.base_order),
        scope=view.scope,
        quick=view.quick_search,
    )


@cache
def _schema(model: type[Any], names: tuple[str, ...], optional: tuple[str, ...]) -> type[EntityInput]:
    schema = schema_of(model, names)
    for name in optional:
        if name in schema._declared_fields:  # noqa: SLF001 - marshmallow has no other way to a class's fields
            schema._declared_fields[name].required = False  # noqa: SLF001
            schema._declared_fields[name].load_default = missing  # noqa: SLF001
    return schema


__all__ = ["ENTITIES", "EntityDeclaration", "EntityInterface", "parent_relation", "view_of", "view_of_table"]
