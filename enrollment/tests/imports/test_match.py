"""Who is linked without asking, who is offered to a clerk, and who never meets."""

import dataclasses
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from enrollment.imports import match
from enrollment.imports.match import ColumnsMissing, Linkage, Workspace, link_rows
from enrollment.rules.matching import CERTAIN_TIERS
from enrollment.tests.imports.roster_rows import (
    BORN,
    frame,
    number,
    person,
    roll,
    row,
    without_number,
)

CHILD_BORN = date(2012, 3, 4)
#: Nothing is linked but what is certain, so that all the rest is asked.
ASKING = dataclasses.replace(CERTAIN_TIERS, link_from_bits=1000)
URBAN = "URBMI"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, memory_bytes=256 * 1024**2, threads=1)


def linked(linkage: Linkage) -> set[frozenset[int]]:
    """The clusters of more than one row."""
    clusters = (
        linkage.links.group_by("cluster").agg("row_id").filter(pl.col("row_id").list.len() > 1)
    )
    return {frozenset(rows) for rows in clusters["row_id"]}


def offered(linkage: Linkage) -> set[frozenset[int]]:
    return {frozenset(pair) for pair in linkage.pairs.select("row_a", "row_b").iter_rows()}


def reasons(linkage: Linkage) -> dict[int, str]:
    return dict(linkage.findings.select("row_id", "reason").iter_rows())


def test_equal_number_and_name_in_two_rosters_is_one_person(workspace: Workspace) -> None:
    linkage = link_rows(
        frame(row(1), row(2, URBAN), row(3, URBAN, sex="MALE")), workspace=workspace
    )
    assert linked(linkage) == {frozenset({1, 2})}
    assert linkage.links.row(0, named=True) == {
        "row_id": 1,
        "cluster": 1,
        "person_id": None,
        "tier": "NUMBER_AND_NAME",
        "score": 1.0,
        "evidence": ["NUMBER_EQUAL", "NAME_EQUAL", "BIRTH_EQUAL"],
        "holds_number": True,
    }
    assert linkage.links["tier"].to_list()[2] is None
    assert linkage.pairs.is_empty()
    assert linkage.findings.is_empty()
    assert linkage.model == CERTAIN_TIERS.name


@pytest.mark.parametrize("alike", ["王淑分", "汪淑芬", "王书芬"])
def test_equal_number_under_a_name_of_equal_sound_is_one_person(
    workspace: Workspace, alike: str
) -> None:
    linkage = link_rows(frame(row(1), row(2, URBAN, name_key=alike)), workspace=workspace)
    assert linked(linkage) == {frozenset({1, 2})}
    assert linkage.links["tier"].to_list() == ["NUMBER_AND_SOUND"] * 2


@pytest.mark.parametrize("state", ["REVIEW", "FIXED"])
def test_a_certain_row_is_linked_though_it_waits_for_another_reason(
    workspace: Workspace, state: str
) -> None:
    linkage = link_rows(frame(row(1), row(2, URBAN, outcome=state)), workspace=workspace)
    assert linked(linkage) == {frozenset({1, 2})}


def test_a_row_without_birth_date_column_is_linked_by_number_and_name(workspace: Workspace) -> None:
    linkage = link_rows(frame(row(1), row(2, URBAN, birth_on=None)), workspace=workspace)
    assert linked(linkage) == {frozenset({1, 2})}


