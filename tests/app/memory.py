"""What pages ask, answered from lists in memory. `test_ask.py` holds it against the answers of the store."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from zoneinfo import ZoneInfo

from app.ask import Ask, Question, Row
from models.actions import ActionRefusedError
from models.store.engine import StoreUnavailableError

NOW = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
_SEVERITIES = ("low", "medium", "high", "critical")


_QUESTIONS = {name for name in vars(Ask) if not name.startswith("_")}


class MemoryAsk:
    """Answers from the rows it is made with."""

    def __init__(
        self,
        *,
        processes: Sequence[Row] = (),
        journeys: Sequence[Row] = (),
        exceptions: Sequence[Row] = (),
        events: Sequence[Row] = (),
        actions: Sequence[Row] = (),
        plans: Sequence[Row] = (),
        rows: Mapping[str, Sequence[Row]] | None = None,
        kpis: Sequence[Row] = (),
        newest: datetime | None = None,
        beat: float | None = None,
        spans: Mapping[str, Sequence[Row]] | None = None,
        systems: Sequence[Row] = (),
        now: datetime = NOW,
    ) -> None:
        self.zone = ZoneInfo("Europe/Berlin")
        self._now = now
        self._processes = list(processes)
        apart = ("keys", "transactions", "terms")
        self._behinds = list(journeys)
        self._journeys = [{name: row[name] for name in row if name not in apart} for row in journeys]
        self._cases = list(exceptions)
        apart = ("anchor", "transaction_row", "events")
        self._exceptions = [{name: row[name] for name in row if name not in apart} for row in exceptions]
        self._events = list(events)
        self._actions = list(actions)
        self._plans = list(plans)
        self.asked_for: list[tuple[str, str, str]] = []
        self.refusal = ""
        self._rows = dict(rows or {})
        self._kpis = list(kpis)
        self._newest = newest or max((row["last_at"] for row in journeys), default=None)
        self._beat = beat
        self._systems = list(systems)
        self.read_anew: list[tuple[str, str, datetime | None, str, str]] = []
        self._spans = {name: list(rows) for name, rows in (spans or {}).items()}

    def now(self) -> datetime:
        return self._now

    def processes(self) -> list[Row]:
        return self._processes

    def freshness(self, process: str) -> Row:
        return {"newest_event_at": self._newest, "beat_seconds": self._beat, "quarantined": 0}

    def figures(self, process: str, start: datetime | None, before: datetime | None) -> list[Row]:
        return [row for row in self._kpis if row["period"] is None]

    def trend(self, process: str, figure: str, by: str, start: datetime | None) -> list[Row]:
        return [row for row in self._kpis if row["period"] is not None and row["name"] == figure]

    def standing(self, process: str) -> list[Row]:
        groups: dict[tuple[str, str | None], list[datetime]] = {}
        for row in self._of(process):
            groups.setdefault((row["state"], row["step"]), []).append(row["last_at"])
        return [
            {"state": state, "step": step, "count": len(times), "last_at": min(times)}
            for (state, step), times in groups.items()
        ]

    def journeys(self, process: str, search: str, question: Question) -> Row:
        rows = [
            row
            for row in self._of(process)
            if any(key["value"].startswith(search) for one in self.keys(row["key"]) for key in one["keys"])
        ]
        return _page(rows, question, "key")

    def journey(self, key: str) -> Row | None:
        return next((row for row in self._journeys if row["key"] == key), None)

    def keys(self, key: str) -> list[Row]:
        return self._behind(key, "keys", [])

    def transactions(self, key: str) -> list[Row]:
        return self._behind(key, "transactions", [])

    def spans(self, operation: str) -> list[Row]:
        return self._spans.get(operation, [])

    def terms(self, key: str) -> dict[str, Row]:
        return self._behind(key, "terms", {})

    def events(self, key: str, cursor: str) -> Row:
        return _page(self._events, Question((), "-at", cursor), "-at")

    def rows(self, process: str, figure: str, start: datetime | None, question: Question) -> Row:
        return _page(self._rows.get(figure, []), question, "-seconds")

    def exceptions(self, process: str, question: Question) -> Row:
        return _page(self._exceptions, question, "-opened_at")

    def exception(self, exception_id: str) -> Row | None:
        return next((row for row in self._cases if row["id"] == exception_id), None)

    def exception_counts(self, process: str) -> list[Row]:
        names = ("kind", "status", "severity", "system")
        groups: dict[tuple, list[datetime]] = {}
        for row in self._exceptions:
            groups.setdefault(itemgetter(*names)(row), []).append(row["opened_at"])
        return [
            dict(zip(names, group, strict=True)) | {"count": len(times), "opened_at": min(times)}
            for group, times in groups.items()
        ]

    def causes(self, process: str, question: Question) -> list[Row]:
        rows = _matching(self._exceptions, question)
        counts = Counter(row["fingerprint"] for row in rows)
        found = []
        for fingerprint, count in counts.most_common(5):
            first = min((row for row in rows if row["fingerprint"] == fingerprint), key=itemgetter("opened_at"))
            names = ("fingerprint", "kind", "system", "reason", "opened_at")
            found.append({name: first[name] for name in names} | {"count": count})
        return found

    def actions(self, exception_id: str) -> list[Row]:
        return [row for row in self._actions if row["exception"] == exception_id]

    def plan(self, exception_id: str) -> Row | None:
        return next((row for row in self._plans if row["exception"] == exception_id), None)

    def replay(self, exception_id: str, reason: str, user: str) -> Row | None:
        self.asked_for.append((exception_id, reason, user))
        if self.refusal:
            raise ActionRefusedError(self.refusal)
        return {"id": "act_1"} if self.plan(exception_id) else None

    def systems(self) -> list[Row]:
        return self._systems

    def read_again(self, system: str, stream: str, start: datetime | None, reason: str, user: str) -> bool:
        self.read_anew.append((system, stream, start, reason, user))
        return any(
            system == one["name"] and stream in {other["stream"] for other in one["streams"]} for one in self._systems
        )

    def _behind(self, key: str, name: str, nothing):
        return next((row[name] for row in self._behinds if row["key"] == key), nothing)

    def _of(self, process: str) -> list[Row]:
        return [row for row in self._journeys if row["process"] == process]


class FailingAsk(MemoryAsk):
    """A store whose database is away."""

    def __getattribute__(self, name: str):
        if name in _QUESTIONS:
            raise StoreUnavailableError("the database does not answer: connection refused; try again")
        return super().__getattribute__(name)


def _matching(rows: Sequence[Row], question: Question) -> list[Row]:
    wanted = question.mapping()
    return [
        row
        for row in rows
        if all(row[name] in values for name, values in wanted.items() if not name.endswith(("_from", "_to")))
    ]


def _page(rows: Sequence[Row], question: Question, usual: str) -> Row:
    sort = question.sort or usual
    name = sort.removeprefix("-")

    def place(row: Row) -> tuple:
        value = row[name]
        return value is None, _SEVERITIES.index(value) if name == "severity" else value

    rows = sorted(_matching(rows, question), key=place, reverse=sort.startswith("-"))
    begin = int(question.cursor or 0)
    end = begin + question.limit
    return {"items": rows[begin:end], "next": str(end) if len(rows) > end else None}


def ago(**span: float) -> datetime:
    """An instant before NOW."""
    return NOW - timedelta(**span)
