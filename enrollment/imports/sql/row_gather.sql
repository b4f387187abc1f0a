-- The row that goes to another file, gathered as the applying of a roster gathers its range.
-- In: %(row)s, %(person)s the file it goes to, %(opens)s. Out: pg_temp.applied.
CREATE TEMP TABLE applied ON COMMIT DROP AS
SELECT staged.id AS row_id, %(person)s::bigint AS person_id, %(opens)s AS opens_file,
       link.holds_number, batch.scheme, batch.year, batch.area_id, area.code AS issuer, area.path,
       -- By which a household is known: the numbering of one sheet, in one town and village.
       coalesce(staged.home_file_id, staged.file_id) AS file_id,
       coalesce(staged.home_sheet, staged.sheet) AS sheet,
       left(coalesce(staged.town, ''), 60) AS place,
       left(coalesce(staged.village, ''), 60) AS hamlet,
       nullif(left(staged.household_no, 40), '') AS household_no,
       nullif(left(staged.member_no, 40), '') AS member_no,
       nullif(left(staged.psn_no, 40), '') AS psn_no,
       staged.outcome, staged.name, staged.name_key, staged.name_initials, staged.sex,
       staged.birth_on, staged.id_number, staged.id_text, staged.id_state, staged.ethnicity,
       staged.phone, staged.address, staged.village, staged.relation_code,
       coalesce(staged.town, '') AS town, coalesce(staged.area_code, '') AS area_code,
       staged.status, staged.special_group, staged.amount, staged.begins_on
FROM enrollment_rosterrow staged
JOIN enrollment_rosterlink link ON link.row_id = staged.id
JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id
JOIN core_area area ON area.id = batch.area_id
WHERE staged.id = %(row)s;
