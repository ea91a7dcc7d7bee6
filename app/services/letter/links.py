"""Links for customers without an account: made, opened and answered. Clause 13(3).

The address is a random word signed with the key of the panel; the table keeps its hash. A form carries a mark that is
good for one answer, so that nothing is needed in the browser: no account, no cookie, no session.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, Signer, URLSafeTimedSerializer

from app.kernel.context import Actor, Context
from app.kernel.engine import fire, lock
from app.kernel.errors import ConflictError, DomainError, ValidationFailedError
from app.services.letter import rules
from models.customer import Consent
from models.customer_link import CustomerLink, CustomerLinkState
from models.labels import Channel, ConsentPurpose, OrderState, SupplyMode
from models.labels_order import LetterState
from models.letter import ConfirmationLetter
from models.order import Order
from models.privacy import ConsentState

# Nobody of ours: what he does stands in the journal under this name, without an account.
CUSTOMER = Actor(
    id=None, name="customer", permissions=frozenset({"confirmation_letter.acknowledge", "order.sign_drawing"})
)
ORIGIN = "customer_link"
SALT, FORM_SALT = "customer-link", "customer-link-form"
LONGEST_TOKEN = 80
FORM_SECONDS = 12 * 3600
# Before the letter only what does not depend on the price may be asked; afterwards nothing is left to agree to.
BEFORE_LETTER = frozenset(
    {OrderState.draft, OrderState.pending_review, OrderState.pending_approval, OrderState.approved}
)
ENDED = frozenset({OrderState.cancelled, OrderState.rejected})
TEXTS: Mapping[ConsentPurpose, str] = {
    ConsentPurpose.order: rules.PRIVACY_TEXT,
    ConsentPurpose.custom_goods: rules.CUSTOM_TEXT,
}


class LinkClosedError(DomainError):
    """Forged, unknown, withdrawn or too late: the same sentence for all, so that nothing can be learned from it."""

    code = "link_closed"
    status = 404
    default_message = _l(
        "This link does not open anything, or not any more. Please ask the shop that sent it for a new one."
    )


class FormExpiredError(DomainError):
    """The form was not made here, lay too long, or was sent before."""

    code = "form_expired"
    status = 400
    default_message = _l("This form was sent already, or lay open too long. Open the link again.")


@dataclass(frozen=True)
class Keys:
    """What addresses and forms are signed with: one secret, two purposes."""

    secret: str

    def sign(self, word: str) -> str:
        """The address of a word."""
        return Signer(self.secret, salt=SALT).sign(word).decode()

    def word_of(self, token: str) -> str:
        """The word of an address. Raises LinkClosedError."""
        try:
            return Signer(self.secret, salt=SALT).unsign(token[:LONGEST_TOKEN]).decode()
        except (BadSignature, UnicodeError):
            raise LinkClosedError from None

    def form(self, link: CustomerLink) -> str:
        """The mark of a form: of this link, as it stands now."""
        return str(self._forms().dumps([link.token_hash, link.answers]))

    def read_form(self, mark: str) -> tuple[str, int]:
        """Of which link a form is, after how many answers. Raises FormExpiredError."""
        try:
            token_hash, answers = self._forms().loads(mark, max_age=FORM_SECONDS)
        except (BadSignature, ValueError, TypeError, UnicodeError):
            raise FormExpiredError from None
        return str(token_hash), int(answers)

    def _forms(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.secret, salt=FORM_SALT)


def issue(ctx: Context, keys: Keys, order: Order, letter: ConfirmationLetter | None) -> tuple[CustomerLink, str]:
    """A new link and its address, which is told only now; the one before it ends.

    Raises:
        DomainError: ``order_ended``, or ``letter_superseded`` where a newer letter stands.
    """
    if order.state in ENDED:
        raise DomainError(_l("The order has ended: there is nothing to answer."), code="order_ended")
    if letter is not None and letter.state is LetterState.superseded:
        raise DomainError(_l("A newer letter stands: make the link of that one."), code="letter_superseded")
    lock(ctx, order)
    same = CustomerLink.letter_id == letter.id if letter is not None else CustomerLink.letter_id.is_(None)
    earlier = sa.select(CustomerLink).where(
        CustomerLink.order_id == order.id, same, CustomerLink.state == CustomerLinkState.active
    )
    for link in ctx.session.scalars(earlier).all():
        fire(ctx.as_system(), link, "replace")
    word = secrets.token_urlsafe(18)
    link = CustomerLink(
        order_id=order.id,
        letter_id=letter.id if letter is not None else None,
        token_hash=_hash(word),
        expires_at=ctx.now + timedelta(days=float(ctx.policy["confirm.link_days"])),
    )
    ctx.session.add(link)
    ctx.session.flush()
    return link, keys.sign(word)


def as_customer(ctx: Context) -> Context:
    """The same act, done by the customer: no account, and no more rights than to answer."""
    return replace(ctx, actor=CUSTOMER, origin=ORIGIN)


def find(ctx: Context, keys: Keys, token: str) -> CustomerLink:
    """The link of an address. Raises LinkClosedError."""
    statement = sa.select(CustomerLink).where(CustomerLink.token_hash == _hash(keys.word_of(token)))
    link = ctx.session.scalars(statement).one_or_none()
    if link is None or link.state is not CustomerLinkState.active or link.expires_at <= ctx.now:
        raise LinkClosedError
    return link


def agreed(ctx: Context, order: Order) -> dict[ConsentPurpose, Consent]:
    """What the customer has agreed to and not taken back: for orders, and about this one's made goods."""
    statement = (
        sa.select(Consent)
        .where(Consent.customer_id == order.customer_id, Consent.is_granted, Consent.state == ConsentState.given)
        .where(
            sa.or_(
                Consent.purpose == ConsentPurpose.order,
                sa.and_(Consent.purpose == ConsentPurpose.custom_goods, Consent.order_id == order.id),
            )
        )
        .order_by(Consent.given_at, Consent.id)
    )
    return {consent.purpose: consent for consent in ctx.session.scalars(statement)}


