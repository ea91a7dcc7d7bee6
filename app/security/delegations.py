"""What a delegation gives: rights, fields and rows of the giver's roles, while it is in force (domain/09 9.4, 16).

In force is an active delegation on its days, of a giver whose account works, to a deputy without an administration.
The roles are those the giver holds himself at the moment of asking: nothing received is passed on, and what he loses
the deputy loses with the next request. Who is the actor in an act, see ``Actor.acting``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role, User
from flask_babel import lazy_gettext as _l

from app.kernel.context import Actor, Context, Deputyship
from app.kernel.engine import requires
from app.kernel.errors import PermissionDeniedError, Reason, ValidationFailedError
from app.kernel.holders import holdings, role_names
from app.kernel.numbering import next_number
from app.kernel.schema import REQUIRED
from app.security.departments import COMMITTEE_LEAD, ROLES, TECHNICAL_ROLES
from app.services.delegation import rules
from app.services.delegation.flow import MANAGE
from models.delegation import Delegation
from models.labels import DelegationState
from models.policy import DEFAULTS

Clause = sa.ColumnElement[bool]
LONGEST = "duty.delegation_days"
# The three administrations stand alone and stay with whom they were given to.
TECHNICAL = frozenset(TECHNICAL_ROLES)
PASSED_ON = tuple(code for code in ROLES if code not in TECHNICAL)


def received(user_id: Any, today: Any) -> sa.Select[Any]:
    """The roles that others' delegations give to a user on a day, as (role_id, giver_id, ends_on).

    Args:
        user_id, today: bind parameters, columns or values; with ``today`` NULL nothing is in force.
    """
    held, mine = holdings(), holdings()
    own = sa.select(sa.literal(1)).select_from(mine).join(Role, Role.id == mine.c.role_id)
    is_administrator = sa.exists(own.where(mine.c.user_id == Delegation.deputy_id, Role.name.in_(TECHNICAL)))
    passed = sa.orm.aliased(Role)
    return (
        sa.select(held.c.role_id, Delegation.giver_id, Delegation.ends_on)
        .select_from(Delegation)
        .join(held, held.c.user_id == Delegation.giver_id)
        .join(passed, passed.id == held.c.role_id)
        .join(User, User.id == Delegation.giver_id)
        .where(
            Delegation.deputy_id == user_id,
            Delegation.state == DelegationState.active,
            Delegation.begins_on <= today,
            Delegation.ends_on >= today,
            User.active.is_(True),
            passed.name.not_in(TECHNICAL),
            sa.or_(Delegation.role_code.is_(None), Delegation.role_code == passed.name),
            ~is_administrator,
        )
    )


class Held(NamedTuple):
    """One right of one role; ``giver_id`` None where the role is the person's own."""

    role: str
    right: str | None
    giver_id: int | None
    giver_name: str = ""
    ends_on: date | None = None


def deputyships(rows: Iterable[Held]) -> tuple[tuple[Deputyship, ...], frozenset[str]]:
    """The delegations in force and the rights that nothing else gives, from everything a person holds."""
    own: set[str] = set()
    roles: dict[int, set[str]] = {}
    rights: dict[int, set[str]] = {}
    about: dict[int, Held] = {}
    for row in rows:
        if row.giver_id is None:
            own |= {row.right} if row.right else set()
            continue
        roles.setdefault(row.giver_id, set()).add(row.role)
        rights.setdefault(row.giver_id, set()).update({row.right} if row.right else set())
        known = about.setdefault(row.giver_id, row)
        if row.ends_on is not None and known.ends_on is not None and row.ends_on > known.ends_on:
            about[row.giver_id] = row
    found = tuple(
        Deputyship(giver, row.giver_name, frozenset(roles[giver]), frozenset(rights[giver]), row.ends_on)
        for giver, row in sorted(about.items())
    )
    return found, frozenset(right for giver in rights for right in rights[giver]) - own


