"""Rows that wait for nothing but to be known: which of them a later roster may place."""

from typing import Final

from enrollment.choices import Reason
from enrollment.rules.decisions import ANSWERED_REASONS

#: Doubts that are a dispute between rows: another row is a part of them, and a person settles it.
_DISPUTES: Final = {
    Reason.ID_OF_PARENT, Reason.ID_SHARED, Reason.ID_ISSUED_TWICE, Reason.LISTED_TWICE,
}  # fmt: skip
#: What may be in doubt about a row that a later roster brings to a person: who it is, and no more.
OF_WHO: Final = sorted(reason.value for reason in ANSWERED_REASONS - _DISPUTES)
_LISTED: Final = ", ".join(f"'{reason}'" for reason in OF_WHO)

#: Whether nothing but who it is is in doubt about the row {row} of a roster on the roll, and no
#: person has it in hand, has spoken of it, or waits for a second person to approve what was said.
#: Which of two editions' rows stands for a person is the edition's to settle.
#: Two people said to be different keep nobody from finding the row's person among others.
PLACEABLE: Final = f"""
({{row}}.outcome = 'REVIEW' AND NOT {{row}}.is_settled AND {{row}}.stands_by_id IS NULL
 AND {{row}}.reasons <@ ARRAY[{_LISTED}]::text[]
 AND NOT EXISTS (
     SELECT FROM enrollment_editionline its_line
     JOIN enrollment_rosteredition its_edition
       ON its_edition.id = its_line.edition_id AND its_edition.is_open
     WHERE its_line.row_id = {{row}}.id AND NOT its_line.is_taken
       AND its_line.state IN ('CHANGED', 'UNSURE'))
 AND NOT EXISTS (
     SELECT FROM enrollment_editionline its_line
     JOIN enrollment_rosteredition its_edition
       ON its_edition.id = its_line.edition_id AND its_edition.is_open
     JOIN enrollment_rosterbatch its_newer ON its_newer.id = its_edition.batch_id
     WHERE its_line.old_row_id = {{row}}.id AND NOT its_line.is_taken
       AND (its_line.state IN ('CHANGED', 'UNSURE')
            -- An edition on its way withdraws it.
            OR its_line.state = 'LEFT' AND its_newer.state <> 'APPLIED'))
 AND NOT EXISTS (SELECT FROM enrollment_rowmove its_move WHERE its_move.row_id = {{row}}.id)
 AND NOT EXISTS (
     SELECT FROM (SELECT id, state FROM enrollment_candidatepair WHERE row_a_id = {{row}}.id
                  UNION ALL
                  SELECT id, state FROM enrollment_candidatepair
                  WHERE row_b_id = {{row}}.id) its_pair
     WHERE its_pair.state NOT IN ('OPEN', 'DIFFERENT', 'VOID', 'TOLD')
        OR EXISTS (SELECT FROM enrollment_packetpair its_hand
                   WHERE its_hand.pair_id = its_pair.id AND its_hand.in_hand)
        OR EXISTS (SELECT FROM enrollment_pairdecision its_word
                   WHERE its_word.pair_id = its_pair.id
                     AND (its_pair.state <> 'DIFFERENT'
                          OR EXISTS (SELECT FROM enrollment_bundleddecision its_line
                                     WHERE its_line.decision_id = its_word.id
                                       AND its_line.state = 'WAITING')))))
"""  # noqa: S608 (own text)