def returnable(ctx: Context, order: Order, quantities: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """What may be returned without a reason: not what is made to order, where the customer has agreed to that.

    Without his consent on file nobody may refuse such a return (W03), so its days run as for everything else.
    """
    if not order.is_custom or ConsentPurpose.custom_goods not in agreed(ctx, order):
        return dict(quantities)
    made = {line.id for line in order.lines if line.supply_mode is SupplyMode.custom}
    return {line_id: qty for line_id, qty in quantities.items() if line_id not in made}


def open_consents(ctx: Context, order: Order) -> list[ConsentPurpose]:
    """The boxes a customer still may tick: none is ticked beforehand."""
    held = agreed(ctx, order)
    asked = [ConsentPurpose.order, *([ConsentPurpose.custom_goods] if order.is_custom else [])]
    return [purpose for purpose in asked if purpose not in held]


def answer(ctx: Context, keys: Keys, token: str, act: str, values: Mapping[str, str]) -> None:
    """What a customer sends: ``confirm``, ``dispute``, ``consent`` or ``sign`` (the drawing). All or nothing.

    Args:
        values: form (the mark), name, text, drawing, and the ticked purposes.

    Raises:
        FormExpiredError, LinkClosedError.
        ConflictError: somebody was faster: the letter was answered, or a newer one stands.
        ValidationFailedError: a name or a text is missing.
    """
    token_hash, answers = keys.read_form(values.get("form", ""))
    link = find(ctx, keys, token)
    lock(ctx, link)
    # It may have been withdrawn while this answer waited for it.
    link = find(ctx, keys, token)
    if link.token_hash != token_hash or link.answers != answers:
        raise FormExpiredError
    if link.order.state in ENDED:
        raise ConflictError
    if link.letter is not None and link.letter.state is LetterState.superseded:
        # The page lay open while a newer letter was sent: this one no longer counts, not for a drawing either.
        raise ConflictError
    link.answers += 1
    ticked = [purpose for purpose in open_consents(ctx, link.order) if values.get(purpose.value)]
    for purpose in ticked:
        _agree(ctx, link, purpose)
    if act == "consent":
        _needs(ticked, "consent", _l("Tick what you agree to."))
        return
    if act == "sign":
        version = values.get("drawing", "")
        data = {"signed_name": _name(values), "drawing_version": version}
        fire(ctx, link.order, "sign_drawing", data)
        return
    letter = link.letter
    if letter is None or act not in {"confirm", "dispute"} or letter.state is not LetterState.sent:
        raise ConflictError
    if act == "dispute":
        text = values.get("text", "").strip()
        _needs(text, "text", _l("Tell us what is not as agreed."))
        fire(ctx, letter, "dispute", {"reason": text})
        return
    fire(ctx, letter, "acknowledge", {"reason": "customer_link", "signed_name": _name(values)})


def _name(values: Mapping[str, str]) -> str:
    name = values.get("name", "").strip()
    _needs(name, "name", _l("Type your name: it is your signature."))
    return name


def _needs(given: object, field: str, message: Any) -> None:
    if not given:
        raise ValidationFailedError({field: [str(message)]})


def _agree(ctx: Context, link: CustomerLink, purpose: ConsentPurpose) -> None:
    order, text = link.order, TEXTS[purpose]
    ctx.session.add(
        Consent(
            customer_id=order.customer_id,
            purpose=purpose,
            is_granted=True,
            text_version=text,
            channel=Channel.other,
            given_at=ctx.now,
            order_id=order.id,
            evidence=rules.mark(order.order_no, text, link.token_hash, ctx.now, ctx.address or ""),
        )
    )
    ctx.session.flush()


def _hash(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()
