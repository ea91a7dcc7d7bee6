"""The workflow of a claim of late interest: paid by money for the order, or waived by another (clause 11(1))."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.kernel.duties import Duty
from app.kernel.schema import ReasonInput
from app.kernel.workflow import Step, Workflow
from models.late_claim import LateClaim
from models.late_claim import LateClaimState as S

NOT_BY_CLAIMANT = (Duty(18, ("late_claim.add",), _l("Whoever made a claim does not waive it.")),)

LATE_CLAIM = Workflow(
    name="late_claim",
    subject=LateClaim,
    states=S,
    initial=S.claimed,
    final=(S.paid, S.waived),
    steps=(
        # Fired by the allocation of money once all of it is there.
        Step("settle", _l("Interest paid"), (S.claimed,), S.paid, clause="11(1)"),
        Step(
            "waive",
            _l("Waive"),
            (S.claimed,),
            S.waived,
            permission="waive",
            not_by=NOT_BY_CLAIMANT,
            asks=ReasonInput,
            tone="danger",
            clause="11(1)",
        ),
    ),
)
