"""What a roster as a whole says against its own rows."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from enrollment.imports.match import Workspace
from enrollment.imports.roster_checks import check_rosters
from enrollment.tests.imports.roster_rows import frame, number, row

CHILD_BORN = date(2012, 3, 4)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, memory_bytes=256 * 1024**2, threads=1)


def reasons(checked: pl.DataFrame) -> dict[int, list[str]]:
    held = checked.filter(pl.col("outcome") == "REVIEW")
    return dict(held.select("row_id", "reasons_added").iter_rows())


def test_a_roster_in_order_has_nothing_to_say(workspace: Workspace) -> None:
    rows = frame(row(1), row(2, sex="MALE"), row(3, birth_on=CHILD_BORN))
    assert check_rosters(rows, workspace=workspace).is_empty()


@pytest.mark.parametrize("outcome", ["ACCEPTED", "REVIEW"])
def test_the_owner_keeps_a_number_that_a_household_member_carries_too(
    workspace: Workspace, outcome: str
) -> None:
    mother = row(1, household_no="7")
    child = {"id_number": number(), "birth_on": CHILD_BORN, "name_key": "于嘉怡"}
    rows = frame(mother, row(2, household_no="7", outcome=outcome, **child))
    assert reasons(check_rosters(rows, workspace=workspace)) == {2: ["ID_OF_PARENT"]}


def test_a_number_copied_from_another_household_is_shared(workspace: Workspace) -> None:
    copied = {"id_number": number(), "birth_on": date(1950, 1, 2), "name_key": "迟秀兰"}
    rows = frame(row(1), row(2, **copied))
    assert reasons(check_rosters(rows, workspace=workspace)) == {2: ["ID_SHARED"]}


def test_without_birth_dates_nobody_proves_to_own_the_number(workspace: Workspace) -> None:
    rows = frame(row(1, birth_on=None), row(2, birth_on=None, name_key="迟秀兰"))
    assert reasons(check_rosters(rows, workspace=workspace)) == {1: ["ID_SHARED"], 2: ["ID_SHARED"]}


def test_two_who_both_bear_the_number_out_had_it_issued_twice(workspace: Workspace) -> None:
    rows = frame(row(1), row(2, name_key="苗丽娜"))
    assert reasons(check_rosters(rows, workspace=workspace)) == {
        1: ["ID_ISSUED_TWICE"],
        2: ["ID_ISSUED_TWICE"],
    }


def test_twins_under_one_number_are_not_an_issue_of_two(workspace: Workspace) -> None:
    rows = frame(row(1, household_no="7"), row(2, household_no="7", name_key="苗丽娜"))
    assert set(reasons(check_rosters(rows, workspace=workspace))) == {1, 2}
    assert all(
        found == ["ID_OF_PARENT"]
        for found in reasons(check_rosters(rows, workspace=workspace)).values()
    )


@pytest.mark.parametrize(
    "again", ["王淑芬", "王书芬", "王淑芳", "王淑?"], ids=["equal", "homophone", "glyph", "lost"]
)
def test_the_second_place_of_a_person_waits_and_the_first_does_not(
    workspace: Workspace, again: str
) -> None:
    rows = frame(row(2), row(9, name_key=again), row(5, sex="MALE"))
    assert reasons(check_rosters(rows, workspace=workspace)) == {9: ["LISTED_TWICE"]}


def test_the_first_place_is_that_of_file_sheet_and_row(workspace: Workspace) -> None:
    rows = frame(
        row(1, file="b.txt", row_no=3),
        row(2, file="a.txt", row_no=9),
        row(3, file="a.txt", row_no=30),
    )
    assert set(reasons(check_rosters(rows, workspace=workspace))) == {1, 3}


def test_another_roster_is_no_second_place(workspace: Workspace) -> None:
    rows = frame(row(1), row(2, "URBMI"), row(3, "UEBMI", name_key="苗丽娜"))
    assert check_rosters(rows, workspace=workspace).is_empty()


def test_households_are_noted_and_hold_nobody_back(workspace: Workspace) -> None:
    rows = frame(
        row(1, household_no="7", relation_code="02"),
        row(2, household_no="7", relation_code="02", sex="MALE", name_key="于国强"),
        row(3, household_no="8", relation_code="20", birth_on=CHILD_BORN),
        row(4, "URBMI", household_no="7", relation_code="02", birth_on=CHILD_BORN),
    )
    checked = check_rosters(rows, workspace=workspace)
    assert dict(checked.select("row_id", "notes").iter_rows()) == {
        1: ["HOUSEHOLD_HEADS"],
        2: ["HOUSEHOLD_HEADS"],
        3: ["RELATION_SEX"],
    }
    assert checked["outcome"].null_count() == 3


def test_the_order_of_rows_does_not_matter(workspace: Workspace) -> None:
    rows = frame(
        row(1),
        row(2, name_key="苗丽娜"),
        row(3),
        row(4, birth_on=CHILD_BORN, id_number=number(), household_no="3"),
    )
    once = check_rosters(rows, workspace=workspace)
    assert check_rosters(rows.reverse(), workspace=workspace).equals(once)
