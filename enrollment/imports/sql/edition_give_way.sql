-- Of lines of newer editions that stand for nobody any more, because a decision was taken back, the
-- former rows stand again for whom they stood. In: %(rows)s. Out: pg_temp.undone (the former rows),
-- changed_row, touched, left_household, as the steps of undoing read them.
CREATE TEMP TABLE giving ON COMMIT DROP AS
WITH RECURSIVE back AS (
    SELECT line.id AS line_id, line.row_id, line.old_row_id, line.before,
           (line.before ->> 'person_id')::bigint AS person_id
    FROM enrollment_editionline line
    JOIN enrollment_rosteredition edition ON edition.id = line.edition_id AND edition.is_open
    WHERE line.row_id = ANY (%(rows)s) AND line.follows AND line.is_taken
      AND line.before ? 'person_id'
      AND NOT EXISTS (SELECT FROM enrollment_rosterlink link WHERE link.row_id = line.row_id)
),
-- Whose file was merged since is of the file that went on.
upwards AS (
    SELECT back.line_id, back.person_id FROM back
    UNION
    SELECT upwards.line_id, person.merged_into_id
    FROM upwards JOIN enrollment_person person ON person.id = upwards.person_id
    WHERE person.merged_into_id IS NOT NULL
)
SELECT back.line_id, back.row_id, back.old_row_id, back.before, former.batch_id,
       upwards.person_id
FROM back
JOIN enrollment_rosterrow former ON former.id = back.old_row_id
JOIN upwards ON upwards.line_id = back.line_id
JOIN enrollment_person person ON person.id = upwards.person_id AND person.merged_into_id IS NULL;

INSERT INTO enrollment_rosterlink
    (row_id, batch_id, person_id, opens_file, holds_number, tier, score, evidence,
     model_version_id, told_by_id)
SELECT old_row_id, batch_id, person_id, (before ->> 'opens_file')::boolean,
       (before ->> 'holds_number')::boolean, before ->> 'tier',
       (before ->> 'score')::double precision,
       ARRAY(SELECT jsonb_array_elements_text(before -> 'evidence')),
       (before ->> 'model_version')::bigint, (before ->> 'told_by')::bigint
FROM giving;
UPDATE enrollment_rosterrow former
SET stands_by_id = NULL, is_settled = coalesce((giving.before ->> 'is_settled')::boolean, false)
FROM giving WHERE former.id = giving.old_row_id AND former.stands_by_id = giving.row_id;
UPDATE enrollment_candidatepair pair
SET state = asked.state,
    -- Who put it off or answered it is not known any more: who voided it stands for them.
    decided_by = CASE WHEN asked.state = 'OPEN' THEN '' ELSE pair.decided_by END,
    decided_at = CASE WHEN asked.state <> 'OPEN' THEN pair.decided_at END
FROM (SELECT DISTINCT key::bigint AS pair_id, value AS state
      FROM giving, jsonb_each_text(giving.before -> 'pairs')) asked
WHERE pair.id = asked.pair_id AND pair.state = 'VOID';
UPDATE enrollment_editionline line SET is_taken = false
FROM giving WHERE line.id = giving.line_id;
UPDATE enrollment_rosterbatch batch
SET review_settled = (SELECT count(*) FROM enrollment_rosterrow held
                      WHERE held.batch_id = batch.id AND held.outcome = 'REVIEW'
                        AND held.is_settled),
    rejected_settled = (SELECT count(*) FROM enrollment_rosterrow held
                        WHERE held.batch_id = batch.id AND held.outcome = 'REJECTED'
                          AND held.is_settled)
WHERE batch.id IN (SELECT batch_id FROM giving);

CREATE TEMP TABLE undone ON COMMIT DROP AS
SELECT old_row_id AS row_id, NULL::bigint AS person_before, false AS opened_file,
       person_id AS person_after, (before ->> 'opens_file')::boolean AS opens_file
FROM giving
UNION ALL
SELECT row_id, person_id, (before ->> 'opens_file')::boolean, NULL, false FROM giving;
CREATE TEMP TABLE changed_row ON COMMIT DROP AS SELECT row_id FROM undone;
CREATE TEMP TABLE touched ON COMMIT DROP AS
SELECT coalesce(person_before, person_after) AS person_id, row_id, opens_file FROM undone;
CREATE TEMP TABLE left_household ON COMMIT DROP AS
SELECT DISTINCT touched.person_id, coalesce(staged.home_file_id, staged.file_id) AS file_id,
       coalesce(staged.home_sheet, staged.sheet) AS sheet,
       left(coalesce(staged.town, ''), 60) AS place,
       left(coalesce(staged.village, ''), 60) AS village, left(staged.household_no, 40) AS number
FROM touched
JOIN enrollment_rosterrow staged ON staged.id = touched.row_id
WHERE staged.household_no <> '';
DROP TABLE giving;
