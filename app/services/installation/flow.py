"""The workflows of installation and acceptance (clauses 10(2) and 14(4))."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import DomainError, Reason
from app.kernel.schema import ReasonInput
from app.kernel.workflow import Clock, Step, Workflow
from app.services.installation.certificate import SIGNATURES, is_certified
from app.services.installation.forms import (
    FinishInput,
    RectifiedInput,
    RejectInput,
    ScheduleInput,
    SignInput,
)
from models.conformity import Verdict
from models.installation import Acceptance, AcceptanceLine, Installation
from models.labels import AcceptanceState as A
from models.labels import InstallationState as S
from models.labels import ShipmentState

USERS = sa.table("ab_user", sa.column("id"), sa.column("active"))


def is_delivered(_ctx: Context, installation: Installation) -> Reason | None:
    """Goods are installed after they are delivered. Clause 10(2)."""
    if installation.shipment is None or installation.shipment.state is ShipmentState.delivered:
        return None
    return Reason("not_delivered", _l("The goods are not delivered yet: record the delivery first."))


def is_installed(_ctx: Context, acceptance: Acceptance) -> Reason | None:
    """What is installed is accepted after it works. Clause 14(4)."""
    if acceptance.installation is None or acceptance.installation.state is S.done:
        return None
    return Reason("not_installed", _l("The installation is not finished: finish it first."))


def schedule(ctx: Context, installation: Installation, values: Mapping[str, Any]) -> None:
    """Assigns installer and slot. Raises DomainError ``unknown_installer``."""
    known = sa.select(USERS.c.id).where(USERS.c.id == values["installer_id"], USERS.c.active.is_(sa.true()))
    if ctx.session.execute(known).first() is None:
        raise DomainError(_l("This installer has no active account: choose another one."), code="unknown_installer")
    for name, value in values.items():
        setattr(installation, name, value)


def start(ctx: Context, installation: Installation, _values: Mapping[str, Any]) -> None:
    """Work has begun."""
    installation.started_at = ctx.now


def finish(ctx: Context, installation: Installation, values: Mapping[str, Any]) -> None:
    """The goods work."""
    for name, value in values.items():
        setattr(installation, name, value)
    installation.finished_at = ctx.now


def sign(ctx: Context, acceptance: Acceptance, values: Mapping[str, Any]) -> None:
    """Everything is accepted. Raises DomainError ``signed_in_future``."""
    signed_at = values.get("signed_at") or ctx.now
    if signed_at > ctx.now:
        raise DomainError(_l("The signature lies in the future: correct the time."), code="signed_in_future")
    acceptance.signed_by = values["signed_by"]
    acceptance.signed_at = signed_at
    for line in lines_of(ctx, acceptance):
        line.qty_accepted, line.qty_rejected, line.reason = line.qty, Decimal(0), None


def reject(ctx: Context, acceptance: Acceptance, values: Mapping[str, Any]) -> None:
    """Nothing counts as accepted until it is put right."""
    acceptance.rejection_reason = values["reason"]
    for line in lines_of(ctx, acceptance):
        line.qty_rejected, line.reason = line.qty, values["reason"]


def reopen(ctx: Context, acceptance: Acceptance, _values: Mapping[str, Any]) -> None:
    """Put right: the customer decides anew, and a public buyer signs and seals another certificate."""
    for line in lines_of(ctx, acceptance):
        line.qty_rejected = Decimal(0)
    for name in SIGNATURES:
        setattr(acceptance, name, None)
    for row in acceptance.standards:
        if row.verdict is Verdict.failed:
            row.verdict = row.remark = None


def lines_of(ctx: Context, acceptance: Acceptance) -> list[AcceptanceLine]:
    """The lines of an acceptance."""
    statement = sa.select(AcceptanceLine).where(AcceptanceLine.acceptance_id == acceptance.id)
    return list(ctx.session.scalars(statement.order_by(AcceptanceLine.id)))


INSTALLATION = Workflow(
    name="installation",
    subject=Installation,
    states=S,
    initial=S.planned,
    final=(S.done, S.cancelled),
    steps=(
        Step(
            "schedule",
            _l("Schedule"),
            (S.planned, S.scheduled),
            S.scheduled,
            permission="schedule",
            asks=ScheduleInput,
            effect=schedule,
            clause="10(2)",
        ),
        Step(
            "start",
            _l("Start"),
            (S.scheduled,),
            S.in_progress,
            permission="start",
            guards=(is_delivered,),
            effect=start,
            clause="10(2)",
        ),
        Step(
            "finish",
            _l("Finish"),
            (S.in_progress,),
            S.done,
            permission="finish",
            asks=FinishInput,
            effect=finish,
            clause="14(4)",
        ),
        Step(
            "cancel",
            _l("Cancel installation"),
            (S.planned, S.scheduled),
            S.cancelled,
            permission="cancel",
            asks=ReasonInput,
            tone="danger",
        ),
    ),
    clocks=(
        Clock(
            "I1",
            _l("Installation"),
            start=("installation.add",),
            stop=("installation.finish", "installation.cancel"),
            limit="sla.I1.limit",
            clause="10(2)",
        ),
    ),
)

ACCEPTANCE = Workflow(
    name="acceptance",
    subject=Acceptance,
    states=A,
    initial=A.pending,
    final=(A.accepted,),
    steps=(
        Step(
            "sign",
            _l("Customer accepts"),
            (A.pending,),
            A.accepted,
            permission="sign",
            guards=(is_installed, is_certified),
            asks=SignInput,
            effect=sign,
            clause="14(4)",
        ),
        Step(
            "reject",
            _l("Customer rejects"),
            (A.pending,),
            A.rejected,
            permission="reject",
            asks=RejectInput,
            effect=reject,
            tone="danger",
            clause="14(4)",
        ),
        Step(
            "reopen",
            _l("Put right, ask again"),
            (A.rejected,),
            A.pending,
            permission="reopen",
            asks=RectifiedInput,
            effect=reopen,
            clause="14(4)",
        ),
    ),
    clocks=(
        Clock(
            "I2",
            _l("Acceptance"),
            start=("acceptance.add", "acceptance.reopen"),
            stop=("acceptance.sign", "acceptance.reject"),
            limit="sla.I2.limit",
            clause="14(4)",
        ),
        Clock(
            "I3",
            _l("Putting right"),
            start=("acceptance.reject",),
            stop=("acceptance.reopen",),
            limit="sla.I3.limit",
            clause="14(4)",
        ),
    ),
)
