"""Who asks in the sweeps: each delivered role alone, and somebody who holds them all.

The demo people hold the roles that go together in the company. A leak of one role is hidden by the others a person
has, so here every role is also somebody of its own. All of it is read from the running application: a role that is
delivered tomorrow is swept tomorrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role, User

from app.security.actors import actor_of
from app.security.departments import ROLES
from models.access import RoleField
from models.base import Sensitivity
from tests.sweeps.depth import FULL
from tests.web.person import Person

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from app.kernel.context import Actor

ALONE = "alone_"
EVERYTHING = "everything"
SINGLE = tuple(ROLES)
# In `make test` without the heads: alone, a head has little beside what his department has.
ASKING = SINGLE if FULL else tuple(code for code in SINGLE if not ROLES[code].is_lead)


def add_crowd(session: Session) -> None:
    """A user for each delivered role, and one who holds every role; none of them has a password."""
    roles = {found.name: found for found in session.scalars(sa.select(Role))}
    wanted = {f"{ALONE}{code}": [roles[code]] for code in SINGLE}
    wanted[EVERYTHING] = [roles[code] for code in SINGLE]
    for name, held in wanted.items():
        session.add(
            User(
                username=name,
                first_name=name,
                last_name="Sweep",
                email=f"{name}@zhidan.example",
                active=True,
                roles=held,
            )
        )
    session.commit()


def actor(session: Session, username: str) -> Actor:
    """A user with the rights of the database; closes the reading transaction."""
    found = actor_of(session.scalars(sa.select(User).where(User.username == username)).one(), session)
    session.rollback()
    return found


def see_everywhere(session: Session, levels: Mapping[Sensitivity, str]) -> None:
    """Every role sees the field groups at these levels and no other one, and keeps its rights and rows."""
    session.execute(sa.delete(RoleField))
    ids = session.scalars(sa.select(Role.id)).all()
    rows = [{"role_id": pk, "field_group": str(group), "level": level} for pk in ids for group, level in levels.items()]
    if rows:
        session.execute(sa.insert(RoleField), rows)
    session.commit()


def is_refused(answer: TestResponse) -> bool:
    """A clean refusal, of whatever kind."""
    return 400 <= answer.status_code < 500


class Asker(Person):
    """A person of the crowd or of the demo company, who can also call the API."""

    def __init__(self, app: Flask, session: Session, username: str) -> None:
        super().__init__(app, session, username)
        self.username = username
        self.actor = actor(session, username)
        self.stranger = app.test_client()
        self.headers = self.token()
