"""Changes of parameters: proposed by one person, approved by another, in force from a later day (domain/06 6.3)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import Base, Stateful, column, reference, sort_index, state_words
from models.labels import ParameterChangeState
from models.policy import PolicyParameter

if TYPE_CHECKING:
    from flask_appbuilder.security.sqla.models import User


class ParameterChange(Stateful, Base):
    """A new value for a parameter. Clocks that run already keep the old one."""

    __tablename__ = "parameter_change"
    __label__ = _l("Change of a parameter")
    __label_plural__ = _l("Changes of parameters")
    __table_args__ = (
        sort_index("state", "state_since"),
        sort_index("effective_on"),
        sort_index("created_at"),
    )
    journal_order_attribute: ClassVar[str | None] = None

    change_no: Mapped[str] = column(sa.String(30), _l("Change number"), nullable=False, unique=True)
    parameter_id: Mapped[int] = reference("policy_parameter.id", _l("Policy parameter"), nullable=False)
    old_value: Mapped[str] = column(sa.String(64), _l("Old value"), nullable=False)
    new_value: Mapped[str] = column(sa.String(64), _l("New value"), nullable=False)
    reason: Mapped[str] = column(sa.String(400), _l("Reason"), nullable=False)
    effective_on: Mapped[date] = column(
        sa.Date, _l("In force from"), nullable=False, help_text=_l("Tomorrow at the earliest; tomorrow where empty.")
    )
    proposed_by_id: Mapped[int | None] = reference("ab_user.id", _l("Proposed by"))
    approved_by_id: Mapped[int | None] = reference("ab_user.id", _l("Approved by"))
    state: Mapped[ParameterChangeState] = column(
        state_words(ParameterChangeState), _l("State"), nullable=False, default=ParameterChangeState.proposed
    )

    parameter: Mapped[PolicyParameter] = relationship()
    proposed_by: Mapped[User | None] = relationship("User", foreign_keys="ParameterChange.proposed_by_id")
    approved_by: Mapped[User | None] = relationship("User", foreign_keys="ParameterChange.approved_by_id")

    @property
    def unit(self) -> str:
        """What both values are counted in."""
        return self.parameter.unit

    def __str__(self) -> str:
        return self.change_no
