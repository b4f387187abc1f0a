"""Corrected rows: recognised, judged like the file, in the place of the held ones, on the roll."""

import pytest
from django.db import transaction

from bureau.core import integrity
from bureau.core.errors import DomainError
from bureau.intake.choices import BatchState
from enrollment.choices import CorrectionState
from enrollment.models import (
    CandidatePair,
    CoverageSpell,
    Person,
    PersonIdentifier,
    RosterLink,
    RosterRow,
    RosterRowVersion,
)
from enrollment.tests import corrections, problem_files, rosters
from enrollment.tests.fingerprint import content, differences

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

WIDTH = len(rosters.HEADER)
NUMBER, NAME, BIRTH = (rosters.HEADER.index(head) for head in ("身份证号", "姓名", "出生日期"))
ROW = problem_files.ROW


def clean(cells, _index):
    return cells


def right(line):
    """The line as the person's papers have it."""
    index = int(line[ROW]) - 2
    wanted = rosters.lines([index], change=clean)[0]
    line[:WIDTH] = wanted


def bring(state, people=range(60), **sender):
    batch = rosters.receive(rosters.csv_of(rosters.lines(people)), **sender)
    return rosters.bring_to(batch, state)


def in_order():
    assert integrity.broken_invariants() == []


def test_all_corrected_rows_of_a_checked_roster_take_the_place_of_those_held():
    batch = bring(BatchState.CHECKED)
    held = batch.rows_review + batch.rows_rejected
    read = batch.rows_read
    correction = corrections.load_corrected(batch, right)
    assert corrections.verdicts(correction) == {"changed": held}
    corrections.take(correction)
    assert (batch.rows_review, batch.rows_rejected, batch.rows_read) != (0, 0, 0)
    batch.refresh_from_db()
    assert (batch.state, batch.rows_review, batch.rows_rejected, batch.rows_read) == (
        "CHECKED", 0, 0, read,
    )  # fmt: skip
    versions = RosterRowVersion.objects.all()
    assert versions.count() == held == correction.rows_taken
    assert set(RosterRow.objects.filter(versions__isnull=False).values_list("version")) == {(1,)}
    in_order()


def test_the_roll_is_as_if_the_corrected_file_had_been_sent():
    """Corrected before or after it was applied, or sent right at once: the same people."""
    found = []
    for state in (BatchState.CHECKED, BatchState.APPLIED):
        nothing = transaction.savepoint()
        batch = bring(state)
        corrections.take(corrections.load_corrected(batch, right))
        batch.refresh_from_db()
        rosters.bring_to(batch, BatchState.APPLIED)
        in_order()
        found.append(content())
        transaction.savepoint_rollback(nothing)
    rosters.bring_in(rosters.csv_of(rosters.lines(range(60), change=clean)))
    found.append(content())

    def people(of):
        return sorted(line.split(",", 1)[1] for line in of["persons"])

    assert people(found[0]) == people(found[2])
    assert people(found[1]) == people(found[2])
    assert (
        differences(
            {
                name: found[0][name]
                for name in ("persons", "identifiers", "members", "spells", "households")
            },
            {
                name: found[1][name]
                for name in ("persons", "identifiers", "members", "spells", "households")
            },
        )
        == []
    )


def test_a_row_of_a_certain_person_keeps_its_file_and_comes_into_force():
    batch = bring(BatchState.APPLIED)
    row = batch.rows.get(row_no=35)
    assert (row.reasons, row.link.opens_file) == (["BIRTH_IMPOSSIBLE"], True)
    person = row.link.person_id
    spell = CoverageSpell.objects.get(source_row=row)
    assert spell.state == "UNDER_REVIEW"

    def birth(line):
        if line[ROW] == "35":
            right(line)

    correction = corrections.take(corrections.load_corrected(batch, birth))
    assert corrections.verdicts(correction)["changed"] == 1
    row.refresh_from_db()
    spell.refresh_from_db()
    assert (row.outcome, row.version, RosterLink.objects.get(row=row).person_id) == (
        "ACCEPTED", 1, person,
    )  # fmt: skip
    assert (spell.state, spell.person_id) == ("IN_FORCE", person)
    version = RosterRowVersion.objects.get(row=row)
    assert "1950-02-30" in version.raw
    assert version.link["person_id"] == person
    in_order()


