-- Questions that a later roster had answered are asked again where a row waits again; those about rows
-- whose person a roster tells now are not. In: pg_temp.undone.
CREATE TEMP TABLE about ON COMMIT DROP AS
SELECT pair.id, bool_or(undone.person_after IS NULL) AS waits,
       bool_or(undone.told_by_id IS NOT NULL) AS is_told
FROM undone JOIN enrollment_candidatepair pair ON pair.row_a_id = undone.row_id
WHERE NOT undone.is_own AND pair.state IN ('OPEN', 'TOLD')
GROUP BY pair.id
UNION ALL
SELECT pair.id, bool_or(undone.person_after IS NULL), bool_or(undone.told_by_id IS NOT NULL)
FROM undone JOIN enrollment_candidatepair pair ON pair.row_b_id = undone.row_id
WHERE NOT undone.is_own AND pair.state IN ('OPEN', 'TOLD')
GROUP BY pair.id;

UPDATE enrollment_candidatepair pair SET state = 'OPEN', decided_by = '', decided_at = NULL
WHERE pair.state = 'TOLD' AND pair.id IN (SELECT id FROM about WHERE waits);

UPDATE enrollment_candidatepair pair
SET state = 'TOLD', decided_by = 'undo_roster', decided_at = now()
WHERE pair.state = 'OPEN' AND pair.id IN (SELECT id FROM about WHERE is_told)
  AND EXISTS (SELECT FROM enrollment_rosterlink link WHERE link.row_id = pair.row_a_id)
  AND EXISTS (SELECT FROM enrollment_rosterlink link WHERE link.row_id = pair.row_b_id);
DROP TABLE about;
