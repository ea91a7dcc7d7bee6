"""A chart in a real browser: drawn from our own files, and a click leads to the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.charts.catalogue import CHARTS
from app.cli.demo_people import DEMO_PASSWORD
from tests.browser.accessibility import findings
from tests.services.chart_rows import NOW, missed

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.stage("demo"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


def sign_in(page: Page, username: str) -> None:
    page.goto("/login/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", DEMO_PASSWORD)
    page.click("main button[type=submit], form button[type=submit]")
    page.wait_for_url(lambda url: "/login/" not in url)


def test_charts_when_opened_then_each_is_drawn(page, session, keep_picture):
    missed(session, NOW, "production")  # the demo company is not swept
    session.commit()
    sign_in(page, "cm_zhang")
    for name in CHARTS:
        page.goto(f"/chart/{name}/")
        page.wait_for_selector("[data-zd-chart][data-zd-drawn]")
        assert page.locator("[data-zd-chart] canvas").count() == page.locator("[data-zd-chart]").count()
        keep_picture(page, name)


def test_chart_when_a_bar_is_clicked_then_its_orders_are_listed(page):
    sign_in(page, "cm_zhang")
    page.goto("/chart/orders_by_state/")
    page.wait_for_selector("[data-zd-drawn]")
    page.wait_for_timeout(1200)  # the bars grow
    where = page.evaluate(
        """() => {
            const box = document.querySelector('[data-zd-chart]');
            const chart = echarts.getInstanceByDom(box);
            const data = chart.getOption().series[0].data;
            const place = data.findIndex(point => point.value);
            const [x, y] = chart.convertToPixel({seriesIndex: 0}, [place, data[place].value / 2]);
            return {x, y, url: data[place].url};
        }"""
    )
    page.locator("[data-zd-chart] canvas").click(position={"x": where["x"], "y": where["y"]})
    page.wait_for_url(lambda url: "/order/list/" in url)
    assert page.url.endswith(where["url"])


def test_cross_table_when_asked_for_by_keys_and_on_a_telephone_then_only_the_table_scrolls(page, keep_picture):
    sign_in(page, "cm_zhang")
    page.goto("/chart/orders_by_month/")
    page.keyboard.press("c")
    page.wait_for_url(lambda url: "rows=month" in url)
    page.focus("select[name=rows]")
    page.select_option("select[name=rows]", "channel")
    page.select_option("select[name=columns]", "month")
    page.locator(".zd-filters__go button").press("Enter")
    page.wait_for_url(lambda url: "rows=channel" in url)
    page.keyboard.press("s")
    page.wait_for_url(lambda url: "rows=month" in url and "columns=channel" in url)
    page.locator(".zd-cross tbody a").first.press("Enter")
    page.wait_for_url(lambda url: "/order/list/" in url)
    page.go_back()

    page.set_viewport_size({"width": 390, "height": 844})
    head, box = page.locator(".zd-cross tbody th").first, page.locator(".zd-cross")
    before = head.bounding_box()["x"]
    box.evaluate("box => { box.scrollLeft = 120; }")
    assert (box.evaluate("box => box.scrollLeft"), head.bounding_box()["x"]) == (120, before)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert findings(page) == []
    keep_picture(page, "cross_390")
