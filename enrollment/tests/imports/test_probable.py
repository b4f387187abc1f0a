"""Who is linked by all evidence together, and who is asked about however much agrees."""

import dataclasses
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from enrollment.imports.match import Workspace, link_rows
from enrollment.rules.matching import CERTAIN_TIERS, VETOES, NameEvidence
from enrollment.tests.imports.roster_rows import BORN, frame, number, person, roll, row, waiting
from enrollment.tests.imports.roster_rows import without_number as numberless
from enrollment.tests.imports.test_match import linked, offered

URBAN = "URBMI"
PHONE = {"phone": "13800000001"}
SLIP = numberless("BAD_CHECK", number()[:9] + "7" + number()[10:])
CHILD = date(2012, 3, 4)
#: A bureau whose numbers were never issued twice may trust a number more than a character.
SPELLINGS = dataclasses.replace(
    CERTAIN_TIERS,
    vetoes=tuple(
        dataclasses.replace(veto, name=veto.name - {NameEvidence.ONE_CHARACTER})
        if veto.code == "LINK_OTHER_NAME"
        else veto
        for veto in VETOES
    ),
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, memory_bytes=256 * 1024**2, threads=1)


@pytest.mark.parametrize(
    "unsure",
    [
        pytest.param(SLIP, id="one digit wrong"),
        pytest.param(numberless("WRONG_COLUMN", id_suggestion=number()), id="other column"),
        pytest.param(
            {"birth_on": date(1980, 7, 15), "id_number": number()}, id="month and day turned"
        ),
        pytest.param({"sex": "MALE", "id_number": number()}, id="other sex"),
        pytest.param({"name_key": "王淑?"}, id="a character lost"),
        pytest.param({"name_key": None}, id="no name"),
        pytest.param(numberless(**PHONE), id="no number but the telephone"),
        pytest.param(
            {"id_number": number(date(1950, 1, 1)), "birth_on": BORN, **PHONE},
            id="a parent's number and the telephone",
        ),
    ],
)
def test_what_leaves_no_other_person_is_linked(
    workspace: Workspace, unsure: dict[str, object]
) -> None:
    other = row(2, URBAN, **PHONE)
    linkage = link_rows(frame(row(1, **unsure), other), workspace=workspace)
    assert linked(linkage) == {frozenset({1, 2})}
    assert offered(linkage) == set()
    [probable] = linkage.links.filter(linkage.links["tier"] == "PROBABLE").rows(named=True)
    assert 0.999 <= probable["score"] <= 1
    assert len(probable["evidence"]) == 5
    assert linkage.links["cluster"].n_unique() == 1


@pytest.mark.parametrize(
    ("one", "another"),
    [
        pytest.param(numberless(), {}, id="name and birthday alone"),
        pytest.param(
            {"id_number": number(date(1950, 1, 1)), "birth_on": BORN},
            {},
            id="a parent's number, name and birthday alone",
        ),
        pytest.param({"name_key": "苗淑芬"}, {}, id="a number issued twice"),
        pytest.param({"name_key": "王淑芳"}, {}, id="a number and one character of another sound"),
        pytest.param(
            {**numberless(birth_part="1980-05"), "birth_on": None}, {}, id="name and month of birth"
        ),
        pytest.param({**SLIP, "birth_on": date(1991, 1, 2)}, {}, id="another birth date"),
    ],
)
def test_what_may_be_two_people_is_asked(
    workspace: Workspace, one: dict[str, object], another: dict[str, object]
) -> None:
    linkage = link_rows(frame(row(1, **one), row(2, URBAN, **another)), workspace=workspace)
    assert linked(linkage) == set()
    assert offered(linkage) == {frozenset({1, 2})}


def test_a_twin_under_the_others_number_is_asked_about(workspace: Workspace) -> None:
    one, other = number(CHILD, serial=1), number(CHILD, serial=3)
    twins = {"birth_on": CHILD, "household_no": "7"}
    linkage = link_rows(
        frame(
            row(1, name_key="于嘉怡", id_number=one, **twins),
            row(2, name_key="于嘉欣", id_number=other, **twins),
            row(3, URBAN, name_key="于嘉欣", id_number=one, birth_on=CHILD),
        ),
        workspace=workspace,
    )
    assert linked(linkage) == set()
    assert frozenset({1, 3}) in offered(linkage)


