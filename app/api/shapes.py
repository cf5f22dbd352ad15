"""What answers look like, for the OpenAPI document; tests hold every answer against it.

Answers are made in `models/store/reading`; nothing here is run when a request is answered.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.derived import Evidence, JourneyState
from models.exceptions import ExceptionKind, ExceptionStatus, Severity

Text = str | None
Instant = datetime | None


class _Shape(BaseModel):
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


class Unread(_Shape):
    """An event that was put into quarantine."""

    index: int = Field(description="its place in the array, 0 for a single event")
    reason: str


class Taken(_Shape):
    """What became of the events sent."""

    accepted: int
    duplicates: int
    quarantined: list[Unread]


class Money(_Shape):
    """Decimal text in the currency's decimals, with its ISO 4217 code."""

    amount: str
    currency: str


class Related(_Shape):
    """Another contract."""

    kind: str
    contract: str


class Line(_Shape):
    """A line of a contract."""

    line: str
    contract_type: Text
    entity: Text
    value: Money | None


class Step(_Shape):
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


class Target(_Shape):
    """A follower of an amendment."""

    step: str
    state: Literal["reached", "pending", "due_soon", "late", "unknown", "different", "scheduled"]
    due_at: Instant
    reached_at: Instant
    expected: Text
    found: Text


class JourneyAmendment(_Shape):
    """An amendment as its journey shows it."""

    amendment: str
    approved_at: Instant
    state: str
    targets: list[Target]


class Amendment(JourneyAmendment):
    """An amendment with the journey it belongs to."""

    contract: Text
    journey: str


class Journey(_Shape):
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


class OpenException(_Shape):
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


class Attempt(_Shape):
    """One thing middleware said about an operation."""

    attempt: int | None
    transaction: str
    at: datetime
    outcome: str
    error_class: Text
    error_message: Text


class Transaction(_Shape):
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


class Action(_Shape):
    """A requested change. None can be requested yet."""

    id: str


class Stream(_Shape):
    """How far a stream was read."""

    stream: str
    cursor: Any
    watermark: Instant
    last_success_at: Instant
    lag_seconds: float | None
    blind_since: Instant
    last_error: Text
    quarantined: int


class System(_Shape):
    """An installation of a product; a source that was heard without being listed has no role."""

    name: str
    product: str
    role: Text
    streams: list[Stream]


class AuditEntry(_Shape):
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


class Quarantined(_Shape):
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


class Period(_Shape):
    """From `from`, included, to `to`, excluded; within the window that was asked for."""

    model_config = ConfigDict(extra="forbid", title="Period")

    from_: datetime = Field(alias="from")
    to: datetime


class Kpi(_Shape):
    """A figure of a group and period. `value` is the median; percentiles interpolate linearly between ranks.

    `finished` counts the samples in the percentiles, `omitted` those left out because they are negative. A sample
    belongs to the period in which it finished, a running one to now. Of `exception_aging` the samples are the
    exceptions that are open now, so `finished` counts those and `running` is 0. `previous` is the value of the period
    before; without a period in `by`, of the window of the same length before `from`. Weeks (ISO), months, quarters and
    fiscal periods begin at midnight of the reporting zone; a fiscal period is the calendar month until a fiscal
    calendar is set. Periods and groups without samples have no row.
    """

    name: str
    unit: Literal["seconds", "ratio", "count", "money"]
    group: dict[str, str | None]
    period: Period | None
    finished: int
    running: int
    omitted: int
    value: float | None
    p50: float | None
    p90: float | None
    target: float | None
    previous: float | None
    as_of: datetime


class DurationRow(_Shape):
    """A sample of a duration; `seconds` is null while it runs."""

    key: str
    contract: Text
    process: str
    state: JourneyState
    subject: str
    customer: Text
    entity: Text
    region: Text
    practice: Text
    contract_type: Text
    part: Literal["finished", "running", "omitted"]
    started_at: datetime
    finished_at: Instant
    seconds: float | None


class ExceptionRow(_Shape):
    """An exception behind a figure, with when it was opened and settled."""

    id: str
    kind: ExceptionKind
    contract: Text
    journey: Text
    process: Text
    system: Text
    owner: Text
    severity: Severity
    customer: Text
    entity: Text
    region: Text
    practice: Text
    contract_type: Text
    part: Literal["finished", "running", "omitted"]
    started_at: datetime
    finished_at: Instant
    seconds: float | None


class Health(_Shape):
    """This process runs."""

    status: Literal["ok"]
    version: str


class Ready(_Shape):
    """What was looked at; all of it is as it must be."""

    status: Literal["ready"]
    checks: dict[str, str]


def a_list(item: type[BaseModel]) -> type[BaseModel]:
    """The shape of a list of items: a page of them, and the cursor of the next, null after the last."""
    return type(
        f"{item.__name__}List",
        (_Shape,),
        {"__annotations__": {"items": list[item], "next": str | None}, "__doc__": f"A page of {item.__name__} items."},  # type: ignore[valid-type]
    )
