-- Memberships go where there is room; run until none moves. In: pg_temp.thing_target.
UPDATE enrollment_householdmember member SET person_id = thing.target
FROM thing_target thing
WHERE thing.kind = 'MEMBERSHIP' AND thing.thing_id = member.id
  AND member.person_id <> thing.target
  AND NOT EXISTS (
      SELECT FROM enrollment_householdmember there
      WHERE there.person_id = thing.target AND there.household_id = member.household_id)
