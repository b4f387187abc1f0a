-- What the rows that change said before: whose files they touched, and in which households.
-- In: pg_temp.changed_row (row_id). Out: pg_temp.touched (person_id), left_household.
-- Files that a decision of a person has formed stay as they were decided: they are not touched.
CREATE TEMP TABLE touched ON COMMIT DROP AS
SELECT DISTINCT link.person_id, link.row_id, link.opens_file
FROM changed_row
JOIN enrollment_rosterlink link USING (row_id)
WHERE NOT EXISTS (SELECT FROM enrollment_person person
                  WHERE person.id = link.person_id AND person.merged_into_id IS NOT NULL)
  AND NOT EXISTS (SELECT FROM enrollment_person absorbed
                  WHERE absorbed.merged_into_id = link.person_id)
  AND link.tier <> 'CLERK';
ANALYZE touched;

CREATE TEMP TABLE left_household ON COMMIT DROP AS
SELECT DISTINCT touched.person_id, coalesce(staged.home_file_id, staged.file_id) AS file_id,
       coalesce(staged.home_sheet, staged.sheet) AS sheet,
       left(coalesce(staged.town, ''), 60) AS place,
       left(coalesce(staged.village, ''), 60) AS village, left(staged.household_no, 40) AS number
FROM touched
JOIN enrollment_rosterrow staged ON staged.id = touched.row_id
WHERE staged.household_no <> '';
