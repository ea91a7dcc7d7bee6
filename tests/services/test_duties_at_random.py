"""Random people with random roles and delegations try random steps: no rule's two acts ever meet in one person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.kernel.context import Actor, Context, Deputyship
from app.kernel.engine import acting, fire
from app.kernel.errors import DomainError
from app.kernel.unit_of_work import unit_of_work
from app.security import departments as role
from app.security.grants import granted
from app.services.order.actions import change_order
from app.services.payment.actions import record_payment
from app.services.payment.refunds import record_refund
from models.labels import PaymentMethod, PaymentState, RefundReason, RefundState
from models.order import Order
from models.payment import Payment, Refund
from tests.services.company import Company, found, moment
from tests.services.orders import CHECKS, RECEIVED, Goods, draft
from tests.sweeps.depth import FULL

D = Decimal
PEOPLE = ("oc_li", "oc_wang", "oc_zhao", "fi_zhou", "fi_sun")
ROLES = (role.ORDER_CENTER, role.FINANCE, role.FINANCE_LEAD, role.CASHIER)
RIGHTS = {code: frozenset(f"{entity}.{word}" for entity, word in granted(code)) for code in ROLES}
PASSED = dict.fromkeys(CHECKS, "passed")
ACTS = (
    "enter", "submit", "send_back", "review", "record_payment", "allocate", "record_refund", "change_account",
    "approve", "execute",
)  # fmt: skip
# What comes last in the way is tried more often.
OFTEN = (*ACTS, "record_refund", *("approve",) * 3, *("execute",) * 4)
# The rules once more, in the test's own words: (earlier act, later act).
SEPARATED = {
    ("enter", "review"), ("enter", "send_back"), ("submit", "review"), ("submit", "send_back"),
    ("record_payment", "allocate"), ("record_refund", "approve"), ("change_account", "approve"),
    ("approve", "execute"), ("change_account", "execute"), ("record_refund", "execute"),
}  # fmt: skip

people = st.integers(0, len(PEOPLE) - 1)
role_sets = st.lists(st.frozensets(st.sampled_from(ROLES), min_size=2), min_size=len(PEOPLE), max_size=len(PEOPLE))
# Who does what; or, from time to time, who stands in for whom.
moves = st.lists(
    st.one_of(st.tuples(st.sampled_from(OFTEN), people), st.tuples(st.just("delegate"), people, people)),
    min_size=50,
    max_size=90,
)


@dataclass
class Play:
    """One order with one payment and one refund, and what was done to them."""

    company: Company
    order: Order
    roles: list[frozenset[str]]
    large: bool
    deputies: dict[int, set[int]] = field(default_factory=dict)
    # What was done, to which record, by whom and for whom, and who was bound.
    log: list[tuple[str, str, frozenset[int], frozenset[int]]] = field(default_factory=list)
    payment: Payment | None = None
    refund: Refund | None = None

    def actor(self, number: int) -> Actor:
        """The person with his roles and those of whom he stands in for."""
        own = self.roles[number]
        givers = sorted(self.deputies.get(number, ()))
        held = tuple(
            Deputyship(self.identity(giver), PEOPLE[giver], self.roles[giver], rights_of(self.roles[giver]))
            for giver in givers
        )
        every = rights_of(own).union(*(found.permissions for found in held))
        person = self.company.people[PEOPLE[number]]
        return replace(person, roles=own, permissions=every, deputyships=held, received=every - rights_of(own))

    def identity(self, number: int) -> int:
        """The id of a person."""
        found = self.company.people[PEOPLE[number]].id
        assert found is not None
        return found

    def attempt(self, act: str, number: int, day: int) -> bool:
        """One act by one person; refused, nothing happened."""
        actor = self.actor(number)
        ctx = replace(self.company.context(actor, RECEIVED), now=moment(RECEIVED) + timedelta(days=day))
        right = RIGHT_OF[act]
        if not actor.may(right):
            return False
        try:
            with unit_of_work(ctx), acting(ctx, right) as own:
                DO[act](self, own)
        except DomainError:
            return False
        done = frozenset({self.identity(number)}) | actor.acting(right).acts_for
        givers = frozenset(self.identity(giver) for giver in self.deputies.get(number, ()))
        self.log.append((act, self.subject(act), done, givers | {self.identity(number)}))
        return True

    def subject(self, act: str) -> str:
        """The number of the record of an act."""
        if act in {"record_payment", "allocate"}:
            return str(self.payment)
        return str(self.order if act in {"enter", "submit", "send_back", "review"} else self.refund)

    def met(self) -> list[tuple[str, str]]:
        """Separated acts that one person, or a deputy and whom he stands in for, did."""
        wrong = []
        for place, (later, subject, _, bound) in enumerate(self.log):
            before = [entry for entry in self.log[:place] if entry[1] == subject]
            returned = max((n for n, entry in enumerate(before) if entry[0] == "send_back"), default=-1)
            for number, (earlier, _, done, _) in enumerate(before):
                if (earlier, later) not in SEPARATED or not done & bound:
                    continue
                if earlier == "submit" and number < returned:
                    continue
                if (earlier, later) == ("record_refund", "execute") and not self.large:
                    continue
                wrong.append((earlier, later))
        return wrong


def rights_of(roles: frozenset[str]) -> frozenset[str]:
    """What roles give."""
    return frozenset().union(*(RIGHTS[code] for code in roles))


def need(record: Any) -> Any:
    """The record, where there is one yet."""
    if record is None:
        raise DomainError
    return record


def pay(play: Play, ctx: Context) -> None:
    need(None if play.payment and play.payment.state is not PaymentState.allocated else play.order)
    given_values = {"method": PaymentMethod.pos, "amount": D(50), "customer_id": play.order.customer_id}
    play.payment = record_payment(ctx, given_values)


def refund(play: Play, ctx: Context) -> None:
    need(None if play.refund and play.refund.state is not RefundState.executed else play.order)
    values = {"order_id": play.order.id, "amount": D(10), "reason": RefundReason.price_adjust}
    play.refund = record_refund(ctx, values)


def step(name: str, of: Callable[[Play], Any], data: Callable[[Play], dict[str, Any]] | None = None) -> Any:
    """An act that is a step of a record of the play."""

    def done(play: Play, ctx: Context) -> None:
        fire(ctx, need(of(play)), name, data(play) if data else {})

    return done


DO: dict[str, Callable[[Play, Context], None]] = {
    "enter": lambda play, ctx: need(change_order(ctx, play.order, {"note": f"{ctx.now}"})),
    "submit": step("submit", lambda play: play.order, lambda _: {"late_reason": "human"}),
    "send_back": step("send_back", lambda play: play.order, lambda _: {"reason": "x"}),
    "review": step("review", lambda play: play.order, lambda _: PASSED),
    "record_payment": pay,
    "allocate": step("allocate", lambda play: play.payment, lambda play: {"order_id": play.order.id}),
    "record_refund": refund,
    "change_account": step(
        "change_account", lambda play: play.refund, lambda _: {"payee_account": "6222", "reason": "x"}
    ),
    "approve": step("approve", lambda play: play.refund),
    "execute": step("execute", lambda play: play.refund),
}
RIGHT_OF = {
    "enter": "order.edit", "submit": "order.submit", "send_back": "order.review", "review": "order.review",
    "record_payment": "payment.add", "allocate": "payment.allocate", "record_refund": "refund.add",
    "change_account": "refund.account", "approve": "refund.approve", "execute": "refund.execute",
}  # fmt: skip


@pytest.mark.stage("people")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_duties_when_anybody_tries_anything_then_no_two_separated_acts_meet(session: Session) -> None:
    company = found(session)
    company.policy = {**company.policy, "duty.account_cooling_hours": D(1)}
    done: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    orders = iter(range(10_000))

    @settings(max_examples=60 if FULL else 24, deadline=None, derandomize=True, database=None)
    @given(roles=role_sets, large=st.booleans(), moved=moves)
    def play(roles: list[frozenset[str]], large: bool, moved: list[tuple[Any, ...]]) -> None:
        number = next(orders)
        customer = {"order_no": f"SO-R-{number:05d}"}
        order = draft(company, Goods(f"SKU-{number}", 1, 20000), customer=known.get("customer"), **customer)
        known.setdefault("customer", order.customer)
        company.policy = {**company.policy, "duty.refund_three": D(9 if large else 10)}
        scene = Play(company, order, roles, large)
        # oc_li has entered and submitted it, and a cashier who plays no part has brought half of the money.
        first = frozenset({scene.identity(0)})
        scene.log += [("enter", str(order), first, first), ("submit", str(order), first, first)]
        company.fire("oc_li", RECEIVED, order, "submit")
        with company.act("fi_qian", RECEIVED) as ctx:
            record_payment(ctx, {"method": PaymentMethod.pos, "amount": D(10000), "order_id": order.id})
        for day, move in enumerate(moved):
            if move[0] == "delegate":
                if move[1] != move[2]:
                    scene.deputies.setdefault(move[2], set()).symmetric_difference_update({move[1]})
                continue
            (done if scene.attempt(move[0], move[1], day + 1) else refused)[move[0]] += 1
        assert scene.met() == []

    known: dict[str, Any] = {}
    play()
    # The plays went far enough to mean something.
    assert {act for act in ACTS if done[act] and refused[act]} == set(ACTS), (done, refused)
