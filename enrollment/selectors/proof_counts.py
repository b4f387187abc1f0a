"""Counting for the integration proof, set-based and at one moment.

Everything is counted anew from rows, links and spells; nothing is taken from the counters that the
import kept, so that the proof can contradict them.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q

from bureau.core.actors import Scope
from bureau.core.choices import AreaLevel
from bureau.core.models import Area
from bureau.intake.choices import TAKEN_BACK, BatchState
from enrollment.choices import CoverageState, Outcome
from enrollment.models import RosterBatch, RosterFile
from enrollment.selectors import double_figures, fallen
from enrollment.selectors import proof_sql as sql
from enrollment.selectors.proof import (
    Check,
    FileCount,
    Participation,
    Proof,
    RollLine,
    RosterCount,
    Totals,
)
from enrollment.selectors.proof_places import Places

#: States of spells in the order of the tables.
STATES = tuple(CoverageState.values)
#: Among the rows off the roll: lines left out beside another one of the same person.
FURTHER = "FURTHER"


@contextmanager
def one_moment() -> Iterator[None]:
    """All statements inside see the database as it is at the first of them."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            # People of a whole city are told apart in memory: three millions take 200 MB.
            cursor.execute("SET LOCAL work_mem = '256MB'")
        yield


def years_of(scope: Scope) -> list[int]:
    """Years of which the scope has rosters, the latest first."""
    rosters = scope.filter(_rosters()).order_by("-year")
    return list(rosters.values_list("year", flat=True).distinct())


def uncounted(scope: Scope, year: int | None) -> tuple[int, int]:
    """How many rosters of the scope are being read, and how many are drafts that nobody handed
    over yet: a draft may stay one for ever."""
    rosters = scope.filter(_rosters()).filter(checked_at=None)
    found = (rosters.filter(year=year) if year else rosters).aggregate(
        drafts=Count("pk", filter=Q(state=BatchState.DRAFT)), all=Count("pk")
    )
    return found["all"] - found["drafts"], found["drafts"]


def _rosters() -> Any:
    return RosterBatch.objects.exclude(state__in=TAKEN_BACK)


def proof_of(
    scope: Scope,
    *,
    at: datetime.datetime,
    year: int | None = None,
    rosters: Collection[int] | None = None,
) -> Proof:
    """The proof over the rosters of the scope that were checked and not withdrawn.

    `year` keeps the rosters of one year, `rosters` those of these numbers. Rosters still being read
    are only counted.
    """
    with one_moment():
        return _Counting(scope, year, rosters).proof(at)


