-- name: stop_writers
-- Whoever wants to write events waits until the end of the transaction; reading goes on.
LOCK TABLE event_identity, decision IN SHARE ROW EXCLUSIVE MODE;

-- name: make_rebuild_tables
-- Empty tables of the derived state that come before the standing ones for this transaction.
CREATE SCHEMA rebuilding;
CREATE TABLE rebuilding.journey (LIKE public.journey INCLUDING ALL);
CREATE TABLE rebuilding.journey_key (LIKE public.journey_key INCLUDING ALL);
CREATE TABLE rebuilding.key_link (LIKE public.key_link INCLUDING ALL);
CREATE TABLE rebuilding.journey_event (LIKE public.journey_event INCLUDING ALL);
CREATE TABLE rebuilding.sample (LIKE public.sample INCLUDING ALL);
CREATE TABLE rebuilding.amendment (LIKE public.amendment INCLUDING ALL);
CREATE TABLE rebuilding.exception (LIKE public.exception INCLUDING ALL);
CREATE TABLE rebuilding.transaction_place (LIKE public.transaction_place INCLUDING ALL);
CREATE TABLE rebuilding.record_first (LIKE public.record_first INCLUDING ALL);
CREATE TABLE rebuilding.record_version (LIKE public.record_version INCLUDING ALL);
SET LOCAL search_path = rebuilding, public;

-- name: look_at_store
-- The standing tables come first again.
SET LOCAL search_path = public;

-- name: drop_rebuild_tables
-- What was made beside the standing tables goes.
DROP SCHEMA rebuilding CASCADE;

-- name: replace_journey
-- What was made beside the standing table takes its place.
TRUNCATE public.journey;
INSERT INTO public.journey
SELECT * FROM rebuilding.journey;

-- name: replace_journey_key
-- What was made beside the standing table takes its place.
TRUNCATE public.journey_key;
INSERT INTO public.journey_key
SELECT * FROM rebuilding.journey_key;

-- name: replace_key_link
-- What was made beside the standing table takes its place.
TRUNCATE public.key_link;
INSERT INTO public.key_link
SELECT * FROM rebuilding.key_link;

-- name: replace_journey_event
-- What was made beside the standing table takes its place.
TRUNCATE public.journey_event;
INSERT INTO public.journey_event
SELECT * FROM rebuilding.journey_event;

-- name: replace_sample
-- What was made beside the standing table takes its place.
TRUNCATE public.sample;
INSERT INTO public.sample
SELECT * FROM rebuilding.sample;

-- name: replace_amendment
-- What was made beside the standing table takes its place.
TRUNCATE public.amendment;
INSERT INTO public.amendment
SELECT * FROM rebuilding.amendment;

-- name: replace_exception
-- What was made beside the standing table takes its place.
TRUNCATE public.exception;
INSERT INTO public.exception
SELECT * FROM rebuilding.exception;

-- name: replace_transaction_place
-- What was made beside the standing table takes its place.
TRUNCATE public.transaction_place;
INSERT INTO public.transaction_place
SELECT * FROM rebuilding.transaction_place;

-- name: replace_record_first
-- What was made beside the standing table takes its place.
TRUNCATE public.record_first;
INSERT INTO public.record_first
SELECT * FROM rebuilding.record_first;

-- name: replace_record_version
-- What was made beside the standing table takes its place.
TRUNCATE public.record_version;
INSERT INTO public.record_version
SELECT * FROM rebuilding.record_version;

-- name: count_counting_events
-- How many events count. Columns: count.
SELECT count(*) FROM event_identity;

-- name: counting_events_after
-- The events that count, in the order in which they were written. Parameters: after (event_id), count.
SELECT
    event.event_id, event.observed_at, source, id, type, occurred_at, recorded_at, sequence, record, retracts, subject,
    keys, attributes, event.identity, event.content_hash
FROM event
INNER JOIN event_identity AS counting
    ON counting.identity = event.identity AND counting.event_id = event.event_id
WHERE event.event_id > %(after)s
ORDER BY event.event_id
LIMIT %(count)s;

-- name: identities_with_variants
-- Identities that were sent with several contents. Columns: identity.
SELECT DISTINCT identity FROM event_variant;
