-- name: hold_audit
-- One writer at a time extends the chain.
SELECT pg_advisory_xact_lock(hashtext('throughline audit'));

-- name: newest_audit
-- The end of the chain. Columns: seq, hash.
SELECT seq, hash
FROM audit
ORDER BY seq DESC
LIMIT 1;

-- name: add_audit
-- One line at the end of the log.
INSERT INTO audit (seq, at, actor, verb, object, outcome, reason, hash, previous_hash)
VALUES (%(seq)s, %(at)s, %(actor)s, %(verb)s, %(object)s, %(outcome)s, %(reason)s, %(hash)s, %(previous_hash)s);

-- name: audit_in_order
-- The whole chain. Columns: seq, at, actor, verb, object, outcome, reason, hash, previous_hash.
SELECT seq, at, actor, verb, object, outcome, reason, hash, previous_hash
FROM audit
ORDER BY seq;
