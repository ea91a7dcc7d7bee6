"""The statement of a customer's account: a paper over a period instead of a record (domain/10)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from flask import current_app, render_template, request
from flask_appbuilder import expose
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.documents.capitals import capitals
from app.kernel.context import Context, local_day
from app.kernel.errors import PermissionDeniedError
from app.kernel.fields import Access, access
from app.kernel.schema import label_of_column
from app.services.payment.statement import OVERDUE, Age, Entry, EntryKind, Known, Period, Statement, statement_of
from models.customer import Customer
from models.labels import PaymentMethod, RefundReason
from models.late_claim import LateClaim
from models.order import Order
from models.payment import Payment, Refund
from views.adapter import guarded
from views.base import ENTITIES, EntityDeclaration, view_of
from views.context import web_context
from views.display import label_text, moment, money
from views.paper import LANGUAGES, Said, handed_out, in_language, mark_over, pdf_url, qr, said_of

CODE = "ST"
LONGEST = timedelta(days=366)
EARLIEST = date(1990, 1, 1)
PARTS: tuple[type[Any], ...] = (Order, Payment, Refund, LateClaim)
AMOUNTS = ((Order, "total_amount"), (Payment, "amount"), (Refund, "amount"), (LateClaim, "interest_amount"))
KINDS: Mapping[EntryKind, Any] = {
    EntryKind.order: _l("Order confirmed"),
    EntryKind.change: _l("Order changed"),
    EntryKind.cancel: _l("Order cancelled"),
    EntryKind.payment: _l("Payment received"),
    EntryKind.reduction: _l("Price taken off"),
    EntryKind.refund: _l("Money sent back"),
    EntryKind.withheld: _l("Withheld as compensation"),
    EntryKind.owed: _l("Owed by us"),
    EntryKind.interest: _l("Late interest claimed"),
    EntryKind.waiver: _l("Late interest waived"),
}
AGES: Mapping[Age, Any] = {
    Age.to_30: _l("Overdue for 1 to 30 days"),
    Age.to_60: _l("Overdue for 31 to 60 days"),
    Age.to_90: _l("Overdue for 61 to 90 days"),
    Age.over_90: _l("Overdue for more than 90 days"),
    Age.not_due: _l("Not due yet"),
    Age.retention: _l("Retention, not due yet"),
}


@dataclass(frozen=True)
class Asked:
    """The period as it was asked for; what is wrong with it, if anything. Then the default stands in its place."""

    period: Period
    first: str
    last: str
    fault: str = ""


class Stated(EntityDeclaration):
    """Mixed into the customer's screen: whoever may see all the money of a customer prints the account."""

    is_abstract: ClassVar[bool] = True

    @expose("/<int:pk>/statement")
    @guarded("statement")
    def statement(self, pk: int) -> Any:
        """The account over a period, the last month unless told."""
        ctx = web_context()
        customer, known = self._account(ctx, pk)
        with in_language(request.args.get("language", "")):
            asked = asked_period(ctx, request.args)
            found = statement_of(ctx, pk, asked.period, known)
            named = {"from": asked.period.first.isoformat(), "to": asked.period.last.isoformat()}
            mark = mark_of_account(ctx, customer, found, known)
            paper = said(ctx, customer, found, known)
            page = render_template(
                "zhidan/papers/statement.html",
                paper=paper,
                company=next(iter(current_app.config["COMPANY_WORDS"]), ""),
                code=qr(self.url("check_statement", pk=pk, mark=mark, _external=True, **named)),
                mark=mark[:8].upper(),
                back_url=self.url("show", pk=pk),
                languages=[(each, self.url("statement", pk=pk, language=each, **named)) for each in LANGUAGES],
                language=str(get_locale()),
                pdf_url=pdf_url(self.url("statement", pk=pk, language=str(get_locale())[:2], format="pdf", **named)),
                printed=_("Printed by %(person)s · %(moment)s", person=ctx.actor.name, moment=moment(ctx.now)),
                asked=asked,
                fault=asked.fault or (cut_text() if found.is_cut else ""),
            )
        is_good = not (asked.fault or found.is_cut)
        return handed_out(ctx, page, paper) if is_good else (page, 422)

    @expose("/<int:pk>/statement/<mark>")
    @guarded("statement")
    def check_statement(self, pk: int, mark: str) -> Any:
        """Where the code of a statement leads: whether the account still says what was printed."""
        ctx = web_context()
        customer, known = self._account(ctx, pk)
        found = statement_of(ctx, pk, asked_period(ctx, request.args).period, known)
        is_same = hmac.compare_digest(mark_of_account(ctx, customer, found, known).encode(), mark.encode())
        return render_template(
            "zhidan/papers/check.html",
            title=_("Statement of account"),
            subtitle=number_of(customer, found.period),
            is_same=is_same,
            back_url=self.url("show", pk=pk),
        )

    def _account(self, ctx: Context, pk: int) -> tuple[Customer, Known]:
        """The customer and the rows that the reader may know of. Raises NotFoundError, PermissionDeniedError."""
        customer: Customer = self.find(ctx, pk)
        if not may_have_statement(ctx):
            raise PermissionDeniedError
        orders, payments, refunds, claims = (
            view.scope(ctx.actor) for part in PARTS if (view := view_of(part)) is not None and view.scope is not None
        )
        return customer, Known(orders, payments, refunds, claims)


