"""Links for customers as the office has them: made on a letter or an order, listed, withdrawn. Clause 13(3)."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import current_app, flash, redirect, render_template, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import DomainError
from app.kernel.unit_of_work import unit_of_work
from app.security import scopes
from app.services.letter.links import BEFORE_LETTER, Keys, issue
from models.customer_link import CustomerLink
from models.labels import LetterState
from models.letter import ConfirmationLetter
from models.order import Order
from views.adapter import guarded
from views.base import EntityDeclaration, EntityInterface
from views.context import web_context
from views.display import moment
from views.entity import EntityView
from views.paper import qr

SEE_OTHER = 303


def keys() -> Keys:
    """What the addresses for customers are signed with."""
    return Keys(str(current_app.config["LINK_KEY"]))


class CustomerLinkView(EntityView):
    """The addresses that were made for customers: by whom, until when, whether anybody came."""

    datamodel = EntityInterface(CustomerLink)
    list_columns = ["created_at", "order", "letter", "expires_at", "opened_at", "answers", "state"]
    search_columns = ["state", "order", "letter", "created_at"]
    show_fieldsets = [(_l("Link for the customer"), {"fields": list_columns})]
    base_order = ("created_at", "desc")
    scope = scopes.customer_link
    quick_search = ("order.order_no",)


class Linked(EntityDeclaration):
    """Mixed into the screen of a letter or an order, it makes a link for the customer."""

    is_abstract: ClassVar[bool] = True

    @expose("/<int:pk>/link", methods=("POST",))
    @guarded("link")
    def link(self, pk: int) -> Any:
        """A new address: shown once, to copy, to scan or to print. The one before ends."""
        ctx = web_context()
        record = self.find(ctx, pk)
        order, letter = (record.order, record) if isinstance(record, ConfirmationLetter) else (record, None)
        try:
            with unit_of_work(ctx):
                made, token = issue(ctx, keys(), order, letter)
                until = moment(made.expires_at)
        except DomainError as error:
            flash(str(error), "warning")
            return redirect(self.url("show", pk=pk), SEE_OTHER)
        address = url_for("CustomerPageView.read", token=token, _external=True)
        title = _("Link for the customer")
        return render_template(
            "zhidan/customer_link.html",
            title=title,
            subtitle=str(record),
            crumbs=[
                (str(self.model().__label_plural__), self.url("list")),
                (str(record), self.url("show", pk=pk)),
                (title, None),
            ],
            address=address,
            code=qr(address),
            until=until,
            company=next(iter(current_app.config["COMPANY_WORDS"]), ""),
            back_url=self.url("show", pk=pk),
        )


def link_button(ctx: Context, record: Order | ConfirmationLetter) -> list[dict[str, Any]]:
    """The way to a link, where there is something to answer."""
    if isinstance(record, Order):
        entity, is_open = "order", record.state in BEFORE_LETTER
    else:
        entity, is_open = "confirmation_letter", record.state not in (LetterState.superseded, LetterState.withdrawn)
    if not is_open or not ctx.actor.may(f"{entity}.link"):
        return []
    url = url_for(f"{'OrderView' if entity == 'order' else 'ConfirmationLetterView'}.link", pk=record.id)
    label = _("Link for the customer")
    return [{"name": "link", "label": label, "url": url, "method": "post", "tone": "default", "icon": "fa-link"}]
