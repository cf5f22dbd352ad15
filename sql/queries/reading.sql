-- name: journeys_listed
-- Every journey, for lists; places of contested events are none.
-- Columns: as named; value is an amount of value_currency; derived is what models/derived.py packed.
SELECT
    journey_id, key, contract, process, customer, entity, region, practice, contract_type, value_amount AS value,
    value_currency, step, state, state_reason, first_at, last_at, derived
FROM journey
WHERE NOT contested;

-- name: exceptions_of_journeys
-- What has to be settled in these journeys, and what was. Parameters: journeys, as_of. Columns: journey_id, exception_id.
SELECT journey_id, exception_id
FROM exception
WHERE journey_id = ANY(%(journeys)s)
    AND opened_at <= %(as_of)s
    AND status <> 'withdrawn'
ORDER BY journey_id, opened_at, exception_id;

-- name: places_of_key_value
-- Where keys with one of these values lead: the journeys of journey and owned keys, and of what shared keys were seen with.
-- Parameters: values. Columns: name, value, key of the journey.
WITH named AS (
    SELECT key_hash, name, value, class, journey_id
    FROM journey_key
    WHERE value = ANY(%(values)s)
)
SELECT named.name, named.value, journey.key
FROM named
INNER JOIN journey ON journey.journey_id = named.journey_id AND NOT journey.contested
WHERE named.class IN ('journey', 'owned')
UNION
SELECT named.name, named.value, journey.key
FROM named
INNER JOIN key_link AS link ON link.from_hash = named.key_hash
INNER JOIN journey_key AS target ON target.key_hash = link.to_hash AND target.class IN ('journey', 'owned')
INNER JOIN journey ON journey.journey_id = target.journey_id AND NOT journey.contested
WHERE named.class IN ('shared', 'context')
UNION
SELECT named.name, named.value, journey.key
FROM named
INNER JOIN key_link AS carrying ON carrying.from_hash = named.key_hash
INNER JOIN key_link AS link ON link.from_hash = carrying.to_hash
INNER JOIN journey_key AS target ON target.key_hash = link.to_hash AND target.class IN ('journey', 'owned')
INNER JOIN journey ON journey.journey_id = target.journey_id AND NOT journey.contested
WHERE named.class = 'shared'
LIMIT 1000;

-- name: keys_of_journey
-- The keys that lead to a journey, its own first, then those it shares. Parameters: journey_id, count.
-- Columns: name, value, class.
SELECT name, value, class
FROM (
    SELECT name, value, class
    FROM journey_key
    WHERE journey_id = %(journey_id)s
        AND class IN ('journey', 'owned')
    UNION
    SELECT shared.name, shared.value, shared.class
    FROM journey_key AS own
    INNER JOIN key_link AS link ON link.to_hash = own.key_hash
    INNER JOIN journey_key AS shared ON shared.key_hash = link.from_hash
    WHERE own.journey_id = %(journey_id)s
        AND own.class IN ('journey', 'owned')
) AS found
ORDER BY class IN ('shared', 'context'), name, value
LIMIT %(count)s;

-- name: journeys_by_beginning
-- Journeys that some key leads to whose value begins with a text. Begins with what journeys_listed lists, as source.
-- Parameters: prefix, end (the first text after all that begin so). Columns: as journeys_listed.
SELECT source.*
FROM source
WHERE source.journey_id IN (
    SELECT journey_id
    FROM journey_key
    WHERE value ~>=~ %(prefix)s
        AND value ~<~ %(end)s
        AND class IN ('journey', 'owned')
    UNION
    SELECT target.journey_id
    FROM journey_key AS named
    INNER JOIN key_link AS link ON link.from_hash = named.key_hash
    INNER JOIN journey_key AS target ON target.key_hash = link.to_hash AND target.class IN ('journey', 'owned')
    WHERE named.value ~>=~ %(prefix)s
        AND named.value ~<~ %(end)s
        AND named.class IN ('shared', 'context')
    UNION
    SELECT target.journey_id
    FROM journey_key AS named
    INNER JOIN key_link AS carrying ON carrying.from_hash = named.key_hash
    INNER JOIN key_link AS link ON link.from_hash = carrying.to_hash
    INNER JOIN journey_key AS target ON target.key_hash = link.to_hash AND target.class IN ('journey', 'owned')
    WHERE named.value ~>=~ %(prefix)s
        AND named.value ~<~ %(end)s
        AND named.class = 'shared'
);