def mark_of_account(ctx: Context, customer: Customer, found: Statement, known: Known) -> str:
    """A mark over the whole account, whatever of it the reader may see."""
    whole = found if known.is_whole else statement_of(ctx, customer.id, found.period)
    entries = [[moment(each.at), each.kind, each.number, str(each.amount)] for each in whole.entries]
    named = {"number": number_of(customer, found.period), "name": customer.name}
    return mark_over(CODE, {**named, "opening": str(whole.opening), "entries": entries})


def may_have_statement(ctx: Context) -> bool:
    """Whether a person sees everything an account is made of: a sum with a part missing would be a wrong one."""
    actor = ctx.actor
    views = [view_of(part) for part in PARTS]
    sees = all(view is not None and view.may_see(actor) for view in views)
    return sees and all(access(actor, model, name) is Access.full for model, name in AMOUNTS)


def statement_button(ctx: Context, customer: Customer) -> list[dict[str, Any]]:
    """The way to the statement, for who may have it."""
    if not (ctx.actor.may("customer.statement") and may_have_statement(ctx)):
        return []
    url = ENTITIES["customer"].url("statement", pk=customer.id)
    label = _("Statement of account")
    return [{"name": "statement", "label": label, "url": url, "method": "get", "tone": "default", "icon": "fa-print"}]


def last_month(today: date) -> Period:
    """The month before the one of a day."""
    last = today.replace(day=1) - timedelta(days=1)
    return Period(last.replace(day=1), last)


def asked_period(ctx: Context, given: Mapping[str, str]) -> Asked:
    """The period of a request; without one, the last month."""
    usual = last_month(ctx.today)
    texts = given.get("from", "").strip(), given.get("to", "").strip()
    if not any(texts):
        return Asked(usual, usual.first.isoformat(), usual.last.isoformat())
    try:
        period = Period(*map(date.fromisoformat, texts))
    except ValueError:
        return Asked(usual, *texts, _("Give both days of the period, as 2026-11-01. Below is the last month."))
    if period.first > period.last:
        return Asked(usual, *texts, _("The period ends before it begins. Below is the last month."))
    if period.last - period.first > LONGEST or period.last > ctx.today + LONGEST or period.first < EARLIEST:
        return Asked(usual, *texts, _("A statement covers at most a year up to now. Below is the last month."))
    return Asked(period, *texts)


def cut_text() -> str:
    """The period has more entries than fit."""
    return str(_("The period has more entries than a statement holds: choose a shorter one. Do not send this one."))


def number_of(customer: Customer, period: Period) -> str:
    """How a statement is called: ST, the customer, the days."""
    return f"{CODE}-{customer.code}-{period.first:%Y%m%d}-{period.last:%Y%m%d}"


def said(ctx: Context, customer: Customer, found: Statement, known: Known) -> Said:
    """What the statement says: texts only, as every paper."""
    warning = "" if known.is_whole else _("Only what you may see stands here. Do not send it.")
    return Said(
        title=_("Statement of account"),
        number=number_of(customer, found.period),
        warning=warning,
        parts=[
            _head(ctx, customer, found),
            _entries(found),
            *_sums(found),
            *_open(found),
            *_waiting(found),
            _answer(),
            _notes(),
        ],
        signs=[_("Customer (signature or seal, date)"), _("Finance (seal)")],
    )


