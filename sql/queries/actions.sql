-- name: case_of_exception
-- What a plan must know of an exception: of one that several journeys share, the journey with the least contract.
-- Parameters: id. Columns: kind, status (as shown now), operation, journey key, contract, value, its currency, process,
-- process_version, facts, later_facts, derived; those of the journey are NULL for an exception of none.
SELECT
    found.kind, found.status, found.operation, journey.key, journey.contract, journey.value_amount,
    journey.value_currency, journey.process, journey.process_version, journey.facts, journey.later_facts, journey.derived
FROM exception AS found
LEFT JOIN journey ON journey.journey_id = found.journey_id AND NOT journey.contested
WHERE found.exception_id = %(id)s
ORDER BY journey.contract NULLS LAST, journey.key
LIMIT 1;

-- name: event_of_identity
-- The event that counts under an identity. Parameters: identity. Columns: source, record, keys.
SELECT event.source, event.record, event.keys
FROM event_identity AS known
INNER JOIN event ON event.event_id = known.event_id AND event.observed_at = known.observed_at
WHERE known.identity = %(identity)s;

-- name: request_action
-- Write a wish down, unless one for the same operation and target is under way. Parameters: as named; alive_seconds until
-- it expires unsent. Columns: number, how many wishes there have been for the operation.
INSERT INTO action (
    action_id, kind, exception_id, contract, transaction, operation, carrier, target_system, status, requested_by, reason,
    idempotency_key, number, item, known_at, requested_at, give_up_at
)
VALUES (
    %(action_id)s, %(kind)s, %(exception_id)s, %(contract)s, %(transaction)s, %(operation)s, %(carrier)s,
    %(target_system)s, 'requested', %(requested_by)s, %(reason)s, %(idempotency_key)s,
    (SELECT count(*) + 1 FROM action AS earlier WHERE earlier.operation = %(operation)s),
    %(item)s, %(known_at)s, %(requested_at)s, clock_timestamp() + make_interval(secs => %(alive_seconds)s)
)
ON CONFLICT (target_system, operation)
WHERE status IN ('requested', 'awaiting_approval', 'claimed', 'sent') DO NOTHING
RETURNING number;

-- name: open_action
-- The action under way for an operation in a target. Parameters: target_system, operation. Columns: action_id, status.
SELECT action_id, status
FROM action
WHERE target_system = %(target_system)s
    AND operation = %(operation)s
    AND status IN ('requested', 'awaiting_approval', 'claimed', 'sent');

