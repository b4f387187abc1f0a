-- Pairs of this roster's rows with any row that a clerk called two people. In: %(batch)s.
SELECT pair.row_a_id AS row_a, pair.row_b_id AS row_b, one.person_id AS person_a,
       other.person_id AS person_b
FROM enrollment_candidatepair pair
JOIN enrollment_rosterrow a ON a.id = pair.row_a_id
JOIN enrollment_rosterrow b ON b.id = pair.row_b_id
LEFT JOIN enrollment_rosterlink one ON one.row_id = a.id AND a.batch_id <> %(batch)s
LEFT JOIN enrollment_rosterlink other ON other.row_id = b.id AND b.batch_id <> %(batch)s
WHERE pair.state = 'DIFFERENT' AND (a.batch_id = %(batch)s OR b.batch_id = %(batch)s)
