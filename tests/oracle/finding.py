"""What one journey shows that somebody must settle, its durations and its state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import combinations

from models.events import SUBJECTS, TRANSACTION_TYPES, Event
from models.process import Point, Step, Wait
from tests.oracle.telling import Evidence, Told
from tests.oracle.view import ExceptionView, SampleView

Found = tuple[str, tuple[str, ...], ExceptionView]  # kind, anchor, the exception

FAILURES = ("failed", "dead_lettered")
ENDINGS = ("succeeded", "discarded")
RANK = ("started", "failed", "dead_lettered", "replayed", "discarded", "succeeded")


def outcome(event: Event) -> str:
    return event.type.rpartition(".")[2]


def operations(told: Told) -> dict[str, list[Event]]:
    """Every operation with what was said of it, in order of time, of attempts, of outcomes."""
    found: dict[str, list[Event]] = {}
    for event in told.events:
        if event.type in TRANSACTION_TYPES:
            said = event.attributes
            found.setdefault(said.get("operation") or transaction(event), []).append(event)
    return {operation: sorted(events, key=_in_order) for operation, events in found.items()}


def transaction(event: Event) -> str:
    return event.attributes.get("transaction") or event.record or event.id


def _in_order(event: Event) -> tuple[datetime, int, int, object]:
    attempt = event.attributes.get("attempt") or ""
    number = int(attempt) if attempt.isdigit() else -1
    return event.occurred_at, number, RANK.index(outcome(event)), event.identity


def failed(told: Told) -> Iterable[Found]:
    """Operations that failed: open until a later attempt succeeded, or the effect stands in the target."""
    for operation, attempts in operations(told).items():
        failures = [one for one in attempts if outcome(one) in FAILURES]
        if not failures:
            continue
        # Runs of failures, each ended by a success or a person's discarding.
        settled: Event | None = None
        reopened = 0
        for place, one in enumerate(attempts):
            if outcome(one) in FAILURES:
                reopened += settled is not None
                settled = None
            elif (
                outcome(one) in ENDINGS
                and settled is None
                and any(outcome(earlier) in FAILURES for earlier in attempts[:place])
            ):
                settled = one
        settled_at = None if settled is None else settled.occurred_at
        settled_by = None if settled is None else "discarded" if outcome(settled) == "discarded" else "a later attempt"
        if settled is None:
            reopened += _times_lost(told, attempts, failures[0].occurred_at)
            effects = [one.at for one in _effects(told, attempts) if one.stands]
            if effects:
                settled_at, settled_by = max(min(effects), failures[0].occurred_at), "by hand"
                sent_again = [one for one in attempts[attempts.index(failures[-1]) :] if outcome(one) == "replayed"]
                if sent_again and min(effects) >= sent_again[-1].occurred_at - timedelta(minutes=1):
                    settled_by = "its effect, after a replay"
        yield (
            "failed",
            (operation,),
            ExceptionView(
                told.contract,
                next((one.step for one in told.process.effects if one.flow == newest(attempts, "flow")), None),
                _subject(attempts),
                failures[0].occurred_at,
                settled_at,
                settled_by,
                reopened,
            ),
        )


def newest(attempts: list[Event], name: str) -> str | None:
    return next((value for one in reversed(attempts) if (value := one.attributes.get(name))), None)


def _subject(attempts: list[Event]) -> str:
    """The subject named by the first attempt that names anything to link by."""
    links = (*SUBJECTS, "entity", "operation")
    first = next((one.attributes for one in attempts if any(one.attributes.get(name) for name in links)), {})
    return next((first[kind] for kind in SUBJECTS if first.get(kind)), "")


def _times_lost(told: Told, attempts: list[Event], since: datetime) -> int:
    """At how many moments the last effect that stood was withdrawn, after the operation had failed."""
    stood = [(one.at, one.withdrawn_at) for one in _effects(told, attempts) if one.stands or one.at < one.withdrawn_at]
    moments = {ended for _, ended in stood if ended is not None and ended > since}
    return sum(not any(at <= moment and (end is None or end > moment) for at, end in stood) for moment in moments)


def _effects(told: Told, attempts: list[Event]) -> list[Evidence]:
    """What stands or stood of the operation's effect in its target."""
    target = newest(attempts, "target_system")
    wanted = {kind: value for one in attempts for kind in SUBJECTS if (value := one.attributes.get(kind))}
    return [
        one
        for effect in told.process.effects
        if effect.flow == newest(attempts, "flow")
        for (step, subject), records in told.evidence.items()
        if step == effect.step
        for one in records
        if one is not None
        and one.at >= attempts[0].occurred_at
        and target in (None, one.source)
        and (not wanted or not subject or (one.word.kind, subject) in wanted.items())
    ]


