-- What linking anew found is on record beside what stands. In: pg_temp.found_line; %(undo)s,
-- %(batch)s. Re-runnable.
INSERT INTO enrollment_undonerow
    (undo_id, row_id, batch_id, is_own, person_before, opened_file, before, outcome_before,
     reasons_before, person_after, opens_file, holds_number, tier, score, evidence, outcome, reasons)
SELECT %(undo)s, staged.id, staged.batch_id, false, link.person_id,
       coalesce(link.opens_file, false),
       CASE WHEN link.row_id IS NULL THEN '{}'::jsonb
            ELSE jsonb_build_object('holds_number', link.holds_number, 'tier', link.tier,
                                    'score', link.score, 'evidence', link.evidence,
                                    'model_version', link.model_version_id) END,
       staged.outcome, staged.reasons, found.person_id, coalesce(found.opens_file, false),
       coalesce(found.holds_number, false), coalesce(found.tier, ''), coalesce(found.score, 1),
       coalesce(found.evidence, '{}'), found.outcome, coalesce(found.reasons, '{}')
FROM found_line found
JOIN enrollment_rosterrow staged ON staged.id = found.row_id
LEFT JOIN enrollment_rosterlink link ON link.row_id = found.row_id
ON CONFLICT DO NOTHING;