def test_a_corrected_number_moves_from_the_file():
    """The file stays, its wrong number goes, its name follows the row."""

    def other_number(cells, index):
        return (
            {**cells, "身份证号": rosters.person(index + 500)["身份证号"]} if index == 4 else cells
        )

    batch = rosters.bring_in(rosters.csv_of(rosters.lines(range(9), change=other_number)))
    row = batch.rows.get(row_no=6)
    assert row.outcome == "REVIEW"
    correction = corrections.take(corrections.load_corrected(batch, right))
    number = rosters.person(4)["身份证号"]
    assert correction.rows_taken == 1
    link = RosterLink.objects.get(row=row)
    numbers = PersonIdentifier.objects.filter(person=link.person_id, kind="RESIDENT_ID")
    assert [one.number for one in numbers] == [number]
    assert not PersonIdentifier.objects.filter(number=rosters.person(504)["身份证号"]).exists()
    assert Person.objects.get(pk=link.person_id).state == "ACTIVE"
    in_order()


def test_a_row_that_turns_out_to_be_somebody_on_the_roll_joins_that_file():
    rosters.bring_in(
        rosters.csv_of(rosters.lines(range(9), county="210283", change=clean)), area="210283"
    )

    def no_number(cells, index):
        return {**cells, "身份证号": "", "出生日期": "1950-02-30"} if index == 4 else cells

    batch = rosters.bring_in(rosters.csv_of(rosters.lines(range(9), change=no_number)))
    corrections.take(corrections.load_corrected(batch, right))
    row = batch.rows.get(row_no=6)
    number = rosters.person(4)["身份证号"]
    holder = PersonIdentifier.objects.get(number=number).person_id
    assert RosterLink.objects.get(row=row).person_id == holder
    states = set(CoverageSpell.objects.filter(person=holder).values_list("state", flat=True))
    assert states == {"IN_FORCE", "DOUBLE"}
    in_order()


def test_lines_still_wrong_unchanged_or_of_no_row_change_nothing():
    batch = bring(BatchState.APPLIED)
    before = content()
    seen = []

    def mix(line):
        seen.append(line[ROW])
        if len(seen) == 1:
            line[NUMBER] = "123"
        elif len(seen) == 2:
            right(line)
            line[problem_files.MARK] = line[problem_files.MARK].replace("-1-", "-1-9", 1)
        elif len(seen) == 3:
            line[ROW] = "7"

    correction = corrections.load_corrected(batch, mix)
    assert corrections.verdicts(correction) == {
        "wrong": 1, "unplaced": 2, "same": len(seen) - 3,
    }  # fmt: skip
    after = content() | {"acts": before["acts"]}
    assert differences(before, after) == []
    in_order()


def test_a_new_line_joins_the_roster():
    batch = bring(BatchState.APPLIED, range(30))
    read = batch.rows_read
    text = corrections.problem_text(batch)
    table = problem_files.text_table(text)
    new = rosters.lines([77], change=clean)[0]
    added = text + (",".join(new) + "\r\n").encode("gb18030")
    correction = corrections.load(batch, added)
    assert corrections.verdicts(correction) == {"new": 1, "same": len(table) - 1}
    corrections.take(correction)
    batch.refresh_from_db()
    assert batch.rows_read == read + 1
    row = RosterRow.objects.get(file__name="更正0.csv")
    assert (row.outcome, row.name) == ("ACCEPTED", new[NAME])
    assert CoverageSpell.objects.get(source_row=row).state == "IN_FORCE"
    in_order()


def test_the_same_file_again_does_nothing_and_says_so():
    batch = bring(BatchState.APPLIED)
    text = problem_files.corrected_text(corrections.problem_text(batch), right)
    corrections.take(corrections.load(batch, text))
    after = content()
    with pytest.raises(DomainError) as refusal:
        corrections.load(batch, text)
    assert refusal.value.code == "CORRECTIONS_KNOWN"
    assert rosters.BY.text in str(refusal.value)
    # Saved once more by a spreadsheet, it is another file that says the same.
    again = corrections.load(batch, text + b"\r\n")
    assert set(corrections.verdicts(again)) == {"before"}
    assert differences(after, content() | {"acts": after["acts"]}) == []


