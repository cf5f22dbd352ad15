-- name: state_journeys
-- Every journey in a form that leaves out numbers of the store. Columns: key, contract, state, derived.
SELECT key, contract, state, state_reason, step, derived
FROM journey
WHERE NOT contested;

-- name: state_exceptions
-- Exceptions as of an instant, one row each: of those that several journeys share one that is open, of those the one with
-- the least contract, or of the journey with the least key where none has a contract. Parameters: as_of.
SELECT DISTINCT ON (found.exception_id)
    found.exception_id, found.kind, found.contract, found.step, found.subject, found.system, found.transaction,
    found.operation, found.reason, found.fingerprint, found.severity, found.opened_at, found.settled_at, found.settled_by,
    found.reopened_count, found.anchor
FROM exception AS found
LEFT JOIN journey USING (journey_id)
WHERE found.opened_at <= %(as_of)s
    AND found.status <> 'withdrawn'
ORDER BY
    found.exception_id, coalesce(found.settled_at > %(as_of)s, TRUE) DESC, found.contract, journey.key;

-- name: state_samples
-- Every sample by the key of its journey.
SELECT journey.key, sample.figure, sample.subject, sample.started_at, sample.finished_at, sample.seconds, sample.omitted
FROM sample
INNER JOIN journey USING (journey_id);

-- name: state_amendments
-- Every amendment by the key of its journey.
SELECT journey.key, amendment.amendment, amendment.contract, amendment.approved_at, amendment.state, amendment.targets
FROM amendment
INNER JOIN journey USING (journey_id);

-- name: newest_event
-- When the newest counting event happened. Columns: occurred_at.
SELECT max(event.occurred_at)
FROM event;
