"""What must be looked at again when a journey learned something, and what cannot have changed.

A journey is long and an event is short: folding all of it for each event would make the cost follow the journey and not
the change. Everything that a part of the state is made from is named here, once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from models.facts import Facts
from models.gathering import News
from models.process import Figure, Point, Process


class Scope(NamedTuple):
    """Parts of a journey's state that may be other than before.

    `rows` are steps; `fields` attributes of the whole; `figures` names. The rest say whether a part is made anew.
    """

    rows: frozenset[str]
    fields: frozenset[str]
    figures: frozenset[str]
    failures: bool
    prematures: bool
    duplicates: bool
    amendments: bool
    lines: bool


class Scoping:
    """What one process version makes each part of the state from."""

    def __init__(self, process: Process, implied: dict[str, list[str]]) -> None:
        self._process = process
        self._judged = {step.name: {step.name} for step in process.steps}
        for withdrawal in process.withdrawals:
            self._judged.setdefault(withdrawal.by, set()).update(withdrawal.steps)
        self._implied = implied
        self._effects = {effect.step for effect in process.effects}
        waiting = [step for step in process.steps if step.waits_for]
        self._waiting = {step.name for step in waiting}
        self._awaited = {wait.step for step in waiting for wait in step.waits_for}
        self._excusing = {step.excused_by for step in waiting if step.excused_by}
        self._alone = {step.name for step in process.steps if step.alone_by is not None}
        self._figures = [
            (figure, _points(figure)) for figure in process.figures if figure.kind == "duration" and _points(figure)
        ]

    def of(self, news: News, facts: Facts, has_failed: bool) -> Scope:
        """What `news` may change; `has_failed`: an operation of the journey failed before, mended or not."""
        judged = {step for type_ in news.types for step in self._judged.get(type_, ())}
        return Scope(
            rows=frozenset(judged.union(*(self._implied.get(step, ()) for step in judged))),
            fields=news.fields,
            figures=frozenset(self._figures_of(judged, news)),
            failures=news.operations or (has_failed and not self._effects.isdisjoint(judged)),
            prematures=not (
                self._waiting.isdisjoint(judged)
                and self._awaited.isdisjoint(news.types)
                and self._excusing.isdisjoint(news.fields)
            ),
            duplicates=not self._alone.isdisjoint(judged),
            amendments="amendment" in facts.subjects and (bool(judged) or "amendment" in news.subjects),
            lines="line" in facts.subjects and (bool(news.fields) or "line" in news.subjects),
        )

    def _figures_of(self, judged: set[str], news: News) -> Iterable[str]:
        for figure, points in self._figures:
            if (
                any(point.step in judged or point.unless in news.fields for point in points)
                or figure.per in news.subjects
                # A line more, and not all have reached it any longer.
                or ("line" in news.subjects and any(point.lines == "all" for point in points))
            ):
                yield figure.name


def _points(figure: Figure) -> list[Point]:
    return [point for point in (figure.start, figure.end) if point is not None]
