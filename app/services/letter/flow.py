"""The workflow of a confirmation letter (clause 13(3))."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.schema import EntityInput, reason_field
from app.kernel.workflow import Clock, Step, Workflow
from models.labels_order import LetterState as S
from models.letter import ConfirmationLetter


class AnswerInput(EntityInput):
    """What the customer said, and how we know."""

    reason = reason_field(_l("How the customer answered"))


def _answered(ctx: Context, letter: ConfirmationLetter, _values: Mapping[str, Any]) -> None:
    letter.answered_at = ctx.now


LETTER = Workflow(
    name="confirmation_letter",
    subject=ConfirmationLetter,
    states=S,
    initial=S.sent,
    final=(S.acknowledged, S.superseded),
    steps=(
        Step(
            "acknowledge",
            _l("Customer confirms"),
            (S.sent, S.disputed),
            S.acknowledged,
            permission="acknowledge",
            asks=AnswerInput,
            effect=_answered,
            clause="13(3)",
        ),
        Step(
            "dispute",
            _l("Customer disagrees"),
            (S.sent,),
            S.disputed,
            permission="acknowledge",
            asks=AnswerInput,
            effect=_answered,
            tone="danger",
            clause="13(3)",
        ),
        Step("supersede", _l("Replaced by a newer version"), (S.sent, S.acknowledged, S.disputed), S.superseded),
    ),
    clocks=(
        Clock(
            "E5",
            _l("Customer's answer"),
            start=("confirmation_letter.add",),
            stop=("confirmation_letter.acknowledge", "confirmation_letter.dispute"),
            limit="sla.E5.limit",
            clause="13(3)",
        ),
    ),
)
