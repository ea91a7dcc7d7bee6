"""What lets a browser keep an unsaved form: whose it is, which form it is, and the key it is locked with.

The browser keeps the draft, so that it survives a lost connection and a closed window. It is locked with a key that
only the person's own pages carry: on a shared computer nobody else reads it, not even out of the browser's storage.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from flask import current_app, request, session

from app.kernel.context import Actor

SAVED = "zd_saved"


def note_saved(draft: dict[str, str]) -> None:
    """The next page tells the browser that this form has been saved: its draft may go."""
    session[SAVED] = draft["name"]


def draft_of(actor: Actor, entity: str, record_id: int | None, version: int | None) -> dict[str, str]:
    """The words of a form's draft. A form that begins with arguments (a line of order 7) is a form of its own."""
    arguments = "&".join(sorted(request.query_string.decode("utf-8", "replace").split("&")))
    which = f"{record_id}" if record_id is not None else f"new?{arguments}"
    return {
        "name": f"zd-draft:{actor.id}:{entity}:{which}",
        "secret": _secret(actor.id),
        "version": str(version or 0),
    }


def _secret(person: int | None) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    return base64.b64encode(hmac.digest(key, f"draft:{person}".encode(), hashlib.sha256)).decode()
