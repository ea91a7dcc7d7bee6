"""The workflow of a consent: given for one purpose, withdrawn by the person at any time (clause 25)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import fields

from app.kernel.context import Context
from app.kernel.errors import Reason
from app.kernel.schema import EntityInput, reason_field
from app.kernel.workflow import Step, Workflow
from models.customer import Consent
from models.labels_order import Channel
from models.privacy import ConsentState as S


class WithdrawInput(EntityInput):
    """How the person told us. No reason is demanded of him: what stands here is what he said."""

    channel = fields.Enum(Channel, by_value=True, required=True, metadata={"label": _l("Withdrawn through")})
    reason = reason_field(_l("What the person said"))


def was_given(ctx: Context, consent: Consent) -> Reason | None:
    """What was refused cannot be withdrawn, nor what begins later."""
    if not consent.is_granted:
        return Reason("not_granted", _l("This consent was refused: there is nothing to withdraw."))
    if consent.given_at > ctx.now:
        return Reason("not_given_yet", _l("This consent begins in the future: correct its moment first."))
    return None


def withdraw(ctx: Context, consent: Consent, values: Mapping[str, Any]) -> None:
    """From now on; what was done before stays lawful."""
    consent.withdrawn_at = ctx.now
    consent.withdrawn_channel = values["channel"]


CONSENT = Workflow(
    name="consent",
    subject=Consent,
    states=S,
    initial=S.given,
    final=(S.withdrawn,),
    steps=(
        Step(
            "withdraw",
            _l("Withdraw"),
            (S.given,),
            S.withdrawn,
            permission="withdraw",
            guards=(was_given,),
            asks=WithdrawInput,
            effect=withdraw,
            tone="danger",
            clause="25",
        ),
    ),
)
