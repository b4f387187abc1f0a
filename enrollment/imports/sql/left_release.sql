-- What the changed rows alone had brought to the roll and no longer say is taken from it. Rows count
-- as they are linked now, and only those of rosters that stand on the roll or are being written to it.
-- In: pg_temp.changed_row, touched, left_household.
CREATE TEMP TABLE staying ON COMMIT DROP AS
SELECT link.row_id, link.person_id, link.opens_file, link.holds_number, staged.outcome,
       staged.id_number, staged.id_text, staged.id_state, staged.member_no, staged.psn_no,
       staged.household_no, staged.town, staged.village,
       coalesce(staged.home_file_id, staged.file_id) AS file_id,
       coalesce(staged.home_sheet, staged.sheet) AS sheet, batch.scheme, batch.area_id, area.code AS issuer,
       staged.id IN (SELECT row_id FROM changed_row) AS is_changed
FROM (SELECT DISTINCT person_id FROM touched) person
CROSS JOIN LATERAL (
    SELECT * FROM enrollment_rosterlink WHERE person_id = person.person_id OFFSET 0) link
JOIN enrollment_rosterbatch batch
  ON batch.id = link.batch_id
 AND (batch.state = 'APPLIED'
      OR batch.state = 'APPLYING' AND batch.id = (SELECT applying_batch_id FROM enrollment_roll))
JOIN enrollment_rosterrow staged ON staged.id = link.row_id
JOIN core_area area ON area.id = batch.area_id;
ANALYZE staying;

-- Numbers come from a row; one that its row no longer says of this person goes, and comes back below
-- when another row says it.
DELETE FROM enrollment_personidentifier identifier
USING changed_row, (SELECT DISTINCT person_id FROM touched) person
WHERE identifier.person_id = person.person_id AND identifier.source_row_id = changed_row.row_id
  AND NOT EXISTS (
      SELECT FROM staying
      WHERE staying.row_id = changed_row.row_id AND staying.person_id = identifier.person_id
        AND CASE identifier.kind
            WHEN 'RESIDENT_ID' THEN staying.holds_number AND staying.id_number = identifier.number
            WHEN 'RESIDENT_ID_15' THEN staying.holds_number AND staying.id_state = 'UPGRADED'
                                       AND left(staying.id_text, 15) = identifier.number
            WHEN 'NCMS_MEMBER' THEN left(staying.member_no, 40) = identifier.number
                                    AND staying.issuer = identifier.issuer
            WHEN 'PLATFORM_PERSON' THEN left(staying.psn_no, 40) = identifier.number
                                        AND staying.scheme = identifier.issuer
            ELSE true END);

DELETE FROM enrollment_householdmember member
USING left_household gone
JOIN enrollment_household household
  ON household.file_id = gone.file_id AND household.number = gone.number
 AND household.place = gone.place AND household.village = gone.village
 AND household.sheet = gone.sheet
WHERE member.household_id = household.id AND member.person_id = gone.person_id
  AND NOT EXISTS (
      SELECT FROM staying
      WHERE staying.person_id = gone.person_id
        AND staying.file_id = gone.file_id AND staying.sheet = gone.sheet
        AND left(coalesce(staying.town, ''), 60) = gone.place
        AND left(coalesce(staying.village, ''), 60) = gone.village
        AND left(staying.household_no, 40) = gone.number);

-- A file of which no row stands any more leaves the roll; one that a row stands for again comes back.
UPDATE enrollment_person person SET state = 'UNDONE'
FROM (SELECT DISTINCT person_id FROM touched) gone
WHERE person.id = gone.person_id AND person.state = 'ACTIVE'
  AND NOT EXISTS (SELECT FROM staying WHERE staying.person_id = person.id);
UPDATE enrollment_person person SET state = 'ACTIVE'
FROM (SELECT DISTINCT person_id FROM touched) back
WHERE person.id = back.person_id AND person.state = 'UNDONE'
  AND EXISTS (SELECT FROM staying WHERE staying.person_id = person.id);

-- One row speaks for a file: the clean one, then the one that bears its number out.
UPDATE enrollment_rosterlink link SET opens_file = true
FROM (
    SELECT DISTINCT ON (person_id) person_id, row_id FROM staying
    WHERE NOT EXISTS (SELECT FROM staying opener
                      WHERE opener.person_id = staying.person_id AND opener.opens_file)
    ORDER BY person_id, outcome NOT IN ('ACCEPTED', 'FIXED'), NOT holds_number, row_id
) speaking
WHERE link.row_id = speaking.row_id;

DROP TABLE staying;
