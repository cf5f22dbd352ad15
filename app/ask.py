"""What pages may ask. `app/queries.py` answers from the store."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

Row = dict[str, Any]


class Question(NamedTuple):
    """Which page of a list is wanted. `filters` holds pairs of field and value; repeated fields mean either value."""

    filters: tuple[tuple[str, str], ...] = ()
    sort: str = ""
    cursor: str = ""
    limit: int = 25

    def mapping(self) -> dict[str, list[str]]:
        """The filters by field."""
        found: dict[str, list[str]] = {}
        for name, value in self.filters:
            found.setdefault(name, []).append(value)
        return found


def filters(wanted: Mapping[str, str | Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Pairs for a `Question`; empty values ask for nothing and are left out."""
    pairs: list[tuple[str, str]] = []
    for name, values in wanted.items():
        pairs += [(name, value) for value in ([values] if isinstance(values, str) else values) if value]
    return tuple(pairs)


class Ask(Protocol):
    """Everything that pages ask. Rows have the shapes of the HTTP interface, times are datetimes in UTC.

    Errors: StoreUnavailableError when the database does not answer, QuestionError for filters that are not known.
    """

    zone: ZoneInfo

    def now(self) -> datetime:
        """The as-of of everything shown: the clock's present instant."""
        ...

    def processes(self) -> list[Row]:
        """Loaded processes, those with journeys first.

        Shape: `name title journeys steps [{name title phase main}] figures [{name title kind from to per negative}]`.
        """
        ...

    def freshness(self, process: str) -> Row:
        """How new the data of a process is, of all where it has none: `newest_event_at beat_seconds quarantined`.

        newest_event_at is None before the first event, beat_seconds before the first worker.
        """
        ...

    def figures(self, process: str, start: datetime | None, before: datetime | None) -> list[Row]:
        """A row of the shape `kpi` for each figure of a process since `start`, None for all time.

        `previous` is the value from `before` to `start`, None where one of them is.
        """
        ...

    def trend(self, process: str, figure: str, by: str, start: datetime | None) -> list[Row]:
        """Rows of the shape `kpi` for one figure since `start`, by week or month, in order of time."""
        ...

    def standing(self, process: str) -> list[Row]:
        """Where journeys stand: `state step count last_at`, the oldest last event of each group."""
        ...

    def journeys(self, process: str, search: str, question: Question) -> Row:
        """A page of journeys; `search` is the beginning of any key's value, '' for all."""
        ...

    def journey(self, key: str) -> Row | None:
        """One journey by any of its keys; None when there is none. AmbiguousKeyError when a key leads to several."""
        ...

    def keys(self, key: str) -> list[Row]:
        """What each system calls a journey: `system keys [{kind value class}]`, by its listed key."""
        ...

    def transactions(self, key: str) -> list[Row]:
        """The operations of a journey in the shape `transaction` with `span_count` for spans, by its listed key."""
        ...

    def spans(self, operation: str) -> list[Row]:
        """The spans of an operation and of the traces that name it, as they began."""
        ...

    def terms(self, key: str) -> dict[str, Row]:
        """What is agreed and who holds what, by field: `agreed held {system: value}`, by a journey's listed key."""
        ...

    def events(self, key: str, cursor: str) -> Row:
        """A page of the events a journey is made of, newest first."""
        ...

    def rows(self, process: str, figure: str, start: datetime | None, question: Question) -> Row:
        """A page of the rows behind a figure since `start`: samples of journeys, or exceptions; filtered by `part`."""
        ...

    def exceptions(self, process: str, question: Question) -> Row:
        """A page of the exceptions of a process and of those that belong to no journey."""
        ...

    def exception(self, exception_id: str) -> Row | None:
        """One exception with `anchor`, `journey` (its key), `transaction_row` and `events` that are its evidence."""
        ...

    def exception_counts(self, process: str) -> list[Row]:
        """How many there are: `kind status severity system count opened_at` (the oldest)."""
        ...

    def causes(self, process: str, question: Question) -> list[Row]:
        """The largest groups of one cause: `fingerprint kind system reason count opened_at`, largest first."""
        ...

    def actions(self, exception_id: str) -> list[Row]:
        """The actions on an exception, the latest first; never kept, so that what was just asked for is there."""
        ...

    def plan(self, exception_id: str) -> Row | None:
        """What a replay of an exception would do, in the shape `plan`; None when there is no such exception.

        The system that would be asked is asked. Errors: Refused for what cannot be replayed at all.
        """
        ...

    def replay(self, exception_id: str, reason: str, user: str) -> Row | None:
        """Ask for a replay; the action. Errors: Refused, saying why; it is in the audit log then as well."""
        ...

    def systems(self) -> list[Row]:
        """The systems in the shape `system`; a stream has `read_seconds` besides, how long ago it was read."""
        ...

    def read_again(self, system: str, stream: str, start: datetime | None, reason: str, user: str) -> bool:
        """Read a stream once more, from `start`, None: from its beginning. False where there is none."""
        ...
