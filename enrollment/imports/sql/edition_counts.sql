-- Once all lines of an edition are taken: questions about rows that stand no more are not asked, and
-- the counts of the former editions are those of their rows. In: %(edition)s, %(by)s, %(at)s.
-- Re-runnable.
CREATE TEMP TABLE about ON COMMIT DROP AS
WITH gone AS MATERIALIZED (
    SELECT id, old_row_id FROM enrollment_editionline
    WHERE edition_id = %(edition)s AND is_taken AND (follows OR before ? 'is_settled')
)
SELECT gone.id AS line_id, pair.id AS pair_id, pair.state
FROM gone JOIN enrollment_candidatepair pair ON pair.row_a_id = gone.old_row_id
WHERE pair.state IN ('OPEN', 'LATER', 'DISPUTED')
UNION
SELECT gone.id, pair.id, pair.state
FROM gone JOIN enrollment_candidatepair pair ON pair.row_b_id = gone.old_row_id
WHERE pair.state IN ('OPEN', 'LATER', 'DISPUTED');

UPDATE enrollment_editionline line
SET before = line.before || jsonb_build_object('pairs', found.pairs)
FROM (SELECT line_id, jsonb_object_agg(pair_id::text, state) AS pairs
      FROM about GROUP BY line_id) found
WHERE line.id = found.line_id;
UPDATE enrollment_candidatepair pair SET state = 'VOID', decided_by = %(by)s, decided_at = %(at)s
FROM about WHERE pair.id = about.pair_id;
DROP TABLE about;

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
