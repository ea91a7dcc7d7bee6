"""Bonds that the demo company has given, and interest that it claims for late money (clause 11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa

from app.cli.demo_duties import take
from app.cli.demo_story import Company
from app.consequences.guarantee import enter
from app.kernel.context import local_day
from app.kernel.money import percent_of
from app.kernel.unit_of_work import unit_of_work
from app.services.claim.actions import GOODS_OUT, bears_interest, claim, late_of
from models.guarantee import Guarantee
from models.labels import OrderState, OrderType
from models.order import Order

BOND = Decimal(5)
FAR = timedelta(days=200)


def arrange_securities(company: Company) -> None:
    """One bond that has to be given, one that a buyer holds, one that he has to return; one claim of interest."""
    for order in _orders(company, OrderState.approved)[:1]:
        _bond(company, order, company.now - timedelta(hours=3))
    done = _orders(company, OrderState.completed, OrderState.closed)
    for number, order in enumerate(done[:2]):
        at = company.now - timedelta(days=3 - number)
        bond = _bond(company, order, at)
        take(company, at, "fi_zhou", bond, "give", given_on=local_day(at).isoformat())
        if number == 0:
            take(company, company.now - timedelta(hours=5), "fi_zhou", bond, "release")
    claim_interest(company)


def claim_interest(company: Company) -> None:
    """The first organisation that paid late, or has not paid yet."""
    statement = sa.select(Order).where(Order.state.in_(GOODS_OUT)).order_by(Order.id)
    with unit_of_work(company.context("fi_zhou", company.now - timedelta(hours=2))) as ctx:
        for order in ctx.session.scalars(statement).unique():
            if bears_interest(order) and late_of(ctx, order) is not None:
                claim(ctx, {"order_id": order.id, "note": "已电话联系，对方确认逾期"})
                return


def _orders(company: Company, *states: OrderState) -> Sequence[Order]:
    statement = sa.select(Order).where(Order.order_type == OrderType.government, Order.state.in_(states))
    return company.session.scalars(statement.order_by(Order.id.desc())).unique().all()


def _bond(company: Company, order: Order, at: datetime) -> Guarantee:
    with unit_of_work(company.context("fi_zhou", at)) as ctx:
        values = {
            "order_id": order.id,
            "amount": percent_of(order.total_amount, BOND),
            "issuer": "杭州银行西湖支行",
            "document_no": f"BH-{order.id:04d}",
            "valid_until_on": local_day(company.now + FAR),
            "due_on": local_day(company.now + timedelta(days=5)),
        }
        return enter(ctx, values)
