-- name: journeys_standing
-- How many journeys of a process are in which state at which step. Parameters: process.
-- Columns: state, step, count, last_at (the longest without news of them). Reads every journey of the process.
SELECT state, step, count(*) AS count, min(last_at) AS last_at
FROM journey
WHERE process = %(process)s
    AND NOT contested
GROUP BY state, step
ORDER BY state, step;

-- name: journeys_by_process
-- How many journeys follow each process. Columns: process, count.
SELECT process, count(*) AS count
FROM journey
WHERE NOT contested
GROUP BY process;

-- name: freshness
-- How new the data of a process is, of all where it has none. Parameters: process, beat (the fact that a worker renews).
-- Columns: newest_event_at, None before the first event; beat_seconds since a worker was heard, by the database's clock, None
-- for never; quarantined, inputs that wait.
SELECT
    coalesce(
        (SELECT max(last_at) FROM journey WHERE process = %(process)s),
        (SELECT max(last_at) FROM journey),
        (SELECT max(occurred_at) FROM event)
    ) AS newest_event_at,
    (
        SELECT extract(epoch FROM clock_timestamp() - updated_at)::double precision
        FROM store_fact
        WHERE name = %(beat)s
    ) AS beat_seconds,
    (SELECT count(*) FROM quarantine WHERE reimported_at IS NULL) AS quarantined;

-- name: exceptions_counted
-- How many of the listed exceptions there are of each sort. Begins with what exceptions_listed lists, as source.
-- Parameters: as_of; process, those without a process count too.
-- Columns: kind, status, severity, system, count, opened_at (of the oldest).
SELECT kind, status, severity, system, count(*) AS count, min(opened_at) AS opened_at
FROM source
WHERE process = %(process)s
    OR process IS NULL
GROUP BY kind, status, severity, system
ORDER BY count DESC, kind, status, severity, system;

-- name: exception_causes
-- The causes that most of the listed exceptions share. Begins with what exceptions_listed lists, as source.
-- Parameters: as_of; process, those without a process count too; kinds, statuses, severities, systems, each None for all; most.
-- Columns: fingerprint, kind, system, reason (of the oldest), count, opened_at (of the oldest).
SELECT fingerprint, kind, system, reason, count, opened_at
FROM (
    SELECT
        fingerprint, kind, system, reason, opened_at,
        count(*) OVER (PARTITION BY fingerprint) AS count,
        row_number() OVER (PARTITION BY fingerprint ORDER BY opened_at, id) AS place
    FROM source
    WHERE (process = %(process)s OR process IS NULL)
        AND (%(kinds)s::text [] IS NULL OR kind = ANY(%(kinds)s))
        AND (%(statuses)s::text [] IS NULL OR status = ANY(%(statuses)s))
        AND (%(severities)s::text [] IS NULL OR severity = ANY(%(severities)s))
        AND (%(systems)s::text [] IS NULL OR system = ANY(%(systems)s))
) AS told
WHERE place = 1
ORDER BY count DESC, opened_at, fingerprint
LIMIT %(most)s;

-- name: anchor_of_exception
-- What an exception is known by, and the place of the events behind it. Parameters: id. Columns: anchor, journey_id.
SELECT anchor, journey_id
FROM exception
WHERE exception_id = %(id)s
ORDER BY contract NULLS LAST, journey_id
LIMIT 1;

-- name: contents_of_event
-- Everything that was sent under one identity, what counts first. Parameters: identity.
-- Columns: as named; times in UTC.
SELECT
    event.occurred_at, event.event_id, event.source, event.id, event.type, event.subject, event.recorded_at,
    event.observed_at, event.record, event.sequence, event.retracts, event.keys, event.attributes
FROM (
    SELECT event_id, observed_at
    FROM event_identity
    WHERE identity = %(identity)s
    UNION
    SELECT event_id, observed_at
    FROM event_variant
    WHERE identity = %(identity)s
) AS told
INNER JOIN event ON event.event_id = told.event_id AND event.observed_at = told.observed_at
ORDER BY event.content_hash;

-- name: derived_of_journey
-- What a journey's facts came to. Parameters: key. Columns: derived (see models/derived.py).
SELECT derived
FROM journey
WHERE key = %(key)s
    AND NOT contested;
