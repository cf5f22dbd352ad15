"""The process as data: steps, key kinds, withdrawals, waits, figures; read from TOML, checked before anything starts.

Nothing else in the program names a step. A process file describes itself; `processes/contract_to_cash.toml` is the
shipped example and `docs/figures.md` says what each figure means.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

DEFAULT_GRACE_SECONDS = 86_400


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

    `implies`: earlier steps of the same thing that must have happened when this one stands. `main`: counts as
    progress of the journey. `ends`: '' or the state the journey takes when this stands. `about`: the context kind
    this type is about. `object`: the key kind that names what this step makes; two of them for one `alone_by`
    combination are duplicates.
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

    `pick` first or last standing evidence; `at` happened, or `recorded`: the later of happened and written down;
    `lines` all: every line of the contract must have reached it, and the last one counts; `unless`: an attribute of
    the subject that, when true, leaves that subject out; `each`: one sample a subject, instead of one a journey.
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
    unlinked_grace_seconds: int = DEFAULT_GRACE_SECONDS
    withdrawals: tuple[Withdrawal, ...] = ()
    done: Done = Done()
    effects: tuple[Effect, ...] = ()
    records: dict[str, tuple[str, ...]] = {}
    figures: tuple[Figure, ...] = ()
    imports: dict[str, dict[str, Any]] = {}
