"""Which screens there are and where they stand in the menu: one line an entity, by the department that owns it.

A line makes the screen, its REST API, its rights and its place in the side bar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_appbuilder import AppBuilder
from flask_babel import lazy_gettext as _l

from app.extensions import csrf
from views import (
    account,
    approval,
    cancellation,
    change,
    claim,
    customer,
    customerlink,
    delegation,
    exception,
    export,
    guarantee,
    installation,
    journal,
    merge,
    order,
    payment,
    privacy,
    product,
    production,
    quality,
    rights,
    shipment,
    ticket,
)
from views.access.routes import RightsView
from views.api import api_of
from views.base import EntityDeclaration
from views.chartapi import ChartApi
from views.charts import register_charts
from views.customerpage import CustomerPageView
from views.desk import DeskView
from views.exchange import IMPORTS, ImportView
from views.integrity import IntegrityView
from views.links import SignInLinkView
from views.lists import SavedListView
from views.notification import NotificationView
from views.openapi import ApiPageView, OpenApiView
from views.people import PeopleView
from views.tokens import TokenView
from views.useraccess import UserAccessView
from views.waiting import WaitingView
from views.ways_in import WayInView, ways_in

# A household behind one address looks at its letter often enough with this.
CUSTOMER_LIMIT = "60 per minute"


@dataclass(frozen=True)
class Department:
    """A group of the side bar. ``views`` have entries; ``parts`` are reached from other screens."""

    name: str
    label: Any
    icon: str
    views: tuple[type[EntityDeclaration], ...]
    parts: tuple[type[EntityDeclaration], ...] = ()


DEPARTMENTS = (
    Department(
        "Order centre",
        _l("Order management centre"),
        "fa-file-lines",
        (
            order.OrderView,
            order.InboxItemView,
            customer.CustomerView,
            approval.ConfirmationLetterView,
            change.ChangeRequestView,
            cancellation.CancellationView,
            exception.ExceptionCaseView,
            exception.ClockRunView,
        ),
        (
            order.OrderLineView,
            order.OrderFeeView,
            order.OrderContractView,
            order.OrderReviewView,
            change.ChangeLineView,
            cancellation.CancellationLineView,
            cancellation.CostItemView,
            customer.CustomerAddressView,
            customer.ConsentView,
            customerlink.CustomerLinkView,
            merge.CustomerMergeView,
        ),
    ),
    Department(
        "Production",
        _l("Production coordination"),
        "fa-industry",
        (
            production.ProductionTaskView,
            quality.InspectionView,
            product.ProductView,
            product.TestReportView,
            product.StockView,
        ),
        (production.ProductionReportView, quality.InspectionDefectView, product.ReservationView),
    ),
    Department(
        "Logistics",
        _l("Logistics and delivery"),
        "fa-truck",
        (
            shipment.ShipmentView,
            shipment.PackageView,
            shipment.DeliveryReceiptView,
        ),
        (shipment.ShipmentLineView,),
    ),
    Department(
        "Customer service",
        _l("Customer service"),
        "fa-headset",
        (
            installation.InstallationView,
            installation.AcceptanceView,
            ticket.ServiceTicketView,
            privacy.PrivacyRequestView,
        ),
        (installation.AcceptanceLineView, installation.AcceptanceStandardView),
    ),
    Department(
        "Finance",
        _l("Finance and settlement"),
        "fa-yen-sign",
        (
            payment.PaymentView,
            payment.PaymentScheduleView,
            payment.InvoiceView,
            payment.RefundView,
            guarantee.GuaranteeView,
            claim.LateClaimView,
        ),
        (payment.PaymentAllocationView,),
    ),
    Department(
        "Committee",
        _l("Order management committee"),
        "fa-gavel",
        (
            approval.ApprovalView,
            exception.CoordinationItemView,
            journal.ParameterChangeView,
            export.ExportRequestView,
            export.ExportLogView,
        ),
        (approval.ApprovalVoteView, approval.ApprovalOpinionView),
    ),
    Department(
        "System",
        _l("System"),
        "fa-gear",
        (
            rights.RightsChangeView,
            delegation.DelegationView,
            journal.JournalView,
            journal.PolicyParameterView,
            journal.CalendarDayView,
        ),
    ),
)


def register(builder: AppBuilder) -> None:
    """Registers every screen and its API with the framework."""
    builder.add_view_no_menu(PeopleView)
    builder.add_view_no_menu(SavedListView)
    builder.add_view_no_menu(DeskView)
    builder.add_view_no_menu(WaitingView)
    builder.add_view_no_menu(NotificationView)
    builder.add_view(
        RightsView,
        RightsView.__name__,
        label=RightsView.label,
        icon="fa-table-cells",
        category=DEPARTMENTS[-1].name,
    )
    builder.add_view_no_menu(export.ExportFilesView)
    for department in DEPARTMENTS:
        for view in department.views:
            builder.add_view(
                view,
                view.__name__,
                label=view.model().__label_plural__,
                category=department.name,
                category_label=department.label,
                category_icon=department.icon,
            )
            builder.add_api(api_of(view))
        for view in department.parts:
            builder.add_view_no_menu(view)
            builder.add_api(api_of(view))
    builder.add_view(
        ImportView, ImportView.__name__, label=ImportView.label, icon="fa-file-import", category=DEPARTMENTS[0].name
    )
    for importing in IMPORTS:
        builder.add_view_no_menu(importing)
    builder.add_view(
        IntegrityView,
        IntegrityView.__name__,
        label=IntegrityView.label,
        icon="fa-shield-halved",
        category=DEPARTMENTS[-1].name,
    )
    register_ways_in(builder)
    register_customer_page(builder)
    register_charts(builder)
    builder.add_api(ChartApi)
    _sort(builder)
    for guessable in (account.AccountView, account.DueView, UserAccessView):
        builder.sm.limit_posts(builder.add_view_no_menu(guessable))
    builder.add_view_no_menu(OpenApiView)
    builder.add_view_no_menu(ApiPageView)


def register_ways_in(builder: AppBuilder) -> None:
    """Tokens and sign-in from elsewhere; the public addresses are limited like the login."""
    builder.add_view(TokenView, TokenView.__name__, label=_l("API tokens"), icon="fa-key", category="System")
    builder.add_view(
        SignInLinkView, SignInLinkView.__name__, label=_l("Sign-in links"), icon="fa-link", category="System"
    )
    way_in = builder.add_view_no_menu(WayInView)
    manager = builder.sm
    if manager.is_auth_limited:
        manager.limiter.limit(manager.auth_rate_limit)(way_in.blueprint)
    current_app.jinja_env.globals["ways_in"] = ways_in


def register_customer_page(builder: AppBuilder) -> None:
    """What strangers may write to: its forms carry marks of their own, and it is limited like the login."""
    page = builder.add_view_no_menu(CustomerPageView)
    csrf.exempt(page.blueprint)
    manager = builder.sm
    if manager.is_auth_limited:
        manager.limiter.limit(CUSTOMER_LIMIT)(page.blueprint)


def _sort(builder: AppBuilder) -> None:
    """Departments in the order of the regulation, then everything else; the framework registers its own first."""
    places = {department.name: place for place, department in enumerate(DEPARTMENTS)}
    last = places["System"]
    builder.menu.menu.sort(key=lambda group: (places.get(group.name, last - 0.5), group.name))
