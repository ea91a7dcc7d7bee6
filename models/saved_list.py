"""How a person has arranged a list: the columns he wants, and filters kept under a name."""

from __future__ import annotations

from typing import ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped

from models.base import Base, Json, Stamped, column, reference, sort_index


class SavedList(Stamped, Base):
    """Filter, order and columns of a list under a name; a person's own, or shared with a role he holds.

    ``arguments`` are the list's own, as pairs; what was typed about people is not kept (``app.services.saved_list``).
    """

    __tablename__ = "saved_list"
    __label__ = _l("Saved filter")
    __label_plural__ = _l("Saved filters")
    __table_args__ = (sa.UniqueConstraint("owner_id", "entity", "name"), sort_index("entity"))
    journal_order_attribute: ClassVar[str | None] = None

    entity: Mapped[str] = column(sa.String(40), _l("List"), nullable=False)
    name: Mapped[str] = column(sa.String(60), _l("Name"), nullable=False)
    owner_id: Mapped[int] = reference("ab_user.id", _l("Owner"), nullable=False, index=False)
    # The name of the role, as an actor holds it: a role that is gone shares with nobody.
    role: Mapped[str | None] = column(sa.String(64), _l("Shared with"))
    arguments: Mapped[list[list[str]]] = column(Json, _l("Filter"), nullable=False, default=list)
    columns: Mapped[list[str]] = column(Json, _l("Columns"), nullable=False, default=list)

    def __str__(self) -> str:
        return self.name


class ListSetting(Stamped, Base):
    """The columns of a list as a person wants them, and the filter it opens with. No columns: as delivered."""

    __tablename__ = "list_setting"
    __label__ = _l("Arrangement of a list")
    __label_plural__ = _l("Arrangements of lists")
    __table_args__ = (sa.UniqueConstraint("owner_id", "entity"),)
    journal_order_attribute: ClassVar[str | None] = None

    entity: Mapped[str] = column(sa.String(40), _l("List"), nullable=False)
    owner_id: Mapped[int] = reference("ab_user.id", _l("Owner"), nullable=False, index=False)
    columns: Mapped[list[str]] = column(Json, _l("Columns"), nullable=False, default=list)
    default_id: Mapped[int | None] = reference("saved_list.id", _l("Opens with"))

    def __str__(self) -> str:
        return self.entity
