"""The process as data: steps, key kinds, withdrawals, waits, figures; read from TOML, checked before anything starts.

Nothing else in the program names a step. A process file describes itself; `processes/contract_to_cash.toml` is the
shipped example and `docs/figures.md` says what each figure means.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from hashlib import sha256
from typing import Any

import msgspec

from models.errors import Misconfigured
from models.events import COMMON_TYPES, HEARTBEAT, SUBJECTS


_DEFAULT_GRACE_SECONDS = 86_400


class ProcessFileError(Misconfigured):
    """A process file that cannot be used; the message names file, key, what was found and what is allowed."""


class KeyClass(StrEnum):
    """How a kind of key joins events to journeys."""

    JOURNEY = "journey"  # names the journey itself: the contract
    OWNED = "owned"  # belongs to one journey
    SHARED = "shared"  # may belong to several journeys
    CONTEXT = "context"  # describes, and routes only event types that are about it
    UNDECLARED = "undeclared"  # never joins; counted


class Wait(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step that must have happened before another: `subject` names the subject kind both must share ('' for none)."""

    step: str
    subject: str = ""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One named point on the way.

    `implies`: earlier steps of the same thing that must have happened when this one stands. `main`: counts as progress of
    the journey. `ends`: '' or the state the journey takes when this stands. `about`: the context kind this type is about.
    `object`: the key kind that names what this step makes; two of them for one `alone_by` combination are duplicates.
    """

    name: str
    phase: str = ""
    title: str = ""
    roles: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    implies: tuple[str, ...] = ()
    main: bool = True
    ends: str = ""
    about: str = ""
    waits_for: tuple[Wait, ...] = ()
    excused_by: str = ""
    object: str = ""
    alone_by: tuple[str, ...] | None = None
    needs: tuple[str, ...] = ()


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a duration begins or ends.

    `pick` first or last standing evidence; `at` happened, or `recorded`: the later of happened and written down; `lines`
    all: every line of the contract must have reached it, and the last one counts; `unless`: an attribute of the subject
    that, when true, leaves that subject out; `each`: one sample a subject, instead of one a journey.
    """

    step: str
    pick: str = "first"
    at: str = "happened"
    lines: str = "any"
    unless: str = ""


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """A number with a definition.

    Kinds: `duration` (seconds from `from` to `to`; negative samples are omitted and counted, or kept), `recovery_time`
    (settled minus opened of exceptions), `exception_aging` (age of the open ones). `per` names a subject kind for one
    sample a subject. `target` is in seconds.
    """

    name: str
    kind: str = "duration"
    title: str = ""
    start: Point | None = None
    end: Point | None = None
    negative: str = "omit"
    per: str = ""
    target: float | None = None


class Effect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The step that stands when a middleware flow has really worked."""

    flow: str
    step: str


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Kinds of key by class, and which shared kind carries which others."""

    journey: tuple[str, ...] = ()
    owned: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    carries: dict[str, tuple[str, ...]] = {}


class Withdrawal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Event type `by`, of the same record, withdraws what that record showed for `steps`."""

    by: str
    steps: tuple[str, ...]


class Done(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a journey is finished: all `steps` stand, and every subject of each `each` key has one of its values."""

    steps: tuple[str, ...] = ()
    each: dict[str, tuple[str, ...]] = {}


