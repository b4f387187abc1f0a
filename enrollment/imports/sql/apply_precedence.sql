-- Which of several overlapping spells of a person is in force until a clerk decides: one that a
-- decision kept, then employee insurance before resident insurance, then the longer standing, then
-- the smaller row. The result does not depend on the order in which rosters are applied. Small:
-- touches only double enrollments.
-- In: pg_temp.applied. Re-runnable.
CREATE TEMP TABLE precedence ON COMMIT DROP AS
WITH double AS MATERIALIZED (
    SELECT DISTINCT spell.person_id
    FROM applied
    CROSS JOIN LATERAL (
        SELECT person_id FROM enrollment_coveragespell
        WHERE person_id = applied.person_id AND state = 'DOUBLE' LIMIT 1) spell
),
ranked AS MATERIALIZED (
    SELECT spell.id, spell.person_id, spell.period, spell.state,
           row_number() OVER (
               PARTITION BY spell.person_id
               ORDER BY kept.case_id IS NULL, CASE spell.scheme WHEN 'UEBMI' THEN 1 ELSE 2 END,
                        lower(spell.period), spell.scheme, area.code,
                        file.sha256, staged.sheet, staged.row_no) AS rank
    FROM double
    CROSS JOIN LATERAL (
        SELECT * FROM enrollment_coveragespell
        WHERE person_id = double.person_id AND state IN ('IN_FORCE', 'DOUBLE') OFFSET 0) spell
    JOIN core_area area ON area.id = spell.area_id
    LEFT JOIN LATERAL (
        SELECT sheet, row_no, file_id FROM enrollment_rosterrow
        WHERE id = spell.source_row_id LIMIT 1) staged ON true
    LEFT JOIN enrollment_rosterfile file ON file.id = staged.file_id
    LEFT JOIN LATERAL (
        SELECT side.case_id FROM enrollment_doubleside side
        JOIN enrollment_doublecase decided ON decided.id = side.case_id
        WHERE side.spell_id = spell.id AND side.standing = 'KEEPS'
              -- Also while it is contested: it stays as it is until somebody decides anew.
              AND decided.decided_at IS NOT NULL
        LIMIT 1) kept ON true
)
-- One pass over each person's spells: where a whole roster is double, comparing each with each of
-- the range would never end.
SELECT id, state,
       CASE WHEN period && range_agg(period) OVER (
                PARTITION BY person_id ORDER BY rank
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            THEN 'DOUBLE' ELSE 'IN_FORCE' END AS wanted
FROM ranked;

-- First what leaves force, then what enters it: at no moment do two overlap.
UPDATE enrollment_coveragespell spell SET state = 'DOUBLE'
FROM precedence
WHERE precedence.id = spell.id AND precedence.wanted = 'DOUBLE' AND precedence.state <> 'DOUBLE';

UPDATE enrollment_coveragespell spell SET state = 'IN_FORCE'
FROM precedence
WHERE precedence.id = spell.id AND precedence.wanted = 'IN_FORCE'
  AND precedence.state <> 'IN_FORCE';

DROP TABLE precedence;
