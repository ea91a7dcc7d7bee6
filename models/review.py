"""Reviews of an order: one row a check. Clause 13(1)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import FREE_TEXT, Base, Stamped, UtcDateTime, check, column, reference, sort_index, words
from models.labels import ReviewCheck, ReviewResult, label_of

if TYPE_CHECKING:
    from flask_appbuilder.security.sqla.models import User

    from models.order import Order


class OrderReview(Stamped, Base):
    """The result of one check in one round; a second round keeps the first. Clause 13(1)."""

    __tablename__ = "order_review"
    __label__ = _l("Review")
    __label_plural__ = _l("Reviews")
    __table_args__ = (
        sa.UniqueConstraint("order_id", "round", "check_name"),
        check("round_positive", "round > 0"),
        check("failed_has_comment", "result <> 'failed' OR comment IS NOT NULL"),
        check(
            "override_has_reason", "computed_result IS NULL OR computed_result = result OR override_reason IS NOT NULL"
        ),
        sort_index("reviewed_at"),
    )

    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False, index=False)
    round: Mapped[int] = column(sa.Integer, _l("Round"), nullable=False, default=1)
    check_name: Mapped[ReviewCheck] = column(words(ReviewCheck, name="check_name"), _l("Check"), nullable=False)
    result: Mapped[ReviewResult] = column(words(ReviewResult, name="result"), _l("Result"), nullable=False)
    computed_result: Mapped[ReviewResult | None] = column(
        words(ReviewResult, name="computed_result"),
        _l("Computed"),
        help_text=_l("What the program found; who decided otherwise gave a reason."),
    )
    value: Mapped[str | None] = column(
        sa.String(200), _l("Found"), help_text=_l("What was seen: stock 5 of 40, price equal to the list.")
    )
    override_reason: Mapped[str | None] = column(sa.String(500), _l("Reason for deciding otherwise"), info=FREE_TEXT)
    comment: Mapped[str | None] = column(
        sa.String(400), _l("Comment"), help_text=_l("Needed where the check failed."), info=FREE_TEXT
    )
    reviewer_id: Mapped[int] = reference("ab_user.id", _l("Reviewer"), nullable=False)
    reviewed_at: Mapped[datetime] = column(UtcDateTime, _l("Reviewed at"), nullable=False)

    order: Mapped[Order] = relationship(back_populates="reviews")
    reviewer: Mapped[User] = relationship("User", foreign_keys="OrderReview.reviewer_id")

    def __str__(self) -> str:
        return f"{label_of(self.check_name)} {self.round}"
