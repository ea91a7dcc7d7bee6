"""What the committee decides, and each member's vote. Clause 6(3), 13(2)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import (
    FREE_TEXT,
    Base,
    Json,
    Sensitivity,
    Stamped,
    Stateful,
    UtcDateTime,
    check,
    column,
    flag,
    money,
    reference,
    sort_index,
    state_words,
    unique_where,
    words,
)
from models.labels import ApprovalKind, ApprovalState, ConflictKind, OpinionOf, VoteDecision, label_of

if TYPE_CHECKING:
    from flask_appbuilder.security.sqla.models import User

    from models.order import Order


class Approval(Stateful, Base):
    """A request to the committee. It holds for the content it was asked for: other content, another request."""

    __tablename__ = "approval"
    __label__ = _l("Approval")
    __label_plural__ = _l("Approvals")
    __table_args__ = (
        check("amount_not_negative", "amount >= 0"),
        sort_index("state", "state_since"),
        sort_index("submitted_at"),
        sort_index("due_at"),
        sa.Index(None, "entity", "entity_id"),
        # Two people who ask at the same instant ask once.
        unique_where("uq_approval_pending", "entity", "entity_id", condition="state = 'pending'"),
    )

    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    approval_no: Mapped[str] = column(sa.String(30), _l("Approval number"), nullable=False, unique=True)
    kind: Mapped[ApprovalKind] = column(
        words(ApprovalKind, name="kind"), _l("Approval kind"), nullable=False, default=ApprovalKind.order_special
    )
    entity: Mapped[str] = column(sa.String(40), _l("Record"), nullable=False)
    entity_id: Mapped[int] = column(sa.Integer, _l("Number of the record"), nullable=False)
    order_id: Mapped[int | None] = reference("sales_order.id", _l("Order"))
    content_hash: Mapped[str | None] = column(sa.String(64), _l("Content mark"))
    amount: Mapped[Decimal] = money(_l("Amount"))
    triggers: Mapped[list[str]] = column(Json, _l("Triggers"), nullable=False, default=list)
    summary: Mapped[str] = column(
        sa.Text, _l("Summary"), nullable=False, default="", help_text=_l("What the members must know to decide.")
    )
    judged_department: Mapped[str | None] = column(
        sa.String(32), _l("Department judged"), help_text=_l("Its own members abstain.")
    )
    findings: Mapped[dict[str, dict[str, str]]] = column(
        Json, _l("Numbers of the triggers"), nullable=False, default=dict, sensitivity=Sensitivity.PRICE
    )
    is_rush: Mapped[bool] = flag(
        _l("Urgent path"),
        help_text=_l("Chair, head of production and head of finance decide; minutes within two working days."),
    )
    submitted_by_id: Mapped[int | None] = reference("ab_user.id", _l("Submitted by"))
    submitted_at: Mapped[datetime] = column(UtcDateTime, _l("Submitted at"), nullable=False)
    due_at: Mapped[datetime] = column(UtcDateTime, _l("Due at"), nullable=False)
    reminded_at: Mapped[datetime | None] = column(UtcDateTime, _l("Members reminded at"))
    decided_at: Mapped[datetime | None] = column(UtcDateTime, _l("Decided at"))
    minutes_due_at: Mapped[datetime | None] = column(UtcDateTime, _l("Minutes due at"))
    minutes_at: Mapped[datetime | None] = column(UtcDateTime, _l("Minutes written at"))
    minutes: Mapped[str | None] = column(sa.Text, _l("Minutes"), info=FREE_TEXT)
    state: Mapped[ApprovalState] = column(
        state_words(ApprovalState), _l("State"), nullable=False, default=ApprovalState.pending
    )

    order: Mapped[Order | None] = relationship(back_populates="approvals")
    submitted_by: Mapped[User | None] = relationship("User", foreign_keys="Approval.submitted_by_id")
    votes: Mapped[list[ApprovalVote]] = relationship(
        back_populates="approval", order_by="ApprovalVote.id", info={"label": _l("Votes")}
    )
    opinions: Mapped[list[ApprovalOpinion]] = relationship(
        back_populates="approval", order_by="ApprovalOpinion.id", info={"label": _l("Opinions")}
    )

    def __str__(self) -> str:
        return self.approval_no


class ApprovalVote(Stamped, Base):
    """One member's word; final."""

    __tablename__ = "approval_vote"
    __label__ = _l("Vote")
    __label_plural__ = _l("Votes")
    __table_args__ = (
        sa.UniqueConstraint("approval_id", "member_id"),
        check("abstain_has_conflict", "(decision = 'abstain') = (conflict IS NOT NULL)"),
        check("reject_has_comment", "decision <> 'reject' OR comment IS NOT NULL"),
    )

    subject_paths: ClassVar[tuple[str, ...]] = ("approval.order.customer",)

    approval_id: Mapped[int] = reference("approval.id", _l("Approval"), nullable=False, index=False)
    member_id: Mapped[int] = reference("ab_user.id", _l("Member"), nullable=False)
    decision: Mapped[VoteDecision] = column(words(VoteDecision, name="decision"), _l("Decision"), nullable=False)
    conflict: Mapped[ConflictKind | None] = column(words(ConflictKind, name="conflict"), _l("Conflict of interest"))
    comment: Mapped[str | None] = column(
        sa.String(400), _l("Comment"), help_text=_l("Needed where the request is rejected."), info=FREE_TEXT
    )
    voted_at: Mapped[datetime] = column(UtcDateTime, _l("Voted at"), nullable=False)
    is_chair: Mapped[bool] = flag(
        _l("Chair's vote"), help_text=_l("A large order needs the chair among its approvals.")
    )

    roles: Mapped[list[str]] = column(
        Json, _l("Roles at the vote"), nullable=False, default=list, help_text=_l("What the member was when voting.")
    )

    approval: Mapped[Approval] = relationship(back_populates="votes")
    member: Mapped[User] = relationship("User", foreign_keys="ApprovalVote.member_id")

    def __str__(self) -> str:
        return str(label_of(self.decision))


class ApprovalOpinion(Stamped, Base):
    """What a department must say before the members vote; asked for with the request, given once (domain/06 6.2)."""

    __tablename__ = "approval_opinion"
    __label__ = _l("Opinion")
    __label_plural__ = _l("Opinions")
    __table_args__ = (
        sa.UniqueConstraint("approval_id", "asked_of"),
        check("given_is_dated", "(text IS NULL) = (given_at IS NULL)"),
        sort_index("given_at"),
    )

    subject_paths: ClassVar[tuple[str, ...]] = ("approval.order.customer",)

    approval_id: Mapped[int] = reference("approval.id", _l("Approval"), nullable=False, index=False)
    asked_of: Mapped[OpinionOf] = column(words(OpinionOf, name="asked_of"), _l("Asked of"), nullable=False)
    text: Mapped[str | None] = column(sa.Text, _l("Opinion"), info=FREE_TEXT)
    given_by_id: Mapped[int | None] = reference("ab_user.id", _l("Given by"))
    given_at: Mapped[datetime | None] = column(UtcDateTime, _l("Opinion given at"))

    approval: Mapped[Approval] = relationship(back_populates="opinions")
    given_by: Mapped[User | None] = relationship("User", foreign_keys="ApprovalOpinion.given_by_id")

    def __str__(self) -> str:
        return str(label_of(self.asked_of))
