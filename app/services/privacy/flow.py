"""The workflow of a person's request about his own data (clause 25; 个人信息保护法 44 to 50)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate

from app.kernel.context import Context
from app.kernel.schema import EntityInput, field_for
from app.kernel.workflow import Clock, Step, Workflow
from models.privacy import PrivacyRequest
from models.privacy import RequestState as S


class AnswerInput(EntityInput):
    """How we know that it is this person, and what was answered."""

    identity_check = field_for(PrivacyRequest, "identity_check", required=True)
    answer = field_for(PrivacyRequest, "answer", required=True)


class RefuseInput(EntityInput):
    """Why not; the person is told, and may go to court (50)."""

    identity_check = field_for(PrivacyRequest, "identity_check", required=True)
    reason = fields.String(
        required=True, validate=validate.Length(max=400), metadata={"label": _l("Reason of the refusal")}
    )


def answer(ctx: Context, request: PrivacyRequest, values: Mapping[str, Any]) -> None:
    """What was asked is done."""
    request.identity_check, request.answer = values["identity_check"], values["answer"]
    request.answered_at = ctx.now


def refuse(ctx: Context, request: PrivacyRequest, values: Mapping[str, Any]) -> None:
    """What was asked is not done, and the person knows why."""
    request.identity_check, request.refusal_reason = values["identity_check"], values["reason"]
    request.answered_at = ctx.now


PRIVACY_REQUEST = Workflow(
    name="privacy_request",
    is_followed=True,
    subject=PrivacyRequest,
    states=S,
    initial=S.received,
    final=(S.answered, S.refused),
    steps=(
        Step(
            "answer",
            _l("Answer"),
            (S.received,),
            S.answered,
            permission="answer",
            asks=AnswerInput,
            effect=answer,
            tone="success",
            clause="25",
        ),
        Step(
            "refuse",
            _l("Refuse"),
            (S.received,),
            S.refused,
            permission="answer",
            asks=RefuseInput,
            effect=refuse,
            tone="danger",
            clause="25",
        ),
    ),
    clocks=(
        Clock(
            "Z1",
            _l("Answer"),
            start=(),
            stop=("privacy_request.answer", "privacy_request.refuse"),
            limit="sla.Z1.limit",
            clause="25",
            calendar="office",
            start_field="received_at",
        ),
    ),
)
