"""All loaded process versions together: what a key's kind and an event's type mean, which process a journey follows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from models.events import COMMON_TYPES, HEARTBEAT
from models.process import DEFAULT_GRACE_SECONDS, Figure, KeyClass, Process
from models.process_file import ProcessFileError


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
            seconds=min((one.unlinked_grace_seconds for one in ordered), default=DEFAULT_GRACE_SECONDS)
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
