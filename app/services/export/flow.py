"""The approval of a large export: by the committee's chair, never by who asked (domain/09 9.3, 9.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.duties import Duty
from app.kernel.errors import Reason
from app.kernel.schema import ReasonInput
from app.kernel.workflow import Clock, Step, Workflow
from app.services.export.rules import VALID_HOURS
from models.export import ExportRequest
from models.labels import ExportRequestState as S

# Domain/09 9.3: nobody lets himself take more.
NOT_BY_REQUESTER = (Duty(17, ("export_request.add",), _l("Whoever asked for an export does not decide on it.")),)


def is_own(ctx: Context, request: ExportRequest) -> Reason | None:
    """Only who asked takes it back."""
    if request.requested_by_id == ctx.actor.id:
        return None
    return Reason("not_own", _l("Only the person who asked can take the request back."))


def still_holds(ctx: Context, request: ExportRequest) -> Reason | None:
    """An approval ends by itself."""
    if request.valid_until is not None and ctx.now <= request.valid_until:
        return None
    return Reason("approval_ended", _l("The approval has ended: ask for a new one."))


def approve(ctx: Context, request: ExportRequest, _values: Mapping[str, Any]) -> None:
    """From now on for a day."""
    _decide(ctx, request)
    request.valid_until = ctx.now + timedelta(hours=float(ctx.policy[VALID_HOURS]))


def refuse(ctx: Context, request: ExportRequest, values: Mapping[str, Any]) -> None:
    """The reason stands in the journal."""
    _decide(ctx, request)
    end(ctx, request, values)


def end(_ctx: Context, request: ExportRequest, _values: Mapping[str, Any]) -> None:
    """What was searched for may name a person: it is needed no longer, ``filter_text`` says it with masks."""
    request.arguments = []


def _decide(ctx: Context, request: ExportRequest) -> None:
    request.decided_by_id, request.decided_at = ctx.actor.id, ctx.now


EXPORT_REQUEST = Workflow(
    name="export_request",
    is_followed=True,
    subject=ExportRequest,
    states=S,
    initial=S.requested,
    final=(S.done, S.refused, S.withdrawn, S.expired),
    steps=(
        Step(
            "approve",
            _l("Approve"),
            (S.requested,),
            S.approved,
            permission="approve",
            not_by=NOT_BY_REQUESTER,
            effect=approve,
            confirm=_l("The rows leave the system as a file, once, within a day."),
            tone="success",
            clause="25",
        ),
        Step(
            "refuse",
            _l("Refuse"),
            (S.requested,),
            S.refused,
            permission="refuse",
            not_by=NOT_BY_REQUESTER,
            asks=ReasonInput,
            effect=refuse,
            tone="danger",
            clause="25",
        ),
        Step(
            "withdraw",
            _l("Withdraw"),
            (S.requested, S.approved),
            S.withdrawn,
            permission="withdraw",
            guards=(is_own,),
            effect=end,
            tone="neutral",
            clause="25",
        ),
        Step("use", _l("File made"), (S.approved,), S.done, guards=(still_holds,), effect=end, clause="25"),
        Step("expire", _l("Expired"), (S.requested, S.approved), S.expired, effect=end, clause="25"),
    ),
    clocks=(
        Clock(
            "X1",
            _l("Decision on a large export"),
            start=("export_request.add",),
            stop=(
                "export_request.approve",
                "export_request.refuse",
                "export_request.withdraw",
                "export_request.expire",
            ),
            limit="export.decision_hours",
            clause="25",
        ),
    ),
)
