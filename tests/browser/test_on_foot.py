"""Work in a stairwell and at a loading ramp: a telephone of 390 px, fingers only, nothing to scroll sideways."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.orm import Session

from app.services.shipment.actions import plan_shipment
from models.order import Order
from models.shipment import Shipment
from tests.browser.desk import Desk
from tests.services.company import Company, found
from tests.services.orders import Goods, fire_all, inspected, settled

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.conftest import Clock

pytestmark = [pytest.mark.stage("people"), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
D = Decimal
SOFA = Goods("SOF-OSLO-3S-GRY", 1, 6800, needs_install=True, packs_per_set=2)
SLOT = {"mode": "own_fleet", "slot_from": "2026-11-27T14:00", "slot_to": "2026-11-27T16:00"}
VISIT = {"slot_from": "2026-11-27T15:00", "slot_to": "2026-11-27T17:00"}
# What a thumb hits without looking twice.
LEAST = 40
NO_MOUSE = """addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse") throw new Error("a mouse was used");
}, true);"""


class Telephone(Desk):
    """One person with a telephone: the same verbs, tapped."""

    def point_at(self, target: str | Locator) -> None:
        """With a finger, on something large enough."""
        at = self.page.locator(target) if isinstance(target, str) else target
        at.scroll_into_view_if_needed()
        box = at.bounding_box()
        assert box
        assert box["height"] >= LEAST or at.evaluate("at => at.closest('.zd-work, tbody') !== null"), at
        at.tap()

    def fits(self) -> bool:
        """Whether the page is as wide as its window."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return bool(wide == 0)


@pytest.fixture
def company(session: Session) -> Company:
    return found(session)


@pytest.fixture
def walk_up(new_context: Callable[..., Any], clock: Clock, company: Company) -> Callable[[str, str], Telephone]:
    """What was prepared is closed; the person takes out the telephone at that moment."""

    def take_out(username: str, when: str) -> Telephone:
        company.session.close()
        clock.at(when)
        context = new_context(width=390, height=844, touch=True)
        context.add_init_script(NO_MOUSE)
        return Telephone(context, username)

    return take_out


def scheduled(company: Company) -> tuple[Order, Shipment]:
    """A paid order with a delivery at 2026-11-27 14:00."""
    order = settled(company, inspected(company, SOFA))
    with company.act("lg_liu", "2026-11-25 09:00") as ctx:
        shipment = plan_shipment(ctx, order, None, {})
    company.fire("lg_liu", "2026-11-25 16:00", shipment, "schedule", **SLOT)
    return order, shipment


def test_warehouse_when_a_load_waits_then_scans_it_and_sends_it_off(
    company: Company, walk_up: Callable[[str, str], Telephone]
) -> None:
    scheduled(company)
    xu = walk_up("lg_xu", "2026-11-27 12:50")
    assert xu.fits()
    for _package in range(2):
        xu.take("PK-")
        xu.press("load")
        assert (xu.state, xu.fits()) == ("已装车", True)
        xu.point_at(".zd-top [data-zd-side-toggle]")
        xu.page.wait_for_timeout(300)
        with xu.page.expect_navigation():
            xu.page.locator(".zd-side .zd-brand").tap()
    xu.take("SH-")
    xu.press("dispatch")
    assert (xu.state, xu.value("发车时间"), xu.fits()) == ("运输中", "2026-11-27 12:50", True)


def test_driver_when_at_the_door_then_records_a_damaged_package(
    company: Company, walk_up: Callable[[str, str], Telephone]
) -> None:
    _order, shipment = scheduled(company)
    fire_all(company, "lg_xu", "2026-11-27 12:00", shipment.packages, "load")
    company.fire("lg_xu", "2026-11-27 13:00", shipment, "dispatch")
    number = shipment.packages[0].package_no
    liu = walk_up("lg_liu", "2026-11-27 14:30")
    liu.take("SH-")
    liu.press("deliver")
    assert liu.fits()
    # What most deliveries do not need is folded away on a telephone.
    liu.page.locator("main details[data-zd-narrow]:not([open]) summary").first.tap()
    liu.fill(receiver_name="林晓雯", packages_damaged="1", damaged_numbers=number)
    liu.save()
    assert (liu.state, liu.fits()) == ("已送达", True)


def test_installer_when_in_the_stairwell_then_starts_finishes_and_has_it_signed(
    company: Company, walk_up: Callable[[str, str], Telephone], clock: Clock
) -> None:
    order, shipment = scheduled(company)
    fire_all(company, "lg_xu", "2026-11-27 12:00", shipment.packages, "load")
    company.fire("lg_xu", "2026-11-27 13:00", shipment, "dispatch")
    company.fire("lg_liu", "2026-11-27 14:30", shipment, "deliver", receiver_name="林晓雯")
    (visit,) = order.installations
    company.fire("cs_ma", "2026-11-27 14:40", visit, "schedule", installer_id=company.people["cs_wu"].id, **VISIT)
    wu = walk_up("cs_wu", "2026-11-27 15:00")
    wu.take("AZ-")
    wu.press("start")
    clock.at("2026-11-27 15:20")
    wu.press("finish")
    wu.fill(checklist_pct="100", photo_count="4")
    wu.save()
    assert (wu.state, wu.value("结束时间"), wu.fits()) == ("已完成", "2026-11-27 15:20", True)
    wu.open("/")
    wu.take("YS-")
    wu.press("sign")
    wu.fill(signed_by="林晓雯")
    wu.save()
    assert (wu.state, wu.fits()) == ("已验收", True)
