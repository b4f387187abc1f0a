"""The set-based comparison says what brute force over every pair of rows says."""

import dataclasses
import random
import tempfile
from collections import defaultdict
from datetime import date
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment.imports import match
from enrollment.imports.match import Workspace, link_rows
from enrollment.imports.roster_checks import check_rosters
from enrollment.rules.matching import (
    CERTAIN_TIERS,
    LinkageModel,
)
from enrollment.tests.imports.match_brute import (
    Row,
    brute_clusters,
    brute_findings,
    brute_linked,
    brute_questions,
    disputes,
    subjects_of,
)
from enrollment.tests.imports.roster_rows import frame, number, row, without_number

# Without limits on what a clerk is shown, so that the two sides agree to the pair.
LINKING = dataclasses.replace(CERTAIN_TIERS, offers_per_row=1000, offer_within_bits=1000)
UNLIMITED = dataclasses.replace(LINKING, link_from_bits=1000)

NAMES = ("王淑芬", "王书芬", "王淑芳", "于嘉怡", "王淑?", None)
BIRTHS = (date(1980, 5, 17), date(1980, 5, 18), date(1980, 7, 15), date(2012, 3, 4), None)
# Two namesakes of one day, one of the next, and a child.
PEOPLE = tuple(
    {"name_key": name, "birth_on": born, "sex": sex, "id_number": number(born, sex, serial)}
    for name, born, sex, serial in (
        ("王淑芬", BIRTHS[0], "FEMALE", 1),
        ("王淑芬", BIRTHS[0], "FEMALE", 2),
        ("王淑芳", BIRTHS[1], "MALE", 1),
        ("于嘉怡", BIRTHS[3], "FEMALE", 1),
    )
)


@st.composite
def rosters(draw: st.DrawFn) -> list[Row]:
    """A few rows of few people, full of coincidences."""
    return [draw(rows(row_id)) for row_id in range(1, draw(st.integers(2, 7)) + 1)]


@st.composite
def rows(draw: st.DrawFn, row_id: int) -> Row:
    """A row of one of the people, with up to three things gone wrong."""
    values = dict(draw(st.sampled_from(PEOPLE)))
    changes = st.sampled_from(("name", "birth", "sex", "number", "number", "rejected"))
    for change in draw(st.lists(changes, max_size=3)):
        values |= draw(CHANGES[change])
    return row(
        row_id,
        draw(st.sampled_from(["NCMS210281", "NCMS210283", "URBMI"])),
        household_no=draw(st.sampled_from(["1", "2", None])),
        phone=draw(st.sampled_from(["13800000001", "13800000002", None])),
        **{"id_text": values["id_number"], **values},
    )


def _one_of(field: str, *values: object) -> st.SearchStrategy[Row]:
    return st.sampled_from([{field: value} for value in values])


SLIPS = tuple(
    without_number("BAD_CHECK", text, id_suggestion=None)
    for own in (PEOPLE[0]["id_number"], PEOPLE[3]["id_number"])
    for text in (own[:16] + "9" + own[17], own[:9] + "99" + own[11:], own[:4] + own[5:])
)
CHANGES: dict[str, st.SearchStrategy[Row]] = {
    "name": _one_of("name_key", *NAMES),
    "birth": st.one_of(
        _one_of("birth_on", *BIRTHS),
        st.sampled_from(
            [
                {"birth_on": None, "birth_part": part}
                for part in ("1980-05", "1980-07", "2012-03", "2011-04", "1980", "2012")
            ]
        ),
    ),
    "sex": _one_of("sex", "MALE", "FEMALE", None),
    "number": st.one_of(
        st.sampled_from(
            [
                {"id_number": other["id_number"], "id_text": None, "id_state": "VALID"}
                for other in PEOPLE
            ]
        ),
        st.just(without_number(id_suggestion=None)),
        st.sampled_from(SLIPS),
        st.sampled_from(
            [without_number("WRONG_COLUMN", id_suggestion=other["id_number"]) for other in PEOPLE]
        ),
    ),
    "rejected": _one_of("outcome", "REJECTED"),
}


def with_linkage(rows: list[Row], model: LinkageModel = UNLIMITED) -> match.Linkage:
    with tempfile.TemporaryDirectory() as directory:
        workspace = Workspace(Path(directory), memory_bytes=256 * 1024**2, threads=1)
        return link_rows(frame(*rows), workspace=workspace, model=model)


@given(rosters())
@settings(max_examples=50, deadline=None)
def test_links_findings_and_pairs_equal_brute_force(rows: list[Row]) -> None:
    subjects = subjects_of(rows)
    linkage = with_linkage(rows)
    clusters = dict(linkage.links.select("row_id", "cluster").iter_rows())
    assert clusters == brute_clusters(subjects)
    assert dict(linkage.findings.iter_rows()) == brute_findings(subjects, within_roster=False)
    said = {
        tuple(sorted((clusters[a], clusters[b]))): bits
        for a, b, bits in linkage.pairs.select("row_a", "row_b", "bits").iter_rows()
    }
    questions = brute_questions(subjects, UNLIMITED)
    assert said == {pair: round(question.bits, 2) for pair, question in questions.items()}


@given(rosters())
@settings(max_examples=50, deadline=None)
def test_probable_links_equal_brute_force(rows: list[Row]) -> None:
    subjects = subjects_of(rows)
    linkage = with_linkage(rows, LINKING)
    clusters = dict(linkage.links.select("row_id", "cluster").iter_rows())
    expected = brute_linked(subjects, LINKING)
    assert clusters == expected
    # What was linked is asked no more, and nothing is asked that was not before.
    for a, b in linkage.pairs.select("row_a", "row_b").iter_rows():
        assert clusters[a] != clusters[b]


@given(rosters())
@settings(max_examples=15, deadline=None)
def test_roster_checks_equal_brute_force(rows: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        workspace = Workspace(Path(directory), memory_bytes=256 * 1024**2, threads=1)
        checked = check_rosters(frame(*rows), workspace=workspace)
    subjects = subjects_of(rows)
    expected: dict[int, set[str]] = defaultdict(set)
    for key, reason in brute_findings(subjects, within_roster=True).items():
        expected[key].add(reason)
    for a in subjects:
        for b in subjects:
            same = a.number and a.number == b.number and a.row["roster"] == b.row["roster"]
            if (
                same
                and b.place < a.place
                and ((a.sound and a.sound == b.sound) or disputes(a, b)[1])
            ):
                expected[a.key].add("LISTED_TWICE")
    said = dict(
        checked.filter(pl.col("outcome") == "REVIEW").select("row_id", "reasons_added").iter_rows()
    )
    assert said == {key: sorted(reasons) for key, reasons in expected.items()}


@given(rosters(), st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_the_order_of_rows_does_not_matter(rows: list[Row], shuffler: random.Random) -> None:
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    one, other = with_linkage(rows), with_linkage(shuffled)
    assert one.links.equals(other.links)
    assert one.pairs.equals(other.pairs)
    assert one.findings.equals(other.findings)


@given(rosters())
@settings(max_examples=15, deadline=None)
def test_no_cluster_holds_two_numbers_or_a_contradicted_row(rows: list[Row]) -> None:
    links = with_linkage(rows).links
    by_key = {subject.key: subject for subject in subjects_of(rows)}
    for members in links.group_by("cluster").agg("row_id")["row_id"]:
        numbers = {by_key[key].number for key in members}
        assert len(members) == 1 or len(numbers) == 1
        assert len(members) == 1 or all(by_key[key].certain for key in members)
