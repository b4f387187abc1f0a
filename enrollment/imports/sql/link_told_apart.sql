-- Rows that clerks called two people, of all rosters, with the people they belong to.
SELECT pair.row_a_id AS row_a, pair.row_b_id AS row_b,
       a.person_id AS person_a, b.person_id AS person_b
FROM enrollment_candidatepair pair
LEFT JOIN enrollment_rosterlink a ON a.row_id = pair.row_a_id
LEFT JOIN enrollment_rosterlink b ON b.row_id = pair.row_b_id
WHERE pair.state = 'DIFFERENT'
   OR EXISTS (SELECT FROM enrollment_pairdecision decision
              WHERE decision.pair_id = pair.id AND decision.verdict = 'DIFFERENT'
                AND NOT EXISTS (SELECT FROM enrollment_decisionundo undo
                                WHERE undo.decision_id = decision.id))
