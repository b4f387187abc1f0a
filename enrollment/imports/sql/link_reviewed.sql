-- Pairs that clerks decided, with what they said; what was taken back is not among them.
SELECT pair.id AS pair, pair.row_a_id AS row_a, pair.row_b_id AS row_b, pair.state = 'SAME' AS same
FROM enrollment_candidatepair pair
JOIN enrollment_rosterbatch batch ON batch.id = pair.batch_id AND batch.state = 'APPLIED'
WHERE pair.state IN ('SAME', 'DIFFERENT')
