-- name: hold_records
-- Records of the batch: whoever writes another version of one waits until the end of the transaction.
-- Columns: record, moved; rows of records that are new, or have moved by this batch.
INSERT INTO record_first (record, named, event_id, observed_at, moved)
SELECT record, named, event_id, observed_at, moved
FROM incoming_record
ORDER BY record
ON CONFLICT (record) DO UPDATE
SET moved = TRUE
WHERE NOT record_first.moved AND (excluded.moved OR record_first.named <> excluded.named)
RETURNING record, moved;

-- name: hold_record
-- One record, held until the end of the transaction. Parameters: record.
SELECT FROM record_first
WHERE record = %(record)s
FOR UPDATE;

-- name: records_moved
-- Which of these records moved. Parameters: records. Columns: record.
SELECT record
FROM record_first
WHERE record = ANY(%(records)s)
    AND moved;

-- name: first_versions
-- The first that was heard of these records. Parameters: records. Columns: event_id, observed_at.
SELECT event_id, observed_at
FROM record_first
WHERE record = ANY(%(records)s);

-- name: add_versions
-- Versions of records that moved. Parameters: records, event_ids, times.
INSERT INTO record_version (record, event_id, observed_at)
SELECT version.record, version.event_id, version.observed_at
FROM unnest(%(records)b::uuid[], %(event_ids)b::bigint[], %(times)b::timestamptz[]) AS version (record, event_id, observed_at)
ON CONFLICT DO NOTHING;

-- name: versions_of_records
-- Every version of those among these records that moved. Parameters: records. Columns: record, event_id, observed_at.
SELECT record, event_id, observed_at
FROM record_version
WHERE record = ANY(%(records)s);

-- name: remove_version
-- A version counts no longer. Parameters: record, event_id. Columns: event_id.
DELETE FROM record_version
WHERE record = %(record)s
    AND event_id = %(event_id)s
RETURNING event_id;
