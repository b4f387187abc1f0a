-- Every line of the edition and every row it leaves out, with its state. In: pg_temp.old_line,
-- new_line, line_pair; %(edition)s, %(batch)s, %(unsure)s, %(left_out)s, %(for_which)s (reasons for
-- which lines are left out).
ANALYZE line_pair;
CREATE TEMP TABLE chosen ON COMMIT DROP AS
SELECT old_row_id, ends_on FROM enrollment_editionline
WHERE edition_id = %(edition)s AND ends_on IS NOT NULL;
DELETE FROM enrollment_editionline WHERE edition_id = %(edition)s;

CREATE TEMP TABLE compared ON COMMIT DROP AS
SELECT pair.old_id, pair.new_id, old_line.is_clean AS old_is_clean,
       -- Said as the county had sent it before it was corrected: the correction stands.
       -- By what was read, since a file with other columns is written otherwise.
       CASE WHEN EXISTS (SELECT FROM enrollment_rosterrowversion sent
                         CROSS JOIN LATERAL jsonb_populate_record(
                             NULL::enrollment_rosterrow, sent.values) first
                         WHERE sent.row_id = former.id
                           AND (sent.raw = staged.raw OR cardinality({said_before}) = 0))
            THEN '{}'::text[] ELSE {fields} END AS fields,
       -- A decision of a person rests on the row: it is not replaced unseen.
       {decided former.id} AS is_decided,
       -- Left out by a person, and what it was left out for speaks against the line again.
       former.outcome = 'REJECTED' AND former.is_settled
           AND former.reasons @> ARRAY[%(left_out)s]::text[]
           AND NOT staged.confirmed @> ARRAY[%(left_out)s]::text[]
           AND EXISTS (SELECT FROM (SELECT reasons FROM enrollment_rosterrowversion
                                    WHERE row_id = former.id AND outcome = 'REVIEW'
                                    ORDER BY version DESC LIMIT 1) waited
                       WHERE ARRAY(SELECT code FROM unnest(waited.reasons) code
                                   WHERE code = ANY (%(for_which)s)) <@ staged.reasons)
           AS was_left_out
FROM line_pair pair
JOIN old_line ON old_line.id = pair.old_id
JOIN enrollment_rosterrow former ON former.id = pair.old_id
JOIN enrollment_rosterrow staged ON staged.id = pair.new_id;

INSERT INTO enrollment_editionline
    (edition_id, state, row_id, old_row_id, fields, follows, ends_on, is_taken, before)
SELECT %(edition)s,
       CASE WHEN cardinality(fields) = 0 THEN 'SAME' WHEN is_decided THEN 'UNSURE'
            ELSE 'CHANGED' END,
       new_id, old_id, fields,
       NOT is_decided AND (cardinality(fields) > 0 OR NOT old_is_clean AND NOT was_left_out),
       NULL::date, false, '{}'::jsonb
FROM compared
UNION ALL
SELECT %(edition)s,
       CASE WHEN new_line.is_doubted AND NOT staged.confirmed @> ARRAY[%(unsure)s]::text[]
            THEN 'UNSURE' ELSE 'NEW' END,
       new_line.id, NULL, '{}', false, NULL, false, '{}'
FROM new_line JOIN enrollment_rosterrow staged ON staged.id = new_line.id
WHERE NOT new_line.is_paired
UNION ALL
SELECT %(edition)s, CASE WHEN old_line.is_doubted THEN 'UNSURE' ELSE 'LEFT' END,
       NULL, old_line.id, '{}', false,
       CASE WHEN NOT old_line.is_doubted THEN chosen.ends_on END, false, '{}'
FROM old_line LEFT JOIN chosen ON chosen.old_row_id = old_line.id
WHERE NOT old_line.is_paired;

-- The former row of a line that did not change stands for it; what was found right in it is right.
UPDATE enrollment_rosterrow staged
SET stands_by_id = line.old_row_id,
    confirmed = ARRAY(SELECT DISTINCT code
                      FROM unnest(staged.confirmed
                                  -- Whether it is the line of its former row is asked each time.
                                  || array_remove(former.confirmed, %(unsure)s)
                                  || staged.reasons) code
                      ORDER BY code),
    reasons = CASE WHEN former.outcome IN ('ACCEPTED', 'FIXED') THEN '{}' ELSE former.reasons END,
    outcome = CASE WHEN former.outcome NOT IN ('ACCEPTED', 'FIXED') THEN former.outcome
                   WHEN cardinality(staged.fixes) > 0 THEN 'FIXED' ELSE 'ACCEPTED' END,
    -- What is still asked is asked about the former row.
    is_settled = former.outcome NOT IN ('ACCEPTED', 'FIXED')
FROM enrollment_editionline line
JOIN enrollment_rosterrow former ON former.id = line.old_row_id
JOIN compared ON compared.new_id = line.row_id
WHERE line.edition_id = %(edition)s AND line.state = 'SAME' AND NOT line.follows
  AND staged.id = line.row_id AND NOT compared.was_left_out;
-- What a person left out stays left out while its line says the same; why is told by the former row.
UPDATE enrollment_rosterrow staged
SET stands_by_id = line.old_row_id, outcome = 'REJECTED', is_settled = true,
    reasons = ARRAY(SELECT DISTINCT code FROM unnest(staged.reasons || %(left_out)s::text) code
                    ORDER BY code)
FROM enrollment_editionline line
JOIN compared ON compared.new_id = line.row_id
WHERE line.edition_id = %(edition)s AND line.state = 'SAME' AND NOT line.follows
  AND staged.id = line.row_id AND compared.was_left_out;

UPDATE enrollment_rosterrow staged
SET outcome = CASE WHEN staged.outcome = 'REJECTED' THEN 'REJECTED' ELSE 'REVIEW' END,
    reasons = ARRAY(SELECT DISTINCT code FROM unnest(staged.reasons || %(unsure)s::text) code
                    ORDER BY code)
FROM enrollment_editionline line
WHERE line.edition_id = %(edition)s AND line.state = 'UNSURE' AND staged.id = line.row_id;

-- Households are those of the former list: a changed line belongs to the list of its former row, a
-- new one to the list that has its household.
UPDATE enrollment_rosterrow staged
SET home_file_id = coalesce(former.home_file_id, former.file_id),
    home_sheet = coalesce(former.home_sheet, former.sheet)
FROM enrollment_editionline line JOIN enrollment_rosterrow former ON former.id = line.old_row_id
WHERE line.edition_id = %(edition)s AND line.row_id = staged.id;
UPDATE enrollment_rosterrow staged SET home_file_id = home.file_id, home_sheet = home.sheet
FROM enrollment_editionline line,
     (SELECT DISTINCT ON (town, village, household_no) town, village, household_no,
             coalesce(home_file_id, file_id) AS file_id, coalesce(home_sheet, sheet) AS sheet
      FROM enrollment_rosterrow
      WHERE household_no <> ''
        AND batch_id IN (SELECT former.batch_id FROM old_line
                         JOIN enrollment_rosterrow former ON former.id = old_line.id)
      ORDER BY town, village, household_no, id) home
WHERE line.edition_id = %(edition)s AND line.old_row_id IS NULL AND line.row_id = staged.id
  AND home.household_no = staged.household_no
  AND home.town IS NOT DISTINCT FROM staged.town
  AND home.village IS NOT DISTINCT FROM staged.village;

DROP TABLE old_line, new_line, line_pair, compared, chosen;
ANALYZE enrollment_editionline;