def propose(ctx: Context, values: Mapping[str, Any]) -> Delegation:
    """A delegation of one's own roles, or of a member of one's department; it waits for the deputy. Clause 6(3).

    Raises:
        ValidationFailedError: days, roles or persons that are not to be.
        PermissionDeniedError: somebody else's roles, by who does not lead his department.
    """
    giver = values.get("giver_id") or ctx.actor.id
    deputy = values["deputy_id"]
    if giver is None:
        raise ValidationFailedError({"giver_id": [str(REQUIRED)]})
    if giver == deputy:
        raise ValidationFailedError({"deputy_id": [str(_l("Nobody stands in for himself."))]})
    held = role_names(ctx.session, giver)
    if giver != ctx.actor.id:
        check_manager(ctx, frozenset({values["role"]}) if values.get("role") else held - TECHNICAL, deputy)
    begins_on = values.get("begins_on") or ctx.today
    most = int(ctx.policy.get(LONGEST, DEFAULTS[LONGEST]))
    wrong = rules.wrong_days(begins_on, values["ends_on"], ctx.today, most)
    wrong |= rules.wrong_roles(held, role_names(ctx.session, deputy), TECHNICAL, values.get("role"))
    if not _is_active(ctx, deputy):
        wrong["deputy_id"] = Reason("not_active", _l("This account does not work any more."))
    if wrong:
        raise ValidationFailedError({field: [str(reason)] for field, reason in wrong.items()})
    delegation = Delegation(
        delegation_no=next_number(ctx, "DG"),
        giver_id=giver,
        deputy_id=deputy,
        role_code=values.get("role"),
        begins_on=begins_on,
        ends_on=values["ends_on"],
        reason=values["reason"],
    )
    ctx.session.add(delegation)
    ctx.session.flush()
    return delegation


def check_manager(ctx: Context, passed: frozenset[str], deputy_id: int) -> None:
    """Raises where the actor may not name a deputy who would receive these roles of somebody else.

    The head of their department or the chair does so; by his own right, for a delegation is not passed on; and never
    himself as the deputy, for nobody takes rights into his own hands.
    """
    requires(ctx, MANAGE)
    if MANAGE in ctx.actor.received:
        raise PermissionDeniedError(_l("What was delegated to you cannot be passed on."))
    if deputy_id == ctx.actor.id:
        text = _l("You cannot name yourself as the deputy: ask the member himself, or the committee chair.")
        raise PermissionDeniedError(text)
    if COMMITTEE_LEAD in ctx.actor.roles:
        return
    led = departments_led(ctx.actor)
    if not led & departments_of(passed):
        raise PermissionDeniedError(_l("Only the head of his department or the committee chair names his deputy."))
    if not all(departments_of((code,)) and departments_of((code,)) <= led for code in passed):
        text = _l("He also holds roles outside your department: choose the role, or ask the committee chair.")
        raise PermissionDeniedError(text)


def departments_led(actor: Actor) -> frozenset[str]:
    """The departments whose head the actor is."""
    return departments_of(code for code in actor.roles if code in ROLES and ROLES[code].is_lead)


def departments_of(codes: Iterable[str]) -> frozenset[str]:
    """The departments that roles belong to."""
    return frozenset(found for code in codes if code in ROLES and (found := ROLES[code].department) is not None)


def _is_active(ctx: Context, user_id: int) -> bool:
    return bool(ctx.session.scalar(sa.select(User.active).where(User.id == user_id)))


def is_mine(actor: Actor) -> Clause:
    """Delegations that one gave, received or proposed."""
    return sa.or_(
        Delegation.giver_id == actor.id, Delegation.deputy_id == actor.id, Delegation.created_by_id == actor.id
    )


def is_of_my_department(actor: Actor) -> Clause:
    """Delegations of the members of the departments one leads, and one's own."""
    led = departments_led(actor)
    codes = [code for code, role in ROLES.items() if role.department in led]
    held = holdings()
    statement = sa.select(sa.literal(1)).select_from(held).join(Role, Role.id == held.c.role_id)
    members = statement.where(held.c.user_id == Delegation.giver_id, Role.name.in_(codes))
    return sa.or_(is_mine(actor), sa.exists(members.correlate(Delegation)))
