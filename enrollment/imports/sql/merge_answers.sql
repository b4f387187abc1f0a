-- Pairs that other decisions answer are no longer asked, and are asked again when those are gone: of
-- two rows of one person, and of two people who are said to be different (unless clerks differ about
-- that). On what two differed, they differ again then. In: pg_temp.settled_row.
WITH asked AS (
    SELECT pair.id, pair.state,
           a.person_id = b.person_id OR pair.state <> 'DISPUTED' AND EXISTS (
               SELECT FROM enrollment_rosterlink x
               JOIN enrollment_candidatepair known ON known.row_a_id = x.row_id
               JOIN enrollment_rosterlink y ON y.row_id = known.row_b_id
               WHERE known.id <> pair.id AND known.state = 'DIFFERENT'
                 AND ((x.person_id = a.person_id AND y.person_id = b.person_id)
                   OR (x.person_id = b.person_id AND y.person_id = a.person_id))) AS answered
    FROM enrollment_candidatepair pair
    JOIN enrollment_rosterbatch batch ON batch.id = pair.batch_id AND batch.state = 'APPLIED'
    LEFT JOIN enrollment_rosterlink a ON a.row_id = pair.row_a_id
    LEFT JOIN enrollment_rosterlink b ON b.row_id = pair.row_b_id
    WHERE pair.state IN ('OPEN', 'LATER', 'DISPUTED', 'ANSWERED')
      AND (pair.row_a_id IN (SELECT row_id FROM settled_row)
        OR pair.row_b_id IN (SELECT row_id FROM settled_row))
),
again AS (
    SELECT asked.id,
           CASE WHEN asked.answered THEN 'ANSWERED'
                WHEN EXISTS (
                    SELECT FROM enrollment_pairdecision decision
                    JOIN enrollment_decisionundo undo ON undo.decision_id = decision.id
                    WHERE decision.pair_id = asked.id
                      AND undo.cause IN ('SECOND_LOOK', 'CONTRADICTION')) THEN 'DISPUTED'
                ELSE 'OPEN' END AS state
    FROM asked
    WHERE coalesce(asked.answered, false) <> (asked.state = 'ANSWERED')
)
UPDATE enrollment_candidatepair pair
SET state = again.state,
    decided_by = CASE WHEN again.state <> 'OPEN' THEN %(by)s ELSE '' END,
    decided_at = CASE WHEN again.state <> 'OPEN' THEN %(at)s::timestamptz END
FROM again WHERE again.id = pair.id;