-- name: claim_action
-- Take the action that has waited longest for being looked at; nobody else gets it before the lease ends. What wakes it
-- meanwhile sets look_at to before the end of the lease, and counts when it is given back.
-- Parameters: worker, lease_seconds. Columns: as named; gives_up_in: seconds left.
WITH chosen AS (
    SELECT action_id, status, clock_timestamp() + make_interval(secs => %(lease_seconds)s) AS until
    FROM action
    WHERE look_at <= clock_timestamp()
        AND (lease_until IS NULL OR lease_until < clock_timestamp())
        AND status <> 'awaiting_approval'
    ORDER BY look_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
UPDATE action
SET status = CASE WHEN action.status = 'requested' THEN 'claimed' ELSE action.status END,
    worker = %(worker)s,
    lease_until = chosen.until,
    look_at = chosen.until
FROM chosen
WHERE action.action_id = chosen.action_id
RETURNING
    action.action_id, action.kind, action.exception_id, action.operation, action.carrier, action.target_system,
    chosen.status AS status_before, action.status, action.requested_by, action.reason, action.idempotency_key,
    action.number, action.item, action.known_at, action.sent_at, action.effect,
    extract(epoch FROM action.give_up_at - clock_timestamp())::double precision AS gives_up_in, action.worker;

-- name: last_attempt
-- The newest sending of an action. Parameters: action_id. Columns: number, began_at (wall time), outcome.
SELECT number, began_at, outcome
FROM action_attempt
WHERE action_id = %(action_id)s
ORDER BY number DESC
LIMIT 1;

-- name: is_followed
-- Whether the same operation was sent once more, by another action, after this one last was. Parameters: action_id.
-- Columns: is_followed.
SELECT EXISTS (
    SELECT
    FROM action AS other
    INNER JOIN action_attempt AS later ON later.action_id = other.action_id
    WHERE other.operation = action.operation
        AND other.target_system = action.target_system
        AND other.action_id <> action.action_id
        AND later.outcome IS DISTINCT FROM 'not_sent'
        AND later.began_at > (SELECT max(own.began_at) FROM action_attempt AS own WHERE own.action_id = action.action_id)
) AS is_followed
FROM action
WHERE action.action_id = %(action_id)s;

-- name: begin_attempt
-- The intention to send, as long as the claim holds for margin_seconds more; none where it does not.
-- Parameters: action_id, worker, at (the program's clock), margin_seconds, item, known_at. Columns: number.
WITH held AS (
    UPDATE action
    SET item = %(item)s,
        known_at = %(known_at)s
    WHERE action_id = %(action_id)s
        AND worker = %(worker)s
        AND status = 'claimed'
        AND lease_until > clock_timestamp() + make_interval(secs => %(margin_seconds)s)
    RETURNING action_id
)
INSERT INTO action_attempt (action_id, number, began_at, at)
SELECT
    held.action_id,
    (SELECT coalesce(max(earlier.number), 0) + 1 FROM action_attempt AS earlier WHERE earlier.action_id = held.action_id),
    clock_timestamp(), %(at)s
FROM held
RETURNING number;

-- name: end_attempt
-- What became of a sending, unless that was written down already. Parameters: action_id, number, outcome, reference, told.
UPDATE action_attempt
SET ended_at = clock_timestamp(),
    outcome = %(outcome)s,
    reference = %(reference)s,
    told = %(told)s
WHERE action_id = %(action_id)s
    AND number = %(number)s
    AND outcome IS NULL
RETURNING number;

-- name: move_action
-- An action goes on, if it is still where it was and in our hands. Parameters: action_id, worker, sources (the statuses it
-- may come from), status, result, effect (NULL: as before), is_sent (it was: when its newest sending began), closed_at (NULL: as
-- before), look_in_seconds (NULL: never again), give_up_in_seconds (NULL: as before). Columns: exception_id.
UPDATE action
SET status = %(status)s,
    result = coalesce(%(result)s, result),
    effect = coalesce(%(effect)s, effect),
    sent_at = CASE
        WHEN %(is_sent)s THEN coalesce(
            sent_at,
            (
                SELECT attempt.at
                FROM action_attempt AS attempt
                WHERE attempt.action_id = action.action_id
                ORDER BY attempt.number DESC
                LIMIT 1
            )
        )
        ELSE sent_at
    END,
    closed_at = coalesce(%(closed_at)s, closed_at),
    look_at = CASE
        WHEN look_at < lease_until THEN look_at
        ELSE clock_timestamp() + make_interval(secs => %(look_in_seconds)s)
    END,
    give_up_at = coalesce(clock_timestamp() + make_interval(secs => %(give_up_in_seconds)s), give_up_at),
    worker = NULL,
    lease_until = NULL
WHERE action_id = %(action_id)s
    AND worker = %(worker)s
    AND status = ANY(%(sources)s)
RETURNING exception_id;

-- name: put_action_off
-- Nothing to be done with an action now: look again later.
-- Parameters: action_id, worker, look_in_seconds (NULL: when it is woken).
UPDATE action
SET look_at = CASE
        WHEN look_at < lease_until THEN look_at
        ELSE clock_timestamp() + make_interval(secs => %(look_in_seconds)s)
    END,
    worker = NULL,
    lease_until = NULL
WHERE action_id = %(action_id)s
    AND worker = %(worker)s;

-- name: note_effect
-- What is known of an action's effect changed. Parameters: action_id, worker, effect. Columns: exception_id.
UPDATE action
SET effect = %(effect)s,
    look_at = CASE WHEN look_at < lease_until THEN look_at END,
    worker = NULL,
    lease_until = NULL
WHERE action_id = %(action_id)s
    AND worker = %(worker)s
RETURNING exception_id;

-- name: cancel_action
-- Take a wish back that nobody has begun with. Parameters: action_id, at, result. Columns: exception_id.
UPDATE action
SET status = 'cancelled',
    closed_at = %(at)s,
    look_at = NULL,
    result = %(result)s
WHERE action_id = %(action_id)s
    AND status IN ('requested', 'awaiting_approval')
RETURNING exception_id;

-- name: wake_actions
-- Something was heard of these journeys: actions on their operations are looked at again. Parameters: journeys.
UPDATE action
SET look_at = clock_timestamp()
FROM transaction_place AS place
WHERE place.journey_id = ANY(%(journeys)s)
    AND place.reference = action.operation
    AND action.status IN ('sent', 'unconfirmed', 'confirmed')
    AND (action.look_at IS NULL OR action.look_at > clock_timestamp());

-- name: rejoin_actions
-- What actions make of the status of exceptions: one under way is acted on; one that only the middleware calls mended, while
-- the effect of the newest action that was sent does not stand, is open. Parameters: journeys, exceptions (either may be NULL).
UPDATE exception AS found
SET status = newest.status
FROM (
    SELECT DISTINCT ON (told.journey_id, told.exception_id)
        told.journey_id, told.exception_id,
        CASE
            WHEN told.settled_at IS NOT NULL AND told.settled_by <> 'a later attempt' THEN 'settled'
            WHEN action.status IN ('requested', 'awaiting_approval', 'claimed', 'sent') THEN 'acting'
            WHEN told.settled_at IS NULL THEN CASE WHEN told.status = 'acting' THEN 'open' ELSE told.status END
            WHEN action.status = 'unconfirmed' OR action.effect ->> 'withdrawn_at' IS NOT NULL THEN 'open'
            ELSE 'settled'
        END AS status
    FROM exception AS told
    INNER JOIN action USING (exception_id)
    WHERE told.journey_id = ANY(%(journeys)s)
        OR told.exception_id = ANY(%(exceptions)s)
    ORDER BY
        told.journey_id, told.exception_id, (action.sent_at IS NOT NULL OR action.closed_at IS NULL) DESC,
        action.requested_at DESC, action.number DESC
) AS newest
WHERE newest.journey_id = found.journey_id
    AND newest.exception_id = found.exception_id
    AND newest.status <> found.status;

-- name: actions_listed
-- Every action. Columns: as named; attempts in their order, those without an outcome are under way or were lost.
SELECT
    action.action_id AS id, action.kind, action.exception_id AS exception, action.contract, action.transaction,
    action.operation, action.parent, action.carrier AS system, action.target_system, action.status, action.requested_by,
    action.approved_by, action.reason, action.idempotency_key, action.result, action.effect, action.requested_at,
    action.sent_at, action.closed_at,
    (
        SELECT
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'attempt', attempt.number, 'at', attempt.at, 'outcome', attempt.outcome,
                        'reference', attempt.reference, 'told', attempt.told
                    ) ORDER BY attempt.number
                ),
                '[]'::jsonb
            )
        FROM action_attempt AS attempt
        WHERE attempt.action_id = action.action_id
    ) AS attempts
FROM action;
