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
               left(coalesce(staged.town, ''), 60) AS place
        FROM enrollment_rosterlink link
        JOIN enrollment_rosterrow staged ON staged.id = link.row_id
        WHERE link.batch_id = %(batch)s
    ),
    person AS MATERIALIZED (
        SELECT person_id, EXISTS (
                   SELECT FROM enrollment_rosterlink other
                   JOIN enrollment_rosterbatch batch
                     ON batch.id = other.batch_id AND batch.state = 'APPLIED'
                   WHERE other.person_id = listed.person_id AND other.batch_id <> %(batch)s
                   OFFSET 0) AS stays
        FROM (SELECT DISTINCT person_id FROM own) listed
    ),
    spell AS (
        SELECT spell.state FROM own
        JOIN enrollment_coveragespell spell ON spell.source_row_id = own.row_id
        WHERE spell.state <> 'UNDONE'
    ),
    -- Numbers that no other row of the person says.
    number AS (
        SELECT identifier.id FROM person
        JOIN enrollment_personidentifier identifier ON identifier.person_id = person.person_id
        JOIN enrollment_rosterrow source
          ON source.id = identifier.source_row_id AND source.batch_id = %(batch)s
        WHERE NOT person.stays OR NOT EXISTS (
            SELECT FROM enrollment_rosterlink link
            JOIN enrollment_rosterrow staged ON staged.id = link.row_id
            JOIN enrollment_rosterbatch batch
              ON batch.id = link.batch_id AND batch.state = 'APPLIED'
            JOIN core_area area ON area.id = batch.area_id
            WHERE link.person_id = person.person_id AND link.batch_id <> %(batch)s
              AND CASE identifier.kind
                  WHEN 'RESIDENT_ID' THEN link.holds_number
                                          AND staged.id_number = identifier.number
                  WHEN 'RESIDENT_ID_15' THEN link.holds_number AND staged.id_state = 'UPGRADED'
                                             AND left(staged.id_text, 15) = identifier.number
                  WHEN 'NCMS_MEMBER' THEN left(staged.member_no, 40) = identifier.number
                                          AND area.code = identifier.issuer
                  ELSE left(staged.psn_no, 40) = identifier.number
                       AND batch.scheme = identifier.issuer END)
    ),
    household AS (
        SELECT home.id
        FROM (SELECT DISTINCT place, left(household_no, 40) AS number FROM own
              WHERE household_no <> '') listed
        JOIN enrollment_rosterbatch batch ON batch.id = %(batch)s
        JOIN enrollment_household home
          ON home.scheme = batch.scheme AND home.area_id = batch.area_id
         AND home.place = listed.place AND home.number = listed.number
        WHERE NOT EXISTS (
            SELECT FROM enrollment_householdmember member
            JOIN enrollment_rosterlink link ON link.person_id = member.person_id
            JOIN enrollment_rosterbatch other
              ON other.id = link.batch_id AND other.state = 'APPLIED'
             AND other.scheme = home.scheme AND other.area_id = home.area_id
             AND other.id <> %(batch)s
            JOIN enrollment_rosterrow staged
              ON staged.id = link.row_id AND left(staged.household_no, 40) = home.number
             AND left(coalesce(staged.town, ''), 60) = home.place
            WHERE member.household_id = home.id)
    )
    SELECT (SELECT count(*) FROM own),
           (SELECT count(*) FROM person WHERE NOT stays),
           (SELECT count(*) FROM person WHERE stays),
           (SELECT count(*) FROM spell),
           (SELECT count(*) FROM spell WHERE state = 'IN_FORCE'),
           (SELECT count(*) FROM number),
           (SELECT count(*) FROM household),
           (SELECT count(*) FROM person
            JOIN enrollment_rosterlink link ON link.person_id = person.person_id
            JOIN enrollment_rosterbatch batch
              ON batch.id = link.batch_id AND batch.state = 'APPLIED'
            WHERE person.stays AND link.batch_id <> %(batch)s)
"""


def figures_of(batch: RosterBatch) -> dict[str, int]:
    """By name, how much would go and how much stays."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"batch": batch.pk})
        return dict(zip(FIGURES, map(int, cursor.fetchone()), strict=True))


def latest_undo(batch: RosterBatch) -> RosterUndo | None:
    """The newest undoing of the roster, whatever became of it."""
    return RosterUndo.objects.filter(batch=batch).order_by("-pk").first()
