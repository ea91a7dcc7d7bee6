"""What every table is built from: the base class, exact column types, labels and sensitivity at the column.

Money, quantities and volumes are ``Decimal`` in Python and exact in both databases: PostgreSQL keeps NUMERIC,
SQLite keeps a scaled integer, because its NUMERIC is a float and sums drift.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, ClassVar

import sqlalchemy as sa
from flask_appbuilder import Model
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, MappedColumn, declared_attr, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
# Set before any table is declared, the framework's own ones included, so that migrations can name every constraint.
Model.metadata.naming_convention = NAMING_CONVENTION


class Sensitivity(StrEnum):
    """Field groups of domain/09 9.3: what a role may see of a column follows from its group."""

    NAME = "name"
    PHONE = "phone"
    CONTACT = "contact"
    ADDRESS = "address"
    CITY = "city"
    DOOR = "door"
    BANK = "bank"
    PRICE = "price"
    COST = "cost"


# For ``column(..., info=FREE_TEXT)``: what somebody writes down in words may name people, whoever may read it.
FREE_TEXT: Mapping[str, Any] = {"free_text": True}
# For ``column(..., info=FIXED)``: written once with its row; the flush refuses any other value, whoever sets it.
FIXED: Mapping[str, Any] = {"fixed": True}


class Fixed(TypeDecorator[Decimal]):
    """An exact decimal with a fixed number of places; on SQLite a scaled integer.

    Values are rounded half up to the column's places when bound. Products of two such columns must not be
    computed in SQL: the scaled integers would multiply their scales.
    """

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, precision: int = 14, scale: int = 2) -> None:
        super().__init__(precision, scale)
        self.precision = precision
        self.scale = scale
        self.quantum = Decimal(1).scaleb(-scale)
        self.limit = Decimal(10) ** (precision - scale)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """NUMERIC on PostgreSQL, BIGINT on SQLite."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.BigInteger())
        return dialect.type_descriptor(sa.Numeric(self.precision, self.scale))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Refuses floats and what does not fit; rounds half up."""
        if value is None:
            return None
        if isinstance(value, float):
            msg = "a float is not an exact number"
            raise TypeError(msg)
        exact = Decimal(value)
        if exact.is_finite() and abs(exact) < self.limit:
            exact = exact.quantize(self.quantum, rounding=ROUND_HALF_UP)
        # Looked at after rounding as well: it may have carried into one digit more.
        if not exact.is_finite() or abs(exact) >= self.limit:
            msg = f"{value} does not fit into {self.precision - self.scale} digits"
            raise ValueError(msg)
        return int(exact.scaleb(self.scale)) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """The stored number with exactly ``scale`` places."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return Decimal(int(value)).scaleb(-self.scale)
        return Decimal(value).quantize(self.quantum, rounding=ROUND_HALF_UP)

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:  # noqa: ARG002
        """A literal beside this column is bound like the column."""
        return self


class Amount(Fixed):
    """CNY including tax, two places."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(14, 2)


class UnitPrice(Fixed):
    """CNY a unit including tax, four places."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(14, 4)


class Quantity(Fixed):
    """Pieces, or m² for boards; three places."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(12, 3)


class Volume(Fixed):
    """Cubic metres, three places."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(10, 3)


