-- The lines of a newer edition and the rows that stand of the former editions, side by side, with
-- the values by which they are compared. In: %(edition)s, %(batch)s, %(unsure)s, %(only_places)s
-- (rows of towns that the newer edition does not name stay out of it).
-- Out: pg_temp.old_line, new_line, line_pair (empty).
-- Whom an earlier comparison had held is held no more.
UPDATE enrollment_rosterrow
SET reasons = array_remove(reasons, %(unsure)s),
    outcome = CASE WHEN outcome <> 'REVIEW' OR reasons <> ARRAY[%(unsure)s]::text[] THEN outcome
                   WHEN cardinality(fixes) > 0 THEN 'FIXED' ELSE 'ACCEPTED' END
WHERE batch_id = %(batch)s AND outcome IN ('REVIEW', 'REJECTED')
  AND reasons @> ARRAY[%(unsure)s]::text[];

CREATE TEMP TABLE old_line ON COMMIT DROP AS
WITH RECURSIVE former(batch_id) AS (
    SELECT roster_id FROM enrollment_replacedroster WHERE edition_id = %(edition)s
    UNION
    SELECT part.roster_id FROM enrollment_rosteredition edition
    JOIN former ON former.batch_id = edition.batch_id
    JOIN enrollment_replacedroster part ON part.edition_id = edition.id
    WHERE edition.is_open
)
SELECT staged.id, staged.outcome IN ('ACCEPTED', 'FIXED') AS is_clean, staged.id_number,
       staged.id_text, staged.name_key, coalesce(staged.birth_on::text, staged.birth_part) AS born,
       staged.household_no, staged.relation_code, staged.member_no, staged.psn_no,
       {place} AS place,
       {said_as} AS said_as, 0::bigint AS again, false AS is_paired, false AS is_doubted
FROM former
JOIN enrollment_rosterbatch batch ON batch.id = former.batch_id AND batch.state = 'APPLIED'
JOIN enrollment_rosterrow staged ON staged.batch_id = batch.id
WHERE staged.outcome <> 'NOT_RECORD' AND staged.stands_by_id IS NULL
  AND (NOT %(only_places)s
       -- A line without a township says nothing of which township it is.
       OR staged.town IN (
           SELECT town FROM enrollment_rosterrow
           WHERE batch_id = %(batch)s AND outcome <> 'NOT_RECORD' AND town > ''))
  -- Whose coverage an edition ended is not in the roster any more.
  AND NOT EXISTS (SELECT FROM enrollment_editionline ended
                  WHERE ended.old_row_id = staged.id AND ended.state = 'LEFT' AND ended.is_taken);

CREATE TEMP TABLE new_line ON COMMIT DROP AS
SELECT staged.id, staged.outcome IN ('ACCEPTED', 'FIXED') AS is_clean, staged.id_number,
       staged.id_text, staged.name_key, coalesce(staged.birth_on::text, staged.birth_part) AS born,
       staged.household_no, staged.relation_code, staged.member_no, staged.psn_no,
       {place} AS place,
       {said_as} AS said_as, 0::bigint AS again, false AS is_paired, false AS is_doubted
FROM enrollment_rosterrow staged
WHERE staged.batch_id = %(batch)s AND staged.outcome <> 'NOT_RECORD';

-- Equal lines are paired one by one: the first with the first, clean ones first.
UPDATE old_line SET again = numbered.again
FROM (SELECT id, row_number() OVER (PARTITION BY said_as ORDER BY NOT is_clean, id) AS again
      FROM old_line) numbered WHERE numbered.id = old_line.id;
UPDATE new_line SET again = numbered.again
FROM (SELECT id, row_number() OVER (PARTITION BY said_as ORDER BY NOT is_clean, id) AS again
      FROM new_line) numbered WHERE numbered.id = new_line.id;
CREATE TEMP TABLE line_pair (old_id bigint PRIMARY KEY, new_id bigint UNIQUE) ON COMMIT DROP;
ANALYZE old_line, new_line;
