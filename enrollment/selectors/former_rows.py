"""Former rows of a roster's newer editions, as far as decisions of people rest on them."""

from collections.abc import Sequence
from typing import Final

from django.db import connection

#: Whether a decision of a person rests on the row {row}: it stands in a file that a decision gave
#: it or formed, a decision names it, or a case of double enrollment about its coverage is decided
#: or waits for the second person. Such a row is not replaced unseen.
DECIDED: Final = """
(EXISTS (SELECT FROM enrollment_rosterlink its_link
         LEFT JOIN enrollment_person its_person ON its_person.id = its_link.person_id
         WHERE its_link.row_id = {row}
           AND (its_link.tier = 'CLERK' OR its_person.merged_into_id IS NOT NULL
                OR EXISTS (SELECT FROM enrollment_person its_absorbed
                           WHERE its_absorbed.merged_into_id = its_link.person_id)))
 OR EXISTS (SELECT FROM (SELECT id FROM enrollment_candidatepair WHERE row_a_id = {row}
                         UNION
                         SELECT id FROM enrollment_candidatepair WHERE row_b_id = {row}) its_pair
            JOIN enrollment_pairdecision its_word
              ON its_word.pair_id = its_pair.id AND its_word.verdict <> 'LATER'
            WHERE NOT EXISTS (SELECT FROM enrollment_decisionundo its_undo
                              WHERE its_undo.decision_id = its_word.id))
 OR EXISTS (SELECT FROM enrollment_coveragespell its_spell
            JOIN enrollment_doubleside its_side ON its_side.spell_id = its_spell.id
            JOIN enrollment_doublecase its_case ON its_case.id = its_side.case_id
            WHERE its_spell.source_row_id = {row}
              AND (its_case.decided_at IS NOT NULL OR its_case.pending_id IS NOT NULL
                   OR its_case.state = 'SUBMITTED')))
"""
_FORMER_DECIDED: Final = f"""
    SELECT line.row_id FROM enrollment_editionline line
    JOIN enrollment_rosteredition edition ON edition.id = line.edition_id AND edition.is_open
    WHERE line.row_id = ANY (%s) AND line.old_row_id IS NOT NULL AND NOT line.is_taken
      AND (line.follows OR line.state = 'UNSURE') AND {DECIDED.format(row="line.old_row_id")}
"""  # noqa: S608 (own text)


def decided_former_rows(rows: Sequence[int]) -> set[int]:
    """Of these lines of newer editions, those whose former rows a person decided about."""
    with connection.cursor() as cursor:
        cursor.execute(_FORMER_DECIDED, [list(rows)])
        return {row for (row,) in cursor.fetchall()}
