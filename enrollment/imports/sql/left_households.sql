-- Households that nobody belongs to any more, of those that the changed rows had named.
-- In: pg_temp.left_household.
DELETE FROM enrollment_household household
USING (SELECT DISTINCT scheme, area_id, place, number FROM left_household) gone
WHERE household.scheme = gone.scheme AND household.area_id = gone.area_id
  AND household.place = gone.place AND household.number = gone.number
  AND NOT EXISTS (SELECT FROM enrollment_householdmember member
                  WHERE member.household_id = household.id);
