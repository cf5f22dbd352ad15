"""Bare COPY of the same events: what the database takes when nothing is made of them."""

from collections.abc import Sequence
from datetime import datetime

from models.events import Event
from models.store.append import to_json
from models.store.engine import Connection

TABLE = """
CREATE TABLE IF NOT EXISTS bare_event (
    event_id uuid PRIMARY KEY,
    source text,
    id text,
    type text,
    occurred_at timestamptz,
    observed_at timestamptz,
    subject text,
    keys jsonb,
    attributes jsonb
);
CREATE INDEX IF NOT EXISTS bare_event_observed ON bare_event USING brin (observed_at);
"""
COPY = "COPY bare_event (event_id, source, id, type, occurred_at, observed_at, subject, keys, attributes) FROM STDIN"


def copy(connection: Connection, events: Sequence[Event], observed_at: datetime) -> None:
    """Write a batch as it is, by `write_row`; the caller commits."""
    with connection.cursor() as cursor, cursor.copy(COPY) as rows:
        for event in events:
            rows.write_row(
                (
                    event.identity,
                    event.source,
                    event.id,
                    event.type,
                    event.occurred_at,
                    observed_at,
                    event.subject,
                    to_json(event.keys),
                    to_json(event.attributes),
                )
            )
