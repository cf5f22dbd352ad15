-- Why: every question that a list, a figure or a repeated request may ask finds its rows by an index.

-- One index for all dimensions: its columns rarely change, and it is a small fraction of the rows it stands for, so that
-- figures by dimension need not read those.
CREATE INDEX journey_by_dimensions ON journey (contract_type, region, entity, practice, key)
    INCLUDE (journey_id, customer, process) WHERE NOT contested;
CREATE INDEX journey_by_contract ON journey (contract) WHERE contract IS NOT NULL;

CREATE INDEX amendment_by_contract ON amendment (contract, approved_at, amendment);
CREATE INDEX amendment_by_approval ON amendment (approved_at, amendment);
CREATE INDEX amendment_by_state ON amendment (state, approved_at, amendment);

CREATE INDEX exception_by_opening ON exception (opened_at, exception_id);
CREATE INDEX exception_by_settling ON exception (settled_at, opened_at, exception_id);
CREATE INDEX exception_by_severity ON exception (
    array_position(ARRAY['low', 'medium', 'high', 'critical'], severity), opened_at, exception_id
);
CREATE INDEX exception_by_system ON exception (system, opened_at, exception_id);
CREATE INDEX exception_by_fingerprint ON exception (fingerprint, opened_at, exception_id);
CREATE INDEX exception_by_transaction ON exception (transaction) WHERE transaction IS NOT NULL;
CREATE INDEX exception_by_operation ON exception (operation) WHERE operation IS NOT NULL;
CREATE INDEX exception_by_owner ON exception (owner, opened_at, exception_id) WHERE owner IS NOT NULL;
CREATE INDEX exception_by_assignee ON exception (assignee, opened_at, exception_id) WHERE assignee IS NOT NULL;

CREATE INDEX audit_by_time ON audit (at, seq);
CREATE INDEX audit_by_actor ON audit (actor, seq);
CREATE INDEX audit_by_object ON audit (object, seq);

-- The first answer to a request that names an Idempotency-Key. Without a status the request is still being worked on.
CREATE TABLE answer (
    actor text NOT NULL,
    idempotency_key text NOT NULL,
    request_hash uuid NOT NULL,
    claimed_at timestamptz NOT NULL,
    status integer,
    headers jsonb,
    body bytea,
    PRIMARY KEY (actor, idempotency_key),
    CHECK ((status IS NULL) = (body IS NULL))
);
CREATE INDEX answer_by_claim ON answer (claimed_at);
