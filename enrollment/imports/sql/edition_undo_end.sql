-- What is left to give back once the people of an edition are done: rows that waited and stood for
-- nobody, the questions about former rows, and their counts. In: %(batch)s. Re-runnable.
CREATE TEMP TABLE given_back ON COMMIT DROP AS
SELECT line.id AS line_id, line.row_id, line.old_row_id, line.before
FROM enrollment_rosteredition edition
JOIN enrollment_editionline line
  ON line.edition_id = edition.id AND line.is_taken AND (line.follows OR line.before ? 'is_settled')
WHERE edition.batch_id = %(batch)s;
UPDATE enrollment_rosterrow former
SET stands_by_id = NULL,
    is_settled = coalesce((given_back.before ->> 'is_settled')::boolean, false)
FROM given_back
WHERE former.id = given_back.old_row_id
  AND (former.stands_by_id = given_back.row_id OR given_back.row_id IS NULL);
UPDATE enrollment_candidatepair pair
SET state = asked.state,
    -- Who put it off or answered it is not known any more: who voided it stands for them.
    decided_by = CASE WHEN asked.state = 'OPEN' THEN '' ELSE pair.decided_by END,
    decided_at = CASE WHEN asked.state <> 'OPEN' THEN pair.decided_at END
FROM (SELECT DISTINCT key::bigint AS pair_id, value AS state
      FROM given_back, jsonb_each_text(given_back.before -> 'pairs')) asked
WHERE pair.id = asked.pair_id AND pair.state = 'VOID';
UPDATE enrollment_rosterbatch batch
SET review_settled = (SELECT count(*) FROM enrollment_rosterrow held
                      WHERE held.batch_id = batch.id AND held.outcome = 'REVIEW'
                        AND held.is_settled),
    rejected_settled = (SELECT count(*) FROM enrollment_rosterrow held
                        WHERE held.batch_id = batch.id AND held.outcome = 'REJECTED'
                          AND held.is_settled)
WHERE batch.id IN (SELECT former.batch_id FROM given_back
                   JOIN enrollment_rosterrow former ON former.id = given_back.old_row_id);
UPDATE enrollment_editionline line SET is_taken = false
FROM given_back WHERE line.id = given_back.line_id;
DROP TABLE given_back;