@pytest.mark.parametrize(
    "doubtful",
    [
        pytest.param({"name_key": "王淑芳"}, id="one character of another sound"),
        pytest.param({"name_key": "王淑?"}, id="a character lost"),
        pytest.param({"name_key": None}, id="no name"),
        pytest.param({"birth_on": date(1980, 7, 15), "id_number": number()}, id="birth differs"),
        pytest.param({"sex": "MALE", "id_number": number()}, id="sex differs"),
        pytest.param(without_number(), id="no number"),
        pytest.param(without_number("NEWBORN"), id="newborn"),
        pytest.param(
            without_number("WRONG_COLUMN", id_suggestion=number()), id="number in another column"
        ),
        pytest.param(
            without_number("BAD_CHECK", number()[:9] + "7" + number()[10:]), id="one digit wrong"
        ),
        pytest.param(
            without_number("BAD_CHECK", number()[:15] + number()[16:14:-1] + number()[17]),
            id="neighbours swapped",
        ),
        pytest.param(
            without_number(
                "BAD_CHECK", number()[:15] + number()[16:14:-1] + number()[17], name_key=None
            ),
            id="neighbours swapped and no name",
        ),
        pytest.param(without_number(name_key="王书芬"), id="no number and a homophone"),
        pytest.param(
            without_number(name_key="王淑芳", phone="13800000001"), id="no number, one character"
        ),
        pytest.param(
            {"id_number": number(date(1950, 1, 1)), "birth_on": BORN}, id="number of a parent"
        ),
        pytest.param(
            without_number("OTHER_DOCUMENT", "0170040002"), id="no number but something else"
        ),
    ],
)
def test_a_doubtful_row_is_offered_and_not_linked(
    workspace: Workspace, doubtful: dict[str, object]
) -> None:
    other = row(2, URBAN, phone="13800000001")
    linkage = link_rows(frame(row(1, **doubtful), other), workspace=workspace, model=ASKING)
    assert linked(linkage) == set()
    assert offered(linkage) == {frozenset({1, 2})}
    assert linkage.pairs["score"][0] >= CERTAIN_TIERS.offer_from
    # A sixth only where somebody could be taken for one of the two.
    assert len(linkage.pairs["reasons"][0]) == 5


@pytest.mark.parametrize(
    ("one", "another"),
    [
        pytest.param(
            {"birth_on": CHILD_BORN, "name_key": "于嘉怡"},
            {
                "birth_on": CHILD_BORN,
                "name_key": "于嘉欣",
                "id_number": number(CHILD_BORN, serial=5),
            },
            id="twins",
        ),
        pytest.param({}, {"id_number": number(serial=5)}, id="same name and birthday"),
        pytest.param(
            {"household_no": "1"},
            {
                "id_number": number(),
                "birth_on": CHILD_BORN,
                "name_key": "于嘉怡",
                "household_no": "1",
            },
            id="parent and child under one number",
        ),
        pytest.param(
            {"household_no": "1", "name_key": "王波"},
            {
                "id_number": number(),
                "birth_on": CHILD_BORN,
                "name_key": "王琳",
                "household_no": "1",
            },
            id="parent and child named alike under one number",
        ),
        pytest.param(
            {},
            {"id_number": number(), "birth_on": date(1955, 1, 2), "name_key": "迟秀兰"},
            id="number copied from a neighbour",
        ),
        pytest.param(
            {"household_no": "1", "name_key": "于嘉怡"},
            without_number(name_key="于嘉欣", household_no="1"),
            id="twin without a number",
        ),
        pytest.param(
            {},
            without_number("WRONG_COLUMN", id_suggestion=number(serial=9)),
            id="namesake whose number stands in another column",
        ),
        pytest.param(
            {},
            without_number("BAD_CHECK", number(area="370102", serial=77)[:17] + "?"),
            id="namesake with a slip in another number",
        ),
    ],
)
def test_different_people_are_neither_linked_nor_offered(
    workspace: Workspace, one: dict[str, object], another: dict[str, object]
) -> None:
    linkage = link_rows(frame(row(1, **one), row(2, **another)), workspace=workspace)
    assert linked(linkage) == set()
    assert offered(linkage) == set()


def test_a_child_under_a_parents_number_meets_its_own_row_only(workspace: Workspace) -> None:
    mother = row(1, household_no="1")
    child = row(
        2,
        household_no="1",
        name_key="于嘉怡",
        birth_on=CHILD_BORN,
        id_number=number(),
        outcome="REVIEW",
    )
    at_school = row(3, URBAN, name_key="于嘉怡", birth_on=CHILD_BORN)
    linkage = link_rows(frame(mother, child, at_school), workspace=workspace)
    assert linked(linkage) == set()
    assert linkage.pairs.select("row_a", "row_b").rows() == [(2, 3)]
    assert reasons(linkage) == {2: "ID_OF_PARENT"}
    assert linkage.links["holds_number"].to_list() == [True, False, True]