def test_twins_named_alike_in_sound_are_not_one_by_their_number(workspace: Workspace) -> None:
    one, other = number(CHILD, serial=1), number(CHILD, serial=3)
    linkage = link_rows(
        frame(
            row(1, name_key="于子轩", id_number=one, birth_on=CHILD),
            row(2, name_key="于子宣", id_number=other, birth_on=CHILD),
            row(3, URBAN, name_key="于子宣", id_number=one, birth_on=CHILD),
            row(4, URBAN, name_key="于子轩", id_number=one, birth_on=CHILD),
        ),
        workspace=workspace,
    )
    assert linked(linkage) == {frozenset({1, 4})}
    assert offered(linkage) == {frozenset({3, 4})}


def test_two_people_who_may_be_meant_leave_it_to_a_clerk(workspace: Workspace) -> None:
    namesakes = [row(n, URBAN, id_number=number(serial=n), **PHONE) for n in (2, 3)]
    linkage = link_rows(frame(row(1, **numberless(**PHONE)), *namesakes), workspace=workspace)
    assert linked(linkage) == set()
    assert offered(linkage) == {frozenset({1, 2}), frozenset({1, 3})}


def test_a_member_that_two_households_have_in_common_speaks_for_the_others(
    workspace: Workspace,
) -> None:
    child = {"name_key": "于嘉怡", "birth_on": CHILD}
    linkage = link_rows(
        frame(
            row(1, household_no="1"),
            row(2, household_no="1", **child),
            row(3, URBAN, household_no="9"),
            row(4, URBAN, household_no="9", **numberless(**child)),
        ),
        workspace=workspace,
    )
    assert linked(linkage) == {frozenset({1, 3}), frozenset({2, 4})}
    [told] = linkage.links.filter(linkage.links["row_id"] == 4)["evidence"]
    assert "PLACE_KIN" in list(told)


def test_an_unsure_row_joins_a_person_of_the_roll(workspace: Workspace) -> None:
    linkage = link_rows(frame(row(1, **SLIP)), roll(person(7)), workspace=workspace)
    assert linkage.links.select("row_id", "person_id", "tier").rows() == [(1, 7, "PROBABLE")]
    assert linkage.pairs.is_empty()


def test_a_model_may_take_another_spelling_for_the_holder_of_the_number(
    workspace: Workspace,
) -> None:
    linkage = link_rows(
        frame(row(1, name_key="王淑芳")), roll(person(7)), workspace=workspace, model=SPELLINGS
    )
    assert linkage.links.select("row_id", "person_id", "tier").rows() == [(1, 7, "PROBABLE")]


def test_two_persons_of_the_roll_are_never_made_one(workspace: Workspace) -> None:
    linkage = link_rows(
        frame(row(1, name_key="王淑芳")),
        roll(person(7), person(8, name_key="王淑分")),
        workspace=workspace,
    )
    assert linkage.links["person_id"].to_list() == [None]
    assert linkage.pairs.height >= 1


def test_three_spellings_are_one_only_if_each_agrees_with_each(workspace: Workspace) -> None:
    chain = [row(1), row(2, URBAN, name_key="王淑芳"), row(3, "UEBMI", name_key="王玉芳")]
    linkage = link_rows(frame(*chain), workspace=workspace, model=SPELLINGS)
    assert linked(linkage) == set()
    circle = [*chain[:2], row(3, "UEBMI", name_key="王淑贤")]
    linkage = link_rows(frame(*circle), workspace=workspace, model=SPELLINGS)
    assert linked(linkage) == {frozenset({1, 2, 3})}


def test_a_waiting_row_of_an_applied_roster_is_asked_about(workspace: Workspace) -> None:
    linkage = link_rows(frame(row(2, URBAN)), waiting=frame(row(1, **SLIP)), workspace=workspace)
    assert linkage.links["row_id"].to_list() == [2]
    assert offered(linkage) == {frozenset({1, 2})}


def test_a_disputed_row_takes_nobody_in(workspace: Workspace) -> None:
    """Else the file would be opened by the row that waits."""
    linkage = link_rows(
        frame(row(1, outcome="REVIEW"), row(2, URBAN, name_key="苗丽娜"), row(3, "UEBMI", **SLIP)),
        workspace=workspace,
    )
    assert linked(linkage) == set()


def test_a_model_that_links_from_nowhere_asks_instead(workspace: Workspace) -> None:
    careful = dataclasses.replace(CERTAIN_TIERS, link_from_bits=1000)
    linkage = link_rows(frame(row(1, **SLIP), row(2, URBAN)), workspace=workspace, model=careful)
    assert linked(linkage) == set()
    assert offered(linkage) == {frozenset({1, 2})}


