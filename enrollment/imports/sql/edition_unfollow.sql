-- Former rows of a range stand for themselves again. In: pg_temp.undone, %(batch)s.
UPDATE enrollment_rosterrow former
SET stands_by_id = NULL, is_settled = coalesce((line.before ->> 'is_settled')::boolean, false)
FROM undone, enrollment_editionline line, enrollment_rosteredition edition
WHERE former.id = undone.row_id AND line.old_row_id = former.id AND line.follows
  AND edition.id = line.edition_id AND edition.batch_id = %(batch)s
  AND former.stands_by_id = line.row_id;
