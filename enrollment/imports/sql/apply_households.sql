-- Households as their source numbered them: the same number in another roster, file or sheet, town or
-- village is another family's. In: pg_temp.applied. Re-runnable.
INSERT INTO enrollment_household (scheme, area_id, file_id, sheet, place, village, number, address)
SELECT DISTINCT ON (file_id, household_no, place, hamlet, sheet)
       scheme, area_id, file_id, sheet, place, hamlet, household_no,
       left(coalesce(address, ''), 200)
FROM applied
WHERE household_no IS NOT NULL
ORDER BY file_id, household_no, place, hamlet, sheet, row_id
ON CONFLICT DO NOTHING;
