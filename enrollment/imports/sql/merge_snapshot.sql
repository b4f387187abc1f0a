-- What the files in question hold, before anything moves. In: pg_temp.settled_file.
CREATE TEMP TABLE thing_before ON COMMIT DROP AS
SELECT 'LINK' AS kind, link.row_id AS thing_id, link.person_id, '' AS state
FROM enrollment_rosterlink link
JOIN settled_file USING (person_id)
JOIN enrollment_rosterbatch batch ON batch.id = link.batch_id AND batch.state = 'APPLIED'
UNION ALL
SELECT 'SPELL', spell.id, spell.person_id, spell.state
FROM enrollment_coveragespell spell JOIN settled_file USING (person_id)
UNION ALL
SELECT 'IDENTIFIER', identifier.id, identifier.person_id, identifier.period::text
FROM enrollment_personidentifier identifier JOIN settled_file USING (person_id)
UNION ALL
SELECT 'MEMBERSHIP', member.id, member.person_id, ''
FROM enrollment_householdmember member JOIN settled_file USING (person_id);

-- Where each is at home: with a file, or with a row that a decision brought here.
CREATE TEMP TABLE thing_home ON COMMIT DROP AS
SELECT thing.kind, thing.thing_id, thing.person_id, home.person_id AS file, home.row_id AS row
FROM thing_before thing
CROSS JOIN LATERAL enrollment_home_of(thing.kind, thing.thing_id, thing.person_id) home;
ANALYZE thing_home;
