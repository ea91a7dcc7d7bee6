"""Takes messages into the inbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import ValidationFailedError
from app.kernel.numbering import next_number
from models.inbox import InboxItem
from models.labels import Channel


def receive(ctx: Context, values: Mapping[str, Any]) -> InboxItem:
    """A message with its moment of receipt (now, unless given), from which the clock E1 runs. Clause 12(1).

    Raises:
        ValidationFailedError: received in the future, or a call without a note.
        DuplicateError: the same number came in by the same channel before (at the commit).
    """
    received_at = values.get("received_at") or ctx.now
    if received_at > ctx.now:
        raise ValidationFailedError({"received_at": [str(_l("The moment of receipt lies in the future."))]})
    if values.get("channel") is Channel.phone and not (values.get("content") or "").strip():
        raise ValidationFailedError({"content": [str(_l("A call leaves nothing behind: note what was ordered."))]})
    item = InboxItem(inbox_no=next_number(ctx, "IN"), **{**values, "received_at": received_at})
    ctx.session.add(item)
    ctx.session.flush()
    return item
