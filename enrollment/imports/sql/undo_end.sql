-- What is left to say once everybody is done: counts of the rosters linked anew are those of their
-- links, no link is in doubt that stands no more, and no case tells of coverage that was undone.
-- In: %(undo)s, %(batch)s, %(by)s, %(at)s. Re-runnable.
UPDATE enrollment_rosterbatch batch
SET persons_created = counted.opened, rows_attached = counted.links - counted.opened,
    pairs_found = counted.pairs
FROM (
    SELECT changed.batch_id,
           (SELECT count(*) FROM enrollment_rosterlink link
            WHERE link.batch_id = changed.batch_id) AS links,
           (SELECT count(*) FROM enrollment_rosterlink link
            WHERE link.batch_id = changed.batch_id AND link.opens_file
              -- A line of an edition goes on with the file that its former row had opened.
              AND NOT EXISTS (SELECT FROM enrollment_editionline line
                              WHERE line.row_id = link.row_id AND line.is_taken)) AS opened,
           (SELECT count(*) FROM enrollment_candidatepair pair
            WHERE pair.batch_id = changed.batch_id AND pair.state <> 'VOID') AS pairs
    FROM (SELECT DISTINCT batch_id FROM enrollment_undonerow
          WHERE undo_id = %(undo)s AND NOT is_own) changed
) counted
WHERE batch.id = counted.batch_id;

-- A case that was decided and taken back waits to be decided anew; now there is nothing to decide.
CREATE TEMP TABLE lifted ON COMMIT DROP AS
SELECT DISTINCT contested.id
FROM enrollment_undonerow line
JOIN enrollment_coveragespell spell ON spell.source_row_id = line.row_id
JOIN enrollment_doubleside side ON side.spell_id = spell.id
JOIN enrollment_doublecase contested ON contested.id = side.case_id
WHERE line.undo_id = %(undo)s AND line.is_own AND contested.state = 'CONTESTED'
  AND contested.decided_at IS NULL AND contested.pending_id IS NULL;
UPDATE enrollment_doubleside SET is_open = false
WHERE case_id IN (SELECT id FROM lifted) AND is_open;
UPDATE enrollment_doublecase SET state = 'LIFTED' WHERE id IN (SELECT id FROM lifted);
DROP TABLE lifted;

UPDATE enrollment_linkdoubt doubt
SET state = 'LAPSED', answered_at = %(at)s, answered_by = %(by)s
FROM enrollment_undonerow line
WHERE line.undo_id = %(undo)s AND line.row_id = doubt.row_id AND doubt.state = 'OPEN'
  AND line.person_after IS DISTINCT FROM doubt.person_id;
