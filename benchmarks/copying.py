"""COPY into our tables: rows as text, columns from the models, indexes and foreign keys built afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    import sqlalchemy as sa

NULL: Final = r"\N"


class Sheet:
    """Rows of one table on their way: the id and the varying columns by position, the others as constants.

    A constant is what the caller gives, else the default of the column, else NULL.
    """

    def __init__(self, table: sa.Table, varying: str, **constants: str) -> None:
        self.table = table
        names = ["id", *varying.split()]
        known = {column.name for column in table.columns}
        if unknown := ({*names, *constants} - known):
            msg = f"{table.name} has no {sorted(unknown)}"
            raise ValueError(msg)
        others = [column for column in table.columns if column.name not in names]
        fixed = [constants.get(column.name) or _default(column) for column in others]
        self.columns = [*names, *(column.name for column in others)]
        cells = ["%s"] * len(names) + [value.replace("%", "%%") for value in fixed]
        self._template = "\t".join(cells) + "\n"
        self._rows: list[str] = []

    def add(self, *values: Any) -> None:
        """One row; NULL is :data:`NULL`. Values must be free of tabs, line feeds and backslashes."""
        self._rows.append(self._template % values)

    def send(self, cursor: psycopg.Cursor) -> None:
        """COPY what has gathered."""
        if not self._rows:
            return
        columns = ", ".join(self.columns)
        with cursor.copy(f"COPY {self.table.name} ({columns}) FROM STDIN") as copy:
            copy.write("".join(self._rows))
        self._rows.clear()


def _default(column: sa.Column[Any]) -> str:
    """The text of a column's Python-side default."""
    default = column.default
    if default is None:
        return "1" if column.name == "version" else NULL
    if default.is_callable:
        return {"list": "[]", "dict": "{}"}[default.arg.__name__]
    value = default.arg
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(getattr(value, "value", value))


class Scaffold:
    """What is taken down before a load and put up after it, so that it is built once instead of kept row by row.

    Building checks as well: a foreign key that does not hold fails here.
    """

    def __init__(self, connection: psycopg.Connection, tables: Sequence[str]) -> None:
        self._connection = connection
        wanted = list(tables)
        self._foreign_keys = connection.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s) ORDER BY 1, 2",
            [wanted],
        ).fetchall()
        self._uniques = connection.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'u' AND conrelid::regclass::text = ANY(%s) ORDER BY 1, 2",
            [wanted],
        ).fetchall()
        self._indexes = connection.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indrelid::regclass::text = ANY(%s) AND NOT EXISTS"
            " (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u')) ORDER BY 1",
            [wanted],
        ).fetchall()

    def take_down(self) -> None:
        """Drop them; primary keys stay."""
        for table, name, _ in [*self._foreign_keys, *self._uniques]:
            self._connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for name, _ in self._indexes:
            self._connection.execute(f"DROP INDEX {name}")

    def indexes(self) -> list[str]:
        """The statements that build the indexes."""
        uniques = [f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {text}' for table, name, text in self._uniques]
        return uniques + [text for _, text in self._indexes]

    def foreign_keys(self) -> tuple[list[str], list[str]]:
        """The statements that add the foreign keys, one after the other, and those that check them, side by side."""
        adding = [
            f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {text} NOT VALID' for table, name, text in self._foreign_keys
        ]
        checking = [f'ALTER TABLE {table} VALIDATE CONSTRAINT "{name}"' for table, name, _ in self._foreign_keys]
        return adding, checking
