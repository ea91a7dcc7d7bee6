"""Two files of one customer become one by two people, whole or not at all, and back as long as nothing happened."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.errors import DomainError, DuplicateError, ValidationFailedError
from app.services.customer.actions import change_customer, create_customer
from app.services.customer.merge import request_merge
from app.services.order.pricing import content_of
from app.services.order.rules import content_hash
from models.customer import Customer, CustomerAddress
from models.customer_merge import CustomerMerge, MergeState
from models.exchange import ImportedCustomer
from models.journal import Journal
from models.labels import CustomerKind, OrderState
from models.order import Order
from tests.services.company import Company, found, person
from tests.services.orders import CHECKS, Goods, draft, refusal

D = Decimal
ASKED, DECIDED, LATER = "2026-11-24 09:00", "2026-11-24 10:00", "2026-11-24 11:00"
pytestmark = pytest.mark.stage("people")


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


@pytest.fixture
def files(company: Company) -> tuple[Customer, Customer]:
    """The file that goes, with an order and an address, and the one that stays."""
    with company.act("oc_li", "2026-11-20 09:00"):
        source = person(company.session, "林晓雯", "13800005621", email="lin@example.com")
        target = person(company.session, "林晓文", "13900001234")
        source.addresses.append(
            CustomerAddress(
                contact_name="林晓雯",
                contact_phone="13800005621",
                province="浙江省",
                city="杭州",
                detail="文三路 100 号",
            )
        )
    draft(company, Goods("CHR-1", 1), customer=source)
    return source, target


def ask(company: Company, files: tuple[Customer, Customer], **choices: bool) -> CustomerMerge:
    source, target = files
    asked = {"source_id": source.id, "target_id": target.id, "reason": "同一人，两个手机号", **choices}
    with company.act("oc_li", ASKED) as ctx:
        return request_merge(ctx, asked)


def test_merge_when_a_colleague_agrees_then_everything_names_the_file_that_stays(
    company: Company, files: tuple[Customer, Customer]
) -> None:
    source, target = files
    merge = ask(company, files, take_name=True, take_phone=True, take_email=True)
    company.fire("oc_zhao", DECIDED, merge, "merge")
    order = company.session.scalars(sa.select(Order)).one()
    assert (order.customer_id, [address.customer_id for address in target.addresses]) == (target.id, [target.id])
    assert (target.name, target.phone, target.email) == ("林晓雯", "13800005621", "lin@example.com")
    assert (source.is_active, source.merged_into_id, source.phone, source.name) == (False, target.id, None, "林晓雯")
    assert "13800005621" in target.search_text
    acts = company.session.scalars(
        sa.select(Journal.action)
        .where(Journal.entity == "customer", Journal.entity_id == source.id)
        .order_by(Journal.id)
    ).all()
    assert acts[0] == "customer.add"
    assert refusal(company, "oc_zhao", LATER, merge, "merge") == "step_not_open"


def test_merge_when_decided_by_who_asked_then_refused(company: Company, files: tuple[Customer, Customer]) -> None:
    source, target = files
    with company.act("oc_zhao", ASKED) as ctx:
        merge = request_merge(ctx, {"source_id": source.id, "target_id": target.id, "reason": "同一人"})
    assert refusal(company, "oc_zhao", DECIDED, merge, "merge") == "separation_of_duties"
    assert refusal(company, "oc_li", DECIDED, merge, "merge") == "permission_denied"
    company.fire("cs_huang", DECIDED, merge, "merge")
    assert merge.state is MergeState.merged


def test_merge_when_undone_with_nothing_in_between_then_both_files_are_as_before(
    company: Company, files: tuple[Customer, Customer]
) -> None:
    source, target = files
    merge = ask(company, files, take_name=True, take_phone=True)
    company.fire("oc_zhao", DECIDED, merge, "merge")
    company.fire("oc_zhao", LATER, merge, "undo", reason="不是同一人")
    order = company.session.scalars(sa.select(Order)).one()
    assert (order.customer_id, source.addresses[0].customer_id) == (source.id, source.id)
    assert [(each.name, each.phone, each.is_active, each.merged_into_id) for each in (source, target)] == [
        ("林晓雯", "13800005621", True, None),
        ("林晓文", "13900001234", True, None),
    ]
    assert ask(company, files).state is MergeState.requested


def test_merge_when_something_happened_since_then_no_undo(company: Company, files: tuple[Customer, Customer]) -> None:
    _source, target = files
    merge = ask(company, files)
    company.fire("oc_zhao", DECIDED, merge, "merge")
    with company.act("oc_li", "2026-11-24 10:30") as ctx:
        change_customer(ctx, target, {"note": "下周搬家"})
    assert refusal(company, "oc_zhao", LATER, merge, "undo", reason="误合并") == "happened_since"
    assert company.session.scalars(sa.select(Order)).one().customer_id == target.id


def test_merge_when_the_files_cannot_be_one_then_told_at_the_field(
    company: Company, files: tuple[Customer, Customer]
) -> None:
    source, target = files
    with company.act("oc_li", "2026-11-20 10:00") as ctx:
        firm = create_customer(ctx, {"kind": CustomerKind.company, "name": "杭州云启科技有限公司"})
    for one, other in ((source, source), (source, firm)):
        with pytest.raises(ValidationFailedError) as refused, company.act("oc_li", ASKED) as ctx:
            request_merge(ctx, {"source_id": one.id, "target_id": other.id, "reason": "同"})
        assert list(refused.value.fields) == ["source_id"]
    ask(company, files)
    with pytest.raises(DuplicateError) as twice, company.act("oc_li", DECIDED) as ctx:
        request_merge(ctx, {"source_id": target.id, "target_id": source.id, "reason": "同"})
    assert twice.value.reason_code == "merge_open"


def test_order_when_its_customers_file_is_merged_after_the_review_then_the_letter_goes_out(
    company: Company, files: tuple[Customer, Customer]
) -> None:
    order = company.session.scalars(sa.select(Order)).one()
    company.fire("oc_li", ASKED, order, "submit")
    company.fire("oc_wang", ASKED, order, "review", **dict.fromkeys(CHECKS, "passed"), comment="已核对")
    merge = ask(company, files)
    company.fire("oc_zhao", DECIDED, merge, "merge")
    assert order.content_hash == content_hash(content_of(order))
    company.fire("oc_zhao", "2026-11-24 10:10", merge, "undo", reason="误合并")
    assert order.content_hash == content_hash(content_of(order))
    company.fire("oc_li", LATER, order, "confirm", promised_on="2026-12-08", channel="sms")
    assert order.state is OrderState.confirmed


def test_import_when_its_customers_file_was_merged_then_the_key_leads_to_the_file_that_stays(
    company: Company, files: tuple[Customer, Customer]
) -> None:
    source, target = files
    with company.act("oc_li", "2026-11-20 10:00") as ctx:
        ctx.session.add(ImportedCustomer(source_key="a" * 64, customer_id=source.id))
    company.fire("oc_zhao", DECIDED, ask(company, files), "merge")
    assert company.session.scalars(sa.select(ImportedCustomer.customer_id)).all() == [target.id]


def test_order_when_its_customer_was_merged_away_then_not_submitted(
    company: Company, files: tuple[Customer, Customer]
) -> None:
    source, _target = files
    company.fire("oc_zhao", DECIDED, ask(company, files), "merge")
    late = draft(company, Goods("CHR-2", 1), customer=source, order_no="SO-TEST-0002")
    with pytest.raises(DomainError):
        company.fire("oc_li", LATER, late, "submit")
