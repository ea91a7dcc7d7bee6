"""The workflow of an order: internal states of domain/04 4.3, steps of clauses 12 to 15."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.kernel.duties import OF_ORDER, Duty, plain_acts
from app.kernel.schema import ReasonInput
from app.kernel.workflow import Clock, Step, Workflow
from app.services.order import drawing, effects, guards
from app.services.order.contract import is_complete_by_type, is_signed
from app.services.order.forms import CancelInput, ConfirmInput, HistoryInput, ReviewInput, SubmitInput
from models.labels_order import OrderState as S
from models.order import Order

RUNNING = (
    S.confirmed,
    S.in_production,
    S.ready_to_ship,
    S.partly_shipped,
    S.shipped,
    S.delivered,
    S.pending_acceptance,
)

# Domain/09 9.4, rule 1. Whoever typed any of it stays bound; a mere submission binds until the order is sent back.
CHANGED = ("order.lapse", "order.review_again")
_REVIEWED_BY_ANOTHER = _l("Whoever entered any of an order does not review it.")
NOT_BY_ENTRY = (
    Duty(
        1,
        plain_acts("order", "order_line", "order_fee"),
        _REVIEWED_BY_ANOTHER,
        OF_ORDER,
        since=("order.send_back",),
        ends=("order.submit",),
    ),
    Duty(1, ("order.submit", *CHANGED), _REVIEWED_BY_ANOTHER, since=("order.send_back",)),
)

PEOPLE = (
    Step(
        "submit",
        _l("Submit for review"),
        (S.draft,),
        S.pending_review,
        permission="submit",
        guards=(
            guards.has_lines,
            guards.is_complete,
            guards.is_direct_customer,
            guards.matches_award,
            guards.is_deposit_legal,
            guards.is_bond_legal,
            is_complete_by_type,
        ),
        asks=SubmitInput,
        effect=effects.submit,
        clause="12(2)",
    ),
    Step(
        "review",
        _l("Pass review"),
        (S.pending_review,),
        S.approved,
        permission="review",
        guards=(guards.needs_no_committee,),
        not_by=NOT_BY_ENTRY,
        asks=ReviewInput,
        effect=effects.record_review,
        clause="13(1)",
    ),
    Step(
        "escalate",
        _l("Submit to the committee"),
        (S.pending_review,),
        S.pending_approval,
        permission="review",
        guards=(guards.needs_committee,),
        not_by=NOT_BY_ENTRY,
        asks=ReviewInput,
        effect=effects.record_review,
        clause="13(2)",
    ),
    Step(
        "send_back",
        _l("Send back to entry"),
        (S.pending_review,),
        S.draft,
        permission="review",
        not_by=NOT_BY_ENTRY,
        asks=ReasonInput,
        tone="neutral",
        clause="13(1)",
    ),
    Step(
        "reject",
        _l("Reject"),
        (S.pending_review,),
        S.rejected,
        permission="review",
        guards=(guards.has_no_contract_yet,),
        not_by=NOT_BY_ENTRY,
        asks=ReasonInput,
        effect=effects.reject,
        tone="danger",
        clause="13(1)",
    ),
    Step(
        "take_back",
        _l("Take the review back"),
        (S.approved,),
        S.pending_review,
        permission="review",
        asks=ReasonInput,
        tone="neutral",
        clause="13(1)",
    ),
    # Fired by what changes an order between review and letter, in the name of who changes it.
    Step(
        "lapse",
        _l("Changed after the review"),
        (S.pending_approval, S.approved),
        S.pending_approval,
        permission="edit",
        guards=(guards.has_changed, guards.needs_committee),
        effect=effects.lapse,
        is_offered=False,
        clause="13(2)",
    ),
    Step(
        "review_again",
        _l("Changed, to be reviewed again"),
        (S.pending_approval, S.approved),
        S.pending_review,
        permission="edit",
        guards=(guards.has_changed,),
        effect=effects.lapse,
        is_offered=False,
        clause="13(1)",
    ),
    Step(
        "confirm",
        _l("Send confirmation letter"),
        (S.approved,),
        S.confirmed,
        permission="confirm",
        guards=(guards.is_not_on_hold, guards.is_unchanged_since_review, is_signed),
        asks=ConfirmInput,
        effect=effects.confirm,
        clause="13(3)",
    ),
    Step(
        "hold",
        _l("Put on hold"),
        (S.approved, *RUNNING),
        None,
        permission="hold",
        guards=(guards.is_not_on_hold,),
        asks=ReasonInput,
        effect=effects.hold,
        tone="neutral",
    ),
    Step(
        "resume",
        _l("Release hold"),
        (S.approved, *RUNNING),
        None,
        permission="hold",
        guards=(guards.is_on_hold,),
        effect=effects.resume,
        tone="neutral",
    ),
    Step(
        "cancel",
        _l("Cancel order"),
        (S.draft, S.pending_review, S.approved),
        S.cancelled,
        permission="cancel",
        asks=CancelInput,
        effect=effects.cancel,
        confirm=_l("Cancel the whole order?"),
        tone="danger",
        clause="15(1)",
    ),
    Step(
        "close",
        _l("Close order"),
        (S.completed,),
        S.closed,
        permission="close",
        guards=(guards.is_paid,),
        confirm=_l("Close the order? Warranty work stays possible through tickets."),
        tone="neutral",
        is_bulk=True,
    ),
    Step(
        "import_history",
        _l("Import as history"),
        (S.draft,),
        S.completed,
        permission="import_history",
        guards=(guards.is_import,),
        asks=HistoryInput,
        effect=effects.import_history,
        is_offered=False,
    ),
    Step(
        "void_history",
        _l("Take imported history back"),
        (S.completed,),
        S.cancelled,
        permission="import_history",
        guards=(guards.is_import,),
        asks=ReasonInput,
        effect=effects.void_history,
        is_offered=False,
    ),
)

# Fired by reactions: the committee's decision, and the state that follows from the quantities of the lines.
SYSTEM = (
    Step("committee_approve", _l("Approved by the committee"), (S.pending_approval,), S.approved, clause="13(2)"),
    Step("committee_return", _l("Returned by the committee"), (S.pending_approval,), S.pending_review, clause="13(2)"),
    Step(
        "call_off",
        _l("Every line cancelled"),
        (S.confirmed, S.in_production, S.ready_to_ship, S.partly_shipped),
        S.cancelled,
        asks=CancelInput,
        effect=effects.call_off,
        clause="15(1)",
    ),
    Step("start_production", _l("Production started"), (S.confirmed,), S.in_production, clause="14(1)"),
    Step(
        "make_ready",
        _l("Ready to ship"),
        (S.confirmed, S.in_production),
        S.ready_to_ship,
        effect=effects.make_ready,
        clause="14(2)",
    ),
    Step("ship_part", _l("Partly shipped"), (S.ready_to_ship, S.shipped), S.partly_shipped, clause="14(3)"),
    Step("ship_all", _l("Shipped"), (S.ready_to_ship, S.partly_shipped), S.shipped, clause="14(3)"),
    Step("arrive", _l("Delivered"), (S.partly_shipped, S.shipped), S.delivered, clause="14(3)"),
    Step("await_acceptance", _l("Ready for acceptance"), (S.delivered,), S.pending_acceptance, clause="14(4)"),
    Step(
        "complete",
        _l("Completed"),
        (S.pending_acceptance,),
        S.completed,
        guards=(guards.is_every_line_accepted,),
        effect=effects.complete,
        clause="14(4)",
    ),
)


def limit_of(order: Order) -> str:
    """A rush order has a shorter time before the committee."""
    return "sla.E3.rush" if "F03" in (order.special_flags or ()) else "sla.E3.limit"


ORDER = Workflow(
    name="order",
    is_followed=True,
    subject=Order,
    states=S,
    initial=S.draft,
    final=(S.closed, S.cancelled, S.rejected),
    steps=PEOPLE + drawing.STEPS + SYSTEM,
    clocks=(
        Clock(
            "E1",
            _l("Entry"),
            start=(),
            stop=("order.submit", "order.cancel"),
            limit="sla.E1.limit",
            clause="12(2)",
            start_field="received_at",
            void=("order.import_history",),
        ),
        Clock(
            "E2",
            _l("Review"),
            start=("order.submit", "order.review_again", "order.take_back"),
            stop=("order.review", "order.escalate", "order.send_back", "order.reject", "order.cancel"),
            limit="sla.E2.limit",
            clause="13(1)",
        ),
        Clock(
            "E3",
            _l("Committee approval"),
            start=("order.escalate", "order.lapse"),
            stop=("order.committee_approve", "order.committee_return", "order.lapse", "order.review_again"),
            limit="sla.E3.limit",
            limit_of=limit_of,
            clause="13(2)",
        ),
        Clock(
            "E4",
            _l("Confirmation letter"),
            start=("order.review", "order.committee_approve"),
            stop=("order.confirm", "order.cancel", *CHANGED, "order.take_back"),
            limit="sla.E4.limit",
            clause="13(3)",
        ),
    ),
)
