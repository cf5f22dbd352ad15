"""A store with much in it: some contracts really absorbed, the others copies of their rows under other names."""

from collections.abc import Callable
from datetime import UTC, datetime

from bench.lives import EVENTS_OF_LIFE, dense
from models.store.absorb import absorb
from models.store.engine import Connection, Pool, in_transaction
from models.store.works import Workshop

COPIES = 24
CONTRACTS = 400  # really absorbed at a time
OBSERVED = datetime(2026, 11, 1, tzinfo=UTC)

# What each table's copy looks like: new numbers and names, the same content.
STATEMENTS = (
    "CREATE TEMPORARY TABLE copied_event ON COMMIT DROP AS"
    " SELECT event_id AS old, copy, nextval('event_number') AS new, gen_random_uuid() AS identity"
    " FROM event, generate_series(1, {copies}) AS copy WHERE event_id > {event}",
    "CREATE TEMPORARY TABLE copied_node ON COMMIT DROP AS"
    " SELECT old, copy, nextval('node_number') AS new"
    " FROM (SELECT DISTINCT journey_id AS old FROM journey_event WHERE event_id > {event}) AS nodes,"
    " generate_series(1, {copies}) AS copy",
    "ANALYZE copied_event",
    "ANALYZE copied_node",
    "INSERT INTO event SELECT new, observed_at, copied_event.identity, content_hash, source, id || '-' || copy, type,"
    " occurred_at, recorded_at, sequence, record, retracts, subject, keys, attributes"
    " FROM copied_event INNER JOIN event ON event_id = old",
    "INSERT INTO event_identity SELECT copied_event.identity, new, observed_at, content_hash"
    " FROM copied_event INNER JOIN event ON event_id = old",
    "INSERT INTO journey SELECT new, new, contested, key || '-' || copy, contract || '-' || copy, process,"
    " process_version, customer, entity, region, practice, contract_type, value_amount, value_currency, step, state,"
    " state_reason, first_at, last_at, facts, derived FROM copied_node INNER JOIN journey ON journey_id = old",
    "INSERT INTO journey_key SELECT gen_random_uuid(), name, value || '-' || copy, class, new"
    " FROM copied_node INNER JOIN journey_key ON journey_id = old",
    "INSERT INTO key_link SELECT gen_random_uuid(), gen_random_uuid(), 0 FROM copied_node",
    "INSERT INTO journey_event SELECT copied_node.new, occurred_at, copied_event.new, observed_at"
    " FROM journey_event INNER JOIN copied_node ON copied_node.old = journey_id"
    " INNER JOIN copied_event ON copied_event.old = event_id AND copied_event.copy = copied_node.copy",
    "INSERT INTO sample SELECT new, figure, subject, started_at, finished_at, seconds, omitted"
    " FROM copied_node INNER JOIN sample ON journey_id = old",
    "INSERT INTO transaction_place SELECT reference || '-' || copy, new, operation || '-' || copy"
    " FROM copied_node INNER JOIN transaction_place ON journey_id = old",
)


def grow(pool: Pool, workshop: Workshop, events: int, say: Callable[[str], None]) -> int:
    """Fill the store to so many events; how many contracts in it are real ones, numbered from 0."""
    stored, contracts = in_transaction(pool, _standing)
    begun = stored
    while stored < events:
        batch = dense(contracts, CONTRACTS * EVENTS_OF_LIFE)
        before = in_transaction(pool, _newest)
        absorb(pool, batch, workshop, OBSERVED)
        contracts += CONTRACTS
        in_transaction(pool, lambda connection, after=before: _copy(connection, after))  # type: ignore[misc]
        stored += len(batch) * (COPIES + 1)
    if stored > begun:
        # Outside a transaction, as an operator would.
        with pool.connection() as connection:
            connection.autocommit = True
            connection.execute("VACUUM ANALYZE")
            connection.autocommit = False
    say(f"{stored:,} events stored, {contracts:,} contracts of them absorbed one by one")
    return contracts


def _standing(connection: Connection) -> tuple[int, int]:
    row = connection.execute("SELECT count(*) FROM event").fetchone()
    real = connection.execute("SELECT count(*) FROM journey WHERE key ~ '^SOW-0\\d{7}$'").fetchone()
    return (row[0] if row else 0), (real[0] if real else 0)


def _newest(connection: Connection) -> int:
    row = connection.execute("SELECT coalesce(max(event_id), 0) FROM event").fetchone()
    return row[0] if row else 0


def _copy(connection: Connection, after: int) -> None:
    for statement in STATEMENTS:
        connection.execute(statement.format(copies=COPIES, event=after))  # type: ignore[arg-type]
