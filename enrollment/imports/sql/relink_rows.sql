-- Rows of one applied roster that wait without a person, and rows linked by their evidence that no
-- clerk has spoken of: what linking again looks at. In: %(batch)s.
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
       link.person_id AS linked_person, link.score AS linked_score
FROM enrollment_rosterrow staged
JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id
JOIN core_area batch_area ON batch_area.id = batch.area_id
JOIN enrollment_rosterfile file ON file.id = staged.file_id
LEFT JOIN enrollment_rosterlink link ON link.row_id = staged.id
WHERE staged.batch_id = %(batch)s
  -- A row read from columns in doubt tells of nobody until somebody has looked at it.
  AND NOT staged.reasons @> ARRAY['COLUMN_DOUBTFUL']
  AND CASE WHEN link.row_id IS NULL THEN staged.outcome = 'REVIEW' AND NOT staged.is_settled
      ELSE link.tier = 'PROBABLE' AND NOT link.opens_file AND NOT EXISTS (
          SELECT FROM enrollment_candidatepair pair
          WHERE (pair.row_a_id = staged.id OR pair.row_b_id = staged.id) AND pair.state = 'SAME')
      END
