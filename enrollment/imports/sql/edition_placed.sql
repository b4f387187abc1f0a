-- Lines of newer editions that a decision brings to a file, and that are to be looked at: their former
-- row stands for somebody else, a person decided about it, or the file stands in the roster by a row
-- of a former edition that stays. They cover nobody until then. In: pg_temp.coming, %(unsure)s.
WITH RECURSIVE own AS (
    SELECT coming.row_id, coming.person_id, line.id AS line_id, line.edition_id, line.old_row_id,
           line.follows AND NOT line.is_taken AND its_former.person_id IS NOT NULL AS has_former,
           its_former.person_id AS former_person_id
    FROM coming
    JOIN enrollment_editionline line ON line.row_id = coming.row_id
    JOIN enrollment_rosteredition edition ON edition.id = line.edition_id AND edition.is_open
    LEFT JOIN enrollment_rosterlink its_former ON its_former.row_id = line.old_row_id
),
former AS (
    SELECT edition.id, part.roster_id AS batch_id FROM enrollment_rosteredition edition
    JOIN enrollment_replacedroster part ON part.edition_id = edition.id
    WHERE edition.id IN (SELECT edition_id FROM own)
    UNION
    SELECT former.id, part.roster_id FROM enrollment_rosteredition earlier
    JOIN former ON former.batch_id = earlier.batch_id
    JOIN enrollment_replacedroster part ON part.edition_id = earlier.id
    WHERE earlier.is_open
),
held AS (
    UPDATE enrollment_editionline line SET state = 'UNSURE', follows = false
    FROM own
    WHERE line.id = own.line_id
      AND (own.has_former AND (own.former_person_id <> own.person_id OR {decided own.old_row_id})
           OR EXISTS (SELECT FROM enrollment_rosterlink standing
                      JOIN former
                        ON former.batch_id = standing.batch_id AND former.id = own.edition_id
                      WHERE standing.person_id = own.person_id
                        AND NOT (own.has_former AND standing.row_id = own.old_row_id)
                        AND NOT EXISTS (SELECT FROM enrollment_editionline ended
                                        WHERE ended.old_row_id = standing.row_id
                                          AND ended.state = 'LEFT' AND ended.is_taken)))
    RETURNING line.row_id
)
UPDATE enrollment_rosterrow staged
SET outcome = 'REVIEW',
    reasons = ARRAY(SELECT DISTINCT code FROM unnest(staged.reasons || %(unsure)s::text) code
                    ORDER BY code)
FROM held WHERE staged.id = held.row_id;
