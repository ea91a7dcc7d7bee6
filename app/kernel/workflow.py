"""The declaration of a workflow: states, steps, guards, clocks. Buttons, rights, API, journal and diagrams follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from marshmallow import Schema

from app.kernel.context import Context
from app.kernel.duties import PLAIN_ACTS, Duty
from app.kernel.errors import Reason

Guard = Callable[[Context, Any], Reason | None]
Effect = Callable[[Context, Any, Mapping[str, Any]], None]


@dataclass(frozen=True)
class Step:
    """One way from states to a state.

    ``target`` None stays in the state (a report, a vote). ``permission`` None means that only the system fires it.
    ``not_by`` are the acts whose takers may not take this step (separation of duties). ``prefers`` is a role whose
    delegation is used even where the right is one's own.
    ``asks`` is what the person must fill in: screen, API and import are validated by it. ``effect`` is what the
    step does to its own slice, before the journal row; other slices follow in ``app.reactions``. ``is_offered``
    False keeps a step off the screens: another door leads to it, as the import. ``concerns`` says on which records it
    is shown at all, where a closed button would only be in the way.
    """

    name: str
    label: Any
    sources: tuple[StrEnum, ...]
    target: StrEnum | None
    permission: str | None = None
    guards: tuple[Guard, ...] = ()
    not_by: tuple[Duty, ...] = ()
    prefers: str | None = None
    asks: type[Schema] | None = None
    effect: Effect | None = None
    clause: str = ""
    confirm: Any = None
    tone: str = "primary"
    is_bulk: bool = False
    is_offered: bool = True
    concerns: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class Clock:
    """A time limit: runs from the first of ``start`` to the first later one of ``stop`` (journal actions).

    ``start_field`` names a column that holds the start where it is not a step (receipt of an order).
    ``limit`` is the code of the policy parameter in hours; ``calendar`` is natural, office or service.
    ``void`` names actions of records on which it never ran: the past of another system. ``limit_of`` names the
    parameter of a record where not all records have the same. ``due_field`` names the column with the last day of a
    record's own limit (the day a tender names) instead of a parameter; its time is natural. ``when`` says on which
    records it runs, where not on all: clocks of one code may differ by the level of a case.
    """

    code: str
    label: Any
    start: tuple[str, ...]
    stop: tuple[str, ...]
    limit: str
    clause: str = ""
    calendar: str = "natural"
    start_field: str | None = None
    void: tuple[str, ...] = ()
    limit_of: Callable[[Any], str] | None = None
    due_field: str | None = None
    when: Callable[[Any], bool] | None = None

    def parameter(self, record: Any) -> str:
        """The code of the parameter that limits this record."""
        return self.limit if self.limit_of is None else self.limit_of(record)

    def last_day(self, record: Any) -> date | None:
        """The last day of a record's own limit; None where a parameter limits it."""
        day: date | None = getattr(record, self.due_field) if self.due_field else None
        return day

    def runs_on(self, record: Any) -> bool:
        """Whether the clock is one of this record."""
        return self.when is None or self.when(record)


class DeclarationError(Exception):
    """A declaration contradicts itself; raised when the program starts."""


@dataclass(frozen=True)
class Workflow:
    """The workflow of one table. ``name`` is the word of the entity in permissions and journal (``order``).

    ``is_followed``: who made a record follows it.
    """

    name: str
    subject: type[Any]
    states: type[StrEnum]
    initial: StrEnum
    final: tuple[StrEnum, ...]
    steps: tuple[Step, ...]
    clocks: tuple[Clock, ...] = ()
    is_followed: bool = False
    by_name: Mapping[str, Step] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {step.name: step for step in self.steps})
        check(self)
        _registry[self.subject] = self

    def step(self, name: str) -> Step | None:
        """The step of that name."""
        return self.by_name.get(name)

    def permission(self, step: Step) -> str | None:
        """The right a step needs, ``order.confirm``; None for steps of the system."""
        return f"{self.name}.{step.permission}" if step.permission else None

    def steps_from(self, state: StrEnum) -> list[Step]:
        """Steps that start in a state, in the order of the declaration."""
        return [step for step in self.steps if state in step.sources]

    def mermaid(self) -> str:
        """The state diagram for ``docs/workflows.md``."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}"]
        for step in self.steps:
            actor = "" if step.permission else " (system)"
            lines += [f"    {source} --> {step.target or source}: {step.name}{actor}" for source in step.sources]
        lines += [f"    {state} --> [*]" for state in self.final]
        return "\n".join(lines)


_registry: dict[type[Any], Workflow] = {}


def workflow_of(subject: type[Any]) -> Workflow | None:
    """The workflow declared for a table, if any."""
    return _registry.get(subject)


def all_workflows() -> Iterable[Workflow]:
    """Every declared workflow, by name."""
    return sorted(_registry.values(), key=lambda workflow: workflow.name)


def check(workflow: Workflow) -> None:
    """Raises DeclarationError on doubled steps, unreachable states, dead ends and unusable names."""
    names = [step.name for step in workflow.steps]
    doubled = {name for name in names if names.count(name) > 1}
    if doubled:
        _fail(workflow, f"steps declared twice: {sorted(doubled)}")
    for step in workflow.steps:
        # The framework builds permission names as can_<step> and cuts at the first "can_".
        if "can_" in step.name or not step.name.isidentifier():
            _fail(workflow, f"a step cannot be called {step.name!r}")
        if not step.sources:
            _fail(workflow, f"step {step.name} starts nowhere")
        acts = [act for duty in step.not_by for act in (*duty.acts, *duty.since)]
        known = {f"{workflow.name}.{name}" for name in (*names, *PLAIN_ACTS)}
        unknown = [act for act in acts if act.startswith(f"{workflow.name}.") and act not in known]
        if unknown:
            _fail(workflow, f"step {step.name} excludes the actor of unknown steps {unknown}")
    reached = {workflow.initial}
    while True:
        more = {s.target for s in workflow.steps if s.target and reached.intersection(s.sources)} - reached
        if not more:
            break
        reached |= more
    if unreachable := set(workflow.states) - reached:
        _fail(workflow, f"states that nothing leads to: {sorted(unreachable)}")
    moving = {source for step in workflow.steps if step.target for source in step.sources if source != step.target}
    if dead := set(workflow.states) - moving - set(workflow.final):
        _fail(workflow, f"states without a way out: {sorted(dead)}")


def _fail(workflow: Workflow, what: str) -> None:
    msg = f"workflow {workflow.name}: {what}"
    raise DeclarationError(msg)
