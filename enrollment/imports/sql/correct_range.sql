-- The lines of one range of corrections that still fit their rows. Files of people stay with a row
-- whose person a decision settled. Coverage of which a decided case of double enrollment tells stays
-- as decided (is_decided); where the row turns out to stand for somebody else, the line is not taken:
-- the decision has to be taken back first. In: %(correction)s, %(low)s < place <= %(high)s.
-- Out: pg_temp.corrected, changed_row.
CREATE TEMP TABLE corrected ON COMMIT DROP AS
SELECT line.*, line.version_seen IS NULL AS is_new,
       link.person_id AS old_person_id, coalesce(link.opens_file, false) AS opened_file,
       EXISTS (SELECT FROM enrollment_coveragespell spell
               JOIN enrollment_doubleside side ON side.spell_id = spell.id
               JOIN enrollment_doublecase decided ON decided.id = side.case_id
               WHERE spell.source_row_id = line.row_id AND decided.decided_at IS NOT NULL)
       -- Coverage that ended because a newer edition left the person out stays ended.
       OR EXISTS (SELECT FROM enrollment_editionline ended
                  WHERE ended.old_row_id = line.row_id AND ended.state = 'LEFT' AND ended.is_taken
                 ) AS is_decided
FROM enrollment_correctedrow line
JOIN enrollment_rosterrow staged ON staged.id = line.row_id
LEFT JOIN enrollment_rosterlink link ON link.row_id = line.row_id
WHERE line.correction_id = %(correction)s AND line.place > %(low)s AND line.place <= %(high)s
  AND line.verdict IN ('NEW', 'CHANGED', 'RELEASED')
  AND staged.version = coalesce(line.version_seen, 0)
  AND NOT staged.is_settled AND staged.stands_by_id IS NULL;
ANALYZE corrected;

UPDATE enrollment_correctedrow line SET coverage_decided = true
FROM corrected WHERE line.id = corrected.id AND corrected.is_decided;
WITH held AS (
    DELETE FROM corrected WHERE is_decided AND person_id IS DISTINCT FROM old_person_id
    RETURNING id
)
UPDATE enrollment_correctedrow line SET verdict = 'DECIDED' FROM held WHERE line.id = held.id;

-- A line of a newer edition does not replace a row about which a person decided meanwhile.
WITH held AS (
    DELETE FROM corrected
    USING enrollment_rosteredition edition, enrollment_editionline own, enrollment_rosterbatch batch
    WHERE edition.batch_id = %(batch)s AND edition.is_open
      AND batch.id = edition.batch_id AND batch.state = 'APPLIED'
      AND own.edition_id = edition.id AND own.row_id = corrected.row_id
      AND own.old_row_id IS NOT NULL AND NOT own.is_taken
      AND (own.follows OR own.state = 'UNSURE') AND NOT corrected.is_settled
      AND {decided own.old_row_id}
    RETURNING corrected.id
)
UPDATE enrollment_correctedrow line SET verdict = 'DECIDED' FROM held WHERE line.id = held.id;

CREATE TEMP TABLE changed_row ON COMMIT DROP AS SELECT row_id FROM corrected;
ANALYZE changed_row;
