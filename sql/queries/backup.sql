-- name: database_use
-- May this database be restored into? connections: of others to it; tables: those in it.
SELECT
    (
        SELECT count(*)
        FROM pg_stat_activity
        WHERE datname = current_database()
          AND pid <> pg_backend_pid()
          AND backend_type = 'client backend'
    ) AS connections,
    (
        SELECT count(*)
        FROM pg_tables
        WHERE schemaname = 'public'
    ) AS tables;

-- name: empty_schema
-- Drops everything of ours, in the transaction that restores a backup in its place.
SET client_min_messages = warning;
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
COMMENT ON SCHEMA public IS 'standard public schema';
ALTER SCHEMA public OWNER TO pg_database_owner;
GRANT USAGE ON SCHEMA public TO PUBLIC;
