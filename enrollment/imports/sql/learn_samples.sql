-- Pairs of two different people, to count how often they agree by chance. In: record, `sampled`
-- (how many pairs). Out: random_pair, same_day_pair (record, other), chance_agreement.
CREATE OR REPLACE TEMP TABLE asker AS
SELECT record, row_number() OVER (ORDER BY hash(record)) - 1 AS place
FROM record WHERE NOT certain AND fresh;

-- Any unsure row beside any row: two people but for one pair in very many.
CREATE OR REPLACE TEMP TABLE random_pair AS
SELECT DISTINCT least(asker.record, other) AS record, greatest(asker.record, other) AS other
FROM (SELECT n, 1 + hash(n, 'other') % getvariable('records') AS other,
             hash(n, 'asker') % (SELECT greatest(count(*), 1) FROM asker) AS place
      FROM range(getvariable('sampled')) AS drawn(n))
JOIN asker USING (place)
WHERE asker.record <> other;

-- Numbers hold the birth date: how alike the numbers of two people are is counted on people born
-- on one day, under names that differ in sound.
CREATE OR REPLACE TEMP TABLE same_day_pair AS
WITH drawn AS (
    SELECT record, sound, phone, coalesce(birth, number_birth) AS born
    FROM record SEMI JOIN asker USING (record)
    ORDER BY hash(record, 'day') LIMIT greatest(getvariable('sampled') // 20, 1)
),
met AS (
    SELECT drawn.record, record.record AS other
    FROM drawn
    JOIN record ON record.certain AND coalesce(record.birth, record.number_birth) = drawn.born
               AND record.sound <> drawn.sound
               AND record.phone IS DISTINCT FROM coalesce(drawn.phone, '')
    QUALIFY row_number() OVER (
        PARTITION BY drawn.record ORDER BY hash(drawn.record, record.record)) <= 20
)
SELECT least(record, other) AS record, greatest(record, other) AS other FROM met;

-- Households with a certain person in common, and how many pairs of others they make.
CREATE OR REPLACE TEMP TABLE shared_home AS
WITH member AS (
    SELECT record.household, cluster.cluster AS person, count(*) OVER home AS size
    FROM record
    JOIN cluster ON cluster.number = record.number AND cluster.sound = record.sound
                AND cluster.spelt IS NOT DISTINCT FROM record.spelt
    WHERE record.certain AND record.household IS NOT NULL AND cluster.size > 1
          AND cluster.size <= getvariable('block_limit')
    WINDOW home AS (PARTITION BY record.household)
)
SELECT a.household AS one, b.household AS two, count(*) AS shared,
       min(a.size) * min(b.size) - count(*) AS others
FROM member AS a JOIN member AS b ON b.person = a.person AND b.household > a.household
WHERE a.size <= getvariable('block_limit') AND b.size <= getvariable('block_limit')
GROUP BY ALL;

-- Values too rare for a sample are counted whole: pairs that agree, less those of equal sound, who
-- may be one person.
CREATE OR REPLACE TEMP TABLE chance_agreement AS
WITH grouped AS (
    SELECT 'BIRTH_EQUAL' AS evidence, 1 AS sign, count(*) AS n FROM record
    WHERE birth IS NOT NULL GROUP BY birth
    UNION ALL
    SELECT 'BIRTH_EQUAL', -1, count(*) FROM record
    WHERE birth IS NOT NULL GROUP BY birth, sound
    UNION ALL
    SELECT 'PLACE_HOUSEHOLD', 1, count(*) FROM record
    WHERE household IS NOT NULL GROUP BY household
    UNION ALL
    SELECT 'PLACE_HOUSEHOLD', -1, count(*) FROM record
    WHERE household IS NOT NULL GROUP BY household, sound
    UNION ALL
    SELECT 'PLACE_PHONE', 1, count(*) FROM record WHERE phone IS NOT NULL GROUP BY phone
    UNION ALL
    SELECT 'PLACE_PHONE', -1, count(*) FROM record WHERE phone IS NOT NULL GROUP BY phone, sound
    UNION ALL
    -- Within a household the household is what they agree in.
    SELECT 'PLACE_PHONE', -1, count(*) FROM record
    WHERE phone IS NOT NULL AND household IS NOT NULL GROUP BY phone, household
    UNION ALL
    SELECT 'PLACE_PHONE', 1, count(*) FROM record
    WHERE phone IS NOT NULL AND household IS NOT NULL GROUP BY phone, household, sound
    UNION ALL
    SELECT 'PLACE_ADDRESS', 1, count(*) FROM record WHERE address IS NOT NULL GROUP BY address
    UNION ALL
    SELECT 'PLACE_ADDRESS', -1, count(*) FROM record
    WHERE address IS NOT NULL GROUP BY address, sound
    UNION ALL
    SELECT 'PLACE_ADDRESS', -1, count(*) FROM record
    WHERE address IS NOT NULL AND household IS NOT NULL GROUP BY address, household
    UNION ALL
    SELECT 'PLACE_ADDRESS', 1, count(*) FROM record
    WHERE address IS NOT NULL AND household IS NOT NULL GROUP BY address, household, sound
)
SELECT evidence, greatest(sum(sign * n * (n - 1) / 2), 0) AS pairs FROM grouped GROUP BY evidence
UNION ALL
SELECT 'PLACE_KIN', coalesce(sum(others), 0) FROM shared_home;
