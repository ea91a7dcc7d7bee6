"""The parameters of the regulation as numbers by code: what the table says, else what is delivered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.policy import DEFAULTS, PolicyParameter


def read_policy(session: Session) -> dict[str, Decimal]:
    """All parameters, in one statement. What is not a number is not among them."""
    found = dict(session.execute(sa.select(PolicyParameter.code, PolicyParameter.value)).all())
    numbers: dict[str, Decimal] = {}
    for code, text in {**DEFAULTS, **found}.items():
        try:
            numbers[code] = Decimal(str(text))
        except InvalidOperation:
            continue
    return numbers


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
