-- The pairs a clerk is asked about. A person of the roll stands for the row that opened the file, of
-- several the first; what a clerk said of the same two people, by whatever rows, is not asked again.
-- In: pg_temp.found_pair. Out: pg_temp.asked_pair.
CREATE TEMP TABLE asked_pair ON COMMIT DROP AS
SELECT least(row_a, row_b) AS row_a, greatest(row_a, row_b) AS row_b, max(score) AS score,
       ((array_agg(reasons ORDER BY score DESC))[1])::text[] AS evidence
FROM (
    SELECT found_pair.row_a, coalesce(found_pair.row_b, opening.row_id) AS row_b,
           found_pair.score, found_pair.reasons::text AS reasons
    FROM found_pair
    LEFT JOIN LATERAL (
        SELECT min(link.row_id) AS row_id FROM enrollment_rosterlink link
        WHERE link.person_id = found_pair.person_b AND link.opens_file) opening ON true
) paired
WHERE row_b IS NOT NULL AND row_a <> row_b
GROUP BY least(row_a, row_b), greatest(row_a, row_b);

-- Whom a row speaks of: its person, and a row that waits also what it says, since the same source
-- writes it the same way next year.
CREATE TEMP TABLE spoken_of ON COMMIT DROP AS
WITH told AS (
    SELECT pair.row_a_id AS row_a, pair.row_b_id AS row_b
    FROM enrollment_pairdecision decision
    JOIN enrollment_candidatepair pair ON pair.id = decision.pair_id
    WHERE decision.verdict = 'DIFFERENT'
      AND NOT EXISTS (SELECT FROM enrollment_decisionundo undo WHERE undo.decision_id = decision.id)
),
spoken AS (
    SELECT row_a AS row_id FROM asked_pair UNION SELECT row_b FROM asked_pair
    UNION SELECT row_a FROM told UNION SELECT row_b FROM told
)
SELECT spoken.row_id, 'P' || link.person_id AS who
FROM spoken JOIN enrollment_rosterlink link USING (row_id)
UNION ALL
SELECT spoken.row_id,
       'W' || md5(concat_ws('|', batch.scheme, batch.area_id, staged.name_key, staged.birth_on,
                            staged.sex,
                            coalesce(nullif(staged.id_text, ''),
                                     concat_ws('/', staged.town, staged.village,
                                               staged.household_no))))
FROM spoken
JOIN enrollment_rosterrow staged ON staged.id = spoken.row_id
JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id
WHERE NOT EXISTS (SELECT FROM enrollment_rosterlink link WHERE link.row_id = spoken.row_id);
ANALYZE spoken_of;

DELETE FROM asked_pair
WHERE (row_a, row_b) IN (
    SELECT asked.row_a, asked.row_b
    FROM asked_pair asked
    JOIN spoken_of one ON one.row_id = asked.row_a
    JOIN spoken_of other ON other.row_id = asked.row_b
    JOIN (
        SELECT x.who AS one, y.who AS other
        FROM enrollment_pairdecision decision
        JOIN enrollment_candidatepair pair ON pair.id = decision.pair_id
        JOIN spoken_of x ON x.row_id = pair.row_a_id
        JOIN spoken_of y ON y.row_id = pair.row_b_id
        WHERE decision.verdict = 'DIFFERENT'
          AND NOT EXISTS (SELECT FROM enrollment_decisionundo undo
                          WHERE undo.decision_id = decision.id)
    ) known ON known.one IN (one.who, other.who) AND known.other IN (one.who, other.who)
           AND known.one <> known.other);
