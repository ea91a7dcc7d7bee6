"""Merges of customer files: asked for, compared side by side, decided by a colleague. Clause 10(5)."""

from __future__ import annotations

from typing import Any

from flask import render_template
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields

from app.kernel.context import Context
from app.kernel.fields import Access, access
from app.kernel.schema import EntityInput, Related, field_for
from app.security import scopes
from app.services.customer.merge import FIELDS, request_merge
from models.customer import Customer
from models.customer_merge import CustomerMerge, MergeState
from views.adapter import guarded
from views.base import EntityInterface
from views.context import web_context
from views.display import cell, state_of
from views.entity import EntityView

# What stands beside the columns of the decision: it tells two files apart.
BESIDE = ("code", "kind", "created_at", "credit_limit_amount", "is_blacklisted")

TAKE = {
    "name": _l("Take its name"),
    "phone": _l("Take its phone"),
    "uscc": _l("Take its credit code"),
    "email": _l("Take its e-mail"),
    "wechat": _l("Take its WeChat"),
    "province": _l("Take its province"),
    "city": _l("Take its city"),
    "level": _l("Take its level"),
    "note": _l("Take its note"),
}


def _take(name: str) -> fields.Boolean:
    label = TAKE[name]
    return fields.Boolean(load_default=False, metadata={"label": label})


class FilesInput(EntityInput):
    """Which file goes, which stays, and which values are taken from the one that goes."""

    source_id = Related("customer", required=True, metadata={"label": _l("File that goes")})
    target_id = Related("customer", required=True, metadata={"label": _l("File that stays")})
    reason = field_for(CustomerMerge, "reason")


MergeInput: Any = FilesInput.from_dict({f"take_{name}": _take(name) for name in FIELDS}, name="MergeInput")


def compare_button(ctx: Context, merge: CustomerMerge) -> list[dict[str, Any]]:
    """The way to both files side by side."""
    if not ctx.actor.may("customer.show"):
        return []
    url = CustomerMergeView.url("compare", pk=merge.id)
    return [{"name": "compare", "label": _("Compare"), "url": url, "method": "get", "tone": "default"}]


class CustomerMergeView(EntityView):
    """Two files of one customer become one, by two people."""

    datamodel = EntityInterface(CustomerMerge)
    list_columns = ["merge_no", "source", "target", "created_at", "decided_at", "state"]
    search_columns = ["state", "source", "target", "created_at"]
    add_schema = MergeInput
    show_fieldsets = [
        (_l("Merge of customers"), {"fields": ["merge_no", "source", "target", "reason", "created_at", "decided_at"]})
    ]
    base_order = ("created_at", "desc")
    scope = scopes.customer_merge
    quick_search = ("merge_no",)
    creates = request_merge
    further = compare_button

    @expose("/<int:pk>/compare")
    @guarded("show")
    def compare(self, pk: int) -> Any:
        """Both files side by side, and what stays."""
        ctx = web_context()
        merge = self.find(ctx, pk)
        return render_template(
            "zhidan/merge.html",
            title=_("Compare"),
            subtitle=str(merge),
            crumbs=[
                (str(self.model().__label_plural__), self.url("list")),
                (str(merge), self.url("show", pk=pk)),
                (_("Compare"), None),
            ],
            state=state_of(merge),
            heads=[_("Field"), _("File that goes"), _("File that stays"), _("Afterwards")],
            rows=[row for name in (*BESIDE, *FIELDS) if (row := _row(ctx, merge, name)) is not None],
            back_url=self.url("show", pk=pk),
        )


def _row(ctx: Context, merge: CustomerMerge, name: str) -> dict[str, Any] | None:
    """One line of the comparison; hidden columns are absent, masked ones masked."""
    if access(ctx.actor, Customer, name) is Access.hidden:
        return None
    source, target = (_text(ctx, customer, name) for customer in (merge.source, merge.target))
    taken = name in merge.choices and merge.state is MergeState.requested
    return {
        "label": str(Customer.__table__.columns[name].info["label"]),
        "source": source,
        "target": target,
        "after": source if taken else target,
        "differs": source != target,
    }


def _text(ctx: Context, customer: Customer, name: str) -> str:
    found = cell(ctx.actor, customer, name)
    if found is None:
        return "–"
    if found["kind"] == "bool":
        return str(_("Yes") if found["on"] else _("No"))
    return str(found.get("text") or found.get("label") or "–")
