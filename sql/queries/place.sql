-- name: keys_of_batch
-- Where the keys of a batch lead. Columns: key_hash, journey_id, name, value.
SELECT known.key_hash, known.journey_id, known.name, known.value
FROM journey_key AS known
WHERE known.key_hash = ANY(%(hashes)s);

-- name: take_keys
-- Which keys are new; the others wait for whoever is writing them. Columns: key_hash.
INSERT INTO journey_key (key_hash, name, value, class, journey_id)
SELECT key_hash, name, value, class, journey_id
FROM incoming_key
ORDER BY key_hash
ON CONFLICT (key_hash) DO NOTHING
RETURNING key_hash;

-- name: lock_keys
-- Hold shared keys by which events come, in the order of their hashes. Parameters: hashes.
SELECT key_hash
FROM journey_key
WHERE key_hash = ANY(%(hashes)s)
ORDER BY key_hash
FOR UPDATE;

-- name: hold_keys
-- Keep shared keys from being locked while links from them are added. Parameters: hashes.
SELECT key_hash
FROM journey_key
WHERE key_hash = ANY(%(hashes)s)
ORDER BY key_hash
FOR SHARE;

-- name: add_links
-- Which links are new. Columns: from_hash, to_hash.
INSERT INTO key_link (from_hash, to_hash, event_id)
SELECT DISTINCT from_hash, to_hash, event_id
FROM incoming_link
ORDER BY from_hash, to_hash, event_id
ON CONFLICT (from_hash, to_hash, event_id) DO NOTHING
RETURNING from_hash, to_hash;

-- name: links_from
-- What shared keys were seen with: journey and owned keys, or shared keys that they carry. One hop.
-- Parameters: hashes. Columns: from_hash, to_hash, class of the target, journey_id of the target, contested.
SELECT DISTINCT link.from_hash, link.to_hash, target.class, target.journey_id
FROM key_link AS link
INNER JOIN journey_key AS target ON target.key_hash = link.to_hash
WHERE link.from_hash = ANY(%(hashes)s);

-- name: carriers_of
-- Which shared keys carry these. Parameters: hashes. Columns: carrier hash, its node, carried hash.
SELECT DISTINCT link.from_hash, carrier.journey_id, link.to_hash
FROM unnest(%(hashes)s::uuid []) AS wanted (key_hash)
INNER JOIN journey_key AS carried ON carried.key_hash = wanted.key_hash AND carried.class = 'shared'
INNER JOIN key_link AS link ON link.to_hash = wanted.key_hash
INNER JOIN journey_key AS carrier ON carrier.key_hash = link.from_hash;

-- name: linked_to
-- Which shared keys were seen with these journey and owned keys. Parameters: hashes. Columns: from_hash, its node.
SELECT DISTINCT link.from_hash, shared.journey_id
FROM key_link AS link
INNER JOIN journey_key AS shared ON shared.key_hash = link.from_hash
WHERE link.to_hash = ANY(%(hashes)s);

-- name: remove_links_to
-- Forget which shared keys were seen with these keys. Parameters: hashes.
DELETE FROM key_link
WHERE to_hash = ANY(%(hashes)s)
    AND event_id = 0;

-- name: remove_links_of_event
-- Forget what one event said about which shared key carries which. Parameters: event_id.
DELETE FROM key_link
WHERE event_id = %(event_id)s
    AND from_hash = ANY(%(hashes)s);

-- name: events_of_nodes
-- The events of journeys, or of the nodes of shared keys. Parameters: nodes. Columns: journey_id, event_id, observed_at.
SELECT journey_id, event_id, observed_at
FROM journey_event
WHERE journey_id = ANY(%(nodes)s);

-- name: lock_journeys
-- Journeys by number, held until the end of the transaction.
SELECT
    journey_id, component_id, contested, key, contract, process, process_version, facts, later_facts, derived
FROM journey
WHERE journey_id = ANY(%(journeys)s)
ORDER BY journey_id
FOR UPDATE;

-- name: lock_components
-- All journeys of these components, the places of contested events among them, held until the end of the transaction.
SELECT
    journey_id, component_id, contested, key, contract, process, process_version, facts, later_facts, derived
FROM journey
WHERE journey_id = ANY(%(components)s)
    OR (component_id <> journey_id AND component_id = ANY(%(components)s))
ORDER BY journey_id
FOR UPDATE;

