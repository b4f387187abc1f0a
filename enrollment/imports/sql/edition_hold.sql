-- Of a range of people, lines of a newer edition about whose former rows a person decided after the
-- roster was compared: they wait to be looked at, and their former rows stand.
-- In: %(edition)s, %(low)s < person <= %(high)s, %(unsure)s.
WITH held AS (
    UPDATE enrollment_editionline line SET state = 'UNSURE', follows = false
    FROM enrollment_rosteredition edition, enrollment_rosterlink link
    WHERE edition.id = %(edition)s AND line.edition_id = edition.id
      AND link.batch_id = edition.batch_id AND link.person_id > %(low)s
      AND link.person_id <= %(high)s AND link.row_id = line.row_id
      AND line.follows AND NOT line.is_taken AND {decided line.old_row_id}
    RETURNING line.row_id
)
UPDATE enrollment_rosterrow staged
SET outcome = CASE WHEN outcome = 'REJECTED' THEN outcome ELSE 'REVIEW' END,
    reasons = ARRAY(SELECT DISTINCT code FROM unnest(staged.reasons || %(unsure)s::text) code
                    ORDER BY code)
FROM held WHERE staged.id = held.row_id;
