-- Rows of rosters on the roll at each stage, by roster and the area that the row names.
-- A pair asks about one row: the one that no file holds by itself.
WITH asked AS (
    SELECT CASE WHEN a.row_id IS NULL OR NOT a.opens_file THEN pair.row_a_id ELSE pair.row_b_id END
               AS row_id,
           bool_or(pair.state = 'SAME') AS confirmed
    FROM enrollment_candidatepair pair
    LEFT JOIN enrollment_rosterlink a ON a.row_id = pair.row_a_id
    GROUP BY 1
),
staged AS (
    SELECT staged.batch_id, staged.area_code,
           staged.outcome <> 'NOT_RECORD' AS parsed,
           staged.outcome NOT IN ('NOT_RECORD', 'REJECTED') AS valid,
           staged.outcome NOT IN ('NOT_RECORD', 'REJECTED')
           AND NOT staged.reasons @> ARRAY['LISTED_TWICE']
           -- What several editions of a roster say is said once.
           AND staged.stands_by_id IS NULL AS once,
           coalesce(NOT link.opens_file AND link.tier IN
                    ('NUMBER_AND_NAME', 'NUMBER_AND_SOUND', 'PROBABLE'), false) AS linked,
           asked.row_id IS NOT NULL AS asked,
           coalesce(asked.confirmed, false) AS confirmed
    FROM enrollment_rosterrow staged
    JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id AND batch.state = 'APPLIED'
    LEFT JOIN enrollment_rosterlink link ON link.row_id = staged.id
    LEFT JOIN asked ON asked.row_id = staged.id
)
SELECT batch_id, area_code, count(*),
       count(*) FILTER (WHERE parsed),
       count(*) FILTER (WHERE valid),
       count(*) FILTER (WHERE once),
       count(*) FILTER (WHERE once AND (linked OR asked)),
       count(*) FILTER (WHERE once AND linked),
       count(*) FILTER (WHERE once AND asked AND NOT linked),
       count(*) FILTER (WHERE once AND asked AND NOT linked AND confirmed)
FROM staged
GROUP BY batch_id, area_code
