"""What axe-core finds on a page as it is shown, in whatever theme, language and width."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.sweeps.depth import FULL

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = Path(__file__).resolve().parent.parent / "vendor" / "axe" / "axe.min.js"
GRAVE = {"serious", "critical"}
# Swagger UI draws the page of the API in colours of its own, on white paper in both themes. The rows of a table are
# made alike, so in the short form the first eight speak for all: the contrast of every cell is what takes long.
LEFT_OUT = [".swagger-ui"] if FULL else [".swagger-ui", "tbody tr:nth-child(n+9)"]
RUN = """async (left) => {
    const found = await axe.run({ exclude: left }, { resultTypes: ['violations'] });
    const shown = (rule) => rule.nodes.slice(0, 3).map((node) => node.html.slice(0, 140));
    return found.violations.map((rule) => [rule.id, rule.impact, shown(rule)]);
}"""


@cache
def _source() -> str:
    return AXE.read_text(encoding="utf-8")


def findings(page: Page) -> list[str]:
    """The serious and critical findings of every rule."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_source())
    # Colours that are on their way to others would be measured in between.
    page.add_style_tag(content="*, *::before, *::after { transition: none !important; animation: none !important; }")
    found: list[Any] = page.evaluate(RUN, LEFT_OUT)
    return [f"{rule} ({impact}) {nodes}" for rule, impact, nodes in found if impact in GRAVE]
