"""How administrators change roles: harmless changes at once, dangerous ones by a second person's decision."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role, User
from flask_babel import lazy_gettext as _l

from app.kernel.context import Context
from app.kernel.errors import NotFoundError, ValidationFailedError
from app.kernel.journal import note
from app.security.departments import DEPARTMENTS, TECHNICAL_ROLES
from app.security.powers import RightsError, check_powers, newly_joined
from app.security.proposals import propose
from app.security.rights import (
    OFF,
    ON,
    Change,
    RoleRights,
    apply,
    changes,
    check_known,
    rights_of_role,
    rights_of_roles,
)
from models.access import RightsChange, RoleProfile
from models.labels import RightsChangeKind

LONGEST_NAME = 64


def change_role(ctx: Context, code: str, after: RoleRights, reason: str) -> list[Change]:
    """Brings a role to ``after``: harmless changes at once, dangerous ones as a proposal. Returns all differences.

    Every change of a role that the actor holds himself counts as dangerous.

    Raises:
        NotFoundError, ValidationFailedError: no such role or right.
        RightsError: nobody may make this change.
    """
    role_id = ctx.session.scalar(sa.select(Role.id).where(Role.name == code).with_for_update())
    if role_id is None:
        raise NotFoundError
    before = rights_of_role(ctx.session, code)
    found = changes(before, after)
    check_known(ctx.session, found)
    check_powers(code, before.permissions, after.permissions)
    is_own = code in ctx.actor.roles
    dangerous = [change for change in found if is_own or change.is_dangerous]
    apply(ctx, role_id, code, [change for change in found if change not in dangerous], reason)
    if dangerous:
        propose(ctx, RightsChangeKind.role_rights, dangerous, reason, role_id=role_id)
    return [replace(change, is_dangerous=change in dangerous) for change in found]


def add_role(ctx: Context, name: str, department: str | None, copy_of: str | None, reason: str) -> list[Change]:
    """Adds a role, empty or as a copy; the dangerous part of a copy waits for a second administrator.

    Raises:
        ValidationFailedError: name or department cannot be used.
        RightsError: the technical roles are not copied.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ValidationFailedError({"name": [str(_l("Give the role a name of 1 to 64 signs."))]})
    if department and department not in DEPARTMENTS:
        raise ValidationFailedError({"department": [str(_l("There is no such department."))]})
    taken = ctx.session.scalar(sa.select(Role.id).where(sa.func.lower(Role.name) == name.lower()))
    if taken is not None:
        raise ValidationFailedError({"name": [str(_l("There is a role of this name already."))]})
    if copy_of in TECHNICAL_ROLES:
        raise RightsError(_l("The technical roles stand alone and are not copied."))
    wanted = rights_of_role(ctx.session, copy_of) if copy_of else RoleRights()
    insert = sa.insert(Role.__table__).values(name=name).returning(Role.__table__.c.id)
    role_id = ctx.session.execute(insert).scalar_one()
    ctx.session.execute(sa.insert(RoleProfile).values(role_id=role_id, department=department or None))
    note(ctx, "role.add", "role", role_id, data={"role": name, "copy_of": copy_of or ""}, reason=reason)
    return change_role(ctx, name, wanted, reason)


def dangerous_roles(ctx: Context, before: set[str], after: set[str]) -> set[str]:
    """The roles among the new ones that one administrator does not give alone (domain/09 9.4).

    These are the technical ones, and those that bring acts together that belong into different hands.
    """
    gained = after - before
    found = gained & set(TECHNICAL_ROLES)
    if gained - found:
        held = rights_of_roles(ctx.session)
        had = {right for code in before for right in held[code].permissions if code in held}
        has = {right for code in after for right in held[code].permissions if code in held}
        joined = newly_joined(had, has)
        found |= {code for code in gained if joined & held[code].permissions}
    return found


def propose_roles(ctx: Context, user: User, codes: set[str], reason: str) -> RightsChange:
    """Asks a second administrator to give a person roles."""
    wanted = [Change("role", code, OFF, ON, is_dangerous=True) for code in sorted(codes)]
    return propose(ctx, RightsChangeKind.user_roles, wanted, reason, user_id=user.id)
