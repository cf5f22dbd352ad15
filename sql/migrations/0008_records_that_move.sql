-- Why: of a record the newest version counts, also where it names another contract than the ones before it.

-- What the versions of a record name: the keys of the first, and whether a later one named others. event_id is the first.
CREATE TABLE record_first (
    record uuid PRIMARY KEY,
    named uuid NOT NULL,
    event_id bigint NOT NULL,
    observed_at timestamptz NOT NULL,
    moved boolean NOT NULL DEFAULT FALSE
);

-- Every version of a record that moved.
CREATE TABLE record_version (
    record uuid NOT NULL,
    event_id bigint NOT NULL,
    observed_at timestamptz NOT NULL,
    PRIMARY KEY (record, event_id)
);
