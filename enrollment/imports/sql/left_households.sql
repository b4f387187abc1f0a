-- Households that nobody belongs to any more, of those that the changed rows had named.
-- In: pg_temp.left_household.
DELETE FROM enrollment_household household
USING (SELECT DISTINCT file_id, sheet, place, village, number FROM left_household) gone
WHERE household.file_id = gone.file_id AND household.number = gone.number
  AND household.place = gone.place AND household.village = gone.village
  AND household.sheet = gone.sheet
  AND NOT EXISTS (SELECT FROM enrollment_householdmember member
                  WHERE member.household_id = household.id);
