"""The workflow of a consent: given for one purpose, withdrawn by the person at any time (clause 25)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import fields

from app.kernel.context import Context
from app.kernel.duties import Duty
from app.kernel.errors import Reason
from app.kernel.schema import EntityInput, ReasonInput, reason_field
from app.kernel.workflow import Step, Workflow
from app.services.customer import merge
from models.customer import Consent
from models.customer_merge import CustomerMerge
from models.customer_merge import MergeState as M
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

NOT_BY_REQUESTER = (Duty(10, ("customer_merge.add",), _l("Whoever asked for a merge does not decide on it.")),)

MERGE = Workflow(
    name="customer_merge",
    is_followed=True,
    subject=CustomerMerge,
    states=M,
    initial=M.requested,
    final=(M.refused, M.withdrawn, M.undone),
    steps=(
        Step(
            "merge",
            _l("Merge the files"),
            (M.requested,),
            M.merged,
            permission="approve",
            not_by=NOT_BY_REQUESTER,
            effect=merge.apply,
            confirm=_l("Orders, addresses, payments and tickets of the one file belong to the other afterwards."),
            clause="10(5)",
        ),
        Step(
            "refuse",
            _l("Refuse"),
            (M.requested,),
            M.refused,
            permission="approve",
            not_by=NOT_BY_REQUESTER,
            asks=ReasonInput,
            tone="danger",
            clause="10(5)",
        ),
        Step("withdraw", _l("Withdraw"), (M.requested,), M.withdrawn, permission="add", tone="neutral"),
        Step(
            "undo",
            _l("Undo the merge"),
            (M.merged,),
            M.undone,
            permission="approve",
            asks=ReasonInput,
            effect=merge.undo,
            tone="danger",
            clause="10(5)",
        ),
    ),
)
