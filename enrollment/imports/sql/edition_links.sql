-- The newer line stands for the person, the former row for nobody; what it covered is replaced.
-- In: pg_temp.taking.
DELETE FROM enrollment_rosterlink link USING taking WHERE link.row_id = taking.old_row_id;
UPDATE enrollment_rosterlink link SET opens_file = true
FROM taking WHERE link.row_id = taking.row_id AND taking.old_opens_file AND NOT link.opens_file;
-- The number that both say is the person's by the newer line now.
UPDATE enrollment_rosterlink link SET holds_number = true
FROM taking WHERE link.row_id = taking.row_id AND taking.keeps_number AND NOT link.holds_number;
UPDATE enrollment_rosterrow former
SET stands_by_id = taking.row_id, is_settled = former.outcome IN ('REVIEW', 'REJECTED')
FROM taking WHERE former.id = taking.old_row_id;
UPDATE enrollment_coveragespell spell SET state = 'UNDONE', reason = 'EDITION_REPLACED'
FROM taking WHERE spell.source_row_id = taking.old_row_id AND spell.state <> 'UNDONE';
-- What a decision covers stays so; the rest is worked out anew.
UPDATE enrollment_coveragespell spell
SET state = CASE WHEN taking.is_placed THEN 'DOUBLE' ELSE 'UNDER_REVIEW' END
FROM taking WHERE spell.source_row_id = taking.row_id AND spell.state IN ('IN_FORCE', 'DOUBLE');
