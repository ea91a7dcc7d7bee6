"""What an answer says that the person who asked may not see: values, masks, sums, and what a log keeps of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.kernel.context import Actor, Context, entered
from app.kernel.fields import Access
from app.security.scopes import scope_of
from models.base import Sensitivity
from tests.contract.test_urls import OWN_TOKEN, PUBLIC
from tests.sweeps.markers import Markers, large_amounts, masked_groups, plain_text
from tests.sweeps.outlets import text_of
from views.base import ENTITIES

if TYPE_CHECKING:
    import pytest
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

# Signing out would end a sweep, and the panel as another role would narrow it.
# The report of a person's data is for that person: its right is the right to all of it, written down each time.
LEFT_OUT = PUBLIC | OWN_TOKEN | {"RightsView.preview", "CustomerView.report", "CustomerApi.report"}
SEEN = {"full", "window"}


class Rows:
    """Which records an actor may know of; ``inside`` and ``outside`` name the first of each entity, if any."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self.open: dict[str, set[int]] = {}
        self.inside: dict[str, int] = {}
        self.outside: dict[str, int] = {}
        # Some scopes end with time: goods delivered long ago are no longer logistics' business.
        with entered(Context(session, actor, datetime.now(UTC))):
            for name, view in ENTITIES.items():
                key = view.model().id
                found = self.open[name] = set(session.scalars(sa.select(key).where(scope_of(name, actor))))
                others = set(session.scalars(sa.select(key))) - found
                if found:
                    self.inside[name] = min(found)
                if others:
                    self.outside[name] = min(others)
        session.rollback()

    def has(self, entity: str, pk: int) -> bool:
        return entity not in self.open or pk in self.open[entity]


@dataclass(frozen=True)
class Watch:
    """Reads what one person is answered."""

    markers: Markers
    actor: Actor
    rows: Rows
    log: pytest.LogCaptureFixture

    def faults(self, answer: TestResponse) -> set[str]:
        """What is wrong with an answer; the log is read from its last ``clear`` on."""
        said = set(self.leaks(text_of(answer)))
        if any(self.markers.find(plain_text(self.log.text))):
            said.add("a value in the log")
        if answer.status_code >= 500:
            said.add(f"status {answer.status_code}: {answer.request.method} {answer.request.full_path}")
        return said

    def leaks(self, text: str) -> Iterator[str]:
        """What a text says that the actor may not see."""
        fields, plain = self.actor.fields, plain_text(text)
        for found in self.markers.find(plain):
            level = fields.get(found.column.group, Access.hidden)
            if level not in SEEN:
                yield f"{found.column.entity}.{found.column.name} is {level}"
            elif not self.rows.has(found.column.entity, found.pk):
                yield f"{found.column.entity}.{found.column.name} of a record out of scope"
        for group in masked_groups(text):
            if fields.get(group, Access.hidden) == Access.hidden:
                yield f"{group} is hidden, and shown masked"
        if fields.get(Sensitivity.PRICE) not in SEEN and fields.get(Sensitivity.COST) not in SEEN:
            yield from ("an amount as large as a sum of prices" for _amount in large_amounts(plain))
