-- Rows that are certainly one person: equal number, borne out by the row, and a name of equal sound.
-- In: record, finding. Out: cluster, link.
CREATE OR REPLACE TEMP TABLE cluster AS
SELECT number, sound, spelt,
       min(row_id) AS cluster,
       -- Two persons of the roll with one number and name: a clerk decides which, or merges them.
       CASE WHEN min(person_id) = max(person_id) THEN min(person_id) END AS person_id,
       min(person_id) IS NOT NULL AND min(person_id) < max(person_id) AS ambiguous,
       count(*) AS size,
       CASE WHEN min(name) = max(name) THEN 'NUMBER_AND_NAME' ELSE 'NUMBER_AND_SOUND' END AS tier
FROM record
WHERE certain
GROUP BY number, sound, spelt;

CREATE OR REPLACE TEMP TABLE link AS
SELECT record.row_id,
       coalesce(cluster.cluster, record.row_id) AS cluster,
       cluster.person_id,
       tier_score.tier,
       tier_score.score,
       CASE WHEN tier_score.tier IS NOT NULL
            THEN ['NUMBER_EQUAL',
                  CASE tier_score.tier WHEN 'NUMBER_AND_NAME' THEN 'NAME_EQUAL'
                                       ELSE 'NAME_SOUND' END,
                  CASE record.strength WHEN 2 THEN 'BIRTH_EQUAL' ELSE 'BIRTH_UNKNOWN' END]
            END AS evidence,
       record.certain AND disputed.row_id IS NULL AS holds_number
FROM record
LEFT JOIN cluster
       ON record.certain AND cluster.number = record.number AND cluster.sound = record.sound
          AND cluster.spelt IS NOT DISTINCT FROM record.spelt
LEFT JOIN tier_score ON cluster.size > 1 AND tier_score.tier = cluster.tier
LEFT JOIN (SELECT DISTINCT row_id FROM finding WHERE reason <> 'LISTED_TWICE') AS disputed
       ON disputed.row_id = record.row_id
WHERE record.fresh;
