"""Makes a city: its people, their households, and the rosters and exports that list them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from bureau.testing.city import elsewhere, layouts, strange
from bureau.testing.city.elsewhere.grid import GridWriter
from bureau.testing.city.elsewhere.habits import OfficeLayout
from bureau.testing.city.elsewhere.planting import OfficePlanter
from bureau.testing.city.faults import CHANCE_OF_A_FAULT, NUMBER_LOST, Planter
from bureau.testing.city.habits import Layout
from bureau.testing.city.households import HouseholdMaker
from bureau.testing.city.names import NameGiver
from bureau.testing.city.numbers import NumberOffice
from bureau.testing.city.people import Household, Person, Row
from bureau.testing.city.places import County, Town
from bureau.testing.city.truth import Truth
from bureau.testing.city.writers import RosterWriter

SCHEMES = ("NCMS", "URBMI", "UEBMI")
STYLES = ("dalian", "strange", *elsewhere.CITIES)

#: Shares of the people who are listed elsewhere too, or taken for somebody else.
IN_ANOTHER_COUNTY = 0.0105
TWICE_IN_ROSTER = 0.0042
NUMBER_ISSUED_TWICE = 0.00075
SAME_NAME_AND_BIRTHDAY = 0.0007
SECOND_FAULT = 0.06
#: Rows of people listed more than once have faults more often, so that linking is put to the test.
FAULTS_OF_OVERLAPS = 2.5


@dataclass(frozen=True, slots=True)
class Summary:
    """What was made. `files` maps each file to its records."""

    people: int
    records: int
    faulty_records: int
    pairs: int
    files: dict[str, int] = field(default_factory=dict)


def generate(
    out_dir: Path | str,
    *,
    people: int,
    seed: int = 1,
    style: str = "dalian",
    truth: bool = True,
    only: Collection[str] = (),
    reserved_numbers: bool = False,
) -> Summary:
    """Make a city under `out_dir`: rosters in `files/`, what is right about them in `truth/`.

    The same arguments make the same files. `only` keeps some of the schemes NCMS, URBMI, UEBMI; the
    others are not written and people in none of those kept are left out. With `reserved_numbers`
    every identity number stands under an area code that nobody has.
    """
    if style not in STYLES:
        raise ValueError(f"style {style!r} is none of {', '.join(STYLES)}")
    schemes = {scheme.upper() for scheme in only} or set(SCHEMES)
    if unknown := schemes - set(SCHEMES):
        raise ValueError(f"scheme {', '.join(sorted(unknown))} is none of {', '.join(SCHEMES)}")
    if people < 1:
        raise ValueError(f"a city of {people} people cannot be made; at least 1 is needed")
    root = Path(out_dir)
    (root / "files").mkdir(parents=True, exist_ok=True)
    if style in elsewhere.CITIES:
        kept = elsewhere.layouts(style)
    else:
        kept = layouts.dalian() if style == "dalian" else strange.layouts(seed)
    city = _City(
        root,
        [layout for layout in kept if layout.source[:4] in {scheme[:4] for scheme in schemes}],
        seed,
        elsewhere.counties_of(style),
        truth=truth,
        reserved_numbers=reserved_numbers,
    )
    return city.make(people)


def open_writer(directory: Path, layout: Layout) -> RosterWriter | GridWriter:
    """What writes rosters of the layout."""
    if isinstance(layout, OfficeLayout):
        return GridWriter(directory, layout)
    return RosterWriter(directory, layout)


def _planter(random: Random, layout: Layout) -> Planter:
    return (OfficePlanter if isinstance(layout, OfficeLayout) else Planter)(random, layout)


class _City:
    """The city in the making. What is remembered beyond a village is bounded by the overlaps."""

    def __init__(
        self,
        root: Path,
        kept: list[Layout],
        seed: int,
        counties: list[County],
        *,
        truth: bool,
        reserved_numbers: bool,
    ) -> None:
        self._random = Random(f"people {seed}")
        self._fault_random = Random(f"faults {seed}")
        self._maker = HouseholdMaker(
            self._random,
            NameGiver(self._random),
            NumberOffice(self._random, reserved=reserved_numbers),
        )
        self._writers = {layout.source: open_writer(root / "files", layout) for layout in kept}
        self._planters = {layout.source: _planter(self._fault_random, layout) for layout in kept}
        self._truth = Truth(root / "truth" if truth else None)
        self._counties = counties
        self._size = 0
        self._people_written = 0
        #: People who are to be listed once more: in the roster at hand, or in another county's.
        self._again: list[Person] = []
        self._elsewhere: dict[str, list[Person]] = {}
        #: People whose number, or name and birthday, a second person is to get.
        self._models: list[tuple[Person, str]] = []
        self._files: dict[str, int] = {}

    def make(self, people: int) -> Summary:
        """Fill the city village by village."""
        self._size = people
        places = list(self._places(people))
        for number, (county, town, village, until) in enumerate(places):
            last = number + 1 == len(places)
            last_of_county = last or places[number + 1][0] is not county
            self._fill_village(county, town, village, until, last=last, leave=last_of_county)
            if last_of_county and (writer := self._writers.get(f"NCMS{county.code}")):
                self._finish(writer)
        for source in ("URBMI", "UEBMI"):
            if writer := self._writers.get(source):
                self._finish(writer)
        self._truth.close()
        return Summary(
            self._people_written,
            self._truth.records,
            self._truth.faulty,
            self._truth.pairs,
            self._files,
        )

    def _places(self, people: int) -> Iterator[tuple[County, Town, int, int]]:
        """Every village with the number of people that the city has once it is full."""
        before = 0.0
        for county in self._counties:
            weights = [0.3 + self._random.random() * 1.7 for _ in county.towns]
            for town, weight in zip(county.towns, weights, strict=True):
                size = people * county.share * weight / sum(weights) / len(town.villages)
                for village in range(len(town.villages)):
                    before += size
                    yield county, town, village, min(people, round(before))

    def _fill_village(
        self, county: County, town: Town, village: int, until: int, *, last: bool, leave: bool
    ) -> None:
        maker = self._maker
        homes: list[Household] = []
        rows: dict[int, list[Row]] = {}
        number = 0
        taken, self._models = self._models, []
        for model, kind in taken:
            number += 1
            homes.append(self._second_person(model, kind, county, town, village, number))
        while maker.people_made < until:
            number += 1
            room = self._size - maker.people_made
            homes.append(maker.make(county, town, village, number, at_most=room))
        source = f"NCMS{county.code}"
        writer = self._writers.get(source)
        for home in homes:
            for person in home.members:
                self._draw_fate(person, last=last)
            if home.rural and writer:
                rows[home.key] = [
                    Row(person, home, place, place == 1, person.relation)
                    for place, person in enumerate(home.members, 1)
                ]
        if writer:
            listed = [row for family in rows.values() for row in family]
            self._list_twice(rows, leave=leave)
            guests = self._guests(county, town, village, number, leave=leave)
            for guest in guests:
                rows[guest.household.key] = [guest]
                homes.append(guest.household)
            self._plant(self._planters[source], [*listed, *guests], listed)
        self._write(homes, rows, source)

    def _draw_fate(self, person: Person, *, last: bool) -> None:
        """Decide who is listed in another county too, and who is the model for a second person."""
        draw = self._random.random()
        if draw < IN_ANOTHER_COUNTY and person.household.rural:
            place = [county.code for county in self._counties].index(person.area)
            later = [county for county in self._counties[place + 1 :] if county.rural_share]
            if later and self._writers.get(f"NCMS{later[0].code}"):
                target = self._random.choices(later, [county.share for county in later])[0].code
                own, *others = person.sources
                person.sources = (own, f"NCMS{target}", *others)
                self._elsewhere.setdefault(target, []).append(person)
        elif not last and draw > 1 - NUMBER_ISSUED_TWICE - SAME_NAME_AND_BIRTHDAY:
            issued_twice = draw > 1 - NUMBER_ISSUED_TWICE
            if 1925 < person.birth_year < 1998:
                kind = "id_issued_twice" if issued_twice else "same_name_birthday"
                person.marks += ("ID_DUP_ISSUED" if issued_twice else "LOOKALIKE",)
                self._models.append((person, kind))

    def _second_person(
        self, model: Person, kind: str, county: County, town: Town, village: int, number: int
    ) -> Household:
        """A household of one who has the model's number, or the model's name and birthday."""
        rural = self._random.random() < county.rural_share
        home = self._maker.place(county, town, village, number, rural=rural)
        issued_twice = kind == "id_issued_twice"
        surname = next(name for name in ("姜", "丛") if not model.name.startswith(name))
        person = self._maker.add_person(
            home,
            relation="head",
            male=model.male,
            birth=model.birth,
            surname=surname,
            name=None if issued_twice else model.name,
            number=model.number if issued_twice else None,
        )
        person.marks += ("ID_DUP_ISSUED" if issued_twice else "LOOKALIKE",)
        person.entangled.append((model, kind))
        model.entangled.append((person, kind))
        return home

    def _list_twice(self, rows: dict[int, list[Row]], *, leave: bool) -> None:
        """Choose people who stand in the roster twice, at once or some villages later."""
        for family in rows.values():
            for row in tuple(family):
                if self._random.random() < TWICE_IN_ROSTER:
                    row.faults.append("DUP_FIRST")
                    if leave or self._random.random() < 0.5:
                        again = Row(row.person, row.household, len(family) + 1, False, row.relation)
                        again.faults.append("DUP_AGAIN")
                        family.append(again)
                    else:
                        self._again.append(row.person)

    def _guests(
        self, county: County, town: Town, village: int, number: int, *, leave: bool
    ) -> list[Row]:
        """Rows of people who belong elsewhere, each in a household of its own."""
        guests: list[Row] = []
        elsewhere = self._elsewhere.get(county.code, [])
        for waiting, faults in ((self._again, ["DUP_AGAIN"]), (elsewhere, [])):
            for place in range(len(waiting) - 1, -1, -1):
                person = waiting[place]
                if person.household.village == village and person.household.town is town:
                    continue
                if not leave and self._random.random() > 0.1:
                    continue
                waiting.pop(place)
                home = self._maker.place(
                    county, town, village, number + 1 + len(guests), rural=True
                )
                home.members.append(person)
                guests.append(Row(person, home, 1, True, "head", list(faults)))
        return guests

    def _plant(self, planter: Planter, rows: list[Row], listed: list[Row]) -> None:
        """Plant faults in a village's rows; whose number another row carries is one of `listed`."""
        chance = self._fault_random.random
        for row in rows:
            person = row.person
            if person.flags or person.marks or person.number[17] == "X":
                planter.plant_natural(row)
            planter.plant_always(row)
            likelihood = CHANCE_OF_A_FAULT
            if row.faults:
                likelihood = SECOND_FAULT
            if len(person.sources) > 1 or "DUP_FIRST" in row.faults or "DUP_AGAIN" in row.faults:
                likelihood = CHANCE_OF_A_FAULT * FAULTS_OF_OVERLAPS
            while chance() < likelihood:
                likelihood = SECOND_FAULT
                code = planter.plant_by_chance(row)
                if code in {"ID_PARENT", "ID_SHARED"}:
                    self._plant_foreign_number(code, row, listed)
                if not code:
                    break

    def _plant_foreign_number(self, code: str, row: Row, listed: list[Row]) -> None:
        """Write another person's number into a row: an elder's of the family or a neighbour's."""
        person, home = row.person, row.household
        if "id" in row.cells or person.household is not home:
            return
        if code == "ID_PARENT":
            if person.relation not in {"child", "grandchild"} or person.birth_year < 1990:
                return
            elders = [each for each in home.members if each.relation not in {"child", "grandchild"}]
        else:
            elders = [
                other.person
                for other in (self._fault_random.choice(listed) for _ in range(5))
                if other.household is not home and other.person.birth != person.birth
            ]
        if not elders:
            return
        owner = self._fault_random.choice(elders)
        row.cells["id"] = owner.number
        row.faults.append(code)
        if "ID_OWNER" not in owner.marks:
            owner.marks += ("ID_OWNER",)
        kind = "parent_id" if code == "ID_PARENT" else "shared_id"
        owner.entangled.append((person, kind))
        person.entangled.append((owner, kind))

    def _write(self, homes: list[Household], rows: dict[int, list[Row]], source: str) -> None:
        """Write a village into the county's roster, the exports and the truth."""
        truth, writers = self._truth, self._writers
        writer = writers.get(source)
        for home in homes:
            family = rows.get(home.key)
            if family and writer:
                fill_down = "household" in writer.layout.first_only
                for row in family:
                    if fill_down and not row.first:
                        row.faults.append("HH_FILLDOWN")
                    if row.person.marks:
                        _mark(row)
                    line = writer.add(row)
                    truth.add_record(row, source, writer.file, writer.sheet, line)
            for place, person in enumerate(home.members, 1):
                if person.household is not home:
                    continue
                person.sources = tuple(each for each in person.sources if each in writers)
                if person.sources:
                    truth.add_person(person)
                    self._people_written += 1
                for other in person.sources:
                    if other[0] == "U":
                        row = Row(person, home, place, place == 1, person.relation)
                        row.faults.extend(person.marks)
                        line = writers[other].add(row)
                        truth.add_record(
                            row, other, writers[other].file, writers[other].sheet, line
                        )
            # Without the reference back from the household, people are freed as soon as they are
            # written; the collector of cycles would have to find them among millions.
            if home.head.household is home:
                home.members = []

    def _finish(self, writer: RosterWriter | GridWriter) -> None:
        writer.close()
        for file, sheets, header_row, records in writer.finished:
            self._files[file] = records
            self._truth.add_file(writer.layout, file, sheets, header_row, records)


def _mark(row: Row) -> None:
    """Add the codes that hold for the person to a row, unless a fault of it makes them moot."""
    for code in row.person.marks:
        if code == "NAME_RARE" and "NAME_RARE_LOST" in row.faults:
            continue
        if code == "ID_ENDS_000" and not NUMBER_LOST.isdisjoint(row.faults):
            continue
        row.faults.append(code)
