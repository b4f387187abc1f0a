-- Who belongs to which household. In: pg_temp.applied. Re-runnable.
-- The household is looked up row by row (LIMIT keeps the planner from joining): the table may have
-- grown a thousandfold since it was last analysed, and one wrong join order would cost hours.
INSERT INTO enrollment_householdmember (household_id, person_id, relation, period)
SELECT DISTINCT ON (household.id, applied.person_id)
       household.id, applied.person_id, left(coalesce(applied.relation_code, ''), 10),
       daterange(make_date(applied.year, 1, 1), NULL)
FROM applied
CROSS JOIN LATERAL (
    SELECT id FROM enrollment_household
    WHERE file_id = applied.file_id AND number = applied.household_no
      AND place = applied.place AND village = applied.hamlet AND sheet = applied.sheet
    LIMIT 1
) household
WHERE applied.household_no IS NOT NULL
ORDER BY household.id, applied.person_id, applied.row_id
ON CONFLICT DO NOTHING;
