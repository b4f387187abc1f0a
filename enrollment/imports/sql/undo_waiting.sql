-- Rows of rosters applied before this one that nobody could link with certainty, the undone roster's
-- left out. In: %(undo)s, %(batch)s, pg_temp.affected_told.
SELECT staged.id AS row_id,
       batch.scheme || ':' || batch_area.code || ':' || batch.year AS roster,
       file.sha256 AS file, staged.sheet::text AS sheet, staged.row_no,
       staged.id_number, staged.id_text, staged.id_state, staged.id_suggestion,
       staged.name_key, staged.birth_on, staged.birth_part, staged.sex,
       -- A household is known by its source: a number is given anew in each sheet, town and village.
       CASE WHEN staged.household_no <> ''
            THEN concat_ws('/', coalesce(staged.home_file_id, staged.file_id),
                           coalesce(staged.home_sheet, staged.sheet), coalesce(staged.town, ''),
                           coalesce(staged.village, ''), staged.household_no) END AS household_no,
       staged.relation_code, coalesce(staged.area_code, batch_area.code) AS area,
       staged.phone, staged.address, staged.outcome,
       (affected_told.row_id IS NOT NULL)::text AS placeable
FROM enrollment_rosterbatch later
JOIN enrollment_rosterbatch batch
  ON batch.state = 'APPLIED' AND (batch.applied_at, batch.id) < (later.applied_at, later.id)
JOIN enrollment_rosterrow staged ON staged.batch_id = batch.id
JOIN core_area batch_area ON batch_area.id = batch.area_id
JOIN enrollment_rosterfile file ON file.id = staged.file_id
LEFT JOIN enrollment_undonerow line ON line.undo_id = %(undo)s AND line.row_id = staged.id
LEFT JOIN affected_told ON affected_told.row_id = staged.id
WHERE later.id = %(batch)s AND coalesce(line.outcome, staged.outcome) = 'REVIEW'
  AND staged.stands_by_id IS NULL
  -- A row read from columns in doubt tells of nobody until somebody has looked at it.
  AND NOT staged.reasons @> ARRAY['COLUMN_DOUBTFUL']
  AND CASE WHEN line.id IS NOT NULL THEN line.person_after IS NULL
           ELSE NOT EXISTS (
               SELECT FROM enrollment_rosterlink link
               LEFT JOIN enrollment_rosterbatch telling ON telling.id = link.told_by_id
               WHERE link.row_id = staged.id
                 -- It waited still when this roster, or one after it, told whose it is.
                 AND coalesce((telling.applied_at, telling.id) < (later.applied_at, later.id), true))
           END
