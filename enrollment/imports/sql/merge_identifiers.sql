-- Numbers go where there is room; run until none moves. In: pg_temp.thing_target.
UPDATE enrollment_personidentifier identifier SET person_id = thing.target
FROM thing_target thing
WHERE thing.kind = 'IDENTIFIER' AND thing.thing_id = identifier.id
  AND identifier.person_id <> thing.target
  AND NOT EXISTS (
      SELECT FROM enrollment_personidentifier there
      WHERE there.person_id = thing.target AND there.kind = identifier.kind
        AND there.issuer = identifier.issuer AND there.number = identifier.number)
