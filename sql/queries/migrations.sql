-- name: has_migration_table
-- Has this database ever been migrated? One row, one boolean.
SELECT to_regclass('schema_migration') IS NOT NULL;

-- name: create_migration_table
-- Makes the table that records what was applied. Run once a database, in the transaction of the first migration.
CREATE TABLE schema_migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: applied_migrations
-- Which migrations were applied? number, name, checksum (SHA-256 of the file's text, hex), by number.
SELECT number, name, checksum
FROM schema_migration
ORDER BY number;

-- name: record_migration
-- Writes down that a migration was applied. Parameters: number, name, checksum.
INSERT INTO schema_migration (number, name, checksum)
VALUES (%s, %s, %s);

-- name: lock_migrations
-- Waits until nobody else migrates this database; held to the end of the transaction. The number is any constant of
-- ours and must never change, or two versions of the program would migrate side by side.
SELECT pg_advisory_xact_lock(7305118446201);

-- name: limit_lock_waits
-- Lets the statements of this transaction wait ten seconds for a lock. A migration that waits makes everybody behind it
-- wait too; better to give up and be started again.
SET LOCAL lock_timeout = '10s';