def test_whom_a_clerk_called_two_people_is_never_linked_unasked(workspace: Workspace) -> None:
    schema = dict.fromkeys(("row_a", "row_b", "person_a", "person_b"), pl.Int64)
    rows = frame(row(1, **SLIP), row(2, URBAN))
    for told in ((1, 2, None, None), (2, 1, None, None)):
        apart = pl.DataFrame([told], schema=schema, orient="row")
        linkage = link_rows(rows, apart=apart, workspace=workspace)
        assert linked(linkage) == set()
    apart = pl.DataFrame([(9, 1, 7, None)], schema=schema, orient="row")
    linkage = link_rows(frame(row(1, **SLIP)), roll(person(7)), apart=apart, workspace=workspace)
    assert linkage.links["person_id"].to_list() == [None]


def test_a_row_that_waits_goes_to_whom_a_new_row_leaves_no_other(workspace: Workspace) -> None:
    came_before = row(1, **SLIP)
    linkage = link_rows(frame(row(2, URBAN)), waiting=waiting(came_before), workspace=workspace)
    [placed] = linkage.placed.rows(named=True)
    assert (placed["row_id"], placed["cluster"], placed["person_id"]) == (1, 2, None)
    at_once = link_rows(frame(came_before, row(2, URBAN)), workspace=workspace)
    [probable] = at_once.links.filter(at_once.links["tier"] == "PROBABLE").rows(named=True)
    assert (placed["score"], placed["evidence"]) == (probable["score"], probable["evidence"])
    assert offered(linkage) == set()
    assert linkage.links["row_id"].to_list() == [2]


def test_a_row_that_waits_goes_to_a_person_of_the_roll_only_by_a_new_row(
    workspace: Workspace,
) -> None:
    known, came_before = roll(person(7)), waiting(row(1, **SLIP))
    told = link_rows(frame(row(2, URBAN)), known, waiting=came_before, workspace=workspace)
    assert told.placed.select("row_id", "person_id").rows() == [(1, 7)]
    other = row(2, URBAN, name_key="苗国强", sex="MALE", birth_on=date(1990, 1, 1))
    untold = link_rows(frame(other), known, waiting=came_before, workspace=workspace)
    assert untold.placed.is_empty()


def test_whoever_was_known_before_counts_against_whom_a_new_row_tells(
    workspace: Workspace,
) -> None:
    """Two people of one name and birthday: the row that waits may be either."""
    unnumbered = row(1, **numberless(**PHONE))
    other = {"id_number": number(serial=5), "id_text": number(serial=5), **PHONE}
    alone = link_rows(
        frame(row(2, URBAN, **other)), waiting=waiting(unnumbered), workspace=workspace
    )
    assert alone.placed["row_id"].to_list() == [1]
    both = link_rows(
        frame(row(2, URBAN, **other)),
        roll(person(7, **PHONE)),
        waiting=waiting(unnumbered),
        workspace=workspace,
    )
    assert both.placed.is_empty()
    # The person of the roll was asked about before: only the new row is a new question.
    assert offered(both) == {frozenset({1, 2})}


@pytest.mark.parametrize(
    ("placeable", "changes"),
    [
        pytest.param(False, SLIP, id="a person has it in hand"),
        pytest.param(True, {"outcome": "REVIEW"}, id="its number is borne out, and disputed"),
    ],
)
def test_what_a_person_is_to_settle_is_placed_by_no_roster(
    workspace: Workspace, *, placeable: bool, changes: dict[str, object]
) -> None:
    linkage = link_rows(
        frame(row(2, URBAN)),
        waiting=waiting(row(1, **changes), placeable=placeable),
        workspace=workspace,
    )
    assert linkage.placed.is_empty()
    assert offered(linkage) == {frozenset({1, 2})}


def test_whom_a_clerk_told_apart_a_later_roster_does_not_join(workspace: Workspace) -> None:
    apart = pl.DataFrame({"row_a": [1], "row_b": [9], "person_a": [None], "person_b": [7]})
    linkage = link_rows(
        frame(row(2, URBAN)),
        roll(person(7)),
        waiting=waiting(row(1, **SLIP)),
        apart=apart,
        workspace=workspace,
    )
    assert linkage.placed.is_empty()
