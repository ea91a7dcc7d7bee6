"""The workflow of a cancellation: asked, costed, checked, offered, effective (domain/02, article 15)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

from app.kernel import approved
from app.kernel.context import Context
from app.kernel.duties import Duty, Parts, plain_acts
from app.kernel.errors import DomainError, Reason, ValidationFailedError
from app.kernel.schema import REQUIRED, EntityInput, ReasonInput, field_for
from app.kernel.workflow import Clock, Step, Workflow
from app.services.amendment import actions, rules
from models.cancellation import Cancellation, CostItem
from models.labels import CancelKind, DepositMode, RefundState, SupplyMode
from models.labels import CancellationState as S
from models.payment import Refund


class OfferInput(EntityInput):
    """What becomes of the deposit; left open it is as the company's rules say."""

    deposit_mode = fields.Enum(DepositMode, by_value=True, allow_none=True, metadata={"label": _l("Deposit")})
    deposit_kept_amount = fields.Decimal(
        places=2,
        allow_none=True,
        allow_nan=False,
        validate=validate.Range(min=0),
        metadata={
            "label": _l("Deposit kept"),
            "help": _l("Only where the deposit is kept: at most the cancelled goods' share; empty: all of it."),
        },
    )


class AcceptInput(EntityInput):
    """What the customer said to the offer, and how we know."""

    accepted_how = field_for(Cancellation, "accepted_how", required=True)
    signed_by = field_for(Cancellation, "signed_by", required=False)


def needs_costs(cancellation: Cancellation) -> bool:
    """Only a customer who cancels custom goods pays what they have cost; a catalogue article has its handling."""
    if cancellation.cancel_kind is not CancelKind.customer:
        return False
    return any(row.order_line.supply_mode is SupplyMode.custom for row in cancellation.lines)


def has_lines(_ctx: Context, cancellation: Cancellation) -> Reason | None:
    """Something must be cancelled."""
    if cancellation.lines:
        return None
    return Reason("no_lines", _l("Add the lines that are to be cancelled first."))


def is_cost_sheet_needed(_ctx: Context, cancellation: Cancellation) -> Reason | None:
    """No costs are asked for where none count."""
    if needs_costs(cancellation):
        return None
    return Reason("no_costs_needed", _l("No cost sheet is needed here: the offer can be made at once."))


def is_costed(_ctx: Context, cancellation: Cancellation) -> Reason | None:
    """Custom goods are offered by a checked cost sheet. Domain/02, article 15(3)."""
    if cancellation.state is not S.asked or not needs_costs(cancellation):
        return None
    return Reason("not_costed", _l("Production enters the costs of the custom goods first, and finance checks them."))


def is_for_committee(_ctx: Context, cancellation: Cancellation) -> Reason | None:
    """The committee decides on more than the cap, and where the company cancels."""
    if cancellation.cancel_kind is CancelKind.company:
        return None
    is_more = cancellation.documented_amount > cancellation.cap_amount and needs_costs(cancellation)
    if is_more and cancellation.state is S.checked and not cancellation.is_above_cap:
        return None
    return Reason(
        "not_for_committee", _l("The committee is asked for costs above the cap only, once they are checked.")
    )


def is_approved(ctx: Context, cancellation: Cancellation) -> Reason | None:
    """A company that cancels needs the committee's decision. Domain/02, article 15(5)."""
    if cancellation.cancel_kind is not CancelKind.company:
        return None
    if approved.is_approved(ctx, "cancellation", cancellation.id, None, whatever_content=True):
        return None
    return Reason("needs_committee", _l("The company cancels: submit it to the committee first."))


def has_refund_left(ctx: Context, cancellation: Cancellation) -> Reason | None:
    """What goes back is recorded once; a rejected refund may be recorded anew."""
    recorded = sa.select(sa.func.sum(Refund.amount)).where(
        Refund.cancellation_id == cancellation.id, Refund.state != RefundState.rejected
    )
    due = cancellation.refund_amount + cancellation.penalty_amount + cancellation.interest_amount
    if due > (ctx.session.scalar(recorded) or rules.ZERO):
        return None
    return Reason("nothing_to_refund", _l("Nothing is left to refund."))


def offer(ctx: Context, cancellation: Cancellation, values: Mapping[str, Any]) -> None:
    """How the deposit is treated. Raises DomainError ``no_forfeit``, ``over_pro_rata``."""
    mode = values.get("deposit_mode")
    if mode is None:
        mode = DepositMode.forfeit if ctx.policy["cancel.deposit_forfeit"] and may_forfeit(cancellation) else None
    cancellation.deposit_mode = mode or DepositMode.offset
    cancellation.deposit_kept_amount = rules.ZERO
    if cancellation.deposit_mode is DepositMode.offset:
        return
    if not may_forfeit(cancellation):
        raise DomainError(
            _l("The deposit cannot be kept: nothing was prepared for the goods yet, or the customer is not to blame."),
            code="no_forfeit",
        )
    kept = values.get("deposit_kept_amount")
    share = cancellation.deposit_share_amount
    if kept is not None and kept > share:
        raise DomainError(
            _l("At most %(share)s of the deposit belongs to the cancelled goods: more cannot be kept."),
            code="over_pro_rata",
            share=f"{share:.2f}",
        )
    cancellation.deposit_kept_amount = share if kept is None else kept


