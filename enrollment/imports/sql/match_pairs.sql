-- Candidates weighed: evidence of every kind, vetoes, bits, and the few that a clerk is asked about.
-- In: candidate, record, cluster, weight, vetoed (a macro made of the model). Out: pair.
CREATE OR REPLACE TEMP TABLE involved AS
SELECT record.*, cluster.cluster, cluster.person_id AS cluster_person, cluster.ambiguous
FROM record
LEFT JOIN cluster
       ON record.certain AND cluster.number = record.number AND cluster.sound = record.sound
WHERE record.record IN (SELECT record FROM candidate UNION SELECT other FROM candidate);

CREATE OR REPLACE TEMP TABLE bearer AS
SELECT sound, count(*) AS bearers FROM record
SEMI JOIN (SELECT DISTINCT sound FROM involved) AS asked USING (sound)
GROUP BY sound;

-- One key for everything that is already known to be one person.
CREATE OR REPLACE TEMP MACRO identity_of(row_id, person_id, cluster, cluster_person) AS
    CASE WHEN person_id IS NOT NULL THEN 'P' || person_id
         WHEN cluster_person IS NOT NULL THEN 'P' || cluster_person
         WHEN cluster IS NOT NULL THEN 'R' || cluster
         ELSE 'R' || row_id END;
-- A number found in another column of the row is as good as one in its own.
CREATE OR REPLACE TEMP MACRO believed_number(certain, number, state, suggestion) AS
    CASE WHEN certain THEN number WHEN state = 'WRONG_COLUMN' THEN suggestion END;
CREATE OR REPLACE TEMP TABLE compared AS
WITH side AS (
    SELECT *,
           identity_of(row_id, person_id, cluster, cluster_person) AS identity,
           believed_number(certain, number, id_state, suggestion) AS believed,
           written_number(number, digits) AS written,
           coalesce(birth, number_birth) AS own_birth,
           coalesce(sex, number_sex) AS own_sex,
           coalesce(certain OR substr(digits, 7, 8) = strftime(birth, '%Y%m%d'), FALSE) AS dated
    FROM involved
)
SELECT a.record, b.record AS other, a.row_id, b.row_id AS other_row_id,
       a.person_id, b.person_id AS other_person_id,
       a.identity, b.identity AS other_identity,
       NOT a.certain AS unsure, NOT b.certain AS other_unsure,
       a.sound,
       CASE WHEN a.number = b.number THEN 'NUMBER_EQUAL'
            WHEN a.suggestion = b.number OR a.number = b.suggestion OR a.suggestion = b.suggestion
            THEN 'NUMBER_SUGGESTED'
            WHEN a.believed <> b.believed THEN 'NUMBER_OTHER'
            WHEN a.written IS NULL OR b.written IS NULL THEN 'NUMBER_MISSING'
            WHEN a.number IS NOT NULL AND b.number IS NOT NULL THEN 'NUMBER_DOUBTED'
            WHEN damerau_levenshtein(a.written, b.written) <= 1 THEN 'NUMBER_SLIP'
            WHEN damerau_levenshtein(a.written, b.written) = 2 THEN 'NUMBER_SLIPS'
            -- Two numbers that both fail may each be two slips away from the true one.
            WHEN a.certain OR b.certain OR damerau_levenshtein(a.written, b.written) > 4
            -- A failing number that holds the row's own birth date is the person's but for a slip.
            THEN CASE WHEN a.dated AND b.dated THEN 'NUMBER_OTHER' ELSE 'NUMBER_FAR' END
            ELSE 'NUMBER_DOUBTED' END AS number_evidence,
       compare_names(a.name, a.sound, b.name, b.sound) AS name_evidence,
       -- The date inside a doubtful number may be the right one, unless both carry that number.
       CASE WHEN a.own_birth <> b.own_birth AND a.number IS DISTINCT FROM b.number
                 AND (a.own_birth = b.number_birth OR a.number_birth = b.own_birth)
            THEN 'BIRTH_OF_NUMBER'
            ELSE compare_births(a.own_birth, b.own_birth) END AS birth_evidence,
       CASE WHEN a.own_sex IS NULL OR b.own_sex IS NULL THEN 'SEX_UNKNOWN'
            WHEN a.own_sex = b.own_sex THEN 'SEX_EQUAL'
            ELSE 'SEX_DIFFERENT' END AS sex_evidence,
       CASE WHEN a.household = b.household THEN 'PLACE_HOUSEHOLD'
            WHEN a.phone = b.phone THEN 'PLACE_PHONE'
            WHEN a.address = b.address THEN 'PLACE_ADDRESS'
            WHEN a.area = b.area THEN 'PLACE_AREA'
            ELSE 'PLACE_UNKNOWN' END AS place_evidence
