"""The list of the people of some areas, page by page, however many others stand between them.

The plain way walks over the people of all areas until a page is full: in a city of millions, for a
small county, over all of them.
"""

import dataclasses
from typing import Any, Final

from django.db import connection

from bureau.core.actors import Scope
from bureau.core.models import Area
from enrollment.selectors.people import scope_areas

#: Beyond every number of a file.
LAST: Final = 2**62

# Files that `people.living_files` holds: one that was merged or undone is on no page.
_LIVING: Final = """
    SELECT own.id
    FROM unnest(%(areas)s::bigint[]) AS place (area_id)
    CROSS JOIN LATERAL (
        SELECT person.id FROM enrollment_person person
        WHERE person.area_id = place.area_id AND person.state NOT IN ('MERGED', 'UNDONE')
          AND person.id > %(above)s AND person.id < %(below)s
        ORDER BY person.id {order} LIMIT %(most)s
    ) own
"""
_INSURED: Final = """
    SELECT insured.person_id
    FROM unnest(%(areas)s::bigint[]) AS place (area_id)
    CROSS JOIN LATERAL (
        SELECT DISTINCT spell.person_id FROM enrollment_coveragespell spell
        JOIN enrollment_person person
          ON person.id = spell.person_id AND person.state NOT IN ('MERGED', 'UNDONE')
        WHERE spell.area_id = place.area_id
          AND spell.person_id > %(above)s AND spell.person_id < %(below)s
        ORDER BY spell.person_id {order} LIMIT %(most)s
    ) insured
"""
_COUNT_LIVING: Final = """
    SELECT count(*) FROM (
        SELECT FROM enrollment_person
        WHERE area_id = ANY (%(areas)s) AND state NOT IN ('MERGED', 'UNDONE') LIMIT %(most)s) living
"""
_COUNT_INSURED: Final = """
    SELECT count(*) FROM (
        SELECT DISTINCT spell.person_id FROM enrollment_coveragespell spell
        JOIN enrollment_person person
          ON person.id = spell.person_id AND person.state NOT IN ('MERGED', 'UNDONE')
        WHERE spell.area_id = ANY (%(areas)s) AND person.area_id <> ALL (%(areas)s)
        LIMIT %(most)s) insured
"""


@dataclasses.dataclass(frozen=True)
class Places:
    """The areas whose people are listed; `insured_too`: with those who are insured there only."""

    areas: list[int]
    insured_too: bool

    def near(self, *, above: int = 0, below: int = LAST, downwards: bool, most: int) -> list[int]:
        """The first so many files between two numbers, from the upper or the lower one on."""
        order = "DESC" if downwards else "ASC"
        halves = [_LIVING, *([_INSURED] if self.insured_too else [])]
        union = " UNION ".join(half.format(order=order) for half in halves)
        facts: dict[str, Any] = {"areas": self.areas, "above": above, "below": below, "most": most}
        with connection.cursor() as cursor:
            cursor.execute(f"{union} ORDER BY 1 {order} LIMIT %(most)s", facts)
            return [number for (number,) in cursor.fetchall()]

    def count(self, *, most: int) -> int:
        """How many there are, counted up to so many."""
        with connection.cursor() as cursor:
            cursor.execute(_COUNT_LIVING, {"areas": self.areas, "most": most})
            found: int = cursor.fetchone()[0]
            if found >= most or not self.insured_too:
                return found
            cursor.execute(_COUNT_INSURED, {"areas": self.areas, "most": most - found})
            return found + int(cursor.fetchone()[0])


def places(scope: Scope, area: Area | None) -> Places | None:
    """Where the people listed live or are insured; None when everybody is listed.

    With an `area` of the scope, those who live there.
    """
    if area is not None:
        under = scope.filter(Area.objects.filter(path__startswith=area.path), "path")
        return Places(list(under.values_list("pk", flat=True)), insured_too=False)
    return places_of(scope_areas(scope))


def places_of(areas: list[int] | None) -> Places | None:
    """The same of the areas that `scope_areas` found: where people live or are insured."""
    return None if areas is None else Places(areas, insured_too=True)
