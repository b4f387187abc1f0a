-- A file whose last row went away is closed: what it still holds follows, where the other has it not.
-- In: %(from)s, %(to)s, %(merge)s.
WITH gone AS (
    UPDATE enrollment_personidentifier own SET person_id = %(to)s
    WHERE own.person_id = %(from)s AND NOT EXISTS (
        SELECT FROM enrollment_personidentifier there
        WHERE there.person_id = %(to)s
          AND (there.kind, there.issuer, there.number) = (own.kind, own.issuer, own.number))
    RETURNING own.id
)
INSERT INTO enrollment_movedthing
    (kind, thing_id, from_person_id, to_person_id, at_home, before, merge_id)
SELECT 'IDENTIFIER', id, %(from)s, %(to)s, false, '{}', %(merge)s FROM gone;

WITH gone AS (
    UPDATE enrollment_householdmember own SET person_id = %(to)s
    WHERE own.person_id = %(from)s AND NOT EXISTS (
        SELECT FROM enrollment_householdmember there
        WHERE there.person_id = %(to)s AND there.household_id = own.household_id)
    RETURNING own.id
)
INSERT INTO enrollment_movedthing
    (kind, thing_id, from_person_id, to_person_id, at_home, before, merge_id)
SELECT 'MEMBERSHIP', id, %(from)s, %(to)s, false, '{}', %(merge)s FROM gone;
