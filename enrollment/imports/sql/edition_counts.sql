-- Once all lines of an edition are taken: the counts of the former editions are those of their rows.
-- In: %(edition)s. Re-runnable.
UPDATE enrollment_rosterbatch batch
SET review_settled = (SELECT count(*) FROM enrollment_rosterrow held
                      WHERE held.batch_id = batch.id AND held.outcome = 'REVIEW'
                        AND held.is_settled),
    rejected_settled = (SELECT count(*) FROM enrollment_rosterrow held
                        WHERE held.batch_id = batch.id AND held.outcome = 'REJECTED'
                          AND held.is_settled)
WHERE batch.id IN (
    SELECT former.batch_id FROM enrollment_editionline line
    JOIN enrollment_rosterrow former ON former.id = line.old_row_id
    WHERE line.edition_id = %(edition)s AND line.is_taken);
