-- Rows of other rosters have the outcome that they have without the undone one, and the counts of
-- their rosters follow. In: pg_temp.undone.
UPDATE enrollment_rosterbatch batch
SET rows_accepted = batch.rows_accepted + change.accepted,
    rows_fixed = batch.rows_fixed + change.fixed,
    rows_review = batch.rows_review + change.review
FROM (
    SELECT line.batch_id,
           sum(line.sign) FILTER (WHERE line.outcome = 'ACCEPTED') AS accepted,
           sum(line.sign) FILTER (WHERE line.outcome = 'FIXED') AS fixed,
           sum(line.sign) FILTER (WHERE line.outcome = 'REVIEW') AS review
    FROM (
        SELECT batch_id, 1 AS sign, outcome FROM undone WHERE NOT is_own
        UNION ALL
        SELECT undone.batch_id, -1, staged.outcome
        FROM undone JOIN enrollment_rosterrow staged ON staged.id = undone.row_id
        WHERE NOT undone.is_own
        UNION ALL
        -- So that no sum is missing.
        SELECT DISTINCT batch_id, 0, counted.outcome
        FROM undone, (VALUES ('ACCEPTED'), ('FIXED'), ('REVIEW')) counted(outcome)
    ) line
    GROUP BY line.batch_id
) change
WHERE batch.id = change.batch_id
  AND (change.accepted, change.fixed, change.review) <> (0, 0, 0);

UPDATE enrollment_rosterrow staged SET outcome = undone.outcome, reasons = undone.reasons
FROM undone
WHERE staged.id = undone.row_id AND NOT undone.is_own
  AND (staged.outcome, staged.reasons) IS DISTINCT FROM (undone.outcome, undone.reasons);
