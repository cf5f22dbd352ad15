-- name: duration_rows
-- The samples behind a duration, as of an instant: what finished later is still running. A sample belongs to the time it
-- finished, a running one to as_of. Parameters: figure, as_of, from (inclusive), to (exclusive).
-- Columns: of the journey and the sample; part is finished, running or omitted; seconds None unless finished.
SELECT
    journey.key, journey.contract, journey.process, journey.customer, journey.entity, journey.region, journey.practice,
    journey.contract_type, journey.state, sample.subject, sample.started_at,
    CASE WHEN sample.finished_at <= %(as_of)s THEN sample.finished_at END AS finished_at,
    CASE WHEN sample.finished_at <= %(as_of)s THEN sample.seconds END AS seconds,
    CASE
        WHEN sample.finished_at <= %(as_of)s AND sample.omitted THEN 'omitted'
        WHEN sample.finished_at <= %(as_of)s THEN 'finished'
        ELSE 'running'
    END AS part,
    coalesce(least(sample.finished_at, %(as_of)s), %(as_of)s) AS belongs_at
FROM sample
-- A left join of a unique row costs nothing where no column of it is asked for.
LEFT JOIN journey ON journey.journey_id = sample.journey_id AND NOT journey.contested
WHERE sample.figure = %(figure)s
    AND sample.started_at <= %(as_of)s
    AND (
        (
            sample.finished_at <= %(as_of)s
            AND sample.finished_at >= %(from)s::timestamptz
            AND sample.finished_at < %(to)s::timestamptz
        )
        OR (
            (sample.finished_at IS NULL OR sample.finished_at > %(as_of)s)
            AND %(as_of)s >= %(from)s::timestamptz
            AND %(as_of)s < %(to)s::timestamptz
        )
    );

-- name: recovery_rows
-- The exceptions behind the time of recovery: settled ones belong to when they were, the others are running.
-- By what events say alone, as the state is: an action that is not proven yet changes no figure.
-- Parameters: as_of, from, to, figure (not used). Begins with what exceptions_listed lists, as source.
SELECT
    source.*, source.opened_at AS started_at, settled.at AS finished_at,
    extract(epoch FROM settled.at - source.opened_at) AS seconds,
    CASE WHEN settled.at IS NOT NULL THEN 'finished' ELSE 'running' END AS part,
    coalesce(settled.at, %(as_of)s) AS belongs_at
FROM source
CROSS JOIN LATERAL (
    SELECT CASE WHEN source.stored_settled_at <= %(as_of)s THEN source.stored_settled_at END AS at
) AS settled
WHERE source.stored_status <> 'withdrawn'
    AND (
        (
            source.stored_settled_at <= %(as_of)s
            AND source.stored_settled_at >= %(from)s::timestamptz
            AND source.stored_settled_at < %(to)s::timestamptz
        )
        OR (
            (source.stored_settled_at IS NULL OR source.stored_settled_at > %(as_of)s)
            AND %(as_of)s >= %(from)s::timestamptz
            AND %(as_of)s < %(to)s::timestamptz
        )
    );

-- name: aging_rows
-- The exceptions that are open, with their ages; they belong to as_of. Parameters: as_of, from, to, figure (not used).
-- Begins with what exceptions_listed lists, as source.
SELECT
    source.*, source.opened_at AS started_at, NULL::timestamptz AS finished_at, source.age_seconds AS seconds,
    'finished' AS part, %(as_of)s::timestamptz AS belongs_at
FROM source
WHERE source.stored_status <> 'withdrawn'
    AND (source.stored_settled_at IS NULL OR source.stored_settled_at > %(as_of)s)
    AND %(as_of)s >= %(from)s::timestamptz
    AND %(as_of)s < %(to)s::timestamptz;

-- name: beginning_of_rows
-- The earliest time that a row behind a figure belongs to; None without rows. Composed with source and conditions.
SELECT min(listed.belongs_at)
FROM ({source}) AS listed
WHERE {conditions};

-- name: cells_by_group
-- Counts and percentiles of the rows behind a figure, by period and group. Composed with source, conditions and group.
-- Parameters: bounds (the beginnings of all periods but the first). Columns: period, group_value, finished, running, omitted, percentiles (p50 and p90, None for none).
SELECT
    width_bucket(listed.belongs_at, %(bounds)s::timestamptz []) AS period, {group} AS group_value,
    count(*) FILTER (WHERE listed.part = 'finished') AS finished,
    count(*) FILTER (WHERE listed.part = 'running') AS running,
    count(*) FILTER (WHERE listed.part = 'omitted') AS omitted,
    percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY listed.seconds::double precision)
    FILTER (WHERE listed.part = 'finished') AS percentiles
FROM ({source}) AS listed
WHERE {conditions}
GROUP BY period, group_value
ORDER BY period, group_value NULLS LAST;
