-- Former rows that stand for nobody and wait, and whose line came again, are asked about no more: the
-- newer line is. Of what a person decided about both stay. In: %(edition)s. Re-runnable.
CREATE TEMP TABLE said_again ON COMMIT DROP AS
SELECT line.id AS line_id, line.row_id, line.old_row_id, former.is_settled
FROM enrollment_editionline line
JOIN enrollment_rosterrow former ON former.id = line.old_row_id
WHERE line.edition_id = %(edition)s AND line.follows AND NOT line.is_taken
  AND former.outcome IN ('REVIEW', 'REJECTED')
  AND NOT EXISTS (SELECT FROM enrollment_rosterlink link WHERE link.row_id = former.id)
  AND NOT {decided line.old_row_id};
ANALYZE said_again;
UPDATE enrollment_editionline line
SET is_taken = true, before = jsonb_build_object('is_settled', said_again.is_settled)
FROM said_again WHERE line.id = said_again.line_id;
UPDATE enrollment_rosterrow former SET stands_by_id = said_again.row_id, is_settled = true
FROM said_again WHERE former.id = said_again.old_row_id;
DROP TABLE said_again;

-- Rows that never reached the roll and are left out: the county took them back, nothing is asked.
CREATE TEMP TABLE withdrawn ON COMMIT DROP AS
SELECT line.id AS line_id, line.old_row_id, former.is_settled
FROM enrollment_editionline line
JOIN enrollment_rosterrow former ON former.id = line.old_row_id
WHERE line.edition_id = %(edition)s AND line.state = 'LEFT' AND NOT line.is_taken
  AND former.outcome IN ('REVIEW', 'REJECTED')
  AND NOT EXISTS (SELECT FROM enrollment_rosterlink link WHERE link.row_id = former.id)
  AND NOT {decided line.old_row_id};
UPDATE enrollment_editionline line
SET is_taken = true, before = jsonb_build_object('is_settled', withdrawn.is_settled)
FROM withdrawn WHERE line.id = withdrawn.line_id;
UPDATE enrollment_rosterrow former SET is_settled = true
FROM withdrawn WHERE former.id = withdrawn.old_row_id;
DROP TABLE withdrawn;
