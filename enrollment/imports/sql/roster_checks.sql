-- One line for every row that its own roster speaks against or that belongs to an odd household.
-- In: record, finding. Out: roster_check.
CREATE OR REPLACE TEMP TABLE roster_check AS
WITH headed AS (
    SELECT household FROM record
    WHERE household IS NOT NULL AND relation = '02'
    GROUP BY household HAVING count(*) > 1
),
-- A relation that tells a sex, on a row whose number tells the other.
noted AS (
    SELECT row_id, 'HOUSEHOLD_HEADS' AS note FROM record JOIN headed USING (household)
    WHERE relation = '02'
    UNION ALL
    SELECT row_id, 'RELATION_SEX' FROM record JOIN relation_sex USING (relation)
    WHERE coalesce(record.sex, number_sex) <> relation_sex.sex
),
reasons AS (
    SELECT row_id, list(reason ORDER BY reason) AS reasons_added FROM finding GROUP BY row_id
),
notes AS (
    SELECT row_id, list(note ORDER BY note) AS notes FROM noted GROUP BY row_id
)
SELECT row_id,
       CASE WHEN reasons_added IS NOT NULL THEN 'REVIEW' END AS outcome,
       coalesce(reasons_added, []) AS reasons_added,
       coalesce(notes, []) AS notes
FROM reasons FULL JOIN notes USING (row_id);
