-- Links that the version in force would not make any more wait for a person; those that it makes
-- again are in doubt no longer. Who found a link right under this version is not asked again.
-- In: pg_temp.found_doubt (row_id, person_id, now, score), pg_temp.found_firm (row_id), %(run)s,
-- %(version)s, %(at)s, %(by)s.
UPDATE enrollment_linkdoubt doubt
SET state = 'LAPSED', answered_at = %(at)s, answered_by = %(by)s
WHERE doubt.state = 'OPEN'
  AND (doubt.row_id IN (SELECT row_id FROM found_firm)
       OR NOT EXISTS (SELECT FROM enrollment_rosterlink link
                      WHERE link.row_id = doubt.row_id AND link.person_id = doubt.person_id));

INSERT INTO enrollment_linkdoubt (run_id, row_id, person_id, area_id, now, score, state)
SELECT %(run)s, found.row_id, found.person_id, enrollment_area_of_row(found.row_id), found.now,
       found.score, 'OPEN'
FROM found_doubt found
JOIN enrollment_rosterlink link ON link.row_id = found.row_id AND link.person_id = found.person_id
WHERE NOT EXISTS (
    SELECT FROM enrollment_linkdoubt kept
    JOIN enrollment_linkagerun run ON run.id = kept.run_id
    WHERE kept.row_id = found.row_id AND kept.person_id = found.person_id
      AND kept.state = 'KEPT' AND run.version_id = %(version)s)
ON CONFLICT DO NOTHING;