def premature(told: Told) -> Iterable[Found]:
    """Steps at whose time nothing had ever shown what they wait for; a journey without a contract is not judged."""
    for step in told.process.steps:
        if told.contract is None or _excused(told, step):
            continue
        for subject, stands in told.standing(step.name).items():
            for wait in step.waits_for:
                first = min((one.at for one in stands if wait.subject in ("", one.word.kind)), default=None)
                if first is not None and not _waited(told, wait, subject, first):
                    anchor = (told.contract, step.name, subject)
                    yield "premature", anchor, ExceptionView(told.contract, step.name, subject, first)
                    break  # of several waits the first that was not kept


def _waited(told: Told, wait: Wait, subject: str, at: datetime) -> bool:
    return any(
        word.event.occurred_at <= at
        for word in told.words(wait.step)
        if not word.event.retracts and (not wait.subject or word.subject == subject)
    )


def _excused(told: Told, step: Step) -> bool:
    if not step.excused_by:
        return False
    everything = {value for kind in SUBJECTS for value in told.values(kind)} | {""}
    lines = {line.get("line") for one in told.events for line in one.attributes.get("lines") or []} - {None}
    said = [value for subject in everything | lines for value in told.said(subject, step.excused_by).values()]
    return any(value and value.lower() != "false" for value in said)


def duplicate(told: Told) -> Iterable[Found]:
    """Objects of a step that stood at one time for the same line and operation; one exception a set of objects."""
    found: dict[tuple[str, ...], list[ExceptionView]] = {}
    for step in told.process.steps:
        if step.alone_by is None:
            continue
        for group, stays in _stays(told, step).items():
            names: set[str] = set()
            since: list[datetime] = []
            for one, other in combinations(sorted(stays, key=lambda name: (stays[name][0], name)), 2):
                ended = stays[one][1]
                if ended is None or ended > stays[other][0]:
                    names |= {one, other}
                    since.append(stays[other][0])
            if not names:
                continue
            ends = [stays[name][1] for name in names]
            subject = group[1] if step.alone_by and step.alone_by[0] in SUBJECTS else ""
            settled = max(end for end in ends if end is not None) if ends.count(None) < 2 else None
            found.setdefault(tuple(sorted(names)), []).append(
                ExceptionView(
                    told.contract,
                    step.name,
                    subject,
                    min(since),
                    settled,
                    None if settled is None else "one of them withdrawn",
                )
            )
    for names, alike in found.items():
        yield "duplicate", names, _as_one(alike)


def _as_one(alike: list[ExceptionView]) -> ExceptionView:
    """The same objects may be duplicates for several lines or steps: the first names the place, all must be settled."""
    first = min(alike, key=lambda one: one.opened_at)  # the process's order of steps, then of groups, breaks ties
    ends = [one.settled_at for one in alike]
    settled = None if None in ends else max(end for end in ends if end is not None)
    return ExceptionView(
        first.contract,
        first.step,
        first.subject,
        first.opened_at,
        settled,
        None if settled is None else first.settled_by or "one of them withdrawn",
    )


