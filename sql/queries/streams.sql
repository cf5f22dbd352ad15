-- name: expect_stream
-- A stream as the settings want it; one that failed for its settings is tried again at once.
-- Parameters: system, stream, interval_seconds, watch_from, is_polled.
INSERT INTO stream (system, stream, interval_seconds, watch_from, next_poll_at)
VALUES (
    %(system)s, %(stream)s, %(interval_seconds)s, %(watch_from)s,
    CASE WHEN %(is_polled)s THEN clock_timestamp() END
)
ON CONFLICT (system, stream) DO UPDATE
SET interval_seconds = excluded.interval_seconds,
    watch_from = excluded.watch_from,
    next_poll_at = CASE
        WHEN NOT %(is_polled)s THEN NULL
        WHEN stream.failure = 'Misconfigured' THEN clock_timestamp()
        ELSE coalesce(stream.next_poll_at, clock_timestamp())
    END;

-- name: forget_other_streams
-- Streams that the settings name no more are polled no more; what is known of them stays.
-- Parameters: systems, streams, side by side.
UPDATE stream
SET next_poll_at = NULL,
    interval_seconds = NULL
WHERE (next_poll_at IS NOT NULL OR interval_seconds IS NOT NULL)
    AND NOT EXISTS (
        SELECT FROM unnest(%(systems)s::text [], %(streams)s::text []) AS wanted (system, stream)
        WHERE wanted.system = stream.system AND wanted.stream = stream.stream
    );

-- name: claim_stream
-- The stream that has been due the longest is ours for a while. Parameters: lease (a new name), seconds, systems and streams side
-- by side (those that may be taken), is_due_only. Columns: system, stream, cursor, failures, interval_seconds, fields.
UPDATE stream
SET lease = %(lease)s,
    lease_until = clock_timestamp() + make_interval(secs => %(seconds)s),
    is_hinted = false
FROM (
    SELECT stream.system, stream.stream
    FROM stream
    INNER JOIN unnest(%(systems)s::text [], %(streams)s::text []) AS wanted (system, stream)
        ON wanted.system = stream.system AND wanted.stream = stream.stream
    WHERE (stream.next_poll_at <= clock_timestamp() OR NOT %(is_due_only)s)
        AND (stream.lease_until IS NULL OR stream.lease_until < clock_timestamp())
    ORDER BY stream.next_poll_at, stream.system, stream.stream
    LIMIT 1
    FOR UPDATE OF stream SKIP LOCKED
) AS due
WHERE due.system = stream.system
    AND due.stream = stream.stream
RETURNING stream.system, stream.stream, stream.cursor, stream.failures, stream.interval_seconds, stream.fields;

-- name: renew_leases
-- Leases that are held on to. Parameters: leases, seconds. Columns: lease of each that is still ours.
UPDATE stream
SET lease_until = clock_timestamp() + make_interval(secs => %(seconds)s)
WHERE lease = ANY(%(leases)s)
RETURNING lease;

-- name: advance_stream
-- A page is written: from here on. Changes no row when the lease is lost.
-- Parameters: system, stream, lease, seconds, cursor, watermark (None: as before), fields (None: as before).
UPDATE stream
SET cursor = %(cursor)s::jsonb,
    watermark = greatest(watermark, %(watermark)s::timestamptz),
    fields = coalesce(%(fields)s::jsonb, fields),
    last_success_at = CASE WHEN %(watermark)s::timestamptz IS NULL THEN last_success_at ELSE clock_timestamp() END,
    lease_until = clock_timestamp() + make_interval(secs => %(seconds)s)
WHERE system = %(system)s
    AND stream = %(stream)s
    AND lease = %(lease)s;

