"""The workflow of a guarantee: given, held by the buyer, returned or called (clause 11(5), domain/04)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import Reason, ValidationFailedError
from app.kernel.schema import EntityInput, ReasonInput, field_for
from app.kernel.workflow import Clock, Step, Workflow
from models.guarantee import Guarantee, GuaranteeForm
from models.guarantee import GuaranteeState as S


class GiveInput(EntityInput):
    """When the buyer got it."""

    given_on = field_for(Guarantee, "given_on", required=True)


class ReturnInput(EntityInput):
    """When the buyer gave it back."""

    returned_on = field_for(Guarantee, "returned_on", required=True)


def has_document(_ctx: Context, guarantee: Guarantee) -> Reason | None:
    """A bank guarantee or a policy has an issuer, a number and a last day; cash has none of them."""
    if guarantee.form is GuaranteeForm.cash:
        return None
    columns = Guarantee.__table__.columns
    missing = [name for name in ("issuer", "document_no", "valid_until_on") if not getattr(guarantee, name)]
    if not missing:
        return None
    labels = "、".join(str(columns[name].info["label"]) for name in missing)
    return Reason("incomplete", _l("Still missing: %(fields)s."), {"fields": labels})


def give(ctx: Context, guarantee: Guarantee, values: Mapping[str, Any]) -> None:
    """The buyer has it. Raises ValidationFailedError for a day to come, or one after its validity."""
    day = values["given_on"]
    if day > ctx.today:
        raise ValidationFailedError({"given_on": [str(_l("This day has not come yet."))]})
    if guarantee.valid_until_on is not None and guarantee.valid_until_on < day:
        raise ValidationFailedError({"given_on": [str(_l("The guarantee was not valid any more on this day."))]})
    guarantee.given_on = day


def take_back(ctx: Context, guarantee: Guarantee, values: Mapping[str, Any]) -> None:
    """It is back. Raises ValidationFailedError for a day to come, or one before it was given."""
    day = values["returned_on"]
    if day > ctx.today:
        raise ValidationFailedError({"returned_on": [str(_l("This day has not come yet."))]})
    if guarantee.given_on is not None and day < guarantee.given_on:
        raise ValidationFailedError({"returned_on": [str(_l("The guarantee was not given yet on this day."))]})
    guarantee.returned_on = day


def has_day(guarantee: Guarantee) -> bool:
    """Without a day in the tender or contract no clock runs."""
    return guarantee.due_on is not None


GUARANTEE = Workflow(
    name="guarantee",
    subject=Guarantee,
    states=S,
    initial=S.due,
    final=(S.returned, S.called, S.dropped),
    steps=(
        Step(
            "give",
            _l("Given to the buyer"),
            (S.due,),
            S.held,
            permission="give",
            guards=(has_document,),
            asks=GiveInput,
            effect=give,
            clause="11(5)",
        ),
        Step(
            "drop",
            _l("Not needed"),
            (S.due,),
            S.dropped,
            permission="give",
            asks=ReasonInput,
            tone="neutral",
            clause="11(5)",
        ),
        # Fired by itself when the order is accepted and paid, or has ended; a quality bond runs longer.
        Step(
            "release",
            _l("To be returned"),
            (S.held,),
            S.to_return,
            permission="take_back",
            confirm=_l("May the company have this guarantee back now?"),
            tone="neutral",
            clause="11(5)",
        ),
        Step(
            "take_back",
            _l("Returned by the buyer"),
            (S.to_return,),
            S.returned,
            permission="take_back",
            asks=ReturnInput,
            effect=take_back,
            clause="11(5)",
        ),
        Step(
            "call",
            _l("Called by the buyer"),
            (S.held, S.to_return),
            S.called,
            permission="take_back",
            asks=ReasonInput,
            tone="danger",
            clause="11(5)",
        ),
    ),
    clocks=(
        Clock(
            "G3",
            _l("Performance bond"),
            start=("guarantee.add",),
            stop=("guarantee.give", "guarantee.drop"),
            limit="",
            due_field="due_on",
            clause="11(5)",
            when=has_day,
        ),
        Clock(
            "G6",
            _l("Return of the guarantee"),
            start=("guarantee.release",),
            stop=("guarantee.take_back", "guarantee.call"),
            limit="sla.G6.limit",
            calendar="office",
            clause="11(5)",
        ),
    ),
)
