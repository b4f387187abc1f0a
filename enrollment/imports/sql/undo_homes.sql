-- Memberships that a row spoke for first which speaks for somebody else now, and another row of the
-- same household speaks for too, are as that one tells; so is the household's address.
-- In: pg_temp.undone, left_household.
CREATE TEMP TABLE home ON COMMIT DROP AS
SELECT DISTINCT household.id, household.file_id, household.sheet, household.place,
       household.village, household.number
FROM (SELECT DISTINCT file_id, sheet, place, village, number FROM left_household) gone
JOIN enrollment_household household
  ON household.file_id = gone.file_id AND household.number = gone.number
 AND household.place = gone.place AND household.village = gone.village
 AND household.sheet = gone.sheet;
CREATE TEMP TABLE home_row ON COMMIT DROP AS
SELECT home.id AS household_id, member.id AS member_id, member.person_id, staged.id AS row_id,
       left(coalesce(staged.relation_code, ''), 10) AS relation,
       daterange(make_date(batch.year, 1, 1), NULL) AS period,
       left(coalesce(staged.address, ''), 200) AS address
FROM home
JOIN enrollment_householdmember member ON member.household_id = home.id
CROSS JOIN LATERAL (
    SELECT * FROM enrollment_rosterlink WHERE person_id = member.person_id OFFSET 0) link
JOIN enrollment_rosterbatch batch
  ON batch.id = link.batch_id
 AND (batch.state = 'APPLIED'
      OR batch.state = 'APPLYING' AND batch.id = (SELECT applying_batch_id FROM enrollment_roll))
JOIN enrollment_rosterrow staged
  ON staged.id = link.row_id AND coalesce(staged.home_file_id, staged.file_id) = home.file_id
 AND coalesce(staged.home_sheet, staged.sheet) = home.sheet
 AND left(coalesce(staged.town, ''), 60) = home.place
 AND left(coalesce(staged.village, ''), 60) = home.village
 AND left(staged.household_no, 40) = home.number;
CREATE TEMP TABLE own_row ON COMMIT DROP AS
SELECT undone.person_before AS person_id,
       coalesce(staged.home_file_id, staged.file_id) AS file_id,
       coalesce(staged.home_sheet, staged.sheet) AS sheet,
       left(coalesce(staged.town, ''), 60) AS place,
       left(coalesce(staged.village, ''), 60) AS village, left(staged.household_no, 40) AS number,
       left(coalesce(staged.relation_code, ''), 10) AS relation,
       daterange(make_date(batch.year, 1, 1), NULL) AS period,
       left(coalesce(staged.address, ''), 200) AS address
FROM undone
JOIN enrollment_rosterrow staged ON staged.id = undone.row_id AND staged.household_no <> ''
JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id
WHERE undone.person_before IS NOT NULL;
ANALYZE home, home_row, own_row;

UPDATE enrollment_householdmember member SET relation = first.relation, period = first.period
FROM (SELECT DISTINCT ON (member_id) * FROM home_row ORDER BY member_id, row_id) first
JOIN home ON home.id = first.household_id
WHERE member.id = first.member_id
  AND (member.relation, member.period) IS DISTINCT FROM (first.relation, first.period)
  AND EXISTS (SELECT FROM own_row own
              WHERE own.person_id = member.person_id AND own.file_id = home.file_id
                AND own.number = home.number AND own.sheet = home.sheet
                AND own.place = home.place AND own.village = home.village
                AND own.relation = member.relation AND own.period = member.period);

UPDATE enrollment_household household SET address = first.address
FROM (SELECT DISTINCT ON (household_id) * FROM home_row ORDER BY household_id, row_id) first
WHERE household.id = first.household_id AND household.address IS DISTINCT FROM first.address
  AND EXISTS (SELECT FROM own_row own
              WHERE own.file_id = household.file_id AND own.number = household.number
                AND own.sheet = household.sheet AND own.place = household.place
                AND own.village = household.village AND own.address = household.address);
DROP TABLE home, home_row, own_row;
