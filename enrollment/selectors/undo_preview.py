"""What undoing a roster would take from the roll, and what stays because of others."""

from typing import Final

from django.db import connection

from enrollment.models import RosterBatch, RosterUndo

#: Figures of a preview, in the order in which they are shown.
FIGURES: Final = (
    "rows", "people_go", "people_stay", "spells", "in_force", "numbers_go", "households_go",
    "rows_of_others",
)  # fmt: skip
_COUNT: Final = """
    WITH own AS MATERIALIZED (
        SELECT link.row_id, link.person_id, staged.household_no,
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
    other AS MATERIALIZED (
        SELECT link.row_id, link.person_id, link.holds_number, link.batch_id, batch.scheme,
               batch.area_id, area.code AS issuer
        FROM listed
        JOIN enrollment_rosterlink link ON link.person_id = listed.person_id
        JOIN enrollment_rosterbatch batch ON batch.id = link.batch_id AND batch.state = 'APPLIED'
        JOIN core_area area ON area.id = batch.area_id
        WHERE link.batch_id <> %(batch)s
    ),
    person AS MATERIALIZED (
        SELECT listed.person_id, staying.person_id IS NOT NULL AS stays
        FROM listed
        LEFT JOIN (SELECT DISTINCT person_id FROM other) staying USING (person_id)
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
        JOIN other ON other.person_id = number.person_id
        JOIN enrollment_rosterrow staged ON staged.id = other.row_id
        WHERE CASE number.kind
              WHEN 'RESIDENT_ID' THEN other.holds_number AND staged.id_number = number.number
              WHEN 'RESIDENT_ID_15' THEN other.holds_number AND staged.id_state = 'UPGRADED'
                                         AND left(staged.id_text, 15) = number.number
              WHEN 'NCMS_MEMBER' THEN left(staged.member_no, 40) = number.number
                                      AND other.issuer = number.issuer
              ELSE left(staged.psn_no, 40) = number.number AND other.scheme = number.issuer END
    ),
    -- Households are the roster's own: no other roster says who belongs to them.
    home AS MATERIALIZED (
        SELECT home.id
        FROM (SELECT DISTINCT file_id, sheet, place, village, left(household_no, 40) AS number
              FROM own WHERE household_no <> '') named
        JOIN enrollment_household home
          ON home.file_id = named.file_id AND home.number = named.number
         AND home.place = named.place AND home.village = named.village
         AND home.sheet = named.sheet
    )
    SELECT (SELECT count(*) FROM own),
           (SELECT count(*) FROM person WHERE NOT stays),
           (SELECT count(*) FROM person WHERE stays),
           (SELECT count(*) FROM spell),
           (SELECT count(*) FROM spell WHERE state = 'IN_FORCE'),
           (SELECT count(*) FROM number) - (SELECT count(*) FROM said),
           (SELECT count(*) FROM home),
           (SELECT count(*) FROM other)
"""


def figures_of(batch: RosterBatch) -> dict[str, int]:
    """By name, how much would go and how much stays."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"batch": batch.pk})
        return dict(zip(FIGURES, map(int, cursor.fetchone()), strict=True))


def latest_undo(batch: RosterBatch) -> RosterUndo | None:
    """The newest undoing of the roster, whatever became of it."""
    return RosterUndo.objects.filter(batch=batch).order_by("-pk").first()
