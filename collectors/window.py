"""Reading what changed since the last time, by the time that the source stamps on its rows.

A source may show a row some time after the instant stamped on it: a long transaction, an index that lags. So each sweep
goes back a while behind the newest stamp that was read, that instant included, and leaves out what it has read already.
How far back is meant in the machine's time; where the source's clock runs faster than that (a pretend firm's), it is
stretched. When nothing newer came for as long, all that is older has shown, and no sweep goes back behind it: many
rows of one moment are not read for ever.

Cursor, JSON: `newest` stamp read, `since` which machine time it is known, and the `speed` of the clocks then; `floor`,
behind which no sweep goes back; `seen`, short digests of the rows that the next sweep will meet again; `marks`, pairs
of the machine's and the program's time; `skew` of the source's clock; and in the middle of a sweep `met`, digests of
what this sweep read, and `sweep`: since when it reads, when it began, and the connector's `place` to go on from.
"""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

Json = Any

OVERLAP_SECONDS = 300.0
MOST_SEEN = 5_000
_MARKS = 8
_DIGEST_LETTERS = 11  # of 64 bits in base 64
_STEADY_SECONDS = 5.0
_LONGEST_OVERLAP = timedelta(days=60)


class Sweep:
    """One pass over what changed; made from the cursor, and giving the cursor for every page.

    `since`: read from this instant on, itself included; None: from the beginning. `place`: where in this sweep to go
    on, None at its beginning. `began_at`: the program's time when it began, up to which all is read at its end.
    `earliest`: nothing before it is read (`watch_from`). `skew`: see `Http.skew`.
    """

    def __init__(
        self,
        cursor: Json,
        now: Callable[[], datetime],
        *,
        skew: float | None = None,
        earliest: datetime | None = None,
        overlap_seconds: float = OVERLAP_SECONDS,
        wall: Callable[[], float] = time.time,
    ) -> None:
        state: dict[str, Any] = dict(cursor or {})
        self._now, self._wall = now, wall
        self._overlap_seconds = overlap_seconds
        self._earliest = earliest
        self._skew_before = state.get("skew")
        self._skew = self._skew_before if skew is None else skew
        self._marks = [(float(at), _instant(said)) for at, said in state.get("marks", ())]
        self._newest = self._newest_before = _instant(state["newest"]) if "newest" in state else None
        self._newest_since = state.get("since")
        self._newest_speed = float(state.get("speed", 1.0))
        self._floor = _instant(state["floor"]) if state.get("floor") else None
        self._seen = _unpacked(state.get("seen", ""))
        self._met: dict[str, datetime | None] = dict.fromkeys(_unpacked(state.get("met", "")))
        under_way = state.get("sweep")
        if under_way is None:
            self._began = self._wall()
            self.began_at = self._mark()
            self.since = self._beginning(self._newest)
            self.place: Json = None
        else:
            self._began = float(under_way["wall"])
            self.began_at = _instant(under_way["began"])
            self.since = None if under_way["since"] is None else _instant(under_way["since"])
            self.place = under_way["place"]

    def fresh(self, record: str, version: str, stamped_at: datetime) -> bool:
        """Whether this version of a record was not read before; from now on it was."""
        self._newest = stamped_at if self._newest is None else max(self._newest, stamped_at)
        digest = _digest(record, version)
        if digest in self._met:
            return False
        self._met[digest] = stamped_at
        return digest not in self._seen

    def at(self, place: Json) -> Json:
        """The cursor behind a page that is not the last: the sweep goes on from `place`."""
        since = None if self.since is None else self.since.isoformat()
        sweep = {"since": since, "began": self.began_at.isoformat(), "wall": self._began, "place": place}
        return self._state() | {"seen": _packed(self._seen), "met": _packed(self._met_to_keep()), "sweep": sweep}

    def end(self, skew: float | None = None) -> Json:
        """The cursor behind the last page. `skew`: how far the source's clock is ahead of the machine's by now."""
        self._mark()
        if skew is not None:
            self._skew = skew
        if self._newest is not None and self._skew is not None and self._skew_before is not None:
            back = self._skew_before - self._skew
            if back > _STEADY_SECONDS:
                # The source's clock was set back: what it stamps now may lie before what was read already.
                self._newest -= timedelta(seconds=back)
                self._floor = None
        self._settle()
        return self._state() | {"seen": _packed(self._met_to_keep())}

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = {"marks": [[at, said.isoformat()] for at, said in self._marks]}
        if self._newest is not None:
            state |= {"newest": self._newest.isoformat(), "since": self._newest_since, "speed": self._newest_speed}
        if self._floor is not None:
            state["floor"] = self._floor.isoformat()
        if self._skew is not None:
            state["skew"] = self._skew
        return state

    def _settle(self) -> None:
        """Note since when the newest row is known, and whether all that is older must have shown by now."""
        if self._newest != self._newest_before or self._newest_since is None:
            self._newest_since, self._newest_speed = self._wall(), self._speed()
        elif self._began - self._newest_since >= self._overlap_seconds:
            # A stamp in the future says nothing of what comes until then.
            self._floor = None if self._newest is None else min(self._newest, self.began_at)

    def _mark(self) -> datetime:
        """Note both clocks; thinned so that the notes reach back as far as the overlap."""
        wall, now = self._wall(), self._now().astimezone(UTC)
        if len(self._marks) >= _MARKS:
            apart = self._overlap_seconds / _MARKS
            keep = [self._marks[0]]
            for mark in self._marks[1:]:
                if mark[0] - keep[-1][0] >= apart:
                    keep.append(mark)
            self._marks = keep
        self._marks = [*self._marks, (wall, now)][-_MARKS:]
        return now

    def _speed(self) -> float:
        """How many seconds of the program's clock went by in one of the machine's, at its fastest; at least 1."""
        fastest = max(1.0, self._newest_speed)
        for (wall, said), (next_wall, next_said) in zip(self._marks, self._marks[1:], strict=False):
            if next_wall > wall:
                fastest = max(fastest, (next_said - said).total_seconds() / (next_wall - wall))
        return fastest

    def _overlap(self) -> timedelta:
        seconds = min(self._overlap_seconds * self._speed(), _LONGEST_OVERLAP.total_seconds())
        return timedelta(seconds=seconds)

    def _beginning(self, newest: datetime | None) -> datetime | None:
        if newest is None:
            return self._earliest
        since = min(newest, self.began_at) - self._overlap()
        least = [at for at in (self._earliest, self._floor) if at is not None]
        return max(since, *least) if least else since

    def _met_to_keep(self) -> Iterable[str]:
        """Digests of the rows that the next sweep may meet again; those without a time were met on an earlier page."""
        since = self._beginning(self._newest)
        kept = [digest for digest, at in self._met.items() if at is None or since is None or at >= since]
        return kept[-MOST_SEEN:]


def cursor_from(at: datetime) -> Json:
    """The cursor that reads anew from an instant on, and the overlap before it."""
    return {"newest": at.astimezone(UTC).isoformat()}


def _digest(record: str, version: str) -> str:
    raw = blake2b(f"{record}\0{version}".encode(), digest_size=8).digest()
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _packed(digests: Iterable[str]) -> str:
    return "".join(digests)


def _unpacked(text: str) -> set[str]:
    return {text[at : at + _DIGEST_LETTERS] for at in range(0, len(text), _DIGEST_LETTERS)}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
