-- Lines of a newer edition whose person, by the roll, is not that of their former row, and new ones
-- whose person stands in the roster by a row of a former edition that stays: they are looked at. What
-- a person found right is new; its former row is left out. In: %(batch)s, %(unsure)s.
CREATE TEMP TABLE other ON COMMIT DROP AS
SELECT line.id, line.edition_id, line.row_id, line.old_row_id,
       staged.confirmed @> ARRAY[%(unsure)s]::text[] AS is_new
FROM enrollment_rosteredition edition
JOIN enrollment_editionline line ON line.edition_id = edition.id AND line.follows
JOIN enrollment_rosterrow staged ON staged.id = line.row_id
JOIN enrollment_rosterlink link ON link.row_id = line.row_id
JOIN enrollment_rosterlink former ON former.row_id = line.old_row_id
WHERE edition.batch_id = %(batch)s AND link.person_id <> former.person_id;
UPDATE enrollment_editionline line
SET state = CASE WHEN other.is_new THEN 'NEW' ELSE 'UNSURE' END, follows = false,
    old_row_id = CASE WHEN NOT other.is_new THEN line.old_row_id END,
    fields = CASE WHEN other.is_new THEN '{}' ELSE line.fields END
FROM other WHERE line.id = other.id;
INSERT INTO enrollment_editionline
    (edition_id, state, row_id, old_row_id, fields, follows, ends_on, is_taken, before)
SELECT edition_id, 'LEFT', NULL, old_row_id, '{}', false, NULL, false, '{}' FROM other WHERE is_new;

CREATE TEMP TABLE covered ON COMMIT DROP AS
WITH RECURSIVE former AS (
    SELECT edition.id, part.roster_id AS batch_id FROM enrollment_rosteredition edition
    JOIN enrollment_replacedroster part ON part.edition_id = edition.id
    WHERE edition.batch_id = %(batch)s AND edition.is_open
    UNION
    SELECT former.id, part.roster_id FROM enrollment_rosteredition earlier
    JOIN former ON former.batch_id = earlier.batch_id
    JOIN enrollment_replacedroster part ON part.edition_id = earlier.id
    WHERE earlier.is_open
)
SELECT line.id, line.row_id
FROM enrollment_rosteredition edition
JOIN enrollment_editionline line
  ON line.edition_id = edition.id
 AND (line.state = 'NEW'
      -- Its former row stands for nobody, as that of a line left out beside another.
      OR line.follows AND NOT EXISTS (SELECT FROM enrollment_rosterlink own
                                      WHERE own.row_id = line.old_row_id))
JOIN enrollment_rosterrow staged
  ON staged.id = line.row_id AND staged.outcome IN ('ACCEPTED', 'FIXED')
JOIN enrollment_rosterlink link ON link.row_id = line.row_id
WHERE edition.batch_id = %(batch)s
  AND EXISTS (SELECT FROM enrollment_rosterlink standing
              JOIN former ON former.batch_id = standing.batch_id
              WHERE standing.person_id = link.person_id
                AND NOT EXISTS (SELECT FROM enrollment_editionline own
                                WHERE own.old_row_id = standing.row_id
                                  AND (own.edition_id = edition.id AND own.follows
                                       OR own.state = 'LEFT' AND own.is_taken)));
UPDATE enrollment_editionline line SET state = 'UNSURE', follows = false
FROM covered WHERE line.id = covered.id;

UPDATE enrollment_rosterrow staged
SET outcome = CASE WHEN outcome = 'REJECTED' THEN outcome ELSE 'REVIEW' END,
    reasons = ARRAY(SELECT DISTINCT code FROM unnest(staged.reasons || %(unsure)s::text) code
                    ORDER BY code)
FROM (SELECT row_id FROM other WHERE NOT is_new UNION SELECT row_id FROM covered) held
WHERE held.row_id = staged.id;
DROP TABLE other, covered;
