-- What moved or changed its state, on record under the act that did it. In: pg_temp.thing_before,
-- thing_target, settled_owner (the act by which a file got its present shape).
INSERT INTO enrollment_movedthing
    (kind, thing_id, from_person_id, to_person_id, at_home, before, merge_id, merge_undo_id,
     row_move_id)
SELECT thing.kind, thing.thing_id, thing.person_id, present.person_id, false,
       CASE WHEN thing.state <> '' THEN jsonb_build_object('state', thing.state) ELSE '{}' END,
       act.merge_id, act.undo_id, act.row_move_id
FROM thing_before thing
JOIN LATERAL (
    SELECT link.person_id, '' AS state FROM enrollment_rosterlink link
    WHERE thing.kind = 'LINK' AND link.row_id = thing.thing_id
    UNION ALL
    SELECT spell.person_id, spell.state FROM enrollment_coveragespell spell
    WHERE thing.kind = 'SPELL' AND spell.id = thing.thing_id
    UNION ALL
    SELECT identifier.person_id, identifier.period::text FROM enrollment_personidentifier identifier
    WHERE thing.kind = 'IDENTIFIER' AND identifier.id = thing.thing_id
    UNION ALL
    SELECT member.person_id, '' FROM enrollment_householdmember member
    WHERE thing.kind = 'MEMBERSHIP' AND member.id = thing.thing_id
) present ON (present.person_id, present.state) IS DISTINCT FROM (thing.person_id, thing.state)
LEFT JOIN thing_target target ON target.kind = thing.kind AND target.thing_id = thing.thing_id
CROSS JOIN LATERAL (
    SELECT target.merge_id, target.undo_id, target.row_move_id
    WHERE num_nonnulls(target.merge_id, target.undo_id, target.row_move_id) = 1
    UNION ALL
    SELECT settled_owner.merge_id, settled_owner.undo_id, settled_owner.row_move_id
    FROM settled_owner WHERE settled_owner.owner = present.person_id
    LIMIT 1
) act
ORDER BY thing.kind, thing.thing_id;
