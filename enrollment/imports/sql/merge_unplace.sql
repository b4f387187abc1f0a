-- Rows that wait again: what they brought goes, and is kept on record. In: pg_temp.leaving (row_id,
-- person_id, row_move_id), thing_home.
CREATE TEMP TABLE gone ON COMMIT DROP AS
SELECT thing.kind, thing.thing_id, leaving.person_id, leaving.row_id, leaving.row_move_id
FROM leaving
JOIN thing_home thing ON thing.file IS NULL AND thing.row = leaving.row_id;

INSERT INTO enrollment_movedthing
    (kind, thing_id, from_person_id, to_person_id, row_id, at_home, before, row_move_id)
SELECT gone.kind, gone.thing_id, gone.person_id, NULL, gone.row_id, false,
       coalesce(
           (SELECT to_jsonb(link) FROM enrollment_rosterlink link
            WHERE gone.kind = 'LINK' AND link.row_id = gone.thing_id),
           (SELECT to_jsonb(spell) FROM enrollment_coveragespell spell
            WHERE gone.kind = 'SPELL' AND spell.id = gone.thing_id),
           (SELECT to_jsonb(identifier) FROM enrollment_personidentifier identifier
            WHERE gone.kind = 'IDENTIFIER' AND identifier.id = gone.thing_id),
           (SELECT to_jsonb(member) FROM enrollment_householdmember member
            WHERE gone.kind = 'MEMBERSHIP' AND member.id = gone.thing_id),
           '{}'),
       gone.row_move_id
FROM gone;

-- Coverage that a case of double enrollment tells of stays behind it, ended.
UPDATE enrollment_coveragespell SET state = 'ENDED', reason = 'DECISION_UNDONE'
WHERE id IN (SELECT thing_id FROM gone WHERE kind = 'SPELL')
  AND EXISTS (SELECT FROM enrollment_doubleside side
              WHERE side.spell_id = enrollment_coveragespell.id);
DELETE FROM enrollment_coveragespell
WHERE id IN (SELECT thing_id FROM gone WHERE kind = 'SPELL') AND reason <> 'DECISION_UNDONE';
DELETE FROM enrollment_personidentifier
WHERE id IN (SELECT thing_id FROM gone WHERE kind = 'IDENTIFIER');
DELETE FROM enrollment_householdmember
WHERE id IN (SELECT thing_id FROM gone WHERE kind = 'MEMBERSHIP');
DELETE FROM enrollment_rosterlink WHERE row_id IN (SELECT thing_id FROM gone WHERE kind = 'LINK');
DELETE FROM thing_home USING gone
WHERE thing_home.kind = gone.kind AND thing_home.thing_id = gone.thing_id;
