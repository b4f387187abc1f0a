"""What came to depend on a roster since it was applied: such a roster is not undone.

Decisions about its rows or its people that stand on the roll, cases of double enrollment decided or
submitted since, corrections taken onto the roll, proofs laid down since. What only asks, was taken
back or set aside, stands in nobody's way. Corrections that were taken stand for good.
"""

# ruff: noqa: S608 (the statements are made of own texts alone)

import dataclasses
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final

from django.db import connection

from enrollment.choices import CorrectionState
from enrollment.models import RosterBatch, RosterCorrection


class Kind(StrEnum):
    """What depends on a roster, in the order in which it is taken back."""

    PROOF = "PROOF"
    EDITION = "EDITION"
    CASE = "CASE"
    NOTICE = "NOTICE"
    DECISION = "DECISION"
    MOVE = "MOVE"
    CORRECTION = "CORRECTION"


@dataclasses.dataclass(frozen=True)
class Thing:
    """One thing that depends on a roster: its number, its state, the paths of its areas, and the
    numbers of which the address of its page is made."""

    kind: Kind
    number: int
    state: str
    paths: tuple[str, ...]
    address: tuple[int, ...]

    @property
    def is_final(self) -> bool:
        """Whether nobody can take it back: corrections on the roll were written over the rows."""
        return self.kind == Kind.CORRECTION and self.state == CorrectionState.APPLIED


