-- Corrected lines of a newer edition on the roll that are not taken: a decision of a person rests on
-- the former row; the line is to be looked at, and nobody has found it right; it is somebody else than
-- its former row; or its person stands in the roster by a row of a former edition that stays.
-- In: pg_temp.said_person (row_id, person_id), %(batch)s, %(correction)s, %(unsure)s.
WITH RECURSIVE former AS (
    SELECT edition.id, part.roster_id AS batch_id FROM enrollment_rosteredition edition
    JOIN enrollment_replacedroster part ON part.edition_id = edition.id
    WHERE edition.batch_id = %(batch)s AND edition.is_open
    UNION
    SELECT former.id, part.roster_id FROM enrollment_rosteredition earlier
    JOIN former ON former.batch_id = earlier.batch_id
    JOIN enrollment_replacedroster part ON part.edition_id = earlier.id
    WHERE earlier.is_open
),
said AS (
    SELECT corrected.id, said_person.person_id, line.state, line.old_row_id,
           line.old_row_id IS NOT NULL AND NOT line.is_taken
               AND (line.follows OR line.state = 'UNSURE') AS has_former,
           own.person_id AS own_person_id, coalesce(own.tier = 'CLERK', false) AS is_placed,
           staged.outcome IN ('ACCEPTED', 'FIXED') AS stands,
           former_link.person_id AS former_person_id,
           corrected.confirmed @> ARRAY[%(unsure)s]::text[] AS is_right
    FROM said_person
    JOIN enrollment_correctedrow corrected
      ON corrected.correction_id = %(correction)s AND corrected.row_id = said_person.row_id
    LEFT JOIN enrollment_rosterrow staged ON staged.id = corrected.row_id
    LEFT JOIN enrollment_editionline line
      ON line.row_id = corrected.row_id
     AND line.edition_id = (SELECT id FROM enrollment_rosteredition
                            WHERE batch_id = %(batch)s AND is_open)
    LEFT JOIN enrollment_rosterlink own ON own.row_id = corrected.row_id
    LEFT JOIN enrollment_rosterlink former_link ON former_link.row_id = line.old_row_id
    WHERE NOT corrected.is_settled
)
UPDATE enrollment_correctedrow corrected
SET reasons = ARRAY(SELECT DISTINCT code FROM unnest(corrected.reasons || %(unsure)s::text) code
                    ORDER BY code),
    outcome = CASE WHEN corrected.outcome IN ('REJECTED', 'NOT_RECORD') THEN corrected.outcome
                   ELSE 'REVIEW' END
FROM said
WHERE corrected.id = said.id
  AND (said.has_former AND {decided said.old_row_id}
       OR said.state = 'UNSURE' AND NOT said.is_right
          AND NOT coalesce(said.has_former AND said.person_id = said.former_person_id, false)
       OR said.has_former AND said.state <> 'UNSURE' AND NOT said.is_placed
          AND said.former_person_id IS NOT NULL
          AND said.person_id IS DISTINCT FROM said.former_person_id
       OR NOT (said.stands AND said.own_person_id IS NOT DISTINCT FROM said.person_id)
          AND EXISTS (SELECT FROM enrollment_rosterlink standing
                      JOIN former ON former.batch_id = standing.batch_id
                      WHERE standing.person_id = said.person_id
                        AND standing.row_id IS DISTINCT FROM said.old_row_id
                        AND NOT EXISTS (SELECT FROM enrollment_editionline ended
                                        WHERE ended.old_row_id = standing.row_id
                                          AND ended.state = 'LEFT' AND ended.is_taken)));
