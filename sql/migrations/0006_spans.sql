-- Why: a transaction is told with what went on inside it, as the services on its way report it.

-- Outside the state and its hash: dropping old rows changes nothing but waterfalls. Identifiers are those of W3C Trace
-- Context, 16 and 8 bytes.
CREATE TABLE span (
    trace_id bytea NOT NULL CHECK (length(trace_id) = 16),
    span_id bytea NOT NULL CHECK (length(span_id) = 8),
    parent_id bytea CHECK (length(parent_id) = 8),
    name text NOT NULL,
    service text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('unspecified', 'internal', 'server', 'client', 'producer', 'consumer')),
    status text NOT NULL CHECK (status IN ('unset', 'ok', 'error')),
    status_message text NOT NULL DEFAULT '',
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    contract text,
    transaction text,
    operation text,
    attempt integer,
    attributes jsonb NOT NULL,
    dropped_attributes_count integer NOT NULL DEFAULT 0,
    observed_at timestamptz NOT NULL,
    PRIMARY KEY (trace_id, span_id),
    CHECK (ended_at >= started_at)
);
CREATE INDEX span_by_transaction ON span (transaction) WHERE transaction IS NOT NULL;
CREATE INDEX span_by_operation ON span (operation) WHERE operation IS NOT NULL;
-- Rows lie in the order in which they came: enough for dropping the old ones.
CREATE INDEX span_by_observation ON span USING brin (observed_at);