class _Counting:
    """One count of everything, from which the parts of the proof are put together."""

    def __init__(self, scope: Scope, year: int | None, only: Collection[int] | None = None) -> None:
        rosters = scope.filter(_rosters().select_related("area"))
        if year:
            rosters = rosters.filter(year=year)
        if only is not None:
            rosters = rosters.filter(pk__in=list(only))
        found = list(rosters.order_by("area__path", "scheme", "year", "pk"))
        self.year = year
        self.years = years_of(scope)
        unread = [roster for roster in found if roster.checked_at is None]
        self.drafts = sum(roster.state == BatchState.DRAFT for roster in unread)
        self.unread = len(unread) - self.drafts
        self.rosters = {roster.pk: roster for roster in found if roster.checked_at}
        self.places = Places()
        self.applied = [pk for pk, r in self.rosters.items() if r.state == BatchState.APPLIED]
        self.files = self._files()
        self._count()

    def _files(self) -> list[FileCount]:
        files = list(
            RosterFile.objects.filter(batch__in=self.rosters, withdrawn=False).order_by("pk")
        )
        outcomes: dict[int, dict[str, int]] = {}
        for file_id, outcome, rows in self._ask(
            sql.ROWS_BY_FILE, files=[file.pk for file in files]
        ):
            outcomes.setdefault(file_id, {})[outcome] = rows
        order = {number: place for place, number in enumerate(self.rosters)}
        files.sort(key=lambda file: (order[file.batch_id], file.name, file.pk))
        return [
            FileCount(
                file_id=file.pk,
                roster_id=file.batch_id,
                name=file.name,
                sha256=file.sha256,
                read=file.rows_loaded,
                outcomes=outcomes.get(file.pk, {}),
            )
            for file in files
        ]

    def _count(self) -> None:
        """Rows on the roll by roster, area and state; further rows; rows not on the roll."""
        #: (roster, county, state of the spell): rows on the roll.
        self.spells: Counter[tuple[int, Area, str]] = Counter()
        #: (roster kept, county kept, roster, county): further rows of people.
        self.further: Counter[tuple[int, Area, int, Area]] = Counter()
        #: Those of them whose coverage is in force as well: other days of the same person.
        self.further_in_force: Counter[Area] = Counter()
        #: (roster, county, outcome): rows not on the roll.
        self.off_roll: Counter[tuple[int, Area, str]] = Counter()
        county = self.places.county
        for roster, area, state, rows in self._ask(sql.SPELLS):
            self.spells[roster, county(area), state] += rows
        self._do(sql.LIST_SEVERAL)
        for kept, kept_area, roster, area, rows, in_force in self._ask(sql.FURTHER_ROWS):
            self.further[kept, county(kept_area), roster, county(area)] += rows
            self.further_in_force[county(area)] += in_force
        self.overlaps = self._ask(sql.OVERLAPS)
        self._do(sql.FORGET_SEVERAL)
        for roster, code, outcome, rows in self._ask(sql.NOT_ON_ROLL):
            named = self.places.county_written(code, self.rosters[roster])
            self.off_roll[roster, named, outcome] += rows
        #: roster: records for which a row of another edition stands.
        self.by_edition: Counter[int] = Counter(dict(self._ask(sql.BY_EDITION)))
        self.linked = sum(rows for _roster, rows in self._ask(sql.LINKS_BY_ROSTER))
        ((self.people,),) = self._ask(sql.PEOPLE)
        ((self.people_with_file,),) = self._ask(sql.PEOPLE_WITH_FILE)
        self.doubles = double_figures.pairs_of(self.applied)
        #: County: people on the roll whom these rosters do not insure, but another one does.
        self.covered: Counter[Area] = Counter()
        for area, people in fallen.insured_elsewhere(self.applied):
            self.covered[county(area)] += people

    def _facts(self) -> dict[str, list[int]]:
        counties = self.places.counties
        return {
            "applied": self.applied,
            "areas": list(counties),
            "counties": [area.pk for area in counties.values()],
        }

    def _ask(self, statement: str, **facts: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, self._facts() | facts)
            return list(cursor.fetchall())

    def _do(self, statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, self._facts())

    def proof(self, at: datetime.datetime) -> Proof:
        totals = self._totals()
        participation = self._participation()
        scheme_overlaps, county_overlaps = self._overlaps()
        return Proof(
            made_at=at,
            year=self.year,
            years=self.years,
            unread_rosters=self.unread,
            drafts=self.drafts,
            totals=totals,
            checks=self._checks(totals, participation),
            files=self.files,
            rosters=[self._roster(roster) for roster in self.rosters.values()],
            roll=self._roll(),
            participation=participation,
            scheme_overlaps=scheme_overlaps,
            county_overlaps=county_overlaps,
            doubles=self.doubles,
            further=self._further_by_scheme(),
            reasons=sorted(self._ask(sql.REASONS), key=lambda line: (-line[2], line[0], line[1])),
        )

    def _records(self, rosters: Iterable[int]) -> int:
        wanted = set(rosters)
        return sum(file.records for file in self.files if file.roster_id in wanted)

    def _off(self, outcome: str) -> int:
        return sum(rows for (_r, _c, found), rows in self.off_roll.items() if found == outcome)

    def _totals(self) -> Totals:
        read = sum(file.read for file in self.files)
        records = self._records(self.rosters)
        applied = self._records(self.applied)
        same = sum(rows for (kept, _kc, roster, _c), rows in self.further.items() if kept == roster)
        return Totals(
            read=read,
            not_records=sum(file.rows(Outcome.NOT_RECORD) for file in self.files),
            records=records,
            not_applied=records - applied,
            applied_records=applied,
            people=self.people,
            further_same=same,
            further_other=sum(self.further.values()) - same,
            waiting=self._off(Outcome.REVIEW),
            rejected=self._off(Outcome.REJECTED) + self._off(FURTHER),
            editions=self.by_edition.total(),
        )

    def _checks(self, totals: Totals, participation: list[Participation]) -> list[Check]:
        rows = sum(sum(file.outcomes.values()) for file in self.files)
        further = totals.further_same + totals.further_other
        off_roll = totals.waiting + totals.rejected
        return [
            Check("ROWS", totals.read, rows),
            Check("RECORDS", totals.applied_records, self.linked + off_roll + totals.editions),
            Check("COVERAGE", self.linked, sum(self.spells.values())),
            Check("PEOPLE", self.linked, totals.people + further),
            Check("FILES", totals.people, self.people_with_file),
            Check("AREAS", totals.people, sum(line.people for line in participation)),
        ]

    def _roster(self, roster: RosterBatch) -> RosterCount:
        number = roster.pk
        on_roll = sum(rows for (found, _c, _s), rows in self.spells.items() if found == number)
        further = {True: 0, False: 0}
        for (kept, _kc, found, _c), rows in self.further.items():
            if found == number:
                further[kept == number] += rows

        def off(outcome: str) -> int:
            lines = self.off_roll.items()
            return sum(rows for (r, _c, o), rows in lines if (r, o) == (number, outcome))

        return RosterCount(
            roster_id=number,
            area=roster.area,
            scheme=roster.scheme,
            year=roster.year,
            state=roster.state,
            declared=roster.rows_declared,
            records=self._records([number]),
            people=on_roll - sum(further.values()),
            same=further[True],
            other=further[False],
            waiting=off(Outcome.REVIEW),
            rejected=off(Outcome.REJECTED) + off(FURTHER),
            editions=self.by_edition[number],
        )

    def _records_by_place(self) -> Counter[tuple[Area, str]]:
        """Records of applied rosters by county and scheme.

        A rural roster's are its file's rows. Those of the city's exports lie where the roll or, off
        the roll, the row itself says. A record that several editions say counts once.
        """
        found: Counter[tuple[Area, str]] = Counter()
        named = {pk for pk in self.applied if self.rosters[pk].area.level == AreaLevel.CITY}
        for number in set(self.applied) - named:
            roster = self.rosters[number]
            records = self._records([number]) - self.by_edition[number]
            found[self.places.county(roster.area_id), roster.scheme] += records
        for counts in (self.spells, self.off_roll):
            for (number, county, _state), rows in counts.items():
                if number in named:
                    found[county, self.rosters[number].scheme] += rows
        return found

    def _roll(self) -> list[RollLine]:
        records = self._records_by_place()
        spells: defaultdict[tuple[Area, str], Counter[str]] = defaultdict(Counter)
        people: Counter[tuple[Area, str]] = Counter()
        for (number, county, state), rows in self.spells.items():
            place = county, self.rosters[number].scheme
            spells[place][state] += rows
            people[place] += rows
        for (_kept, _kc, number, county), rows in self.further.items():
            people[county, self.rosters[number].scheme] -= rows
        return [
            RollLine(
                area=area,
                scheme=scheme,
                records=records[area, scheme],
                people=people[area, scheme],
                spells={state: spells[area, scheme][state] for state in STATES},
            )
            for area, scheme in sorted({*records, *spells}, key=lambda p: (p[0].path, p[1]))
        ]

    def _participation(self) -> list[Participation]:
        records: Counter[Area] = Counter()
        for (area, _scheme), rows in self._records_by_place().items():
            records[area] += rows
        people: Counter[Area] = Counter()
        in_force: Counter[Area] = Counter()
        for (_roster, area, state), rows in self.spells.items():
            people[area] += rows
            in_force[area] += rows if state == CoverageState.IN_FORCE else 0
        in_force.subtract(self.further_in_force)
        same: Counter[Area] = Counter()
        elsewhere: Counter[Area] = Counter()
        for (_kept, kept_area, _roster, area), rows in self.further.items():
            people[area] -= rows
            (same if kept_area == area else elsewhere)[area] += rows
        off: Counter[tuple[Area, str]] = Counter()
        for (_roster, area, outcome), rows in self.off_roll.items():
            off[area, outcome] += rows
        return [
            Participation(
                area=area,
                records=records[area],
                people=people[area],
                in_force=in_force[area],
                same=same[area] + off[area, FURTHER],
                elsewhere=elsewhere[area],
                waiting=off[area, Outcome.REVIEW],
                rejected=off[area, Outcome.REJECTED],
                covered=self.covered[area],
            )
            for area in sorted({*records, *people}, key=lambda area: area.path)
        ]

    def _overlaps(self) -> tuple[list[tuple[str, str, int]], list[tuple[Area, Area, int]]]:
        schemes: list[tuple[str, str, int]] = []
        counties: list[tuple[Area, Area, int]] = []
        for scheme_a, scheme_b, county_a, county_b, people in self.overlaps:
            if scheme_a is not None:
                schemes.append((scheme_a, scheme_b, people))
            else:
                areas = self.places.by_number
                counties.append((areas[county_a], areas[county_b], people))
        counties.sort(key=lambda line: (line[0].path, line[1].path))
        return sorted(schemes), counties

    def _further_by_scheme(self) -> list[tuple[str, str, int]]:
        found: Counter[tuple[str, str]] = Counter()
        for (kept, _kc, number, _c), rows in self.further.items():
            found[self.rosters[kept].scheme, self.rosters[number].scheme] += rows
        return [(*schemes, rows) for schemes, rows in sorted(found.items())]
