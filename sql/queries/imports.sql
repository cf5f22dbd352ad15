-- name: import_progress
-- How far was this file imported with this mapping?
-- Parameters: file_hash, mapping_hash. Columns: rows done; what became of them.
SELECT rows_done, report
FROM import_progress
WHERE file_hash = %(file_hash)s AND mapping_hash = %(mapping_hash)s;

-- name: keep_import_progress
-- Note how far a file was imported. Of two imports of the same file the one that is ahead counts.
-- Parameters: file_hash, mapping_hash, rows_done, report (json), now.
INSERT INTO import_progress (file_hash, mapping_hash, rows_done, report, updated_at)
VALUES (%(file_hash)s, %(mapping_hash)s, %(rows_done)s, %(report)s, %(now)s)
ON CONFLICT (file_hash, mapping_hash) DO UPDATE
SET rows_done = excluded.rows_done, report = excluded.report, updated_at = excluded.updated_at
WHERE import_progress.rows_done < excluded.rows_done;

-- name: import_positions
-- How far were the files of a mapping imported? Parameters: mapping_hash. Columns: file_hash, rows_done.
SELECT file_hash, rows_done
FROM import_progress
WHERE mapping_hash = %(mapping_hash)s;

-- name: forget_import_progress
-- Forget what nothing was done on for long. Parameters: mapping_hash, before.
DELETE FROM import_progress
WHERE mapping_hash = %(mapping_hash)s AND updated_at < %(before)s;

-- name: end_import_progress
-- Forget how far a file was imported: it was, whole.
-- Parameters: file_hash, mapping_hash.
DELETE FROM import_progress
WHERE file_hash = %(file_hash)s AND mapping_hash = %(mapping_hash)s;

-- name: waiting_of_stream
-- Which inputs of a stream wait in quarantine? Parameters: stream, format. Columns: hash of the bytes; number.
SELECT bytes_hash, quarantine_id
FROM quarantine
WHERE stream = %(stream)s AND format = %(format)s AND reimported_at IS NULL;
