-- Rows of rosters already applied that nobody could link with certainty; they wait for evidence.
-- In: %(batch)s.
WITH RECURSIVE former(batch_id) AS (
    SELECT part.roster_id FROM enrollment_rosteredition edition
    JOIN enrollment_replacedroster part ON part.edition_id = edition.id
    WHERE edition.batch_id = %(batch)s
    UNION
    SELECT part.roster_id FROM enrollment_rosteredition edition
    JOIN former ON former.batch_id = edition.batch_id
    JOIN enrollment_replacedroster part ON part.edition_id = edition.id
)
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
       -- A newer edition takes the place of its former rows, and places none of them.
       ({placeable staged} AND staged.batch_id NOT IN (SELECT batch_id FROM former))::text
           AS placeable
FROM enrollment_rosterrow staged
JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id
JOIN core_area batch_area ON batch_area.id = batch.area_id
JOIN enrollment_rosterfile file ON file.id = staged.file_id
WHERE staged.batch_id <> %(batch)s AND batch.state = 'APPLIED' AND staged.outcome = 'REVIEW'
  AND staged.stands_by_id IS NULL
  -- A row read from columns in doubt tells of nobody until somebody has looked at it.
  AND NOT staged.reasons @> ARRAY['COLUMN_DOUBTFUL']
  AND NOT EXISTS (SELECT 1 FROM enrollment_rosterlink link WHERE link.row_id = staged.id)
