-- Waiting rows whose person the later roster tells otherwise without the undone one, beside what
-- stands. In: pg_temp.affected_told, found_told (row_id, person_id, score, evidence); %(undo)s,
-- %(batch)s. Re-runnable.
-- Of two waiting rows that are two people, one person is at most one: which, a roster cannot say.
DELETE FROM found_told WHERE row_id IN (
    SELECT unnest(ARRAY[a.row_id, b.row_id])
    FROM found_told a
    JOIN enrollment_candidatepair pair ON pair.row_a_id = a.row_id AND pair.state = 'DIFFERENT'
    JOIN found_told b ON b.row_id = pair.row_b_id AND b.person_id = a.person_id);

INSERT INTO enrollment_undonerow
    (undo_id, row_id, batch_id, is_own, person_before, opened_file, before, outcome_before,
     reasons_before, person_after, opens_file, holds_number, tier, score, evidence, outcome,
     reasons, told_by_id)
SELECT %(undo)s, staged.id, staged.batch_id, false, link.person_id,
       coalesce(link.opens_file, false),
       CASE WHEN link.row_id IS NULL THEN '{}'::jsonb
            ELSE jsonb_build_object('holds_number', link.holds_number, 'tier', link.tier,
                                    'score', link.score, 'evidence', link.evidence,
                                    'model_version', link.model_version_id,
                                    'told_by', link.told_by_id) END,
       staged.outcome, staged.reasons, found.person_id, false, false,
       CASE WHEN found.person_id IS NULL THEN '' ELSE 'PROBABLE' END, coalesce(found.score, 1),
       coalesce(found.evidence, '{}'), staged.outcome, staged.reasons,
       CASE WHEN found.person_id IS NOT NULL THEN %(batch)s END
FROM affected_told
JOIN enrollment_rosterrow staged ON staged.id = affected_told.row_id
LEFT JOIN found_told found ON found.row_id = affected_told.row_id
LEFT JOIN enrollment_rosterlink link ON link.row_id = affected_told.row_id
WHERE CASE WHEN found.person_id IS NULL THEN link.told_by_id = %(batch)s
      ELSE (link.person_id, link.told_by_id, link.evidence)
           IS DISTINCT FROM (found.person_id, %(batch)s, found.evidence)
           OR EXISTS (SELECT FROM enrollment_undonerow line
                      WHERE line.undo_id = %(undo)s AND line.row_id = affected_told.row_id) END
ON CONFLICT (undo_id, row_id) DO UPDATE
SET person_after = EXCLUDED.person_after, tier = EXCLUDED.tier, score = EXCLUDED.score,
    evidence = EXCLUDED.evidence, told_by_id = EXCLUDED.told_by_id
WHERE enrollment_undonerow.person_after IS NULL AND EXCLUDED.person_after IS NOT NULL;
