"""The same verbs as at any desk, by keys alone; the eye follows where the focus is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from app.cli.demo_people import DEMO_PASSWORD
from tests.browser.desk import Desk

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

# Playwright's own `click` would be a mouse as well.
NO_MOUSE = """addEventListener("pointerdown", (event) => {
    if (event.isTrusted) throw new Error("a mouse was used");
}, true);"""
FOCUS = """() => {
    const at = document.activeElement, box = at.getBoundingClientRect();
    const rings = (each) => {
        const is = getComputedStyle(each);
        return is.outlineStyle !== "none" && parseFloat(is.outlineWidth) > 0;
    };
    // What is under the middle of it: itself, or what belongs to it; never a bar that covers it.
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 20));
    const whole = at.closest("label, .zd-switch, .zd-affix, .select2-container, .zd-combo") || at;
    return {
        tag: at.tagName.toLowerCase(), name: at.name || "",
        text: (at.getAttribute("aria-label") || at.textContent).trim().slice(0, 60),
        is_seen: at !== document.body && box.width > 0 && box.height > 0 && (rings(at) || rings(whole)),
        is_covered: !top || !(whole.contains(top) || top.contains(at)),
    };
}"""
FURTHEST = 40


class Keyboard(Desk):
    """One person without a mouse."""

    def __init__(self, context: BrowserContext, username: str) -> None:
        context.add_init_script(NO_MOUSE)
        super().__init__(context, username)

    def sign_in(self, username: str) -> None:
        """The name's box has the focus."""
        self.page.goto("/login/")
        self._keys(username, "Tab", DEMO_PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: urlsplit(url).path == "/")

    def focus(self) -> dict[str, Any]:
        """What has the focus; fails where it cannot be seen."""
        found: dict[str, Any] = self.page.evaluate(FOCUS)
        assert found["is_seen"], f"nobody sees the focus on {found}"
        assert not found["is_covered"], f"something covers the focus on {found}"
        return found

    def strokes(self, *keys: str) -> None:
        """Strokes after which the focus is still seen."""
        for key in keys:
            self.page.keyboard.press(key)
            self.focus()

    def go(self, key: str) -> None:
        """A stroke that leads to another page; the list of keys names it where it is no Enter."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
        self.page.wait_for_selector("html[data-zd-ready]")

    def take(self, number: str) -> None:
        """From the first page, down through the own work."""
        for _stop in range(FURTHEST):
            self.page.keyboard.press("j")
            if self.focus()["text"].startswith(number):
                self.go("Enter")
                return
        raise AssertionError(f"{number} is not among the own work")

    def find(self, entity: str, number: str) -> None:
        """By the search of every page; ``entity`` is what it is expected to lead to."""
        self._leave_the_box()
        self.page.keyboard.press("/")
        self.page.keyboard.type(number)
        self.go("Enter")
        assert f"/{entity}/show/" in self.page.url

    def press(self, step: str) -> None:
        """The digit of a next step; where it asks, Enter says yes."""
        key = self.page.locator(f".zd-page-header [data-step={step}]").get_attribute("data-zd-key")
        assert key, f"{step} has no key: {self.why_closed(step)}"
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
            if self.page.locator("#zd-confirm[open]").count():
                self.focus()
                self.page.keyboard.press("Enter")
        self.page.wait_for_selector("html[data-zd-ready]")

    def reach(self, selector: str) -> None:
        """On with Tab to what the selector names; never back."""
        for _stop in range(FURTHEST):
            if self.page.evaluate(f"document.activeElement.matches({selector!r})"):
                self.focus()
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} is not reached with Tab")

    def fill(self, **values: str) -> None:
        """In the order of the form; days and moments are typed part by part."""
        for name, value in values.items():
            self.reach(f"main form [name={name}]")
            kind = self.page.evaluate("document.activeElement.type")
            if kind in {"date", "datetime-local"}:
                self._type_date(value)
            else:
                self.page.keyboard.press("Control+a")
                self.page.keyboard.type(value)
            assert self.page.input_value(f"main form [name={name}]") == value

    def pick(self, **labels: str) -> None:
        """Down through a vocabulary."""
        for name, label in labels.items():
            self.reach(f"main form select[name={name}]")
            chosen = self.page.locator(f"main form select[name={name}] option:checked")
            for _option in range(FURTHEST):
                if chosen.inner_text() == label:
                    break
                self.page.keyboard.press("ArrowDown")
            assert chosen.inner_text() == label

    def choose(self, name: str, typed: str) -> str:
        """Typing opens the box; Enter takes the first that is found."""
        self.reach(f"main form .zd-field:has(select[name={name}]) .select2-selection")
        self.page.keyboard.type(typed)
        self.page.wait_for_selector(f".select2-results__option--highlighted:has-text('{typed}')")
        self.page.keyboard.press("Enter")
        self.focus()
        return self.page.locator(f"main form select[name={name}] option:checked").inner_text()

    def tick(self, name: str) -> None:
        """The space bar."""
        self.reach(f"main form [name={name}]")
        self.page.keyboard.press("Space")

    def save(self) -> None:
        """From wherever one types."""
        self.go("Control+s")

    def tab(self, entity: str) -> None:
        """Through the tabs with the arrow."""
        self.reach("[role=tab][tabindex='0'], [role=tab]:not([tabindex])")
        for _tab in range(FURTHEST):
            if self.page.evaluate("document.activeElement.id") == f"tab-{entity}":
                break
            self.strokes("ArrowRight")
        self.page.wait_for_selector(f"#panel-{entity}:not([hidden]):not([aria-busy])")

    def command(self, text: str) -> None:
        """A command or page out of the list of commands."""
        self._leave_the_box()
        self.page.keyboard.press("Control+k")
        self.page.keyboard.type(f" {text}")
        self.page.wait_for_selector(f"#zd-found [aria-selected=true]:has-text('{text}')")
        self.go("Enter")

    def _leave_the_box(self) -> None:
        if self.page.evaluate("document.activeElement.matches('input, textarea, select')"):
            self.page.keyboard.press("Escape")

    def _keys(self, *words: str) -> None:
        for word in words:
            if word == "Tab":
                self.strokes(word)
            else:
                self.page.keyboard.type(word)

    def _type_date(self, value: str) -> None:
        day, _middle, hour = value.partition("T")
        year, month, date = day.split("-")
        self.page.keyboard.type(month + date + year)
        if hour:
            self.page.keyboard.press("ArrowRight")
            hours, minutes = hour.split(":")
            self.page.keyboard.type(f"{int(hours) % 12 or 12:02d}{minutes}")
            self.page.keyboard.type("P" if int(hours) >= 12 else "A")