#: Whom the roster stands for, with the instant since when. %(batch)s.
_PEOPLE: Final = """
    WITH stood AS MATERIALIZED (
        SELECT applied_at FROM enrollment_rosterbatch WHERE id = %(batch)s
    ),
    people AS MATERIALIZED (
        SELECT person_id FROM enrollment_rosterlink WHERE batch_id = %(batch)s
        UNION
        -- Whose coverage this edition ended, although its own rows do not list them.
        SELECT link.person_id FROM enrollment_rosteredition edition
        JOIN enrollment_editionline line
          ON line.edition_id = edition.id AND line.state = 'LEFT' AND line.is_taken
        JOIN enrollment_rosterlink link ON link.row_id = line.old_row_id
        WHERE edition.batch_id = %(batch)s
    )
"""
_QUERIES: Final = {
    # Its figures tell of the roster, and never change again.
    Kind.PROOF: """
        SELECT proof.id, proof.state, ARRAY[area.path], ARRAY[proof.id]
        FROM enrollment_signedproof proof
        JOIN core_area area ON area.id = proof.area_id
        JOIN enrollment_rosterbatch stood ON stood.id = %(batch)s
        -- The rosters of waiting rows whose person this one told are counted otherwise without it.
        JOIN enrollment_rosterbatch batch ON batch.id = stood.id OR batch.id IN (
            SELECT batch_id FROM enrollment_rosterlink WHERE told_by_id = stood.id)
        JOIN core_area own ON own.id = batch.area_id AND own.path LIKE area.path || '%%'
        WHERE proof.state IN ('PREPARED', 'SIGNED') AND proof.year IN (0, batch.year)
          AND proof.counted_at >= stood.applied_at
        ORDER BY proof.id
    """,
    # Its lines rest on the rows of this roster.
    Kind.EDITION: """
        SELECT newer.id, newer.state, ARRAY[area.path], ARRAY[newer.id]
        FROM enrollment_rosteredition edition
        JOIN enrollment_rosterbatch newer ON newer.id = edition.batch_id
        JOIN core_area area ON area.id = newer.area_id
        WHERE edition.is_open
          AND (EXISTS (SELECT FROM enrollment_replacedroster part
                       WHERE part.edition_id = edition.id AND part.roster_id = %(batch)s)
               -- Or on a row that had waited until this roster told whose it is.
               OR EXISTS (SELECT FROM enrollment_foundperson found
                          JOIN enrollment_editionline line
                            ON line.edition_id = edition.id AND line.old_row_id = found.row_id
                          WHERE found.batch_id = %(batch)s AND line.is_taken
                            AND line.before ->> 'told_by' = found.batch_id::text))
        ORDER BY newer.id
    """,
    Kind.CASE: f"""
        {_PEOPLE}
        SELECT decided.id, decided.state, ARRAY[area.path], ARRAY[decided.id]
        FROM people
        JOIN enrollment_doublecase decided ON decided.person_id = people.person_id
        JOIN core_area area ON area.id = decided.area_id
        WHERE decided.state = 'SUBMITTED' OR decided.pending_id IS NOT NULL
           OR decided.decided_at >= (SELECT applied_at FROM stood)
           -- Decided before, for a person whose file this roster's coverage is part of.
           OR decided.decided_at IS NOT NULL AND EXISTS (
                  SELECT FROM enrollment_doubleside side
                  JOIN enrollment_coveragespell spell ON spell.id = side.spell_id
                  JOIN enrollment_rosterrow staged
                    ON staged.id = spell.source_row_id AND staged.batch_id = %(batch)s
                  WHERE side.case_id = decided.id)
        ORDER BY decided.id
    """,
    Kind.NOTICE: f"""
        {_PEOPLE}
        SELECT notice.id, 'PRINTED', ARRAY[area.path], ARRAY[side.case_id]
        FROM people
        JOIN enrollment_doublenotice notice ON notice.person_id = people.person_id
        JOIN enrollment_doubleside side ON side.id = notice.side_id
        JOIN core_area area ON area.id = notice.area_id
        WHERE notice.printed_at >= (SELECT applied_at FROM stood) AND NOT notice.is_withdrawn
        ORDER BY notice.id
    """,
    # Where it is carried out or on its way: about a row of the roster, or about its people since.
    Kind.DECISION: f"""
        {_PEOPLE},
        told AS (
            SELECT row.id AS row_id FROM enrollment_rosterrow row WHERE row.batch_id = %(batch)s
        ),
        about AS (
            SELECT pair.id FROM told
            JOIN enrollment_candidatepair pair ON pair.row_a_id = told.row_id
            UNION
            SELECT pair.id FROM told
            JOIN enrollment_candidatepair pair ON pair.row_b_id = told.row_id
            UNION
            SELECT decision.pair_id
            FROM enrollment_personmerge merge
            JOIN enrollment_pairdecision decision ON decision.id = merge.decision_id
            CROSS JOIN LATERAL (VALUES (merge.kept_id), (merge.absorbed_id)) AS side(person_id)
            JOIN people ON people.person_id = side.person_id
            WHERE merge.at >= (SELECT applied_at FROM stood) AND NOT EXISTS (
                SELECT FROM enrollment_mergeundo undo WHERE undo.merge_id = merge.id)
            UNION
            SELECT decision.pair_id
            FROM people
            JOIN enrollment_rosterlink link ON link.person_id = people.person_id
            JOIN enrollment_rowmove move
              ON move.row_id = link.row_id AND move.to_person_id = people.person_id
            JOIN enrollment_pairdecision decision ON decision.id = move.decision_id
            WHERE move.at >= (SELECT applied_at FROM stood)
        )
        SELECT pair.id, pair.state, ARRAY[a.path, b.path], ARRAY[pair.id]
        FROM about
        JOIN enrollment_candidatepair pair ON pair.id = about.id
        JOIN core_area a ON a.id = pair.area_a_id
        JOIN core_area b ON b.id = pair.area_b_id
        WHERE EXISTS (
            SELECT FROM enrollment_pairdecision decision
            WHERE decision.pair_id = pair.id AND decision.verdict = 'SAME'
              AND (NOT EXISTS (SELECT FROM enrollment_decisionundo undo
                               WHERE undo.decision_id = decision.id)
                   -- Taken back, but the job has not undone it yet.
                   OR EXISTS (SELECT FROM enrollment_decisionstep done
                              WHERE done.decision_id = decision.id AND done.stage = 'CARRIED_OUT')
                      AND NOT EXISTS (SELECT FROM enrollment_decisionstep back
                                      WHERE back.decision_id = decision.id
                                        AND back.stage = 'REVERTED')))
        ORDER BY pair.id
    """,
    # A wish that waits, or a row that lies elsewhere than where it lay first.
    Kind.MOVE: f"""
        {_PEOPLE}
        SELECT wish.row_id, wish.state, ARRAY[area.path], ARRAY[staged.batch_id, wish.row_id]
        FROM enrollment_rowmoverequest wish
        JOIN enrollment_rosterrow staged ON staged.id = wish.row_id
        JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id
        JOIN core_area area ON area.id = batch.area_id
        WHERE (staged.batch_id = %(batch)s
               OR EXISTS (SELECT FROM people WHERE person_id = wish.from_person_id)
               OR EXISTS (SELECT FROM people WHERE person_id = wish.to_person_id))
          AND (wish.state IN ('ASKED', 'APPROVED')
               OR wish.state = 'DONE' AND EXISTS (
                   SELECT FROM enrollment_rowmove move
                   JOIN enrollment_rosterlink link ON link.row_id = move.row_id
                   WHERE move.request_id = wish.id
                     AND move.at >= (SELECT applied_at FROM stood)
                     AND link.person_id = move.to_person_id
                     AND link.person_id IS DISTINCT FROM (
                         SELECT first.from_person_id FROM enrollment_rowmove first
                         WHERE first.row_id = move.row_id
                           AND first.at >= (SELECT applied_at FROM stood)
                         ORDER BY first.id LIMIT 1)))
        ORDER BY wish.row_id
    """,
    Kind.CORRECTION: """
        SELECT correction.id, correction.state, ARRAY[area.path], ARRAY[correction.id]
        FROM enrollment_rostercorrection correction
        JOIN enrollment_rosterbatch batch ON batch.id = correction.batch_id
        JOIN core_area area ON area.id = batch.area_id
        WHERE correction.batch_id = %(batch)s AND correction.into_roll
          AND (correction.state IN ('AWAITING_APPROVAL', 'APPLYING')
               OR correction.state = 'APPLIED' AND correction.rows_taken > 0)
        ORDER BY correction.id
    """,
}


def things_of(batch: RosterBatch) -> list[Thing]:
    """Everything that depends on the roster, kind by kind in the order of taking back."""
    found: dict[tuple[Kind, int], Thing] = {}
    with connection.cursor() as cursor:
        for kind, query in _QUERIES.items():
            cursor.execute(query, {"batch": batch.pk})
            for thing in _things(kind, cursor.fetchall()):
                found.setdefault((thing.kind, thing.number), thing)
    return list(found.values())


def is_final(batch: RosterBatch) -> bool:
    """Whether the roster can never be undone: corrections of it were taken onto the roll."""
    taken = RosterCorrection.objects.filter(
        batch=batch, into_roll=True, state=CorrectionState.APPLIED, rows_taken__gt=0
    )
    return taken.exists()


def _things(kind: Kind, lines: Iterable[tuple[Any, ...]]) -> Iterable[Thing]:
    for number, state, paths, address in lines:
        yield Thing(kind, number, state, tuple(paths), tuple(address))
