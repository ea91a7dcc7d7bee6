"""What a first visit takes over the line, and what stays in the browser afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.browser.desk import Desk
from tests.browser.main_pages import PAGES as EVERYBODY

if TYPE_CHECKING:
    from playwright.sync_api import Response

pytestmark = [
    pytest.mark.stage("demo"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
LEAST_BYTES, MOST_BYTES = 120 * 1000, 300 * 1000
# The first page of everybody, and what is opened most.
PAGES = dict.fromkeys(EVERYBODY, ("/",)) | {
    "oc_zhao": ("/", "/order/list/", "/order/show/1", "/order/add", "/customer/list/"),
    "ad_root": ("/", "/account/", "/users/list/"),
    "ad_sec": ("/", "/rights/"),
}
FOR_GOOD = "public, max-age=31536000, immutable"


def test_pages_when_first_opened_then_they_are_light_and_their_files_stay(sit_down: Callable[..., Desk]) -> None:
    desk = sit_down("oc_zhao")
    answers: list[Response] = []
    # What counts is what came since the page was asked for.
    desk.page.on("request", lambda request: answers.clear() if request.is_navigation_request() else None)
    desk.page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - a builtin cannot be marked
    network = desk.context.new_cdp_session(desk.page)
    network.send("Network.enable")
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    weights: dict[str, int] = {}
    passing: set[str] = set()
    for username, paths in PAGES.items():
        desk.context.clear_cookies()
        # Signing in leads to the first page, which so need not be opened again.
        desk.sign_in(username)
        for path in paths:
            if path != "/":
                desk.open(path)
            desk.page.wait_for_load_state("networkidle")
            # Charts come after the page; what draws them is counted by nobody who only works.
            needed = [answer for answer in answers if "/echarts/" not in answer.url and "/chart/" not in answer.url]
            weights[f"{username} {path}"] = sum(_weight(answer) for answer in needed)
            passing |= {urlsplit(answer.url).path for answer in needed if _is_file(answer) and not _stays(answer)}
    # The least proves that files are counted, and not taken from what the browser keeps.
    assert {path: weight for path, weight in weights.items() if not LEAST_BYTES < weight < MOST_BYTES} == {}
    # Fonts are named by the framework's styles, without a mark: they are asked for again after a day.
    assert {path for path in passing if not path.endswith(".woff2")} == set()


def _weight(answer: Response) -> int:
    sizes: Any = answer.request.sizes()
    return int(sizes["responseBodySize"] + sizes["responseHeadersSize"])


def _is_file(answer: Response) -> bool:
    return urlsplit(answer.url).path.startswith("/static/")


def _stays(answer: Response) -> bool:
    return answer.headers.get("cache-control") == FOR_GOOD and "v=" in urlsplit(answer.url).query
