"""What people do wrong at a screen: each is told what to do next in Chinese, and nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.customer import Customer
from models.journal import Journal
from tests.browser.desk import Desk
from tests.services.company import Company, found, person
from tests.services.orders import Goods, confirmed, draft

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHAIR = Goods("CHR-NORD-01", 4, 680)
Sit = Callable[..., Desk]
pytestmark = [
    pytest.mark.stage("people"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


@pytest.fixture
def company(session: Session) -> Company:
    made = found(session)
    session.rollback()
    return made


def customers(session: Session) -> list[str]:
    """The names on file; the session is free for the next request afterwards."""
    names = list(session.scalars(sa.select(Customer.name).order_by(Customer.id)))
    session.rollback()
    return names


def boxes(page: Page, *names: str) -> dict[str, str]:
    """What stands in the boxes of the form."""
    return {name: page.input_value(f"main form [name={name}]") for name in names}


def test_form_when_fields_are_wrong_then_the_first_has_the_focus_and_nothing_typed_is_lost(
    company: Company, session: Session, sit_down: Sit, keep_picture: Callable[..., object]
) -> None:
    li = sit_down("oc_li")
    li.open("/customer/add")
    li.fill(phone="13800005621", city="杭州", note="五楼\n无电梯")
    li.save()
    keep_picture(li.page, "marked")
    assert li.said() == ["请更正标红的字段，目前尚未保存任何内容。"]
    assert li.page.evaluate("document.activeElement.name") == "name"
    marked = li.page.locator(".zd-field.has-error")
    assert [marked.nth(place).locator("[name]").get_attribute("name") for place in range(marked.count())] == [
        "name",
    ]
    assert boxes(li.page, "phone", "city", "note") == {
        "phone": "13800005621",
        "city": "杭州",
        "note": "五楼\n无电梯",
    }
    assert customers(session) == []
    # Credit is given by finance: the form of the order centre does not ask for it.
    assert li.page.locator("[name=credit_days]").count() == 0
    li.fill(name="林晓雯")
    li.save()
    assert (li.said(), li.value("名称"), li.value("城市")) == (["已保存。"], "林晓雯", "杭州")
    assert customers(session) == ["林晓雯"]


def test_save_when_pressed_twice_then_one_record(company: Company, session: Session, sit_down: Sit) -> None:
    li = sit_down("oc_li")
    li.open("/customer/add")
    li.fill(name="林晓雯", phone="13800005621")
    with li.page.expect_navigation(url="**/customer/show/*"):
        li.page.dblclick("main .zd-save-bar button[type=submit]")
    assert li.said() == ["已保存。"]
    assert customers(session) == ["林晓雯"]


def test_save_when_sent_again_then_the_first_record_is_shown(company: Company, session: Session, sit_down: Sit) -> None:
    li = sit_down("oc_li")
    li.open("/customer/add")
    li.fill(name="周建国", phone="13900000001")
    form = li.page.evaluate("Object.fromEntries(new FormData(document.querySelector('main form')))")
    li.save()
    shown = li.page.url
    li.page.reload()
    assert li.page.url == shown
    # What a repeated request of the browser or of the network looks like: the very same form.
    again = li.page.request.post("/customer/add", form=form)
    assert (again.status, again.url) == (200, shown)
    assert "表单已提交过，以下是当时生成的记录。" in again.text()
    assert customers(session) == ["周建国"]


def test_form_when_gone_back_to_after_saving_then_it_is_a_new_one(
    company: Company, session: Session, sit_down: Sit
) -> None:
    li = sit_down("oc_li")
    li.open("/customer/add")
    li.fill(name="周建国", phone="13900000001")
    token = li.page.input_value("main form [name=token]")
    li.save()
    li.page.go_back()
    assert boxes(li.page, "name", "phone") == {"name": "", "phone": ""}
    assert li.page.input_value("main form [name=token]") != token
    li.save()
    assert li.page.locator(".zd-field.has-error [name=name]").count() == 1
    assert customers(session) == ["周建国"]


def test_edit_when_somebody_was_faster_then_told_with_both_versions_in_view(
    company: Company, session: Session, sit_down: Sit, keep_picture: Callable[..., object]
) -> None:
    with company.act("oc_li", "2026-11-23 09:00"):
        customer = person(session)
    path = f"/customer/edit/{customer.id}"
    session.close()
    li, wang = sit_down("oc_li"), sit_down("oc_wang")
    li.open(path)
    wang.open(path)
    li.fill(city="宁波")
    li.save()
    assert li.said() == ["已保存。"]
    wang.fill(city="绍兴", wechat="lin-xw")
    wang.save()
    keep_picture(wang.page, "stale")
    assert wang.said() == ["这条记录刚被他人修改，您的内容未保存：请刷新核对后重试。"]
    assert boxes(wang.page, "city", "wechat") == {"city": "绍兴", "wechat": "lin-xw"}
    assert wang.value("城市现状") == "宁波"
    li.page.reload()
    assert (li.value("城市"), li.value("微信")) == ("宁波", "–")
    # Having seen both, the second one decides.
    wang.save()
    assert (wang.said(), wang.value("城市"), wang.value("微信")) == (["已保存。"], "绍兴", "lin-xw")


def test_step_when_the_page_is_stale_then_told_and_done_only_once(
    company: Company, session: Session, sit_down: Sit
) -> None:
    order = confirmed(company, CHAIR)
    (inspection,) = order.inspections
    path, pk = f"/inspection/show/{inspection.id}", inspection.id
    session.close()
    first, second = sit_down("qc_sun"), sit_down("qc_sun")
    first.open(path)
    second.open(path)
    first.press("accept")
    assert (first.state, first.said()) == ("质检合格", ["已完成：全部合格"])
    second.press("accept")
    assert second.said() == ["这条记录刚被他人修改，您的内容未保存：请刷新核对后重试。"]
    assert second.state == "质检合格"
    assert second.page.locator("[data-step=accept]").count() == 0
    fired = sa.select(sa.func.count()).where(Journal.action == "inspection.accept", Journal.entity_id == pk)
    assert session.scalar(fired) == 1


def test_step_form_when_the_step_is_not_open_any_more_then_told_before_anything_is_typed(
    company: Company, session: Session, sit_down: Sit
) -> None:
    order = draft(company, CHAIR)
    company.fire("oc_li", "2026-11-23 10:00", order, "submit")
    path = f"/order/show/{order.id}"
    session.close()
    wang, zhao = sit_down("oc_wang"), sit_down("oc_zhao")
    wang.open(path)
    zhao.open(path)
    zhao.press("send_back")
    zhao.fill(reason="客户电话不通")
    zhao.save()
    assert zhao.state == "草稿"
    wang.press("review")
    assert wang.said() == ["当前状态为“草稿”，不能执行此操作。请刷新页面查看后续步骤。"]
    assert (wang.page.url.endswith(path), wang.state) == (True, "草稿")


def test_address_when_made_by_hand_out_of_scope_then_the_same_page_as_for_none(
    company: Company, session: Session, sit_down: Sit, keep_picture: Callable[..., object]
) -> None:
    order = draft(company, CHAIR)
    path = f"/order/show/{order.id}"
    session.close()
    liu = sit_down("lg_liu")
    pages = []
    for address in (path, "/order/show/999999"):
        response = liu.open(address)
        pages.append((response.status, liu.page.locator(".zd-error-page p").nth(1).inner_text()))
    keep_picture(liu.page, "not-found")
    assert pages == [(404, "记录不存在或您无权查看，请返回列表。")] * 2
    assert liu.open(f"/order/edit/{order.id}").status == 403
    liu.page.get_by_role("link", name="返回工作台").click()
    liu.page.wait_for_url(lambda url: url.endswith("/"))
