"""Installation at the customer's and acceptance by the customer. Clause 14(4)."""

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
    Sensitivity,
    Stamped,
    Stateful,
    UtcDateTime,
    check,
    column,
    quantity,
    reference,
    sort_index,
    state_words,
    words,
)
from models.conformity import Standard, Verdict
from models.labels import AcceptanceState, InstallationState, OrderType

if TYPE_CHECKING:
    from flask_appbuilder.security.sqla.models import User

    from models.order import Order, OrderLine
    from models.shipment import Shipment


class Installation(Stateful, Base):
    """A visit of an installer. Clause 10(2), 14(4)."""

    __tablename__ = "installation"
    __label__ = _l("Installation")
    __label_plural__ = _l("Installations")
    __table_args__ = (
        check("slot_in_order", "slot_from IS NULL OR slot_to IS NULL OR slot_to >= slot_from"),
        check("finished_after_started", "finished_at IS NULL OR finished_at >= started_at"),
        check("checklist_percent", "checklist_pct >= 0 AND checklist_pct <= 100 AND photo_count >= 0"),
        sort_index("state", "state_since"),
        sort_index("installer_id", "slot_from"),
        sort_index("slot_from"),
        sort_index("created_at"),
    )
    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    installation_no: Mapped[str] = column(sa.String(30), _l("Installation number"), nullable=False, unique=True)
    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False)
    shipment_id: Mapped[int | None] = reference("shipment.id", _l("Shipment"))
    installer_id: Mapped[int | None] = reference("ab_user.id", _l("Installer"), index=False)
    crew: Mapped[str | None] = column(sa.String(100), _l("Crew"))
    slot_from: Mapped[datetime | None] = column(UtcDateTime, _l("Visit from"))
    slot_to: Mapped[datetime | None] = column(UtcDateTime, _l("Visit until"))
    started_at: Mapped[datetime | None] = column(UtcDateTime, _l("Started at"))
    finished_at: Mapped[datetime | None] = column(UtcDateTime, _l("Finished at"))
    checklist_pct: Mapped[int] = column(sa.Integer, _l("Checklist (%)"), nullable=False, default=0)
    photo_count: Mapped[int] = column(sa.Integer, _l("Photos"), nullable=False, default=0)
    missing_parts: Mapped[str | None] = column(sa.String(400), _l("Missing parts"), info=FREE_TEXT)
    note: Mapped[str | None] = column(sa.String(400), _l("Note"), info=FREE_TEXT)
    state: Mapped[InstallationState] = column(
        state_words(InstallationState), _l("State"), nullable=False, default=InstallationState.planned
    )

    order: Mapped[Order] = relationship(back_populates="installations")
    shipment: Mapped[Shipment | None] = relationship()
    installer: Mapped[User | None] = relationship("User", foreign_keys="Installation.installer_id")

    def __str__(self) -> str:
        return self.installation_no


