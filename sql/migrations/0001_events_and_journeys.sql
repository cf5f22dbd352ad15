-- Why: the first shape of the store: events as they came, keys that join them, journeys folded from them.

CREATE SEQUENCE event_number;

-- Append-only. A partition holds one month of observed_at; the default one catches what no month was made for.
CREATE TABLE event (
    event_id bigint NOT NULL,
    observed_at timestamptz NOT NULL,
    identity uuid NOT NULL,
    content_hash uuid NOT NULL,
    source text NOT NULL,
    id text NOT NULL,
    type text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz,
    sequence text,
    record text,
    retracts boolean NOT NULL,
    subject text NOT NULL,
    keys jsonb NOT NULL,
    attributes jsonb NOT NULL,
    PRIMARY KEY (event_id, observed_at)
) PARTITION BY RANGE (observed_at);
CREATE TABLE event_default PARTITION OF event DEFAULT;

-- What the payload of a transaction was; apart, because it is kept for a shorter time.
CREATE TABLE event_payload (
    event_id bigint PRIMARY KEY,
    payload jsonb NOT NULL
);

-- One row an identity: the event that counts. The one with the lower content hash does.
CREATE TABLE event_identity (
    identity uuid PRIMARY KEY,
    event_id bigint NOT NULL,
    observed_at timestamptz NOT NULL,
    content_hash uuid NOT NULL
);

-- Identities that were sent with several contents; every variant is a row of event.
CREATE TABLE event_variant (
    identity uuid NOT NULL,
    content_hash uuid NOT NULL,
    event_id bigint NOT NULL,
    observed_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (identity, content_hash)
);

CREATE SEQUENCE node_number;

-- A journey, or (state 'contested') the place of events whose owned keys several contracts claim.
-- facts: what the events said, as models/facts.py packs it; derived: the rows written from it, to see what changed.
CREATE TABLE journey (
    journey_id bigint PRIMARY KEY,
    component_id bigint NOT NULL,
    contested boolean NOT NULL DEFAULT false,
    key text COLLATE "C" NOT NULL,
    contract text COLLATE "C",
    process text NOT NULL,
    process_version integer NOT NULL DEFAULT 1,
    customer text COLLATE "C",
    entity text COLLATE "C",
    region text COLLATE "C",
    practice text COLLATE "C",
    contract_type text COLLATE "C",
    value_amount numeric,
    value_currency text,
    step text,
    state text NOT NULL,
    state_reason text NOT NULL DEFAULT '',
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    facts bytea NOT NULL,
    derived bytea NOT NULL
) WITH (fillfactor = 70, toast_tuple_target = 4080);
CREATE INDEX journey_by_key ON journey (key, journey_id) WHERE NOT contested;
CREATE INDEX journey_by_state ON journey (state, key) WHERE NOT contested;
CREATE INDEX journey_by_customer ON journey (customer, key) WHERE NOT contested;
CREATE INDEX journey_by_component ON journey (component_id) WHERE component_id <> journey_id;
CREATE INDEX journey_contested ON journey (journey_id) WHERE contested;

-- Where a key leads: a journey for journey and owned keys, the key's own node for shared and context keys.
CREATE TABLE journey_key (
    key_hash uuid PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    class text NOT NULL CHECK (class IN ('journey', 'owned', 'shared', 'context')),
    journey_id bigint NOT NULL
);
CREATE INDEX journey_key_by_journey ON journey_key (journey_id);
CREATE INDEX journey_key_by_value ON journey_key (value text_pattern_ops);

-- A shared or context key was seen on an event together with a journey or owned key (event_id 0), or with a shared key that
-- it carries (one row an event, so that one event can be taken back).
CREATE TABLE key_link (
    from_hash uuid NOT NULL,
    to_hash uuid NOT NULL,
    event_id bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (from_hash, to_hash, event_id)
);
CREATE INDEX key_link_by_target ON key_link (to_hash, from_hash);

-- The only fan-out: which events a journey (or the node of a shared key) is made of.
CREATE TABLE journey_event (
    journey_id bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    event_id bigint NOT NULL,
    observed_at timestamptz NOT NULL,
    PRIMARY KEY (journey_id, occurred_at, event_id)
);

CREATE TABLE sample (
    journey_id bigint NOT NULL,
    figure text NOT NULL,
    subject text COLLATE "C" NOT NULL DEFAULT '',
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    seconds numeric,
    omitted boolean NOT NULL DEFAULT false,
    PRIMARY KEY (journey_id, figure, subject)
);
CREATE INDEX sample_by_figure ON sample (figure, finished_at) INCLUDE (seconds, omitted, journey_id);

