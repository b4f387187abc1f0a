-- Who of one range belongs to which household.
-- In: %(batch)s, %(low)s < person <= %(high)s. Re-runnable.
INSERT INTO enrollment_householdmember (household_id, person_id, relation, period)
SELECT DISTINCT ON (household.id, link.person_id)
       household.id, link.person_id, left(coalesce(staged.relation_code, ''), 10),
       daterange(make_date(batch.year, 1, 1), NULL)
FROM enrollment_rosterlink link
JOIN enrollment_rosterrow staged ON staged.id = link.row_id
JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id
JOIN enrollment_household household
  ON household.scheme = batch.scheme AND household.area_id = batch.area_id
 AND household.place = left(coalesce(staged.town, ''), 60)
 AND household.number = left(staged.household_no, 40)
WHERE link.batch_id = %(batch)s
  AND link.person_id > %(low)s AND link.person_id <= %(high)s
  AND nullif(staged.household_no, '') IS NOT NULL
ORDER BY household.id, link.person_id, link.row_id
ON CONFLICT DO NOTHING;
