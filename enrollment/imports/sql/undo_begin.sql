-- What the roster's rows stand for, on record before anything is taken back, and the questions about
-- them that nobody has answered are asked no more. In: %(undo)s, %(batch)s, %(by)s, %(at)s.
-- Re-runnable.
INSERT INTO enrollment_undonerow
    (undo_id, row_id, batch_id, is_own, person_before, opened_file, before, outcome_before,
     reasons_before, person_after, opens_file, holds_number, tier, score, evidence, outcome, reasons)
SELECT %(undo)s, link.row_id, link.batch_id, true, link.person_id, link.opens_file,
       jsonb_build_object('holds_number', link.holds_number, 'tier', link.tier,
                          'score', link.score, 'evidence', link.evidence,
                          'model_version', link.model_version_id),
       staged.outcome, staged.reasons, NULL, false, false, '', 1, '{}', staged.outcome,
       staged.reasons
FROM enrollment_rosterlink link
JOIN enrollment_rosterrow staged ON staged.id = link.row_id
WHERE link.batch_id = %(batch)s
ON CONFLICT DO NOTHING;

-- Rows of earlier rosters whose person the roster had told wait again.
INSERT INTO enrollment_undonerow
    (undo_id, row_id, batch_id, is_own, person_before, opened_file, before, outcome_before,
     reasons_before, person_after, opens_file, holds_number, tier, score, evidence, outcome, reasons)
SELECT %(undo)s, link.row_id, link.batch_id, false, link.person_id, link.opens_file,
       jsonb_build_object('holds_number', link.holds_number, 'tier', link.tier,
                          'score', link.score, 'evidence', link.evidence,
                          'model_version', link.model_version_id, 'told_by', link.told_by_id),
       staged.outcome, staged.reasons, NULL, false, false, '', 1, '{}', staged.outcome,
       staged.reasons
FROM enrollment_rosterlink link
JOIN enrollment_rosterrow staged ON staged.id = link.row_id
WHERE link.told_by_id = %(batch)s
ON CONFLICT DO NOTHING;

UPDATE enrollment_candidatepair pair SET state = 'VOID', decided_by = %(by)s, decided_at = %(at)s
WHERE pair.state IN ('OPEN', 'LATER', 'DISPUTED', 'TOLD')
  AND pair.id IN (
      SELECT id FROM enrollment_candidatepair WHERE batch_id = %(batch)s
      UNION
      SELECT about.id FROM enrollment_rosterrow staged
      JOIN enrollment_candidatepair about ON about.row_a_id = staged.id
      WHERE staged.batch_id = %(batch)s
      UNION
      SELECT about.id FROM enrollment_rosterrow staged
      JOIN enrollment_candidatepair about ON about.row_b_id = staged.id
      WHERE staged.batch_id = %(batch)s);
