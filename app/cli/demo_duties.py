"""Who stands in for whom in the demo company, and which parameters are under discussion (domain/06 6.3, 6.4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.cli.demo_story import Company
from app.kernel.context import local_day
from app.kernel.engine import fire
from app.kernel.unit_of_work import unit_of_work
from app.security import departments as role
from app.security.delegations import propose as stand_in
from app.services.policy.actions import propose as change
from models.policy import PolicyParameter


def arrange(company: Company, now: datetime) -> None:
    """One delegation that is over, one that begins in three days, one that waits; two proposals of parameters."""
    past = now - timedelta(days=20)
    over = delegate(company, past, "cs_huang", "cs_ma", role.CUSTOMER_SERVICE_LEAD, 0, "年假")
    take(company, past + timedelta(hours=1), "cs_ma", over, "accept")
    take(company, past + timedelta(days=5), "cs_huang", over, "end", reason="提前回来")
    coming = delegate(company, now, "lg_gao", "lg_liu", role.LOGISTICS_LEAD, 3, "出差去苏州工厂")
    take(company, now, "lg_liu", coming, "accept")
    delegate(company, now, "fi_sun", "fi_zhou", role.FINANCE_LEAD, 1, "外出培训")
    refused = parameter(company, past, "oc_zhao", "sla.E5.limit", "96", "客户回复慢")
    take(company, past + timedelta(days=1), "cm_zhang", refused, "refuse", reason="先改进提醒，再看时限")
    parameter(company, now, "pd_he", "sla.P1.limit", "6", "排产已用新系统，可以更快")


def delegate(company: Company, at: datetime, giver: str, deputy: str, code: str, days: int, reason: str) -> Any:
    """A delegation for a week, in so many days."""
    begins_on = local_day(at) + timedelta(days=days)
    with unit_of_work(company.context(giver, at)) as ctx:
        values = {"deputy_id": company.people[deputy].id, "role": code, "reason": reason}
        return stand_in(ctx, {**values, "begins_on": begins_on, "ends_on": begins_on + timedelta(days=6)})


def parameter(company: Company, at: datetime, who: str, code: str, value: str, reason: str) -> Any:
    """A proposal for the day after tomorrow."""
    with unit_of_work(company.context(who, at)) as ctx:
        found = ctx.session.scalars(sa.select(PolicyParameter).where(PolicyParameter.code == code)).one()
        given = {"parameter_id": found.id, "new_value": value, "reason": reason}
        return change(ctx, {**given, "effective_on": local_day(at) + timedelta(days=2)})


def take(company: Company, at: datetime, who: str, record: Any, step: str, **data: Any) -> None:
    """One step as one act."""
    with unit_of_work(company.context(who, at)) as ctx:
        fire(ctx, record, step, data)
