-- Of a range of people, the lines of a newer edition that take the place of their former rows: those
-- that are clean, those whose former row waits too, and those that a decision placed, once nothing
-- else is in doubt and the person's number stays. What stood is kept so that it can be given back.
-- In: %(edition)s, %(low)s < person <= %(high)s, %(answered)s (reasons that a decision answers).
-- Out: pg_temp.taking, gone (for `edition_pairs`), undone (both sides, as it is read by the steps of
-- undoing), changed_row, touched, left_household.
CREATE TEMP TABLE taking ON COMMIT DROP AS
SELECT line.id AS line_id, line.row_id, line.old_row_id, staged.batch_id,
       former.batch_id AS old_batch_id, link.person_id, link.opens_file, link.holds_number,
       old_link.person_id AS old_person_id, old_link.opens_file AS old_opens_file,
       old_link.holds_number AS old_holds_number, old_link.tier AS old_tier,
       old_link.score AS old_score, old_link.evidence AS old_evidence,
       old_link.model_version_id AS old_model_version_id, old_link.told_by_id AS old_told_by_id,
       staged.outcome = 'REVIEW' AND link.tier = 'CLERK' AND staged.reasons <@ %(answered)s
           AS is_placed,
       link.tier = 'CLERK' AND old_link.holds_number AND staged.id_number = former.id_number
           AS keeps_number
FROM enrollment_rosteredition edition
JOIN enrollment_rosterlink link
  ON link.batch_id = edition.batch_id AND link.person_id > %(low)s AND link.person_id <= %(high)s
JOIN enrollment_editionline line
  ON line.edition_id = edition.id AND line.row_id = link.row_id
 AND line.follows AND NOT line.is_taken
JOIN enrollment_rosterrow staged ON staged.id = line.row_id
JOIN enrollment_rosterrow former ON former.id = line.old_row_id
JOIN enrollment_rosterlink old_link
  ON old_link.row_id = line.old_row_id AND old_link.person_id = link.person_id
WHERE edition.id = %(edition)s
  -- About which former rows a person decided is held before, in the same transaction.
  AND (staged.outcome IN ('ACCEPTED', 'FIXED') OR former.outcome NOT IN ('ACCEPTED', 'FIXED')
       OR staged.outcome = 'REVIEW' AND link.tier = 'CLERK' AND staged.reasons <@ %(answered)s
          AND (link.holds_number OR NOT old_link.holds_number
               OR staged.id_number IS NOT DISTINCT FROM former.id_number));
ANALYZE taking;

UPDATE enrollment_editionline line
SET is_taken = true,
    before = jsonb_build_object(
        'person_id', taking.old_person_id, 'opens_file', taking.old_opens_file,
        'holds_number', taking.old_holds_number, 'tier', taking.old_tier,
        'score', taking.old_score, 'evidence', taking.old_evidence,
        'model_version', taking.old_model_version_id, 'told_by', taking.old_told_by_id,
        'is_settled', former.is_settled)
FROM taking JOIN enrollment_rosterrow former ON former.id = taking.old_row_id
WHERE line.id = taking.line_id;

CREATE TEMP TABLE gone ON COMMIT DROP AS SELECT line_id, old_row_id FROM taking;
CREATE TEMP TABLE undone ON COMMIT DROP AS
SELECT old_row_id AS row_id, old_person_id AS person_before, old_opens_file AS opened_file,
       NULL::bigint AS person_after, false AS opens_file
FROM taking
UNION ALL
SELECT row_id, person_id, opens_file, person_id, opens_file OR old_opens_file FROM taking;
CREATE TEMP TABLE changed_row ON COMMIT DROP AS SELECT row_id FROM undone;
CREATE TEMP TABLE touched ON COMMIT DROP AS
SELECT person_before AS person_id, row_id, opened_file AS opens_file FROM undone;
ANALYZE undone, changed_row, touched;
CREATE TEMP TABLE left_household ON COMMIT DROP AS
SELECT DISTINCT touched.person_id, coalesce(staged.home_file_id, staged.file_id) AS file_id,
       coalesce(staged.home_sheet, staged.sheet) AS sheet,
       left(coalesce(staged.town, ''), 60) AS place,
       left(coalesce(staged.village, ''), 60) AS village, left(staged.household_no, 40) AS number
FROM touched
JOIN enrollment_rosterrow staged ON staged.id = touched.row_id
WHERE staged.household_no <> '';
ANALYZE left_household;
