"""The main pages by the person whose they are, and the looks they come in: width, theme, language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import urljoin

if TYPE_CHECKING:
    from playwright.sync_api import Page

# “{order}” is the first record of that list.
PAGES = {
    "oc_zhao": (
        "/", "/order/list/", "/order/show/{order}", "/order/edit/{order}", "/order/add", "/orderimport/",
        "/inbox_item/list/", "/customer/show/{customer}", "/approval/list/", "/chart/orders_by_month/", "/api-docs/",
        "/order/show/999999",
    ),
    "pd_chen": ("/", "/production_task/list/", "/production_task/board/", "/production_task/show/{production_task}",
                "/product/list/"),
    "qc_sun": ("/", "/inspection/show/{inspection}"),
    "lg_liu": ("/", "/shipment/list/", "/shipment/calendar/", "/shipment/show/{shipment}", "/package/list/"),
    "cs_ma": ("/", "/installation/list/", "/service_ticket/list/", "/service_ticket/show/{service_ticket}",
              "/service_ticket/add"),
    "cs_wu": ("/", "/installation/show/{installation}"),
    "fi_qian": ("/", "/payment/list/", "/payment/show/{payment}", "/payment/add"),
    "cm_zhang": ("/", "/approval/show/{approval}"),
    "ad_root": ("/", "/users/list/", "/roles/list/", "/calendar_day/list/", "/users/add", "/account/"),
    "ad_sec": ("/", "/rights/", "/rights/role/order_center", "/rights/why"),
    "au_lin": ("/", "/journal/list/"),
}  # fmt: skip
HEIGHTS = {1440: 900, 390: 844}
LOCALES = {"zh": "zh-CN", "en": "en"}
MISSING = "/999999"


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    width: int
    theme: str
    language: str

    def __str__(self) -> str:
        return f"{self.width}-{self.theme}-{self.language}"

    def put_on(self, page: Page) -> None:
        """From the next page on, as by the person's menu."""
        page.set_viewport_size({"width": self.width, "height": HEIGHTS[self.width]})
        home = urljoin(page.url, "/")
        page.context.add_cookies([{"name": "zd_theme", "value": self.theme, "url": home}])
        page.request.get(f"{home}lang/{self.language}", max_redirects=0)


LOOKS = [Look(*parts) for parts in product(HEIGHTS, ("light", "dark"), LOCALES)]


def addresses(page: Page, paths: tuple[str, ...]) -> Iterator[str]:
    """The addresses with the first record of the lists they name."""
    for path in paths:
        name = re.search(r"\{(\w+)\}", path)
        if name is None:
            yield path
            continue
        page.goto(f"/{name[1]}/list/?state=draft" if "/edit/" in path else f"/{name[1]}/list/")
        link = page.locator(f"tbody a[href*='/{name[1]}/show/']").first.get_attribute("href")
        yield path.replace(name[0], str(link).rsplit("/", 1)[1])


def name_of(address: str) -> str:
    """A short name for pictures, without the record's number."""
    if address.endswith(MISSING):
        return "not-found"
    return re.sub(r"/\d+$", "", address).strip("/").replace("/", "-") or "home"
