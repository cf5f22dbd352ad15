"""What answers look like, for the OpenAPI document; tests hold every answer against it.

Answers are made in `models/store/reading`; nothing here is run when a request is answered.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.derived import Evidence, JourneyState
from models.exceptions import ExceptionKind, ExceptionStatus, Severity
from models.traces import SpanKind, SpanStatus

Text = str | None
Instant = datetime | None


class Shape(BaseModel):
    """An object with exactly these members."""

    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """RFC 9457. Further members say what was asked wrongly (`parameter`) and what is allowed (`allowed`)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str


class CloudEvent(BaseModel):
    """CloudEvents 1.0. `source` and `id` identify it, `time` is when it happened; only `data.keys` join."""

    specversion: Literal["1.0"]
    source: str = Field(max_length=500)
    id: str = Field(max_length=500)
    type: str = Field(max_length=500)
    time: datetime
    recordedtime: datetime | None = None
    sequence: str | int | None = None
    subject: str | None = None
    data: dict[str, Any] = Field(
        default_factory=dict, description="`record`, `keys` (name to value or values), `attributes`, `retracts`"
    )


class Unread(Shape):
    """An event that was put into quarantine."""

    index: int = Field(description="its place in the array, 0 for a single event")
    reason: str


class Taken(Shape):
    """What became of the events sent."""

    accepted: int
    duplicates: int
    quarantined: list[Unread]


class Money(Shape):
    """Decimal text in the currency's decimals, with its ISO 4217 code."""

    amount: str
    currency: str


class Related(Shape):
    """Another contract."""

    kind: str
    contract: str


class Line(Shape):
    """A line of a contract."""

    line: str
    contract_type: Text
    entity: Text
    value: Money | None


class Step(Shape):
    """A step of a journey or subject. Withdrawn or inferred ones have no times of their own."""

    step: str
    subject: str
    first_at: Instant
    last_at: Instant
    due_at: Instant
    evidence: Evidence
    system: Text
    withdrawn_at: Instant
    withdrawn_by: Text


class Target(Shape):
    """A follower of an amendment."""

    step: str
    state: Literal["reached", "pending", "due_soon", "late", "unknown", "different", "scheduled"]
    due_at: Instant
    reached_at: Instant
    expected: Text
    found: Text


class JourneyAmendment(Shape):
    """An amendment as its journey shows it."""

    amendment: str
    approved_at: Instant
    state: str
    targets: list[Target]


class Amendment(JourneyAmendment):
    """An amendment with the journey it belongs to."""

    contract: Text
    journey: str


class Journey(Shape):
    """Everything that belongs to one contract."""

    key: str
    contract: Text
    process: str
    customer: Text
    entity: Text
    region: Text
    practice: Text
    contract_type: Text
    value: Money | None
    lines: list[Line]
    step: Text
    state: JourneyState
    state_reason: str
    first_at: datetime
    last_at: datetime
    related: list[Related]
    steps: list[Step]
    amendments: list[JourneyAmendment]
    exceptions: list[str]
    money_at_risk: Money | None


class OpenException(Shape):
    """Something that must be settled. `process` and `journey` are null for what belongs to no journey."""

    id: str
    kind: ExceptionKind
    contract: Text
    journey: Text
    process: Text
    step: Text
    subject: str
    system: Text
    transaction: Text
    operation: Text
    reason: str
    fingerprint: str
    severity: Severity
    status: ExceptionStatus
    owner: Text
    assignee: Text
    opened_at: datetime
    due_at: Instant
    settled_at: Instant
    settled_by: Text
    reopened_count: int
    age_seconds: float = Field(description="until it was settled, or until now")
    money_at_risk: Money | None
    cost_per_day: Money | None
    also_blocks: list[str]


class Attempt(Shape):
    """One thing middleware said about an operation."""

    attempt: int | None
    transaction: str
    at: datetime
    outcome: str
    error_class: Text
    error_message: Text


class Span(Shape):
    """What a service reported of its own work, by OpenTelemetry; `parent_id` is null for the first of its trace."""

    trace_id: str
    span_id: str
    parent_id: Text
    name: str
    service: str
    kind: SpanKind
    status: SpanStatus
    status_message: str
    started_at: datetime
    ended_at: datetime
    contract: Text
    transaction: Text
    operation: Text
    attempt: int | None
    attributes: dict[str, Any]
    dropped_attributes_count: int


class Transaction(Shape):
    """One business operation with all its attempts; `payload` is the newest that was sent, masked."""

    id: str
    operation: str
    contract: Text
    flow: Text
    source_system: Text
    target_system: Text
    state: str
    attempts: list[Attempt]
    payload: Any
    spans: list[Span] = Field(description="of the traces that name it, as they began; at most 2,000 of 20 traces")


class Stream(Shape):
    """How far a stream was read. `blind_since`: nothing later than this is known for sure; null while all is well."""

    stream: str
    cursor: Any
    watermark: Instant
    last_success_at: Instant
    lag_seconds: float | None
    blind_since: Instant
    last_error: Text
    last_error_at: Instant
    next_poll_at: Instant
    watch_from: Instant
    quarantined: int


class System(Shape):
    """An installation of a product; a source that was heard without being listed has no role."""

    name: str
    product: str
    role: Text
    streams: list[Stream]


class AuditEntry(Shape):
    """Who tried what; `hash` covers the entry and `previous_hash`."""

    seq: int
    at: datetime
    actor: str
    verb: str
    object: str
    outcome: str
    reason: str
    hash: str
    previous_hash: str


class Quarantined(Shape):
    """Input that could not be read; `excerpt` is its beginning, masked."""

    id: str
    source: str
    stream: str
    format: str
    reason: str
    first_seen_at: datetime
    count: int
    excerpt: str
    reimported_at: Instant


class Health(Shape):
    """This process runs."""

    status: Literal["ok"]
    version: str


class Ready(Shape):
    """What was looked at; all of it is as it must be."""

    status: Literal["ready"]
    checks: dict[str, str]


def a_list(item: type[BaseModel]) -> type[BaseModel]:
    """The shape of a list of items: a page of them, and the cursor of the next, null after the last."""
    return type(
        f"{item.__name__}List",
        (Shape,),
        {"__annotations__": {"items": list[item], "next": str | None}, "__doc__": f"A page of {item.__name__} items."},  # type: ignore[valid-type]
    )
