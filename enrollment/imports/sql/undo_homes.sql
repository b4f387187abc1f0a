-- Households and memberships that the undone roster told of first, and others tell of too, are as
-- those tell. In: pg_temp.undone, left_household.
CREATE TEMP TABLE home ON COMMIT DROP AS
SELECT DISTINCT household.id, household.scheme, household.area_id, household.place,
       household.number
FROM (SELECT DISTINCT scheme, area_id, place, number FROM left_household) gone
JOIN enrollment_household household
  ON household.scheme = gone.scheme AND household.area_id = gone.area_id
 AND household.place = gone.place AND household.number = gone.number;
CREATE TEMP TABLE home_row ON COMMIT DROP AS
SELECT home.id AS household_id, member.id AS member_id, member.person_id, staged.id AS row_id,
       left(coalesce(staged.relation_code, ''), 10) AS relation,
       daterange(make_date(batch.year, 1, 1), NULL) AS period,
       left(coalesce(staged.village, ''), 60) AS village,
       left(coalesce(staged.address, ''), 200) AS address
FROM home
JOIN enrollment_householdmember member ON member.household_id = home.id
CROSS JOIN LATERAL (
    SELECT * FROM enrollment_rosterlink WHERE person_id = member.person_id OFFSET 0) link
JOIN enrollment_rosterbatch batch
  ON batch.id = link.batch_id AND batch.state = 'APPLIED' AND batch.scheme = home.scheme
 AND batch.area_id = home.area_id
JOIN enrollment_rosterrow staged
  ON staged.id = link.row_id AND left(coalesce(staged.town, ''), 60) = home.place
 AND left(staged.household_no, 40) = home.number;
CREATE TEMP TABLE own_row ON COMMIT DROP AS
SELECT undone.person_before AS person_id, batch.scheme, batch.area_id,
       left(coalesce(staged.town, ''), 60) AS place, left(staged.household_no, 40) AS number,
       left(coalesce(staged.relation_code, ''), 10) AS relation,
       daterange(make_date(batch.year, 1, 1), NULL) AS period,
       left(coalesce(staged.village, ''), 60) AS village,
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
              WHERE own.person_id = member.person_id AND own.scheme = home.scheme
                AND own.area_id = home.area_id AND own.place = home.place
                AND own.number = home.number
                AND own.relation = member.relation AND own.period = member.period);

UPDATE enrollment_household household SET village = first.village, address = first.address
FROM (SELECT DISTINCT ON (household_id) * FROM home_row ORDER BY household_id, row_id) first
WHERE household.id = first.household_id
  AND (household.village, household.address) IS DISTINCT FROM (first.village, first.address)
  AND EXISTS (SELECT FROM own_row own
              WHERE own.scheme = household.scheme AND own.area_id = household.area_id
                AND own.place = household.place AND own.number = household.number
                AND own.village = household.village AND own.address = household.address);
DROP TABLE home, home_row, own_row;
