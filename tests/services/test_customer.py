"""Customer files and products: one file a customer, one number an article. Clause 10(5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.errors import DuplicateError, ValidationFailedError
from app.services.customer.actions import change_customer, create_customer
from app.services.customer.queries import alike
from app.services.product.actions import change_product, create_product
from models.base import Sensitivity
from models.customer import Customer, CustomerAddress
from models.labels import CustomerKind
from models.product import Product
from tests.services.company import Company, found

LIN = {"kind": CustomerKind.person, "name": "林晓雯", "phone": "+86 138-0000-5621"}
YUNQI = {"kind": CustomerKind.company, "name": "杭州云启科技有限公司", "uscc": "91350100m000100y43"}
CHAIR = {"sku_code": "CHR-NORD-01", "name": "北欧餐椅"}


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


def create(company: Company, values: dict[str, Any]) -> Customer:
    with company.act("oc_li", "2026-11-24 09:00") as ctx:
        return create_customer(ctx, values)


def test_customer_when_created_then_coded_and_found_by_pinyin(company: Company) -> None:
    customer = create(company, LIN)
    assert (customer.code, customer.phone) == ("CUS-00000001", "13800005621")
    for typed in ("lxw", "linxiao", "晓雯", "0000562", "cus-00000001"):
        statement = sa.select(Customer.id).where(Customer.search_text.contains(typed))
        assert company.session.scalars(statement).all() == [customer.id]
    assert create(company, YUNQI).code == "CUS-00000002"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (LIN, {**LIN, "name": "林小文", "phone": "138 0000 5621"}),
        (YUNQI, {**YUNQI, "name": "云启", "uscc": "91350100M000100Y43"}),
    ],
)
def test_customer_when_on_file_already_then_refused_with_the_other_code(
    company: Company, first: dict[str, Any], second: dict[str, Any]
) -> None:
    other = create(company, first)
    with pytest.raises(DuplicateError) as refused:
        create(company, second)
    assert (refused.value.reason_code, refused.value.data) == ("customer_exists", {"other": other.code})
    assert company.session.scalar(sa.select(sa.func.count()).select_from(Customer)) == 1


def test_customer_when_companies_share_a_switchboard_then_both_are_filed(company: Company) -> None:
    create(company, {"kind": CustomerKind.company, "name": "甲", "phone": "0571-88886666"})
    assert create(company, {"kind": CustomerKind.company, "name": "乙", "phone": "0571-88886666"}).id is not None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({**LIN, "phone": None}, "phone"),
        ({**YUNQI, "uscc": "91350100M000100Y44"}, "uscc"),
        ({**LIN, "is_blacklisted": True}, "blacklist_reason"),
    ],
)
def test_customer_when_a_field_is_wrong_then_it_is_named(company: Company, values: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        create(company, values)
    assert list(refused.value.fields) == [field]


def test_customer_when_changed_then_indexed_anew_and_still_unique(company: Company) -> None:
    lin = create(company, LIN)
    zhou = create(company, {**LIN, "name": "周建国", "phone": "13900001111"})
    with company.act("oc_li", "2026-11-24 10:00") as ctx:
        change_customer(ctx, lin, {"name": "林小文"})
    assert "linxiaowen lxw" in lin.search_text
    with pytest.raises(DuplicateError) as refused, company.act("oc_li", "2026-11-24 10:00") as ctx:
        change_customer(ctx, zhou, {"phone": "13800005621"})
    assert refused.value.data == {"other": lin.code}
    company.session.refresh(zhou)
    assert zhou.phone == "13900001111"


def test_product_when_created_then_found_by_pinyin_and_its_number_is_taken(company: Company) -> None:
    with company.act("oc_li", "2026-11-24 09:00") as ctx:
        chair = create_product(ctx, CHAIR)
    statement = sa.select(Product.id).where(Product.search_text.contains("bocy"))
    assert company.session.scalars(statement).all() == [chair.id]
    with pytest.raises(DuplicateError) as refused, company.act("oc_li", "2026-11-24 09:00") as ctx:
        create_product(ctx, {**CHAIR, "name": "另一把"})
    assert (refused.value.reason_code, refused.value.data) == ("sku_taken", {"name": "北欧餐椅"})


def test_product_when_changed_then_indexed_anew_and_still_unique(company: Company) -> None:
    with company.act("oc_li", "2026-11-24 09:00") as ctx:
        chair = create_product(ctx, CHAIR)
        table = create_product(ctx, {"sku_code": "TBL-NORD-1600", "name": "北欧餐桌"})
    with company.act("oc_li", "2026-11-24 09:10") as ctx:
        change_product(ctx, chair, {"name": "北欧扶手椅"})
    assert "bofsy" in chair.search_text
    with pytest.raises(DuplicateError) as refused, company.act("oc_li", "2026-11-24 09:20") as ctx:
        change_product(ctx, table, {"sku_code": "CHR-NORD-01"})
    assert refused.value.reason_code == "sku_taken"


def test_likes_when_the_place_is_masked_then_street_and_town_cannot_be_tried_out(company: Company) -> None:
    lin = create(company, {**LIN, "city": "杭州"})
    with company.act("oc_li", "2026-11-24 09:10") as ctx:
        place = {"province": "浙江", "city": "杭州", "detail": "文三路 1 号"}
        ctx.session.add(CustomerAddress(customer_id=lin.id, contact_name="林", contact_phone="138", **place))
    street = {"name": "林晓雯", "detail": "文三路 1 号"}
    town = {"name": "林晓雯", "city": "杭州"}
    with company.act("oc_li", "2026-11-24 09:20") as ctx:
        assert [alike(ctx, typed, sa.true(), None) for typed in (street, town)] == [[("name", lin)]] * 2
        masked = {**ctx.actor.fields, Sensitivity.ADDRESS: "masked", Sensitivity.CITY: "masked"}
        curious = replace(ctx, actor=replace(ctx.actor, fields=masked))
        assert [alike(curious, typed, sa.true(), None) for typed in (street, town)] == [[]] * 2
