-- The pairs that linking again proposes wait for a clerk, each with the roster of its waiting row;
-- what was linked meanwhile is no question any more. In: pg_temp.asked_pair, %(version)s.
INSERT INTO enrollment_candidatepair
    (batch_id, row_a_id, row_b_id, score, evidence, model_version_id, area_a_id, area_b_id, state,
     decided_by)
SELECT CASE WHEN a.row_id IS NULL THEN left_row.batch_id ELSE right_row.batch_id END,
       asked.row_a, asked.row_b, asked.score, asked.evidence, %(version)s,
       enrollment_area_of_row(asked.row_a), enrollment_area_of_row(asked.row_b), 'OPEN', ''
FROM asked_pair asked
JOIN enrollment_rosterrow left_row ON left_row.id = asked.row_a
JOIN enrollment_rosterrow right_row ON right_row.id = asked.row_b
LEFT JOIN enrollment_rosterlink a ON a.row_id = asked.row_a
LEFT JOIN enrollment_rosterlink b ON b.row_id = asked.row_b
WHERE a.row_id IS NULL OR b.row_id IS NULL
ON CONFLICT DO NOTHING;
