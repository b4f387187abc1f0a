-- Rows that a decision brought to a file, gathered as the applying of a roster gathers its range, so
-- that the same steps write them. In: pg_temp.coming (row_id, person_id, row_move_id, holds_number);
-- %(answered)s are the reasons that knowing the person answers. Out: pg_temp.applied.
INSERT INTO enrollment_rosterlink
    (row_id, batch_id, person_id, opens_file, holds_number, tier, score, evidence)
SELECT staged.id, staged.batch_id, coming.person_id, false, coming.holds_number, 'CLERK', 1, '{}'
FROM coming JOIN enrollment_rosterrow staged ON staged.id = coming.row_id;

CREATE TEMP TABLE applied ON COMMIT DROP AS
SELECT link.row_id, link.person_id, link.opens_file, link.holds_number,
       batch.scheme, batch.year, batch.area_id, area.code AS issuer, area.path,
       -- By which a household is known: the numbering of one sheet, in one town and village.
       coalesce(staged.home_file_id, staged.file_id) AS file_id,
       coalesce(staged.home_sheet, staged.sheet) AS sheet,
       left(coalesce(staged.town, ''), 60) AS place,
       left(coalesce(staged.village, ''), 60) AS hamlet,
       nullif(left(staged.household_no, 40), '') AS household_no,
       nullif(left(staged.member_no, 40), '') AS member_no,
       nullif(left(staged.psn_no, 40), '') AS psn_no,
       -- What was in doubt was who this is; what else was in doubt still holds the coverage back.
       CASE WHEN staged.reasons <@ %(answered)s
                 -- Without the person's number a line of a newer edition takes nobody's place.
                 AND NOT EXISTS (SELECT FROM enrollment_editionline line
                                 JOIN enrollment_rosterlink former_link
                                   ON former_link.row_id = line.old_row_id
                                 JOIN enrollment_rosterrow former ON former.id = line.old_row_id
                                 WHERE line.row_id = staged.id AND line.follows
                                   AND NOT line.is_taken AND former_link.holds_number
                                   AND NOT coming.holds_number
                                   AND former.id_number IS DISTINCT FROM staged.id_number)
            THEN 'FIXED' ELSE staged.outcome END AS outcome,
       staged.name, staged.name_key, staged.name_initials, staged.sex,
       staged.birth_on, staged.id_number, staged.id_text, staged.id_state, staged.ethnicity,
       staged.phone, staged.address, staged.village, staged.relation_code,
       coalesce(staged.town, '') AS town, coalesce(staged.area_code, '') AS area_code,
       staged.status, staged.special_group, staged.amount, staged.begins_on
FROM coming
JOIN enrollment_rosterlink link ON link.row_id = coming.row_id
JOIN enrollment_rosterrow staged ON staged.id = link.row_id
JOIN enrollment_rosterbatch batch ON batch.id = link.batch_id
JOIN core_area area ON area.id = batch.area_id;

-- Coverage that an earlier decision had brought and left behind is taken up again.
UPDATE enrollment_coveragespell spell
SET person_id = applied.person_id, reason = '',
    state = CASE WHEN applied.outcome = 'REVIEW' THEN 'UNDER_REVIEW' ELSE 'DOUBLE' END
FROM applied
WHERE spell.source_row_id = applied.row_id AND spell.reason = 'DECISION_UNDONE';
