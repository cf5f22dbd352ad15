"""Reading a process file: from TOML text to a checked process, or every fault it has, one a line."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256

import msgspec

from models.errors import Misconfigured
from models.events import COMMON_TYPES, SUBJECTS
from models.process import Figure, Keys, Process, Step
from models.structure import structural_faults


class ProcessFileError(Misconfigured):
    """A process file that cannot be used; the message names file, key, what was found and what is allowed."""


# Every worker and command reads the same few texts again and again, and a process never changes once it is read.
@lru_cache(maxsize=64)
def read_process(text: str, file: str) -> Process:
    """The process that TOML text describes, checked whole.

    Errors: ProcessFileError with every fault found, one a line, each naming `file` and the key.
    """
    try:
        found = msgspec.toml.decode(text)
    except msgspec.DecodeError as error:
        raise ProcessFileError(f"{file}: found what is not TOML: {error}; allowed: TOML 1.0") from error
    try:
        process = msgspec.convert(found, Process)
    except msgspec.ValidationError:
        # It names the first fault alone.
        raise _refused(file, structural_faults(found, Process)) from None
    if faults := list(process_faults(process)):
        raise _refused(file, faults)
    return process


def _refused(file: str, faults: Iterable[str]) -> ProcessFileError:
    return ProcessFileError("\n".join(f"{file}: {fault}" for fault in faults))


def content_digest(text: str) -> str:
    """What tells two texts of a process apart."""
    return sha256(text.encode()).hexdigest()


def process_faults(process: Process) -> Iterable[str]:
    """Every fault of a process, each naming the key, what was found and what is allowed."""
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
    if process.version < 1:
        yield f"version is {process.version}; a number from 1 on is allowed"
    yield from _key_faults(process.keys)
    yield from _order_faults(process)
    for step in process.steps:
        yield from _step_faults(process, step, known)
    yield from _reference_faults(process, known)
    yield from _figures_faults(process, known)


def _order_faults(process: Process) -> Iterable[str]:
    try:
        TopologicalSorter({step.name: step.implies for step in process.steps}).prepare()
    except CycleError as error:
        circle = " implies ".join(reversed(error.args[1]))
        yield f"steps: {circle}; a step implies earlier ones, so none of them can imply it"


def _reference_faults(process: Process, known: set[str]) -> Iterable[str]:
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


def _figures_faults(process: Process, known: set[str]) -> Iterable[str]:
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