def test_a_number_issued_twice_is_linked_for_each_and_shown_low(workspace: Workspace) -> None:
    linkage = link_rows(
        frame(row(1), row(2, URBAN), row(3, "NCMS210283", name_key="苗丽娜")), workspace=workspace
    )
    assert linked(linkage) == {frozenset({1, 2})}
    assert reasons(linkage) == dict.fromkeys((1, 2, 3), "ID_ISSUED_TWICE")
    assert linkage.pairs["score"].to_list() == [CERTAIN_TIERS.issued_twice_score]
    assert not linkage.links["holds_number"].any()


def test_an_unproven_row_loses_its_number_to_a_row_that_bears_it_out(workspace: Workspace) -> None:
    linkage = link_rows(
        frame(row(1), row(2, URBAN, birth_on=None, name_key="苗丽娜")), workspace=workspace
    )
    assert reasons(linkage) == {2: "ID_SHARED"}


def test_rejected_rows_and_rows_that_are_no_records_take_no_part(workspace: Workspace) -> None:
    linkage = link_rows(
        frame(row(1), row(2, URBAN, outcome="REJECTED"), row(3, URBAN, outcome="NOT_RECORD")),
        workspace=workspace,
    )
    assert linkage.links["row_id"].to_list() == [1]
    assert linkage.pairs.is_empty()


def test_mangled_digits_are_never_compared(workspace: Workspace) -> None:
    lost = without_number("MANGLED", number()[:15] + "000", birth_on=None, name_key=None)
    assert link_rows(frame(row(1), row(2, **lost)), workspace=workspace).pairs.is_empty()


def test_pairs_come_likeliest_first_with_the_unsure_row_before_the_other(
    workspace: Workspace,
) -> None:
    linkage = link_rows(
        frame(
            row(1),
            row(2, URBAN, **without_number()),
            row(3, "UEBMI", **without_number("WRONG_COLUMN", id_suggestion=number())),
        ),
        workspace=workspace,
        model=ASKING,
    )
    assert linkage.pairs.select("row_a", "row_b").rows()[0] == (3, 1)
    assert linkage.pairs["bits"].is_sorted(descending=True)


def test_no_more_are_offered_for_a_row_than_a_clerk_can_weigh(workspace: Workspace) -> None:
    namesakes = [row(n, URBAN, id_number=number(serial=n)) for n in range(2, 12)]
    linkage = link_rows(frame(row(1, **without_number()), *namesakes), workspace=workspace)
    assert linkage.pairs.height == CERTAIN_TIERS.offers_per_row


def test_a_number_under_many_names_is_nobodys(workspace: Workspace) -> None:
    names = [f"王{chr(0x4E00 + 37 * n)}" for n in range(CERTAIN_TIERS.holders_limit + 1)]
    rows = [row(n, name_key=name) for n, name in enumerate(names, 1)]
    linkage = link_rows(frame(*rows, row(999, URBAN, name_key=names[0])), workspace=workspace)
    assert linked(linkage) == set()
    assert linkage.pairs.is_empty()
    assert set(linkage.findings["reason"]) == {"ID_SHARED"}
    assert linkage.findings.height == len(rows) + 1


def test_a_key_shared_by_too_many_rows_is_passed_over_and_counted(workspace: Workspace) -> None:
    size = CERTAIN_TIERS.block_limit + 1
    rows = [row(n, **without_number()) for n in range(size)]
    linkage = link_rows(frame(*rows), workspace=workspace)
    assert linkage.pairs.is_empty()
    assert linkage.blocks_skipped >= 1


def test_a_row_joins_the_person_of_the_roll_by_any_of_the_persons_numbers(
    workspace: Workspace,
) -> None:
    old, new = number(serial=1), number(serial=2)
    linkage = link_rows(
        frame(row(1, id_number=old), row(2, URBAN, id_number=new), row(3, sex="MALE")),
        roll(person(77, id_number=old), person(77, id_number=new)),
        workspace=workspace,
    )
    assert linkage.links["person_id"].to_list() == [77, 77, None]
    assert linkage.links["tier"].to_list() == ["NUMBER_AND_NAME", "NUMBER_AND_NAME", None]


def test_two_persons_of_the_roll_with_one_number_are_a_clerks_choice(workspace: Workspace) -> None:
    linkage = link_rows(frame(row(1)), roll(person(7), person(8)), workspace=workspace)
    assert linkage.links["person_id"].to_list() == [None]
    assert set(linkage.pairs.select("row_a", "row_b", "person_b").rows()) == {
        (1, None, 7),
        (1, None, 8),
    }


