-- Why: what people ask to be changed in other systems is written down before it is done, and until it is proven.

-- One row a wish. exception_id, transaction and operation say what it is about; carrier is the system that is asked to do it
-- again, target_system the one in which it shall have its effect. item is what the carrier is told, as of the last sending;
-- known_at the newest that was known of the operation when it was asked for, or sent. Times of requesting, sending and
-- closing are the program's clock; look_at, give_up_at and lease_until are this server's.
CREATE TABLE action (
    action_id text COLLATE "C" PRIMARY KEY,
    kind text NOT NULL,
    exception_id text COLLATE "C" NOT NULL,
    contract text COLLATE "C",
    transaction text COLLATE "C",
    operation text COLLATE "C" NOT NULL,
    parent text COLLATE "C",
    carrier text NOT NULL,
    target_system text NOT NULL DEFAULT '',
    status text NOT NULL CHECK (
        status IN (
            'requested', 'awaiting_approval', 'claimed', 'sent', 'confirmed', 'refused', 'failed', 'skipped', 'cancelled',
            'expired', 'unconfirmed'
        )
    ),
    requested_by text NOT NULL,
    approved_by text,
    reason text NOT NULL,
    idempotency_key text NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    item jsonb NOT NULL,
    known_at timestamptz NOT NULL,
    result jsonb,
    effect jsonb,
    requested_at timestamptz NOT NULL,
    sent_at timestamptz,
    closed_at timestamptz,
    look_at timestamptz DEFAULT clock_timestamp(),
    give_up_at timestamptz NOT NULL,
    worker text,
    lease_until timestamptz,
    CHECK ((worker IS NULL) = (lease_until IS NULL)),
    CHECK (sent_at IS NOT NULL OR status NOT IN ('sent', 'confirmed', 'unconfirmed')),
    CHECK (sent_at IS NULL OR status NOT IN ('requested', 'awaiting_approval', 'refused', 'skipped', 'cancelled', 'expired')),
    CHECK ((closed_at IS NULL) = (status IN ('requested', 'awaiting_approval', 'claimed', 'sent')))
) WITH (fillfactor = 80);

-- An operation is sent to a target by one at a time, however many ask.
CREATE UNIQUE INDEX action_one_open ON action (target_system, operation)
    WHERE status IN ('requested', 'awaiting_approval', 'claimed', 'sent');
CREATE INDEX action_due ON action (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX action_by_exception ON action (exception_id, requested_at, action_id);
CREATE INDEX action_by_operation ON action (operation, requested_at, action_id);
CREATE INDEX action_by_request ON action (requested_at, action_id);
CREATE INDEX action_by_status ON action (status, requested_at, action_id);

-- Every time something was about to be sent: written before, completed after. Without an outcome nobody knows yet.
CREATE TABLE action_attempt (
    action_id text COLLATE "C" NOT NULL REFERENCES action (action_id),
    number integer NOT NULL CHECK (number > 0),
    began_at timestamptz NOT NULL,
    at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('accepted', 'refused', 'unknown', 'not_sent')),
    reference text,
    told text,
    PRIMARY KEY (action_id, number),
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);

CREATE FUNCTION forward_only() RETURNS trigger
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
CREATE TRIGGER forward_only BEFORE UPDATE OF status ON action
FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION forward_only();