def may_forfeit(cancellation: Cancellation) -> bool:
    """Never before anything was prepared, and never where the customer is not to blame. Domain/02, article 15(4)."""
    is_own_will = cancellation.cancel_kind is CancelKind.customer
    return is_own_will and not any(row.stage in rules.NEVER_FORFEIT for row in cancellation.lines)


def accept(ctx: Context, cancellation: Cancellation, values: Mapping[str, Any]) -> None:
    """The customer's word; his signature where he pays more than the cap."""
    if cancellation.is_above_cap and not values.get("signed_by"):
        raise ValidationFailedError({"signed_by": [str(REQUIRED)]})
    cancellation.accepted_how = values["accepted_how"]
    cancellation.signed_by = values.get("signed_by")
    cancellation.effective_at = ctx.now


def lift_cap(_ctx: Context, cancellation: Cancellation, _values: Mapping[str, Any]) -> None:
    """The committee lets the customer pay the documented cost whole."""
    cancellation.is_above_cap = cancellation.cancel_kind is CancelKind.customer


def send_back(_ctx: Context, cancellation: Cancellation, _values: Mapping[str, Any]) -> None:
    """Other costs are other costs: what the committee allowed was for these."""
    cancellation.is_above_cap = False


def end(ctx: Context, cancellation: Cancellation, _values: Mapping[str, Any]) -> None:
    """The lines go on."""
    actions.let_go(ctx, cancellation)


# Domain/09 9.4, rule 9.
NOT_BY_MAKER = (
    Duty(
        9,
        plain_acts("cost_item"),
        _l("Whoever made a cost sheet does not check it."),
        Parts(CostItem, "cancellation_id"),
    ),
    # Of an item that was taken off only the cancellation's new sum tells.
    Duty(9, ("cancellation.cost", "cancellation.edit"), _l("Whoever made a cost sheet does not check it.")),
)
UNDECIDED = (S.asked, S.costed, S.checked, S.offered)

CANCELLATION = Workflow(
    name="cancellation",
    subject=Cancellation,
    states=S,
    initial=S.asked,
    final=(S.effective, S.refused, S.withdrawn),
    steps=(
        Step(
            "cost",
            _l("Cost sheet is complete"),
            (S.asked,),
            S.costed,
            permission="cost",
            guards=(has_lines, is_cost_sheet_needed),
            clause="15(3)",
        ),
        Step(
            "check",
            _l("Cost sheet is right"),
            (S.costed,),
            S.checked,
            permission="check",
            not_by=NOT_BY_MAKER,
            clause="15(3)",
        ),
        Step(
            "send_back",
            _l("Send the cost sheet back"),
            (S.costed, S.checked),
            S.asked,
            permission="check",
            asks=ReasonInput,
            effect=send_back,
            tone="neutral",
            clause="15(3)",
        ),
        Step(
            "offer",
            _l("Offer to the customer"),
            (S.asked, S.checked, S.offered),
            S.offered,
            permission="offer",
            guards=(has_lines, is_costed, is_approved),
            asks=OfferInput,
            effect=offer,
            clause="15(1)",
        ),
        Step(
            "escalate",
            _l("Submit to the committee"),
            (S.asked, S.checked),
            S.pending_approval,
            permission="offer",
            guards=(has_lines, is_for_committee),
            tone="neutral",
            clause="15(3)",
        ),
        Step(
            "accept",
            _l("Customer agrees to the offer"),
            (S.offered,),
            S.effective,
            permission="answer",
            asks=AcceptInput,
            effect=accept,
            clause="15(1)",
        ),
        Step(
            "refuse",
            _l("Customer declines"),
            (S.offered,),
            S.refused,
            permission="answer",
            asks=ReasonInput,
            effect=end,
            tone="danger",
            clause="15(1)",
        ),
        Step(
            "withdraw",
            _l("Withdraw"),
            UNDECIDED,
            S.withdrawn,
            permission="answer",
            asks=ReasonInput,
            effect=end,
            tone="danger",
        ),
        Step(
            "refund",
            _l("Record the refund"),
            (S.effective,),
            None,
            permission="refund",
            guards=(has_refund_left,),
            clause="11(2)",
        ),
        Step("committee_approve", _l("Approved by the committee"), (S.pending_approval,), S.checked, effect=lift_cap),
        Step("committee_return", _l("Returned by the committee"), (S.pending_approval,), S.checked),
    ),
    clocks=(
        Clock(
            "C3",
            _l("Offer for a cancellation"),
            start=("cancellation.add",),
            stop=("cancellation.offer", "cancellation.withdraw"),
            limit="sla.C3.limit",
            clause="15(1)",
            calendar="office",
        ),
    ),
)
