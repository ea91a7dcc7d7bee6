"""A chart in a real browser: drawn from our own files, and a click leads to the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.charts.catalogue import CHARTS
from app.cli.demo_people import DEMO_PASSWORD

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


def test_charts_when_opened_then_each_is_drawn(page, keep_picture):
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
