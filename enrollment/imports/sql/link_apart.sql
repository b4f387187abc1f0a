-- This roster's rows and whom a clerk called somebody else: pairs of the rows themselves, and rows
-- written as a waiting row of the same source was, about which a clerk has spoken. In: %(batch)s.
WITH told AS (
    SELECT pair.row_a_id AS row_a, pair.row_b_id AS row_b
    FROM enrollment_candidatepair pair
    JOIN enrollment_pairdecision decision ON decision.pair_id = pair.id
    WHERE decision.verdict = 'DIFFERENT'
      AND NOT EXISTS (SELECT FROM enrollment_decisionundo undo WHERE undo.decision_id = decision.id)
    UNION
    SELECT row_a_id, row_b_id FROM enrollment_candidatepair WHERE state = 'DIFFERENT'
),
side AS (
    SELECT row_a AS row_id, row_b AS other FROM told
    UNION ALL
    SELECT row_b, row_a FROM told
),
spoken AS (
    SELECT side.other, staged.*, batch.scheme, batch.area_id,
           link.row_id IS NULL AS waits
    FROM side
    JOIN enrollment_rosterrow staged ON staged.id = side.row_id
    JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id
    LEFT JOIN enrollment_rosterlink link ON link.row_id = staged.id
),
mine AS (
    SELECT id AS row_id, other FROM spoken WHERE batch_id = %(batch)s
    UNION
    SELECT again.id, spoken.other
    FROM spoken
    JOIN enrollment_rosterbatch now ON now.id = %(batch)s AND now.scheme = spoken.scheme
                                   AND now.area_id = spoken.area_id
    JOIN enrollment_rosterrow again
      ON again.batch_id = now.id AND again.name_key IS NOT DISTINCT FROM spoken.name_key
     AND again.birth_on IS NOT DISTINCT FROM spoken.birth_on
     AND again.sex IS NOT DISTINCT FROM spoken.sex
     AND coalesce(nullif(again.id_text, ''),
                  concat_ws('/', again.town, again.village, again.household_no))
         = coalesce(nullif(spoken.id_text, ''),
                    concat_ws('/', spoken.town, spoken.village, spoken.household_no))
    WHERE spoken.waits AND spoken.batch_id <> %(batch)s
)
SELECT mine.row_id AS row_a, mine.other AS row_b, NULL::bigint AS person_a,
       link.person_id AS person_b
FROM mine
LEFT JOIN enrollment_rosterlink link ON link.row_id = mine.other AND link.batch_id <> %(batch)s
