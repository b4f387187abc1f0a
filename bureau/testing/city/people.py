"""Invented people, the households they live in, and the rows that rosters carry about them."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from bureau.testing.city.places import County, Town

#: Year of the rosters; the last children on them are born on the eve of the exports.
ROSTER_YEAR = 2019
FIRST_BIRTH = date(1920, 1, 1)
LAST_BIRTH = date(2019, 11, 29)

#: Every possible birth date as YYYYMMDD, and where each year begins in the list.
DAYS = tuple(
    (FIRST_BIRTH + timedelta(days=number)).strftime("%Y%m%d")
    for number in range((LAST_BIRTH - FIRST_BIRTH).days + 1)
)
YEAR_STARTS = {
    year: (date(year, 1, 1) - FIRST_BIRTH).days
    for year in range(FIRST_BIRTH.year, LAST_BIRTH.year + 1)
} | {LAST_BIRTH.year + 1: len(DAYS)}


@dataclass(slots=True, eq=False)
class Person:
    """One invented human. `marks` are fault codes that hold for every record about the person."""

    key: int
    name: str
    male: bool
    birth: str
    number: str
    ethnicity: str
    relation: str
    area: str
    special: str
    phone: str
    flags: tuple[str, ...]
    sources: tuple[str, ...]
    household: "Household"
    marks: tuple[str, ...] = ()
    #: Records written so far: (record id, source, faults, expected outcome).
    records: list[tuple[int, str, tuple[str, ...], str]] = field(default_factory=list)
    #: People easily taken for this one: (the other, kind of trap).
    entangled: list[tuple["Person", str]] = field(default_factory=list)

    @property
    def birth_year(self) -> int:
        """Year of birth."""
        return int(self.birth[:4])


@dataclass(slots=True, eq=False)
class Household:
    """A family at one place. `number` counts within the village."""

    key: int
    county: County
    town: Town
    village: int
    number: int
    group: int
    rural: bool
    members: list[Person] = field(default_factory=list)

    @property
    def head(self) -> Person:
        """The member listed first."""
        return self.members[0]


@dataclass(slots=True, eq=False)
class Row:
    """What one line of a roster says about a person: the household it stands in and its faults.

    `cells` are the values that differ from the person's own, by field.
    """

    person: Person
    household: Household
    position: int
    first: bool
    relation: str
    faults: list[str] = field(default_factory=list)
    cells: dict[str, str | int | float | date] = field(default_factory=dict)
    sequence: int = 0