def _head(ctx: Context, customer: Customer, found: Statement) -> dict[str, Any]:
    period = found.period
    pairs = [
        (str(label_of_column(Customer, "name")), said_of(ctx.actor, customer, "name"), ""),
        (str(label_of_column(Customer, "code")), customer.code, ""),
        (_("Period"), _("%(first)s to %(last)s", first=period.first.isoformat(), last=period.last.isoformat()), ""),
        (_("Currency"), _("CNY, tax included"), ""),
    ]
    return {"kind": "facts", "label": _("Customer"), "pairs": [pair for pair in pairs if pair[1]]}


def _entries(found: Statement) -> dict[str, Any]:
    heads = [
        (_("Date"), "date"), (_("Document"), "code"), (_("Description"), "text"), (_("Debit amount"), "num"),
        (_("Credit amount"), "num"), (_("Running balance"), "num"),
    ]  # fmt: skip
    opening = (found.period.first.isoformat(), "", _("Opening balance"), "", "", money(found.opening))
    closing = (
        found.period.last.isoformat(), "", _("Closing balance"), money(found.debits), money(found.credits),
        money(found.closing),
    )  # fmt: skip
    lines = [
        (
            local_day(each.at).isoformat(), each.number, _described(each), money(each.debit) if each.debit else "",
            money(each.credit) if each.credit else "", money(each.balance),
        )
        for each in found.entries
    ]  # fmt: skip
    return {
        "kind": "rows",
        "label": _("Account entries"),
        "heads": heads,
        "rows": [opening, *lines, closing],
        "is_account": True,
    }


def _described(entry: Entry) -> str:
    text = str(KINDS[entry.kind])
    words = PaymentMethod if entry.kind is EntryKind.payment else RefundReason
    return f"{text} · {label_text(words(entry.detail))}" if entry.detail else text


def _sums(found: Statement) -> list[dict[str, Any]]:
    """The closing balance in figures and words, said from the customer's side."""
    owed = found.closing
    label = _("You owe") if owed >= 0 else _("We hold for you")
    pairs = [(label, money(abs(owed)), capitals(abs(owed)))]
    if found.overdue:
        pairs.append((_("Of it overdue"), money(found.overdue), capitals(found.overdue)))
    return [{"kind": "facts", "label": _("Closing balance"), "pairs": pairs}]


def _open(found: Statement) -> list[dict[str, Any]]:
    shown = [(str(AGES[age]), money(found.ages[age])) for age in (*OVERDUE, Age.not_due, Age.retention)
             if found.ages.get(age)]  # fmt: skip
    if not shown:
        return []
    heads = [(_("Instalments"), "text"), (_("Still open"), "num")]
    return [{"kind": "rows", "label": _("Open at the end of the period"), "heads": heads, "rows": shown}]


def _waiting(found: Statement) -> list[dict[str, Any]]:
    if not found.unallocated:
        return []
    heads = [(_("Date"), "date"), (_("Document"), "code"), (_("Amount"), "num"), (_("Not allocated"), "num")]
    left_of = found.unallocated
    rows = [(local_day(at).isoformat(), number, money(amount), money(left)) for at, number, amount, left in left_of]
    total: Decimal = sum((left for _at, _number, _amount, left in found.unallocated), Decimal(0))
    label = _("Receipts that are not allocated to an order: %(total)s", total=money(total))
    return [{"kind": "rows", "label": label, "heads": heads, "rows": rows}]


def _answer() -> dict[str, Any]:
    texts = [_("Checked, no differences"), _("Differences (please describe)")]
    return {"kind": "boxes", "label": _("Your answer"), "texts": texts}


def _notes() -> dict[str, Any]:
    bank = current_app.config["BANK_ACCOUNT"]
    own = _("Please pay to the account of your contract.")
    texts = [
        _("Please answer within 10 days. Tell us of every difference, with its document number."),
        _("Please pay to %(account)s only.", account=bank) if bank else own,
        _(
            "Our account does not change by letter, message or telephone. If you are told that it has, do not pay: call"
            " the number you know."
        ),
    ]
    return {"kind": "notes", "label": "", "texts": texts}
