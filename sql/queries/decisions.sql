-- name: add_decision
-- What a person said. The same id again changes nothing. Columns: decision_id when it was new.
INSERT INTO decision (decision_id, kind, decided_at, actor, reason, document)
VALUES (%(decision_id)s, %(kind)s, %(decided_at)s, %(actor)s, %(reason)s, %(document)s)
ON CONFLICT (decision_id) DO NOTHING
RETURNING decision_id;

-- name: add_decision_key
-- A decision is about this key.
INSERT INTO decision_key (key_hash, decision_id)
VALUES (%(key_hash)s, %(decision_id)s);

-- name: keys_of_decision
-- Parameters: decision_id. Columns: key_hash.
SELECT key_hash
FROM decision_key
WHERE decision_id = %(decision_id)s;

-- name: undoing_of
-- The decision by which this one was taken back, if any. Parameters: decision_id. Columns: decision_id.
SELECT decision_id
FROM decision
WHERE kind = 'unlink'
    AND document ->> 'decision' = %(decision_id)s
LIMIT 1;

-- name: classes_of_keys
-- Parameters: hashes. Columns: key_hash, class.
SELECT key_hash, class
FROM journey_key
WHERE key_hash = ANY(%(hashes)s);

-- name: decisions
-- Everything decided, newest first. Columns: decision_id, kind, decided_at, actor, reason, document.
SELECT decision_id, kind, decided_at, actor, reason, document
FROM decision
ORDER BY decided_at DESC, decision_id;
