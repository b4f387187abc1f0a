-- What the placed rows brought, on record. In: pg_temp.coming, applied, thing_before.
INSERT INTO enrollment_movedthing
    (kind, thing_id, from_person_id, to_person_id, row_id, at_home, before, row_move_id)
SELECT brought.kind, brought.thing_id, NULL, coming.person_id, coming.row_id, false, '{}',
       coming.row_move_id
FROM coming
CROSS JOIN LATERAL (
    SELECT 'LINK' AS kind, coming.row_id AS thing_id
    UNION ALL
    SELECT 'SPELL', spell.id FROM enrollment_coveragespell spell
    WHERE spell.source_row_id = coming.row_id
    UNION ALL
    SELECT 'IDENTIFIER', identifier.id FROM enrollment_personidentifier identifier
    WHERE identifier.person_id = coming.person_id AND identifier.source_row_id = coming.row_id
      AND NOT EXISTS (SELECT FROM thing_before known
                      WHERE known.kind = 'IDENTIFIER' AND known.thing_id = identifier.id)
) brought
ORDER BY coming.row_id, brought.kind, brought.thing_id;

-- A membership has no row of its own: it came with the first placed row of that household.
INSERT INTO enrollment_movedthing
    (kind, thing_id, from_person_id, to_person_id, row_id, at_home, before, row_move_id)
SELECT DISTINCT ON (member.id) 'MEMBERSHIP', member.id, NULL, member.person_id, coming.row_id,
       false, '{}'::jsonb, coming.row_move_id
FROM coming
JOIN applied ON applied.row_id = coming.row_id AND applied.household_no IS NOT NULL
JOIN enrollment_household household
  ON household.file_id = applied.file_id AND household.number = applied.household_no
 AND household.place = applied.place AND household.village = applied.hamlet
 AND household.sheet = applied.sheet
JOIN enrollment_householdmember member
  ON member.household_id = household.id AND member.person_id = coming.person_id
WHERE NOT EXISTS (SELECT FROM thing_before known
                  WHERE known.kind = 'MEMBERSHIP' AND known.thing_id = member.id)
ORDER BY member.id, coming.row_id;
