-- name: put_in_quarantine
-- Inputs of a stream that could not be read, each once; a repeat is only counted, and waits again if it had been
-- re-imported.
-- Parameters: as the columns, those in the plural are arrays with a place for each input; counts: how often it came.
-- Columns: source, bytes_hash, quarantine_id.
INSERT INTO quarantine (source, stream, bytes_hash, reason, raw, format, first_seen_at, count)
SELECT bad.source, %(stream)s, bad.bytes_hash, bad.reason, bad.raw, %(format)s, %(first_seen_at)s, bad.count
FROM unnest(
    %(sources)b::text[], %(bytes_hashes)b::uuid[], %(reasons)b::text[], %(raws)b::bytea[], %(counts)b::bigint[]
) AS bad (source, bytes_hash, reason, raw, count)
ON CONFLICT (source, stream, bytes_hash) DO UPDATE
SET count = quarantine.count + excluded.count,
    reason = excluded.reason,
    reimported_at = NULL
RETURNING source, bytes_hash, quarantine_id;

-- name: quarantined_input
-- One input, held until the end of the transaction. Parameters: quarantine_id.
-- Columns: source, stream, raw, format, reimported_at.
SELECT source, stream, raw, format, reimported_at
FROM quarantine
WHERE quarantine_id = %(quarantine_id)s
FOR UPDATE;

-- name: mark_reimported
-- The input was read after all. Parameters: quarantine_id, at.
UPDATE quarantine
SET reimported_at = %(at)s
WHERE quarantine_id = %(quarantine_id)s;

-- name: explain_quarantined
-- The input is still not readable, and this is why. Parameters: quarantine_id, reason.
UPDATE quarantine
SET reason = %(reason)s
WHERE quarantine_id = %(quarantine_id)s;
