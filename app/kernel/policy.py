"""The parameters of the regulation as numbers by code: what the table says, else what is delivered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.kernel.context import Context, local_day
from app.kernel.errors import ValidationFailedError
from models.labels import ParameterChangeState
from models.parameter_change import ParameterChange
from models.policy import DEFAULTS, PolicyParameter
from models.policy_bounds import BOUNDS

# Hours, days and per cent beyond MOST lead out of the calendar.
MONEY = "CNY"
MOST = Decimal(100_000)
LARGEST = Decimal(10) ** 12
SWITCH = frozenset({"0", "1"})


class Policy(dict[str, Decimal]):
    """The parameters in force on a day, and what they were before: clocks that run keep the value they began with."""

    def __init__(self, values: Mapping[str, Decimal], changes: Mapping[str, list[Change]]) -> None:
        super().__init__(values)
        self._changes = changes

    def on(self, code: str, day: date) -> Decimal:
        """The value of a parameter on a day, as far as changes tell."""
        later = next((change for change in self._changes.get(code, ()) if change.effective_on > day), None)
        return self[code] if later is None else later.old_value


class Change(NamedTuple):
    """An approved change: what it replaces, and from which day."""

    effective_on: date
    change_id: int
    old_value: Decimal
    new_value: Decimal


def read_policy(session: Session, today: date | None = None) -> Policy:
    """All parameters, in one statement. What is no usable number keeps its delivered value.

    Args:
        today: approved changes whose day has come are in force, also before somebody wrote them into the table.
    """
    stored = sa.select(
        PolicyParameter.code,
        PolicyParameter.value,
        sa.null().label("old_value"),
        sa.type_coerce(sa.null(), sa.Date).label("effective_on"),
        sa.literal(0).label("change_id"),
    )
    changed = (
        sa.select(
            PolicyParameter.code,
            ParameterChange.new_value,
            ParameterChange.old_value,
            ParameterChange.effective_on,
            ParameterChange.id,
        )
        .join(PolicyParameter, PolicyParameter.id == ParameterChange.parameter_id)
        .where(ParameterChange.state.in_((ParameterChangeState.approved, ParameterChangeState.applied)))
    )
    numbers = {code: number for code, text in DEFAULTS.items() if (number := number_of(text)) is not None}
    changes: dict[str, list[Change]] = {}
    stored_rows: Any = session.execute(stored.union_all(changed))
    for code, text, before, effective_on, change_id in stored_rows:
        if (number := number_of(text)) is None:
            continue
        if effective_on is None:
            numbers[code] = number
        elif today is not None and effective_on <= today and (old := number_of(before)) is not None:
            changes.setdefault(code, []).append(Change(effective_on, change_id, old, number))
    for code, found in changes.items():
        found.sort()
        numbers[code] = found[-1].new_value
    return Policy(numbers, changes)


def limit_on(policy: Mapping[str, Decimal], code: str, moment: datetime) -> Decimal:
    """The value of a parameter when something began: a later change does not shorten what runs already."""
    on = getattr(policy, "on", None)
    return policy[code] if on is None else on(code, local_day(moment))


def number_of(text: Any) -> Decimal | None:
    """A finite number from 0 to LARGEST; None for everything else."""
    try:
        number = Decimal(str(text))
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 <= number <= LARGEST else None


def usable(parameter: PolicyParameter, text: Any, field: str = "value") -> Decimal:
    """The number for a parameter. Raises ValidationFailedError for what is none, or lies outside of its bounds."""
    number = number_of(text)
    if number is None or (parameter.unit != MONEY and number > MOST):
        raise ValidationFailedError({field: [str(_l("This is not a number."))]})
    delivered = DEFAULTS.get(parameter.code)
    is_switch = parameter.unit == "" and delivered in SWITCH
    least, most = BOUNDS.get(parameter.code, (Decimal(0), Decimal(1) if is_switch else LARGEST))
    if not least <= number <= most or (is_switch and number not in {Decimal(0), Decimal(1)}):
        text = _l("Law and regulation leave %(least)s to %(most)s for this parameter: choose a value between them.")
        raise ValidationFailedError({field: [str(text) % {"least": f"{least:f}", "most": f"{most:f}"}]})
    return number


def change_parameter(ctx: Context, parameter: PolicyParameter, values: Mapping[str, Any]) -> PolicyParameter:
    """Sets a parameter. Raises ValidationFailedError for what is no usable number."""
    usable(parameter, values.get("value", parameter.value))
    for name, value in values.items():
        setattr(parameter, name, value)
    ctx.session.flush()
    return parameter


class RequestPolicy(Mapping[str, Decimal]):
    """The parameters, read when first asked for: most requests need none."""

    def __init__(self, session: Session, today: date | None = None) -> None:
        self._session = session
        self._today = today
        self._values: Policy | None = None

    def _read(self) -> Policy:
        if self._values is None:
            self._values = read_policy(self._session, self._today)
        return self._values

    def on(self, code: str, day: date) -> Decimal:
        """The value of a parameter on a day."""
        return self._read().on(code, day)

    def __getitem__(self, code: str) -> Decimal:
        return self._read()[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())
