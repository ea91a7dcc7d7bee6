"""Between which values a parameter may be set: what the law and the regulation leave to the company (domain/02 2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

Bounds = tuple[Decimal, Decimal]


def _between(least: str, most: str) -> Bounds:
    return Decimal(least), Decimal(most)


# What is not named here lies between 0 and the largest number that the calendar bears; switches are 0 or 1.
BOUNDS: Mapping[str, Bounds] = {
    "sla.warn_pct": _between("50", "95"),
    # While the regulation is in force, its 24 and 48 hours may only be shortened.
    "sla.E1.limit": _between("1", "24"),
    "sla.E4.limit": _between("1", "48"),
    "sla.E2.limit": _between("1", "72"),
    "sla.E3.limit": _between("4", "120"),
    "sla.E3.rush": _between("4", "48"),
    "sla.E5.limit": _between("24", "240"),
    # 消法实施条例 46: the authority answers the consumer within 7 working days; and no case lasts above 15 days.
    "sla.T6.limit": _between("1", "56"),
    **dict.fromkeys(("sla.T3.limit", "sla.T3.l2.limit", "sla.T3.l3.limit"), _between("1", "360")),
    "appr.large.retail": _between("0.01", "1000000000"),
    "appr.large.bulk": _between("0.01", "1000000000"),
    "appr.large.project": _between("0.01", "1000000000"),
    "appr.large.government": _between("0.01", "1000000000"),
    "appr.large.other": _between("0.01", "1000000000"),
    "appr.rush_ratio": _between("0.5", "1"),
    "appr.custom_line": _between("0.01", "1000000000"),
    "appr.split_window_days": _between("0", "30"),
    "appr.terms.penalty_pct": _between("0", "1"),
    "appr.terms.penalty_cap_pct": _between("0", "30"),
    "appr.terms.retention_pct": _between("0", "10"),
    "appr.delivery_pct": _between("0", "100"),
    # 政府采购法实施条例 48.
    "bond.gov_pct": _between("0", "10"),
    # 保障中小企业款项支付条例 9 and 10.
    "gov.pay_days": _between("1", "60"),
    **dict.fromkeys(("gov.publish_days", "gov.file_days"), _between("1", "30")),
    "pay.late_rate_daily": _between("0", "0.1"),
    "appr.mega": _between("0.01", "1000000000"),
    "appr.minutes_hours": _between("1", "80"),
    "appr.cancel.above_cap": _between("0", "100000"),
    **dict.fromkeys(
        (
            "appr.refund.staff2",
            "appr.refund.lead",
            "appr.goodwill.staff",
            "appr.goodwill.lead",
            "appr.goodwill.order_lead",
        ),
        _between("0", "1000000"),
    ),
    "appr.discount.clerk": _between("0", "30"),
    "appr.discount.lead": _between("0", "30"),
    **dict.fromkeys(
        [f"confirm.ack_required.{code}" for code in ("custom", "retail", "bulk", "project", "government", "other")],
        _between("0", "1"),
    ),
    "confirm.remind_hours": _between("1", "168"),
    "confirm.link_days": _between("1", "90"),
    # 民法典 586.
    "pay.deposit_cap_pct": _between("0", "20"),
    # 消法 25: seven days at least; refunds within 7, at the very latest 15 days.
    "return.window_days": _between("7", "365"),
    "refund.days": _between("1", "7"),
    "refund.hard_days": _between("1", "15"),
    "sla.R2.limit": _between("1", "168"),
    "sla.R3.limit": _between("1", "360"),
    "chg.reapprove_pct": _between("0", "100"),
    # 政府采购法 49: additional goods at most a tenth of the contract.
    "chg.government_pct": _between("0", "10"),
    **dict.fromkeys(
        (
            "cancel.s1_cap_pct",
            "cancel.s2_cap_pct",
            "cancel.s3_cut_pct",
            "cancel.s3_assembled_pct",
            "cancel.s3_finished_pct",
            "cancel.s3_packed_pct",
        ),
        _between("0", "100"),
    ),
    "cancel.s3_stock_pct": _between("0", "10"),
    "cancel.s4_stock_pct": _between("0", "10"),
    # Fifteen days is also where delay counts as deliberate by law: no level may be longer.
    **dict.fromkeys(("sla.X3.l1.limit", "sla.X3.l2.limit", "sla.X3.l3.limit"), _between("1", "360")),
    "sla.X4.limit": _between("1", "120"),
    "exception.orders": _between("2", "1000"),
    "duty.refund_three": _between("0", "50000"),
    "duty.account_cooling_hours": _between("24", "720"),
    "duty.delegation_days": _between("1", "90"),
}
