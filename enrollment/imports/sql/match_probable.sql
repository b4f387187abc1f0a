-- Links that nobody needs to be asked about: first spellings of one number's holder, then unsure
-- rows, each to the one certain person that leads all others by enough.
-- So are rows of earlier rosters that wait, to somebody of whom this roster tells.
-- In: offered, known_before, link, cluster, record. Out: renamed, probable (of waiting rows: not
-- fresh); changes link.
CREATE OR REPLACE TEMP TABLE edge AS
SELECT DISTINCT least(a.number, b.number) AS number,
       least(identity, other_identity) AS one, greatest(identity, other_identity) AS two,
       score, reasons
FROM offered
JOIN record AS a ON a.record = offered.record
JOIN record AS b ON b.record = offered.other
WHERE linkable AND NOT unsure AND NOT other_unsure AND a.number = b.number;

-- All spellings of a number's holder agree with one another, or a clerk is asked about each. Two
-- persons of the roll are never made one here.
CREATE OR REPLACE TEMP TABLE renamed AS
WITH spelling AS (
    SELECT number, cluster, person_id, ambiguous,
           identity_of(NULL, NULL, cluster, person_id) AS identity
    FROM cluster SEMI JOIN edge USING (number)
),
agreed AS (SELECT number, count(*) AS edges FROM edge GROUP BY number),
holder AS (
    SELECT number, min(cluster) AS cluster, min(person_id) AS person_id
    FROM spelling JOIN agreed USING (number)
    GROUP BY number, edges
    HAVING count(DISTINCT identity) * (count(DISTINCT identity) - 1) = 2 * edges
       AND coalesce(min(person_id) = max(person_id), TRUE) AND NOT bool_or(ambiguous)
)
SELECT DISTINCT spelling.identity AS old, number, holder.cluster, holder.person_id,
       identity_of(NULL, NULL, holder.cluster, holder.person_id) AS new
FROM spelling JOIN holder USING (number);

-- Who may take an unsure row in: a person of the roll, or rows whose file will be opened.
CREATE OR REPLACE TEMP TABLE taker AS
SELECT DISTINCT identity_of(NULL, NULL, link.cluster, link.person_id) AS identity
FROM link JOIN record USING (row_id)
WHERE link.tier IS NOT NULL OR link.person_id IS NOT NULL OR link.holds_number
   OR (record.clean AND record.certain AND NOT EXISTS (
           SELECT 1 FROM finding WHERE finding.row_id = link.row_id));

CREATE OR REPLACE TEMP TABLE probable AS
WITH asked AS (
    SELECT row_id, fresh, other_identity AS target, bits, score, reasons, linkable, TRUE AS told
    FROM offered
    WHERE unsure AND (fresh OR placeable) AND NOT other_unsure AND row_id IS NOT NULL
    UNION ALL
    SELECT other_row_id, other_fresh, identity, bits, score, reasons, linkable, TRUE FROM offered
    WHERE other_unsure AND (other_fresh OR other_placeable) AND NOT unsure
      AND other_row_id IS NOT NULL
    UNION ALL
    SELECT row_id, FALSE, other_identity, bits, score, reasons, linkable, FALSE FROM known_before
    WHERE unsure AND placeable AND NOT other_unsure
    UNION ALL
    SELECT other_row_id, FALSE, identity, bits, score, reasons, linkable, FALSE FROM known_before
    WHERE other_unsure AND other_placeable AND NOT unsure
),
resolved AS (
    SELECT asked.row_id, asked.fresh, coalesce(renamed.new, asked.target) AS target,
           max(bits) AS bits, arg_max(score, bits) AS score, arg_max(reasons, bits) AS reasons,
           -- Of several numbers or names of one person, the likeliest says whether it is unasked.
           CASE WHEN asked.fresh THEN bool_or(linkable) ELSE arg_max(linkable, bits) END AS linkable,
           bool_or(told) AS told
    FROM asked LEFT JOIN renamed ON renamed.old = asked.target
    GROUP BY 1, 2, 3
),
ranked AS (
    SELECT *, row_number() OVER likeliest AS place,
           bits - lead(bits) OVER likeliest AS lead_bits
    FROM resolved
    WINDOW likeliest AS (PARTITION BY row_id ORDER BY bits DESC, target)
)
SELECT row_id, fresh, target, score, reasons
FROM ranked
WHERE place = 1 AND told AND linkable AND coalesce(lead_bits >= getvariable('lead_bits'), TRUE)
  AND (target[1] = 'P' OR target IN (SELECT coalesce(renamed.new, taker.identity)
                                     FROM taker LEFT JOIN renamed ON renamed.old = taker.identity));

UPDATE link
SET cluster = coalesce(renamed.cluster, link.cluster),
    person_id = coalesce(renamed.person_id, link.person_id),
    tier = CASE WHEN renamed.old = renamed.new THEN link.tier
                ELSE coalesce(link.tier, 'PROBABLE') END,
    score = CASE WHEN renamed.old = renamed.new THEN link.score
                 ELSE coalesce(link.score, edge.score) END,
    evidence = CASE WHEN renamed.old = renamed.new THEN link.evidence
                    ELSE coalesce(link.evidence, edge.reasons) END
FROM renamed LEFT JOIN edge ON edge.number = renamed.number
                           AND renamed.old IN (edge.one, edge.two)
                           AND renamed.new IN (edge.one, edge.two)
WHERE identity_of(NULL, NULL, link.cluster, link.person_id) = renamed.old;

UPDATE link
SET cluster = CASE WHEN probable.target[1] = 'R' THEN CAST(probable.target[2:] AS BIGINT)
                   ELSE link.cluster END,
    person_id = CASE WHEN probable.target[1] = 'P' THEN CAST(probable.target[2:] AS BIGINT) END,
    tier = 'PROBABLE', score = probable.score, evidence = probable.reasons
FROM probable
WHERE link.row_id = probable.row_id;
