"""What a customer reads and answers without an account: his letter, his consents, his drawing. Clause 13(3).

The address is the key, so the page says no more than the letter: no name, no phone, no street. Nothing is kept in the
browser; a form carries a signed mark that is good for one answer, which is what a token against forged requests is
elsewhere. Whatever opens nothing gets one and the same page.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import current_app, make_response, redirect, render_template, request, session, url_for
from flask_appbuilder import BaseView, expose
from flask_babel import get_locale
from flask_babel import gettext as _

from app.documents.capitals import capitals
from app.kernel.context import Context
from app.kernel.errors import ConflictError, DomainError, StepNotOpenError, ValidationFailedError
from app.kernel.unit_of_work import unit_of_work
from app.security.attempts import check_attempts, count_refusal
from app.security.entering import fresh_act
from app.services.letter.links import (
    CUSTOMER,
    FormExpiredError,
    LinkClosedError,
    answer,
    as_customer,
    find,
    open_consents,
)
from models.customer_link import CustomerLink
from models.labels import ConsentPurpose, FeeKind, LetterState, label_of
from views.customerlink import keys
from views.display import moment
from views.paper import LANGUAGES, in_language

SEE_OTHER = 303
HEADERS = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "no-referrer"}
FIELDS = ("form", "name", "text", "drawing", ConsentPurpose.order.value, ConsentPurpose.custom_goods.value)
# What the steps ask for, and the box of the page it is typed into.
BOXES = {"reason": "text", "signed_name": "name"}


class CustomerPageView(BaseView):
    """The one address of the panel that strangers may write to."""

    route_base = "/c"
    default_view = "read"
    base_permissions: list[str] = []

    @expose("/<token>", methods=("GET",))
    def read(self, token: str) -> Any:
        """The page of a link."""
        check_attempts()
        ctx = as_customer(fresh_act(CUSTOMER))
        with in_language(request.args.get("language", "")):
            try:
                with unit_of_work(ctx):
                    link = find(ctx, keys(), token)
                    link.opened_at = link.opened_at or ctx.now
                return _page(ctx, token, link, {}, {})
            except DomainError as error:
                return _refused(error)

    @expose("/<token>", methods=("POST",))
    def reply(self, token: str) -> Any:
        """The answer: once, whole, or with what is missing."""
        check_attempts()
        ctx = as_customer(fresh_act(CUSTOMER))
        # A browser counts the end of a line as one sign and sends two: what it let in must not be too long here.
        values = {name: request.form.get(name, "").replace("\r\n", "\n")[:1000] for name in FIELDS}
        language = request.args.get("language", "")
        with in_language(language):
            try:
                with unit_of_work(ctx):
                    answer(ctx, keys(), token, request.form.get("act", ""), values)
            except ValidationFailedError as error:
                return _page(ctx, token, find(ctx, keys(), token), values, error.fields), error.status
            except (ConflictError, StepNotOpenError):
                # Somebody was faster: the page says what stands now.
                pass
            except DomainError as error:
                return _refused(error)
        where: dict[str, Any] = {"language": language} if language in LANGUAGES else {}
        return _bare(redirect(url_for("CustomerPageView.read", token=token, **where), SEE_OTHER))


def _refused(error: DomainError) -> Any:
    """One page for all that opens nothing; tries at it are counted against the address they come from."""
    if not isinstance(error, FormExpiredError):
        count_refusal()
        error = LinkClosedError()
    return _response(error.status, refusal=str(error), title=_("Order confirmation"))


def _response(status: int, **variables: Any) -> Any:
    page = render_template(
        "zhidan/customer_page.html",
        company=next(iter(current_app.config["COMPANY_WORDS"]), ""),
        language=str(get_locale()),
        languages=[(each, _address(language=each)) for each in LANGUAGES],
        **variables,
    )
    response = make_response(page, status)
    return _bare(response)


def _bare(response: Any) -> Any:
    """What is kept nowhere: not by search engines, not in the browser; nobody learns where the visitor came from."""
    response.headers.update(HEADERS)
    # The framework notes the language of a stranger in his session.
    session.modified = False
    return response


def _address(language: str) -> str:
    arguments: dict[str, Any] = {**(request.view_args or {}), "language": language}
    return url_for("CustomerPageView.read", **arguments)


def _page(ctx: Context, token: str, link: CustomerLink, values: Mapping[str, str], errors: Mapping[str, Any]) -> Any:
    order, letter = link.order, link.letter
    is_newer = letter is not None and letter.state is LetterState.superseded
    consents = [] if is_newer else [(each.value, _wording(each)) for each in open_consents(ctx, order)]
    is_unsigned = order.drawing_version is not None and order.drawing_signed_at is None and order.is_custom
    return _response(
        200,
        title=_("Order confirmation") if letter is not None else _("Your order"),
        number=letter.letter_no if letter is not None else order.order_no,
        letter=_said(letter) if letter is not None and not is_newer else None,
        is_newer=is_newer,
        is_open=letter is not None and letter.state is LetterState.sent,
        answered=_answered(letter) if letter is not None and not is_newer else None,
        consents=consents,
        drawing=order.drawing_version if is_unsigned and not is_newer else None,
        signed=_("Drawing %(version)s was signed on %(moment)s.", version=f"v{order.drawing_version}",
                 moment=moment(order.drawing_signed_at)) if order.drawing_signed_at is not None else None,
        until=moment(link.expires_at),
        form=keys().form(link),
        action=url_for("CustomerPageView.reply", token=token, language=str(get_locale())[:2]),
        values=values,
        errors={BOXES.get(name, name): " ".join(map(str, found)) for name, found in errors.items()},
    )  # fmt: skip


def _wording(purpose: ConsentPurpose) -> str:
    """What a box says that the customer may tick."""
    if purpose is ConsentPurpose.custom_goods:
        return str(_("Goods made to my order cannot be returned within seven days without a reason. I know and agree."))
    return str(
        _("My name, phone and address may be used to make, deliver and install this order, and for nothing else.")
    )


def _answered(letter: Any) -> str | None:
    if letter.state is LetterState.acknowledged:
        return str(_("You confirmed this letter on %(moment)s.", moment=moment(letter.answered_at)))
    if letter.state is LetterState.disputed:
        text = _(
            "You told us on %(moment)s what is not as agreed. We will call you.", moment=moment(letter.answered_at)
        )
        return f"{text} “{letter.objection}”" if letter.objection else text
    return None


def _said(letter: Any) -> dict[str, Any]:
    """The letter from its own content, as it was frozen when it was sent."""
    content = letter.content
    total = letter.total_amount
    return {
        "lines": [_line(line) for line in content.get("lines", ())],
        "fees": [(_fee(kind), _money(amount)) for kind, amount in content.get("fees", ())],
        "total": _money(total),
        "capitals": capitals(total),
        "promise": str(letter.promised_on) if letter.promised_on else letter.promise_rule,
        "sent": moment(letter.sent_at),
        "version": letter.letter_version,
        "mark": letter.content_hash[:8].upper(),
    }


def _line(line: Mapping[str, Any]) -> dict[str, str]:
    size = [str(part) for part in line.get("size") or () if part]
    make = [str(part) for part in line.get("finish") or () if part]
    return {
        "name": str(line.get("description") or ""),
        "detail": " · ".join([*(["×".join(size) + " mm"] if size else []), *make]),
        "qty": f"{Decimal(str(line['qty'])).normalize():f}",
        "price": _money(line["unit_price"]),
        "amount": _money(line["line_amount"]),
    }


def _fee(kind: str) -> str:
    return str(label_of(FeeKind(kind)))


def _money(amount: Any) -> str:
    return f"¥{Decimal(str(amount)):,.2f}"
