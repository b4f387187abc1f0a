-- The lines of one range of corrections that still fit their rows. Files of people stay with a row
-- whose person a decision settled. In: %(correction)s, %(low)s < place <= %(high)s.
-- Out: pg_temp.corrected, changed_row.
CREATE TEMP TABLE corrected ON COMMIT DROP AS
SELECT line.*, line.version_seen IS NULL AS is_new,
       link.person_id AS old_person_id, coalesce(link.opens_file, false) AS opened_file
FROM enrollment_correctedrow line
JOIN enrollment_rosterrow staged ON staged.id = line.row_id
LEFT JOIN enrollment_rosterlink link ON link.row_id = line.row_id
WHERE line.correction_id = %(correction)s AND line.place > %(low)s AND line.place <= %(high)s
  AND line.verdict IN ('NEW', 'CHANGED', 'RELEASED')
  AND staged.version = coalesce(line.version_seen, 0)
  AND NOT staged.is_settled;
ANALYZE corrected;

CREATE TEMP TABLE changed_row ON COMMIT DROP AS SELECT row_id FROM corrected;
ANALYZE changed_row;
