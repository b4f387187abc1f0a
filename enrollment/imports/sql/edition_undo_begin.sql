-- The former rows that lines of the undone edition had replaced stand again for whom they stood.
-- In: %(undo)s, %(batch)s. Re-runnable.
INSERT INTO enrollment_undonerow
    (undo_id, row_id, batch_id, is_own, person_before, opened_file, before, outcome_before,
     reasons_before, person_after, opens_file, holds_number, tier, score, evidence, outcome,
     reasons, told_by_id)
SELECT %(undo)s, former.id, former.batch_id, false, NULL, false, '{}', former.outcome,
       former.reasons, (line.before ->> 'person_id')::bigint,
       (line.before ->> 'opens_file')::boolean, (line.before ->> 'holds_number')::boolean,
       line.before ->> 'tier', (line.before ->> 'score')::double precision,
       ARRAY(SELECT jsonb_array_elements_text(line.before -> 'evidence')), former.outcome,
       former.reasons, (line.before ->> 'told_by')::bigint
FROM enrollment_rosteredition edition
JOIN enrollment_editionline line
  ON line.edition_id = edition.id AND line.follows AND line.is_taken
JOIN enrollment_rosterrow former ON former.id = line.old_row_id
WHERE edition.batch_id = %(batch)s AND line.before ? 'person_id'
ON CONFLICT DO NOTHING;
