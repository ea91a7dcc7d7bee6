"""The workflow of a confirmation letter and of the links that customers answer it by (clause 13(3))."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

from app.kernel.context import Context
from app.kernel.errors import Reason
from app.kernel.schema import EntityInput, ReasonInput, reason_field
from app.kernel.workflow import Clock, Step, Workflow
from app.services.letter import rules
from models.customer_link import CustomerLink, CustomerLinkState
from models.labels_order import LetterState as S
from models.letter import ConfirmationLetter


class AnswerInput(EntityInput):
    """What the customer said, and how we know. Who signed by himself left his name."""

    reason = reason_field(_l("How the customer answered"))
    signed_name = fields.String(allow_none=True, validate=validate.Length(max=60), metadata={"label": _l("Signed by")})


def acknowledge(ctx: Context, letter: ConfirmationLetter, values: Mapping[str, Any]) -> None:
    """Confirmed now, signed where there is a name: the mark binds name and moment to this very content."""
    letter.answered_at = letter.acknowledged_at = ctx.now
    if name := values.get("signed_name"):
        letter.signed_name = name
        letter.signature_hash = rules.mark(letter.letter_no, letter.content_hash, name, ctx.now)


def dispute(ctx: Context, letter: ConfirmationLetter, values: Mapping[str, Any]) -> None:
    """What is not as agreed, in the customer's words."""
    letter.answered_at = ctx.now
    letter.objection = values["reason"]


def is_remembering_due(ctx: Context, letter: ConfirmationLetter) -> Reason | None:
    """A silent customer is remembered once each period."""
    due = rules.reminders_due(letter.sent_at, ctx.now, ctx.policy["confirm.remind_hours"])
    if due > letter.reminders:
        return None
    return Reason("not_due", _l("The next reminder is not due yet."))


def remind(ctx: Context, letter: ConfirmationLetter, _values: Mapping[str, Any]) -> None:
    """Counts up to now: what a standstill left out is not made up for."""
    letter.reminders = rules.reminders_due(letter.sent_at, ctx.now, ctx.policy["confirm.remind_hours"])


def is_open(ctx: Context, link: CustomerLink) -> Reason | None:
    """What has ended by itself needs no withdrawal."""
    if link.expires_at > ctx.now:
        return None
    return Reason("expired", _l("This link has ended by itself."))


LETTER = Workflow(
    name="confirmation_letter",
    is_followed=True,
    subject=ConfirmationLetter,
    states=S,
    initial=S.sent,
    final=(S.acknowledged, S.superseded, S.withdrawn),
    steps=(
        Step(
            "acknowledge",
            _l("Customer confirms"),
            (S.sent, S.disputed),
            S.acknowledged,
            permission="acknowledge",
            asks=AnswerInput,
            effect=acknowledge,
            clause="13(3)",
        ),
        Step(
            "dispute",
            _l("Customer disagrees"),
            (S.sent,),
            S.disputed,
            permission="acknowledge",
            asks=ReasonInput,
            effect=dispute,
            tone="danger",
            clause="13(3)",
        ),
        Step(
            "remind",
            _l("Reminder of the silent customer"),
            (S.sent,),
            None,
            guards=(is_remembering_due,),
            effect=remind,
            clause="13(3)",
        ),
        Step("supersede", _l("Replaced by a newer version"), (S.sent, S.acknowledged, S.disputed), S.superseded),
        Step("withdraw", _l("Ended with its order"), (S.sent, S.disputed), S.withdrawn, clause="15(1)"),
    ),
    clocks=(
        Clock(
            "E5",
            _l("Customer's answer"),
            start=("confirmation_letter.add",),
            stop=tuple(f"confirmation_letter.{step}" for step in ("acknowledge", "dispute", "supersede", "withdraw")),
            limit="sla.E5.limit",
            clause="13(3)",
        ),
    ),
)

LINK = Workflow(
    name="customer_link",
    subject=CustomerLink,
    states=CustomerLinkState,
    initial=CustomerLinkState.active,
    final=(CustomerLinkState.revoked,),
    steps=(
        Step(
            "revoke",
            _l("Withdraw the link"),
            (CustomerLinkState.active,),
            CustomerLinkState.revoked,
            permission="revoke",
            guards=(is_open,),
            tone="danger",
            clause="13(3)",
        ),
        Step("replace", _l("Replaced by a newer link"), (CustomerLinkState.active,), CustomerLinkState.revoked),
    ),
)
