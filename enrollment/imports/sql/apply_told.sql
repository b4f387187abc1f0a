-- Rows of earlier rosters that wait and whose person this roster tells: they are linked as they would
-- have been had all rosters come at once, and gathered with the range. One that a person took in hand
-- since it was compared stays there, and the question goes to the clerks instead.
-- In: %(batch)s, %(low)s < person <= %(high)s. Re-runnable.
CREATE TEMP TABLE told ON COMMIT DROP AS
SELECT found.row_id, found.person_id, found.score, found.evidence, found.model_version_id,
       staged.batch_id, false AS is_placed
FROM enrollment_foundperson found
JOIN enrollment_rosterrow staged ON staged.id = found.row_id
JOIN enrollment_rosterbatch own ON own.id = staged.batch_id AND own.state = 'APPLIED'
WHERE found.batch_id = %(batch)s
  AND found.person_id > %(low)s AND found.person_id <= %(high)s
  AND NOT EXISTS (SELECT FROM enrollment_rosterlink link WHERE link.row_id = found.row_id);
ANALYZE told;

-- Whoever takes a pair in hand or decides it locks it first: what is asked below stays so.
CREATE TEMP TABLE told_pair ON COMMIT DROP AS
SELECT pair.id FROM enrollment_candidatepair pair
WHERE pair.id IN (
    SELECT known.id FROM told JOIN enrollment_candidatepair known ON known.row_a_id = told.row_id
    UNION
    SELECT known.id FROM told JOIN enrollment_candidatepair known ON known.row_b_id = told.row_id)
ORDER BY pair.id
FOR UPDATE;
ANALYZE told_pair;

UPDATE told SET is_placed = true
FROM enrollment_rosterrow staged
WHERE staged.id = told.row_id AND {placeable staged}
  AND (EXISTS (SELECT FROM enrollment_person person
               WHERE person.id = told.person_id AND person.state NOT IN ('MERGED', 'UNDONE'))
       OR EXISTS (SELECT FROM enrollment_rosterlink opening
                  WHERE opening.person_id = told.person_id AND opening.batch_id = %(batch)s
                    AND opening.opens_file))
  AND NOT EXISTS (
      SELECT FROM (SELECT row_b_id AS row_id, state FROM enrollment_candidatepair
                   WHERE row_a_id = told.row_id
                   UNION ALL
                   SELECT row_a_id, state FROM enrollment_candidatepair
                   WHERE row_b_id = told.row_id) other
      LEFT JOIN enrollment_rosterlink link USING (row_id)
      -- Of two waiting rows that are two people, this one person is at most one: which, it cannot say.
      LEFT JOIN told beside USING (row_id)
      WHERE other.state = 'DIFFERENT'
        AND coalesce(link.person_id, beside.person_id) = told.person_id);

INSERT INTO enrollment_rosterlink
    (row_id, batch_id, person_id, opens_file, holds_number, tier, score, evidence,
     model_version_id, told_by_id)
SELECT row_id, batch_id, person_id, false, false, 'PROBABLE', score, evidence, model_version_id,
       %(batch)s
FROM told WHERE is_placed;

-- Coverage that an undone roster had left behind is taken up again.
UPDATE enrollment_coveragespell spell
SET person_id = told.person_id, state = 'UNDER_REVIEW', reason = 'ROW_UNDER_REVIEW'
FROM told
WHERE told.is_placed AND spell.source_row_id = told.row_id AND spell.state = 'UNDONE';

UPDATE enrollment_candidatepair pair
SET state = 'TOLD', decided_by = 'apply_roster', decided_at = now()
FROM enrollment_rosterbatch asking
WHERE pair.id IN (SELECT id FROM told_pair) AND pair.state = 'OPEN'
  AND asking.id = pair.batch_id AND (asking.state = 'APPLIED' OR asking.id = %(batch)s)
  AND (pair.row_a_id IN (SELECT row_id FROM told WHERE is_placed)
       OR pair.row_b_id IN (SELECT row_id FROM told WHERE is_placed))
  AND EXISTS (SELECT FROM enrollment_rosterlink link WHERE link.row_id = pair.row_a_id)
  AND EXISTS (SELECT FROM enrollment_rosterlink link WHERE link.row_id = pair.row_b_id);

WITH asked AS (
    INSERT INTO enrollment_candidatepair
        (batch_id, row_a_id, row_b_id, score, evidence, model_version_id, area_a_id, area_b_id,
         state, decided_by)
    SELECT %(batch)s, least(told.row_id, opening.row_id), greatest(told.row_id, opening.row_id),
           told.score, told.evidence, told.model_version_id,
           enrollment_area_of_row(least(told.row_id, opening.row_id)),
           enrollment_area_of_row(greatest(told.row_id, opening.row_id)), 'OPEN', ''
    FROM told
    JOIN enrollment_rosterrow staged
      ON staged.id = told.row_id AND staged.outcome = 'REVIEW' AND NOT staged.is_settled
     AND staged.stands_by_id IS NULL
    CROSS JOIN LATERAL (
        SELECT min(link.row_id) AS row_id FROM enrollment_rosterlink link
        WHERE link.person_id = told.person_id AND link.opens_file) opening
    WHERE NOT told.is_placed AND opening.row_id IS NOT NULL
      -- Asked before, about whichever row of the person: once is enough.
      AND NOT EXISTS (
          SELECT FROM (SELECT row_b_id AS row_id FROM enrollment_candidatepair
                       WHERE row_a_id = told.row_id
                       UNION ALL
                       SELECT row_a_id FROM enrollment_candidatepair
                       WHERE row_b_id = told.row_id) other
          JOIN enrollment_rosterlink link USING (row_id)
          WHERE link.person_id = told.person_id)
    ON CONFLICT DO NOTHING
    RETURNING id
)
UPDATE enrollment_rosterbatch batch
SET pairs_found = batch.pairs_found + (SELECT count(*) FROM asked),
    rows_told = batch.rows_told - (SELECT count(*) FROM told WHERE NOT is_placed)
WHERE batch.id = %(batch)s AND EXISTS (SELECT FROM told WHERE NOT is_placed);

UPDATE enrollment_rosterbatch batch SET rows_attached = batch.rows_attached + placed.rows
FROM (SELECT batch_id, count(*) AS rows FROM told WHERE is_placed GROUP BY batch_id) placed
WHERE batch.id = placed.batch_id;
DROP TABLE told, told_pair;
