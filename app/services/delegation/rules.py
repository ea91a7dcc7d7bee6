"""Rules of delegations as functions of values: no session, no framework."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from flask_babel import lazy_gettext as _l

from app.kernel.errors import Reason


def days(begins_on: date, ends_on: date) -> int:
    """How many days a delegation runs, the first and the last included."""
    return (ends_on - begins_on).days + 1


def wrong_days(begins_on: date, ends_on: date, today: date, most: int) -> dict[str, Reason]:
    """What is wrong with the days, by field."""
    if begins_on < today:
        return {"begins_on": Reason("past", _l("This day has already passed."))}
    if ends_on < begins_on:
        return {"ends_on": Reason("backwards", _l("The end lies before the start."))}
    if days(begins_on, ends_on) > most:
        text = _l("A delegation runs for at most %(most)s days.")
        return {"ends_on": Reason("too_long", text, {"most": most})}
    return {}


def wrong_roles(
    giver: Collection[str], deputy: Collection[str], technical: Collection[str], role: str | None
) -> dict[str, Reason]:
    """What is wrong with whom and what, by field.

    Args:
        giver: roles that the giver holds himself: what he received from others he cannot pass on.
        deputy: roles that the deputy holds himself.
        technical: roles of the three administrations, which are nobody's to pass on, nor to be mixed with business.
        role: the role to pass on; None for all that may be.
    """
    if set(deputy) & set(technical):
        text = _l("Administrators and auditors stand in for nobody: business and administration stay apart.")
        return {"deputy_id": Reason("administration", text)}
    if role in technical:
        return {"role": Reason("administration", _l("Administration and audit are not passed on."))}
    open_roles = set(giver) - set(technical)
    if role is not None and role not in open_roles:
        return {"role": Reason("not_held", _l("This role is not held, or was only received from somebody else."))}
    if not open_roles:
        return {"giver_id": Reason("nothing_held", _l("There is no role that could be passed on."))}
    return {}
