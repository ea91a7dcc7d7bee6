"""Who can be mentioned: colleagues who may see the record. Who may not is not told of it, and the writer hears so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from pypinyin import Style, lazy_pinyin

from app.kernel.context import Context
from app.kernel.errors import ValidationFailedError
from app.security.actors import actor_of, person_name
from app.services.talk.rules import mentioned
from views.base import EntityDeclaration

SHOWN = 8
# Each is asked whether he may see the record; who types more letters is asked about fewer.
MOST_ASKED = 24


def colleagues(ctx: Context) -> list[User]:
    """Everybody who may sign in, by name."""
    statement = sa.select(User).where(User.active.is_(True)).order_by(User.last_name, User.first_name, User.id)
    return list(ctx.session.scalars(statement))


def names_of(people: Sequence[User]) -> dict[str, list[User]]:
    """The names by which people may be called: 王丽, and 王丽(oc_wang) where there are two of them."""
    found: dict[str, list[User]] = {}
    for user in people:
        if name := person_name(user):
            found.setdefault(name, []).append(user)
    doubled = {f"{name}({user.username})": [user] for name, users in found.items() if len(users) > 1 for user in users}
    return found | doubled


def may_see(ctx: Context, view: type[EntityDeclaration], record: Any, user: User) -> bool:
    """Whether somebody else may see a record: his rights and his rows, as they are today."""
    actor = actor_of(user, ctx.session, ctx.today)
    if not view.may(actor, "show"):
        return False
    if view.scope is None:
        return True
    model: Any = view.model()
    return ctx.session.scalar(sa.select(model.id).where(model.id == record.id, view.scope(actor))) is not None


def mentions_of(ctx: Context, view: type[EntityDeclaration], record: Any, text: str) -> dict[str, int]:
    """Who a text calls: ``{name as written: user id}``.

    Raises:
        ValidationFailedError: somebody may not see the record, or two people have the name.
    """
    if "@" not in text and "＠" not in text:
        return {}
    names: Mapping[str, list[User]] = names_of(colleagues(ctx))
    people = {user.id: user for users in names.values() for user in users}
    called = mentioned(text, {name: [user.id for user in users] for name, users in names.items()})
    problems = [
        _("There is more than one %(name)s: choose from the list, so that the login stands behind the name.", name=name)
        for name, ids in called.items()
        if len(ids) > 1
    ]
    problems += [
        _("%(name)s may not see this record and cannot be mentioned here.", name=name)
        for name, ids in called.items()
        if len(ids) == 1 and not may_see(ctx, view, record, people[ids[0]])
    ]
    if problems:
        raise ValidationFailedError({"text": problems})
    return {name: ids[0] for name, ids in called.items()}


def suggestions(ctx: Context, view: type[EntityDeclaration], record: Any, typed: str) -> list[dict[str, str]]:
    """The first colleagues whose name, pinyin or login fits what was typed and who may see the record."""
    wanted = typed.strip().lower()[:40]
    fitting = [
        (name, user)
        for name, users in names_of(colleagues(ctx)).items()
        if len(users) == 1
        for user in users
        if user.id != ctx.actor.id and fits(wanted, name, user.username)
    ]
    # A name that is had twice is offered with the login alone.
    doubled = {name.partition("(")[0] for name, _user in fitting if name.endswith(")")}
    asked = (pair for pair in fitting[:MOST_ASKED] if pair[0] not in doubled)
    found = (pair for pair in asked if may_see(ctx, view, record, pair[1]))
    return [{"name": name, "login": user.username} for name, user in islice(found, SHOWN)]


def fits(wanted: str, name: str, login: str) -> bool:
    """Whether what was typed begins the name, a given name, its pinyin (wang li, wangli), its initials or the login."""
    if not wanted:
        return True
    syllables = lazy_pinyin(name, style=Style.NORMAL)
    spelled = ["".join(syllables), " ".join(syllables), "".join(part[:1] for part in syllables), *syllables[1:]]
    words = [name, name[1:], login, *spelled]
    return any(word.lower().startswith(wanted) for word in words)
