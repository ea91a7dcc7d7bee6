"""What axe-core finds on a page, in the light and in the dark theme."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = Path(__file__).resolve().parent.parent / "vendor" / "axe" / "axe.min.js"
GRAVE = {"serious", "critical"}
RUN = """async ([rules, dark]) => {
    const html = document.documentElement;
    const before = html.hasAttribute('data-dark');
    html.toggleAttribute('data-dark', dark);
    const options = { resultTypes: ['violations'] };
    if (rules.length) options.runOnly = { type: 'rule', values: rules };
    // Swagger UI draws the page of the API in colours of its own, on white paper in both themes.
    const found = await axe.run({ exclude: ['.swagger-ui'] }, options);
    html.toggleAttribute('data-dark', before);
    const shown = (rule) => rule.nodes.slice(0, 3).map((node) => node.html.slice(0, 140));
    return found.violations.map((rule) => [rule.id, rule.impact, shown(rule)]);
}"""


@cache
def _source() -> str:
    return AXE.read_text(encoding="utf-8")


def findings(page: Page) -> list[str]:
    """The serious and critical findings: every rule in the light theme, then the colours of the dark one."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_source())
    # Colours that are on their way to others would be measured in between.
    page.add_style_tag(content="*, *::before, *::after { transition: none !important; animation: none !important; }")
    light: list[Any] = page.evaluate(RUN, [[], False])
    dark: list[Any] = page.evaluate(RUN, [["color-contrast"], True])
    found = [("light", *rule) for rule in light] + [("dark", *rule) for rule in dark]
    return [f"{theme}: {rule} ({impact}) {nodes}" for theme, rule, impact, nodes in found if impact in GRAVE]
