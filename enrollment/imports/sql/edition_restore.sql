-- The coverage that an edition had ended is as it was before. First it leaves force, so that nothing
-- is in its way. In: %(edition)s, %(low)s < line <= %(high)s. Out: pg_temp.applied (person_id).
CREATE TEMP TABLE restored ON COMMIT DROP AS
SELECT line.id AS line_id, line.before, spell.id AS spell_id, spell.person_id
FROM enrollment_editionline line
JOIN enrollment_coveragespell spell ON spell.source_row_id = line.old_row_id
WHERE line.edition_id = %(edition)s AND line.state = 'LEFT' AND line.is_taken
  AND line.before ? 'period'
  AND line.id > %(low)s AND line.id <= %(high)s;
UPDATE enrollment_coveragespell spell
SET period = (restored.before ->> 'period')::daterange, reason = restored.before ->> 'reason',
    state = CASE WHEN restored.before ->> 'state' = 'IN_FORCE' THEN 'DOUBLE'
                 ELSE restored.before ->> 'state' END
FROM restored WHERE spell.id = restored.spell_id;
UPDATE enrollment_editionline line SET is_taken = false
FROM restored WHERE line.id = restored.line_id;
CREATE TEMP TABLE applied ON COMMIT DROP AS SELECT DISTINCT person_id FROM restored;
DROP TABLE restored;
