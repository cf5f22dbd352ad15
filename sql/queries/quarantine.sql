-- name: put_in_quarantine
-- Input that could not be read; a repeat is only counted, and waits again if it had been re-imported.
-- Parameters: as the columns; count: how often it came. Columns: quarantine_id.
INSERT INTO quarantine (source, stream, bytes_hash, reason, raw, format, first_seen_at, count)
VALUES (
    %(source)s, %(stream)s, %(bytes_hash)s, %(reason)s, %(raw)s, %(format)s, %(first_seen_at)s, %(count)s
)
ON CONFLICT (source, stream, bytes_hash) DO UPDATE
SET count = quarantine.count + excluded.count,
    reason = excluded.reason,
    reimported_at = NULL
RETURNING quarantine_id;

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
