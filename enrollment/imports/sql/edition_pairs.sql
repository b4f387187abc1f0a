-- Questions about rows that stand no more are not asked; how they stood is kept with the line.
-- In: pg_temp.gone (line_id, old_row_id), dropped here; %(by)s, %(settled_at)s. Re-runnable.
CREATE TEMP TABLE about ON COMMIT DROP AS
SELECT gone.line_id, pair.id AS pair_id, pair.state
FROM gone JOIN enrollment_candidatepair pair ON pair.row_a_id = gone.old_row_id
WHERE pair.state IN ('OPEN', 'LATER', 'DISPUTED', 'TOLD')
UNION
SELECT gone.line_id, pair.id, pair.state
FROM gone JOIN enrollment_candidatepair pair ON pair.row_b_id = gone.old_row_id
WHERE pair.state IN ('OPEN', 'LATER', 'DISPUTED', 'TOLD');

UPDATE enrollment_editionline line
SET before = line.before || jsonb_build_object(
        'pairs', coalesce(line.before -> 'pairs', '{}'::jsonb) || found.pairs)
FROM (SELECT line_id, jsonb_object_agg(pair_id::text, state) AS pairs
      FROM about GROUP BY line_id) found
WHERE line.id = found.line_id;
UPDATE enrollment_candidatepair pair
SET state = 'VOID', decided_by = %(by)s, decided_at = %(settled_at)s
FROM about WHERE pair.id = about.pair_id;
DROP TABLE about, gone;
