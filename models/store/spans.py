"""Writing spans down, in bulk, each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from models.masking import MASK, MASKING, Masking
from models.store.engine import Connection
from models.store.rows import NULL, as_row, binary, copy_rows, instant, integer, json, moment, optional_text, text
from models.traces import Span
from sql import query

LONGEST_VALUE = 4_000
"""Characters of an attribute that are kept: spans are for looking at, and what a flow carried is in its events."""

_COLUMNS = (
    "trace_id, span_id, parent_id, name, service, kind, status, status_message, started_at, ended_at, contract, "
    "transaction, operation, attempt, attributes, dropped_attributes_count, observed_at"
)
_SHORT = 200
_MOST_KNOWN = 20_000
_NULL_CHARACTER = b"\\u0000"
_encode = msgspec.json.Encoder().encode


def write_spans(
    connection: Connection, spans: Sequence[Span], observed_at: datetime, masking: Masking = MASKING
) -> None:
    """Keep spans that are new, what is sensitive in them masked; `connection` is inside the transaction that commits
    them. A span that is sent again changes nothing.
    """
    distinct = {(one.trace_id, one.span_id): one for one in reversed(spans)}
    if not distinct:
        return
    writer = _Writer(instant(observed_at), masking)
    connection.execute(query("make_incoming_spans"))
    copy_rows(connection, "incoming_span", _COLUMNS, map(writer.row, distinct.values()))
    connection.execute(query("take_spans"))


class _Writer:
    """Makes the rows of one batch. What services say repeats: each text is masked once."""

    def __init__(self, observed: bytes, masking: Masking) -> None:
        self._observed = observed
        self._masking = masking
        self._known: dict[str, str] = {}

    def row(self, span: Span) -> bytes:
        return as_row(
            binary(span.trace_id),
            binary(span.span_id),
            NULL if span.parent_id is None else binary(span.parent_id),
            text(self._text(span.name)),
            text(_storable(span.service)),
            text(span.kind.value),
            text(span.status.value),
            text(self._text(span.status_message)),
            moment(span.started_at),
            moment(span.ended_at),
            optional_text(span.contract),
            optional_text(span.transaction),
            optional_text(span.operation),
            NULL if span.attempt is None else integer(span.attempt),
            json(self._attributes(span.attributes)),
            integer(span.dropped),
            self._observed,
        )

    def _attributes(self, found: dict[str, Any]) -> bytes:
        encoded = _encode({name: self._value(name, value) for name, value in found.items()})
        return _encode(_clean(msgspec.json.decode(encoded))) if _NULL_CHARACTER in encoded else encoded

    def _value(self, name: str, value: Any) -> Any:
        if value is not None and self._masking.is_sensitive(name):
            return MASK
        if isinstance(value, str):
            return self._text(value)
        if not isinstance(value, list | dict):
            return value
        masked = self._masking.mask(value)
        return masked if len(_encode(masked)) <= LONGEST_VALUE else "…"

    def _text(self, value: str) -> str:
        if len(value) > _SHORT:
            # Looked at a little further than kept, so that nothing sensitive is cut in two and so not recognised.
            masked: str = self._masking.mask(_storable(value[: 2 * LONGEST_VALUE]))
            return masked if len(masked) <= LONGEST_VALUE else f"{masked[:LONGEST_VALUE]}…"
        known = self._known.get(value)
        if known is None:
            known = self._masking.mask(_storable(value))
            if len(self._known) < _MOST_KNOWN:
                self._known[value] = known
        return known


def _storable(value: str) -> str:
    """Text without null characters, which PostgreSQL does not hold."""
    return value.replace("\0", "�")


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, dict):
        return {_storable(name): _clean(inner) for name, inner in value.items()}
    return [_clean(inner) for inner in value] if isinstance(value, list) else value
