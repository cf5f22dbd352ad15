"""What can be compared of a state: journeys, exceptions and samples, without numbers of a store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class StepView:
    """A step of a journey or subject."""

    first_at: datetime | None
    last_at: datetime | None
    evidence: str
    system: str | None
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class JourneyView:
    """A journey; `steps` by step and subject, `agreed` by attribute, `operations` to the outcome that counts now."""

    contract: str | None
    state: str
    steps: dict[tuple[str, str], StepView]
    agreed: dict[str, str]
    operations: dict[str, str]


@dataclass(frozen=True)
class ExceptionView:
    """An exception."""

    contract: str | None
    step: str | None
    subject: str
    opened_at: datetime
    settled_at: datetime | None = None
    settled_by: str | None = None
    reopened_count: int = 0


@dataclass(frozen=True)
class SampleView:
    """A sample of a duration."""

    started_at: datetime
    finished_at: datetime | None
    omitted: bool


@dataclass
class View:
    """A state: `journeys` by key, `exceptions` by kind and anchor, `samples` by journey, figure and subject."""

    journeys: dict[str, JourneyView] = field(default_factory=dict)
    exceptions: dict[tuple[str, tuple[str, ...]], ExceptionView] = field(default_factory=dict)
    samples: dict[tuple[str, str, str], SampleView] = field(default_factory=dict)
