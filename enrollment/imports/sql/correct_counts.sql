-- The roster's counts follow the rows that change, without counting all again.
-- In: pg_temp.corrected, before the rows are changed; %(batch)s.
UPDATE enrollment_rosterbatch batch
SET rows_accepted = batch.rows_accepted + change.accepted,
    rows_fixed = batch.rows_fixed + change.fixed,
    rows_review = batch.rows_review + change.review,
    rows_rejected = batch.rows_rejected + change.rejected,
    rows_not_record = batch.rows_not_record + change.not_record,
    review_settled = batch.review_settled + change.review_settled,
    rejected_settled = batch.rejected_settled + change.rejected_settled,
    amount_read = batch.amount_read + change.amount
FROM (
    SELECT coalesce(sum(line.sign) FILTER (WHERE line.outcome = 'ACCEPTED'), 0) AS accepted,
           coalesce(sum(line.sign) FILTER (WHERE line.outcome = 'FIXED'), 0) AS fixed,
           coalesce(sum(line.sign) FILTER (WHERE line.outcome = 'REVIEW'), 0) AS review,
           coalesce(sum(line.sign) FILTER (WHERE line.outcome = 'REJECTED'), 0) AS rejected,
           coalesce(sum(line.sign) FILTER (WHERE line.outcome = 'NOT_RECORD'), 0) AS not_record,
           coalesce(sum(line.sign) FILTER (WHERE line.outcome = 'REVIEW' AND line.is_settled), 0)
               AS review_settled,
           coalesce(sum(line.sign) FILTER (WHERE line.outcome = 'REJECTED' AND line.is_settled), 0)
               AS rejected_settled,
           coalesce(sum(line.sign * line.amount) FILTER (
               WHERE line.outcome IN ('ACCEPTED', 'FIXED', 'REVIEW')), 0) AS amount
    FROM (
        SELECT 1 AS sign, outcome, amount, is_settled FROM corrected
        UNION ALL
        SELECT -1, staged.outcome, staged.amount, staged.is_settled
        FROM corrected JOIN enrollment_rosterrow staged ON staged.id = corrected.row_id
    ) line
) change
WHERE batch.id = %(batch)s;
