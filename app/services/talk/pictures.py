"""Pictures are written anew: upright, no larger than a screen needs, and without the place where they were taken."""

from __future__ import annotations

from io import BytesIO

from flask_babel import lazy_gettext as _l
from PIL import Image, ImageOps

from app.services.talk.files import FileRefusedError

# Our own limit is asked before a picture is unpacked; the library's warning would come too late.
Image.MAX_IMAGE_PIXELS = None
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 4096
THUMB_SIDE = 320
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}


def cleaned(name: str, data: bytes, media_type: str) -> tuple[bytes, bytes]:
    """The picture without anything but the picture, and a small one of it (JPEG).

    Raises:
        FileRefusedError: it is damaged, or has too many pixels.
    """
    try:
        with Image.open(BytesIO(data), formats=[FORMATS[media_type]]) as found:
            if found.width * found.height > MOST_PIXELS:
                raise FileRefusedError(
                    _l("“%(name)s” has too many pixels: at most %(most)s million. Make the picture smaller."),
                    code="picture_too_large",
                    name=name,
                    most=MOST_PIXELS // 1_000_000,
                )
            upright = ImageOps.exif_transpose(found)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            return written(upright, FORMATS[media_type]), thumbnail(upright)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise FileRefusedError(
            _l("“%(name)s” cannot be read as a picture: it is damaged."), code="picture_broken", name=name
        ) from error


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
