"""What always holds between decisions, merges and the roll."""

from django.utils.translation import gettext_lazy as _

from bureau.core.integrity import invariant


@invariant("merges_run_in_no_ring", _("Every merged file leads to one that goes on."))
def _no_ring() -> str:
    return """
        WITH RECURSIVE way AS (
            SELECT id, merged_into_id, 1 AS length FROM enrollment_person
            WHERE merged_into_id IS NOT NULL
            UNION ALL
            SELECT way.id, above.merged_into_id, way.length + 1
            FROM way JOIN enrollment_person above ON above.id = way.merged_into_id
            WHERE way.length < 1000 AND above.merged_into_id IS NOT NULL
        )
        SELECT id FROM way WHERE length >= 1000
    """


@invariant(
    "file_is_merged_as_recorded",
    _("A file points at another exactly as the merges in effect say."),
)
def _merged_as_recorded() -> str:
    return """
        SELECT coalesce(person.id, standing.absorbed_id)
        FROM (SELECT id, merged_into_id FROM enrollment_person
              WHERE merged_into_id IS NOT NULL) person
        FULL JOIN (SELECT absorbed_id, kept_id FROM enrollment_personmerge merge
                   WHERE NOT EXISTS (SELECT FROM enrollment_mergeundo undo
                                     WHERE undo.merge_id = merge.id)) standing
               ON standing.absorbed_id = person.id
        WHERE person.merged_into_id IS DISTINCT FROM standing.kept_id
    """


@invariant(
    "merged_file_holds_nothing",
    _("A merged file has no roster row and no coverage; they lie in the file kept."),
)
def _merged_hold_nothing() -> str:
    return """
        SELECT person.id FROM enrollment_person person
        WHERE person.state = 'MERGED'
          AND (EXISTS (SELECT FROM enrollment_coveragespell spell
                       WHERE spell.person_id = person.id)
            OR EXISTS (SELECT FROM enrollment_rosterlink link
                       JOIN enrollment_rosterbatch batch
                         ON batch.id = link.batch_id AND batch.state = 'APPLIED'
                       WHERE link.person_id = person.id))
    """


@invariant(
    "same_person_is_one_file",
    _("Two rows that are decided to be the same person lie in one file, or both wait."),
)
def _same_is_one() -> str:
    return """
        SELECT decision.id FROM enrollment_pairdecision decision
        JOIN enrollment_candidatepair pair ON pair.id = decision.pair_id
        JOIN enrollment_decisionstep done
          ON done.decision_id = decision.id AND done.stage = 'CARRIED_OUT'
        LEFT JOIN enrollment_rosterlink a ON a.row_id = pair.row_a_id
        LEFT JOIN enrollment_rosterlink b ON b.row_id = pair.row_b_id
        WHERE decision.verdict = 'SAME'
          AND NOT EXISTS (SELECT FROM enrollment_decisionundo undo
                          WHERE undo.decision_id = decision.id)
          AND a.person_id IS DISTINCT FROM b.person_id
          -- One that was repaired a moment ago takes the other along with the next run.
          AND done.facts ->> 'outcome' <> 'REMEMBERED'
    """


@invariant(
    "different_people_are_two_files",
    _("Two rows that are decided to be different people do not lie in one file."),
)
def _different_are_two() -> str:
    return """
        SELECT decision.id FROM enrollment_pairdecision decision
        JOIN enrollment_candidatepair pair ON pair.id = decision.pair_id
        JOIN enrollment_rosterlink a ON a.row_id = pair.row_a_id
        JOIN enrollment_rosterlink b ON b.row_id = pair.row_b_id
        WHERE decision.verdict = 'DIFFERENT' AND a.person_id = b.person_id
          AND NOT EXISTS (SELECT FROM enrollment_decisionundo undo
                          WHERE undo.decision_id = decision.id)
    """


@invariant(
    "pair_says_what_was_decided",
    _("The state of a pair is that of the decision in effect."),
)
def _pairs_agree() -> str:
    return """
        SELECT pair.id FROM enrollment_candidatepair pair
        LEFT JOIN LATERAL (
            SELECT decision.id, decision.verdict FROM enrollment_pairdecision decision
            WHERE decision.pair_id = pair.id AND decision.verdict <> 'LATER'
              AND NOT EXISTS (SELECT FROM enrollment_decisionundo undo
                              WHERE undo.decision_id = decision.id)
        ) decision ON true
        WHERE CASE pair.state
              WHEN 'SAME' THEN decision.verdict IS DISTINCT FROM 'SAME'
              WHEN 'DIFFERENT' THEN decision.verdict IS DISTINCT FROM 'DIFFERENT'
              -- Also between taking a decision back and the job that undoes what it did.
              WHEN 'CHECKING' THEN decision.id IS NULL AND NOT EXISTS (
                  SELECT FROM enrollment_pairdecision earlier
                  JOIN enrollment_decisionundo undo ON undo.decision_id = earlier.id
                  WHERE earlier.pair_id = pair.id)
              ELSE decision.id IS NOT NULL END
    """


