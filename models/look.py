"""How a person likes his screens: kept with him, so that it is there at the next desk as well."""

from __future__ import annotations

from typing import ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped

from models.base import Base, column, reference


class Look(Base):
    """Theme, density and language of a person, each as the word of its choice; none: not chosen."""

    __tablename__ = "look"
    __label__ = _l("Look of the screens")
    __label_plural__ = _l("Looks of the screens")
    # How somebody likes his screen is nobody else's business.
    is_journalled: ClassVar[bool] = False

    user_id: Mapped[int] = reference("ab_user.id", _l("Person"), nullable=False, index=False, unique=True)
    theme: Mapped[str | None] = column(sa.String(10), _l("Theme"))
    density: Mapped[str | None] = column(sa.String(10), _l("Density"))
    locale: Mapped[str | None] = column(sa.String(10), _l("Language"))

    def __str__(self) -> str:
        return f"{self.user_id}"
