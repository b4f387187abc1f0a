-- Rows of a roster that was linked after the undone one stood on the roll, and whose link may rest on
-- it: rows of the same people, rows that carry a number of the undone roster, rows that were a
-- question together with one of it; and what lies in the same files as these. Left out is what a
-- person decided: it stays. In: %(undo)s, %(undone)s the roster undone, %(batch)s the later one.
-- Out: pg_temp.affected (row_id, shares_number).
CREATE TEMP TABLE affected ON COMMIT DROP AS
WITH people AS MATERIALIZED (
    SELECT person_before AS person_id FROM enrollment_undonerow
    WHERE undo_id = %(undo)s AND person_before IS NOT NULL
    UNION
    SELECT person_after FROM enrollment_undonerow
    WHERE undo_id = %(undo)s AND person_after IS NOT NULL
),
told AS MATERIALIZED (
    SELECT id, id_number, id_suggestion FROM enrollment_rosterrow
    WHERE batch_id = %(undone)s AND outcome NOT IN ('REJECTED', 'NOT_RECORD')
    UNION
    SELECT staged.id, staged.id_number, staged.id_suggestion
    FROM enrollment_undonerow line JOIN enrollment_rosterrow staged ON staged.id = line.row_id
    WHERE line.undo_id = %(undo)s AND NOT line.is_own
),
number AS MATERIALIZED (
    SELECT id_number AS number FROM told WHERE id_number IS NOT NULL
    UNION SELECT id_suggestion FROM told WHERE id_suggestion IS NOT NULL
),
asked AS MATERIALIZED (
    SELECT pair.row_a_id AS row_id FROM told
    JOIN enrollment_candidatepair pair ON pair.row_b_id = told.id
    UNION
    SELECT pair.row_b_id FROM told JOIN enrollment_candidatepair pair ON pair.row_a_id = told.id
),
-- Joined, not looked up: a list of hundreds of thousands is not to be read for every row.
own AS MATERIALIZED (
    SELECT staged.id AS row_id, link.person_id, people.person_id IS NOT NULL AS of_people,
           written.number IS NOT NULL OR suggested.number IS NOT NULL AS shares_number,
           asked.row_id IS NOT NULL AS was_asked
    FROM enrollment_rosterrow staged
    LEFT JOIN enrollment_rosterlink link ON link.row_id = staged.id
    LEFT JOIN people ON people.person_id = link.person_id
    LEFT JOIN number written ON written.number = staged.id_number
    LEFT JOIN number suggested ON suggested.number = staged.id_suggestion
    LEFT JOIN asked ON asked.row_id = staged.id
    WHERE staged.batch_id = %(batch)s AND staged.outcome NOT IN ('REJECTED', 'NOT_RECORD')
      AND NOT staged.is_settled
      -- A row read from columns in doubt tells of nobody until somebody has looked at it.
      AND NOT staged.reasons @> ARRAY['COLUMN_DOUBTFUL']
),
together AS MATERIALIZED (
    SELECT DISTINCT person_id FROM own
    WHERE person_id IS NOT NULL AND (of_people OR shares_number OR was_asked)
)
SELECT own.row_id, own.shares_number AND NOT own.of_people AS shares_number
FROM own
LEFT JOIN together ON together.person_id = own.person_id
WHERE (own.of_people OR own.shares_number OR own.was_asked OR together.person_id IS NOT NULL)
  AND NOT EXISTS (SELECT FROM enrollment_rosterlink link
                  WHERE link.row_id = own.row_id
                    -- A line of a newer edition stays with the person of its former row.
                    AND link.tier IN ('CLERK', 'FORMER_ROW'))
  AND NOT EXISTS (SELECT FROM enrollment_person absorbed
                  WHERE absorbed.merged_into_id = own.person_id)
  AND NOT EXISTS (SELECT FROM enrollment_coveragespell spell
                  JOIN enrollment_doubleside side ON side.spell_id = spell.id
                  JOIN enrollment_doublecase decided ON decided.id = side.case_id
                  WHERE spell.source_row_id = own.row_id
                    AND (decided.decided_at IS NOT NULL OR decided.state = 'SUBMITTED'));
ANALYZE affected;
