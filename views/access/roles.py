"""Roles as columns: what each holds now, what was delivered, where both differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role, User
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.kernel.holders import holdings
from app.security.actors import person_name
from app.security.departments import DEPARTMENTS, ROLES, label_of_role
from app.security.rights import RoleRights, delivered, rights_of_roles
from models.access import RoleProfile
from models.base import Sensitivity

TECHNICAL = "technical"


@dataclass(frozen=True, eq=False)
class Column:
    """A role. ``delivered`` is None for a role that administrators added."""

    code: str
    label: str
    department: str | None
    now: RoleRights
    delivered: RoleRights | None

    @property
    def department_key(self) -> str:
        """The department's word in addresses."""
        return self.department or TECHNICAL

    @property
    def department_label(self) -> str:
        """The department as people say it."""
        return department_label(self.department)

    @cached_property
    def changed(self) -> frozenset[str]:
        """Rights that were given or taken since the delivery."""
        return self.now.permissions ^ self.delivered.permissions if self.delivered is not None else frozenset()

    def differs_in(self, right: str) -> bool:
        """Whether a right is not as delivered."""
        return right in self.changed

    def differs_among(self, rights: Iterable[str]) -> bool:
        """Whether one of the rights is not as delivered."""
        return not self.changed.isdisjoint(rights)

    @cached_property
    def differences(self) -> int:
        """How many rights, field groups and row scopes are not as delivered."""
        return len(self.changed) + (differing(self.now, self.delivered) if self.delivered is not None else 0)


def differing(one: RoleRights, other: RoleRights) -> int:
    """How many field groups and row scopes of two roles are not the same."""
    groups = sum(one.fields.get(group, "hidden") != other.fields.get(group, "hidden") for group in Sensitivity)
    entities = one.scopes.keys() | other.scopes.keys()
    return groups + sum(
        one.scopes.get(entity, frozenset()) != other.scopes.get(entity, frozenset()) for entity in entities
    )


def department_label(department: str | None) -> str:
    """A department, or what stands beside all of them."""
    return str(label_of_role(department)) if department else str(_("Administration and audit"))


def columns(session: Session) -> list[Column]:
    """All roles in the order of the regulation; added ones follow the delivered ones of their department."""
    statement = sa.select(Role.name, RoleProfile.department).outerjoin(RoleProfile, RoleProfile.role_id == Role.id)
    departments: dict[str, str | None] = {name: department for name, department in session.execute(statement)}  # noqa: C416
    found = [
        Column(code, str(label_of_role(code)), departments[code], now, delivered(code) if code in ROLES else None)
        for code, now in rights_of_roles(session).items()
    ]
    order = {code: place for place, code in enumerate(ROLES)}
    places = {code: place for place, code in enumerate(DEPARTMENTS)}
    return sorted(
        found,
        key=lambda column: (
            places.get(column.department or "", len(places)),
            order.get(column.code, len(order)),
            column.label,
        ),
    )


def holders(session: Session, codes: Iterable[str] | None = None) -> dict[str, list[dict[str, Any]]]:
    """Who holds each role, directly or through a group: name, user name, whether the account is in use."""
    held = holdings()
    statement = (
        sa.select(Role.name, User.id, User.username, User.first_name, User.last_name, User.active)
        .select_from(held)
        .join(Role, Role.id == held.c.role_id)
        .join(User, User.id == held.c.user_id)
        .order_by(User.active.desc(), User.username)
    )
    if codes is not None:
        statement = statement.where(Role.name.in_(list(codes)))
    found: dict[str, list[dict[str, Any]]] = {}
    for row in session.execute(statement):
        person = {"id": row.id, "name": person_name(row), "username": row.username, "active": bool(row.active)}
        found.setdefault(row.name, []).append(person)
    return found
