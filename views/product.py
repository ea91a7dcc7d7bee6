"""Products and what is in stock of them. Clause 13(1)."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.filters import SOON
from app.security import scopes
from app.services.product.actions import change_product, create_product
from app.services.product.reports import add_report, change_report
from models.conformity import TestReport, needed_standards
from models.labels import OrderType
from models.product import Product, Reservation, Stock
from views.base import EntityInterface
from views.entity import EntityView
from views.inline import Inline
from views.talk import Talked


class ReservationView(EntityView):
    """What orders hold of the stock; made and released by the order's steps."""

    datamodel = EntityInterface(Reservation)
    list_columns = ["stock", "order_line", "qty", "kind", "expires_at"]
    search_columns = ["stock", "order_line", "kind"]
    show_fieldsets = [(_l("Reservation"), {"fields": list_columns})]
    base_order = ("id", "desc")
    scope = scopes.reservation


class StockView(EntityView):
    """Pieces in a warehouse: on hand, softly and firmly reserved."""

    datamodel = EntityInterface(Stock)
    list_columns = ["product", "warehouse", "qty_on_hand", "qty_soft", "qty_hard", "qty_available"]
    search_columns = ["product", "warehouse"]
    add_columns = ["product", "warehouse", "qty_on_hand"]
    edit_columns = ["qty_on_hand"]
    show_fieldsets = [(_l("Stock"), {"fields": list_columns})]
    label_columns = {"qty_available": _l("Free")}
    base_order = ("id", "asc")
    scope = scopes.stock
    quick_search = ("product.search_text",)
    cells = ("qty_on_hand",)
    related_views = [ReservationView]


class TestReportView(Talked, EntityView):
    """What laboratories found, by product and standard; the report itself is a file beside it."""

    datamodel = EntityInterface(TestReport)
    list_columns = ["report_no", "product", "standard", "laboratory", "issued_on", "valid_until"]
    search_columns = ["valid_until", "standard", "product", "report_no", "laboratory", "issued_on"]
    add_columns = ["product", "standard", "report_no", "laboratory", "issued_on", "valid_until"]
    # Of another product there is another report: the one it was recorded for would stay tested.
    edit_columns = add_columns[1:]
    show_fieldsets = [(_l("Test report"), {"fields": add_columns})]
    base_order = ("valid_until", "asc")
    scope = scopes.test_report
    quick_search = ("report_no", "product.search_text")
    quick_views = (
        (_l("Runs out within 60 days"), {"valid_until__during": "soon"}),
        (_l("Run out"), {"valid_until__during": "past"}),
    )
    creates = add_report
    changes = change_report


def report_hints(ctx: Context, product: Product) -> list[dict[str, str]]:
    """Whether a report that the law asks for is missing, has run out, or soon will."""
    until = product.reports_until
    if until is None:
        if not needed_standards(product, OrderType.government):
            return []
        return [{"label": _("Test report missing"), "tone": "danger" if product.is_children else "neutral"}]
    if until < ctx.today:
        return [{"label": _("Test report run out on %(day)s", day=until), "tone": "danger"}]
    if until <= ctx.today + SOON:
        return [{"label": _("Test report runs out on %(day)s", day=until), "tone": "warning"}]
    return []


class ProductView(EntityView):
    """Articles that can be ordered."""

    datamodel = EntityInterface(Product)
    list_columns = [
        "sku_code", "name", "category", "supply_mode", "material", "list_price", "lead_days", "reports_until",
        "is_active",
    ]  # fmt: skip
    search_columns = [
        "category", "supply_mode", "name", "series", "material", "sku_code", "list_price", "reports_until", "is_active",
    ]  # fmt: skip
    add_columns = [
        "sku_code", "name", "series", "category", "supply_mode", "material", "finish", "colour", "env_grade",
        "length_mm", "width_mm", "height_mm", "unit", "pieces_per_pack", "packs_per_set", "pack_volume",
        "pack_weight_kg", "needs_install", "lead_days", "warranty_months", "list_price", "standard_cost", "tax_rate",
        "is_children",
    ]  # fmt: skip
    edit_columns = [*add_columns[1:], "is_active"]
    show_fieldsets = [
        (_l("Product"), {"fields": ["sku_code", "name", "series", "category", "supply_mode", "is_active"]}),
        (_l("Make"), {"fields": ["material", "finish", "colour", "env_grade", "is_children", "reports_until"]}),
        (_l("Size"), {"fields": ["length_mm", "width_mm", "height_mm", "unit"]}),
        (_l("Packing"), {"fields": ["pieces_per_pack", "packs_per_set", "pack_volume", "pack_weight_kg"]}),
        (_l("Terms"), {"fields": ["needs_install", "lead_days", "warranty_months"]}),
        (_l("Price"), {"fields": ["list_price", "standard_cost", "tax_rate"]}),
    ]
    base_order = ("sku_code", "asc")
    scope = scopes.product
    quick_views = (
        (_l("Test report runs out within 60 days"), {"reports_until__during": "soon"}),
        (_l("Test report run out"), {"reports_until__during": "past"}),
        (_l("Test report missing"), {"reports_until__null": "1", "category__ne": "accessory"}),
    )
    quick_search = ("search_text", "sku_code")
    cells = (
        "name", "series", "category", "material", "finish", "colour", "lead_days", "warranty_months", "list_price",
        "is_active",
    )  # fmt: skip
    inlines = {
        "reports": Inline(TestReportView, columns=["standard", "report_no", "laboratory", "issued_on", "valid_until"]),
    }
    creates = create_product
    changes = change_product
    extra_permissions = ("import", "take_back")
    related_views = [TestReportView, StockView]
    hints = report_hints
