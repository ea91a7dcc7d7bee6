"""Words of what people say to one another about a record, with their labels."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from models.vocabulary import Labels


class NoticeKind(StrEnum):
    """Why somebody is told of a record."""

    mention = "mention"
    comment = "comment"
    step = "step"
    assigned = "assigned"
    clock = "clock"


TALK_LABELS: Labels = {
    NoticeKind: {
        NoticeKind.mention: _l("You were mentioned"),
        NoticeKind.comment: _l("New comment"),
        NoticeKind.step: _l("Next step taken"),
        NoticeKind.assigned: _l("Your department is responsible"),
        NoticeKind.clock: _l("A time limit ends"),
    },
}
