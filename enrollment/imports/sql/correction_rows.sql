-- Lines of corrections as the rows they would be, for comparing. In: %(correction)s, %(verdicts)s.
SELECT line.row_id,
       batch.scheme || ':' || batch_area.code || ':' || batch.year AS roster,
       file.sha256 AS file, coalesce(staged.sheet, line.roster_sheet)::text AS sheet,
       -- A new line stands behind every row of its file.
       coalesce(staged.row_no, 1000000000 + line.row_no) AS row_no,
       line.id_number, line.id_text, line.id_state, line.id_suggestion,
       line.name_key, line.birth_on, line.birth_part, line.sex,
       -- A household is known by its source: a number is given anew in each sheet, town and village.
       CASE WHEN line.household_no <> ''
            THEN concat_ws('/', coalesce(staged.home_file_id, line.roster_file_id),
                           coalesce(staged.home_sheet, staged.sheet, line.roster_sheet),
                           coalesce(line.town, ''), coalesce(line.village, ''),
                           line.household_no) END AS household_no,
       line.relation_code, coalesce(line.area_code, batch_area.code) AS area,
       line.phone, line.address, line.outcome
FROM enrollment_correctedrow line
JOIN enrollment_rostercorrection correction ON correction.id = line.correction_id
JOIN enrollment_rosterbatch batch ON batch.id = correction.batch_id
JOIN core_area batch_area ON batch_area.id = batch.area_id
JOIN enrollment_rosterfile file ON file.id = line.roster_file_id
LEFT JOIN enrollment_rosterrow staged ON staged.id = line.row_id AND line.version_seen IS NOT NULL
WHERE line.correction_id = %(correction)s AND line.verdict = ANY (%(verdicts)s)
  AND line.row_id IS NOT NULL AND line.outcome <> 'NOT_RECORD' AND NOT line.is_settled
  -- A row read from columns in doubt tells of nobody until somebody has looked at it.
  AND NOT line.reasons @> ARRAY['COLUMN_DOUBTFUL']
