-- What goes with the row: itself, its coverage, and the numbers and the household that no other row
-- of the file tells of. In: pg_temp.applied (the row), %(from)s. Out: pg_temp.row_thing.
CREATE TEMP TABLE row_thing ON COMMIT DROP AS
WITH others AS (
    SELECT staged.*, batch.scheme, batch.area_id, area.code AS issuer
    FROM enrollment_rosterlink link
    JOIN enrollment_rosterrow staged ON staged.id = link.row_id
    JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id AND batch.state = 'APPLIED'
    JOIN core_area area ON area.id = batch.area_id
    WHERE link.person_id = %(from)s AND link.row_id NOT IN (SELECT row_id FROM applied)
)
SELECT 'LINK' AS kind, row_id AS thing_id FROM applied
UNION ALL
SELECT 'SPELL', spell.id
FROM enrollment_coveragespell spell JOIN applied ON applied.row_id = spell.source_row_id
UNION ALL
SELECT 'IDENTIFIER', identifier.id
FROM enrollment_personidentifier identifier
JOIN applied ON applied.row_id = identifier.source_row_id
WHERE identifier.person_id = %(from)s
  AND NOT EXISTS (
      SELECT FROM others WHERE CASE identifier.kind
          WHEN 'RESIDENT_ID' THEN others.id_number = identifier.number
          WHEN 'RESIDENT_ID_15' THEN left(others.id_text, 15) = identifier.number
          WHEN 'NCMS_MEMBER' THEN left(others.member_no, 40) = identifier.number
                                  AND others.issuer = identifier.issuer
          WHEN 'PLATFORM_PERSON' THEN left(others.psn_no, 40) = identifier.number
                                      AND others.scheme = identifier.issuer
          ELSE false END)
UNION ALL
SELECT 'MEMBERSHIP', member.id
FROM applied
JOIN enrollment_household household
  ON household.file_id = applied.file_id AND household.number = applied.household_no
 AND household.place = applied.place AND household.village = applied.hamlet
 AND household.sheet = applied.sheet
JOIN enrollment_householdmember member
  ON member.household_id = household.id AND member.person_id = %(from)s
WHERE NOT EXISTS (
    SELECT FROM others
    WHERE coalesce(others.home_file_id, others.file_id) = applied.file_id
      AND coalesce(others.home_sheet, others.sheet) = applied.sheet
      AND left(coalesce(others.town, ''), 60) = applied.place
      AND left(coalesce(others.village, ''), 60) = applied.hamlet
      AND left(others.household_no, 40) = applied.household_no);