-- name: release_stream
-- It was read to the end, or is put down: polled again after so many seconds, at once after a hint.
-- Parameters: lease, seconds, is_well (it was read), told (what is noteworthy all the same, or None).
UPDATE stream
SET lease = NULL,
    lease_until = NULL,
    next_poll_at = CASE
        WHEN next_poll_at IS NULL THEN NULL
        WHEN is_hinted THEN clock_timestamp()
        ELSE clock_timestamp() + make_interval(secs => %(seconds)s)
    END,
    failures = CASE WHEN %(is_well)s THEN 0 ELSE failures END,
    failure = CASE WHEN %(is_well)s THEN NULL ELSE failure END,
    last_error = CASE WHEN %(is_well)s THEN %(told)s::text ELSE last_error END,
    last_error_at = CASE
        WHEN NOT %(is_well)s OR last_error IS NOT DISTINCT FROM %(told)s::text THEN last_error_at
        WHEN %(told)s::text IS NULL THEN NULL
        ELSE clock_timestamp()
    END
WHERE lease = %(lease)s;

-- name: fail_stream
-- It could not be read: tried again after so many seconds. Parameters: lease, seconds, failure (the family), told.
UPDATE stream
SET lease = NULL,
    lease_until = NULL,
    next_poll_at = CASE
        WHEN next_poll_at IS NULL THEN NULL
        ELSE clock_timestamp() + make_interval(secs => %(seconds)s)
    END,
    failures = failures + 1,
    failure = %(failure)s,
    last_error = %(told)s,
    last_error_at = clock_timestamp()
WHERE lease = %(lease)s;

-- name: hint_stream
-- Something new is there: read it at once, or as soon as it is put down. One that fails keeps its pause.
-- Parameters: system, stream.
UPDATE stream
SET is_hinted = true,
    next_poll_at = CASE WHEN failures = 0 THEN least(next_poll_at, clock_timestamp()) ELSE next_poll_at END
WHERE system = %(system)s
    AND stream = %(stream)s
    AND next_poll_at IS NOT NULL;

-- name: set_cursor
-- Read it from elsewhere; whoever reads it now loses it. Parameters: system, stream, cursor. Columns: cursor before.
UPDATE stream
SET cursor = %(cursor)s::jsonb,
    fields = NULL,
    lease = NULL,
    lease_until = NULL,
    next_poll_at = CASE WHEN next_poll_at IS NULL THEN NULL ELSE clock_timestamp() END
FROM (
    SELECT system, stream, cursor
    FROM stream
    WHERE system = %(system)s
        AND stream = %(stream)s
    FOR UPDATE
) AS before
WHERE before.system = stream.system
    AND before.stream = stream.stream
RETURNING before.cursor;

-- name: next_poll
-- In how many seconds is the next of these streams due? Parameters: systems, streams, side by side. Columns: seconds, None for
-- never; those that are being read do not count.
SELECT extract(epoch FROM min(stream.next_poll_at) - clock_timestamp())::double precision
FROM stream
INNER JOIN unnest(%(systems)s::text [], %(streams)s::text []) AS wanted (system, stream)
    ON wanted.system = stream.system AND wanted.stream = stream.stream
WHERE stream.lease_until IS NULL
    OR stream.lease_until < clock_timestamp();

-- name: recall
-- What is remembered of records. Parameters: system, stream, records. Columns: record, learned.
SELECT record, learned
FROM stream_memory
WHERE system = %(system)s
    AND stream = %(stream)s
    AND record = ANY(%(records)s);

-- name: remembered_after
-- What is remembered, in the order of the records. Parameters: system, stream, after (a record), count.
-- Columns: record, learned.
SELECT record, learned
FROM stream_memory
WHERE system = %(system)s
    AND stream = %(stream)s
    AND record > %(after)s
ORDER BY record
LIMIT %(count)s;

-- name: remember
-- Parameters: system, stream, records, learned, side by side.
INSERT INTO stream_memory (system, stream, record, learned)
SELECT %(system)s, %(stream)s, said.record, said.learned
FROM unnest(%(records)s::text [], %(learned)s::text []) AS said (record, learned)
ON CONFLICT (system, stream, record) DO UPDATE SET learned = excluded.learned
WHERE stream_memory.learned <> excluded.learned;

-- name: forget
-- Parameters: system, stream, records.
DELETE FROM stream_memory
WHERE system = %(system)s
    AND stream = %(stream)s
    AND record = ANY(%(records)s);

-- name: forget_all
-- Parameters: system, stream.
DELETE FROM stream_memory
WHERE system = %(system)s
    AND stream = %(stream)s;
