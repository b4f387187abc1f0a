-- To which file each thing goes: the one that owns its home. In: pg_temp.thing_home, settled_node.
-- Of a number or membership that two files of one person have, the owner's own is taken, else what
-- is there, else the older; the other stays at its home, since the person has it already.
CREATE TEMP TABLE thing_target ON COMMIT DROP AS
WITH wanted AS (
    SELECT thing.*, node.owner, node.merge_id, node.undo_id, node.row_move_id
    FROM thing_home thing
    JOIN settled_node node ON node.file = thing.file OR (thing.file IS NULL AND node.row = thing.row)
    WHERE node.owner IS NOT NULL
),
alike AS (
    SELECT wanted.*,
           coalesce('N' || identifier.kind || ':' || identifier.issuer || ':' || identifier.number,
                    'H' || member.household_id,
                    wanted.kind || wanted.thing_id) AS what
    FROM wanted
    LEFT JOIN enrollment_personidentifier identifier
           ON wanted.kind = 'IDENTIFIER' AND identifier.id = wanted.thing_id
    LEFT JOIN enrollment_householdmember member
           ON wanted.kind = 'MEMBERSHIP' AND member.id = wanted.thing_id
),
placed AS (
    SELECT *, row_number() OVER (
        PARTITION BY kind, owner, what
        ORDER BY file IS NOT DISTINCT FROM owner DESC, person_id = owner DESC, thing_id) AS place
    FROM alike
)
SELECT kind, thing_id, person_id,
       CASE WHEN place = 1 THEN owner ELSE coalesce(file, person_id) END AS target,
       merge_id, undo_id, row_move_id
FROM placed;
DELETE FROM thing_target WHERE target = person_id;
ANALYZE thing_target;

UPDATE enrollment_rosterlink link SET person_id = thing.target
FROM thing_target thing WHERE thing.kind = 'LINK' AND thing.thing_id = link.row_id;

-- Where it meets other coverage it comes as a double enrollment; the precedence decides afterwards.
UPDATE enrollment_coveragespell spell
SET person_id = thing.target,
    state = CASE WHEN spell.state = 'IN_FORCE' AND EXISTS (
                     SELECT FROM enrollment_coveragespell other
                     LEFT JOIN thing_target going
                            ON going.kind = 'SPELL' AND going.thing_id = other.id
                     WHERE thing.target IN (other.person_id, going.target)
                       AND other.id <> spell.id AND other.state IN ('IN_FORCE', 'DOUBLE')
                       AND other.period && spell.period)
                 THEN 'DOUBLE' ELSE spell.state END
FROM thing_target thing WHERE thing.kind = 'SPELL' AND thing.thing_id = spell.id;
