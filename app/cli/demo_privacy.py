"""What people ask about their data in the demo company: a consent taken back, two requests, one lifted mask."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app.cli.demo_story import Company
from app.kernel.engine import fire
from app.kernel.unit_of_work import unit_of_work
from app.services.privacy.actions import receive_request
from app.services.privacy.reveal import reveal
from models.customer import Consent, Customer
from models.labels import Channel, ConsentPurpose, CustomerKind
from models.privacy import RequestKind

WORDING = "2026-1"
PEOPLE = 3


def add_requests(company: Company) -> None:
    """Days ago, as seen from now."""
    statement = sa.select(Customer).where(Customer.kind == CustomerKind.person).order_by(Customer.id).limit(PEOPLE)
    first, second, third = company.session.scalars(statement).all()
    now = company.now
    with unit_of_work(company.context("cs_ma", now - timedelta(days=20))) as ctx:
        consent = Consent(
            customer_id=first.id,
            purpose=ConsentPurpose.marketing,
            is_granted=True,
            text_version=WORDING,
            channel=Channel.wechat,
            given_at=ctx.now,
        )
        ctx.session.add(consent)
    with unit_of_work(company.context("cs_ma", now - timedelta(days=9))) as ctx:
        fire(ctx, consent, "withdraw", {"channel": "phone", "reason": "客户来电：不再接收促销短信"})
    with unit_of_work(company.context("cs_ma", now - timedelta(days=8))) as ctx:
        values = {"customer_id": second.id, "kind": RequestKind.copy, "channel": Channel.phone}
        copy = receive_request(ctx, {**values, "content": "想要一份贵公司保存的我的个人信息"})
    with unit_of_work(company.context("cs_huang", now - timedelta(days=6))) as ctx:
        fire(ctx, copy, "answer", {"identity_check": "回拨登记手机号核对", "answer": "已按登记邮箱发送数据副本"})
    with unit_of_work(company.context("cs_ma", now - timedelta(days=3))) as ctx:
        values = {"customer_id": third.id, "kind": RequestKind.correct, "channel": Channel.email}
        receive_request(ctx, {**values, "content": "手机号已经更换，请更正"})
    with unit_of_work(company.context("au_lin", now - timedelta(days=2))) as ctx:
        reveal(ctx, second, "核对数据副本是否发送给本人")
