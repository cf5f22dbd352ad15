"""The events of one version of a record, and what it takes back of versions before it.

Where a source keeps records and not events, each version of a record says everything that it shows. Within one version
the order is: what it takes back because it says so no more, what it says, what it withdraws in its own words (a void).
The suffix of `sequence` holds that order; the stamp before it orders versions, a text of fixed width like an instant.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from models.events import LINKED, SUBJECTS, Event, make_event

JOURNEY_KEY = "contract"
_TAKEN_BACK, _SAID, _WITHDRAWN, _DELETED = range(4)


@dataclass(frozen=True)
class Version:
    """One version of a record: who says it, of which record, and what orders it; `keys` and `attributes` go with every
    event that it makes.

    `subject` is for people. `at` is the instant of this version, used only where nothing better is known.
    """

    source: str
    record: str
    stamp: str
    at: datetime
    keys: Mapping[str, Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""

    def says(
        self,
        type: str,
        at: datetime,
        *,
        of: str = "",
        recorded_at: datetime | None = None,
        keys: Mapping[str, Any] | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> Event:
        """What this version shows to have happened. `of` tells events of a type apart. Errors: UnreadableEventError."""
        return self._event(type, at, _SAID, of, recorded_at=recorded_at, keys=keys, attributes=attributes)

    def withdraws(
        self,
        type: str,
        at: datetime,
        *,
        of: str = "",
        retracts: bool = False,
        keys: Mapping[str, Any] | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> Event:
        """A withdrawing event (`invoice.voided`), or by `retracts` a retraction of this record's word for a type.

        Errors: UnreadableEventError.
        """
        of = f"{of}:retracted" if retracts else of
        return self._event(type, at, _WITHDRAWN, of, retracts=retracts, keys=keys, attributes=attributes)

    def _event(self, type: str, at: datetime, place: int, of: str, **parts: Any) -> Event:
        name = f"{self.record}:{type}:{of.strip(':')}" if of else f"{self.record}:{type}"
        keys, attributes = parts.pop("keys", None), parts.pop("attributes", None)
        return make_event(
            source=self.source,
            id=f"{name}@{self.stamp}",
            type=type,
            occurred_at=at,
            sequence=f"{self.stamp}/{place}",
            record=self.record,
            subject=self.subject or self.record,
            keys={**self.keys, **(keys or {})},
            attributes={**self.attributes, **(attributes or {})},
            **parts,
        )


class Word(msgspec.Struct, array_like=True, frozen=True):
    """That a record shows a type for a subject: enough to take it back later, when the record is gone perhaps."""

    type: str
    record: str
    keys: dict[str, list[str]]
    subjects: dict[str, str]


_words = msgspec.json.Decoder(list[Word])
_encoder = msgspec.json.Encoder(order="sorted")


def remembered(events: Sequence[Event], before: str = "", lasting: Collection[str] = ()) -> str:
    """What to remember of what these events say, as text; of `before` what they say no more and is not taken back."""
    words = _said(events)
    places = {_place(word) for word in words}
    kept = [word for word in _decoded(before) if word.type in lasting and _place(word) not in places]
    return _encoder.encode([*words, *kept]).decode()


def taken_back(version: Version, before: str, events: Sequence[Event], lasting: Collection[str] = ()) -> list[Event]:
    """Retractions of what the record said by `before` (`remembered`, '' for nothing) and says no more in `events`.

    Types in `lasting` are not taken back by silence. Where a record says the same of other contracts now, it is taken
    back for those alone that it left; a record that names none any more has not left any.
    """
    now: dict[tuple[str, str, str], set[str]] = {}
    for word in _said(events):
        now.setdefault(_place(word), set()).update(word.keys.get(JOURNEY_KEY, ()))
    found = []
    for word in _decoded(before):
        contracts = now.get(_place(word))
        if contracts is None:
            if word.type not in lasting:
                found.append(_retraction(version, word, word.keys, _TAKEN_BACK))
        elif contracts and (left := sorted(set(word.keys.get(JOURNEY_KEY, ())) - contracts)):
            found.append(_retraction(version, word, {JOURNEY_KEY: left}, _TAKEN_BACK))
    return found


def deleted(version: Version, before: str) -> list[Event]:
    """Retractions of all that a record said by `before`, which is there no more; `version` is the last one known."""
    return [_retraction(version, word, word.keys, _DELETED) for word in _decoded(before)]


def _decoded(before: str) -> list[Word]:
    return _words.decode(before) if before else []


def _said(events: Sequence[Event]) -> list[Word]:
    return [
        Word(
            event.type,
            event.record,
            {name: list(values) for name, values in event.keys.items()},
            {name: event.attributes[name] for name in SUBJECTS if event.attributes.get(name)},
        )
        for event in events
        if not event.retracts and event.type != LINKED and event.record is not None
    ]


def _place(word: Word) -> tuple[str, str, str]:
    return word.type, word.record, _encoder.encode(word.subjects).decode()


def _retraction(version: Version, word: Word, keys: Mapping[str, Any], place: int) -> Event:
    of = "/".join((*word.subjects.values(), *sorted(keys.get(JOURNEY_KEY, ()))))
    return make_event(
        source=version.source,
        id=f"{word.record}:{word.type}:{of}:{'deleted' if place == _DELETED else 'taken back'}@{version.stamp}",
        type=word.type,
        occurred_at=version.at,
        sequence=f"{version.stamp}/{place}",
        record=word.record,
        retracts=True,
        subject=version.subject or word.record,
        keys=dict(keys),
        attributes=dict(word.subjects),
    )
