-- PostgreSQL database dump

-- Name: forward_only(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.forward_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    ranks CONSTANT text[] := ARRAY['requested', 'awaiting_approval', 'claimed', 'sent', 'unconfirmed'];
BEGIN
    IF coalesce(array_position(ranks, new.status), 6) <= coalesce(array_position(ranks, old.status), 6) THEN
        RAISE EXCEPTION 'action % cannot go from % to %', old.action_id, old.status, new.status
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN new;
END
$$;

-- Name: refuse_change(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', tg_table_name, tg_op
        USING ERRCODE = 'restrict_violation';
END
$$;

-- Name: action; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.action (
    action_id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    exception_id text NOT NULL COLLATE pg_catalog."C",
    contract text COLLATE pg_catalog."C",
    transaction text COLLATE pg_catalog."C",
    operation text NOT NULL COLLATE pg_catalog."C",
    parent text COLLATE pg_catalog."C",
    carrier text NOT NULL,
    target_system text DEFAULT ''::text NOT NULL,
    status text NOT NULL,
    requested_by text NOT NULL,
    approved_by text,
    reason text NOT NULL,
    idempotency_key text NOT NULL,
    number integer NOT NULL,
    item jsonb NOT NULL,
    known_at timestamp with time zone NOT NULL,
    result jsonb,
    effect jsonb,
    requested_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    closed_at timestamp with time zone,
    look_at timestamp with time zone DEFAULT clock_timestamp(),
    give_up_at timestamp with time zone NOT NULL,
    worker text,
    lease_until timestamp with time zone,
    CONSTRAINT action_check CHECK (((worker IS NULL) = (lease_until IS NULL))),
    CONSTRAINT action_check1 CHECK (((sent_at IS NOT NULL) OR (status <> ALL (ARRAY['sent'::text, 'confirmed'::text, 'unconfirmed'::text])))),
    CONSTRAINT action_check2 CHECK (((sent_at IS NULL) OR (status <> ALL (ARRAY['requested'::text, 'awaiting_approval'::text, 'refused'::text, 'skipped'::text, 'cancelled'::text, 'expired'::text])))),
    CONSTRAINT action_check3 CHECK (((closed_at IS NULL) = (status = ANY (ARRAY['requested'::text, 'awaiting_approval'::text, 'claimed'::text, 'sent'::text])))),
    CONSTRAINT action_number_check CHECK ((number > 0)),
    CONSTRAINT action_status_check CHECK ((status = ANY (ARRAY['requested'::text, 'awaiting_approval'::text, 'claimed'::text, 'sent'::text, 'confirmed'::text, 'refused'::text, 'failed'::text, 'skipped'::text, 'cancelled'::text, 'expired'::text, 'unconfirmed'::text])))
)
WITH (fillfactor='80');

-- Name: action_attempt; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.action_attempt (
    action_id text NOT NULL COLLATE pg_catalog."C",
    number integer NOT NULL,
    began_at timestamp with time zone NOT NULL,
    at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    outcome text,
    reference text,
    told text,
    CONSTRAINT action_attempt_check CHECK (((ended_at IS NULL) = (outcome IS NULL))),
    CONSTRAINT action_attempt_number_check CHECK ((number > 0)),
    CONSTRAINT action_attempt_outcome_check CHECK ((outcome = ANY (ARRAY['accepted'::text, 'refused'::text, 'unknown'::text, 'not_sent'::text])))
);

-- Name: amendment; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.amendment (
    journey_id bigint NOT NULL,
    contract text COLLATE pg_catalog."C",
    amendment text NOT NULL COLLATE pg_catalog."C",
    approved_at timestamp with time zone,
    state text NOT NULL,
    targets jsonb NOT NULL
);

-- Name: answer; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.answer (
    actor text NOT NULL,
    idempotency_key text NOT NULL,
    request_hash uuid NOT NULL,
    claimed_at timestamp with time zone NOT NULL,
    status integer,
    headers jsonb,
    body bytea,
    CONSTRAINT answer_check CHECK (((status IS NULL) = (body IS NULL)))
);

-- Name: audit; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.audit (
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    verb text NOT NULL,
    object text NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    hash text NOT NULL,
    previous_hash text NOT NULL
);

-- Name: decision; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.decision (
    decision_id text NOT NULL,
    kind text NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    document jsonb NOT NULL
);

-- Name: decision_key; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.decision_key (
    key_hash uuid NOT NULL,
    decision_id text NOT NULL
);

-- Name: event; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.event (
    event_id bigint NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    identity uuid NOT NULL,
    content_hash uuid NOT NULL,
    source text NOT NULL,
    id text NOT NULL,
    type text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone,
    sequence text,
    record text,
    retracts boolean NOT NULL,
    subject text NOT NULL,
    keys jsonb NOT NULL,
    attributes jsonb NOT NULL
)
PARTITION BY RANGE (observed_at);

-- Name: event_default; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.event_default (
    event_id bigint CONSTRAINT event_event_id_not_null NOT NULL,
    observed_at timestamp with time zone CONSTRAINT event_observed_at_not_null NOT NULL,
    identity uuid CONSTRAINT event_identity_not_null NOT NULL,
    content_hash uuid CONSTRAINT event_content_hash_not_null NOT NULL,
    source text CONSTRAINT event_source_not_null NOT NULL,
    id text CONSTRAINT event_id_not_null NOT NULL,
    type text CONSTRAINT event_type_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT event_occurred_at_not_null NOT NULL,
    recorded_at timestamp with time zone,
    sequence text,
    record text,
    retracts boolean CONSTRAINT event_retracts_not_null NOT NULL,
    subject text CONSTRAINT event_subject_not_null NOT NULL,
    keys jsonb CONSTRAINT event_keys_not_null NOT NULL,
    attributes jsonb CONSTRAINT event_attributes_not_null NOT NULL
);

-- Name: event_identity; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.event_identity (
    identity uuid NOT NULL,
    event_id bigint NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    content_hash uuid NOT NULL
);

-- Name: event_number; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.event_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: event_payload; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.event_payload (
    event_id bigint NOT NULL,
    payload jsonb NOT NULL
);

-- Name: event_variant; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.event_variant (
    identity uuid NOT NULL,
    content_hash uuid NOT NULL,
    event_id bigint NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    occurred_at timestamp with time zone NOT NULL
);

-- Name: exception; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.exception (
    journey_id bigint NOT NULL,
    exception_id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    contract text COLLATE pg_catalog."C",
    step text,
    subject text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    system text,
    transaction text,
    operation text,
    reason text NOT NULL,
    fingerprint text NOT NULL,
    severity text NOT NULL,
    status text NOT NULL,
    owner text,
    assignee text,
    opened_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    settled_at timestamp with time zone,
    settled_by text,
    reopened_count integer DEFAULT 0 NOT NULL,
    anchor jsonb NOT NULL
);

-- Name: import_progress; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.import_progress (
    file_hash text NOT NULL,
    mapping_hash text NOT NULL,
    rows_done bigint NOT NULL,
    report jsonb NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

-- Name: journey; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.journey (
    journey_id bigint NOT NULL,
    component_id bigint NOT NULL,
    contested boolean DEFAULT false NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    contract text COLLATE pg_catalog."C",
    process text NOT NULL,
    process_version integer DEFAULT 1 NOT NULL,
    customer text COLLATE pg_catalog."C",
    entity text COLLATE pg_catalog."C",
    region text COLLATE pg_catalog."C",
    practice text COLLATE pg_catalog."C",
    contract_type text COLLATE pg_catalog."C",
    value_amount numeric,
    value_currency text,
    step text,
    state text NOT NULL,
    state_reason text DEFAULT ''::text NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    facts bytea NOT NULL,
    derived bytea NOT NULL,
    later_facts bytea DEFAULT '\x'::bytea NOT NULL
)
WITH (toast_tuple_target='4080', fillfactor='50');
ALTER TABLE ONLY public.journey ALTER COLUMN facts SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.journey ALTER COLUMN derived SET STORAGE MAIN;
ALTER TABLE ONLY public.journey ALTER COLUMN later_facts SET STORAGE MAIN;

-- Name: journey_event; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.journey_event (
    journey_id bigint NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    event_id bigint NOT NULL,
    observed_at timestamp with time zone NOT NULL
);

-- Name: journey_key; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.journey_key (
    key_hash uuid NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C",
    class text NOT NULL,
    journey_id bigint NOT NULL,
    CONSTRAINT journey_key_class_check CHECK ((class = ANY (ARRAY['journey'::text, 'owned'::text, 'shared'::text, 'context'::text])))
);

-- Name: key_link; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.key_link (
    from_hash uuid NOT NULL,
    to_hash uuid NOT NULL,
    event_id bigint DEFAULT 0 NOT NULL
);

-- Name: node_number; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.node_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: process; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.process (
    name text NOT NULL,
    version integer NOT NULL,
    digest text NOT NULL,
    document text NOT NULL,
    loaded_at timestamp with time zone NOT NULL
);

-- Name: quarantine; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.quarantine (
    quarantine_id bigint NOT NULL,
    source text NOT NULL,
    stream text NOT NULL,
    bytes_hash uuid NOT NULL,
    reason text NOT NULL,
    raw bytea NOT NULL,
    format text DEFAULT 'cloudevent'::text NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    count bigint DEFAULT 1 NOT NULL,
    reimported_at timestamp with time zone
);

-- Name: quarantine_quarantine_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.quarantine ALTER COLUMN quarantine_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.quarantine_quarantine_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: record_first; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.record_first (
    record uuid NOT NULL,
    named uuid NOT NULL,
    event_id bigint NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    moved boolean DEFAULT false NOT NULL
);

-- Name: record_version; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.record_version (
    record uuid NOT NULL,
    event_id bigint NOT NULL,
    observed_at timestamp with time zone NOT NULL
);

-- Name: sample; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.sample (
    journey_id bigint NOT NULL,
    figure text NOT NULL,
    subject text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    seconds numeric,
    omitted boolean DEFAULT false NOT NULL
);

-- Name: schema_migration; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.schema_migration (
    number integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

-- Name: span; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.span (
    trace_id bytea NOT NULL,
    span_id bytea NOT NULL,
    parent_id bytea,
    name text NOT NULL,
    service text NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    status_message text DEFAULT ''::text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    contract text,
    transaction text,
    operation text,
    attempt integer,
    attributes jsonb NOT NULL,
    dropped_attributes_count integer DEFAULT 0 NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    CONSTRAINT span_check CHECK ((ended_at >= started_at)),
    CONSTRAINT span_kind_check CHECK ((kind = ANY (ARRAY['unspecified'::text, 'internal'::text, 'server'::text, 'client'::text, 'producer'::text, 'consumer'::text]))),
    CONSTRAINT span_parent_id_check CHECK ((length(parent_id) = 8)),
    CONSTRAINT span_span_id_check CHECK ((length(span_id) = 8)),
    CONSTRAINT span_status_check CHECK ((status = ANY (ARRAY['unset'::text, 'ok'::text, 'error'::text]))),
    CONSTRAINT span_trace_id_check CHECK ((length(trace_id) = 16))
);

-- Name: store_fact; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.store_fact (
    name text NOT NULL,
    value text NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

-- Name: stream; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.stream (
    system text NOT NULL,
    stream text DEFAULT ''::text NOT NULL,
    cursor jsonb,
    watermark timestamp with time zone,
    last_success_at timestamp with time zone,
    last_error text,
    lease text,
    lease_until timestamp with time zone,
    next_poll_at timestamp with time zone,
    interval_seconds double precision,
    is_hinted boolean DEFAULT false NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    failure text,
    last_error_at timestamp with time zone,
    watch_from timestamp with time zone,
    fields jsonb,
    CONSTRAINT stream_failure_check CHECK (((failures = 0) = (failure IS NULL))),
    CONSTRAINT stream_lease_check CHECK (((lease IS NULL) = (lease_until IS NULL)))
);

-- Name: stream_memory; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.stream_memory (
    system text NOT NULL,
    stream text NOT NULL,
    record text NOT NULL COLLATE pg_catalog."C",
    learned text NOT NULL
);

-- Name: system; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.system (
    name text NOT NULL,
    product text NOT NULL,
    role text NOT NULL
);

-- Name: transaction_place; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.transaction_place (
    reference text NOT NULL COLLATE pg_catalog."C",
    journey_id bigint NOT NULL,
    operation text NOT NULL COLLATE pg_catalog."C"
);

-- Name: undeclared_kind; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.undeclared_kind (
    kind text NOT NULL,
    count bigint NOT NULL
);

-- Name: event_default; Type: TABLE ATTACH; Schema: public; Owner: -

ALTER TABLE ONLY public.event ATTACH PARTITION public.event_default DEFAULT;

-- Name: action_attempt action_attempt_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.action_attempt
    ADD CONSTRAINT action_attempt_pkey PRIMARY KEY (action_id, number);

-- Name: action action_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.action
    ADD CONSTRAINT action_pkey PRIMARY KEY (action_id);

-- Name: amendment amendment_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.amendment
    ADD CONSTRAINT amendment_pkey PRIMARY KEY (journey_id, amendment);

-- Name: answer answer_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.answer
    ADD CONSTRAINT answer_pkey PRIMARY KEY (actor, idempotency_key);

-- Name: audit audit_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (seq);

-- Name: decision_key decision_key_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.decision_key
    ADD CONSTRAINT decision_key_pkey PRIMARY KEY (key_hash, decision_id);

-- Name: decision decision_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.decision
    ADD CONSTRAINT decision_pkey PRIMARY KEY (decision_id);

-- Name: event event_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (event_id, observed_at);

-- Name: event_default event_default_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.event_default
    ADD CONSTRAINT event_default_pkey PRIMARY KEY (event_id, observed_at);

-- Name: event_identity event_identity_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.event_identity
    ADD CONSTRAINT event_identity_pkey PRIMARY KEY (identity);

-- Name: event_payload event_payload_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.event_payload
    ADD CONSTRAINT event_payload_pkey PRIMARY KEY (event_id);

-- Name: event_variant event_variant_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.event_variant
    ADD CONSTRAINT event_variant_pkey PRIMARY KEY (identity, content_hash);

-- Name: exception exception_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.exception
    ADD CONSTRAINT exception_pkey PRIMARY KEY (journey_id, exception_id);

-- Name: import_progress import_progress_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.import_progress
    ADD CONSTRAINT import_progress_pkey PRIMARY KEY (file_hash, mapping_hash);

-- Name: journey_event journey_event_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.journey_event
    ADD CONSTRAINT journey_event_pkey PRIMARY KEY (journey_id, occurred_at, event_id);

-- Name: journey_key journey_key_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.journey_key
    ADD CONSTRAINT journey_key_pkey PRIMARY KEY (key_hash);

-- Name: journey journey_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.journey
    ADD CONSTRAINT journey_pkey PRIMARY KEY (journey_id);

-- Name: key_link key_link_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.key_link
    ADD CONSTRAINT key_link_pkey PRIMARY KEY (from_hash, to_hash, event_id);

-- Name: process process_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.process
    ADD CONSTRAINT process_pkey PRIMARY KEY (name, version);

-- Name: quarantine quarantine_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (quarantine_id);

-- Name: quarantine quarantine_source_stream_bytes_hash_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT quarantine_source_stream_bytes_hash_key UNIQUE (source, stream, bytes_hash);

-- Name: record_first record_first_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.record_first
    ADD CONSTRAINT record_first_pkey PRIMARY KEY (record);

-- Name: record_version record_version_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.record_version
    ADD CONSTRAINT record_version_pkey PRIMARY KEY (record, event_id);

-- Name: sample sample_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sample
    ADD CONSTRAINT sample_pkey PRIMARY KEY (journey_id, figure, subject);

-- Name: schema_migration schema_migration_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (number);

-- Name: span span_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.span
    ADD CONSTRAINT span_pkey PRIMARY KEY (trace_id, span_id);

-- Name: store_fact store_fact_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.store_fact
    ADD CONSTRAINT store_fact_pkey PRIMARY KEY (name);

-- Name: stream_memory stream_memory_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.stream_memory
    ADD CONSTRAINT stream_memory_pkey PRIMARY KEY (system, stream, record);

-- Name: stream stream_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.stream
    ADD CONSTRAINT stream_pkey PRIMARY KEY (system, stream);

-- Name: system system_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.system
    ADD CONSTRAINT system_pkey PRIMARY KEY (name);

-- Name: transaction_place transaction_place_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.transaction_place
    ADD CONSTRAINT transaction_place_pkey PRIMARY KEY (reference, journey_id, operation);

-- Name: undeclared_kind undeclared_kind_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.undeclared_kind
    ADD CONSTRAINT undeclared_kind_pkey PRIMARY KEY (kind);

-- Name: action_by_exception; Type: INDEX; Schema: public; Owner: -

CREATE INDEX action_by_exception ON public.action USING btree (exception_id, requested_at, action_id);

-- Name: action_by_operation; Type: INDEX; Schema: public; Owner: -

CREATE INDEX action_by_operation ON public.action USING btree (operation, requested_at, action_id);

-- Name: action_by_request; Type: INDEX; Schema: public; Owner: -

CREATE INDEX action_by_request ON public.action USING btree (requested_at, action_id);

-- Name: action_by_status; Type: INDEX; Schema: public; Owner: -

CREATE INDEX action_by_status ON public.action USING btree (status, requested_at, action_id);

-- Name: action_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX action_due ON public.action USING btree (look_at) WHERE (look_at IS NOT NULL);

-- Name: action_one_open; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX action_one_open ON public.action USING btree (target_system, operation) WHERE (status = ANY (ARRAY['requested'::text, 'awaiting_approval'::text, 'claimed'::text, 'sent'::text]));

-- Name: amendment_by_approval; Type: INDEX; Schema: public; Owner: -

CREATE INDEX amendment_by_approval ON public.amendment USING btree (approved_at, amendment);

-- Name: amendment_by_contract; Type: INDEX; Schema: public; Owner: -

CREATE INDEX amendment_by_contract ON public.amendment USING btree (contract, approved_at, amendment);

-- Name: amendment_by_name; Type: INDEX; Schema: public; Owner: -

CREATE INDEX amendment_by_name ON public.amendment USING btree (amendment, journey_id);

-- Name: amendment_by_state; Type: INDEX; Schema: public; Owner: -

CREATE INDEX amendment_by_state ON public.amendment USING btree (state, approved_at, amendment);

-- Name: answer_by_claim; Type: INDEX; Schema: public; Owner: -

CREATE INDEX answer_by_claim ON public.answer USING btree (claimed_at);

-- Name: audit_by_actor; Type: INDEX; Schema: public; Owner: -

CREATE INDEX audit_by_actor ON public.audit USING btree (actor, seq);

-- Name: audit_by_object; Type: INDEX; Schema: public; Owner: -

CREATE INDEX audit_by_object ON public.audit USING btree (object, seq);

-- Name: audit_by_time; Type: INDEX; Schema: public; Owner: -

CREATE INDEX audit_by_time ON public.audit USING btree (at, seq);

-- Name: exception_by_assignee; Type: INDEX; Schema: public; Owner: -

CREATE INDEX exception_by_assignee ON public.exception USING btree (assignee, opened_at, exception_id) WHERE (assignee IS NOT NULL);

-- Name: exception_by_contract; Type: INDEX; Schema: public; Owner: -

CREATE INDEX exception_by_contract ON public.exception USING btree (contract);

-- Name: exception_by_fingerprint; Type: INDEX; Schema: public; Owner: -

CREATE INDEX exception_by_fingerprint ON public.exception USING btree (fingerprint, opened_at, exception_id);

-- Name: exception_by_id; Type: INDEX; Schema: public; Owner: -

CREATE INDEX exception_by_id ON public.exception USING btree (exception_id, contract);

-- Name: exception_by_kind; Type: INDEX; Schema: public; Owner: -

CREATE INDEX exception_by_kind ON public.exception USING btree (kind, status, opened_at, exception_id);

-- Name: exception_by_opening; Type: INDEX; Schema: public; Owner: -

CREATE INDEX exception_by_opening ON public.exception USING btree (opened_at, exception_id);

-- Name: exception_by_operation; Type: INDEX; Schema: public; Owner: -

CREATE INDEX exception_by_operation ON public.exception USING btree (operation) WHERE (operation IS NOT NULL);

-- Name: exception_by_owner; Type: INDEX; Schema: public; Owner: -

CREATE INDEX exception_by_owner ON public.exception USING btree (owner, opened_at, exception_id) WHERE (owner IS NOT NULL);

-- Name: exception_by_settling; Type: INDEX; Schema: public; Owner: -

CREATE INDEX exception_by_settling ON public.exception USING btree (settled_at, opened_at, exception_id);

-- Name: exception_by_severity; Type: INDEX; Schema: public; Owner: -

CREATE INDEX exception_by_severity ON public.exception USING btree (array_position(ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text], severity), opened_at, exception_id);

-- Name: exception_by_status; Type: INDEX; Schema: public; Owner: -

CREATE INDEX exception_by_status ON public.exception USING btree (status, opened_at, exception_id);

-- Name: exception_by_system; Type: INDEX; Schema: public; Owner: -

CREATE INDEX exception_by_system ON public.exception USING btree (system, opened_at, exception_id);

-- Name: exception_by_transaction; Type: INDEX; Schema: public; Owner: -

CREATE INDEX exception_by_transaction ON public.exception USING btree (transaction) WHERE (transaction IS NOT NULL);

-- Name: journey_by_component; Type: INDEX; Schema: public; Owner: -

CREATE INDEX journey_by_component ON public.journey USING btree (component_id) WHERE (component_id <> journey_id);

-- Name: journey_by_contract; Type: INDEX; Schema: public; Owner: -

CREATE INDEX journey_by_contract ON public.journey USING btree (contract) WHERE (contract IS NOT NULL);

-- Name: journey_by_customer; Type: INDEX; Schema: public; Owner: -

CREATE INDEX journey_by_customer ON public.journey USING btree (customer, key) WHERE (NOT contested);

-- Name: journey_by_dimensions; Type: INDEX; Schema: public; Owner: -

CREATE INDEX journey_by_dimensions ON public.journey USING btree (contract_type, region, entity, practice, key) INCLUDE (journey_id, customer, process) WHERE (NOT contested);

-- Name: journey_by_key; Type: INDEX; Schema: public; Owner: -

CREATE INDEX journey_by_key ON public.journey USING btree (key, journey_id) WHERE (NOT contested);

-- Name: journey_by_state; Type: INDEX; Schema: public; Owner: -

CREATE INDEX journey_by_state ON public.journey USING btree (state, key) WHERE (NOT contested);

-- Name: journey_contested; Type: INDEX; Schema: public; Owner: -

CREATE INDEX journey_contested ON public.journey USING btree (journey_id) WHERE contested;

-- Name: journey_key_by_journey; Type: INDEX; Schema: public; Owner: -

CREATE INDEX journey_key_by_journey ON public.journey_key USING btree (journey_id);

-- Name: journey_key_by_value; Type: INDEX; Schema: public; Owner: -

CREATE INDEX journey_key_by_value ON public.journey_key USING btree (value text_pattern_ops);

-- Name: key_link_by_target; Type: INDEX; Schema: public; Owner: -

CREATE INDEX key_link_by_target ON public.key_link USING btree (to_hash, from_hash);

-- Name: quarantine_open; Type: INDEX; Schema: public; Owner: -

CREATE INDEX quarantine_open ON public.quarantine USING btree (first_seen_at, quarantine_id) WHERE (reimported_at IS NULL);

-- Name: sample_by_figure; Type: INDEX; Schema: public; Owner: -

CREATE INDEX sample_by_figure ON public.sample USING btree (figure, finished_at) INCLUDE (seconds, omitted, journey_id);

-- Name: span_by_observation; Type: INDEX; Schema: public; Owner: -

CREATE INDEX span_by_observation ON public.span USING brin (observed_at);

-- Name: span_by_operation; Type: INDEX; Schema: public; Owner: -

CREATE INDEX span_by_operation ON public.span USING btree (operation) WHERE (operation IS NOT NULL);

-- Name: span_by_transaction; Type: INDEX; Schema: public; Owner: -

CREATE INDEX span_by_transaction ON public.span USING btree (transaction) WHERE (transaction IS NOT NULL);

-- Name: stream_due; Type: INDEX; Schema: public; Owner: -

CREATE INDEX stream_due ON public.stream USING btree (next_poll_at) WHERE (next_poll_at IS NOT NULL);

-- Name: transaction_place_by_journey; Type: INDEX; Schema: public; Owner: -

CREATE INDEX transaction_place_by_journey ON public.transaction_place USING btree (journey_id);

-- Name: event_default_pkey; Type: INDEX ATTACH; Schema: public; Owner: -

ALTER INDEX public.event_pkey ATTACH PARTITION public.event_default_pkey;

-- Name: audit append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.audit FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

-- Name: decision append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.decision FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

-- Name: event append_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.event FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

-- Name: action forward_only; Type: TRIGGER; Schema: public; Owner: -

CREATE TRIGGER forward_only BEFORE UPDATE OF status ON public.action FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION public.forward_only();

-- Name: action_attempt action_attempt_action_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.action_attempt
    ADD CONSTRAINT action_attempt_action_id_fkey FOREIGN KEY (action_id) REFERENCES public.action(action_id);

-- Name: decision_key decision_key_decision_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.decision_key
    ADD CONSTRAINT decision_key_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES public.decision(decision_id);

-- PostgreSQL database dump complete
