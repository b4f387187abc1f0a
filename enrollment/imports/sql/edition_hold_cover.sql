-- Lines that wait to be looked at cover nobody meanwhile: what they cover already leaves force.
-- In: %(edition)s, %(low)s < person <= %(high)s, %(unsure)s. Out: pg_temp.applied (person_id), for
-- precedence.
CREATE TEMP TABLE applied ON COMMIT DROP AS
WITH held AS (
    UPDATE enrollment_coveragespell spell SET state = 'UNDER_REVIEW', reason = 'ROW_UNDER_REVIEW'
    FROM enrollment_editionline line
    JOIN enrollment_rosterlink link ON link.row_id = line.row_id
    JOIN enrollment_rosterrow staged ON staged.id = line.row_id
    WHERE line.edition_id = %(edition)s AND line.state = 'UNSURE' AND NOT line.is_taken
      AND link.person_id > %(low)s AND link.person_id <= %(high)s
      AND staged.outcome = 'REVIEW' AND staged.reasons @> ARRAY[%(unsure)s]::text[]
      AND spell.source_row_id = line.row_id AND spell.state IN ('IN_FORCE', 'DOUBLE')
    RETURNING spell.person_id
)
SELECT DISTINCT person_id FROM held;
