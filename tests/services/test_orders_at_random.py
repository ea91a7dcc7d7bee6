"""Anybody tries anything on an order, changes and cancellations among it: it stays whole. Domain/04."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.consequences import cancelling, changing
from app.kernel.context import SYSTEM, Context
from app.kernel.engine import fire
from app.kernel.errors import DomainError
from app.kernel.unit_of_work import unit_of_work
from app.services.payment.actions import record_payment
from app.services.shipment.actions import plan_shipment
from models.approval import Approval
from models.cancellation import Cancellation
from models.change import ChangeRequest
from models.labels import (
    ApprovalState,
    CancellationState,
    ChangeState,
    InspectionState,
    LetterState,
    OrderState,
    PaymentMethod,
    RefundState,
    SupplyMode,
)
from models.order import Order
from models.payment import PaymentAllocation, Refund
from models.product import Reservation
from tests.services.company import Company, found, moment, person
from tests.services.orders import CHECKS, Goods, draft

D = Decimal
BEFORE_LETTER = {OrderState.draft, OrderState.pending_review, OrderState.pending_approval, OrderState.approved}
OPEN_CANCELLATION = {
    CancellationState.asked, CancellationState.costed, CancellationState.checked, CancellationState.pending_approval,
    CancellationState.offered,
}  # fmt: skip
OPEN_CHANGE = {ChangeState.asked, ChangeState.offered, ChangeState.accepted, ChangeState.pending_approval}


@dataclass
class Play:
    """One order, and a number that chooses among what there is."""

    company: Company
    order: Order
    pick: int = 0

    def one(self, records: Any) -> Any:
        """One of some records; raises KeyError where there is none."""
        found = list(records)
        if not found:
            raise KeyError
        return found[self.pick % len(found)]

    def newest(self, model: Any) -> Any:
        """The newest request of the order."""
        statement = sa.select(model).where(model.order_id == self.order.id).order_by(model.id.desc()).limit(1)
        return self.one(self.company.session.scalars(statement))


Do = Callable[[Play, Context], Any]


def step(name: str, of: Callable[[Play], Any], **data: Any) -> Do:
    """A step of a record of the play."""
    return lambda play, ctx: fire(ctx, of(play), name, data)


def an_order(play: Play) -> Order:
    return play.order


def a_letter(play: Play) -> Any:
    return play.one(letter for letter in play.order.letters if letter.state is LetterState.sent)


def an_inspection(play: Play) -> Any:
    return play.one(each for each in play.order.inspections if each.state is InspectionState.pending)


def an_approval(play: Play) -> Any:
    statement = sa.select(Approval).where(Approval.order_id == play.order.id, Approval.state == ApprovalState.pending)
    return play.one(play.company.session.scalars(statement.order_by(Approval.id)))


def a_task(play: Play) -> Any:
    return play.one(task for line in play.order.lines for task in line.tasks)


def a_shipment(play: Play) -> Any:
    return play.one(sorted(play.order.shipments, key=lambda each: -each.id)[:1])


def a_cancellation(play: Play) -> Any:
    return play.newest(Cancellation)


def a_change(play: Play) -> Any:
    return play.newest(ChangeRequest)


def a_refund(play: Play) -> Any:
    return play.newest(Refund)


def pay(play: Play, ctx: Context) -> None:
    """Half of the order, or what is asked."""
    amount = max((play.order.total_amount * (1 + play.pick % 3) / 2).quantize(D("0.01")), D(1))
    record_payment(ctx, {"method": PaymentMethod.pos, "amount": amount, "order_id": play.order.id})


def draw(play: Play, ctx: Context) -> None:
    """The next version of the drawing."""
    fire(ctx, play.order, "issue_drawing", {"drawing_version": (play.order.drawing_version or 0) + 1})


def sign(play: Play, ctx: Context) -> None:
    """The version that the customer has."""
    fire(ctx, play.order, "sign_drawing", {"drawing_version": play.order.drawing_version, "signed_name": "林晓雯"})


def load(play: Play, ctx: Context) -> None:
    """Every package of the newest shipment."""
    for package in a_shipment(play).packages:
        fire(ctx, package, "load")


def ask_cancellation(play: Play, ctx: Context) -> None:
    """One piece of a line, or the whole of it."""
    line = play.one(play.order.lines)
    row = {"order_line_id": line.id, **({"qty": D(1)} if play.pick % 2 else {})}
    cancelling.open_cancellation(ctx, {"order_id": play.order.id, "lines": [row]})


def ask_change(play: Play, ctx: Context) -> None:
    """A piece more or less, or another colour."""
    line = play.one(play.order.lines)
    wish = ({"qty_ordered": line.qty_ordered + 1}, {"qty_ordered": max(line.qty_ordered - 1, D(1))}, {"colour": "胡桃"})
    row = {"order_line_id": line.id, **wish[play.pick % 3]}
    changing.open_change(ctx, {"order_id": play.order.id, "lines": [row]})


def add_cost(play: Play, ctx: Context) -> None:
    """An item of the cost sheet."""
    kind = ("material", "labour", "salvage")[play.pick % 3]
    values = {"cancellation_id": a_cancellation(play).id, "kind": kind, "amount": D(1 + play.pick)}
    cancelling.add_cost(ctx, values)


# Said of each check, with a reason where the program finds otherwise (no drawing beside custom goods).
PASSED = {**dict.fromkeys(CHECKS, "passed"), "comment": "已核对"}
SLOT = {"slot_from": "2026-12-20T14:00", "slot_to": "2026-12-20T16:00", "driver_name": "周师傅", "mode": "own_fleet"}
PLAN = {"planned_start_on": "2026-11-25", "planned_end_on": "2026-12-05"}
WHY = {"reason": "x"}
# act: (who may do it, what it is)
ACTS: dict[str, tuple[str, Do]] = {
    "submit": ("oc_li", step("submit", an_order, late_reason="human")),
    "review": ("oc_wang", step("review", an_order, **PASSED)),
    "escalate": ("oc_wang", step("escalate", an_order, **PASSED)),
    "confirm": ("oc_li", step("confirm", an_order, promised_on="2027-01-20", channel="sms")),
    "acknowledge": ("oc_li", step("acknowledge", a_letter, reason="电话确认")),
    "draw": ("oc_li", draw),
    "sign": ("oc_li", sign),
    "hold": ("oc_li", step("hold", an_order, **WHY)),
    "resume": ("oc_li", step("resume", an_order)),
    "cancel": ("oc_li", step("cancel", an_order, cancel_kind="customer", cancel_reason="fund")),
    "pay": ("fi_qian", pay),
    "plan": ("pd_chen", step("plan", a_task, **PLAN)),
    "release": ("pd_chen", step("release", a_task)),
    "start": ("pd_chen", step("start", a_task)),
    "cut": ("pd_chen", step("report", a_task, operation="cutting", qty_done="0", percent="100")),
    "make": ("pd_chen", step("report", a_task, operation="packing", qty_done="1", percent="100")),
    "inspect": ("qc_sun", step("accept", an_inspection)),
    "plan_shipment": ("lg_liu", lambda play, ctx: plan_shipment(ctx, play.order, None, {})),
    "schedule": ("lg_liu", step("schedule", a_shipment, **SLOT)),
    "load": ("lg_xu", load),
    "dispatch": ("lg_xu", step("dispatch", a_shipment)),
    "deliver": ("lg_liu", step("deliver", a_shipment, receiver_name="林晓雯")),
    "ask_cancellation": ("oc_li", ask_cancellation),
    "add_cost": ("pd_chen", add_cost),
    "cost": ("pd_chen", step("cost", a_cancellation)),
    "check": ("fi_zhou", step("check", a_cancellation)),
    "offer_cancellation": ("oc_li", step("offer", a_cancellation)),
    "accept_cancellation": ("oc_li", step("accept", a_cancellation, accepted_how="x")),
    "refuse_cancellation": ("oc_li", step("refuse", a_cancellation, **WHY)),
    "withdraw_cancellation": ("oc_li", step("withdraw", a_cancellation, **WHY)),
    "refund": ("fi_zhou", step("refund", a_cancellation)),
    "approve_refund": ("fi_sun", step("approve", a_refund)),
    "execute_refund": ("fi_qian", step("execute", a_refund)),
    "ask_change": ("oc_li", ask_change),
    "say_production": ("pd_he", step("say_production", a_change, opinion="x")),
    "say_finance": ("fi_zhou", step("say_finance", a_change, opinion="x")),
    "say_logistics": ("lg_gao", step("say_logistics", a_change, opinion="x")),
    "offer_change": ("oc_li", step("offer", a_change)),
    "accept_change": ("oc_li", step("accept", a_change, accepted_how="x")),
    "escalate_change": ("oc_li", step("escalate", a_change)),
    "apply_change": ("oc_li", step("apply", a_change)),
    "revise_change": ("oc_li", step("revise", a_change, **WHY)),
    "withdraw_change": ("oc_li", step("withdraw", a_change, **WHY)),
    "opine": ("system", step("opine", an_approval, text="同意")),
    "vote": ("fi_sun", step("vote", an_approval, decision="approve")),
    "vote_too": ("cm_zhang", step("vote", an_approval, decision="approve")),
}
# What leads on is tried more often than what ends an order or stops it.
OFTEN = [name for name in ACTS for _ in range(1 if name in {"cancel", "hold", "withdraw_change", "cut"} else 3)]
PEOPLE = ("oc_li", "oc_wang", "pd_chen", "lg_xu", "fi_zhou", "cm_zhang", "cs_ma")
# A play begins with some way behind it, else most of its acts would come too early.
SENT = ("submit", "review", "confirm")
VOTED = ("submit", "escalate", "opine", "vote", "vote_too", "confirm")
STARTED = ("acknowledge", "draw", "sign", "pay", "plan", "release", "start", "cut")
MADE = (*STARTED, "make", "make", "inspect", "inspect", "inspect")
GONE = ("pay", "plan_shipment", "schedule", "load", "dispatch")
CALLED_OFF = ("ask_cancellation", "add_cost", "cost", "check", "offer_cancellation")
CHANGED = ("ask_change", "say_production", "say_finance", "offer_change")
# Each way is walked to its end in every play that begins with it; the order is a special one where it is voted on.
WAYS: tuple[tuple[str, ...], ...] = (
    (),
    (*SENT, "pay", *CALLED_OFF),
    (*SENT, "pay", *CALLED_OFF, "accept_cancellation", "refund", "approve_refund", "execute_refund"),
    (*SENT, "pay", *CHANGED),
    (*VOTED, "pay", *CHANGED, "accept_change", "escalate_change", "opine", "vote", "vote_too", "apply_change"),
    (*VOTED, *STARTED),
    (*SENT, *MADE, "pay", "plan_shipment", "schedule", "load"),
    (*SENT, *MADE, *GONE, "deliver"),
    (*VOTED, *MADE, *GONE, "deliver"),
)
moves = st.lists(
    st.tuples(st.sampled_from(OFTEN), st.integers(0, 5), st.sampled_from((None, None, None, None, *PEOPLE))),
    min_size=20,
    max_size=35,
)


def attempt(play: Play, name: str, pick: int, who: str | None, day: int) -> bool:
    """One act of one person at one moment; False where it was refused, and then nothing has changed."""
    rightly, act = ACTS[name]
    play.pick = pick
    moment_of_it = moment("2026-11-24 09:00") + timedelta(minutes=20 * day)
    company = play.company
    actor = SYSTEM if (who or rightly) == "system" else company.people[who or rightly]
    ctx = Context(company.session, actor, moment_of_it, "screen", policy=company.policy)
    try:
        with unit_of_work(ctx):
            act(play, ctx)
    except (DomainError, KeyError):
        company.session.rollback()
        return False
    return True


def an_entered_order(company: Company, number: int, way: tuple[str, ...]) -> Order:
    """A draft of made and of stocked goods; a customer each, else they would be parts of one large order."""
    goods = (
        Goods(f"CST-{number}", 2, 3000, SupplyMode.custom),
        Goods(f"STK-{number}", 3, 500, on_hand=9),
    )
    customer = person(company.session, f"林晓雯{number}", f"138{number:08d}")
    values = {"customer": customer, "elevator": "passenger", "is_exclusive": "escalate" in way}
    return draft(company, *goods, order_no=f"SO-R-{number:05d}", **values)


def check(play: Play) -> None:
    """The invariants of domain/04, read afresh."""
    session = play.company.session
    session.expire_all()
    order = play.order
    check_quantities(session, order)
    check_money(session, order)
    check_evidence(session, order)


def check_quantities(session: Session, order: Order) -> None:
    """Each quantity is a part of the one before it; nothing is held or reserved beyond need."""
    requests = session.scalars(sa.select(Cancellation).where(Cancellation.order_id == order.id)).all()
    opened = [request for request in requests if request.state in OPEN_CANCELLATION]
    held = {row.order_line_id for request in opened for row in request.lines}
    assert len(opened) <= 1
    cancelled: Counter[int] = Counter()
    for request in requests:
        for row in request.lines if request.state is CancellationState.effective else ():
            cancelled[row.order_line_id] += row.qty
    for line in order.lines:
        gone = line.qty_shipped - line.qty_back
        assert line.qty_accepted <= line.qty_delivered <= gone
        assert line.qty_shipped <= line.qty_qc_passed
        assert line.supply_mode is SupplyMode.stock or line.qty_qc_passed <= line.qty_produced
        assert gone + line.qty_cancelled <= line.qty_ordered
        assert line.is_held is (line.id in held)
        if order.state not in BEFORE_LETTER and order.letters:
            assert line.qty_cancelled == cancelled[line.id]
        reserved = session.scalar(sa.select(sa.func.sum(Reservation.qty)).where(Reservation.order_line_id == line.id))
        assert (reserved or 0) <= line.qty_net - gone


def check_money(session: Session, order: Order) -> None:
    """Sums are the sums of their parts, and no money is lost between them."""
    assert order.total_amount == order.goods_amount + order.fee_amount == order.net_amount + order.tax_amount
    assert order.goods_amount == sum(line.line_amount for line in order.lines)
    if order.schedules:
        assert sum(row.amount for row in order.schedules) == order.total_amount
        assert sum(row.paid_amount for row in order.schedules) == order.paid_amount
    allocations = session.scalars(sa.select(PaymentAllocation).where(PaymentAllocation.order_id == order.id)).all()
    assert sum(each.amount for each in allocations if each.schedule_id is not None) == order.paid_amount
    for payment in order.payments:
        assert payment.allocated_amount == sum(each.amount for each in allocations if each.payment_id == payment.id)
    set_aside = sum(each.amount for each in allocations if each.schedule_id is None)
    settled = [*session.scalars(sa.select(Cancellation).where(Cancellation.state == CancellationState.effective))]
    changed = [*session.scalars(sa.select(ChangeRequest).where(ChangeRequest.state == ChangeState.applied))]
    mine = [each for each in settled if each.order_id == order.id]
    assert set_aside == sum(each.kept_amount + each.refund_amount for each in mine) + sum(
        each.refund_amount for each in changed if each.order_id == order.id
    )
    refunds = session.scalars(sa.select(Refund).where(Refund.order_id == order.id)).all()
    for each in mine:
        assert each.compensation_amount <= each.cap_amount + each.handling_amount or each.is_above_cap
        taken = [one.amount for one in refunds if one.cancellation_id == each.id]
        assert sum(taken) <= each.refund_amount or any(one.state is RefundState.rejected for one in refunds)


def check_evidence(session: Session, order: Order) -> None:
    """No state without what it rests on."""
    pending = sa.select(Approval.entity, Approval.entity_id).where(Approval.state == ApprovalState.pending)
    waiting = list(session.execute(pending))
    assert len(waiting) == len(set(waiting))
    standing = [letter for letter in order.letters if letter.state is not LetterState.superseded]
    if order.state in BEFORE_LETTER:
        assert order.letters == []
    elif order.letters:
        assert len(standing) == 1
        if order.state is not OrderState.cancelled:
            assert (standing[0].content_hash, standing[0].total_amount) == (order.content_hash, order.total_amount)
    if order.state in {OrderState.partly_shipped, OrderState.shipped, OrderState.delivered}:
        assert any(line.qty_qc_passed > 0 for line in order.lines)
    if order.state is OrderState.cancelled and order.letters:
        assert all(line.qty_net == 0 for line in order.lines)
    changes = session.scalars(sa.select(ChangeRequest).where(ChangeRequest.order_id == order.id)).all()
    assert sum(each.state in OPEN_CHANGE for each in changes) <= 1


@pytest.mark.stage("people")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_order_when_each_way_is_walked_then_every_step_succeeds_and_it_stays_whole(session: Session) -> None:
    """The plays below begin with these ways: they mean something only where a way leads to its end."""
    company = found(session)
    stuck = []
    for number, way in enumerate(WAYS):
        scene = Play(company, an_entered_order(company, number, way))
        for day, name in enumerate(way):
            if not attempt(scene, name, 0, None, day):
                stuck.append((way, name))
                break
            check(scene)
    assert stuck == []


@pytest.mark.stage("people")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_order_when_anybody_tries_anything_then_it_stays_whole(session: Session) -> None:
    company = found(session)
    done: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    numbers = iter(range(10_000))

    @settings(max_examples=len(WAYS), deadline=None, derandomize=True, database=None)
    @given(moved=moves)
    def play(moved: list[tuple[str, int, str | None]]) -> None:
        number = next(numbers)
        way = WAYS[number % len(WAYS)]
        scene = Play(company, an_entered_order(company, number, way))
        begun: list[tuple[str, int, str | None]] = [(name, 0, None) for name in way]
        for day, (name, pick, who) in enumerate([*begun, *moved]):
            (done if attempt(scene, name, pick, who, day) else refused)[name] += 1
            # The test above looks at the ways step by step.
            if day >= len(way) - 1:
                check(scene)

    play()
    # The plays went far enough to mean something.
    assert set().union(*WAYS) - set(done) == set()
    assert {"review", "dispatch", "offer_cancellation", "apply_change"} <= set(refused), (done, refused)
