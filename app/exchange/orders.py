"""From rows to whole orders: what contradicts itself between rows stays outside, with everything that hangs on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from app.exchange.fields import NO, SEGMENTS, Segment, folded
from app.exchange.mapping import Mapped
from app.exchange.reading import Book
from app.exchange.rows import SourceRow, columns_not_taken, order_rows, return_rows

# What is said once for an order must be said alike in all its rows.
ORDER_WIDE: Final = ("ordered_on", "shipped_on", "segment", "customer_name", "province", "city")


@dataclass
class PastOrder:
    """An order of the file whose rows agree with one another."""

    order_no: str
    rows: list[SourceRow]
    is_returned: bool = False

    @property
    def first(self) -> SourceRow:
        """The row that speaks for the order: all agree."""
        return self.rows[0]

    @property
    def segment(self) -> Segment:
        """What the segment of its customer means."""
        return SEGMENTS[folded(self.first.text("segment"))]

    def keys(self) -> list[str]:
        """The source keys of its rows, in their order."""
        return [row.key(is_returned=self.is_returned) for row in self.rows]


@dataclass
class Plan:
    """What an import is going to do with every row of a file."""

    book: Book
    mapped: Mapped
    rows: list[SourceRow]
    returns: list[SourceRow]
    orders: list[PastOrder] = field(default_factory=list)
    duplicates: list[PastOrder] = field(default_factory=list)
    not_taken: list[str] = field(default_factory=list)

    def rejected(self) -> list[SourceRow]:
        """Rows of the orders that stay outside."""
        return [row for row in self.rows if row.problems]

    def rejected_returns(self) -> list[SourceRow]:
        """Rows of the returns that stay outside."""
        return [row for row in self.returns if row.problems]

    def refuse(self, order: PastOrder, name: str, code: str, /, **data: object) -> None:
        """Refuses a whole order that the database contradicts; ``settle`` draws the consequences."""
        for row in order.rows:
            row.refuse(name, code, **data)

    def settle(self) -> None:
        """Takes refused orders out of the plan, and refuses their returns with them."""
        self.orders = [order for order in self.orders if not any(row.problems for row in order.rows)]
        refused = _first_refused(self.rows)
        for row in self.returns:
            if not row.problems and row.order_no in refused:
                row.refuse("order_no", "return_order_refused", row=refused[row.order_no])


def plan_import(book: Book, mapped: Mapped, today: date) -> Plan:
    """Checks every row, by itself and against the others; the database is not asked."""
    rows = order_rows(book, mapped.main, today)
    returns = return_rows(book, mapped.returns) if mapped.returns else []
    _check_row_ids(rows)
    customers = _check_orders(rows)
    _check_names(rows, "product_key", "product_name")
    _check_names(rows, "customer_key", "customer_name")
    spread(rows)
    returned = _check_returns(rows, returns, customers)
    orders = [
        PastOrder(number, group, is_returned=number in returned)
        for number, group in _by(rows, "order_no").items()
        if not any(row.problems for row in group)
    ]
    return Plan(book, mapped, rows, returns, orders, not_taken=columns_not_taken(book, mapped.main))


def _by(rows: Iterable[SourceRow], name: str) -> dict[str, list[SourceRow]]:
    groups: dict[str, list[SourceRow]] = defaultdict(list)
    for row in rows:
        if value := row.text(name):
            groups[value].append(row)
    return groups


def _check_row_ids(rows: Sequence[SourceRow]) -> None:
    for group in _by(rows, "row_id").values():
        for row in group[1:]:
            row.refuse("row_id", "row_twice", row=group[0].no)


def _check_orders(rows: Sequence[SourceRow]) -> dict[str, int]:
    """Refuses orders whose rows disagree. Returns how many customers each order number stands with."""
    counts = {}
    for number, group in _by(rows, "order_no").items():
        customers = {row.text("customer_key") for row in group} - {""}
        counts[number] = len(customers)
        if len(customers) > 1:
            for row in group:
                row.refuse("customer_key", "several_customers", count=len(customers))
            continue
        for name in ORDER_WIDE:
            values = {row.values.get(name) for row in group if row.values.get(name) is not None}
            if len(values) > 1:
                for row in group:
                    row.refuse(name, "several_values", column=row.columns.get(name, name), count=len(values))
    return counts


def _check_names(rows: Sequence[SourceRow], key: str, name: str) -> None:
    for group in _by(rows, key).values():
        names = {row.text(name) for row in group} - {""}
        if len(names) > 1:
            for row in group:
                row.refuse(name, "several_names", count=len(names))


def spread(rows: Sequence[SourceRow]) -> None:
    """One order is one transaction: where one row is refused, the others of its order are."""
    refused = _first_refused(rows)
    for row in rows:
        if not row.problems and row.order_no in refused:
            row.refuse("order_no", "other_row_refused", row=refused[row.order_no])


def _first_refused(rows: Iterable[SourceRow]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        if row.problems and row.order_no:
            found.setdefault(row.order_no, row.no)
    return found


def _check_returns(rows: Sequence[SourceRow], returns: Sequence[SourceRow], customers: dict[str, int]) -> set[str]:
    """Refuses returns that name no order of the file that comes in. Returns the numbers that are returned."""
    refused, seen = _first_refused(rows), dict[str, int]()
    for row in returns:
        number = row.order_no
        if not number:
            continue
        if number in seen:
            row.refuse("order_no", "return_twice", row=seen[number])
        elif number not in customers:
            row.refuse("order_no", "return_unknown_order")
        elif customers[number] > 1:
            row.refuse("order_no", "return_several_customers", count=customers[number])
        elif number in refused:
            row.refuse("order_no", "return_order_refused", row=refused[number])
        seen.setdefault(number, row.no)
    return {row.order_no for row in returns if not row.problems and folded(row.text("returned")) not in NO}
