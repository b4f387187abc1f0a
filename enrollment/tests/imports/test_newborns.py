"""Newborns without a number: on the roll under a temporary one, which ends when their own comes."""

import json

import pytest

from bureau.core import clock, integrity, jobs
from bureau.core.actors import Scope
from bureau.core.choices import AreaLevel, JobState
from bureau.core.models import Area, Job
from enrollment.choices.roster_work import RosterWait
from enrollment.models import (
    CandidatePair,
    CoverageSpell,
    HouseholdMember,
    PersonIdentifier,
    RosterBatch,
    RosterCorrection,
    RosterLink,
    RosterRow,
)
from enrollment.selectors import roster_work
from enrollment.services import row_repair
from enrollment.tests import corrections, rosters

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

CHILD = 8
BORN = "2019-06-01"
NUMBER = rosters._number("21028120190601" + "011")
EVIDENCE = "Birth certificate S210000001 seen · registered by the mother."


def child(
    cells: dict[str, str], index: int, number: str = "", year: str = "2019"
) -> dict[str, str]:
    cells = {**cells, "年度": year}
    if index != CHILD:
        return cells
    return {
        **cells,
        "身份证号": number,
        "出生日期": BORN,
        "性别": "男",
        "与户主关系": "子",
        "电话": "",
    }


@pytest.fixture
def batch() -> RosterBatch:
    return rosters.bring_in(rosters.csv_of(rosters.lines(range(9), change=child)))


@pytest.fixture
def row(batch: RosterBatch) -> RosterRow:
    return batch.rows.get(row_no=CHILD + 2)


def settle() -> None:
    """The corrections typed last are read, approved and taken."""
    made = RosterCorrection.objects.latest("pk")
    job = Job.objects.filter(arguments__correction_id=made.pk).latest("pk")
    assert jobs.run_until_done(job.pk).state == JobState.DONE
    made.refresh_from_db()
    assert corrections.verdicts(made) == {"changed": 1}
    corrections.take(made)


def let_in(row: RosterRow) -> int:
    """The child stands on the roll by its birth certificate; returns its file."""
    row_repair.find_right(
        batch=row.batch,
        rows={row.pk: row.version},
        evidence=EVIDENCE,
        at=clock.now(),
        by=rosters.BY,
    )
    settle()
    row.refresh_from_db()
    return RosterLink.objects.get(row=row).person_id


def waiting() -> int:
    city = Area.objects.get(level=AreaLevel.CITY)
    found = roster_work.rows_waiting(Scope.of([city.path])).get(RosterWait.NUMBER)
    return found.count if found else 0


def test_a_newborn_is_on_the_roll_with_its_household_under_a_temporary_number(
    row: RosterRow,
) -> None:
    assert (row.outcome, row.reasons) == ("REVIEW", ["NEWBORN_WITHOUT_NUMBER"])
    assert waiting() == 1
    person = let_in(row)
    assert (row.outcome, row.confirmed) == ("ACCEPTED", ["NEWBORN_WITHOUT_NUMBER"])
    number = PersonIdentifier.objects.get(person=person, kind="TEMPORARY")
    assert number.number == f"LS210281{person:012d}"
    assert not number.number.isdigit()
    assert HouseholdMember.objects.filter(person=person).exists()
    spell = CoverageSpell.objects.get(source_row=row)
    assert (spell.person_id, spell.state) == (person, "IN_FORCE")
    assert waiting() == 1
    assert integrity.broken_invariants() == []


def test_the_number_that_is_completed_ends_the_temporary_one(row: RosterRow) -> None:
    person = let_in(row)
    cells = json.loads(row.raw)
    cells[rosters.HEADER.index("身份证号")] = NUMBER
    row_repair.repair(row=row, cells=cells, version=row.version, at=clock.now(), by=rosters.BY)
    settle()
    row.refresh_from_db()
    assert (row.outcome, row.confirmed) == ("ACCEPTED", [])
    assert RosterLink.objects.get(row=row).person_id == person
    held = {one.kind: one for one in PersonIdentifier.objects.filter(person=person)}
    assert held["RESIDENT_ID"].number == NUMBER
    assert held["TEMPORARY"].period.upper == clock.today()
    assert waiting() == 0
    assert integrity.broken_invariants() == []


def test_next_years_roster_with_the_number_is_offered_as_the_same_child(row: RosterRow) -> None:
    """Two children of one name and birthday may be twins' cousins: a person says that it is one."""
    person = let_in(row)
    lines = rosters.lines(range(9), change=lambda c, i: child(c, i, NUMBER, "2020"))
    later = rosters.bring_in(rosters.csv_of(lines), year=2020)
    now = later.rows.get(row_no=CHILD + 2)
    pair = CandidatePair.objects.get(row_a=row, row_b=now)
    assert pair.state == "OPEN"
    assert {"NAME_EQUAL", "BIRTH_EQUAL"} <= set(pair.evidence)
    assert PersonIdentifier.objects.get(person=person, kind="TEMPORARY").period.upper is None
    assert integrity.broken_invariants() == []


def test_a_second_year_without_a_number_is_asked_about_again(row: RosterRow) -> None:
    let_in(row)
    lines = rosters.lines(range(9), change=lambda c, i: child(c, i, "", "2020"))
    later = rosters.bring_in(rosters.csv_of(lines), year=2020)
    now = later.rows.get(row_no=CHILD + 2)
    assert (now.outcome, len(now.reasons)) == ("REVIEW", 1)