class Process(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of one process.

    `records` says which role is the system of record for an attribute, best first ('' stands for the rest); `imports`
    holds the mappings for event logs, read by the importers. `effective_at` None: counts from the beginning.
    """

    name: str
    keys: Keys
    steps: tuple[Step, ...]
    title: str = ""
    version: int = 1
    effective_at: datetime | None = None
    unlinked_grace_seconds: int = _DEFAULT_GRACE_SECONDS
    withdrawals: tuple[Withdrawal, ...] = ()
    done: Done = Done()
    effects: tuple[Effect, ...] = ()
    records: dict[str, tuple[str, ...]] = {}
    figures: tuple[Figure, ...] = ()
    imports: dict[str, dict[str, Any]] = {}


def read_process(text: str, file: str) -> Process:
    """The process that TOML text describes, checked whole.

    Errors: ProcessFileError with every fault found, one a line, each naming `file` and the key.
    """
    try:
        process = msgspec.toml.decode(text, type=Process)
    except msgspec.DecodeError as error:
        raise ProcessFileError(f"{file}: {str(error).replace('`', chr(39)).replace('$.', '')}") from error
    faults = list(_faults(process))
    if faults:
        raise ProcessFileError("\n".join(f"{file}: {fault}" for fault in faults))
    return process


def content_digest(text: str) -> str:
    """What tells two texts of a process apart."""
    return sha256(text.encode()).hexdigest()


def _faults(process: Process) -> Iterable[str]:
    names = [step.name for step in process.steps]
    known = set(names)
    if not process.keys.journey:
        yield "keys.journey is empty; name the kind of key that names a journey, such as ['contract']"
    if not names:
        yield "steps is empty; declare at least one [[steps]]"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"steps: {name!r} is declared twice; each step has one entry"
    for name in sorted(known & COMMON_TYPES):
        yield f"steps: {name!r} belongs to every process and cannot be a step"
    yield from _key_faults(process.keys)
    for step in process.steps:
        yield from _step_faults(process, step, known)
    for number, withdrawal in enumerate(process.withdrawals):
        for name in withdrawal.steps:
            if name not in known:
                yield _unknown(f"withdrawals[{number}].steps", name, known)
    for name in (
        *process.done.steps,
        *process.done.each,
        *(one for many in process.done.each.values() for one in many),
    ):
        if name not in known:
            yield _unknown("done", name, known)
    for number, effect in enumerate(process.effects):
        if effect.step not in known:
            yield _unknown(f"effects[{number}].step", effect.step, known)
    figures = [figure.name for figure in process.figures]
    for name in sorted({name for name in figures if figures.count(name) > 1}):
        yield f"figures: {name!r} is declared twice; each figure has one entry"
    for figure in process.figures:
        yield from _figure_faults(figure, known)


def _unknown(key: str, found: str, allowed: Iterable[str]) -> str:
    near = get_close_matches(found, sorted(allowed), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(sorted(allowed))} is wanted"
    return f"{key} is {found!r}, which is not declared; {hint}"


def _key_faults(keys: Keys) -> Iterable[str]:
    classes = (("journey", keys.journey), ("owned", keys.owned), ("shared", keys.shared), ("context", keys.context))
    seen: dict[str, str] = {}
    for name, kinds in classes:
        for kind in kinds:
            if kind in seen:
                yield f"keys.{name}: {kind!r} is also in keys.{seen[kind]}; a kind has one class"
            if "/" in kind or not kind:
                yield f"keys.{name}: {kind!r} is no kind; a kind is the last segment of a key's name, without a slash"
            seen[kind] = name
    for carrier, carried in keys.carries.items():
        for kind in (carrier, *carried):
            if seen.get(kind) != "shared":
                yield f"keys.carries: {kind!r} is not in keys.shared; only shared kinds carry and are carried"


def _step_faults(process: Process, step: Step, known: set[str]) -> Iterable[str]:
    where = f"steps.{step.name}"
    for other in (*step.implies, *(wait.step for wait in step.waits_for)):
        if other not in known:
            yield _unknown(where, other, known)
    for subject in (*step.subjects, *(wait.subject for wait in step.waits_for if wait.subject)):
        if subject not in SUBJECTS:
            yield _unknown(f"{where}.subjects", subject, SUBJECTS)
    if step.ends not in ("", "ended", "done"):
        yield f"{where}.ends is {step.ends!r}; 'ended' or 'done' is allowed"
    if step.about and step.about not in process.keys.context:
        yield _unknown(f"{where}.about", step.about, process.keys.context)
    declared = (*process.keys.owned, *process.keys.shared)
    if step.object and step.object not in declared:
        yield _unknown(f"{where}.object", step.object, declared)


def _figure_faults(figure: Figure, known: set[str]) -> Iterable[str]:
    where = f"figures.{figure.name}"
    kinds = ("duration", "recovery_time", "exception_aging")
    if figure.kind not in kinds:
        yield _unknown(f"{where}.kind", figure.kind, kinds)
    if figure.negative not in ("omit", "keep"):
        yield f"{where}.negative is {figure.negative!r}; 'omit' or 'keep' is allowed"
    if figure.per and figure.per not in SUBJECTS:
        yield _unknown(f"{where}.per", figure.per, SUBJECTS)
    if figure.kind == "duration" and (figure.start is None or figure.end is None):
        yield f"{where} is a duration and needs both 'from' and 'to', each {{ step = \"...\" }}"
    for name, point in (("from", figure.start), ("to", figure.end)):
        if point is None:
            continue
        if point.step not in known:
            yield _unknown(f"{where}.{name}.step", point.step, known)
        for key, found, allowed in (
            ("pick", point.pick, ("first", "last")),
            ("at", point.at, ("happened", "recorded")),
            ("lines", point.lines, ("any", "all")),
        ):
            if found not in allowed:
                yield _unknown(f"{where}.{name}.{key}", found, allowed)


class Catalogue:
    """All loaded process versions together: what kind and type mean, and which process a journey follows.

    Errors on making: ProcessFileError when two processes give one kind different classes, two versions the same number,
    or two processes the same journey kind.
    """

    def __init__(self, processes: Iterable[Process]) -> None:
        ordered = sorted(processes, key=lambda one: (one.name, one.version))
        self.versions: dict[str, list[Process]] = {}
        for process in ordered:
            self.versions.setdefault(process.name, []).append(process)
        self.classes: dict[str, KeyClass] = {}
        self.carries: dict[str, set[str]] = {}
        self.about: dict[str, str] = {}
        self.types: set[str] = set(COMMON_TYPES)
        self._home: dict[str, str] = {}
        for process in ordered:
            self._add(process)
        self.about_kinds = frozenset(self.about.values())
        self.unlinked_grace = timedelta(
            seconds=min((one.unlinked_grace_seconds for one in ordered), default=_DEFAULT_GRACE_SECONDS)
        )

    def _add(self, process: Process) -> None:
        keys = process.keys
        for key_class, kinds in (
            (KeyClass.JOURNEY, keys.journey),
            (KeyClass.OWNED, keys.owned),
            (KeyClass.SHARED, keys.shared),
            (KeyClass.CONTEXT, keys.context),
        ):
            for kind in kinds:
                if self.classes.setdefault(kind, key_class) != key_class:
                    raise ProcessFileError(
                        f"process {process.name}: keys.{key_class} names {kind!r}, which another loaded process calls "
                        f"{self.classes[kind]}; give one of them another kind"
                    )
                if key_class in (KeyClass.JOURNEY, KeyClass.OWNED):
                    self._home.setdefault(kind, process.name)
                if key_class is KeyClass.JOURNEY and self._home[kind] != process.name:
                    raise ProcessFileError(
                        f"process {process.name}: keys.journey names {kind!r}, which names the journeys of "
                        f"{self._home[kind]}; load one of them"
                    )
        for carrier, carried in keys.carries.items():
            self.carries.setdefault(carrier, set()).update(carried)
        for step in process.steps:
            self.types.add(step.name)
            if step.about:
                self.about[step.name] = step.about
        self.types.update(withdrawal.by for withdrawal in process.withdrawals)

    def class_of(self, key_name: str) -> KeyClass:
        """How a key of this full name joins."""
        return self.classes.get(key_name.rsplit("/", 1)[-1], KeyClass.UNDECLARED)

    def home_of(self, kind: str) -> str:
        """The process whose journeys have keys of this kind."""
        return self._home.get(kind) or next(iter(self.versions))

    def version_at(self, name: str, first_at: datetime) -> Process:
        """The version of process `name` in effect then; the first counts from the beginning."""
        versions = self.versions[name]
        chosen = versions[0]
        for version in versions[1:]:
            if version.effective_at is not None and version.effective_at.astimezone(UTC) <= first_at:
                chosen = version
        return chosen

    def routes(self, event_type: str, key_name: str) -> KeyClass:
        """How this key routes an event of this type: a context key does only when the type is about its kind."""
        key_class = self.class_of(key_name)
        if key_class is KeyClass.CONTEXT and self.about.get(event_type) == key_name.rsplit("/", 1)[-1]:
            return KeyClass.SHARED
        return key_class

    @property
    def figures(self) -> dict[str, Figure]:
        """Every figure of the newest version of each process, by name."""
        return {figure.name: figure for versions in self.versions.values() for figure in versions[-1].figures}

    def kept_attributes(self, process: Process) -> frozenset[str]:
        """Attribute names that this process reads besides the ones every process keeps."""
        points = (point for figure in process.figures for point in (figure.start, figure.end) if point is not None)
        return frozenset(
            (
                *process.records,
                *(step.excused_by for step in process.steps if step.excused_by),
                *(point.unless for point in points if point.unless),
            )
        )

    def knows(self, event_type: str) -> bool:
        """Whether some loaded process declares this type, or it belongs to all."""
        return event_type in self.types or event_type == HEARTBEAT
