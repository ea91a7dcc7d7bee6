"""Which demo orders there are, and how each of them goes: some in every state, the old ones finished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random

from app.cli import demo_amendments as amendments
from app.cli import demo_entry as entry
from app.cli import demo_money as money
from app.cli import demo_service as service
from app.cli import demo_work as work
from app.cli.demo_entry import Goods, Wish
from app.cli.demo_story import Company, PresentReachedError, Story
from app.kernel.unit_of_work import unit_of_work
from models.customer import Customer
from models.labels import Channel, CustomerKind, InboxState, OrderState, OrderType, ScheduleTrigger
from models.order import Order

S = OrderState
HALF = Decimal("0.5")
ZERO = Decimal(0)

# Goods by kind of order: alternatives of (article, from, to) lines.
BASKETS: dict[str, tuple[tuple[tuple[str, int, int], ...], ...]] = {
    "stock": (
        (("SOF-OSLO-3S-GRY", 1, 1), ("CHR-NORD-01", 2, 4)),
        (("TBL-NORD-1600", 1, 1), ("CHR-NORD-01", 4, 6)),
        (("SOF-OSLO-3S-GRY", 1, 2),),
        (("CHR-NORD-01", 2, 8),),
    ),
    "made": (
        (("WRD-CUST-M2", 6, 12),),
        (("BED-LUNA-1800", 1, 2),),
        (("BKC-CUST-01", 2, 5), ("BED-LUNA-1800", 1, 1)),
        (("WRD-CUST-M2", 5, 9), ("BKC-CUST-01", 1, 3)),
    ),
    "fitted": ((("WRD-CUST-M2", 6, 12), ("BKC-CUST-01", 1, 3)),),
    "mixed": ((("TBL-NORD-1600", 1, 1), ("BKC-CUST-01", 2, 3)),),
    "bulk": (
        (("DSK-OFC-1400", 12, 30), ("CHR-OFC-ERG", 12, 30), ("CAB-OFC-2D", 4, 10)),
        (("TBL-MEET-24", 2, 4), ("CHR-OFC-ERG", 16, 32)),
    ),
    "project": ((("HDB-HOTEL-18", 24, 60),),),
    "large": ((("HDB-HOTEL-18", 220, 260),),),
    "government": ((("DSK-STU-SET", 40, 60), ("DSK-TCH", 2, 3), ("CHR-TCH", 2, 3)),),
    "sample": ((("CHR-NORD-01", 2, 2),),),
}

BUYERS: dict[str, tuple[OrderType, tuple[CustomerKind, ...], tuple[Channel, ...]]] = {
    "stock": (
        OrderType.retail,
        (CustomerKind.person,),
        (Channel.online_mall, Channel.online_mall, Channel.onsite, Channel.phone),
    ),
    "made": (OrderType.retail, (CustomerKind.person,), (Channel.onsite, Channel.phone, Channel.wechat)),
    "fitted": (OrderType.retail, (CustomerKind.person,), (Channel.onsite,)),
    "mixed": (OrderType.retail, (CustomerKind.person,), (Channel.onsite, Channel.phone)),
    "bulk": (OrderType.bulk, (CustomerKind.company, CustomerKind.institution), (Channel.email, Channel.onsite)),
    "project": (OrderType.project, (CustomerKind.company,), (Channel.email,)),
    "large": (OrderType.project, (CustomerKind.company,), (Channel.email,)),
    "government": (OrderType.government, (CustomerKind.government,), (Channel.tender,)),
    "sample": (OrderType.other, (CustomerKind.other,), (Channel.other,)),
}

DISCOUNTS = {"bulk": (3, 5, 8), "project": (2, 5), "made": (0, 0, 3, 5), "government": (0,)}


@dataclass(frozen=True)
class Plan:
    """One order: its kind, days since its receipt, the state to stop in, and what goes wrong."""

    kind: str
    age: float
    until: OrderState | None = None
    events: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_young(self) -> bool:
        """Early states are made of hours, whatever the time of day."""
        return self.until in {S.draft, S.pending_review, S.pending_approval, S.approved, S.confirmed}


def _plan(kind: str, age: float, until: OrderState | None = None, *events: str) -> Plan:
    return Plan(kind, age, until, frozenset(events))


# At least one in every state, with the ages that such a state has.
IN_EVERY_STATE = (
    _plan("stock", 0.35, S.draft),
    _plan("made", 0.8, S.draft),
    _plan("stock", 0.5, S.pending_review),
    _plan("bulk", 0.9, S.pending_review),
    _plan("made", 1.6, S.pending_review),
    _plan("large", 1.1, S.pending_approval),
    _plan("made", 1.7, S.pending_approval, "discount"),
    _plan("sample", 0.9, S.pending_approval),
    _plan("stock", 0.7, S.approved),
    _plan("government", 1.8, S.approved),
    _plan("bulk", 1.3, S.confirmed),
    _plan("made", 1.9, S.confirmed, "hold"),
    _plan("made", 6, S.in_production),
    _plan("fitted", 16, None, "working", "cancel_part"),
    _plan("bulk", 9, None, "working", "more"),
    _plan("bulk", 46, None, "changed"),
    _plan("large", 14, None, "working"),
    _plan("bulk", 12, None, "working"),
    _plan("project", 16, None, "working", "pause"),
    _plan("stock", 8, S.ready_to_ship),
    _plan("made", 26, S.ready_to_ship),
    _plan("bulk", 27, S.partly_shipped, "part"),
    _plan("stock", 10, S.shipped),
    _plan("mixed", 30, S.shipped),
    _plan("stock", 11, S.delivered),
    _plan("made", 32, S.delivered, "damaged"),
    _plan("stock", 12, S.pending_acceptance),
    _plan("project", 40, S.pending_acceptance, "fails"),
    _plan("stock", 19, S.draft, "cancel"),
    _plan("made", 33, S.approved, "cancel"),
    _plan("bulk", 24, S.confirmed, "cancel"),
    _plan("made", 9, S.pending_review, "reject"),
)


def finished_plans(random: Random) -> Iterator[Plan]:
    """Orders of the last four months that have come to their end."""
    kinds = ("stock", "made", "stock", "bulk", "stock", "made", "project", "stock", "mixed", "government", "stock")
    for index in range(32):
        kind = kinds[index % len(kinds)]
        youngest = 16 if kind == "stock" else 44
        events = {f"ticket{index % 5}"} if index % 4 == 1 else set()
        events |= {("fails", "damaged", "complains", "refund", "overpay")[index // 3 % 5]} if index % 3 == 0 else set()
        events |= {"close"} if index % 2 == 0 else set()
        yield Plan(kind, random.uniform(youngest, 118), None, frozenset(events))


def all_plans(random: Random) -> list[Plan]:
    """Oldest first, as they came in."""
    return sorted([*IN_EVERY_STATE, *finished_plans(random)], key=lambda plan: -plan.age)


def live(company: Company, plan: Plan, customers: Sequence[Customer], number: int) -> None:
    """Lets one order live, in one transaction."""
    wish = wish_of(company.random, plan, customers, number)
    begins = company.now - timedelta(days=plan.age)
    until = None if plan.events & {"cancel", "reject"} else plan.until
    story = Story(company, begins, until=until, in_a_hurry=plan.is_young)
    with unit_of_work(company.context("cli", begins)):
        try:
            _go(story, wish, plan)
        except PresentReachedError:
            if "hold" in plan.events and story.order is not None:
                story.until = None
                story.fire("oc_li", story.order, "hold", reason="客户要求推迟，等待新房交付")


def wish_of(random: Random, plan: Plan, customers: Sequence[Customer], number: int) -> Wish:
    """A customer who fits, a channel and a basket."""
    order_type, kinds, channels = BUYERS[plan.kind]
    channel = random.choice(channels)
    goods = []
    for sku, least, most in random.choice(BASKETS[plan.kind]):
        discount = Decimal(random.choice(DISCOUNTS.get(plan.kind, (0,))))
        if "discount" in plan.events:
            discount = Decimal(15)
        elif plan.kind == "sample":
            discount = Decimal(100)
        goods.append(Goods(sku, Decimal(random.randint(least, most)), discount))
    return Wish(
        customer=random.choice([customer for customer in customers if customer.kind in kinds]),
        order_type=order_type,
        channel=channel,
        goods=goods,
        external_no=f"MALL-77{number:06d}" if channel is Channel.online_mall else None,
    )


def _go(story: Story, wish: Wish, plan: Plan) -> None:
    order = entry.enter(story, entry.receive(story, wish), wish)
    if _ends(story, order, plan, S.draft):
        return
    entry.submit(story, order)
    if _ends(story, order, plan, S.pending_review):
        return
    if wish.channel is Channel.online_mall:
        money.pay(story, order, *money.EARLY)
    entry.review(story, order)
    if _ends(story, order, plan, S.approved):
        return
    entry.confirm(story, order)
    if _ends(story, order, plan, S.confirmed):
        return
    if "changed" in plan.events:
        amendments.change(story, order)
    _supply(story, order, plan)
    if "working" not in plan.events:
        _finish(story, order, plan)


def _ends(story: Story, order: Order, plan: Plan, state: OrderState) -> bool:
    """Orders that are refused or cancelled on their way."""
    if plan.until is not state or not plan.events & {"cancel", "reject"}:
        return False
    story.later(3, 20)
    if "reject" in plan.events:
        story.fire("oc_wang", order, "reject", reason="超出服务区域，无法安装")
    else:
        reason = story.random.choice(("price", "lead_time", "house"))
        if state is S.confirmed:
            amendments.call_off(story, order, reason)
        else:
            story.fire("oc_li", order, "cancel", cancel_kind="customer", cancel_reason=reason, reason="客户电话取消")
    return True


def _supply(story: Story, order: Order, plan: Plan) -> None:
    """Money, production, inspection, delivery, installation, acceptance."""
    extra = Decimal(100) if "overpay" in plan.events else ZERO
    paid = money.pay(story, order, *money.EARLY, extra=extra)
    failing = Decimal(1) if "fails" in plan.events else ZERO
    share = ZERO if "working" in plan.events else HALF if "part" in plan.events else Decimal(1)
    work.make(story, order, share=share, failing=failing)
    if "pause" in plan.events:
        work.pause(story, order)
    if "more" in plan.events:
        amendments.ask_for_more(story, order)
    if "cancel_part" in plan.events:
        amendments.cancel_part(story, order)
    if "working" in plan.events:
        return
    for _ in range(2):  # what failed once passes the second time
        work.inspect(story, order, failing=failing)
        failing = ZERO
    money.pay(story, order, *money.BEFORE_SHIPPING)
    work.ship(story, order, damaged="damaged" in plan.events)
    work.install(story, order)
    work.accept(story, order, complains="complains" in plan.events)
    if paid is not None and paid.amount > paid.allocated_amount:
        money.refund_overpayment(story, order, paid, finished="close" in plan.events)


def _finish(story: Story, order: Order, plan: Plan) -> None:
    """The rest of the money, the invoice, a ticket now and then, and the end."""
    if order.order_type is not OrderType.retail:
        money.credit_days_later(story, story.random.randint(5, 25))
    money.pay(story, order, *(trigger for trigger in ScheduleTrigger if trigger is not ScheduleTrigger.on_date))
    money.invoice(story, order)
    for event in plan.events:
        if event.startswith("ticket"):
            case = int(event.removeprefix("ticket"))
            service.complain(story, order, case, steps=3 if "close" in plan.events else case % 4)
    if "refund" in plan.events:
        money.refund_price(story, order, Decimal(120), finished="close" in plan.events)
    if "close" in plan.events and order.paid_amount - order.refunded_amount >= order.total_amount:
        story.later(10, 60)
        story.fire("oc_zhao", order, "close")


def leave_in_the_inbox(company: Company, customers: Sequence[Customer]) -> None:
    """Messages nobody has entered yet, one that was no order, and money whose order nobody knows."""
    for number, hours in enumerate((2.5, 9.0, 26.5)):
        plan = Plan("stock", hours / 24)
        story = Story(company, company.now - timedelta(hours=hours), in_a_hurry=True)
        wish = wish_of(company.random, plan, customers, 900 + number)
        with unit_of_work(company.context("cli", story.at)):
            item = entry.receive(story, wish)
            assert item.state is InboxState.open
    story = Story(company, company.now - timedelta(hours=30), in_a_hurry=True)
    with unit_of_work(company.context("cli", story.at)):
        advert = wish_of(company.random, Plan("made", 1), customers, 990)
        item = entry.receive(
            story, Wish(advert.customer, advert.order_type, Channel.email, advert.goods, note="广告邮件")
        )
        story.later(0.5, 2)
        story.fire("oc_li", item, "discard", reason="不是订单")
        money.pay_at_the_mall(story, Decimal("1360.00"), "MALL-77999999", advert.customer.name)