def _stays(told: Told, step: Step) -> dict[tuple[str, ...], dict[str, tuple[datetime, datetime | None]]]:
    """For each combination that must be alone: from when to when each object stood."""
    stays: dict[tuple[str, ...], dict[str, tuple[datetime, datetime | None]]] = {}
    for (name, _), records in told.evidence.items():
        for one in records:
            if name != step.name or one is None or not all(one.named.get(need) for need in step.needs):
                continue
            group = (one.source, *(one.named.get(what) or "" for what in step.alone_by or ()))
            objects = stays.setdefault(group, {})
            begun, ended = one.at, one.withdrawn_at
            if _object(one, step) in objects:
                earlier, until = objects[_object(one, step)]
                begun = min(begun, earlier)
                ended = None if ended is None or until is None else max(ended, until)
            objects[_object(one, step)] = begun, ended
    return {group: stays[group] for group in sorted(stays)}


def _object(one: Evidence, step: Step) -> str:
    event = one.word.event
    named = [
        f"{name}:{value}"
        for name, values in event.keys.items()
        for value in values
        if step.object and name.rsplit("/", 1)[-1] == step.object
    ]
    return (
        min(named)
        if named
        else "/".join([event.source, event.record] if event.record else [event.source, "", event.id])
    )


def state(told: Told, exceptions: list[Found]) -> str:
    """What the journey is, the first that applies."""
    if any(kind == "failed" and one.settled_at is None for kind, _, one in exceptions):
        return "failed"
    if told.contract is None:
        return "provisional"
    for step in told.process.steps:
        if step.ends and told.standing(step.name):
            return step.ends
    done = told.process.done
    finished = (done.steps or done.each) and all(told.standing(step) for step in done.steps)
    for opening, closings in done.each.items():
        for subject in told.standing(opening):
            finished = finished and any(subject in told.standing(closing) for closing in closings)
    return "done" if finished else "running"


def samples(told: Told) -> Mapping[tuple[str, str], SampleView]:
    """A sample for each duration, and subject where it is per subject, whose start stands."""
    found: dict[tuple[str, str], SampleView] = {}
    for figure in told.process.figures:
        if figure.kind != "duration" or figure.start is None or figure.end is None:
            continue
        begun = [(subject, one) for subject, many in told.standing(figure.start.step).items() for one in many]
        ended = [(subject, one) for subject, many in told.standing(figure.end.step).items() for one in many]
        for subject in sorted(told.values(figure.per)) if figure.per else [""]:
            starts, ends = begun, ended
            if figure.per:
                ends = [pair for pair in ended if _is_about(pair, figure.per, subject)]
                starts = [pair for pair in begun if _is_about(pair, figure.per, subject)] or [
                    (name, one)
                    for name, one in begun
                    if any(other.named.get(one.word.kind) == name for _, other in ends if one.word.kind)
                ]
            started, finished = _reached(told, figure.start, starts), _reached(told, figure.end, ends)
            if started is not None:
                negative = finished is not None and finished < started
                found[figure.name, subject] = SampleView(started, finished, negative and figure.negative == "omit")
    return found


def _is_about(pair: tuple[str, Evidence], kind: str, subject: str) -> bool:
    name, one = pair
    return one.named.get(kind) == subject or (name == subject and one.word.kind == kind)


def _reached(told: Told, point: Point, shown: list[tuple[str, Evidence]]) -> datetime | None:
    if point.unless:
        true = ("true", "1", "yes")
        shown = [
            (subject, one)
            for subject, one in shown
            if not any(value and value.lower() in true for value in told.said(subject, point.unless).values())
        ]
    if not shown:
        return None
    lines = told.values("line")
    if point.lines == "all" and lines:
        each = [[one for subject, one in shown if subject in (line, "")] for line in lines]
        return max(_pick(point, some) for some in each) if all(each) else None
    return _pick(point, [one for _, one in shown])


def _pick(point: Point, shown: list[Evidence]) -> datetime:
    if point.pick == "last":
        return max(_instant(point, one) for one in shown)
    return _instant(point, min(shown, key=lambda one: (one.at, _instant(point, one))))


def _instant(point: Point, one: Evidence) -> datetime:
    recorded = one.word.event.recorded_at
    return max(one.at, recorded) if point.at == "recorded" and recorded is not None else one.at
