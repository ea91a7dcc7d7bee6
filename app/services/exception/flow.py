"""The workflow of an exception case (clauses 4(5), 6(3), 7(4), article 22)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from app.kernel import approved
from app.kernel.context import Context
from app.kernel.duties import Duty
from app.kernel.errors import DomainError, Reason
from app.kernel.schema import ReasonInput
from app.kernel.workflow import Clock, Step, Workflow
from app.services.exception import rules
from app.services.exception.forms import AnswerInput, LevelInput, PlanInput, ResolveInput
from models.exception import ExceptionCase
from models.labels import label_of
from models.labels_exception import ExceptionLevel
from models.labels_exception import ExceptionState as S
from models.labels_work import LiableParty

ORDER_CENTRE = "order_center"
CENTRE_LEAD = "order_center_lead"
BEFORE_HANDLING = (S.open, S.answered, S.planned)

# Domain/09 9.4, rule 2: whoever proposed the plan does not decide on it.
NOT_BY_PLANNER = (Duty(2, ("exception_case.plan",), _l("Whoever proposed the plan does not decide on it.")),)


def is_own(ctx: Context, case: ExceptionCase) -> Reason | None:
    """The owning department handles its case, the order centre coordinates. Clause 7(4)."""
    if ctx.actor.is_system or ctx.actor.departments & {str(case.owner_department), ORDER_CENTRE}:
        return None
    return Reason("other_department", _l("Another department owns this exception: comment on it, or ask its owner."))


def is_decided_here(ctx: Context, case: ExceptionCase) -> Reason | None:
    """Level 1 is decided by the department's lead, level 2 by the lead of the order centre. Article 22."""
    if case.level is ExceptionLevel.l1 or ctx.actor.is_system or CENTRE_LEAD in ctx.actor.roles:
        return None
    return Reason("level_above", _l("From level 2 on the head of the order centre decides."))


def needs_no_committee(_ctx: Context, case: ExceptionCase) -> Reason | None:
    """The plan of a major exception goes before the committee. Clause 6(3)."""
    if case.level is not ExceptionLevel.l3:
        return None
    return Reason("needs_committee", _l("The committee decides on level 3: make the plan anew to submit it."))


def is_approved(ctx: Context, case: ExceptionCase) -> Reason | None:
    """A major exception is handled as the committee approved it, and in no other way. Clause 6(3)."""
    if case.level is not ExceptionLevel.l3:
        return None
    if approved.is_approved(ctx, "exception_case", case.id, content_hash(case)):
        return None
    return Reason("plan_not_approved", _l("The committee has not approved this plan for level 3: make the plan anew."))


def has_lesson(_ctx: Context, case: ExceptionCase) -> Reason | None:
    """A major exception ends with what was learned from it. Article 22."""
    if case.level is not ExceptionLevel.l3 or case.prevention:
        return None
    return Reason("no_lesson", _l("A level 3 exception needs its prevention: edit the exception and write it down."))


def answer(ctx: Context, case: ExceptionCase, _values: Mapping[str, Any]) -> None:
    """Somebody takes care of it from now."""
    case.answered_at = ctx.now
    case.owner_id = case.owner_id or ctx.actor.id


def plan(ctx: Context, case: ExceptionCase, values: Mapping[str, Any]) -> None:
    """The plan. Raises DomainError ``no_liable`` where the committee could not know whom it judges."""
    if case.level is ExceptionLevel.l3 and not (values.get("liable_party") or case.liable_party):
        raise DomainError(
            _l("A level 3 plan says who is liable: that department does not vote on it."), code="no_liable"
        )
    for name, value in values.items():
        setattr(case, name, value if value is not None else getattr(case, name))
    case.planned_at = ctx.now


def resolve(ctx: Context, case: ExceptionCase, values: Mapping[str, Any]) -> None:
    """The plan was carried out."""
    for name, value in values.items():
        setattr(case, name, value if value is not None else getattr(case, name))
    case.resolved_at = ctx.now


def close(ctx: Context, case: ExceptionCase, _values: Mapping[str, Any]) -> None:
    """The end."""
    case.closed_at = ctx.now


def raise_level(_ctx: Context, case: ExceptionCase, values: Mapping[str, Any]) -> None:
    """Raises DomainError ``not_higher``: lowering is another step, and another right."""
    if rules.higher(values["level"], case.level) is case.level:
        raise DomainError(_l("Choose a level above the present one."), code="not_higher")
    case.level = values["level"]


def lower_level(ctx: Context, case: ExceptionCase, values: Mapping[str, Any]) -> None:
    """Takes back what a person raised. Raises DomainError ``not_lower``, ``facts_say_more``."""
    if rules.higher(values["level"], case.level) is values["level"]:
        raise DomainError(_l("Choose a level below the present one."), code="not_lower")
    least = rules.level_of(rules.facts_of({name: getattr(case, name) for name in rules.FACTS}), ctx.policy)
    if rules.higher(least, values["level"]) is not values["level"]:
        raise DomainError(
            _l("Loss, delay and marks make it %(level)s at least: correct them first if they are wrong."),
            code="facts_say_more",
            level=label_of(least),
        )
    case.level = values["level"]