def test_an_unsure_row_is_offered_the_person_of_the_roll(workspace: Workspace) -> None:
    linkage = link_rows(frame(row(1, **without_number())), roll(person(7)), workspace=workspace)
    assert linkage.pairs.select("row_a", "row_b", "person_b").rows() == [(1, None, 7)]


def test_a_person_without_number_is_offered_to_the_row_that_has_one(workspace: Workspace) -> None:
    linkage = link_rows(frame(row(1)), roll(person(7, id_number=None)), workspace=workspace)
    assert linkage.pairs.select("row_a", "row_b", "person_b").rows() == [(1, None, 7)]


def test_a_waiting_row_of_an_earlier_roster_is_offered_to_a_new_row_only(
    workspace: Workspace,
) -> None:
    waiting = frame(row(1, **without_number()), row(2, URBAN, **without_number()))
    linkage = link_rows(
        frame(row(3, "UEBMI")), roll(person(7)), waiting=waiting, workspace=workspace
    )
    assert linkage.links.select("row_id", "person_id").rows() == [(3, 7)]
    assert {frozenset(pair) for pair in linkage.pairs.select("row_a", "row_b").iter_rows()} == {
        frozenset({1, 3}),
        frozenset({2, 3}),
    }


def test_a_waiting_row_is_linked_by_a_clerk_alone(workspace: Workspace) -> None:
    linkage = link_rows(frame(row(3, "UEBMI")), waiting=frame(row(1)), workspace=workspace)
    assert linkage.links.select("row_id", "cluster", "tier").rows() == [(3, 3, None)]
    assert linkage.pairs.select("row_a", "row_b").rows() == [(1, 3)]


def test_linking_in_two_steps_gives_what_linking_at_once_gives(workspace: Workspace) -> None:
    rows = [row(1), row(2, URBAN), row(3, URBAN, sex="MALE"), row(4, "UEBMI", sex="MALE")]
    at_once = link_rows(frame(*rows), workspace=workspace)
    second = link_rows(
        frame(rows[1], rows[3]),
        roll(person(1), person(3, **_particulars(rows[2]))),
        workspace=workspace,
    )
    assert linked(at_once) == {frozenset({1, 2}), frozenset({3, 4})}
    assert second.links["person_id"].to_list() == [1, 3]


def _particulars(of: dict[str, object]) -> dict[str, object]:
    return {name: of[name] for name in ("id_number", "name_key", "birth_on", "sex")}


def test_a_column_that_must_be_there_is_named(workspace: Workspace) -> None:
    with pytest.raises(ColumnsMissing, match="roster"):
        link_rows(frame(row(1)).drop("roster"), workspace=workspace)


def test_optional_columns_may_lack(workspace: Workspace) -> None:
    rows = frame(row(1), row(2, URBAN)).drop("phone", "address", "area", "household_no")
    assert linked(link_rows(rows, workspace=workspace)) == {frozenset({1, 2})}


def test_files_of_columns_say_the_same_as_columns_in_memory(workspace: Workspace, tmp_path) -> None:
    rows = frame(row(1), row(2, URBAN), row(3, "UEBMI", **without_number()))
    for part, piece in enumerate(rows.iter_slices(2)):
        piece.write_parquet(tmp_path / f"{part}.parquet")
    held, filed = (link_rows(given, workspace=workspace) for given in (rows, tmp_path))
    assert filed.links.equals(held.links)
    assert filed.pairs.equals(held.pairs)


def test_nothing_is_left_in_the_workspace(workspace: Workspace) -> None:
    link_rows(frame(row(1), row(2)), workspace=workspace)
    assert list(workspace.directory.iterdir()) == []


def test_names_sound_alike_character_by_character() -> None:
    written = pl.Series(["王淑芬", "汪书分", "胡长春", "胡常春", "阿依古丽·买买提", "Smith", None])
    sounds = match.sound_of(written).to_list()
    assert sounds[0] == sounds[1]
    assert sounds[2] == sounds[3]
    assert sounds[0] != sounds[2]
    assert sounds[5:] == ["Smith", None]
