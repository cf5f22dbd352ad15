-- name: update_journeys
-- Write what the batch made of journeys that stood before. Without facts, those that lie outside the row stay there.
UPDATE journey AS known
SET component_id = incoming.component_id,
    key = incoming.key,
    contract = incoming.contract,
    process = incoming.process,
    process_version = incoming.process_version,
    customer = incoming.customer,
    entity = incoming.entity,
    region = incoming.region,
    practice = incoming.practice,
    contract_type = incoming.contract_type,
    value_amount = incoming.value_amount,
    value_currency = incoming.value_currency,
    step = incoming.step,
    state = incoming.state,
    state_reason = incoming.state_reason,
    first_at = incoming.first_at,
    last_at = incoming.last_at,
    facts = coalesce(incoming.facts, known.facts),
    later_facts = incoming.later_facts,
    derived = incoming.derived
FROM incoming_journey AS incoming
WHERE incoming.journey_id = known.journey_id;

-- name: remove_journeys
-- Journeys that are no more; what was derived from them goes with them. Parameters: journeys.
WITH gone AS (SELECT unnest(%(journeys)s::bigint[]) AS journey_id),
samples AS (DELETE FROM sample USING gone WHERE sample.journey_id = gone.journey_id),
amendments AS (DELETE FROM amendment USING gone WHERE amendment.journey_id = gone.journey_id),
exceptions AS (DELETE FROM exception USING gone WHERE exception.journey_id = gone.journey_id),
places AS (DELETE FROM transaction_place USING gone WHERE transaction_place.journey_id = gone.journey_id)
DELETE FROM journey USING gone WHERE journey.journey_id = gone.journey_id;

-- name: remove_samples
-- The samples of these journeys are written anew. Parameters: journeys.
DELETE FROM sample WHERE journey_id = ANY(%(journeys)s);

-- name: remove_amendments
-- The amendments of these journeys are written anew. Parameters: journeys.
DELETE FROM amendment WHERE journey_id = ANY(%(journeys)s);

-- name: remove_exceptions
-- The exceptions of these journeys are written anew. Parameters: journeys.
DELETE FROM exception WHERE journey_id = ANY(%(journeys)s);

-- name: remove_transaction_places
-- Where the transactions of these journeys are found is written anew. Parameters: journeys.
DELETE FROM transaction_place WHERE journey_id = ANY(%(journeys)s);

-- name: add_loose_exception
-- An exception of no journey, or once more what it says. A person's part in it (owner, assignee) is kept.
INSERT INTO exception (
    journey_id, exception_id, kind, contract, subject, system, reason, fingerprint, severity, status, opened_at, anchor
)
VALUES (
    %(journey_id)s, %(exception_id)s, %(kind)s, %(contract)s, %(subject)s, %(system)s, %(reason)s, %(fingerprint)s,
    %(severity)s, 'open', %(opened_at)s, %(anchor)s
)
ON CONFLICT (journey_id, exception_id) DO UPDATE
SET contract = excluded.contract,
    subject = excluded.subject,
    reason = excluded.reason,
    opened_at = excluded.opened_at,
    anchor = excluded.anchor;
