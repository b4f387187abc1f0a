-- Compared candidates weighed: bits of all evidence, vetoes, and what one person would be asked.
-- In: compared, bearer, weight, given_apart, vetoed and never_linked (macros made of the model).
-- Out: offered, and known_before: the same of a row that waits and people who were on the roll.
-- Whom a clerk called two people is never linked unasked, whatever agrees.
CREATE OR REPLACE TEMP TABLE apart AS
WITH named AS (
    SELECT record.row_id,
           identity_of(record.row_id, NULL, cluster.cluster, cluster.person_id) AS identity
    FROM record
    SEMI JOIN (SELECT row_a AS row_id FROM given_apart UNION ALL SELECT row_b FROM given_apart)
              AS told USING (row_id)
    LEFT JOIN cluster ON record.certain AND cluster.number = record.number
                     AND cluster.sound = record.sound
                     AND cluster.spelt IS NOT DISTINCT FROM record.spelt
)
SELECT DISTINCT coalesce(a.identity, 'P' || person_a) AS one,
       coalesce(b.identity, 'P' || person_b) AS two
FROM given_apart
LEFT JOIN named AS a ON a.row_id = row_a
LEFT JOIN named AS b ON b.row_id = row_b;

CREATE OR REPLACE TEMP TABLE scored AS
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
    WHERE NOT vetoed(number_evidence, name_evidence, birth_evidence, sex_evidence, place_evidence,
                     twin_evidence)
),
judged AS (
    SELECT *, name_evidence = 'NAME_DIFFERENT' AS issued_twice,
           CASE WHEN name_evidence = 'NAME_DIFFERENT' THEN getvariable('issued_twice_score')
                ELSE round(1 / (1 + pow(2, -greatest(least(bits, 60), -60))), 4) END AS score,
           bits >= getvariable('link_from_bits')
           AND NOT never_linked(number_evidence, name_evidence, birth_evidence, sex_evidence,
                                place_evidence, twin_evidence)
           AND (identity, other_identity) NOT IN (SELECT (one, two) FROM apart
                                                  WHERE one IS NOT NULL AND two IS NOT NULL)
           AND (other_identity, identity) NOT IN (SELECT (one, two) FROM apart
                                                  WHERE one IS NOT NULL AND two IS NOT NULL)
           AS linkable,
           [number_evidence, name_evidence, birth_evidence, sex_evidence, place_evidence]
           || CASE WHEN twin_evidence = 'TWIN_RISK' THEN [twin_evidence] ELSE [] END AS reasons
    FROM weighed
)
SELECT * FROM judged WHERE issued_twice OR score >= getvariable('offer_from');

-- Two identities are one question, asked by their likeliest pair.
CREATE OR REPLACE TEMP TABLE offered AS
SELECT * FROM scored
WHERE fresh OR other_fresh
QUALIFY row_number() OVER (
    PARTITION BY least(identity, other_identity), greatest(identity, other_identity)
    ORDER BY bits DESC, least(row_id, other_row_id) NULLS FIRST, greatest(row_id, other_row_id)
) = 1;

-- Of these nobody is asked again: they only say how far somebody else leads.
CREATE OR REPLACE TEMP TABLE known_before AS
SELECT * FROM scored WHERE NOT fresh AND NOT other_fresh;
