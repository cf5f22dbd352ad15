"""What is known of one journey once its facts are folded: the rows that pages, figures and the state hash read.

Times are microseconds since 1970 in UTC. Packed with msgspec's msgpack into `journey.derived`; `pack` and `unpack`
are the only way in and out.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Evidence(StrEnum):
    """How a step is known."""

    OBSERVED = "observed"  # evidence stands
    INFERRED = "inferred"  # a later step of the same thing stands
    CONTRADICTED = "contradicted"  # one system's evidence stands against another's withdrawal
    UNKNOWN = "unknown"  # nobody who could show it was heard


class JourneyState(StrEnum):
    """What a journey is, the first that applies."""

    FAILED = "failed"  # a transaction failed and nothing mended it
    LATE = "late"  # a deadline passed
    DUE_SOON = "due_soon"  # a deadline is near
    UNKNOWN = "unknown"  # a deadline passed and the systems that could show it were not heard
    PROVISIONAL = "provisional"  # no contract yet
    INHERITED = "inherited"  # older than what is watched
    RUNNING = "running"  # on its way
    ENDED = "ended"  # terminated, superseded or lost
    DONE = "done"  # complete


class StepRow(msgspec.Struct, array_like=True, gc=False):
    """A step of a journey or subject. Withdrawn and nothing standing: no times, `withdrawn_at` set, `evidence` as
    inferred or unknown; inferred: no times."""

    step: str
    subject: str
    first_at: int | None = None
    last_at: int | None = None
    evidence: str = Evidence.OBSERVED
    system: str | None = None
    withdrawn_at: int | None = None
    withdrawn_by: str | None = None


class SampleRow(msgspec.Struct, array_like=True, gc=False):
    """One sample of a duration; still running while `finished_at` is None; `omitted` when negative ones are left
    out."""

    figure: str
    subject: str
    started_at: int
    finished_at: int | None = None
    omitted: bool = False


class ExceptionRow(msgspec.Struct, array_like=True, gc=False):
    """One exception of a journey; the id derives from kind and anchor."""

    exception_id: str
    kind: str
    anchor: list[str]
    opened_at: int
    reason: str
    fingerprint: str
    severity: str
    step: str | None = None
    subject: str = ""
    system: str | None = None
    transaction: str | None = None
    operation: str | None = None
    settled_at: int | None = None
    settled_by: str | None = None
    reopened_count: int = 0


class AttemptRow(msgspec.Struct, array_like=True, gc=False):
    """One thing middleware said about an operation. `outcome` is the last part of the event type (`failed`)."""

    at: int
    outcome: str
    attempt: str
    transaction: str
    identity: str
    error_class: str | None = None
    error_message: str | None = None


class TransactionRow(msgspec.Struct, array_like=True, gc=False):
    """An operation with all its attempts in order of time; `state` is the outcome that counts now."""

    transaction: str
    operation: str
    state: str
    attempts: list[AttemptRow]
    flow: str | None = None
    source_system: str | None = None
    target_system: str | None = None


class TargetRow(msgspec.Struct, array_like=True, gc=False):
    """One follower of an amendment."""

    step: str
    state: str
    reached_at: int | None = None


class AmendmentRow(msgspec.Struct, array_like=True, gc=False):
    """One amendment. `state`: approved, signed, rejected, pending."""

    amendment: str
    state: str
    approved_at: int | None = None
    targets: list[TargetRow] = []


class LineRow(msgspec.Struct, array_like=True, gc=False):
    """One line of the contract with what is agreed for it."""

    line: str
    contract_type: str | None = None
    entity: str | None = None
    currency: str | None = None
    value: str | None = None


class Derived(msgspec.Struct, array_like=True):
    """Everything derived of one journey. `held`: field, then system, then the value that system holds."""

    process: str
    process_version: int
    state: str
    state_reason: str
    step: str | None
    first_at: int
    last_at: int
    agreed: dict[str, str]
    held: dict[str, dict[str, str]]
    steps: list[StepRow]
    samples: list[SampleRow]
    exceptions: list[ExceptionRow]
    transactions: list[TransactionRow]
    amendments: list[AmendmentRow]
    lines: list[LineRow]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Derived)


def pack(derived: Derived) -> bytes:
    """The bytes that `journey.derived` keeps."""
    return _encoder.encode(derived)


def unpack(packed: bytes) -> Derived:
    """What `pack` packed."""
    return _decoder.decode(packed)