FROM candidate
JOIN side AS a ON a.record = candidate.record
JOIN side AS b ON b.record = candidate.other
WHERE a.identity <> b.identity AND (a.fresh OR b.fresh);

CREATE OR REPLACE TEMP TABLE offered AS
WITH weighed AS (
    SELECT compared.*,
           getvariable('prior_bits') + number_weight.bits + name_weight.bits + birth_weight.bits
           + sex_weight.bits + place_weight.bits
           - log2(CASE WHEN name_evidence IN ('NAME_EQUAL', 'NAME_SOUND')
                       THEN coalesce(bearer.bearers, 1) ELSE getvariable('records') END) AS bits
    FROM compared
    JOIN weight AS number_weight ON number_weight.evidence = number_evidence
    JOIN weight AS name_weight ON name_weight.evidence = name_evidence
    JOIN weight AS birth_weight ON birth_weight.evidence = birth_evidence
    JOIN weight AS sex_weight ON sex_weight.evidence = sex_evidence
    JOIN weight AS place_weight ON place_weight.evidence = place_evidence
    LEFT JOIN bearer USING (sound)
    WHERE NOT vetoed(number_evidence, name_evidence, birth_evidence, sex_evidence, place_evidence)
),
scored AS (
    SELECT *, name_evidence = 'NAME_DIFFERENT' AS issued_twice,
           CASE WHEN name_evidence = 'NAME_DIFFERENT' THEN getvariable('issued_twice_score')
                ELSE round(1 / (1 + pow(2, -greatest(least(bits, 60), -60))), 4) END AS score
    FROM weighed
)
-- Two identities are one question, asked by their likeliest pair.
SELECT * FROM scored
WHERE issued_twice OR score >= getvariable('offer_from')
QUALIFY row_number() OVER (
    PARTITION BY least(identity, other_identity), greatest(identity, other_identity)
    ORDER BY bits DESC, least(row_id, other_row_id) NULLS FIRST, greatest(row_id, other_row_id)
) = 1;

-- The likeliest few for each unsure identity; a dispute over a number is always shown.
CREATE OR REPLACE TEMP TABLE pair AS
WITH asked AS (
    SELECT record, other, identity AS asker, other_identity AS answer, bits FROM offered
    WHERE unsure
    UNION ALL
    SELECT record, other, other_identity, identity, bits FROM offered WHERE other_unsure
),
likeliest AS (
    SELECT record, other FROM asked
    QUALIFY row_number() OVER (PARTITION BY asker ORDER BY bits DESC, answer)
                <= getvariable('offers_per_row')
            AND bits >= max(bits) OVER (PARTITION BY asker) - getvariable('offer_within_bits')
)
SELECT CASE WHEN turned THEN other_row_id ELSE row_id END AS row_a,
       CASE WHEN turned THEN row_id ELSE other_row_id END AS row_b,
       CASE WHEN turned THEN person_id ELSE other_person_id END AS person_b,
       score,
       round(bits, 2) AS bits,
       [number_evidence, name_evidence, birth_evidence, sex_evidence, place_evidence] AS reasons
FROM (
    -- The unsure row stands first; a person of the roll always second.
    SELECT *, row_id IS NULL
              OR (other_row_id IS NOT NULL
                  AND (NOT other_unsure, other_row_id) < (NOT unsure, row_id)) AS turned
    FROM offered
    WHERE NOT (unsure OR other_unsure)
          OR (record, other) IN (SELECT (record, other) FROM likeliest)
);
