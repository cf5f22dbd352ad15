"""Exceptions of the business: what must be settled, how it is named, what it can be."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from models.events import digest


class ExceptionKind(StrEnum):
    """How an exception was found."""

    FAILED = "failed"  # an operation failed and nothing mended it
    LATE = "late"  # a step was not reached by its due time
    DIFFERENT = "different"  # a follower holds another value than was agreed
    PREMATURE = "premature"  # a step before the one it must wait for
    DUPLICATE = "duplicate"  # two standing objects for one operation
    BROKEN_LINK = "broken_link"  # a reference that no longer resolves
    LINK_CONFLICT = "link_conflict"  # an owned key claimed by several contracts
    UNLINKED = "unlinked"  # an event that reaches no journey
    CONTRACT_GAP = "contract_gap"  # terms missing that billing needs
    INCOMPLETE = "incomplete"  # control totals differ from the source's
    UNREADABLE = "unreadable"  # quarantined input
    SCHEMA_DRIFT = "schema_drift"  # the shape of a stream changed
    CHANGED_CONTENT = "changed_content"  # one event identity was sent with several contents


class ExceptionStatus(StrEnum):
    """Where an exception is on its way to being settled."""

    OPEN = "open"  # nobody holds it
    OWNED = "owned"  # a person holds it
    ACTING = "acting"  # an action on it is under way
    SNOOZED = "snoozed"  # asleep until a time
    SETTLED = "settled"  # evidence or a person closed it
    WITHDRAWN = "withdrawn"  # facts showed that it never was


class Severity(StrEnum):
    """How much it matters."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


# Until money and the next invoice run weigh in, the kind alone decides.
SEVERITY: dict[ExceptionKind, Severity] = {
    ExceptionKind.FAILED: Severity.HIGH,
    ExceptionKind.DUPLICATE: Severity.HIGH,
    ExceptionKind.PREMATURE: Severity.MEDIUM,
    ExceptionKind.LINK_CONFLICT: Severity.MEDIUM,
    ExceptionKind.UNLINKED: Severity.LOW,
    ExceptionKind.CHANGED_CONTENT: Severity.LOW,
}


def exception_id(kind: str, anchor: Sequence[str]) -> str:
    """The id of the exception of this kind about this anchor; the same wherever and whenever it is found."""
    return f"exc_{digest(kind, *anchor).hex[:24]}"
