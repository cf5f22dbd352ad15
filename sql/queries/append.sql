-- name: make_incoming_tables
-- Where a batch is laid out inside its transaction; empty again at its end.
-- Sets are given as arrays, and everything is found by its key: a plan for any set is made faster than one for each, and
-- does not depend on statistics, which a store that is being filled has not.
SET LOCAL plan_cache_mode = force_generic_plan;
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off;
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_identity (
    identity uuid,
    event_id bigint,
    observed_at timestamptz,
    content_hash uuid
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_key (
    key_hash uuid,
    name text,
    value text,
    class text,
    journey_id bigint
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_link (
    from_hash uuid,
    to_hash uuid,
    event_id bigint
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_record (
    record uuid,
    named uuid,
    event_id bigint,
    observed_at timestamptz,
    moved boolean
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_place (
    journey_id bigint,
    occurred_at timestamptz,
    event_id bigint,
    observed_at timestamptz
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_journey (
    journey_id bigint,
    component_id bigint,
    key text,
    contract text,
    process text,
    process_version integer,
    customer text,
    entity text,
    region text,
    practice text,
    contract_type text,
    value_amount numeric,
    value_currency text,
    step text,
    state text,
    state_reason text,
    first_at timestamptz,
    last_at timestamptz,
    facts bytea,
    later_facts bytea,
    derived bytea
) WITH (toast_tuple_target = 8160) ON COMMIT DELETE ROWS;

-- name: next_event_numbers
-- So many numbers for new events. Parameters: count. Columns: event_id.
SELECT nextval('event_number') FROM generate_series(1, %(count)s);

-- name: next_node_numbers
-- So many numbers for new journeys and nodes of shared keys. Parameters: count. Columns: node.
SELECT nextval('node_number') FROM generate_series(1, %(count)s);

-- name: take_identities
-- Which identities of the batch are new; the others wait for whoever is writing them. Columns: event_id.
INSERT INTO event_identity (identity, event_id, observed_at, content_hash)
SELECT identity, event_id, observed_at, content_hash
FROM incoming_identity
ORDER BY identity
ON CONFLICT (identity) DO NOTHING
RETURNING event_id;

-- name: identities_known_before
-- What the batch repeats: the content that counts so far. Columns: identity, counting event_id, observed_at, content_hash.
SELECT known.identity, known.event_id, known.observed_at, known.content_hash
FROM incoming_identity AS incoming
INNER JOIN event_identity AS known USING (identity)
WHERE known.event_id <> incoming.event_id;

-- name: replace_counting_event
-- Another content counts for this identity from now on. Parameters: identity, event_id, observed_at, content_hash.
UPDATE event_identity
SET event_id = %(event_id)s,
    observed_at = %(observed_at)s,
    content_hash = %(content_hash)s
WHERE identity = %(identity)s;

-- name: lock_identity
-- The content that counts, held until the end of the transaction. Parameters: identity.
SELECT event_id, observed_at, content_hash
FROM event_identity
WHERE identity = %(identity)s
FOR UPDATE;

-- name: add_variant
-- One more content of an identity; nothing where it is known. Columns: event_id when it was new.
INSERT INTO event_variant (identity, content_hash, event_id, observed_at, occurred_at)
VALUES (%(identity)s, %(content_hash)s, %(event_id)s, %(observed_at)s, %(occurred_at)s)
ON CONFLICT (identity, content_hash) DO NOTHING
RETURNING event_id;

-- name: variants_of
-- Every content of these identities. Parameters: identities. Columns: identity, event_id, observed_at, occurred_at, content_hash.
SELECT identity, event_id, observed_at, occurred_at, content_hash
FROM event_variant
WHERE identity = ANY(%(identities)s)
ORDER BY identity, content_hash;

-- name: events_by_number
-- Events by number; the months they were observed in keep other partitions out.
-- Parameters: event_ids, from (inclusive), to (inclusive).
SELECT
    event_id, observed_at, source, id, type, occurred_at, recorded_at, sequence, record, retracts, subject, keys,
    attributes, identity, content_hash
FROM event
WHERE event_id = ANY(%(event_ids)s)
    AND observed_at BETWEEN %(from)s AND %(to)s;

-- name: move_watermark
-- A heartbeat says that everything up to its time has been sent. Parameters: system, watermark.
INSERT INTO stream (system, stream, watermark, last_success_at)
VALUES (%(system)s, '', %(watermark)s, %(now)s)
ON CONFLICT (system, stream) DO UPDATE
SET watermark = greatest(stream.watermark, excluded.watermark),
    last_success_at = greatest(stream.last_success_at, excluded.last_success_at);

-- name: count_undeclared
-- Keys of a kind that no process declares were seen. Parameters: kind, count.
INSERT INTO undeclared_kind (kind, count)
VALUES (%(kind)s, %(count)s)
ON CONFLICT (kind) DO UPDATE SET count = undeclared_kind.count + excluded.count;

-- name: contents_of
-- What these identities were sent with, the content that counts first.
-- Parameters: identities. Columns: identity, source, id, content_hash, subject, occurred_at.
SELECT variant.identity, event.source, event.id, variant.content_hash, event.subject, variant.occurred_at
FROM event_variant AS variant
INNER JOIN event ON event.event_id = variant.event_id AND event.observed_at = variant.observed_at
WHERE variant.identity = ANY(%(identities)s)
ORDER BY variant.identity, variant.content_hash;
