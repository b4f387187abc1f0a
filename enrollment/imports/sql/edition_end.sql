-- The coverage of who is left out ends on the day that was said; days before stay covered. What a
-- decided case of double enrollment says stays; whose coverage does not end, and why, is kept with the
-- line. In: %(edition)s, %(low)s < line <= %(high)s.
-- Out: pg_temp.applied (person_id), for precedence. Re-runnable.
UPDATE enrollment_editionline line
SET before = jsonb_build_object('not_ended', found.why)
FROM (
    SELECT kept.id,
           CASE WHEN EXISTS (SELECT FROM enrollment_coveragespell spell
                             JOIN enrollment_doubleside side ON side.spell_id = spell.id
                             JOIN enrollment_doublecase decided ON decided.id = side.case_id
                             WHERE spell.source_row_id = kept.old_row_id
                               AND decided.decided_at IS NOT NULL)
                THEN 'DOUBLE_DECIDED'
                WHEN NOT EXISTS (SELECT FROM enrollment_coveragespell spell
                                 WHERE spell.source_row_id = kept.old_row_id
                                   AND spell.state IN ('IN_FORCE', 'DOUBLE', 'UNDER_REVIEW',
                                                       'SUSPENDED'))
                THEN 'NO_COVERAGE' END AS why
    FROM enrollment_editionline kept
    WHERE kept.edition_id = %(edition)s AND kept.state = 'LEFT' AND kept.ends_on IS NOT NULL
      AND NOT kept.is_taken AND kept.id > %(low)s AND kept.id <= %(high)s) found
WHERE line.id = found.id AND found.why IS NOT NULL;
CREATE TEMP TABLE ending ON COMMIT DROP AS
SELECT line.id AS line_id, line.ends_on, spell.id AS spell_id, spell.person_id, spell.period,
       spell.state, spell.reason
FROM enrollment_editionline line
JOIN enrollment_coveragespell spell ON spell.source_row_id = line.old_row_id
WHERE line.edition_id = %(edition)s AND line.state = 'LEFT' AND line.ends_on IS NOT NULL
  AND NOT line.is_taken AND line.id > %(low)s AND line.id <= %(high)s
  AND spell.state IN ('IN_FORCE', 'DOUBLE', 'UNDER_REVIEW', 'SUSPENDED')
  AND NOT EXISTS (SELECT FROM enrollment_doubleside side
                  JOIN enrollment_doublecase decided ON decided.id = side.case_id
                  WHERE side.spell_id = spell.id AND decided.decided_at IS NOT NULL);
UPDATE enrollment_editionline line
SET is_taken = true,
    before = jsonb_build_object('period', ending.period::text, 'state', ending.state,
                                'reason', ending.reason)
FROM ending WHERE line.id = ending.line_id;
UPDATE enrollment_coveragespell spell
SET state = CASE WHEN lower(spell.period) <= ending.ends_on THEN spell.state ELSE 'ENDED' END,
    period = CASE WHEN lower(spell.period) <= ending.ends_on
                  THEN spell.period * daterange(NULL, ending.ends_on, '[]') ELSE spell.period END,
    reason = 'EDITION_LEFT_OUT'
FROM ending WHERE spell.id = ending.spell_id;
CREATE TEMP TABLE applied ON COMMIT DROP AS SELECT DISTINCT person_id FROM ending;
DROP TABLE ending;
