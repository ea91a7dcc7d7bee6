"""Pictures are written anew: upright, no larger than a screen needs, and without the place where they were taken."""

from __future__ import annotations

import struct
from contextlib import suppress
from io import BytesIO

from flask_babel import lazy_gettext as _l
from PIL import Image, ImageOps

from app.services.talk.files import FileRefusedError

# Asked before a picture is unpacked: a small file may hold a huge picture, and each point takes four bytes in memory.
# A JPEG may have more, because of a large one only every second point in each direction is unpacked.
MOST_PIXELS = {"image/jpeg": 50_000_000, "image/png": 25_000_000, "image/webp": 25_000_000}
AT_ONCE = 25_000_000
LONGEST_SIDE = 4096
THUMB_SIDE = 320
# What reading notes that are damaged ends with: those are the camera's, and the picture is whole without them.
DAMAGED_NOTES = (struct.error, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, OSError)
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}


def cleaned(name: str, data: bytes, media_type: str) -> tuple[bytes, bytes]:
    """The picture without anything but the picture, and a small one of it (JPEG).

    Raises:
        FileRefusedError: it is damaged, or has too many pixels.
    """
    try:
        with Image.open(BytesIO(data), formats=[FORMATS[media_type]]) as found:
            pixels = found.width * found.height
            if pixels > MOST_PIXELS[media_type]:
                raise _too_large(name, media_type)
            if pixels > AT_ONCE:
                found.draft(None, (found.width // 2, found.height // 2))
            # Made small before it is turned: turning takes a second picture of the same size.
            found.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            found.load()
            with suppress(*DAMAGED_NOTES):
                ImageOps.exif_transpose(found, in_place=True)
            return written(found, FORMATS[media_type]), thumbnail(found)
    except Image.DecompressionBombError as error:
        raise _too_large(name, media_type) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise FileRefusedError(
            _l("“%(name)s” cannot be read as a picture: it is damaged."), code="picture_broken", name=name
        ) from error


def _too_large(name: str, media_type: str) -> FileRefusedError:
    return FileRefusedError(
        _l("“%(name)s” has too many pixels: at most %(most)s million. Make the picture smaller."),
        code="picture_too_large",
        name=name,
        most=MOST_PIXELS[media_type] // 1_000_000,
    )


def written(picture: Image.Image, kind: str) -> bytes:
    """The points of a picture and nothing else: what a camera notes beside them is left out."""
    if kind == "JPEG" and picture.mode not in {"RGB", "L", "CMYK"}:
        picture = picture.convert("RGB")
    bare = Image.new(picture.mode, picture.size)
    if picture.mode == "P" and (palette := picture.getpalette()) is not None:
        bare.putpalette(palette)
    bare.paste(picture)
    file = BytesIO()
    extra = {"transparency": picture.info["transparency"]} if kind == "PNG" and "transparency" in picture.info else {}
    bare.save(file, kind, quality=90, **extra)
    return file.getvalue()


def thumbnail(picture: Image.Image) -> bytes:
    """A small JPEG; what is see-through stands on white."""
    small = picture.convert("RGBA")
    small.thumbnail((THUMB_SIDE, THUMB_SIDE))
    paper = Image.new("RGB", small.size, "white")
    paper.paste(small, mask=small.getchannel("A"))
    file = BytesIO()
    paper.save(file, "JPEG", quality=80)
    return file.getvalue()
