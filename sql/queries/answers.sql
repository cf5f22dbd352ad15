-- name: forget_answers
-- Answers that nobody will ask for again. Parameters: before.
DELETE FROM answer
WHERE claimed_at < %(before)s;

-- name: claim_answer
-- Begin to work on a request, unless another began before or has answered it. A worker that was lost in the middle is
-- followed by the next. Parameters: actor, idempotency_key, request_hash, at, lost_before. Columns: claimed_at when ours.
INSERT INTO answer (actor, idempotency_key, request_hash, claimed_at)
VALUES (%(actor)s, %(idempotency_key)s, %(request_hash)s, %(at)s)
ON CONFLICT (actor, idempotency_key) DO UPDATE
SET claimed_at = excluded.claimed_at
WHERE answer.status IS NULL
    AND answer.claimed_at < %(lost_before)s
    AND answer.request_hash = excluded.request_hash
RETURNING claimed_at;

-- name: read_answer
-- Parameters: actor, idempotency_key. Columns: request_hash, status, headers, body.
SELECT request_hash, status, headers, body
FROM answer
WHERE actor = %(actor)s
    AND idempotency_key = %(idempotency_key)s;

-- name: keep_answer
-- Parameters: actor, idempotency_key, status, headers, body.
UPDATE answer
SET status = %(status)s,
    headers = %(headers)s,
    body = %(body)s
WHERE actor = %(actor)s
    AND idempotency_key = %(idempotency_key)s;

-- name: release_answer
-- The request was not answered; it may come again. Parameters: actor, idempotency_key.
DELETE FROM answer
WHERE actor = %(actor)s
    AND idempotency_key = %(idempotency_key)s
    AND status IS NULL;
