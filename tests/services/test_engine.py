"""The engine: one way to change a state, every refusal without a trace, one winner of every race."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from app.kernel.context import Context
from app.kernel.engine import fire
from app.kernel.errors import (
    ConflictError,
    DomainError,
    NotFoundError,
    PermissionDeniedError,
    StateGuardError,
    StepNotOpenError,
    ValidationFailedError,
)
from app.kernel.numbering import next_number
from app.kernel.sealing import opened
from app.kernel.unit_of_work import unit_of_work
from app.services.order.actions import add_line, create_order
from models.journal import Journal
from models.labels import OrderState
from models.order import Order, OrderLine
from tests.databases import Database
from tests.services.company import Company, found, moment, person, product

THREADS = 8
pytestmark = pytest.mark.stage("people")
NINE = "2026-11-24 09:00"
ADDRESS = {
    "receiver_name": "林晓雯",
    "receiver_phone": "13800005621",
    "ship_city": "杭州",
    "ship_address": "文三路 100 号",
    "requested_on": moment("2026-11-30 00:00").date(),
}


@pytest.fixture
def company(session: Session) -> Company:
    """The company with its people."""
    return found(session)


@pytest.fixture
def draft(company: Company) -> Order:
    """A complete draft of one chair."""
    with company.act("oc_li", NINE) as ctx:
        chair = product(ctx.session, "CHR-1", on_hand=10)
        customer = person(ctx.session)
    with company.act("oc_li", NINE) as ctx:
        order = create_order(ctx, {"customer_id": customer.id, **ADDRESS})
        add_line(ctx, {"order_id": order.id, "product_id": chair.id, "qty_ordered": Decimal(1)})
    return order


def journal_length(session: Session) -> int:
    """How many rows the journal has."""
    return session.scalar(sa.select(sa.func.count()).select_from(Journal)) or 0


@pytest.mark.parametrize(
    ("who", "step", "data", "error"),
    [
        ("pd_chen", "submit", {}, PermissionDeniedError),
        ("ad_root", "submit", {}, PermissionDeniedError),
        ("oc_li", "confirm", {"channel": "sms", "promised_on": "2026-11-30"}, StepNotOpenError),
        ("oc_li", "no_such_step", {}, NotFoundError),
        ("oc_li", "cancel", {"cancel_kind": "nobody"}, ValidationFailedError),
        ("oc_li", "make_ready", {}, PermissionDeniedError),
    ],
)
def test_fire_when_refused_then_nothing_is_changed(
    company: Company, draft: Order, who: str, step: str, data: dict[str, str], error: type[DomainError]
) -> None:
    before = (draft.state, draft.version, journal_length(company.session))
    with pytest.raises(error):
        company.fire(who, NINE, draft, step, **data)
    company.session.refresh(draft)
    assert (draft.state, draft.version, journal_length(company.session)) == before


def test_fire_when_somebody_changed_the_record_since_then_conflict(company: Company, draft: Order) -> None:
    seen = draft.version
    company.fire("oc_li", NINE, draft, "submit")
    with pytest.raises(ConflictError), company.act("oc_wang", NINE) as ctx:
        fire(ctx, draft, "send_back", {"reason": "缺图纸"}, expected_version=seen)
    assert draft.state is OrderState.pending_review


def test_fire_when_done_then_journal_says_who_when_from_where_to(company: Company, draft: Order) -> None:
    company.fire("oc_li", "2026-11-24 09:40", draft, "submit")
    row = company.session.scalars(sa.select(Journal).where(Journal.action == "order.submit")).one()
    assert (row.actor_id, row.actor_name, row.at) == (company.people["oc_li"].id, "李静", moment("2026-11-24 09:40"))
    assert (row.from_state, row.to_state, row.origin) == ("draft", "pending_review", "screen")
    assert row.changes["state"] == ["draft", "pending_review"]


def test_state_when_assigned_outside_of_a_step_then_refused(company: Company, draft: Order) -> None:
    with pytest.raises(StateGuardError), company.act("oc_li", NINE):
        draft.state = OrderState.completed
    with pytest.raises(StateGuardError), company.act("oc_li", NINE) as ctx:
        ctx.session.execute(sa.update(Order).values(state=OrderState.completed))
    with pytest.raises(StateGuardError), company.act("oc_li", NINE) as ctx:
        ctx.session.add(Order(order_no="SO-X", customer_id=draft.customer_id, state=OrderState.completed))
    company.session.refresh(draft)
    assert draft.state is OrderState.draft


def test_journal_when_somebody_rewrites_it_then_refused_by_code_and_database(company: Company, draft: Order) -> None:
    session = company.session
    assert draft.id
    with pytest.raises(StateGuardError):
        session.execute(sa.update(Journal).values(actor_name="nobody"))
    session.rollback()
    for statement in ("UPDATE journal SET actor_name = 'nobody'", "DELETE FROM journal"):
        with pytest.raises(DatabaseError):
            session.execute(sa.text(statement))
        session.rollback()


def test_journal_when_an_expired_value_is_overwritten_then_knows_the_old_one(company: Company, draft: Order) -> None:
    with company.act("oc_li", NINE) as ctx:
        ctx.session.expire(draft)
        draft.note = "新备注"
    with company.act("oc_li", NINE) as ctx:
        ctx.session.expire(draft)
        draft.note = "再改"
    row = company.session.scalars(sa.select(Journal).order_by(Journal.id.desc()).limit(1)).one()
    assert (row.action, opened(company.session, [row.changes])) == ("order.edit", [{"note": ["新备注", "再改"]}])


def test_line_when_more_leaves_than_passed_inspection_then_the_table_refuses(company: Company, draft: Order) -> None:
    line = draft.lines[0]
    with pytest.raises((IntegrityError, DomainError)), company.act("oc_li", NINE):
        line.qty_shipped = Decimal(1)
    company.session.expire_all()
    assert company.session.scalars(sa.select(OrderLine.qty_shipped)).one() == 0


def race(database: Database, company: Company, act: Callable[[Context], object]) -> list[object]:
    """The same act by many threads at the same moment; each result or error."""
    company.session.rollback()
    start = Barrier(THREADS)

    def one(_number: int) -> object:
        with Session(database.engine) as session:
            rival = Company(session, company.people, company.policy)
            start.wait()
            try:
                with unit_of_work(rival.context("oc_li", NINE)) as ctx:
                    return act(ctx)
            except DomainError as error:
                return error

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


def test_step_when_many_fire_it_at_once_then_one_wins_and_the_others_are_told(
    database: Database, company: Company, draft: Order
) -> None:
    order_id = draft.id
    results = race(database, company, lambda ctx: str(fire(ctx, ctx.session.get_one(Order, order_id), "submit").state))
    assert results.count("pending_review") == 1
    assert {type(result) for result in results if result != "pending_review"} == {StepNotOpenError}
    actions = company.session.scalars(sa.select(Journal.action).where(Journal.action == "order.submit")).all()
    assert len(actions) == 1


def test_numbers_when_many_ask_at_once_then_each_gets_its_own(database: Database, company: Company) -> None:
    numbers = race(database, company, lambda ctx: next_number(ctx, "XX"))
    assert sorted(str(number) for number in numbers) == [f"XX-20261124-{n:04d}" for n in range(1, THREADS + 1)]
