-- Coverage of rows that stand for nobody any more is undone, that of the others leaves force until
-- it is decided anew. What a decided case of double enrollment says stays. In: pg_temp.corrected.
UPDATE enrollment_coveragespell spell
SET state = CASE WHEN corrected.person_id IS NULL THEN 'UNDONE' ELSE 'UNDER_REVIEW' END,
    reason = CASE WHEN corrected.person_id IS NULL THEN 'ROW_CORRECTED' ELSE spell.reason END
FROM corrected
WHERE spell.source_row_id = corrected.row_id AND NOT corrected.is_decided
  AND (corrected.person_id IS NULL AND spell.state <> 'UNDONE'
       OR corrected.person_id IS NOT NULL AND spell.state IN ('IN_FORCE', 'DOUBLE'));
