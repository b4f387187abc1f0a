-- The coverage of corrected rows is that of the corrected row. First it leaves force, so that it is
-- not in its own way. Coverage that a decided case of double enrollment kept, ended or cut stays so.
-- In: pg_temp.corrected, coverage.
UPDATE enrollment_coveragespell spell
SET person_id = coverage.person_id, scheme = coverage.scheme, area_id = coverage.area_id,
    period = coverage.period, state = coverage.state, reason = coverage.reason,
    special_group = coverage.special_group, contribution_amount = coverage.contribution_amount
FROM coverage
JOIN corrected ON corrected.row_id = coverage.source_row_id AND NOT corrected.is_decided
WHERE spell.source_row_id = coverage.source_row_id;
