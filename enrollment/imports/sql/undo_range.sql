-- One range of people, gathered: the rows whose person changes, and whose files they touch.
-- In: %(undo)s, %(low)s < place <= %(high)s. Out: pg_temp.undone, changed_row, touched,
-- left_household.
CREATE TEMP TABLE undone ON COMMIT DROP AS
SELECT * FROM enrollment_undonerow
WHERE undo_id = %(undo)s AND place > %(low)s AND place <= %(high)s;
ANALYZE undone;
CREATE TEMP TABLE changed_row ON COMMIT DROP AS SELECT row_id FROM undone;
ANALYZE changed_row;
CREATE TEMP TABLE touched ON COMMIT DROP AS
SELECT person_before AS person_id, row_id, opened_file AS opens_file FROM undone
WHERE person_before IS NOT NULL
UNION
SELECT person_after, row_id, opens_file FROM undone WHERE person_after IS NOT NULL;
ANALYZE touched;
CREATE TEMP TABLE left_household ON COMMIT DROP AS
SELECT DISTINCT touched.person_id, coalesce(staged.home_file_id, staged.file_id) AS file_id,
       coalesce(staged.home_sheet, staged.sheet) AS sheet,
       left(coalesce(staged.town, ''), 60) AS place,
       left(coalesce(staged.village, ''), 60) AS village, left(staged.household_no, 40) AS number
FROM touched
JOIN enrollment_rosterrow staged ON staged.id = touched.row_id
WHERE staged.household_no <> '';
ANALYZE left_household;
