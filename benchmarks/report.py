"""The table of a run: figures at both sizes, the aims of the panel, and whether they are met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.measure import Figures
    from benchmarks.pages import Page

GROWTH: Final = 1.3
CHART_MARGIN_MS: Final = 20
REQUESTS_A_SECOND: Final = 150
# Below this a ratio says nothing: both times are within what the machine's other work moves them.
NOISE_MS: Final = 2.0


@dataclass(frozen=True)
class Check:
    """One aim and what was measured."""

    what: str
    aim: str
    measured: str
    is_met: bool


def milliseconds(value: float | None) -> str:
    """A time as it is printed."""
    if value is None or value != value:  # noqa: PLR0124 - NaN is what differs from itself
        return "—"
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def kilobytes(size: int) -> str:
    """A size as it is printed."""
    return f"{size / 1000:,.0f} KB"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, figures to the right."""
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = [cell.ljust(widths[0]) if not place else cell.rjust(widths[place]) for place, cell in enumerate(cells)]
        return f"| {' | '.join(padded)} |"

    rule = "|".join("-" * (width + 1) + (":" if place else "-") for place, width in enumerate(widths))
    return "\n".join([line(head), f"|{rule}|", *(line(row) for row in rows)])


def pages_table(pages: Sequence[Page], found: Mapping[int, Mapping[str, Figures]]) -> str:
    """Median time, statements and bytes of each page at each size, and how the time grew."""
    sizes = sorted(found)
    head = ["page", *(f"ms at {size:,}" for size in sizes), "growth", "statements", "bytes", "SQL alone, ms"]
    rows = []
    for page in pages:
        figures = [found[size][page.name] for size in sizes]
        last = figures[-1]
        if last.failure:
            rows.append([page.label, *("" for _ in sizes), "", "", "", last.failure])
            continue
        growth = f"× {last.median / figures[0].median:.2f}" if len(sizes) > 1 else ""
        counts = "/".join(dict.fromkeys(str(figure.statements) for figure in figures))
        bare = milliseconds(last.bare_median) if page.is_chart else ""
        times = [milliseconds(figure.median) for figure in figures]
        rows.append([page.label, *times, growth, counts, kilobytes(last.size), bare])
    return table(head, rows)


def plain_table(
    pages: Sequence[Page], found: Mapping[int, Mapping[str, Figures]], plain: Mapping[int, Sequence[Mapping[str, Any]]]
) -> str:
    """The plain framework beside the panel, at each size."""
    head = ["page", "orders", "plain, ms", "statements", "bytes", "memory", "panel, ms", "plain ÷ panel"]
    labels = {page.name: page.label for page in pages}
    rows = []
    for size in sorted(plain):
        for entry in plain[size]:
            name = entry["page"]
            ours = found[size][name].median
            theirs = entry.get("median")
            rows.append(
                [
                    labels[name],
                    f"{size:,}",
                    milliseconds(theirs) if not entry["failure"] else entry["failure"],
                    str(entry["statements"] or "—"),
                    kilobytes(entry["size"]) if entry["size"] else "—",
                    f"{entry['memory_mb']:,} MB",
                    milliseconds(ours),
                    f"× {theirs / ours:,.1f}" if theirs and not entry["failure"] else "—",
                ]
            )
    return table(head, rows)


def checks(
    pages: Sequence[Page], found: Mapping[int, Mapping[str, Figures]], rates: Mapping[int, float]
) -> Iterator[Check]:
    """Every aim with its figure; what failed to answer has met nothing."""
    sizes = sorted(found)
    for size in sizes:
        first = found[size]["list"].median
        for page in pages:
            figures = found[size][page.name]
            place = f"{page.label}, {size:,} orders"
            if figures.failure:
                yield Check(place, "answers", figures.failure, is_met=False)
                continue
            if page.aim_ms is not None:
                yield Check(
                    place, f"≤ {page.aim_ms:g} ms", f"{figures.median:.1f} ms", is_met=figures.median <= page.aim_ms
                )
            if page.aim_statements is not None:
                met = figures.statements <= page.aim_statements
                yield Check(place, f"≤ {page.aim_statements} statements", str(figures.statements), is_met=met)
            if page.of_first is not None:
                ratio = figures.median / first
                yield Check(place, f"≤ {page.of_first} × first page", f"× {ratio:.2f}", is_met=ratio <= page.of_first)
            if page.is_chart:
                over = figures.median - figures.bare_median
                yield Check(
                    place, f"≤ SQL + {CHART_MARGIN_MS} ms", f"SQL + {over:.1f} ms", is_met=over <= CHART_MARGIN_MS
                )
    yield from growth_checks(pages, found)
    for size, rate in rates.items():
        yield Check(
            f"list with 4 clients, {size:,} orders", f"≥ {REQUESTS_A_SECOND}/s", f"{rate:.0f}/s",
            is_met=rate >= REQUESTS_A_SECOND,
        )  # fmt: skip


def growth_checks(pages: Sequence[Page], found: Mapping[int, Mapping[str, Figures]]) -> Iterator[Check]:
    """Everything but charts must not grow with the table."""
    sizes = sorted(found)
    if len(sizes) < 2:
        return
    for page in pages:
        small, large = found[sizes[0]][page.name], found[sizes[-1]][page.name]
        if page.is_chart or small.failure or large.failure:
            continue
        ratio = large.median / small.median
        met = ratio <= GROWTH or large.median - small.median <= NOISE_MS
        yield Check(f"{page.label}, growth", f"≤ {GROWTH} × at {sizes[0]:,}", f"× {ratio:.2f}", is_met=met)


def checks_table(found: Sequence[Check]) -> str:
    """The aims, the missed ones marked."""
    rows = [[check.what, check.aim, check.measured, "pass" if check.is_met else "MISS"] for check in found]
    return table(["aim", "wanted", "measured", ""], rows)