-- name: story_of_journey
-- The events of a journey. Parameters: journey_id. Columns: as named; times in UTC.
SELECT
    place.occurred_at, place.event_id, event.source, event.id, event.type, event.subject, event.recorded_at,
    event.observed_at, event.record, event.sequence, event.retracts, event.keys, event.attributes
FROM journey_event AS place
INNER JOIN event ON event.event_id = place.event_id AND event.observed_at = place.observed_at
WHERE place.journey_id = %(journey_id)s;

-- name: journey_number
-- The number of a journey inside the store. Parameters: key. Columns: journey_id.
SELECT journey_id
FROM journey
WHERE key = %(key)s
    AND NOT contested;

-- name: amendments_listed
-- Every amendment with the journey that it belongs to.
SELECT
    amendment.amendment, amendment.contract, amendment.approved_at, amendment.state, amendment.targets,
    journey.key AS journey
FROM amendment
INNER JOIN journey ON journey.journey_id = amendment.journey_id AND NOT journey.contested;

-- name: exceptions_listed
-- Exceptions as they stand at an instant: what opened later does not exist yet, what was settled later is open. One that
-- several journeys share is listed once: where it is open rather than where it is settled, then for the least contract,
-- or for the least key where none has a contract. One that only the middleware calls mended, while an action on it is not
-- proven (see rejoin_actions), is not settled here.
-- Parameters: as_of. Columns: as named; stored_ ones are what is known now; age_seconds until settled, or until as_of.
SELECT
    found.exception_id AS id, found.kind, found.contract, journey.key AS journey,
    journey.process, journey.customer, journey.entity, journey.region, journey.practice, journey.contract_type,
    found.step, found.subject,
    found.system, found.transaction, found.operation, found.reason, found.fingerprint, found.severity,
    array_position(ARRAY['low', 'medium', 'high', 'critical'], found.severity) AS severity_rank,
    CASE WHEN found.status = 'settled' AND found.settled_at > %(as_of)s THEN 'open' ELSE found.status END AS status,
    found.status AS stored_status, found.owner, found.assignee, found.opened_at, found.due_at,
    CASE WHEN found.status = 'settled' AND found.settled_at <= %(as_of)s THEN found.settled_at END AS settled_at,
    CASE WHEN found.status = 'settled' AND found.settled_at <= %(as_of)s THEN found.settled_by END AS settled_by,
    found.settled_at AS stored_settled_at,
    found.reopened_count + (found.status = 'open' AND found.settled_at IS NOT NULL)::integer AS reopened_count,
    extract(
        epoch FROM least(CASE WHEN found.status = 'settled' THEN found.settled_at END, %(as_of)s) - found.opened_at
    ) AS age_seconds
FROM exception AS found
LEFT JOIN journey ON journey.journey_id = found.journey_id AND NOT journey.contested
WHERE found.opened_at <= %(as_of)s
    AND NOT EXISTS (
        SELECT
        FROM exception AS other
        LEFT JOIN journey AS rival ON rival.journey_id = other.journey_id
        CROSS JOIN LATERAL (
            SELECT
                coalesce(other.status = 'settled' AND other.settled_at <= %(as_of)s, FALSE) AS other_settled,
                coalesce(found.status = 'settled' AND found.settled_at <= %(as_of)s, FALSE) AS found_settled
        ) AS then_
        WHERE other.exception_id = found.exception_id
            AND other.journey_id <> found.journey_id
            AND other.opened_at <= %(as_of)s
            AND other_settled <= found_settled
            AND (
                other_settled < found_settled
                OR other.contract < found.contract
                OR (other.contract IS NOT NULL AND found.contract IS NULL)
                OR (other.contract IS NOT DISTINCT FROM found.contract AND rival.key < journey.key)
            )
    );

