"""What makes an order special, and what its review found, in words with the numbers. Domain/06 6.2, clause 13(1)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.fields import Access, access
from app.services.order import checks, flags
from models.labels import ReviewCheck, label_of
from models.order import Order
from views.display import money
from views.words import FLAGS

# One sentence a number that was found; the first name decides, all are filled in.
SENTENCES: Mapping[tuple[str, str], Any] = {
    ("large", "amount"): _l("%(amount)s of at least %(limit)s"),
    ("F01", "discount"): _l("%(discount)s %% off, more than the %(limit)s %% a lead may give"),
    ("F01", "below_cost"): _l("line %(below_cost)s lies below the standard cost and its margin"),
    ("F02", "lines"): _l("line %(lines)s costs nothing"),
    ("F03", "days"): _l("%(days)s of the usual %(standard)s days: %(ratio)s, below %(limit)s"),
    ("F04", "amount"): _l("line %(line)s: %(amount)s of at least %(limit)s"),
    ("F04", "report"): _l("line %(untested)s: no valid test report by %(report)s"),
    ("F05", "missing"): _l("%(missing)s leave the house unpaid, the credit is %(credit)s"),
    ("F05", "most"): _l("%(days)s days of credit, more than %(most)s"),
    ("F06", "share"): _l("%(share)s %% at first, the plan asks for %(plan)s %%"),
    ("F07", "penalty"): _l("penalty of %(penalty)s %% a day"),
    ("F07", "penalty_cap"): _l("penalty of up to %(penalty_cap)s %%"),
    ("F07", "retention"): _l("retention of %(retention)s %%"),
    ("F07", "warranty"): _l("warranty of %(warranty)s months"),
    ("F07", "terms"): _l("pay when paid, acceptance by others or another jurisdiction"),
    ("F08", "amount"): _l("%(amount)s of at least %(limit)s"),
    ("F08", "bond"): _l("performance bond of %(bond)s"),
    ("F08", "after"): _l("%(after)s are paid after the acceptance"),
    ("F09", "blacklisted"): _l("the customer is blocked"),
    ("F09", "overdue"): _l("%(overdue)s overdue for %(days)s days"),
    ("F10", "outside"): _l("outside the service area"),
    ("F10", "cost"): _l("the delivery costs %(cost)s: %(share)s %% of the goods, more than %(limit)s %%"),
    ("F12", "orders"): _l("%(orders)s orders within %(days)s days: %(amount)s of at least %(limit)s"),
}
# Numbers of money, as against days and per cent.
MONEY = frozenset({"amount", "missing", "credit", "bond", "after", "overdue", "cost"})
LIMITS_OF_MONEY = frozenset({"large", "F04", "F08", "F12"})
# Days say nothing of prices: everybody who knows of the order reads them.
OPEN = frozenset({"F03"})

NOT_IN_ORDER: Mapping[str, Any] = {
    "stock_short": _l("There is too little in stock."),
    "above_lead": _l("The discount is above the lead's authority: the committee decides."),
    "below_cost": _l("A price lies below the standard cost and its margin."),
    "above_clerk": _l("The discount is above the clerk's authority: the head of the order centre reviews it."),
    "rush": _l("Rush order: the committee decides."),
    "short": _l("Sooner than the standard lead time."),
    "blacklisted": _l("The customer is blocked."),
    "overdue": _l("The customer owes overdue money."),
    "beyond_credit": _l("More leaves unpaid than the credit allows."),
    "deposit": _l("The deposit is above the fifth that the law allows."),
    "bond": _l("The performance bond is above what the law allows."),
    "report": _l("A valid test report of the goods is missing: nothing leaves without it."),
    "privacy_notice": _l("The customer's consent to the privacy notice is not recorded."),
    "no_drawing": _l("There is no drawing beside the order yet."),
}


def trigger_texts(ctx: Context, triggers: list[str], findings: Mapping[str, Mapping[str, str]]) -> list[dict[str, str]]:
    """Each trigger by its name, and why it holds as far as the reader may see prices."""
    sees_prices = access(ctx.actor, Order, "total_amount") is Access.full
    return [
        {
            "code": code,
            "label": str(FLAGS.get(code, code)),
            "why": "; ".join(_why(code, findings.get(code, {}))) if sees_prices or code in OPEN else "",
        }
        for code in triggers
    ]


def _why(code: str, numbers: Mapping[str, str]) -> list[str]:
    shown = {
        name: f"¥{money(Decimal(value))}" if name in MONEY or (name == "limit" and code in LIMITS_OF_MONEY) else value
        for name, value in numbers.items()
    }
    return [
        str(sentence) % shown
        for (of, name), sentence in SENTENCES.items()
        if of == code and name in numbers and (code, name) != ("F09", "days")
    ]


def review_beside(ctx: Context, order: Order, step: str) -> dict[str, Any]:
    """What stands beside the form of a review: each check as computed, what makes the order special, its lines."""
    if step not in {"review", "escalate"}:
        return {}
    found = flags.findings(ctx, order)
    results = checks.computed(ctx, order, found)
    special = trigger_texts(ctx, list(found), found)
    return {
        "values": {check.value: finding.result for check, finding in results.items()},
        "helps": {check.value: _hint(check, finding) for check, finding in results.items()},
        "facts": [{"label": each["label"], "value": each["why"] or _("Yes"), "kind": "long"} for each in special],
        "table": "order_line" if ctx.actor.may("order_line.list") else None,
    }


def _hint(check: ReviewCheck, finding: checks.Finding) -> str:
    parts = [_("Found: %(result)s", result=str(label_of(finding.result)).lower())]
    parts += [_figures(check, finding.value)] if finding.value else []
    return " · ".join([*map(str, parts), *(str(NOT_IN_ORDER[code]) for code in finding.codes)])


def _figures(check: ReviewCheck, value: str) -> str:
    if check is ReviewCheck.credit:
        parts = value.split(" / ")
        value = " / ".join(money(Decimal(part)) if part.replace(".", "", 1).isdigit() else part for part in parts)
    texts = {
        ReviewCheck.stock: _("free / needed: %(value)s", value=value),
        ReviewCheck.price: _("largest discount / limit: %(value)s", value=value),
        ReviewCheck.lead_time: _("days wanted / standard: %(value)s", value=value),
        ReviewCheck.credit: _("overdue / credit limit: %(value)s", value=value),
        ReviewCheck.technical: _("drawings / custom lines: %(value)s", value=value),
    }
    return str(texts.get(check, value))
