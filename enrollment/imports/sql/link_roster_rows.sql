-- The roster's rows that are records, for comparing. In: %(batch)s.
SELECT staged.id AS row_id,
       batch.scheme || ':' || batch_area.code || ':' || batch.year AS roster,
       file.sha256 AS file, staged.sheet::text AS sheet, staged.row_no,
       staged.id_number, staged.id_text, staged.id_state, staged.id_suggestion,
       staged.name_key, staged.birth_on, staged.birth_part, staged.sex, staged.household_no,
       staged.relation_code, coalesce(staged.area_code, batch_area.code) AS area,
       staged.phone, staged.address, staged.outcome
FROM enrollment_rosterrow staged
JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id
JOIN core_area batch_area ON batch_area.id = batch.area_id
JOIN enrollment_rosterfile file ON file.id = staged.file_id
WHERE staged.batch_id = %(batch)s AND staged.outcome <> 'NOT_RECORD'
