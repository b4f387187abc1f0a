-- Rows of the undone roster stand for nobody, those of others for whom they stand without it. Their
-- coverage is undone, or leaves force until it is decided anew. In: pg_temp.undone, %(model)s.
DELETE FROM enrollment_rosterlink link USING undone
WHERE link.row_id = undone.row_id AND undone.person_after IS NULL;
UPDATE enrollment_rosterlink link
SET person_id = undone.person_after, opens_file = undone.opens_file,
    holds_number = undone.holds_number, tier = undone.tier, score = undone.score,
    evidence = undone.evidence, model_version_id = %(model)s, told_by_id = undone.told_by_id
FROM undone
WHERE link.row_id = undone.row_id AND undone.person_after IS NOT NULL;
INSERT INTO enrollment_rosterlink
    (row_id, batch_id, person_id, opens_file, holds_number, tier, score, evidence,
     model_version_id, told_by_id)
SELECT row_id, batch_id, person_after, opens_file, holds_number, tier, score, evidence, %(model)s,
       told_by_id
FROM undone WHERE person_after IS NOT NULL
ON CONFLICT (row_id) DO NOTHING;

UPDATE enrollment_coveragespell spell
SET state = CASE WHEN undone.person_after IS NULL THEN 'UNDONE' ELSE 'UNDER_REVIEW' END,
    reason = CASE WHEN undone.person_after IS NULL THEN 'ROSTER_UNDONE' ELSE spell.reason END
FROM undone
WHERE spell.source_row_id = undone.row_id
  AND (undone.person_after IS NULL AND spell.state <> 'UNDONE'
       OR undone.person_after IS NOT NULL AND spell.state IN ('IN_FORCE', 'DOUBLE'));