@invariant("one_decision_in_effect", _("A pair has one decision in effect at most."))
def _one_decision() -> str:
    return """
        SELECT decision.pair_id FROM enrollment_pairdecision decision
        WHERE decision.verdict <> 'LATER'
          AND NOT EXISTS (SELECT FROM enrollment_decisionundo undo
                          WHERE undo.decision_id = decision.id)
        GROUP BY decision.pair_id HAVING count(*) > 1
    """


@invariant(
    "row_placed_by_a_decision_in_effect",
    _("A waiting row lies in a file only as long as a decision says so."),
)
def _placed_by_decision() -> str:
    return """
        SELECT move.row_id FROM (
            SELECT DISTINCT ON (row_id) row_id, to_person_id, decision_id
            FROM enrollment_rowmove ORDER BY row_id, id DESC
        ) move
        LEFT JOIN enrollment_rosterlink link ON link.row_id = move.row_id
        WHERE move.decision_id IS NOT NULL
          AND ((move.to_person_id IS NOT NULL AND link.row_id IS NULL)
            OR (move.to_person_id IS NULL AND link.tier = 'CLERK')
            OR (move.to_person_id IS NOT NULL AND NOT EXISTS (
                    SELECT FROM enrollment_candidatepair pair
                    JOIN enrollment_pairdecision decision ON decision.pair_id = pair.id
                    JOIN enrollment_decisionstep done
                      ON done.decision_id = decision.id AND done.stage = 'CARRIED_OUT'
                    WHERE (pair.row_a_id = move.row_id OR pair.row_b_id = move.row_id)
                      AND decision.verdict = 'SAME'
                      AND NOT EXISTS (SELECT FROM enrollment_decisionstep back
                                      WHERE back.decision_id = decision.id
                                        AND back.stage = 'REVERTED'))))
    """


@invariant(
    "second_look_by_another_person",
    _("Nobody looked a second time at a decision of their own."),
)
def _second_looks() -> str:
    return """
        SELECT answer.id FROM enrollment_secondanswer answer
        JOIN enrollment_secondlook look ON look.id = answer.look_id
        JOIN enrollment_pairdecision decision ON decision.id = look.decision_id
        WHERE answer.by_id = decision.by_id OR answer.by_staff_no = decision.by_staff_no
    """


@invariant(
    "merge_that_changed_coverage_was_approved",
    _("A decision that changed coverage was carried out only after a second person approved it."),
)
def _merges_approved() -> str:
    return """
        SELECT DISTINCT decision.id FROM enrollment_pairdecision decision
        JOIN enrollment_decisionstep done
          ON done.decision_id = decision.id AND done.stage = 'CARRIED_OUT'
        JOIN enrollment_rowmove move
          ON move.decision_id = decision.id AND move.to_person_id IS NOT NULL
        WHERE done.facts ->> 'outcome' = 'PLACED' AND NOT EXISTS (
            SELECT FROM enrollment_bundleddecision line
            JOIN core_approvalrequest request
              ON request.id = line.approval_id AND request.state = 'APPROVED'
            WHERE line.decision_id = decision.id AND line.state = 'APPROVED')
    """


@invariant(
    "bundled_decision_as_its_request",
    _("A decision on a pair waits with its request, and is approved only with it."),
)
def _bundled_as_requested() -> str:
    return """
        SELECT line.id FROM enrollment_bundleddecision line
        JOIN core_approvalrequest request ON request.id = line.approval_id
        WHERE line.state = 'WAITING' AND request.state <> 'PENDING'
           OR line.state = 'APPROVED' AND request.state <> 'APPROVED'
    """


@invariant("pair_in_hand_of_an_open_packet", _("A pair is in hand only while its packet is open."))
def _in_hand() -> str:
    return """
        SELECT held.id FROM enrollment_packetpair held
        JOIN enrollment_reviewpacket packet ON packet.id = held.packet_id
        WHERE held.in_hand AND packet.closed_at IS NOT NULL
    """
