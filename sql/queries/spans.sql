-- name: make_incoming_spans
-- Where spans are laid out inside their transaction; empty again at its end.
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_span (LIKE span INCLUDING DEFAULTS) ON COMMIT DELETE ROWS;

-- name: take_spans
-- Keep the spans that are new; one that is sent again stays as it was. In one order for all writers, so that two with the
-- same spans do not wait for each other.
INSERT INTO span (
    trace_id, span_id, parent_id, name, service, kind, status, status_message, started_at, ended_at, contract, transaction,
    operation, attempt, attributes, dropped_attributes_count, observed_at
)
SELECT
    trace_id, span_id, parent_id, name, service, kind, status, status_message, started_at, ended_at, contract, transaction,
    operation, attempt, attributes, dropped_attributes_count, observed_at
FROM incoming_span
ORDER BY trace_id, span_id
ON CONFLICT (trace_id, span_id) DO NOTHING;

-- name: traces_of_transaction
-- The newest traces with spans of a transaction. Parameters: references (transactions and operations), most.
-- Columns: trace_id.
WITH named AS (
    SELECT trace_id, started_at FROM span WHERE transaction = ANY(%(references)s)
    UNION ALL
    SELECT trace_id, started_at FROM span WHERE operation = ANY(%(references)s)
)
SELECT trace_id
FROM named
GROUP BY trace_id
ORDER BY max(started_at) DESC, trace_id
LIMIT %(most)s;

-- name: count_spans_of_transaction
-- How many spans name a transaction? Parameters: references (transactions and operations). Columns: the count.
SELECT count(*)
FROM (
    SELECT trace_id, span_id FROM span WHERE transaction = ANY(%(references)s)
    UNION
    SELECT trace_id, span_id FROM span WHERE operation = ANY(%(references)s)
) AS named;

-- name: spans_of_traces
-- The spans of traces, as they began. Parameters: traces, most. Columns: as named; identifiers in hexadecimal digits.
SELECT
    encode(trace_id, 'hex') AS trace_id, encode(span_id, 'hex') AS span_id, encode(parent_id, 'hex') AS parent_id, name,
    service, kind, status, status_message, started_at, ended_at, contract, transaction, operation, attempt, attributes,
    dropped_attributes_count
FROM span
WHERE trace_id = ANY(%(traces)s)
ORDER BY started_at, trace_id, span_id
LIMIT %(most)s;
