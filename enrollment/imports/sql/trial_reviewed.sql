-- What the model says of the pairs that clerks decided, each by its likeliest comparison.
-- In: given_reviewed, record, cluster, told_pair. Out: judged (pair, same, told).
CREATE OR REPLACE TEMP TABLE judged AS
WITH named AS (
    SELECT record.row_id,
           identity_of(record.row_id, NULL, cluster.cluster, cluster.person_id) AS identity
    FROM record
    SEMI JOIN (SELECT row_a AS row_id FROM given_reviewed UNION ALL SELECT row_b FROM given_reviewed)
              AS asked USING (row_id)
    LEFT JOIN cluster ON record.certain AND cluster.number = record.number
                     AND cluster.sound = record.sound
                     AND cluster.spelt IS NOT DISTINCT FROM record.spelt
),
sides AS (
    SELECT pair, same, least(a.identity, b.identity) AS one, greatest(a.identity, b.identity) AS two
    FROM given_reviewed
    JOIN named AS a ON a.row_id = row_a
    JOIN named AS b ON b.row_id = row_b
),
spoken AS (
    SELECT least(identity, other_identity) AS one, greatest(identity, other_identity) AS two,
           min(CASE told WHEN 'LINKED' THEN 0 WHEN 'ASKED' THEN 1 ELSE 2 END) AS place
    FROM told_pair GROUP BY ALL
)
SELECT pair, same,
       CASE WHEN sides.one = sides.two THEN 'LINKED'
            WHEN spoken.place = 0 THEN 'LINKED'
            WHEN spoken.place = 1 THEN 'ASKED'
            ELSE 'APART' END AS told
FROM sides LEFT JOIN spoken ON spoken.one = sides.one AND spoken.two = sides.two;