CREATE TABLE amendment (
    journey_id bigint NOT NULL,
    contract text COLLATE "C",
    amendment text COLLATE "C" NOT NULL,
    approved_at timestamptz,
    state text NOT NULL,
    targets jsonb NOT NULL,
    PRIMARY KEY (journey_id, amendment)
);
CREATE INDEX amendment_by_name ON amendment (amendment, journey_id);

-- What a person or policy must settle. journey_id 0: belongs to no journey. An exception that several journeys share has a row
-- for each; the one with the least contract is listed.
CREATE TABLE exception (
    journey_id bigint NOT NULL,
    exception_id text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    contract text COLLATE "C",
    step text,
    subject text COLLATE "C" NOT NULL DEFAULT '',
    system text,
    transaction text,
    operation text,
    reason text NOT NULL,
    fingerprint text NOT NULL,
    severity text NOT NULL,
    status text NOT NULL,
    owner text,
    assignee text,
    opened_at timestamptz NOT NULL,
    due_at timestamptz,
    settled_at timestamptz,
    settled_by text,
    reopened_count integer NOT NULL DEFAULT 0,
    anchor jsonb NOT NULL,
    PRIMARY KEY (journey_id, exception_id)
);
CREATE INDEX exception_by_id ON exception (exception_id, contract);
CREATE INDEX exception_by_status ON exception (status, opened_at, exception_id);
CREATE INDEX exception_by_kind ON exception (kind, status, opened_at, exception_id);
CREATE INDEX exception_by_contract ON exception (contract);

-- Where a transaction is found: by its own id and by its operation's.
CREATE TABLE transaction_place (
    reference text COLLATE "C" NOT NULL,
    journey_id bigint NOT NULL,
    operation text COLLATE "C" NOT NULL,
    PRIMARY KEY (reference, journey_id, operation)
);
CREATE INDEX transaction_place_by_journey ON transaction_place (journey_id);

-- What people said: links, unlinks. Append-only.
CREATE TABLE decision (
    decision_id text PRIMARY KEY,
    kind text NOT NULL,
    decided_at timestamptz NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    document jsonb NOT NULL
);

CREATE TABLE decision_key (
    key_hash uuid NOT NULL,
    decision_id text NOT NULL REFERENCES decision (decision_id),
    PRIMARY KEY (key_hash, decision_id)
);

CREATE TABLE quarantine (
    quarantine_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    stream text NOT NULL,
    bytes_hash uuid NOT NULL,
    reason text NOT NULL,
    raw bytea NOT NULL,
    format text NOT NULL DEFAULT 'cloudevent',
    first_seen_at timestamptz NOT NULL,
    count bigint NOT NULL DEFAULT 1,
    reimported_at timestamptz,
    UNIQUE (source, stream, bytes_hash)
);
CREATE INDEX quarantine_open ON quarantine (first_seen_at, quarantine_id) WHERE reimported_at IS NULL;

-- Process versions as loaded; state is a function of them.
CREATE TABLE process (
    name text NOT NULL,
    version integer NOT NULL,
    digest text NOT NULL,
    document text NOT NULL,
    loaded_at timestamptz NOT NULL,
    PRIMARY KEY (name, version)
);

-- One row a system and stream: how far it was read. A source that pushes has the stream ''.
CREATE TABLE stream (
    system text NOT NULL,
    stream text NOT NULL DEFAULT '',
    cursor jsonb,
    watermark timestamptz,
    last_success_at timestamptz,
    last_error text,
    PRIMARY KEY (system, stream)
);

-- The systems that settings list, with the role that decides whose word counts.
CREATE TABLE system (
    name text PRIMARY KEY,
    product text NOT NULL,
    role text NOT NULL
);

-- Keys of kinds that no process declares: never joined, counted.
CREATE TABLE undeclared_kind (
    kind text PRIMARY KEY,
    count bigint NOT NULL
);

CREATE TABLE import_progress (
    file_hash text NOT NULL,
    mapping_hash text NOT NULL,
    rows_done bigint NOT NULL,
    report jsonb NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (file_hash, mapping_hash)
);

-- Append-only and chained: each row's hash covers the one before.
CREATE TABLE audit (
    seq bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    verb text NOT NULL,
    object text NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    hash text NOT NULL,
    previous_hash text NOT NULL
);

-- Facts about this store that are no business state: what the derived rows were made with, the worker's beat.
CREATE TABLE store_fact (
    name text PRIMARY KEY,
    value text NOT NULL,
    updated_at timestamptz NOT NULL
);
