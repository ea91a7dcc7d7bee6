"""``make screenshots``: every main page of every role in every look, and one sheet a look to see them all at once.

    python -m tests.browser.contact_sheet [--people oc_zhao,cs_wu] [--looks 390-dark-en,1440-light-zh]

Pictures lie under ``artifacts/screenshots/<look>/``, the sheets beside them, and ``index.html`` shows everything.
"""

from __future__ import annotations

import argparse
import html
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import TimeoutError as NotSettledError

from app.cli.demo_people import PEOPLE
from tests.browser.desk import SETTLED, Desk
from tests.browser.main_pages import HEIGHTS, LOOKS, PAGES, Look, addresses, name_of
from tests.browser.site import demo_site
from tests.browsing import ARTIFACTS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = ARTIFACTS / "screenshots"
# What never comes is in the picture.
LONGEST_WAIT = 5000
# A long page is cut: the sheet shows how a page begins.
THUMB = {1440: (360, 270), 390: (180, 390)}
COLUMNS = {1440: 6, 390: 12}
GAP = 8
STYLE = """body{font:14px system-ui,sans-serif;margin:24px;background:#f4f5f7;color:#1d2330}h2{margin:32px 0 8px}
ul{display:flex;flex-wrap:wrap;gap:16px;padding:0;list-style:none}li{background:#fff;padding:8px;border-radius:6px}
img{display:block;object-fit:cover;object-position:top;border:1px solid #d8dce3}a{color:inherit;text-decoration:none}
span{display:block;padding-top:6px}"""


@dataclass(frozen=True)
class Shot:
    """One page of one person in one look."""

    look: Look
    username: str
    page: str

    @property
    def path(self) -> Path:
        """Where its picture lies."""
        return FOLDER / str(self.look) / f"{self.username}-{self.page}.png"


def say(text: object) -> None:
    """One line to who waits."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def shoot(page: Page, shot: Shot, address: str) -> Shot:
    """Takes one picture of the whole page."""
    page.goto(address)
    page.wait_for_load_state("load")
    try:
        page.wait_for_function(SETTLED, timeout=LONGEST_WAIT)
    except NotSettledError as error:  # the picture shows what is missing
        say(f"{shot.path.name} {shot.look}: {type(error).__name__}")
    shot.path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=shot.path, full_page=True, animations="disabled")
    return shot


def walk(browser: Browser, url: str, people: Sequence[str], looks: Sequence[Look]) -> Iterator[Shot]:
    """All pictures, person by person."""
    for username in people:
        context = browser.new_context(base_url=url, locale="zh-CN", timezone_id="Asia/Shanghai")
        desk = Desk(context, username)
        found = list(addresses(desk.page, PAGES[username]))
        for look in looks:
            look.put_on(desk.page)
            for address in found:
                yield shoot(desk.page, Shot(look, username, name_of(address)), address)
        context.close()
        say(username)


def sheet(look: Look, shots: Sequence[Shot]) -> Path:
    """The beginnings of all pages of one look on one picture."""
    wide, tall = THUMB[look.width]
    columns = min(COLUMNS[look.width], len(shots))
    rows = -(-len(shots) // columns)
    paper = Image.new("RGB", (columns * (wide + GAP) + GAP, rows * (tall + GAP) + GAP), "#7f8794")
    for place, shot in enumerate(shots):
        with Image.open(shot.path) as picture:
            scale = wide / picture.width
            small = picture.convert("RGB").crop((0, 0, picture.width, min(picture.height, round(tall / scale))))
            thumb = small.resize((wide, round(small.height * scale)), Image.Resampling.LANCZOS)
        row, column = divmod(place, columns)
        paper.paste(thumb, (GAP + column * (wide + GAP), GAP + row * (tall + GAP)))
    path = FOLDER / f"sheet-{look}.png"
    paper.save(path)
    return path


def index(looks: Sequence[Look], shots: Sequence[Shot]) -> Path:
    """A page with all pictures, by person; each leads to its full size."""
    names = {person.username: person.name for person in PEOPLE}
    parts = [f"<!doctype html><meta charset=utf-8><title>Contact sheet</title><style>{STYLE}</style>"]
    parts += [f"<p>{' · '.join(f'<a href=sheet-{look}.png>sheet {look}</a>' for look in looks)}"]
    for username in dict.fromkeys(shot.username for shot in shots):
        parts.append(f"<h2>{html.escape(names[username])} ({username})</h2><ul>")
        for shot in sorted((s for s in shots if s.username == username), key=lambda s: s.page):
            source, width = shot.path.relative_to(FOLDER), THUMB[shot.look.width][0]
            height = round(width * HEIGHTS[shot.look.width] / shot.look.width)
            picture = f'<img src="{source}" width={width} height={height} loading=lazy alt="">'
            parts.append(f'<li><a href="{source}">{picture}<span>{shot.page} · {shot.look}</span></a></li>')
        parts.append("</ul>")
    path = FOLDER / "index.html"
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


def main(words: Sequence[str] | None = None) -> None:
    """Takes the pictures anew and lays them out."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.contact_sheet", description=__doc__)
    parser.add_argument("--people", default=",".join(PAGES), help="user names, with commas between")
    parser.add_argument("--looks", default=",".join(map(str, LOOKS)), help="width-theme-language, with commas between")
    asked = parser.parse_args(words)
    looks = [look for look in LOOKS if str(look) in asked.looks.split(",")]
    shutil.rmtree(FOLDER, ignore_errors=True)
    with demo_site() as (browser, url):
        shots = list(walk(browser, url, asked.people.split(","), looks))
    for look in looks:
        say(sheet(look, [shot for shot in shots if shot.look == look]))
    say(index(looks, shots))


if __name__ == "__main__":
    main()
