"""Writing events down: each identity once, every content of it kept, the one with the lowest hash counting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from models.events import HEARTBEAT, Event
from models.store.engine import Connection
from models.store.rows import NULL, as_row, bigint, boolean, copy_rows, instant, json, optional_text, text, uuid
from sql import query

_json = msgspec.json.Encoder(order="sorted", decimal_format="number")
_EVENT_COLUMNS = (
    "event_id, observed_at, identity, content_hash, source, id, type, occurred_at, recorded_at, sequence, record, "
    "retracts, subject, keys, attributes"
)
_BATCH_OF_NUMBERS = 20_000


class Stored(NamedTuple):
    """An event that counts and its place in the store."""

    event: Event
    event_id: int
    observed_at: datetime


class Appended(NamedTuple):
    """What a batch brought: events that are new, events whose other content counted before, repetitions."""

    new: list[Stored]
    replaced: list[tuple[Stored, Stored]]  # (counted before, counts now)
    variants: set[UUID]  # identities that have several contents since this batch
    duplicates: int


def append(connection: Connection, events: Sequence[Event], observed_at: datetime) -> Appended:
    """Write the events of a batch down; `connection` is inside the transaction that commits them."""
    first: dict[UUID, Event] = {}
    others: dict[UUID, dict[UUID, Event]] = {}
    for event in events:
        held = first.setdefault(event.identity, event)
        if held is not event and held.content_hash != event.content_hash:
            others.setdefault(event.identity, {})[event.content_hash] = event
    numbers = new_numbers(connection, "next_event_numbers", len(first))
    numbered = [Stored(event, number, observed_at) for event, number in zip(first.values(), numbers, strict=True)]
    connection.execute(query("make_incoming_tables"))
    observed = instant(observed_at)
    copy_rows(
        connection,
        "incoming_identity",
        "identity, event_id, observed_at, content_hash",
        (as_row(uuid(one.identity), bigint(number), observed, uuid(one.content_hash)) for one, number, _ in numbered),
    )
    taken = {row[0] for row in connection.execute(query("take_identities"))}
    new = numbered if len(taken) == len(numbered) else [one for one in numbered if one.event_id in taken]
    if len(taken) < len(numbered):
        for identity, _, _, content_hash in connection.execute(query("identities_known_before")).fetchall():
            if first[identity].content_hash != content_hash:
                others.setdefault(identity, {})[first[identity].content_hash] = first[identity]
    _write(connection, new)
    replaced: list[tuple[Stored, Stored]] = []
    contents: set[UUID] = set()
    added = len(new)
    contested = (event for identity in sorted(others) for event in others[identity].values())
    for event in sorted(contested, key=lambda one: (one.identity, one.content_hash)):
        is_new, replacement = _add_content(connection, event, observed_at)
        if is_new:
            added += 1
            contents.add(event.identity)
        if replacement is not None:
            replaced.append(replacement)
    new, replaced = _settled(new, replaced)
    _watermarks(connection, events, observed_at)
    return Appended(new, replaced, contents, len(events) - added)


def new_numbers(connection: Connection, name: str, count: int) -> list[int]:
    """So many numbers from a sequence, by the name of the query that draws them."""
    return [row[0] for row in connection.execute(query(name), {"count": count})] if count else []


def read_events(connection: Connection, places: Iterable[tuple[int, datetime]]) -> list[Stored]:
    """The stored events at these (event_id, observed_at), in no particular order."""
    wanted = sorted(set(places))
    found: list[Stored] = []
    for start in range(0, len(wanted), _BATCH_OF_NUMBERS):
        some = wanted[start : start + _BATCH_OF_NUMBERS]
        times = [at for _, at in some]
        rows = connection.execute(
            query("events_by_number"),
            {"event_ids": [number for number, _ in some], "from": min(times), "to": max(times)},
        )
        found += [event_from_row(row) for row in rows]
    return found


def event_from_row(row: tuple[Any, ...]) -> Stored:
    """A stored event from the columns of `events_by_number`."""
    (event_id, observed_at, source, id_, type_, occurred_at, recorded_at, sequence, record, retracts, subject, keys) = (
        row[:12]
    )
    return Stored(
        Event(
            source=source,
            id=id_,
            type=type_,
            occurred_at=occurred_at,
            recorded_at=recorded_at,
            sequence=sequence,
            record=record,
            retracts=retracts,
            subject=subject,
            keys={name: tuple(values) for name, values in keys.items()},
            attributes=row[12],
            identity=row[13],
            content_hash=row[14],
        ),
        event_id,
        observed_at,
    )


def to_json(value: Any) -> str:
    """Canonical JSON text, for a jsonb column."""
    return _json.encode(value).decode()


def _write(connection: Connection, stored: Sequence[Stored]) -> None:
    if not stored:
        return
    payloads = [one for one in stored if "payload" in one.event.attributes]
    copy_rows(connection, "event", _EVENT_COLUMNS, map(_event_row, stored))
    if payloads:
        rows = (as_row(bigint(one.event_id), json(_json.encode(one.event.attributes["payload"]))) for one in payloads)
        copy_rows(connection, "event_payload", "event_id, payload", rows)


def _event_row(stored: Stored) -> bytes:
    event, event_id, observed_at = stored
    attributes = event.attributes
    if "payload" in attributes:
        attributes = {name: value for name, value in attributes.items() if name != "payload"}
    return as_row(
        bigint(event_id),
        instant(observed_at),
        uuid(event.identity),
        uuid(event.content_hash),
        text(event.source),
        text(event.id),
        text(event.type),
        instant(event.occurred_at),
        NULL if event.recorded_at is None else instant(event.recorded_at),
        optional_text(event.sequence),
        optional_text(event.record),
        boolean(event.retracts),
        text(event.subject),
        json(_json.encode(event.keys)),
        json(_json.encode(attributes)),
    )


def _add_content(
    connection: Connection, event: Event, observed_at: datetime
) -> tuple[bool, tuple[Stored, Stored] | None]:
    """Keep another content of a known identity: whether it was new, and what it replaced if it counts now."""
    row = connection.execute(query("lock_identity"), {"identity": event.identity}).fetchone()
    assert row is not None, "an identity that was known before is not removed"
    (before,) = read_events(connection, [(row[0], row[1])])
    if before.event.content_hash == event.content_hash:
        return False, None
    _note_variant(connection, before)
    (number,) = new_numbers(connection, "next_event_numbers", 1)
    now = Stored(event, number, observed_at)
    if not _note_variant(connection, now):
        return False, None
    _write(connection, [now])
    if event.content_hash > before.event.content_hash:
        return True, None
    connection.execute(
        query("replace_counting_event"),
        {
            "identity": event.identity,
            "event_id": number,
            "observed_at": observed_at,
            "content_hash": event.content_hash,
        },
    )
    return True, (before, now)


def _note_variant(connection: Connection, stored: Stored) -> bool:
    event = stored.event
    added = connection.execute(
        query("add_variant"),
        {
            "identity": event.identity,
            "content_hash": event.content_hash,
            "event_id": stored.event_id,
            "observed_at": stored.observed_at,
            "occurred_at": event.occurred_at,
        },
    ).fetchone()
    return added is not None


def _settled(
    new: list[Stored], replaced: list[tuple[Stored, Stored]]
) -> tuple[list[Stored], list[tuple[Stored, Stored]]]:
    """Fold replacements within the batch: what was new and replaced at once never counted."""
    if not replaced:
        return new, replaced
    fresh = {one.event_id: one for one in new}
    chains: dict[UUID, tuple[Stored, Stored]] = {}
    for before, now in replaced:
        identity = now.event.identity
        chains[identity] = (chains[identity][0] if identity in chains else before, now)
    remaining: list[tuple[Stored, Stored]] = []
    for before, now in chains.values():
        if fresh.pop(before.event_id, None) is not None:
            fresh[now.event_id] = now
        else:
            remaining.append((before, now))
    return list(fresh.values()), remaining


def _watermarks(connection: Connection, events: Iterable[Event], now: datetime) -> None:
    # Every content of a heartbeat was said, also the one that does not count: so its order of arrival decides nothing.
    newest: dict[str, datetime] = {}
    for event in events:
        if event.type == HEARTBEAT:
            newest[event.source] = max(newest.get(event.source, event.occurred_at), event.occurred_at)
    for source in sorted(newest):
        connection.execute(query("move_watermark"), {"system": source, "watermark": newest[source], "now": now})