def test_a_file_without_marks_or_of_another_roster_is_refused_with_words():
    batch = bring(BatchState.CHECKED)
    other = bring(BatchState.CHECKED, range(100, 160), area="210283")
    refused = corrections.load(batch, rosters.csv_of(rosters.lines(range(300, 310))))
    assert refused.state == CorrectionState.REFUSED
    [problem] = refused.files.get().problems
    assert "mark" in problem["message"]
    refused = corrections.load(batch, corrections.problem_text(other))
    [problem] = refused.files.get().problems
    assert problem["facts"] == {"other": other.pk}


def test_the_mark_may_be_deleted_while_the_row_number_stays():
    batch = bring(BatchState.CHECKED)
    table = problem_files.text_table(corrections.problem_text(batch))
    for line in table[1:]:
        right(line)
    lines = [",".join(cell.replace(",", "，") for cell in line[:-1]) for line in table]
    correction = corrections.load(batch, "\r\n".join(lines).encode("gb18030"))
    assert corrections.verdicts(correction) == {"changed": len(table) - 1}


def test_columns_in_another_order_are_understood_by_their_headings():
    batch = bring(BatchState.CHECKED)
    table = problem_files.text_table(corrections.problem_text(batch))
    for line in table[1:]:
        right(line)
    lines = [
        ",".join(cell.replace(",", "，") for cell in [line[3], *line[:3], *line[4:]])
        for line in table
    ]
    correction = corrections.load(batch, "\r\n".join(lines).encode("gb18030"))
    assert corrections.verdicts(correction) == {"changed": len(table) - 1}
    raw = correction.lines.order_by("pk").first().raw
    assert raw.startswith(f'["{table[1][0]}"')


def test_a_row_held_for_a_number_that_another_row_gives_up_is_released():
    def shared(cells, index):
        return (
            {
                **cells,
                "身份证号": rosters.person(3)["身份证号"],
                "出生日期": rosters.person(3)["出生日期"],
            }
            if index == 30
            else cells
        )

    batch = rosters.bring_in(rosters.csv_of(rosters.lines(range(36), change=shared)))
    held = batch.rows.filter(reasons__contains=["ID_ISSUED_TWICE"])
    assert {row.row_no for row in held} == {5, 32}

    def one(line):
        if line[ROW] == "32":
            right(line)

    correction = corrections.load_corrected(batch, one)
    assert corrections.verdicts(correction) == {"changed": 2}
    corrections.take(correction)
    assert not batch.rows.filter(outcome="REVIEW").exists()
    in_order()


def test_pairs_of_corrected_rows_are_offered():
    batch = bring(BatchState.APPLIED)
    corrections.take(corrections.load_corrected(batch, right))
    assert not CandidatePair.objects.filter(
        state="OPEN", row_a__link__person_id__isnull=True
    ).exists()


def test_a_row_of_another_file_that_is_released_is_counted_apart():
    def shared(cells, index):
        wanted = rosters.person(3)
        same = {name: wanted[name] for name in ("身份证号", "出生日期")}
        return {**cells, **same} if index == 30 else cells

    first = rosters.csv_of(rosters.lines(range(9), change=clean))
    second = rosters.csv_of(rosters.lines(range(9, 36), change=shared))
    batch = rosters.bring_in(first, second, names=["1.csv", "2.csv"])
    assert {row.file.name for row in batch.rows.filter(outcome="REVIEW")} == {"1.csv", "2.csv"}
    text = corrections.problem_text(batch, batch.files.get(name="2.csv"))

    def one(line):
        line[:WIDTH] = rosters.lines([30], change=clean)[0]

    correction = corrections.load(batch, problem_files.corrected_text(text, one))
    assert corrections.verdicts(correction) == {"changed": 1, "released": 1}
    corrections.take(correction)
    assert not batch.rows.filter(outcome="REVIEW").exists()
    in_order()


def test_what_the_roster_did_to_the_roll_is_counted_again_after_corrections():
    batch = bring(BatchState.APPLIED)
    links = RosterLink.objects.filter(batch=batch)
    before = links.filter(opens_file=True).count()
    assert batch.persons_created == before
    batch = corrections.take(corrections.load_corrected(batch, right)).batch
    assert links.filter(opens_file=True).count() > before
    assert batch.persons_created == links.filter(opens_file=True).count()
    assert batch.rows_attached == links.filter(opens_file=False).count()
