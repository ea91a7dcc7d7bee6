"""Delegations: somebody stands in for somebody, in writing and for some days. Clause 6(3), domain/06 6.4."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import Base, Stateful, check, column, reference, sort_index, state_words
from models.labels import DelegationState

if TYPE_CHECKING:
    from flask_appbuilder.security.sqla.models import User


class Delegation(Stateful, Base):
    """The deputy holds the giver's role, or all of his roles, from one day to another (both included, Shanghai).

    The roles are those the giver has at the moment of asking: what he loses, the deputy loses.
    """

    __tablename__ = "delegation"
    __label__ = _l("Delegation")
    __label_plural__ = _l("Delegations")
    __table_args__ = (
        check("ends_after_begin", "ends_on >= begins_on"),
        check("not_to_oneself", "giver_id <> deputy_id"),
        sort_index("begins_on"),
        sort_index("ends_on"),
        sort_index("state", "state_since"),
    )
    journal_order_attribute: ClassVar[str | None] = None

    delegation_no: Mapped[str] = column(sa.String(30), _l("Delegation number"), nullable=False, unique=True)
    giver_id: Mapped[int] = reference("ab_user.id", _l("Giver"), nullable=False)
    deputy_id: Mapped[int] = reference("ab_user.id", _l("Deputy"), nullable=False)
    role_code: Mapped[str | None] = column(
        sa.String(64), _l("Role"), help_text=_l("Empty: all roles that may be passed on.")
    )
    begins_on: Mapped[date] = column(sa.Date, _l("First day"), nullable=False)
    ends_on: Mapped[date] = column(sa.Date, _l("Last day"), nullable=False, help_text=_l("Included."))
    reason: Mapped[str] = column(sa.String(400), _l("Reason"), nullable=False)
    state: Mapped[DelegationState] = column(
        state_words(DelegationState), _l("State"), nullable=False, default=DelegationState.proposed
    )

    giver: Mapped[User] = relationship("User", foreign_keys="Delegation.giver_id")
    deputy: Mapped[User] = relationship("User", foreign_keys="Delegation.deputy_id")

    def __str__(self) -> str:
        return self.delegation_no
