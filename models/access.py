"""What a role sees: field groups and rows; and changes of rights that a second administrator decides."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import Base, Json, Stateful, UtcDateTime, column, reference, sort_index, state_words, words
from models.labels import RightsChangeKind, RightsChangeState

if TYPE_CHECKING:
    from flask_appbuilder.security.sqla.models import Role, User


class RoleProfile(Base):
    """What the framework's role does not say of itself. A role without one has not been set up yet."""

    __tablename__ = "role_profile"
    # Written by app.security.rights alone, which tells the journal what changed in words.
    is_journalled: ClassVar[bool] = False

    role_id: Mapped[int] = column(
        sa.Integer, _l("Role"), sa.ForeignKey("ab_role.id", ondelete="RESTRICT"), nullable=False, unique=True
    )
    # The code of the department whose people hold it; None for technical roles.
    department: Mapped[str | None] = column(sa.String(32), _l("Department"))


class RoleField(Base):
    """How much a role sees of a field group; a group without a row is hidden. Domain/09 9.3."""

    __tablename__ = "role_field"
    __table_args__ = (sa.UniqueConstraint("role_id", "field_group"),)
    is_journalled: ClassVar[bool] = False

    role_id: Mapped[int] = column(
        sa.Integer, _l("Role"), sa.ForeignKey("ab_role.id", ondelete="RESTRICT"), nullable=False
    )
    field_group: Mapped[str] = column(sa.String(20), _l("Field group"), nullable=False)
    level: Mapped[str] = column(sa.String(10), _l("Level"), nullable=False)


class RoleScope(Base):
    """Which rows of a table a role sees, by the name of a rule; a table without a row has none. Domain/09 9.2."""

    __tablename__ = "role_scope"
    __table_args__ = (sa.UniqueConstraint("role_id", "entity", "scope"),)
    is_journalled: ClassVar[bool] = False

    role_id: Mapped[int] = column(
        sa.Integer, _l("Role"), sa.ForeignKey("ab_role.id", ondelete="RESTRICT"), nullable=False
    )
    entity: Mapped[str] = column(sa.String(40), _l("Record type"), nullable=False)
    scope: Mapped[str] = column(sa.String(40), _l("Rows"), nullable=False)


class RightsChange(Stateful, Base):
    """A dangerous change of rights that one administrator proposed and another one decides."""

    __tablename__ = "rights_change"
    __label__ = _l("Change of rights")
    __label_plural__ = _l("Changes of rights")
    __table_args__ = (sort_index("state", "state_since"), sort_index("proposed_at"))
    journal_order_attribute: ClassVar[str | None] = None

    change_no: Mapped[str] = column(sa.String(30), _l("Change number"), nullable=False, unique=True)
    kind: Mapped[RightsChangeKind] = column(words(RightsChangeKind, name="kind"), _l("What changes"), nullable=False)
    role_id: Mapped[int | None] = reference("ab_role.id", _l("Role"))
    user_id: Mapped[int | None] = reference("ab_user.id", _l("Person"))
    # [{"kind": …, "what": …, "old": …, "new": …}], as app.security.rights.Change
    changes: Mapped[list[dict[str, Any]]] = column(Json, _l("Changes"), nullable=False, default=list)
    reason: Mapped[str] = column(sa.Text, _l("Reason"), nullable=False)
    proposed_by_id: Mapped[int | None] = reference("ab_user.id", _l("Proposed by"))
    proposed_at: Mapped[datetime] = column(UtcDateTime, _l("Proposed at"), nullable=False)
    decided_by_id: Mapped[int | None] = reference("ab_user.id", _l("Decided by"))
    decided_at: Mapped[datetime | None] = column(UtcDateTime, _l("Decided at"))
    state: Mapped[RightsChangeState] = column(
        state_words(RightsChangeState), _l("State"), nullable=False, default=RightsChangeState.proposed
    )

    role: Mapped[Role | None] = relationship()
    user: Mapped[User | None] = relationship(foreign_keys=[user_id])
    proposed_by: Mapped[User | None] = relationship(foreign_keys=[proposed_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])

    def __str__(self) -> str:
        return self.change_no
