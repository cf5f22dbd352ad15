-- name: processes_loaded
-- Every process version ever loaded. Columns: name, version, digest, document.
SELECT name, version, digest, document
FROM process
ORDER BY name, version;

-- name: load_process
-- A process version; the same one again changes nothing. Columns: digest that stands.
INSERT INTO process (name, version, digest, document, loaded_at)
VALUES (%(name)s, %(version)s, %(digest)s, %(document)s, %(now)s)
ON CONFLICT (name, version) DO UPDATE SET digest = process.digest
RETURNING digest;

-- name: replace_process
-- Another text for a version that no journey follows yet.
UPDATE process
SET digest = %(digest)s,
    document = %(document)s,
    loaded_at = %(now)s
WHERE name = %(name)s
    AND version = %(version)s;

-- name: set_system
-- A system as the settings list it.
INSERT INTO system (name, product, role)
VALUES (%(name)s, %(product)s, %(role)s)
ON CONFLICT (name) DO UPDATE SET product = excluded.product, role = excluded.role;

-- name: remove_other_systems
-- Systems that the settings list no more. Parameters: names.
DELETE FROM system WHERE NOT name = ANY(%(names)s);

-- name: roles
-- Columns: name, role.
SELECT name, role FROM system;

-- name: store_fact
-- Parameters: name. Columns: value.
SELECT value FROM store_fact WHERE name = %(name)s;

-- name: set_store_fact
-- Something about this store that is no business state.
INSERT INTO store_fact (name, value, updated_at)
VALUES (%(name)s, %(value)s, %(now)s)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at;

-- name: undeclared_kinds
-- Kinds of key that events named and no process declared at that time. Columns: kind.
SELECT kind FROM undeclared_kind;

-- name: journeys_after
-- Journeys in the order of their numbers. Parameters: after (journey_id), count. Columns as lock_journeys.
SELECT
    journey_id, component_id, contested, key, contract, process, process_version, facts, later_facts, derived
FROM journey
WHERE journey_id > %(after)s
    AND NOT contested
ORDER BY journey_id
LIMIT %(count)s
FOR UPDATE;
