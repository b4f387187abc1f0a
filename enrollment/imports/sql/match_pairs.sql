-- The few that a clerk is asked about: what was linked is no question any more.
-- In: offered, renamed, probable. Out: pair.
CREATE OR REPLACE TEMP TABLE open_question AS
WITH named AS (
    SELECT offered.* EXCLUDE (identity, other_identity),
           coalesce(a_row.target, a_name.new, identity) AS identity,
           coalesce(b_row.target, b_name.new, other_identity) AS other_identity,
           a_row.row_id IS NULL AND unsure AS asks,
           b_row.row_id IS NULL AND other_unsure AS other_asks,
           a_row.row_id IS NOT NULL OR b_row.row_id IS NOT NULL AS answered
    FROM offered
    LEFT JOIN renamed AS a_name ON a_name.old = identity
    LEFT JOIN renamed AS b_name ON b_name.old = other_identity
    LEFT JOIN probable AS a_row ON a_row.row_id = offered.row_id AND unsure
    LEFT JOIN probable AS b_row ON b_row.row_id = offered.other_row_id AND other_unsure
)
-- A row that was linked asks no more, but others may still ask about its person.
SELECT * FROM named
WHERE identity <> other_identity AND (asks OR other_asks OR NOT answered)
QUALIFY row_number() OVER (
    PARTITION BY least(identity, other_identity), greatest(identity, other_identity)
    ORDER BY bits DESC, least(row_id, other_row_id) NULLS FIRST, greatest(row_id, other_row_id)
) = 1;

-- The likeliest few for each unsure identity; a dispute over a number is always shown.
CREATE OR REPLACE TEMP TABLE pair AS
WITH asked AS (
    SELECT record, other, identity AS asker, other_identity AS answer, bits FROM open_question
    WHERE asks
    UNION ALL
    SELECT record, other, other_identity, identity, bits FROM open_question WHERE other_asks
),
likeliest AS (
    SELECT record, other FROM asked
    QUALIFY row_number() OVER (PARTITION BY asker ORDER BY bits DESC, answer)
                <= getvariable('offers_per_row')
            AND bits >= max(bits) OVER (PARTITION BY asker) - getvariable('offer_within_bits')
)
SELECT CASE WHEN turned THEN other_row_id ELSE row_id END AS row_a,
       CASE WHEN turned THEN row_id ELSE other_row_id END AS row_b,
       CASE WHEN turned THEN person_id ELSE other_person_id END AS person_b,
       score,
       round(bits, 2) AS bits,
       reasons
FROM (
    -- The unsure row stands first; a person of the roll always second.
    SELECT *, row_id IS NULL
              OR (other_row_id IS NOT NULL
                  AND (NOT other_unsure, other_row_id) < (NOT unsure, row_id)) AS turned
    FROM open_question
    WHERE NOT (asks OR other_asks)
          OR (record, other) IN (SELECT (record, other) FROM likeliest)
);
