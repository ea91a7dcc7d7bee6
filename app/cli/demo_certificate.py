"""The certificate with which a public buyer of the demo accepts (clause 14(4))."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from flask import current_app
from PIL import Image, ImageDraw

from app.cli.demo_story import Story
from app.services.installation.certificate import judge_standard
from app.services.talk.actions import attach
from app.services.talk.storage import FileStore
from models.conformity import Verdict
from models.installation import Acceptance

SHEET = (420, 594)
RED = "#c8102e"


def certify(story: Story, acceptance: Acceptance) -> None:
    """Every standard is kept, both further names stand under it, and the sealed sheet lies beside it."""
    store = FileStore(Path(current_app.config["UPLOAD_FOLDER"]) / "attachments")
    with story.act("cs_ma") as ctx:
        for row in acceptance.standards:
            judge_standard(ctx, row, {"verdict": Verdict.passed})
        acceptance.unit_signed_by, acceptance.seller_signed_by = "周校长", "马丽"
        attach(ctx, acceptance, store, "验收单（盖章）.png", scan())


def scan() -> bytes:
    """A sheet of lines with a round seal, as it comes out of a scanner."""
    sheet = Image.new("RGB", SHEET, "white")
    draw = ImageDraw.Draw(sheet)
    for height in range(60, 420, 30):
        draw.line((40, height, 380, height), fill="#9a9a9a", width=2)
    draw.ellipse((250, 440, 370, 560), outline=RED, width=6)
    draw.regular_polygon((310, 500, 24), 5, fill=RED)
    found = BytesIO()
    sheet.save(found, "PNG")
    return found.getvalue()
