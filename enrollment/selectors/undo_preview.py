"""What undoing a roster would take from the roll, and what stays because of others."""

import dataclasses
from decimal import Decimal
from typing import Final

from django.db import connection

from enrollment.models import RosterBatch, RosterEdition, RosterUndo

#: Figures of a preview, in the order in which they are shown.
FIGURES: Final = (
    "rows", "people_go", "people_stay", "spells", "in_force", "numbers_go", "households_go",
    "rows_of_others", "rows_wait_again", "rows_back", "spells_back", "ends_lifted",
)  # fmt: skip
#: Those that only a newer edition has: what it had replaced or ended comes back.
OF_EDITIONS: Final = ("rows_back", "spells_back", "ends_lifted")
_COUNT: Final = """
    WITH own AS MATERIALIZED (
        SELECT link.row_id, link.person_id, staged.household_no, staged.amount,
               coalesce(staged.home_file_id, staged.file_id) AS file_id,
               coalesce(staged.home_sheet, staged.sheet) AS sheet,
               left(coalesce(staged.town, ''), 60) AS place,
               left(coalesce(staged.village, ''), 60) AS village
        FROM enrollment_rosterlink link
        JOIN enrollment_rosterrow staged ON staged.id = link.row_id
        WHERE link.batch_id = %(batch)s
    ),
    -- Lists are joined with lists: a look-up for each row of a city's roster would take minutes.
    listed AS MATERIALIZED (SELECT DISTINCT person_id FROM own),
    -- Former rows that lines of a newer edition had replaced stand again for whom they stood.
    back AS MATERIALIZED (
        SELECT line.old_row_id AS row_id, (line.before ->> 'person_id')::bigint AS person_id,
               (line.before ->> 'holds_number')::boolean AS holds_number, former.batch_id,
               batch.scheme, area.code AS issuer, former.amount
        FROM enrollment_rosteredition edition
        JOIN enrollment_editionline line
          ON line.edition_id = edition.id AND line.follows AND line.is_taken
         AND line.before ? 'person_id'
        JOIN enrollment_rosterrow former ON former.id = line.old_row_id
        JOIN enrollment_rosterbatch batch ON batch.id = former.batch_id
        JOIN core_area area ON area.id = batch.area_id
        WHERE edition.batch_id = %(batch)s AND edition.is_open
    ),
    other AS MATERIALIZED (
        SELECT link.row_id, link.person_id, link.holds_number, link.batch_id, batch.scheme,
               area.code AS issuer
        FROM listed
        JOIN enrollment_rosterlink link ON link.person_id = listed.person_id
        JOIN enrollment_rosterbatch batch ON batch.id = link.batch_id AND batch.state = 'APPLIED'
        JOIN core_area area ON area.id = batch.area_id
        WHERE link.batch_id <> %(batch)s AND link.told_by_id IS DISTINCT FROM %(batch)s
    ),
    standing AS MATERIALIZED (
        SELECT row_id, person_id, holds_number, scheme, issuer FROM other
        UNION ALL
        SELECT row_id, person_id, holds_number, scheme, issuer FROM back
    ),
    person AS MATERIALIZED (
        SELECT listed.person_id, staying.person_id IS NOT NULL AS stays
        FROM listed
        LEFT JOIN (SELECT DISTINCT person_id FROM standing) staying USING (person_id)
    ),
    spell AS (
        SELECT spell.state FROM own
        JOIN enrollment_coveragespell spell ON spell.source_row_id = own.row_id
        WHERE spell.state <> 'UNDONE'
    ),
    -- Numbers that no other row of the person says.
    number AS MATERIALIZED (
        SELECT identifier.id, identifier.person_id, identifier.kind, identifier.number,
               identifier.issuer
        FROM own
        JOIN enrollment_personidentifier identifier
          ON identifier.person_id = own.person_id AND identifier.source_row_id = own.row_id
    ),
    said AS (
        SELECT DISTINCT number.id
        FROM number
        JOIN standing other ON other.person_id = number.person_id
        JOIN enrollment_rosterrow staged ON staged.id = other.row_id
        WHERE CASE number.kind
              WHEN 'RESIDENT_ID' THEN other.holds_number AND staged.id_number = number.number
              WHEN 'RESIDENT_ID_15' THEN other.holds_number AND staged.id_state = 'UPGRADED'
                                         AND left(staged.id_text, 15) = number.number
              WHEN 'NCMS_MEMBER' THEN left(staged.member_no, 40) = number.number
                                      AND other.issuer = number.issuer
              ELSE left(staged.psn_no, 40) = number.number AND other.scheme = number.issuer END
    ),
    -- Households are the list's own: of others, only editions of it say who belongs to them.
    named AS MATERIALIZED (
        SELECT DISTINCT person_id, file_id, sheet, place, village,
               left(household_no, 40) AS number
        FROM own WHERE household_no <> ''
    ),
    home AS MATERIALIZED (
        SELECT DISTINCT home.id, home.file_id, home.sheet, home.place, home.village, home.number
        FROM named
        JOIN enrollment_household home
          ON home.file_id = named.file_id AND home.number = named.number
         AND home.place = named.place AND home.village = named.village
         AND home.sheet = named.sheet
    ),
    kept_home AS (
        SELECT home.id FROM home
        JOIN enrollment_householdmember member ON member.household_id = home.id
        WHERE NOT EXISTS (
            SELECT FROM named
            WHERE named.person_id = member.person_id AND named.file_id = home.file_id
              AND named.number = home.number AND named.place = home.place
              AND named.village = home.village AND named.sheet = home.sheet)
        UNION
        SELECT home.id
        FROM standing
        JOIN enrollment_rosterrow staged ON staged.id = standing.row_id
        JOIN home
          ON home.file_id = coalesce(staged.home_file_id, staged.file_id)
         AND home.sheet = coalesce(staged.home_sheet, staged.sheet)
         AND home.place = left(coalesce(staged.town, ''), 60)
         AND home.village = left(coalesce(staged.village, ''), 60)
         AND home.number = left(staged.household_no, 40)
    )
    SELECT (SELECT count(*) FROM own),
           (SELECT count(*) FROM person WHERE NOT stays),
           (SELECT count(*) FROM person WHERE stays),
           (SELECT count(*) FROM spell),
           (SELECT count(*) FROM spell WHERE state = 'IN_FORCE'),
           (SELECT count(*) FROM number) - (SELECT count(*) FROM said),
           (SELECT count(*) FROM home WHERE id NOT IN (SELECT id FROM kept_home)),
           (SELECT count(*) FROM other),
           (SELECT count(*) FROM enrollment_rosterlink WHERE told_by_id = %(batch)s),
           (SELECT count(*) FROM back),
           (SELECT count(*) FROM back
            JOIN enrollment_coveragespell former ON former.source_row_id = back.row_id
             AND former.state = 'UNDONE' AND former.reason = 'EDITION_REPLACED'),
           (SELECT count(*) FROM enrollment_rosteredition edition
            JOIN enrollment_editionline line
              ON line.edition_id = edition.id AND line.state = 'LEFT' AND line.is_taken
             AND line.before ? 'period'
            WHERE edition.batch_id = %(batch)s AND edition.is_open),
           (SELECT coalesce(sum(amount), 0) FROM own),
           (SELECT coalesce(sum(amount), 0) FROM back)
"""


@dataclasses.dataclass(frozen=True)
class Preview:
    """How much would go and how much stays, by name, and the contributions of what goes and of
    what comes back.
    """

    figures: dict[str, int]
    amount_goes: Decimal
    amount_back: Decimal


def preview_of(batch: RosterBatch) -> Preview:
    """What undoing the roster comes to now."""
    is_edition = RosterEdition.objects.filter(batch=batch, is_open=True).exists()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"batch": batch.pk})
        *counts, goes, back = cursor.fetchone()
    figures = dict(zip(FIGURES, map(int, counts), strict=True))
    if not is_edition:
        figures = {name: count for name, count in figures.items() if name not in OF_EDITIONS}
    return Preview(figures, goes, back)


def figures_of(batch: RosterBatch) -> dict[str, int]:
    """By name, how much would go and how much stays."""
    return preview_of(batch).figures


def latest_undo(batch: RosterBatch) -> RosterUndo | None:
    """The newest undoing of the roster, whatever became of it."""
    return RosterUndo.objects.filter(batch=batch).order_by("-pk").first()
