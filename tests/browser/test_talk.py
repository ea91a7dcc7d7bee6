"""Talking about an order as people do: by keyboard, with files dropped, pasted, photographed, on a phone, off line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.test_talk_rules import jpeg

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.desk import Desk

pytestmark = [
    pytest.mark.stage("demo"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
BOX, SAID = "#zd-talk-text", "[data-zd-talk-form] [data-zd-talk-said]"
# A file as the clipboard or the desktop hands it to the page.
HAND_OVER = """([kind, name, bytes]) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], name, {type: 'image/jpeg'}));
  const field = document.querySelector('#zd-talk-text');
  const event = kind === 'paste'
    ? new ClipboardEvent('paste', {clipboardData: files, bubbles: true, cancelable: true})
    : new DragEvent('drop', {dataTransfer: files, bubbles: true, cancelable: true});
  field.dispatchEvent(event);
}"""


def open_order(desk: Desk) -> str:
    """The first order of the list; its address."""
    desk.open("/order/list/")
    path = str(desk.page.locator("tbody a[href*='/order/show/']").first.get_attribute("href"))
    desk.open(path)
    return path


def test_comment_when_typed_by_keyboard_then_mentions_sends_and_loses_nothing_off_line(
    sit_down: Callable[..., Desk], keep_picture: Callable[..., Path]
) -> None:
    clerk, colleague = sit_down("oc_li"), sit_down("oc_wang", width=390, height=844)
    path = open_order(clerk)
    page, told = clerk.page, colleague.page
    page.focus(BOX)
    page.keyboard.type("请 @wangl", delay=20)
    page.wait_for_selector(".zd-mentions [role=option]")
    assert page.get_attribute(BOX, "aria-activedescendant") == "zd-mention-0"
    page.keyboard.press("Enter")
    page.keyboard.type("看一下")
    assert page.input_value(BOX) == "请 @王磊 看一下"
    # The connection breaks while it is sent; the text stays, also when the page is loaded anew.
    clerk.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(f"{SAID}.is-error")
    assert page.locator(SAID).first.inner_text().startswith("未发送：网络已断开。")
    clerk.context.set_offline(False)
    page.reload()
    assert page.input_value(BOX) == "请 @王磊 看一下"
    page.press(BOX, "Control+Enter")
    page.wait_for_selector(".zd-said__text")
    assert page.locator(".zd-said__text").all_inner_texts() == ["请 @王磊 看一下"]
    assert (page.input_value(BOX), page.evaluate("document.activeElement.id")) == ("", "zd-talk-text")
    page.reload()
    assert page.input_value(BOX) == ""

    colleague.open("/notification/list/?unread=1")
    told.wait_for_selector(".zd-bell__count:not([hidden])")
    with told.expect_navigation():
        told.locator(".zd-notice button", has_text="李静提到了您").first.click()
    assert path in told.url
    assert told.url.endswith("#talk")
    assert told.evaluate("document.documentElement.scrollWidth") == 390
    told.fill(BOX, "好的")
    told.click("[data-zd-talk-form] button[type=submit]")
    told.wait_for_selector(".zd-said__text >> text=好的")
    keep_picture(told, "talk-390")


def test_text_when_the_story_is_drawn_anew_or_an_answer_is_lost_then_it_stays(sit_down: Callable[..., Desk]) -> None:
    clerk = sit_down("oc_li")
    open_order(clerk)
    page = clerk.page
    page.fill(BOX, "看一下")
    page.press(BOX, "Control+Enter")
    page.wait_for_selector(".zd-said__text")
    # A correction that is being typed outlasts the story being drawn anew, and the page being loaded anew.
    correction = ".zd-said__edit textarea"
    page.click(".zd-said__edit summary")
    page.fill(correction, "今天看一下")
    page.evaluate(HAND_OVER, ["drop", "现场.jpg", list(jpeg())])
    page.wait_for_selector(".zd-file")
    assert page.input_value(correction) == "今天看一下"
    assert page.evaluate("document.activeElement.matches('.zd-said__edit textarea')")
    page.reload()
    assert (page.input_value(BOX), page.input_value(correction)) == ("", "今天看一下")
    page.click(".zd-said__edit [type=submit] >> text=保存")
    page.wait_for_selector(".zd-said__text >> text=今天")
    # Only the answer is lost, and more is typed: the first text is said, the second is not lost.
    page.route("**/comment", lambda route: (route.fetch(), route.abort()))
    page.fill(BOX, "甲")
    page.press(BOX, "Control+Enter")
    page.wait_for_selector(f"{SAID}.is-error")
    page.unroute("**/comment")
    page.fill(BOX, "甲和乙")
    page.press(BOX, "Control+Enter")
    page.wait_for_selector('.zd-said__text >> text="甲"')
    assert page.input_value(BOX) == "甲和乙"
    page.press(BOX, "Control+Enter")
    page.wait_for_selector(".zd-said__text >> text=甲和乙")
    assert page.input_value(BOX) == ""


def test_file_when_chosen_pasted_dropped_or_photographed_then_it_stands_in_the_story_with_its_picture(
    sit_down: Callable[..., Desk], keep_picture: Callable[..., Path], tmp_path: Path
) -> None:
    clerk = sit_down("oc_li")
    open_order(clerk)
    page: Any = clerk.page
    names = page.locator(".zd-file__about a")
    (tmp_path / "图纸 终版.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "film.pdf").write_bytes(b"%PDF-" + bytes(50 * 1024 * 1024))
    page.set_input_files("input[name=file]", [tmp_path / "图纸 终版.pdf", tmp_path / "film.pdf"])
    page.wait_for_selector(".zd-talk__queue .is-error")
    assert (
        page.locator(".zd-talk__queue .is-error")
        .inner_text()
        .startswith("film.pdf 太大（51 MB）：每个文件最多 15 MB。")
    )
    page.wait_for_selector(".zd-file")
    for number, (kind, name) in enumerate((("paste", "image.jpg"), ("drop", "现场.jpg")), 2):
        page.evaluate(HAND_OVER, [kind, name, list(jpeg(300 + number, 200))])
        page.locator(".zd-file").nth(number - 1).wait_for()
    assert page.get_attribute("[data-zd-camera]", "capture") == "environment"
    page.set_input_files("[data-zd-camera]", {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": jpeg(90, 60)})
    page.locator(".zd-file").nth(3).wait_for()
    shown = names.all_inner_texts()
    assert (shown[0], shown[1], shown[3]) == ("IMG_0001.jpg", "现场.jpg", "图纸 终版.pdf")
    assert shown[2].startswith("paste-")
    page.locator("a[data-zd-enlarge]").first.click()
    page.locator("[data-zd-picture] img").evaluate("picture => picture.decode()")
    assert page.evaluate("document.cookie").count("IMG_0001") == 0, "a picture is no choice of theme"
    page.keyboard.press("Escape")
    with page.expect_download() as saved:
        names.nth(3).click()
    assert saved.value.suggested_filename == "图纸 终版.pdf"
    page.locator(".zd-file summary").first.click()
    page.fill(".zd-file input[name=reason]", "拍错了")
    page.press(".zd-file input[name=reason]", "Enter")
    page.wait_for_selector(".zd-timeline__reason >> text=拍错了")
    keep_picture(page, "files")
