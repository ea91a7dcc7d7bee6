"""The parameters of the regulation as numbers by code: what the table says, else what is delivered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.kernel.context import Context
from app.kernel.errors import ValidationFailedError
from models.policy import DEFAULTS, PolicyParameter

# Hours, days and per cent beyond MOST lead out of the calendar.
MONEY = "CNY"
MOST = Decimal(100_000)
LARGEST = Decimal(10) ** 12


def read_policy(session: Session) -> dict[str, Decimal]:
    """All parameters, in one statement. What is no usable number keeps its delivered value."""
    found = dict(session.execute(sa.select(PolicyParameter.code, PolicyParameter.value)).all())
    numbers: dict[str, Decimal] = {}
    for code, text in (*DEFAULTS.items(), *found.items()):
        if (number := usable(text)) is not None:
            numbers[code] = number
    return numbers


def usable(text: Any) -> Decimal | None:
    """A finite number from 0 to LARGEST; None for everything else."""
    try:
        number = Decimal(str(text))
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 <= number <= LARGEST else None


def change_parameter(ctx: Context, parameter: PolicyParameter, values: Mapping[str, Any]) -> PolicyParameter:
    """Sets a parameter. Raises ValidationFailedError for what is no usable number."""
    number = usable(values.get("value", parameter.value))
    if number is None or (parameter.unit != MONEY and number > MOST):
        raise ValidationFailedError({"value": [str(_l("This is not a number."))]})
    for name, value in values.items():
        setattr(parameter, name, value)
    ctx.session.flush()
    return parameter


class RequestPolicy(Mapping[str, Decimal]):
    """The parameters, read when first asked for: most requests need none."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._values: dict[str, Decimal] | None = None

    def _read(self) -> dict[str, Decimal]:
        if self._values is None:
            self._values = read_policy(self._session)
        return self._values

    def __getitem__(self, code: str) -> Decimal:
        return self._read()[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())
