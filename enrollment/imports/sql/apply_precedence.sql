-- Which of several overlapping spells of a person is in force until a clerk decides: employee
-- insurance before resident insurance, then the longer standing, then the smaller row. The result
-- does not depend on the order in which rosters are applied. Small: touches only double enrollments.
-- In: %(batch)s, %(low)s < person <= %(high)s. Re-runnable.
CREATE TEMP TABLE precedence ON COMMIT DROP AS
WITH double AS (
    SELECT DISTINCT spell.person_id
    FROM enrollment_coveragespell spell
    JOIN enrollment_rosterlink link ON link.person_id = spell.person_id
    WHERE link.batch_id = %(batch)s
      AND link.person_id > %(low)s AND link.person_id <= %(high)s
      AND spell.state = 'DOUBLE'
),
ranked AS (
    SELECT spell.id, spell.person_id, spell.period, spell.state,
           row_number() OVER (
               PARTITION BY spell.person_id
               ORDER BY CASE spell.scheme WHEN 'UEBMI' THEN 1 ELSE 2 END,
                        lower(spell.period), spell.scheme, area.code,
                        file.sha256, staged.sheet, staged.row_no) AS rank
    FROM enrollment_coveragespell spell
    JOIN double ON double.person_id = spell.person_id
    JOIN core_area area ON area.id = spell.area_id
    LEFT JOIN enrollment_rosterrow staged ON staged.id = spell.source_row_id
    LEFT JOIN enrollment_rosterfile file ON file.id = staged.file_id
    WHERE spell.state IN ('IN_FORCE', 'DOUBLE')
)
SELECT id, state,
       CASE WHEN EXISTS (SELECT 1 FROM ranked higher
                         WHERE higher.person_id = ranked.person_id AND higher.rank < ranked.rank
                           AND higher.period && ranked.period)
            THEN 'DOUBLE' ELSE 'IN_FORCE' END AS wanted
FROM ranked;

UPDATE enrollment_coveragespell spell SET state = 'DOUBLE'
FROM precedence
WHERE precedence.id = spell.id AND precedence.wanted = 'DOUBLE' AND spell.state <> 'DOUBLE';

UPDATE enrollment_coveragespell spell SET state = 'IN_FORCE'
FROM precedence
WHERE precedence.id = spell.id AND precedence.wanted = 'IN_FORCE' AND spell.state <> 'IN_FORCE';

DROP TABLE precedence;
