"""Takes in requests, and knows what a person has agreed to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import ValidationFailedError
from app.kernel.numbering import next_number
from models.customer import Consent
from models.labels_goods import ConsentPurpose
from models.privacy import ConsentState, PrivacyRequest

# What an order of a person rests on (clause 12(3)); marketing is never among it.
NEEDED = (ConsentPurpose.order, ConsentPurpose.delivery_share)


def receive_request(ctx: Context, values: Mapping[str, Any]) -> PrivacyRequest:
    """A request with its moment of receipt (now, unless given), from which the clock Z1 runs.

    Raises ValidationFailedError: received in the future.
    """
    received_at = values.get("received_at") or ctx.now
    if received_at > ctx.now:
        raise ValidationFailedError({"received_at": [str(_l("The moment of receipt lies in the future."))]})
    made = PrivacyRequest(request_no=next_number(ctx, "PI"), **{**values, "received_at": received_at})
    ctx.session.add(made)
    ctx.session.flush()
    return made


def consents_of(ctx: Context, customer_id: int) -> list[tuple[ConsentPurpose, bool, datetime | None]]:
    """The newest word on each purpose: (purpose, whether it holds, when it was withdrawn)."""
    statement = (
        sa.select(Consent.purpose, Consent.is_granted, Consent.state, Consent.withdrawn_at)
        .where(Consent.customer_id == customer_id)
        .order_by(Consent.given_at, Consent.id)
    )
    newest = {
        purpose: (purpose, granted and state is ConsentState.given, withdrawn_at)
        for purpose, granted, state, withdrawn_at in ctx.session.execute(statement)
    }
    return list(newest.values())


def missing_consents(ctx: Context, customer_id: int) -> Sequence[ConsentPurpose]:
    """What an order of this person needs and nobody has written down."""
    held = {purpose for purpose, holds, _at in consents_of(ctx, customer_id) if holds}
    return [purpose for purpose in NEEDED if purpose not in held]
