"""What figures and the rows behind them look like, for the OpenAPI document."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from app.api.shapes import Instant, Shape, Text
from models.derived import JourneyState
from models.exceptions import ExceptionKind, Severity


class Period(Shape):
    """From `from`, included, to `to`, excluded; within the window that was asked for."""

    model_config = ConfigDict(extra="forbid", title="Period")

    from_: datetime = Field(alias="from")
    to: datetime


class Kpi(Shape):
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


class DurationRow(Shape):
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


class ExceptionRow(Shape):
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
