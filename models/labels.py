"""Every vocabulary of the product with its labels and, for states, its tones.

The words themselves stand in ``labels_goods``, ``labels_order``, ``labels_work`` and ``labels_money``; this module
names them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from models.conformity import CONFORMITY_LABELS, Verdict
from models.contract import CONTRACT_LABELS
from models.customer_link import CUSTOMER_LINK_LABELS, CustomerLinkState
from models.customer_merge import MERGE_LABELS, MergeState
from models.guarantee import GUARANTEE_LABELS, GuaranteeState
from models.labels_access import ACCESS_LABELS, RightsChangeKind, RightsChangeState
from models.labels_amendment import (
    AMENDMENT_LABELS,
    CancellationState,
    ChangeKind,
    ChangeSide,
    ChangeState,
    CostKind,
    DepositMode,
    LineStage,
)
from models.labels_duty import DUTY_LABELS, ConflictKind, DelegationState, ParameterChangeState
from models.labels_exception import (
    EXCEPTION_LABELS,
    ClockRunState,
    CoordinationState,
    ExceptionLevel,
    ExceptionState,
)
from models.labels_export import EXPORT_LABELS, ExportFormat, ExportOutcome, ExportRequestState
from models.labels_goods import (
    GOODS_LABELS,
    ConsentPurpose,
    CustomerKind,
    CustomerLevel,
    Elevator,
    EnvGrade,
    ProductCategory,
    ReservationKind,
    SupplyMode,
)
from models.labels_money import (
    MONEY_LABELS,
    DueBasis,
    ImportDid,
    ImportOutcome,
    InstalmentState,
    InvoiceKind,
    InvoiceState,
    Origin,
    PaymentMethod,
    PaymentNature,
    PaymentState,
    RedReason,
    RefundReason,
    RefundState,
    ScheduleTrigger,
)
from models.labels_order import (
    ORDER_LABELS,
    ApprovalKind,
    ApprovalState,
    CancelKind,
    CancelReason,
    Channel,
    ContractKind,
    DeliveryMode,
    FeeKind,
    InboxState,
    LateReason,
    LetterChannel,
    LetterState,
    OpinionOf,
    OrderOrigin,
    OrderState,
    OrderType,
    RegulationState,
    ReviewCheck,
    ReviewResult,
    VoteDecision,
)
from models.labels_outside import OUTSIDE_LABELS, Way
from models.labels_signin import SIGNIN_LABELS
from models.labels_talk import TALK_LABELS, NoticeKind
from models.labels_work import (
    WORK_LABELS,
    AcceptanceState,
    DefectCause,
    DefectClass,
    InspectionKind,
    InspectionState,
    InstallationState,
    LiableParty,
    Operation,
    PackageState,
    Packing,
    ShipmentState,
    TaskPriority,
    TaskState,
    TicketKind,
    TicketLevel,
    TicketSource,
    TicketState,
)
from models.late_claim import LATE_CLAIM_LABELS, LateClaimState
from models.privacy import PRIVACY_LABELS, ConsentState, RequestState
from models.vocabulary import Labels, Tone

LABELS: Labels = {
    **GOODS_LABELS,
    **ORDER_LABELS,
    **CONFORMITY_LABELS,
    **CONTRACT_LABELS,
    **GUARANTEE_LABELS,
    **LATE_CLAIM_LABELS,
    **CUSTOMER_LINK_LABELS,
    **MERGE_LABELS,
    **WORK_LABELS,
    **MONEY_LABELS,
    **ACCESS_LABELS,
    **OUTSIDE_LABELS,
    **PRIVACY_LABELS,
    **DUTY_LABELS,
    **EXPORT_LABELS,
    **EXCEPTION_LABELS,
    **SIGNIN_LABELS,
    **TALK_LABELS,
    **AMENDMENT_LABELS,
}


def _tones(enum: type[StrEnum], **words: str) -> Mapping[Any, Tone]:
    tones = {enum(word): Tone(tone) for tone, listed in words.items() for word in listed.split()}
    return {member: tones.get(member, Tone.neutral) for member in enum}


TONES: Mapping[type[StrEnum], Mapping[Any, Tone]] = {
    ExceptionLevel: _tones(ExceptionLevel, info="l1", warning="l2", danger="l3"),
    ExceptionState: _tones(
        ExceptionState,
        warning="open pending_approval",
        info="answered planned",
        progress="in_handling",
        success="resolved closed",
    ),
    CoordinationState: _tones(CoordinationState, warning="raised", progress="decided", success="done"),
    ClockRunState: _tones(ClockRunState, warning="warned", success="kept", danger="breached"),
    DelegationState: _tones(DelegationState, warning="proposed", progress="active"),
    ParameterChangeState: _tones(
        ParameterChangeState, warning="proposed", info="approved", success="applied", danger="refused"
    ),
    InboxState: _tones(InboxState, warning="open", success="entered"),
    OrderState: _tones(
        OrderState,
        warning="pending_review pending_approval approved",
        info="confirmed ready_to_ship",
        progress="in_production partly_shipped shipped delivered pending_acceptance",
        success="completed closed",
        danger="rejected",
    ),
    RegulationState: _tones(
        RegulationState,
        warning="pending_review",
        info="confirmed ready_to_ship",
        progress="in_production shipped",
        success="completed",
    ),
    RightsChangeState: _tones(RightsChangeState, warning="proposed", success="applied", danger="refused"),
    Verdict: _tones(Verdict, success="passed", danger="failed"),
    ReviewResult: _tones(ReviewResult, success="passed", danger="failed", warning="conditional"),
    ApprovalState: _tones(ApprovalState, warning="pending expired", success="approved", danger="rejected"),
    CancellationState: _tones(
        CancellationState,
        warning="asked pending_approval",
        info="costed checked",
        progress="offered",
        success="effective",
    ),
    ChangeState: _tones(
        ChangeState, warning="asked pending_approval", progress="offered", info="accepted", success="applied"
    ),
    LetterState: _tones(LetterState, info="sent", success="acknowledged", danger="disputed"),
    CustomerLinkState: _tones(CustomerLinkState, progress="active"),
    MergeState: _tones(MergeState, warning="requested", success="merged", danger="refused"),
    TaskState: _tones(
        TaskState,
        info="planned released",
        progress="in_progress",
        warning="paused",
        success="completed",
    ),
    InspectionState: _tones(InspectionState, warning="pending", success="passed", danger="failed"),
    ShipmentState: _tones(
        ShipmentState,
        info="planned scheduled",
        progress="in_transit",
        success="delivered",
    ),
    PackageState: _tones(
        PackageState,
        info="packed",
        progress="loaded",
        success="delivered",
        danger="damaged lost",
    ),
    InstallationState: _tones(
        InstallationState,
        info="planned scheduled",
        progress="in_progress",
        success="done",
    ),
    AcceptanceState: _tones(AcceptanceState, warning="pending", success="accepted", danger="rejected"),
    TicketState: _tones(
        TicketState,
        warning="open",
        info="responded",
        progress="planned",
        success="closed",
    ),
    PaymentState: _tones(PaymentState, warning="unallocated", progress="partly", success="allocated"),
    InstalmentState: _tones(InstalmentState, progress="partly_paid", success="paid"),
    RefundState: _tones(
        RefundState,
        warning="draft",
        info="approved",
        success="executed",
        danger="rejected",
    ),
    GuaranteeState: _tones(
        GuaranteeState, warning="due to_return", progress="held", success="returned", danger="called"
    ),
    LateClaimState: _tones(LateClaimState, warning="claimed", success="paid"),
    InvoiceState: _tones(InvoiceState, warning="applied", success="issued"),
    ConsentState: _tones(ConsentState, success="given", warning="withdrawn"),
    RequestState: _tones(RequestState, warning="received", success="answered"),
    ImportDid: _tones(ImportDid, success="made", info="changed"),
    ImportOutcome: _tones(ImportOutcome, success="accepted", danger="rejected"),
    ExportOutcome: _tones(ExportOutcome, progress="running", success="done", danger="failed"),
    ExportRequestState: _tones(
        ExportRequestState,
        warning="requested",
        progress="approved",
        success="done",
        danger="refused",
    ),
}


def label_of(member: StrEnum) -> Any:
    """The lazy label of a word.

    Raises:
        KeyError: the vocabulary has no labels.
    """
    return LABELS[type(member)][member]


def tone_of(member: StrEnum) -> Tone:
    """The tone of a state; neutral where none is declared."""
    return TONES.get(type(member), {}).get(member, Tone.neutral)


__all__ = [
    "LABELS",
    "TONES",
    "AcceptanceState",
    "ApprovalKind",
    "ApprovalState",
    "CancelKind",
    "CancelReason",
    "CancellationState",
    "ChangeKind",
    "ChangeSide",
    "ChangeState",
    "Channel",
    "ConflictKind",
    "ConsentPurpose",
    "ContractKind",
    "CostKind",
    "CustomerKind",
    "CustomerLevel",
    "DefectCause",
    "DefectClass",
    "DelegationState",
    "DeliveryMode",
    "DepositMode",
    "DueBasis",
    "Elevator",
    "EnvGrade",
    "ExportFormat",
    "ExportOutcome",
    "ExportRequestState",
    "FeeKind",
    "GuaranteeState",
    "ImportDid",
    "ImportOutcome",
    "InboxState",
    "InspectionKind",
    "InspectionState",
    "InstallationState",
    "InstalmentState",
    "InvoiceKind",
    "InvoiceState",
    "LateClaimState",
    "LateReason",
    "LetterChannel",
    "LetterState",
    "LiableParty",
    "LineStage",
    "NoticeKind",
    "Operation",
    "OpinionOf",
    "OrderOrigin",
    "OrderState",
    "OrderType",
    "Origin",
    "PackageState",
    "Packing",
    "ParameterChangeState",
    "PaymentMethod",
    "PaymentNature",
    "PaymentState",
    "ProductCategory",
    "RedReason",
    "RefundReason",
    "RefundState",
    "RegulationState",
    "ReservationKind",
    "ReviewCheck",
    "ReviewResult",
    "RightsChangeKind",
    "RightsChangeState",
    "ScheduleTrigger",
    "ShipmentState",
    "SupplyMode",
    "TaskPriority",
    "TaskState",
    "TicketKind",
    "TicketLevel",
    "TicketSource",
    "TicketState",
    "Tone",
    "VoteDecision",
    "Way",
    "label_of",
    "tone_of",
]