class Acceptance(Stateful, Base):
    """The customer's yes or no to what was delivered and installed."""

    __tablename__ = "acceptance"
    __label__ = _l("Acceptance")
    __label_plural__ = _l("Acceptances")
    __table_args__ = (
        check("rejection_has_reason", "state <> 'rejected' OR rejection_reason IS NOT NULL"),
        check("accepted_is_signed", "state <> 'accepted' OR signed_at IS NOT NULL"),
        sort_index("state", "state_since"),
        sort_index("created_at"),
    )
    subject_paths: ClassVar[tuple[str, ...]] = ("order.customer",)

    acceptance_no: Mapped[str] = column(sa.String(30), _l("Acceptance number"), nullable=False, unique=True)
    order_id: Mapped[int] = reference("sales_order.id", _l("Order"), nullable=False)
    installation_id: Mapped[int | None] = reference("installation.id", _l("Installation"))
    shipment_id: Mapped[int | None] = reference("shipment.id", _l("Shipment"))
    signed_by: Mapped[str | None] = column(sa.String(60), _l("Signed by"), sensitivity=Sensitivity.NAME)
    unit_signed_by: Mapped[str | None] = column(
        sa.String(60), _l("Signed for the accepting unit by"), sensitivity=Sensitivity.NAME
    )
    seller_signed_by: Mapped[str | None] = column(sa.String(60), _l("Signed for us by"), sensitivity=Sensitivity.NAME)
    signed_at: Mapped[datetime | None] = column(UtcDateTime, _l("Signed at"))
    rejection_reason: Mapped[str | None] = column(sa.String(400), _l("Reason of the rejection"), info=FREE_TEXT)
    state: Mapped[AcceptanceState] = column(
        state_words(AcceptanceState), _l("State"), nullable=False, default=AcceptanceState.pending
    )

    order: Mapped[Order] = relationship(back_populates="acceptances")
    installation: Mapped[Installation | None] = relationship()
    shipment: Mapped[Shipment | None] = relationship()
    lines: Mapped[list[AcceptanceLine]] = relationship(
        back_populates="acceptance", order_by="AcceptanceLine.id", info={"label": _l("Acceptance lines")}
    )
    standards: Mapped[list[AcceptanceStandard]] = relationship(
        back_populates="acceptance", order_by="AcceptanceStandard.id", info={"label": _l("Accepted by standard")}
    )

    @property
    def keeps_files(self) -> bool:
        """A public buyer's yes stands on the sealed sheet."""
        return self.state is AcceptanceState.accepted and self.order.order_type is OrderType.government

    def __str__(self) -> str:
        return self.acceptance_no


class AcceptanceLine(Stamped, Base):
    """What of an order line was accepted and what was not, and why."""

    __tablename__ = "acceptance_line"
    __label__ = _l("Acceptance line")
    __label_plural__ = _l("Acceptance lines")
    __table_args__ = (
        sa.UniqueConstraint("acceptance_id", "order_line_id"),
        check("qty_positive", "qty > 0"),
        check("decided_within_qty", "qty_accepted >= 0 AND qty_rejected >= 0 AND qty_accepted + qty_rejected <= qty"),
        check("rejected_has_reason", "qty_rejected = 0 OR reason IS NOT NULL"),
    )

    acceptance_id: Mapped[int] = reference("acceptance.id", _l("Acceptance"), nullable=False, index=False)
    order_line_id: Mapped[int] = reference("order_line.id", _l("Order line"), nullable=False)
    qty: Mapped[Decimal] = quantity(_l("Quantity"), default=Decimal("1.000"))
    qty_accepted: Mapped[Decimal] = quantity(_l("Accepted"))
    qty_rejected: Mapped[Decimal] = quantity(_l("Rejected"))
    reason: Mapped[str | None] = column(sa.String(400), _l("Reason"))

    acceptance: Mapped[Acceptance] = relationship(back_populates="lines")
    order_line: Mapped[OrderLine] = relationship()

    def __str__(self) -> str:
        return f"{self.id}"


class AcceptanceStandard(Stamped, Base):
    """Whether the goods keep one standard, as the certificate of a public buyer says."""

    __tablename__ = "acceptance_standard"
    shown_with: ClassVar[str | None] = "acceptance"
    __label__ = _l("Standard of an acceptance")
    __label_plural__ = _l("Accepted by standard")
    __table_args__ = (
        sa.UniqueConstraint("acceptance_id", "standard"),
        check("failed_has_remark", "verdict <> 'failed' OR remark IS NOT NULL"),
    )

    # The unique constraint begins with the acceptance, so the key needs no index of its own.
    acceptance_id: Mapped[int] = reference("acceptance.id", _l("Acceptance"), nullable=False, index=False)
    standard: Mapped[Standard] = column(words(Standard, name="standard"), _l("Standard"), nullable=False)
    verdict: Mapped[Verdict | None] = column(words(Verdict, name="verdict"), _l("Verdict"))
    remark: Mapped[str | None] = column(
        sa.String(400), _l("Remark"), help_text=_l("What is not as the standard asks, where it is not kept.")
    )

    acceptance: Mapped[Acceptance] = relationship(back_populates="standards")

    def __str__(self) -> str:
        return self.standard.number
