-- Why: streams are polled by any number of workers, none of them by two at once, and each says how it stands.

-- A lease names one claim and not a process, so that whoever lost it cannot take it for his. Leases and polls run on the
-- machine's clock, watermarks on the source's. interval_seconds: how often it is polled, or how often a source that pushes
-- says that all was sent; NULL: nothing is expected of it. next_poll_at NULL: it is not polled.
ALTER TABLE stream ADD COLUMN lease text;
ALTER TABLE stream ADD COLUMN lease_until timestamptz;
ALTER TABLE stream ADD COLUMN next_poll_at timestamptz;
ALTER TABLE stream ADD COLUMN interval_seconds double precision;
ALTER TABLE stream ADD COLUMN is_hinted boolean NOT NULL DEFAULT false;
ALTER TABLE stream ADD COLUMN failures integer NOT NULL DEFAULT 0;
ALTER TABLE stream ADD COLUMN failure text;
ALTER TABLE stream ADD COLUMN last_error_at timestamptz;
ALTER TABLE stream ADD COLUMN watch_from timestamptz;
ALTER TABLE stream ADD COLUMN fields jsonb;
ALTER TABLE stream ADD CONSTRAINT stream_lease_check CHECK ((lease IS NULL) = (lease_until IS NULL));
ALTER TABLE stream ADD CONSTRAINT stream_failure_check CHECK ((failures = 0) = (failure IS NULL));
CREATE INDEX stream_due ON stream (next_poll_at) WHERE next_poll_at IS NOT NULL;

-- What a stream learned of its records, for sources that stamp no time on what changed: a digest of the content as a rule.
CREATE TABLE stream_memory (
    system text NOT NULL,
    stream text NOT NULL,
    record text NOT NULL COLLATE "C",
    learned text NOT NULL,
    PRIMARY KEY (system, stream, record)
);
