"""State × step on the records of the demo company: what is offered starts here, everything else is refused."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import app.factory
from app.cli.demo_people import actors
from app.kernel.context import SYSTEM, Actor, Context, entered
from app.kernel.engine import fire, offered
from app.kernel.errors import PermissionDeniedError, StepNotOpenError
from app.kernel.policy import read_policy
from app.kernel.workflow import Workflow, all_workflows
from app.security import departments as role
from app.security.grants import granted
from models.journal import Journal

assert app.factory.create_app  # importing it declares every workflow
WORKFLOWS = {workflow.name: workflow for workflow in all_workflows()}

pytestmark = pytest.mark.stage("demo")
ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
EVERY_RIGHT = frozenset(f"{entity}.{word}" for code in role.ROLES for entity, word in granted(code))


def context(session: Session, actor: Actor) -> Context:
    """An act at the end of everything that has happened."""
    now = session.scalar(sa.select(sa.func.max(Journal.at)))
    assert now is not None
    return Context(session, actor, now, "screen", policy=read_policy(session))


def one_of_each_state(session: Session, workflow: Workflow) -> dict[Any, Any]:
    """A record in every state that the demo company has any in."""
    model = workflow.subject
    found = session.scalars(sa.select(sa.func.min(model.id)).group_by(model.state)).all()
    records = [session.get_one(model, pk) for pk in found]
    return {record.state: record for record in records}


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
@ONE_ENGINE
def test_step_when_the_state_is_not_its_source_then_refused(session: Session, name: str) -> None:
    workflow = WORKFLOWS[name]
    ctx = context(session, SYSTEM)
    accepted = []
    for state, record in one_of_each_state(session, workflow).items():
        for step in workflow.steps:
            if state in step.sources:
                continue
            with entered(ctx):
                try:
                    fire(ctx, record, step.name)
                except StepNotOpenError:
                    continue
            accepted.append((state, step.name))
    session.rollback()
    assert accepted == []


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
@ONE_ENGINE
def test_step_when_offered_then_it_starts_in_this_state_and_belongs_to_people(session: Session, name: str) -> None:
    workflow = WORKFLOWS[name]
    almighty = Actor(id=None, name="", roles=frozenset(role.ROLES), permissions=EVERY_RIGHT)
    ctx = context(session, almighty)
    for state, record in one_of_each_state(session, workflow).items():
        expected = [
            step.name
            for step in workflow.steps
            if state in step.sources
            and step.permission
            and step.is_offered
            and (step.concerns is None or step.concerns(record))
        ]
        assert [step.name for step, _ in offered(ctx, record)] == expected
    session.rollback()


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
@ONE_ENGINE
def test_step_when_the_role_lacks_the_right_then_refused_before_anything_else(session: Session, name: str) -> None:
    workflow = WORKFLOWS[name]
    # The right is asked first: a table of which the demo company has no rows yet is asked with an empty record.
    record = next(iter(one_of_each_state(session, workflow).values()), None) or workflow.subject()
    accepted = []
    for username, actor in actors(session).items():
        ctx = context(session, actor)
        for step in workflow.steps:
            if actor.may(workflow.permission(step)):
                continue
            with entered(ctx):
                try:
                    fire(ctx, record, step.name)
                except PermissionDeniedError:
                    continue
            accepted.append((username, step.name))
    session.rollback()
    assert accepted == []
