-- The rows of one range of people, gathered once: every later step reads these few instead of the
-- roster. In: %(batch)s, %(low)s < person <= %(high)s. Out: pg_temp.applied.
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
       staged.outcome, staged.name, staged.name_key, staged.name_initials, staged.sex,
       staged.birth_on, staged.id_number, staged.id_text, staged.id_state, staged.ethnicity,
       staged.phone, staged.address, staged.village, staged.relation_code,
       -- Never null, so that places are found by hashing however many a file names.
       coalesce(staged.town, '') AS town, coalesce(staged.area_code, '') AS area_code,
       staged.status, staged.special_group, staged.amount, staged.begins_on
FROM enrollment_rosterlink link
JOIN enrollment_rosterrow staged ON staged.id = link.row_id
JOIN enrollment_rosterbatch batch ON batch.id = link.batch_id
JOIN core_area area ON area.id = batch.area_id
WHERE (link.batch_id = %(batch)s
       AND link.person_id > %(low)s AND link.person_id <= %(high)s)
   -- And those of earlier rosters that waited until this one told whose they are.
   OR (link.told_by_id = %(batch)s
       AND link.person_id > %(low)s AND link.person_id <= %(high)s);

ANALYZE applied;
