-- The row and what goes with it lie at the other file, for good: it is at home there now. Of a number
-- or household that the other file has already, this one stays behind.
-- In: pg_temp.row_thing, %(from)s, %(to)s, %(move)s.
DELETE FROM row_thing
WHERE (kind = 'IDENTIFIER' AND EXISTS (
          SELECT FROM enrollment_personidentifier own, enrollment_personidentifier there
          WHERE own.id = row_thing.thing_id AND there.person_id = %(to)s
            AND (there.kind, there.issuer, there.number) = (own.kind, own.issuer, own.number)))
   OR (kind = 'MEMBERSHIP' AND EXISTS (
          SELECT FROM enrollment_householdmember own, enrollment_householdmember there
          WHERE own.id = row_thing.thing_id AND there.person_id = %(to)s
            AND there.household_id = own.household_id));

UPDATE enrollment_personidentifier SET person_id = %(to)s
WHERE id IN (SELECT thing_id FROM row_thing WHERE kind = 'IDENTIFIER');
UPDATE enrollment_householdmember SET person_id = %(to)s
WHERE id IN (SELECT thing_id FROM row_thing WHERE kind = 'MEMBERSHIP');
UPDATE enrollment_coveragespell spell
SET person_id = %(to)s,
    state = CASE WHEN spell.state = 'IN_FORCE' AND EXISTS (
                     SELECT FROM enrollment_coveragespell other
                     WHERE other.person_id = %(to)s AND other.state IN ('IN_FORCE', 'DOUBLE')
                       AND other.period && spell.period)
                 THEN 'DOUBLE' ELSE spell.state END
WHERE id IN (SELECT thing_id FROM row_thing WHERE kind = 'SPELL');

INSERT INTO enrollment_movedthing
    (kind, thing_id, from_person_id, to_person_id, row_id, at_home, before, row_move_id)
SELECT row_thing.kind, row_thing.thing_id, %(from)s, %(to)s, NULL, true,
       CASE WHEN row_thing.kind = 'LINK'
            THEN (SELECT jsonb_build_object('tier', link.tier, 'opens_file', link.opens_file)
                  FROM enrollment_rosterlink link WHERE link.row_id = row_thing.thing_id)
            ELSE '{}' END,
       %(move)s
FROM row_thing ORDER BY row_thing.kind, row_thing.thing_id;

UPDATE enrollment_rosterlink
SET person_id = %(to)s, tier = 'CLERK', score = 1, opens_file = %(opens)s
WHERE row_id IN (SELECT thing_id FROM row_thing WHERE kind = 'LINK');

-- The file left behind keeps a row that stands for it.
UPDATE enrollment_rosterlink SET opens_file = true
WHERE row_id = (SELECT min(row_id) FROM enrollment_rosterlink WHERE person_id = %(from)s)
  AND NOT EXISTS (SELECT FROM enrollment_rosterlink
                  WHERE person_id = %(from)s AND opens_file);
