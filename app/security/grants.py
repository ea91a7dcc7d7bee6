"""The rights that are delivered, on one page (domain/09 9.1). What is not written here, nobody may.

``GRANTS[role][entity]`` is a line of words: ``list show add edit export`` and the permissions of the entity's steps.
The word ``confirm`` of ``order`` is the right ``order.confirm``, for the framework ``can_confirm`` on ``order``.
Roles add up, so a lead role holds only what comes on top. What one person may not do twice is not said here but
in the workflows (``not_by`` and guards), and which rows and columns in ``scope_defaults`` and ``field_policy``.
``flask init`` writes these rights for new roles; afterwards administrators may change them on the screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.security import departments as role

READ = "list show"
WRITE = "list show add edit"

# Everybody who can sign in.
EVERYBODY = {"account": "own", "api_token": "own", "sign_in_link": "own", "saved_list": "own"}


def _read(entities: str) -> dict[str, str]:
    return dict.fromkeys(entities.split(), READ)


# The goods of an order and what became of them, without money.
_GOODS = _read(
    "order_line production_task production_report inspection inspection_defect shipment shipment_line package "
    "delivery_receipt installation acceptance acceptance_line acceptance_standard"
)
# Whoever works on these records talks about them.
_TALKED = "production_task inspection shipment installation acceptance"
_WORK = _GOODS | dict.fromkeys(_TALKED.split(), f"{READ} comment")
_ORDER = _read("order order_line order_fee order_contract confirmation_letter")
_AMENDMENTS = _read("cancellation cancellation_line cost_item change_request change_line")
_MONEY = _read("payment_schedule payment payment_allocation refund invoice guarantee late_claim")
_RULES = _read("policy_parameter calendar_day")
# Who is heard before the committee votes sees what it is about, and says it.
_HEARD = {"approval": "list show opine", "approval_opinion": READ}
# Whoever works in a department may have a deputy, and be one.
_DESK = _RULES | {"delegation": "list show add accept end"}
# Whoever may export asks for more than the limit on the export page itself, and sees what became of it.
# Every department takes part in exceptions and says why it missed a time limit; which rows, the scope says.
_CASES = {
    "exception_case": "list show add edit answer plan resolve raise_level comment",
    "coordination_item": "list show finish comment",
    "clock_run": "list show explain",
}
_ASKS = {"export_request": "list show withdraw"}
# A head names deputies in his department and proposes parameters; the committee decides (domain/06 6.3, 6.4).
_HEAD = _ASKS | {"delegation": "manage", "parameter_change": "list show add withdraw", "saved_list": "share"}
# The head of one of the five departments also decides on its minor exceptions and brings matters to the committee.
_LEAD = _HEAD | {
    "exception_case": "approve lower_level void",
    "coordination_item": "add withdraw",
    "chart": "limits_missed",
}
_ALL = {
    **_read("customer customer_address consent product test_report stock reservation inbox_item order_review approval"),
    **_read(
        "approval_vote approval_opinion delegation export_log export_request journal parameter_change privacy_request"
    ),
    **_read("service_ticket customer_link customer_merge exception_case coordination_item clock_run"),
    **_AMENDMENTS,
    **_GOODS,
    **_ORDER,
    **_MONEY,
    **_RULES,
}

GRANTS: Mapping[str, Mapping[str, str]] = {
    role.COMMITTEE: _ALL
    | _DESK
    | dict.fromkeys(f"{_TALKED} service_ticket".split(), f"{READ} comment")
    | {
        "customer": "list show reveal statement",
        "customer_address": "list show reveal",
        "order": "list show export reveal comment",
        "order_line": "list show export",
        "order_fee": "list show export",
        "exception_case": "list show comment",
        "coordination_item": "list show decide finish comment",
        "clock_run": "list show explain",
        "export_request": "list show withdraw",
        "approval": "list show vote minutes comment",
        "parameter_change": "list show approve",
        "user": "list",
        "role": READ,
        "rights_change": READ,
        "chart": "orders_by_state orders_by_month amount_by_channel tasks_by_week deliveries_on_time tickets_by_age "
        "tickets_by_month limits_missed receipts_by_month receipts_by_method masks_lifted",
    },
    role.COMMITTEE_LEAD: _HEAD | {"export_request": "list show approve refuse withdraw"},
    role.ORDER_CENTER: _WORK
    | _CASES
    | _DESK
    | {
        "inbox_item": "list show add enter",
        "customer": f"{WRITE} statement import",
        "customer_address": WRITE,
        "consent": "list show add",
        "product": READ,
        "test_report": READ,
        "stock": READ,
        "reservation": READ,
        "order": "list show add edit submit review confirm hold cancel close import import_history comment drawing "
        "sign_drawing link",
        "order_line": WRITE,
        "order_fee": WRITE,
        "order_contract": WRITE,
        "order_review": READ,
        "approval": "list show withdraw comment",
        "approval_vote": READ,
        "approval_opinion": READ,
        "confirmation_letter": "list show acknowledge link",
        "customer_link": "list show revoke",
        "customer_merge": "list show add",
        "payment_schedule": READ,
        "payment": READ,
        "guarantee": READ,
        "late_claim": READ,
        "refund": READ,
        "invoice": "list show add",
        "service_ticket": "list show add comment",
        "cancellation": "list show add edit offer answer",
        "change_request": "list show add edit offer answer",
        "change_line": WRITE,
        "cancellation_line": WRITE,
        "cost_item": READ,
        "chart": "orders_by_state orders_by_month amount_by_channel deliveries_on_time",
    },
    role.ORDER_CENTER_LEAD: _LEAD
    | {"approval": "opine"}
    | dict.fromkeys(("order_line", "order_fee"), "export")
    # Imports of others are taken back by the head; one's own by whoever may import.
    | {"customer": "export take_back", "order": "export open_gate take_back", "customer_merge": "approve"},
    role.PRODUCTION: _WORK
    | _CASES
    | _DESK
    | _HEARD
    | {
        "product": f"{WRITE} import",
        "test_report": f"{WRITE} comment",
        "stock": READ,
        "order": f"{READ} comment",
        "production_task": "list show add edit plan release start report pause complete cancel comment",
        "cancellation": "list show edit cost",
        "change_request": "list show say_production",
        "change_line": READ,
        "cancellation_line": READ,
        "cost_item": WRITE,
        "service_ticket": f"{READ} comment",
        "chart": "tasks_by_week",
    },
    role.PRODUCTION_LEAD: _LEAD | {"production_task": "export", "product": "take_back"},
    role.INSPECTOR: _DESK
    | _HEARD
    | {
        "order": f"{READ} comment",
        "order_line": READ,
        "product": READ,
        "test_report": f"{WRITE} comment",
        "inspection": "list show accept reject comment",
        "inspection_defect": "list show add",
        "exception_case": "list show add",
    },
    role.LOGISTICS: _WORK
    | _CASES
    | _DESK
    | _HEARD
    | {
        "customer": "show",
        "product": READ,
        "test_report": READ,
        "stock": WRITE,
        "reservation": READ,
        "order": f"{READ} comment",
        "shipment": "list show add edit schedule dispatch deliver cancel comment",
        "package": "list show load",
        "service_ticket": f"{READ} comment",
        "change_request": "list show say_logistics",
        "change_line": READ,
        "chart": "deliveries_on_time",
    },
    role.LOGISTICS_LEAD: _LEAD | dict.fromkeys(("shipment", "shipment_line", "package", "delivery_receipt"), "export"),
    role.CUSTOMER_SERVICE: _WORK
    | _CASES
    | _ORDER
    | _DESK
    | {
        "order": f"{READ} comment",
        "inbox_item": "list show add",
        "customer": WRITE,
        "customer_merge": "list show add",
        "customer_address": WRITE,
        "consent": "list show add withdraw",
        "privacy_request": "list show add edit",
        "product": READ,
        "test_report": READ,
        "stock": READ,
        "payment_schedule": READ,
        "refund": "list show add",
        "invoice": "list show add",
        "installation": "list show add edit schedule start finish cancel comment",
        "acceptance": "list show edit sign reject reopen comment",
        "acceptance_standard": WRITE,
        "cancellation": "list show add",
        "cancellation_line": "list show add",
        "change_request": "list show add",
        "change_line": "list show add",
        "cost_item": READ,
        "service_ticket": "list show add edit respond plan close reopen comment",
        "chart": "tickets_by_age tickets_by_month deliveries_on_time",
    },
    # Customers too: scenario S16, row 8.
    role.CUSTOMER_SERVICE_LEAD: _LEAD
    | {
        "customer_merge": "approve",
        "customer": "export keep report",
        "privacy_request": "answer",
        "service_ticket": "export",
    },
    role.INSTALLER: {
        "delegation": "list show add accept end",
        "order": f"{READ} comment",
        "order_line": READ,
        "shipment": f"{READ} comment",
        "shipment_line": READ,
        "package": READ,
        "installation": "list show start finish comment",
        "acceptance": "list show sign reject comment",
        "acceptance_line": READ,
        "acceptance_standard": READ,
    },
    role.FINANCE: _WORK
    | _CASES
    | _ORDER
    | _MONEY
    | _DESK
    | _HEARD
    | {
        "order": f"{READ} comment",
        "customer": "list show edit credit reveal statement",
        "consent": "list",
        "product": "list show edit import",
        "test_report": READ,
        "stock": READ,
        "order_review": READ,
        "production_task": "list",
        "payment_schedule": "list show edit export",
        "payment": "list show allocate export",
        "payment_allocation": "list show export",
        "refund": "list show add account record_anew",
        "invoice": "list show add issue void export",
        "guarantee": "list show add edit give take_back export",
        "late_claim": "list show add export",
        "export_request": "list show withdraw",
        "service_ticket": f"{READ} comment",
        "cancellation": "list show check refund",
        "change_request": "list show say_finance refund",
        "change_line": READ,
        "cancellation_line": READ,
        "cost_item": READ,
        "chart": "orders_by_month amount_by_channel receipts_by_month receipts_by_method",
    },
    role.FINANCE_LEAD: _LEAD
    | {"refund": "approve reject", "late_claim": "waive", "production_task": "show", "product": "take_back"},
    role.CASHIER: _DESK | {"payment": "add", "refund": "execute"},
    # Three powers, three roles: accounts here, rights below, the journal with the auditor.
    role.ADMIN: {
        "user": "list show add edit access resetpasswords resetfactor",
        "role": READ,
        "rights_change": "list show approve refuse withdraw",
        "calendar_day": WRITE,
        "policy_parameter": READ,
        "journal": "list",
        "api_token": "list end",
        "sign_in_link": "list add end",
        "saved_list": "share",
    },
    role.SECURITY: {
        "user": READ,
        "role": "list show add edit preview",
        "rights_change": "list show approve refuse withdraw",
    },
    role.AUDITOR: _ALL
    | {
        "customer": "list show reveal statement",
        "customer_address": "list show reveal",
        "order": "list show reveal",
        "chart": "masks_lifted",
        "journal": "list show export verify",
        "export_log": "list show export",
        "user": "list",
        "role": "list show preview",
        "rights_change": READ,
        "api_token": "list",
        "sign_in_link": "list",
    },
}


def granted(code: str) -> Iterator[tuple[str, str]]:
    """Every right of a delivered role as (entity, word)."""
    for entity, words in (*EVERYBODY.items(), *GRANTS.get(code, {}).items()):
        for word in words.split():
            yield entity, word
