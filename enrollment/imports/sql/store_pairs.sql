-- The pairs that are asked about wait for a clerk. In: pg_temp.asked_pair, %(batch)s, %(version)s.
INSERT INTO enrollment_candidatepair
    (batch_id, row_a_id, row_b_id, score, evidence, model_version_id, area_a_id, area_b_id, state,
     decided_by)
SELECT %(batch)s, row_a, row_b, score, evidence, %(version)s,
       enrollment_area_of_row(row_a), enrollment_area_of_row(row_b), 'OPEN', ''
FROM asked_pair
ON CONFLICT DO NOTHING;
