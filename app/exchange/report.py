"""What an import did, in figures that add up to the file: rows, amounts and quantities of both parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from app.exchange.orders import PastOrder, Plan
from app.exchange.rows import ZERO, SourceRow
from app.kernel.money import rounded

HEADERS: Final = "headers"
PREVIEWED: Final = 10


@dataclass
class Sums:
    """Rows with the sums of what could be read in them; ``unreadable`` rows have no amount."""

    rows: int = 0
    amount: Decimal = ZERO
    qty: Decimal = ZERO
    unreadable: int = 0

    def add(self, rows: Iterable[SourceRow]) -> None:
        """Counts rows in."""
        for row in rows:
            self.rows += 1
            self.qty += row.qty or ZERO
            if row.amount is None:
                self.unreadable += 1
            else:
                self.amount += row.amount

    def as_json(self) -> dict[str, Any]:
        """Numbers as exact text."""
        amount, qty = (format(value.normalize(), "f") if value else "0" for value in (self.amount, self.qty))
        return {"rows": self.rows, "amount": amount, "qty": qty, "unreadable": self.unreadable}


@dataclass
class Report:
    """The account of one import. ``booked`` is the amount in the database after rounding each line to the 分."""

    file: Sums = field(default_factory=Sums)
    accepted: Sums = field(default_factory=Sums)
    duplicate: Sums = field(default_factory=Sums)
    rejected: Sums = field(default_factory=Sums)
    booked: Decimal = ZERO
    orders: Counter[str] = field(default_factory=Counter)
    returns: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    new_customers: set[str] = field(default_factory=set)
    new_products: set[str] = field(default_factory=set)
    not_taken: list[str] = field(default_factory=list)
    preview: list[dict[str, Any]] = field(default_factory=list)

    def take(self, order: PastOrder) -> None:
        """Counts an order that came in."""
        self.accepted.add(order.rows)
        booked = sum((rounded(row.values["amount"]) for row in order.rows), ZERO)
        self.booked += booked
        if len(self.preview) < PREVIEWED:
            first = order.first.values
            self.preview.append(
                {
                    "order_no": order.order_no,
                    "ordered_on": first["ordered_on"].isoformat(),
                    "completed_on": first["shipped_on"].isoformat(),
                    "lines": len(order.rows),
                    "qty": format(sum((row.values["qty"] for row in order.rows), ZERO), "f"),
                    "amount": format(booked, "f"),
                    "is_returned": order.is_returned,
                }
            )
        self.orders["accepted"] += 1
        self.orders["returned"] += order.is_returned

    def settle(self, plan: Plan) -> None:
        """Counts everything else once the plan has been carried out."""
        self.file.add(plan.rows)
        for order in plan.duplicates:
            self.duplicate.add(order.rows)
        rejected = plan.rejected()
        self.rejected.add(rejected)
        self.orders["duplicate"] = len(plan.duplicates)
        self.orders["file"] = len({row.order_no for row in plan.rows if row.order_no})
        self.orders["rejected"] = len({row.order_no for row in rejected if row.order_no})
        self.returns["file"] = len(plan.returns)
        self.returns["rejected"] = len(plan.rejected_returns())
        self.returns["accepted"] = self.returns["file"] - self.returns["rejected"]
        for row in [*rejected, *plan.rejected_returns()]:
            self.reasons[row.problems[0].code] += 1
        self.not_taken = plan.not_taken

    @property
    def rounding(self) -> Decimal:
        """What rounding the accepted lines to the 分 has added or taken away."""
        return self.booked - self.accepted.amount

    def as_json(self) -> dict[str, Any]:
        """As the import keeps it."""
        return {
            "file": self.file.as_json(),
            "accepted": self.accepted.as_json(),
            "duplicate": self.duplicate.as_json(),
            "rejected": self.rejected.as_json(),
            "booked": format(self.booked, "f"),
            "rounding": format(self.rounding, "f"),
            "orders": dict(self.orders),
            "returns": dict(self.returns),
            "reasons": dict(self.reasons.most_common()),
            "new_customers": len(self.new_customers),
            "new_products": len(self.new_products),
            "not_taken": self.not_taken,
            "preview": self.preview,
        }
