-- Every compared pair with its bits and what the vetoes say of it, whatever the score.
-- In: compared, bearer, weight, vetoed and never_linked (macros made of the model). Out: told_pair.
CREATE OR REPLACE TEMP TABLE told_pair AS
WITH weighed AS (
    SELECT compared.*,
           getvariable('prior_bits') + number_weight.bits + name_weight.bits + birth_weight.bits
           + sex_weight.bits + place_weight.bits
           - log2(CASE WHEN name_evidence IN ('NAME_EQUAL', 'NAME_SOUND')
                       THEN coalesce(bearer.bearers, 1) ELSE getvariable('records') END) AS bits,
           vetoed(number_evidence, name_evidence, birth_evidence, sex_evidence, place_evidence,
                  twin_evidence) AS is_apart,
           never_linked(number_evidence, name_evidence, birth_evidence, sex_evidence,
                        place_evidence, twin_evidence) AS is_asked
    FROM compared
    JOIN weight AS number_weight ON number_weight.evidence = number_evidence
    JOIN weight AS name_weight ON name_weight.evidence = name_evidence
    JOIN weight AS birth_weight ON birth_weight.evidence = birth_evidence
    JOIN weight AS sex_weight ON sex_weight.evidence = sex_evidence
    JOIN weight AS place_weight ON place_weight.evidence = place_evidence
    LEFT JOIN bearer USING (sound)
)
SELECT row_id, other_row_id, identity, other_identity,
       CASE WHEN is_apart THEN 'APART'
            WHEN bits >= getvariable('link_from_bits') AND NOT is_asked THEN 'LINKED'
            WHEN name_evidence = 'NAME_DIFFERENT'
                 OR 1 / (1 + pow(2, -greatest(least(bits, 60), -60))) >= getvariable('offer_from')
            THEN 'ASKED'
            ELSE 'APART' END AS told,
       -- A veto counts where it changes what would be done.
       is_apart AND 1 / (1 + pow(2, -greatest(least(bits, 60), -60))) >= getvariable('offer_from')
       OR NOT is_apart AND is_asked AND bits >= getvariable('link_from_bits') AS held
FROM weighed;