def judged(case: ExceptionCase) -> str | None:
    """The department whose fault is judged, if it is one of ours: its members abstain (domain/06 6.4)."""
    outside = (LiableParty.carrier, LiableParty.supplier, LiableParty.customer, LiableParty.force_majeure)
    return None if case.liable_party is None or case.liable_party in outside else str(case.liable_party)


def content_hash(case: ExceptionCase) -> str:
    """What the committee decides on: another plan is another request."""
    named = ("level", "plan", "cost_amount", "compensation_amount", "liable_party")
    text = json.dumps([str(getattr(case, name)) for name in named], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def of_level(level: ExceptionLevel) -> Callable[[Any], bool]:
    """Whether a case is of a level."""
    return lambda case: case.level is level


def clocks() -> tuple[Clock, ...]:
    """First answer, plan and end by level, and the committee's decision (domain/07)."""
    found = []
    for level in ExceptionLevel:
        for code, label, stops in (
            ("X1", _l("First answer"), ("answer", "plan", "void")),
            ("X2", _l("Handling plan"), ("plan", "void")),
            ("X3", _l("Settlement"), ("close", "void")),
        ):
            in_service_hours = code == "X1" and level is ExceptionLevel.l1
            found.append(
                Clock(
                    code,
                    label,
                    start=("exception_case.add",),
                    stop=tuple(f"exception_case.{stop}" for stop in stops),
                    limit=f"sla.{code}.{level}.limit",
                    clause="22",
                    calendar="service" if in_service_hours else "natural",
                    when=of_level(level),
                )
            )
    committee = Clock(
        "X4",
        _l("Committee approval"),
        start=("exception_case.submit",),
        stop=("exception_case.committee_approve", "exception_case.committee_return"),
        limit="sla.X4.limit",
        clause="6(3)",
    )
    return (*found, committee)


EXCEPTION = Workflow(
    name="exception_case",
    subject=ExceptionCase,
    states=S,
    initial=S.open,
    final=(S.closed, S.void),
    is_followed=True,
    steps=(
        Step(
            "answer",
            _l("Take care of it"),
            (S.open,),
            S.answered,
            permission="answer",
            guards=(is_own,),
            asks=AnswerInput,
            effect=answer,
            clause="22",
        ),
        Step(
            "plan",
            _l("Make the plan"),
            (S.answered, S.planned, S.in_handling),
            S.planned,
            permission="plan",
            guards=(is_own,),
            asks=PlanInput,
            effect=plan,
            clause="22",
        ),
        Step("submit", _l("Submitted to the committee"), (S.planned,), S.pending_approval, clause="6(3)"),
        Step("committee_approve", _l("Approved by the committee"), (S.pending_approval,), S.in_handling, clause="6(3)"),
        Step(
            "committee_return",
            _l("Returned by the committee"),
            (S.pending_approval,),
            S.answered,
            clause="6(3)",
        ),
        Step(
            "approve",
            _l("Approve the plan"),
            (S.planned,),
            S.in_handling,
            permission="approve",
            guards=(is_own, is_decided_here, needs_no_committee),
            not_by=NOT_BY_PLANNER,
            clause="22",
        ),
        Step(
            "resolve",
            _l("Plan carried out"),
            (S.in_handling,),
            S.resolved,
            permission="resolve",
            guards=(is_own, is_approved),
            asks=ResolveInput,
            effect=resolve,
            clause="22",
        ),
        Step(
            "take_up",
            _l("Not settled yet"),
            (S.resolved,),
            S.in_handling,
            permission="approve",
            guards=(is_own,),
            asks=ReasonInput,
            tone="neutral",
            clause="22",
        ),
        Step(
            "close",
            _l("Close"),
            (S.resolved,),
            S.closed,
            permission="approve",
            guards=(is_own, is_decided_here, has_lesson),
            effect=close,
            tone="success",
            clause="22",
        ),
        Step(
            "raise_level",
            _l("Raise the level"),
            BEFORE_HANDLING,
            None,
            permission="raise_level",
            asks=LevelInput,
            effect=raise_level,
            tone="neutral",
            clause="22",
        ),
        Step(
            "lower_level",
            _l("Lower the level"),
            BEFORE_HANDLING,
            None,
            permission="lower_level",
            guards=(is_own,),
            asks=LevelInput,
            effect=lower_level,
            tone="neutral",
            clause="22",
        ),
        Step(
            "void",
            _l("No exception"),
            BEFORE_HANDLING,
            S.void,
            permission="void",
            guards=(is_own,),
            asks=ReasonInput,
            tone="danger",
            clause="22",
        ),
    ),
    clocks=clocks(),
)
