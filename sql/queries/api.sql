-- name: rules_in_force
-- What tells whether the rules changed: every process version's digest, every system's role. Columns: sort, name, digest.
SELECT 'process' AS sort, name || ' ' || version AS name, digest
FROM process
UNION ALL
SELECT 'system', name, role
FROM system
ORDER BY 1, 2;

-- name: renew_beat
-- A worker lives. Parameters: name. The server's own time: workers and readers may be on machines whose clocks differ.
INSERT INTO store_fact (name, value, updated_at)
VALUES (%(name)s, '', clock_timestamp())
ON CONFLICT (name) DO UPDATE SET updated_at = excluded.updated_at;

-- name: age_of_beat
-- How long no worker was heard, in seconds. Parameters: name. Columns: age_seconds.
SELECT extract(epoch FROM clock_timestamp() - updated_at)
FROM store_fact
WHERE name = %(name)s;

-- name: gauges_of_store
-- What the store holds, for gauges. Parameters: as_of. Columns: name, label, value.
SELECT 'exceptions_open' AS name, kind AS label, count(DISTINCT exception_id)::double precision AS value
FROM exception
WHERE status IN ('open', 'owned', 'acting', 'snoozed')
    AND opened_at <= %(as_of)s
GROUP BY kind
UNION ALL
SELECT 'quarantine_waiting', stream, count(*)
FROM quarantine
WHERE reimported_at IS NULL
GROUP BY stream
UNION ALL
SELECT 'stream_lag_seconds', system || '/' || stream, extract(epoch FROM %(as_of)s - watermark)
FROM stream
WHERE watermark IS NOT NULL;