class Percent(Fixed):
    """Per cent, three places (13 % is 13)."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(7, 3)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC. A naive one is refused."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """``timestamptz`` on PostgreSQL, naive UTC text on SQLite."""
        return dialect.type_descriptor(sa.DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC; without the zone where the engine keeps none."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a moment needs a time zone"
            raise ValueError(msg)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class StateType(sa.Enum):
    """The state of a record: text with a CHECK, changed by the workflow engine alone."""

    cache_ok = True


def words(enum: type[StrEnum], *, name: str) -> sa.Enum:
    """A column type for a vocabulary: its words as text with a CHECK named ``ck_<table>_<name>``."""
    return sa.Enum(
        enum,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


def state_words(enum: type[StrEnum]) -> StateType:
    """The column type of a state column."""
    return StateType(
        enum,
        name="state",
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


def column(
    type_: Any,
    label: Any,
    *args: Any,
    help_text: Any = None,
    sensitivity: Sensitivity | None = None,
    **options: Any,
) -> MappedColumn[Any]:
    """A column with its label, help text and sensitivity: they stand here and nowhere else.

    ``label`` and ``help_text`` are lazy translations. Further ``info`` may be given as ``info={...}``.
    """
    info = {
        "label": label,
        "help": help_text,
        "sensitivity": sensitivity,
        **options.pop("info", {}),
    }
    # The journal tells old values, also of a column that was expired when it was set.
    return mapped_column(type_, *args, info=info, active_history=True, **options)


def reference(target: str, label: Any, *, index: bool = True, **options: Any) -> MappedColumn[Any]:
    """A foreign key (``"customer.id"``), RESTRICT, indexed; its label is the label of the relation as well."""
    key = sa.ForeignKey(target, ondelete="RESTRICT")
    return column(sa.Integer, label, key, index=index, **options)


# Changed by putting a new value in its place: a change inside the value is not noticed.
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def money(label: Any, *, sensitivity: Sensitivity | None = Sensitivity.PRICE, **options: Any) -> MappedColumn[Any]:
    """CNY including tax, 0 unless given."""
    return column(
        Amount(), label, sensitivity=sensitivity, **{"nullable": False, "default": Decimal("0.00"), **options}
    )


class computed(property):  # noqa: N801 - reads as a word above a method
    """``@computed(sensitivity=…)`` above a method: a property that belongs to a field group as a column does.

    What is reckoned from sensitive columns is as sensitive: what a person may see of it is asked as for a column.
    """

    sensitivity: Sensitivity | None = None

    def __init__(self, fget: Any = None, *args: Any, sensitivity: Sensitivity | None = None) -> None:
        super().__init__(fget, *args)
        self.sensitivity = sensitivity or self.sensitivity

    def __call__(self, fget: Any) -> computed:
        """The property of a method."""
        return type(self)(fget, sensitivity=self.sensitivity)


def quantity(label: Any, **options: Any) -> MappedColumn[Any]:
    """A quantity, 0 unless given."""
    return column(Quantity(), label, **{"nullable": False, "default": Decimal("0.000"), **options})


def flag(label: Any, *, default: bool = False, **options: Any) -> MappedColumn[Any]:
    """Yes or no, never unknown."""
    return column(
        sa.Boolean,
        label,
        nullable=False,
        default=default,
        server_default=sa.true() if default else sa.false(),
        **options,
    )


def check(name: str, condition: str) -> sa.CheckConstraint:
    """A CHECK named ``ck_<table>_<name>``. Compare Fixed columns with one another and with 0 only (SQLite scales)."""
    return sa.CheckConstraint(condition, name=name)


def sort_index(*columns: str) -> sa.Index:
    """The index of a list sorted by these columns: lists page by key, so the id closes it."""
    return sa.Index(None, *columns, "id")


def unique_where(name: str, *columns: str, condition: str) -> sa.Index:
    """A unique index over the rows that meet a condition."""
    where = sa.text(condition)
    return sa.Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)


class Base(Model):
    """Base of every table of ours. A table belongs to one class: two classes claiming it is an error."""

    __abstract__ = True
    __table_args__: Any = ()
    # What a row and many rows are called on screens: lazy translations.
    __label__: ClassVar[Any]
    __label_plural__: ClassVar[Any]
    # Entities that say which order they belong to appear on its timeline.
    journal_order_attribute: ClassVar[str | None] = "order_id"
    # The column that says what a record is called beside its number or code, where its table has it.
    name_column: ClassVar[str] = "name"
    # The relation that says what a record is where its own number says too little (the product of an order line).
    shown_with: ClassVar[str | None] = None
    # Whose personal data a row holds: ways to the record, the first that leads somewhere counts; none: the row itself.
    subject_paths: ClassVar[tuple[str, ...]] = ()
    # Technical tables are not journalled row by row.
    is_journalled: ClassVar[bool] = True

    def __init__(self, **values: Any) -> None:
        """A new object is complete before it is flushed: it carries the defaults of its columns."""
        for attribute in type(self).__mapper__.column_attrs:
            default = attribute.columns[0].default
            if attribute.key not in values and default is not None and not default.is_sequence:
                values[attribute.key] = default.arg(None) if default.is_callable else default.arg
        super().__init__(**values)

    @property
    def keeps_files(self) -> bool:
        """Whether something was decided by the files beside it, so that none of them is withdrawn any more."""
        return False

    @declared_attr
    def id(cls) -> Mapped[int]:  # noqa: N805
        """Surrogate key."""
        return mapped_column(sa.Integer, primary_key=True, sort_order=-1)


class Stamped:
    """Who made and last changed the row, and when; set by the kernel when it is flushed. With an optimistic version."""

    @declared_attr
    def created_at(cls) -> Mapped[datetime]:  # noqa: N805
        """UTC."""
        return column(UtcDateTime, _l("Created at"), nullable=False)

    @declared_attr
    def updated_at(cls) -> Mapped[datetime]:  # noqa: N805
        """UTC."""
        return column(UtcDateTime, _l("Changed at"), nullable=False)

    @declared_attr
    def created_by_id(cls) -> Mapped[int | None]:  # noqa: N805
        """None where the system did it."""
        return reference("ab_user.id", _l("Created by"), index=False)

    @declared_attr
    def updated_by_id(cls) -> Mapped[int | None]:  # noqa: N805
        """None where the system did it."""
        return reference("ab_user.id", _l("Changed by"), index=False)

    @declared_attr
    def version(cls) -> Mapped[int]:  # noqa: N805
        """Raised by one at every change; an edit that saw an older one is refused."""
        return mapped_column(sa.Integer, nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        return {"version_id_col": cls.version}


class Stateful(Stamped):
    """A row with a workflow. The class declares ``state`` with :func:`state_words`."""

    @declared_attr
    def state_since(cls) -> Mapped[datetime]:  # noqa: N805
        """UTC moment at which the present state was entered; lists of open work sort by it."""
        return column(UtcDateTime, _l("In this state since"), nullable=False)