-- name: components_of
-- Parameters: journeys. Columns: component_id.
SELECT DISTINCT component_id
FROM journey
WHERE journey_id = ANY(%(journeys)s);

-- name: move_keys
-- The keys of a journey that joined another lead there. Parameters: from, to.
UPDATE journey_key
SET journey_id = %(to)s
WHERE journey_id = %(from)s;

-- name: move_events
-- The events of a journey that joined another are that one's. Parameters: from, to.
WITH moved AS (
    DELETE FROM journey_event
    WHERE journey_id = %(from)s
    RETURNING occurred_at, event_id, observed_at
)
INSERT INTO journey_event (journey_id, occurred_at, event_id, observed_at)
SELECT %(to)s, occurred_at, event_id, observed_at
FROM moved
ON CONFLICT DO NOTHING;

-- name: place_events
-- Which of the batch's places are new. Columns: journey_id, event_id.
INSERT INTO journey_event (journey_id, occurred_at, event_id, observed_at)
SELECT DISTINCT journey_id, occurred_at, event_id, observed_at
FROM incoming_place
ON CONFLICT DO NOTHING
RETURNING journey_id, event_id;

-- name: remove_event
-- An event leaves these journeys and nodes. Parameters: nodes, occurred_at, event_id.
DELETE FROM journey_event
WHERE journey_id = ANY(%(nodes)s)
    AND occurred_at = %(occurred_at)s
    AND event_id = %(event_id)s;

-- name: remove_places
-- Journeys are made anew: none of their events is theirs for the moment. Parameters: journeys.
DELETE FROM journey_event
WHERE journey_id = ANY(%(journeys)s);

-- name: point_keys
-- Where keys lead from now on.
UPDATE journey_key AS known
SET journey_id = incoming.journey_id
FROM incoming_key AS incoming
WHERE incoming.key_hash = known.key_hash
    AND known.journey_id <> incoming.journey_id;

-- name: forget_keys
-- Keys that no counting event names any more. Parameters: journeys, kept.
DELETE FROM journey_key
WHERE journey_id = ANY(%(journeys)s)
    AND class IN ('journey', 'owned')
    AND NOT key_hash = ANY(%(kept)s);

-- name: keys_of_journeys
-- Parameters: journeys. Columns: key_hash, name, value, class, journey_id.
SELECT key_hash, name, value, class, journey_id
FROM journey_key
WHERE journey_id = ANY(%(journeys)s)
    AND class IN ('journey', 'owned');

-- name: forget_unlinked
-- These events have reached a journey. Parameters: exceptions.
DELETE FROM exception
WHERE journey_id = 0
    AND exception_id = ANY(%(exceptions)s)
RETURNING exception_id;

-- name: contested_among
-- Which of these are places of contested events. Parameters: journeys. Columns: journey_id.
SELECT journey_id
FROM journey
WHERE journey_id = ANY(%(journeys)s)
    AND contested;

-- name: links_decided
-- Links that people decided and did not take back, about these keys. Parameters: hashes.
-- Columns: decision_id, decided_at, key_hash (every key of the decision).
SELECT decision.decision_id, decision.decided_at, member.key_hash
FROM decision
INNER JOIN decision_key AS member USING (decision_id)
WHERE decision.kind = 'link'
    AND decision.decision_id IN (SELECT decision_id FROM decision_key WHERE key_hash = ANY(%(hashes)s))
    AND NOT EXISTS (
        SELECT FROM decision AS undone
        WHERE undone.kind = 'unlink'
            AND undone.document ->> 'decision' = decision.decision_id
    );

-- name: conflicts_of_components
-- Since when contracts compete in these components, the newest of their conflicts. Parameters: components.
-- Columns: component_id, opened_at.
SELECT place.component_id, max(conflict.opened_at)
FROM journey AS place
INNER JOIN exception AS conflict USING (journey_id)
WHERE place.component_id = ANY(%(components)s)
    AND place.component_id <> place.journey_id
    AND place.contested
    AND conflict.kind = 'link_conflict'
GROUP BY place.component_id;

-- name: add_contested_place
-- The place of events whose owned keys several contracts claim.
INSERT INTO journey (
    journey_id, component_id, contested, key, process, process_version, state, first_at, last_at, facts, derived
)
VALUES (
    %(journey_id)s, %(component_id)s, true, '', %(process)s, %(version)s, 'provisional', %(first_at)s, %(last_at)s, '',
    %(derived)s
);
