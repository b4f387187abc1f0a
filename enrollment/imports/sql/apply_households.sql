-- Households as the scheme numbered them. In: pg_temp.applied. Re-runnable.
INSERT INTO enrollment_household (scheme, area_id, place, number, village, address)
SELECT DISTINCT ON (scheme, area_id, place, household_no)
       scheme, area_id, place, household_no,
       left(coalesce(village, ''), 60), left(coalesce(address, ''), 200)
FROM applied
WHERE household_no IS NOT NULL
ORDER BY scheme, area_id, place, household_no, row_id
ON CONFLICT DO NOTHING;
