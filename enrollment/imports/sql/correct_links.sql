-- The corrected rows are linked to the people they stand for now. In: pg_temp.corrected, touched.
DELETE FROM enrollment_rosterlink link USING corrected WHERE link.row_id = corrected.row_id;
INSERT INTO enrollment_rosterlink
    (row_id, batch_id, person_id, opens_file, holds_number, tier, score, evidence,
     model_version_id)
SELECT corrected.row_id, %(batch)s, corrected.person_id, corrected.opens_file,
       corrected.holds_number, corrected.tier, coalesce(corrected.score, 1), corrected.evidence,
       CASE WHEN corrected.tier <> 'CLERK' THEN %(model)s::bigint END
FROM corrected WHERE corrected.person_id IS NOT NULL;
INSERT INTO touched (person_id, row_id, opens_file)
SELECT person_id, row_id, opens_file FROM corrected
WHERE person_id IS NOT NULL AND tier <> 'CLERK'
  -- Files that a decision of a person has formed stay as they were decided, here too.
  AND NOT EXISTS (SELECT FROM enrollment_person person
                  WHERE person.id = corrected.person_id AND person.merged_into_id IS NOT NULL)
  AND NOT EXISTS (SELECT FROM enrollment_person absorbed
                  WHERE absorbed.merged_into_id = corrected.person_id);

-- What a later roster had answered about a row that is certain of nobody any more is asked again.
UPDATE enrollment_candidatepair pair SET state = 'OPEN', decided_by = '', decided_at = NULL
WHERE pair.state = 'TOLD' AND pair.id IN (
    SELECT known.id FROM corrected
    JOIN enrollment_candidatepair known ON known.row_a_id = corrected.row_id
    WHERE corrected.person_id IS NULL
    UNION
    SELECT known.id FROM corrected
    JOIN enrollment_candidatepair known ON known.row_b_id = corrected.row_id
    WHERE corrected.person_id IS NULL);
