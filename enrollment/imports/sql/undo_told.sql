-- Rows of earlier rosters that wait, or would without the undone roster, and whose person the later
-- roster may tell: those that it, or the undone one, had told, and those that were a question together
-- with a row of the undone one. What a person has in hand or decided stays.
-- In: %(undo)s, %(undone)s the roster undone, %(batch)s the later one. Out: pg_temp.affected_told.
CREATE TEMP TABLE affected_told ON COMMIT DROP AS
WITH later AS (
    SELECT applied_at, id FROM enrollment_rosterbatch WHERE id = %(batch)s
),
people AS MATERIALIZED (
    SELECT person_before AS person_id FROM enrollment_undonerow
    WHERE undo_id = %(undo)s AND person_before IS NOT NULL
    UNION
    SELECT person_after FROM enrollment_undonerow
    WHERE undo_id = %(undo)s AND person_after IS NOT NULL
),
told AS MATERIALIZED (
    SELECT id FROM enrollment_rosterrow
    WHERE batch_id = %(undone)s AND outcome NOT IN ('REJECTED', 'NOT_RECORD')
    UNION
    SELECT row_id FROM enrollment_undonerow WHERE undo_id = %(undo)s AND NOT is_own
),
asked AS MATERIALIZED (
    SELECT pair.row_a_id AS row_id FROM told
    JOIN enrollment_candidatepair pair ON pair.row_b_id = told.id
    UNION
    SELECT pair.row_b_id FROM told JOIN enrollment_candidatepair pair ON pair.row_a_id = told.id
),
found AS (
    -- Waits since the undoing began, and was not told of since.
    SELECT row_id FROM enrollment_undonerow
    WHERE undo_id = %(undo)s AND NOT is_own AND person_after IS NULL
    UNION
    -- Told by the later roster.
    SELECT link.row_id FROM enrollment_rosterlink link
    LEFT JOIN people USING (person_id)
    LEFT JOIN asked ON asked.row_id = link.row_id
    WHERE link.told_by_id = %(batch)s
      AND (people.person_id IS NOT NULL OR asked.row_id IS NOT NULL)
      AND NOT EXISTS (SELECT FROM enrollment_undonerow line
                      WHERE line.undo_id = %(undo)s AND line.row_id = link.row_id)
    UNION
    -- Waits, or waited still when the later roster came.
    SELECT asked.row_id FROM asked
    LEFT JOIN enrollment_rosterlink link ON link.row_id = asked.row_id
    LEFT JOIN enrollment_rosterbatch telling ON telling.id = link.told_by_id
    CROSS JOIN later
    WHERE (link.row_id IS NULL OR (telling.applied_at, telling.id) > (later.applied_at, later.id))
      AND NOT EXISTS (SELECT FROM enrollment_undonerow line
                      WHERE line.undo_id = %(undo)s AND line.row_id = asked.row_id)
)
SELECT staged.id AS row_id
FROM found
JOIN enrollment_rosterrow staged ON staged.id = found.row_id
JOIN enrollment_rosterbatch own ON own.id = staged.batch_id AND own.state = 'APPLIED'
CROSS JOIN later
WHERE (own.applied_at, own.id) < (later.applied_at, later.id) AND {placeable staged};
ANALYZE affected_told;
