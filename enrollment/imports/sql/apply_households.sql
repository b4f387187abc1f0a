-- Households of the people of one range, as the scheme numbered them.
-- In: %(batch)s, %(low)s < person <= %(high)s. Re-runnable.
INSERT INTO enrollment_household (scheme, area_id, place, number, village, address)
SELECT DISTINCT ON (batch.scheme, batch.area_id, coalesce(staged.town, ''), staged.household_no)
       batch.scheme, batch.area_id, left(coalesce(staged.town, ''), 60),
       left(staged.household_no, 40), left(coalesce(staged.village, ''), 60),
       left(coalesce(staged.address, ''), 200)
FROM enrollment_rosterlink link
JOIN enrollment_rosterrow staged ON staged.id = link.row_id
JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id
WHERE link.batch_id = %(batch)s
  AND link.person_id > %(low)s AND link.person_id <= %(high)s
  AND nullif(staged.household_no, '') IS NOT NULL
ORDER BY batch.scheme, batch.area_id, coalesce(staged.town, ''), staged.household_no, link.row_id
ON CONFLICT DO NOTHING;
