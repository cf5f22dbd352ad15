"""Durations of one journey, as exact rows: from one point of the process to another."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from models.derived import SampleRow
from models.evidence import Evidences, Shown
from models.facts import Facts
from models.process import Figure, Point, Process

TRUE = ("true", "1", "yes")


class Sampling:
    """The duration figures of one process version."""

    def __init__(self, process: Process) -> None:
        self._figures = [
            (figure, figure.start, figure.end)
            for figure in process.figures
            if figure.kind == "duration" and figure.start is not None and figure.end is not None
        ]

    def samples(
        self, facts: Facts, evidences: Evidences, again: Container[str], before: Sequence[SampleRow]
    ) -> list[SampleRow]:
        """A row for each figure (and subject, where the figure is per subject) whose start stands.

        Figures that are not among `again` keep their rows of `before`.
        """
        rows: list[SampleRow] = []
        for figure, start, end in self._figures:
            if figure.name in again:
                rows += self._rows(figure, start, end, facts, evidences)
            else:
                rows += (row for row in before if row.figure == figure.name)
        return rows

    def _rows(
        self, figure: Figure, start: Point, end: Point, facts: Facts, evidences: Evidences
    ) -> Iterator[SampleRow]:
        begun = evidences.standing(start.step)
        if not begun:
            return
        ended = evidences.standing(end.step)
        if not figure.per:
            started = _reached(start, facts, begun)
            if started is not None:
                yield _row(figure, "", started, _reached(end, facts, ended))
            return
        for subject in sorted(facts.subjects.get(figure.per, ())):
            from_here = _about(begun, figure.per, subject)
            # What ends a subject may name what began it by another subject: the invoice posted for a milestone.
            to_here = _about(ended, figure.per, subject)
            started = _reached(start, facts, from_here or _linked(begun, to_here))
            if started is not None:
                yield _row(figure, subject, started, _reached(end, facts, to_here))


def _about(subjects: dict[str, list[Shown]], kind: str, subject: str) -> dict[str, list[Shown]]:
    found = [
        one
        for name, shown in subjects.items()
        for one in shown
        if one.slot.fields.get(kind) == subject or (name == subject and one.slot.subject_kind == kind)
    ]
    return {subject: found} if found else {}


def _linked(begun: dict[str, list[Shown]], ended: dict[str, list[Shown]]) -> dict[str, list[Shown]]:
    named = {place for shown in ended.values() for one in shown for place in one.slot.fields.items()}
    return {
        subject: linked
        for subject, shown in begun.items()
        if (linked := [one for one in shown if (one.slot.subject_kind, subject) in named])
    }


def _row(figure: Figure, subject: str, started: int, finished: int | None) -> SampleRow:
    negative = finished is not None and finished < started
    return SampleRow(figure.name, subject, started, finished, negative and figure.negative == "omit")


def _reached(point: Point, facts: Facts, subjects: dict[str, list[Shown]]) -> int | None:
    if point.unless:
        subjects = {subject: shown for subject, shown in subjects.items() if not _holds(facts, subject, point.unless)}
    if not subjects:
        return None
    lines = facts.subjects.get("line")
    if point.lines == "all" and lines:
        return _reached_by_all(point, list(lines), subjects)
    return _pick(point, [one for shown in subjects.values() for one in shown])


def _reached_by_all(point: Point, lines: list[str], subjects: dict[str, list[Shown]]) -> int | None:
    times: list[int] = []
    for line in lines:
        # Evidence that names no line is about all of them.
        shown = [*subjects.get(line, ()), *subjects.get("", ())]
        if not shown:
            return None
        times.append(_pick(point, shown))
    return max(times)


def _pick(point: Point, shown: list[Shown]) -> int:
    if point.pick == "last":
        return max(_instant(point, one) for one in shown)
    # The first time it happened; of that evidence, when it was also written down.
    first = min(shown, key=lambda one: (one.slot.at, _instant(point, one)))
    return _instant(point, first)


def _instant(point: Point, one: Shown) -> int:
    slot = one.slot
    if point.at == "recorded" and slot.recorded_at is not None:
        return max(slot.at, slot.recorded_at)
    return slot.at


def _holds(facts: Facts, subject: str, name: str) -> bool:
    systems = facts.said.get(name, {}).get(subject, {})
    return any(said.value is not None and said.value.lower() in TRUE for said in systems.values())
