-- Pairs worth comparing: an unsure record and any record that shares a rare key with it.
-- In: record, rival, cluster. Out: candidate (record, other), block_skipped.
CREATE OR REPLACE TEMP MACRO written_number(number, digits) AS
    CASE WHEN number IS NOT NULL THEN number WHEN length(digits) BETWEEN 17 AND 19 THEN digits END;
-- One slip or swap anywhere leaves the first 13 characters, the last 9 or the two ends whole.
CREATE OR REPLACE TEMP MACRO ends(written) AS left(written, 6) || right(written, 4);

-- Every step probes the great table with the few keys of unsure records, never the reverse.
CREATE OR REPLACE TEMP TABLE unsure_key AS
WITH unsure AS (
    SELECT *, written_number(number, digits) AS written FROM record
    WHERE NOT certain AND NOT crowded
),
keyed AS (
    SELECT record, hash(1, number) AS key, number AS part FROM unsure
    UNION ALL SELECT record, hash(1, suggestion), suggestion FROM unsure
    UNION ALL SELECT record, hash(2, sound, birth), sound || birth FROM unsure
    UNION ALL SELECT record, hash(2, sound, number_birth), sound || number_birth FROM unsure
    UNION ALL SELECT record, hash(12, sound, month_of(NULL, birth_part)),
                     sound || month_of(NULL, birth_part) FROM unsure
    UNION ALL SELECT record, hash(3, sound, left(written, 13)), sound || written FROM unsure
    UNION ALL SELECT record, hash(4, sound, right(written, 9)), sound || written FROM unsure
    UNION ALL SELECT record, hash(11, sound, ends(written)), sound || written FROM unsure
    UNION ALL SELECT record, hash(5, phone, birth), phone || birth FROM unsure
    UNION ALL SELECT record, hash(6, household, birth), household || birth FROM unsure
    UNION ALL SELECT record, hash(7, phone, sound), phone || sound FROM unsure
    UNION ALL SELECT record, hash(8, household, sound), household || sound FROM unsure
    -- Without a readable name, the number's parts have to do.
    UNION ALL SELECT record, hash(9, birth, left(written, 13)), birth || written FROM unsure
    WHERE name IS NULL OR name_damaged
    UNION ALL SELECT record, hash(10, right(written, 9)), written FROM unsure
    WHERE name IS NULL OR name_damaged
)
SELECT DISTINCT key, record FROM keyed WHERE part IS NOT NULL;

CREATE OR REPLACE TEMP TABLE sought AS SELECT DISTINCT key FROM unsure_key;

CREATE OR REPLACE TEMP TABLE sought_key AS
WITH known AS (
    SELECT *, coalesce(birth, number_birth) AS known_birth FROM record WHERE certain
),
keyed AS (
    SELECT record, hash(1, number) AS key FROM known
    UNION ALL SELECT record, hash(2, sound, known_birth) FROM known
    UNION ALL SELECT record, hash(12, sound, month_of(known_birth, NULL)) FROM known
    -- A waiting row with its whole date answers one that has the month alone.
    UNION ALL SELECT record, hash(12, sound, month_of(birth, NULL)) FROM record
    WHERE NOT certain AND NOT crowded AND birth IS NOT NULL
    UNION ALL SELECT record, hash(3, sound, left(number, 13)) FROM known
    UNION ALL SELECT record, hash(4, sound, right(number, 9)) FROM known
    UNION ALL SELECT record, hash(11, sound, ends(number)) FROM known
    UNION ALL SELECT record, hash(5, phone, known_birth) FROM known WHERE phone IS NOT NULL
    UNION ALL SELECT record, hash(6, household, known_birth) FROM known WHERE household IS NOT NULL
    UNION ALL SELECT record, hash(7, phone, sound) FROM known WHERE phone IS NOT NULL
    UNION ALL SELECT record, hash(8, household, sound) FROM known WHERE household IS NOT NULL
    UNION ALL SELECT record, hash(9, known_birth, left(number, 13)) FROM known
    UNION ALL SELECT record, hash(10, right(number, 9)) FROM known
)
SELECT key, record FROM keyed SEMI JOIN sought USING (key)
UNION ALL
SELECT key, record FROM unsure_key;

CREATE OR REPLACE TEMP TABLE block AS
SELECT key, count(*) <= getvariable('block_limit') AS usable
FROM sought_key GROUP BY key;

CREATE OR REPLACE TEMP TABLE block_skipped AS
SELECT count(*) AS blocks FROM block WHERE NOT usable;

CREATE OR REPLACE TEMP TABLE candidate AS
SELECT DISTINCT least(a.record, b.record) AS record, greatest(a.record, b.record) AS other
FROM unsure_key AS a
JOIN block ON block.key = a.key AND block.usable
JOIN sought_key AS b ON b.key = a.key AND b.record <> a.record
UNION
-- One number, two names: alike, or both borne out.
SELECT DISTINCT least(record, other), greatest(record, other)
FROM rival
WHERE alike OR (strength >= 1 AND other_strength >= 1)
UNION
SELECT DISTINCT least(a.record, b.record), greatest(a.record, b.record)
FROM cluster
JOIN record AS a USING (number, sound)
JOIN record AS b USING (number, sound)
WHERE cluster.ambiguous AND a.certain AND b.certain
      AND a.spelt IS NOT DISTINCT FROM cluster.spelt AND b.spelt IS NOT DISTINCT FROM cluster.spelt
      AND a.person_id IS NULL AND b.person_id IS NOT NULL;