-- name: exceptions_of_status
-- The condition for exceptions_listed that their status is one of is_status, said of what is stored, so that an index
-- answers it.
(
    (
        listed.stored_status = ANY(%(is_status)s)
        AND (listed.stored_status <> 'settled' OR listed.stored_settled_at <= %(as_of)s)
    )
    OR (
        'open' = ANY(%(is_status)s)
        AND listed.stored_status = 'settled'
        AND listed.stored_settled_at > %(as_of)s
    )
)

-- name: exceptions_of_contract
-- The condition for exceptions_listed that they concern one of the contracts is_contract, also where they are listed for
-- another that shares them.
listed.id IN (SELECT told.exception_id FROM exception AS told WHERE told.contract = ANY(%(is_contract)s))

-- name: transaction_places
-- The journeys in which an operation is told, the one with the least contract first. Parameters: reference (of an attempt
-- or of the operation). Columns: operation, contract, derived (see models/derived.py).
SELECT place.operation, journey.contract, journey.derived
FROM transaction_place AS place
INNER JOIN journey ON journey.journey_id = place.journey_id
WHERE place.reference = %(reference)s
ORDER BY place.operation, journey.contract NULLS LAST, journey.key
LIMIT 1;

-- name: payloads_of_events
-- What was sent, of events by identity. Parameters: identities. Columns: identity, payload.
SELECT known.identity, sent.payload
FROM event_identity AS known
INNER JOIN event_payload AS sent ON sent.event_id = known.event_id
WHERE known.identity = ANY(%(identities)s);

-- name: systems_listed
-- Systems of the settings, and sources that have been heard without being listed.
SELECT name, product, role
FROM system
UNION ALL
SELECT heard.system, 'push', NULL
FROM (SELECT DISTINCT system FROM stream) AS heard
WHERE NOT EXISTS (SELECT FROM system WHERE system.name = heard.system);

-- name: streams_of_systems
-- How far each stream was read, and what of it could not be. Parameters: systems, as_of.
-- Columns: as named; is_blind: it fails, is not polled although it is due, or a source that pushes is silent for too long;
-- quarantined counts distinct inputs that still wait.
SELECT
    coalesce(stream.system, waiting.system) AS system, coalesce(stream.stream, waiting.stream) AS stream,
    stream.cursor, stream.watermark, stream.last_success_at, stream.last_error, stream.last_error_at,
    stream.next_poll_at, stream.watch_from, coalesce(stream.is_blind, false) AS is_blind,
    coalesce(waiting.quarantined, 0) AS quarantined
FROM (
    SELECT
        system, stream, cursor, watermark, last_success_at, last_error, last_error_at, next_poll_at, watch_from,
        failures > 0
        OR (
            next_poll_at < clock_timestamp() - make_interval(secs => greatest(60, 3 * interval_seconds))
            AND (lease_until IS NULL OR lease_until < clock_timestamp())
        )
        OR (
            next_poll_at IS NULL
            AND watermark < %(as_of)s - make_interval(secs => interval_seconds)
        ) AS is_blind
    FROM stream
    WHERE system = ANY(%(systems)s)
) AS stream
FULL OUTER JOIN (
    SELECT source AS system, stream, count(*) AS quarantined
    FROM quarantine
    WHERE source = ANY(%(systems)s)
        AND reimported_at IS NULL
    GROUP BY source, stream
) AS waiting ON waiting.system = stream.system AND waiting.stream = stream.stream
ORDER BY 1, 2;

-- name: audit_listed
-- Who did what, with the chain of hashes.
SELECT seq, at, actor, verb, object, outcome, reason, hash, previous_hash
FROM audit;

-- name: quarantine_listed
-- Input that could not be read and still waits. Columns: as named; raw is its beginning.
SELECT
    quarantine_id AS id, source, stream, reason, format, first_seen_at, count, substr(raw, 1, 65536) AS raw,
    length(raw) AS size, reimported_at
FROM quarantine
WHERE reimported_at IS NULL;

-- name: quarantine_any
-- Input that could not be read, waiting or not.
SELECT
    quarantine_id AS id, source, stream, reason, format, first_seen_at, count, substr(raw, 1, 65536) AS raw,
    length(raw) AS size, reimported_at
FROM quarantine;
