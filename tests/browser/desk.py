"""What a person does at the panel, in a real Chromium: signs in, opens, types, chooses, presses, reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.cli.demo_people import DEMO_PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page, Response

# What comes after a page (its scripts, charts, counts, the page of the API) has come.
SETTLED = """() => document.documentElement.hasAttribute("data-zd-ready")
    && !document.querySelector("[aria-busy=true], .loading-container")"""

Keep = Callable[["Page", str], Path]


class Desk:
    """One person at one browser. What is read is read off the screen, never from the database."""

    def __init__(self, context: BrowserContext, username: str) -> None:
        self.context = context
        self.page = context.new_page()
        self.sign_in(username)

    def sign_in(self, username: str) -> None:
        """Through the login form."""
        self.page.goto("/login/")
        self.page.fill("#username", username)
        self.page.fill("#password", DEMO_PASSWORD)
        self.point_at("form[name=login] button[type=submit]")
        self.page.wait_for_url(lambda url: urlsplit(url).path == "/")

    def sign_out(self) -> None:
        """Through the menu of the person."""
        self.point_at(".zd-top .zd-user")
        with self.page.expect_navigation():
            self.point_at(".zd-top .zd-menu__body :is(a, button):has(.fa-right-from-bracket)")

    def point_at(self, target: str | Locator) -> None:
        """With the mouse."""
        (self.page.locator(target) if isinstance(target, str) else target).click()

    def open(self, path: str) -> Response:
        """An address of the panel."""
        response = self.page.goto(path)
        assert response is not None
        return response

    def open_whole(self, path: str) -> Response:
        """An address of the panel, with everything that comes after the page."""
        response = self.open(path)
        self.page.wait_for_function(SETTLED)
        return response

    def find(self, entity: str, number: str) -> None:
        """A record by its number, over the search of its list."""
        self.open(f"/{entity}/list/")
        self.page.fill("#zd-search", number)
        self.page.press("#zd-search", "Enter")
        self.page.wait_for_url(lambda url: "q=" in url)
        self.follow(number)

    def take(self, number: str) -> None:
        """The first record on the own work page whose number begins so."""
        with self.page.expect_navigation():
            self.point_at(self.page.locator(".zd-work-card a", has_text=number).first)

    def follow(self, text: str) -> None:
        """The link that says exactly this."""
        with self.page.expect_navigation():
            self.point_at(self.page.locator("main").get_by_role("link", name=text, exact=True).first)

    def tab(self, entity: str) -> None:
        """One related table of the shown record; behind “More” where it has no rows."""
        if not self.page.is_visible(f"#tab-{entity}"):
            self.point_at(".zd-tabs__more")
        self.point_at(f"#tab-{entity}")
        self.page.wait_for_selector(f"#panel-{entity}:not([hidden]):not([aria-busy])")
        self.page.wait_for_selector(f"#panel-{entity} table, #panel-{entity} .zd-empty")

    def add_in_tab(self, entity: str) -> None:
        """The add form of a related table."""
        self.tab(entity)
        with self.page.expect_navigation():
            self.point_at(f"#panel-{entity} .zd-panel__bar a[href*='/add']")

    def first_in_tab(self, entity: str) -> None:
        """The first record of a related table."""
        self.tab(entity)
        with self.page.expect_navigation():
            self.point_at(f"#panel-{entity} tbody tr:first-child a[href*='/{entity}/show/']")

    def open_row(self, entity: str, text: str) -> None:
        """The record of the row of a related table that holds a text."""
        self.tab(entity)
        row = self.page.locator(f"#panel-{entity} tbody tr", has_text=text)
        with self.page.expect_navigation():
            self.point_at(row.locator(f"a[href*='/{entity}/show/']").first)

    def fill(self, **values: str) -> None:
        """Text, numbers, dates and moments by the name of their box."""
        for name, value in values.items():
            self.page.fill(f"main form [name={name}]", value)

    def pick(self, **labels: str) -> None:
        """Words of a vocabulary by the label on the screen."""
        for name, label in labels.items():
            self.page.select_option(f"main form select[name={name}]", label=label)

    def choose(self, name: str, typed: str) -> str:
        """A related record: open the box, type, take the first that is found. Returns what it is called."""
        self.point_at(f"main form .zd-field:has(select[name={name}]) .select2-selection")
        self.page.fill(".select2-container--open .select2-search__field", typed)
        option = self.page.locator(".select2-results__option:not(.loading-results)", has_text=typed).first
        self.point_at(option)
        return self.page.locator(f"main form select[name={name}] option:checked").inner_text()

    def tick(self, name: str) -> None:
        """A box that is yes."""
        self.page.check(f"main form [name={name}]")

    def save(self) -> None:
        """Press the button of the form and wait for the answer."""
        with self.page.expect_navigation():
            self.point_at("main .zd-save-bar button[type=submit]")

    def press(self, step: str) -> None:
        """A next step of the shown record; behind “More” where it is not among the first."""
        if not self.page.is_visible(f".zd-page-header [data-step={step}]"):
            self.point_at(".zd-page-header [data-zd-menu] summary")
        with self.page.expect_navigation():
            self.point_at(f".zd-page-header [data-step={step}]")

    def why_closed(self, step: str) -> str:
        """The reasons that a closed button gives; fails where it is open."""
        button = self.page.locator(f".zd-page-header [data-step={step}]")
        assert button.get_attribute("aria-disabled") == "true"
        return button.locator("xpath=..").locator(".zd-tip__row").all_text_contents()[0]

    @property
    def number(self) -> str:
        """The number of the shown record."""
        return self.page.inner_text("h1 .zd-title__text")

    @property
    def state(self) -> str:
        """The state of the shown record as its badge says it."""
        return self.page.locator("h1 > .zd-badge").first.inner_text()

    @property
    def flags(self) -> list[str]:
        """The clocks beside the state."""
        return self.page.locator("h1 > .zd-badge").all_inner_texts()[1:]

    def value(self, label: str) -> str:
        """A value of the shown record by its label: in a box, or in the strip of figures above, without its hint."""
        boxed = self.page.locator(f'.zd-kv:has(> dt:text-is("{label}")) > dd')
        above = self.page.locator(f'.zd-strip > div:has(> dt:text-is("{label}")) > dd')
        return above.first.inner_text().split("\n")[0] if boxed.count() == 0 else boxed.first.inner_text()

    def row(self, entity: str, text: str) -> dict[str, str]:
        """The row of an opened related table that holds a text: column label to what is shown."""
        row = self.page.locator(f"#panel-{entity} tbody tr", has_text=text)
        cells = row.locator("td[data-label]").all()
        return {str(cell.get_attribute("data-label")): cell.inner_text() for cell in cells}

    def column(self, label: str) -> list[str]:
        """A column of the shown table, from top to bottom; rows of other tabs are not shown."""
        cells = self.page.locator(f'tbody td[data-label="{label}"]:visible')
        return [text.split("\n")[0] for text in cells.all_inner_texts()]

    def said(self) -> list[str]:
        """The messages on top of the page."""
        return self.page.locator(".zd-flash .zd-alert__text, [data-zd-form-errors] p").all_inner_texts()


def opened(desk: Desk, path: str) -> Page:
    """A page with everything that comes after it."""
    desk.open_whole(path)
    return desk.page
