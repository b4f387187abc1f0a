"""Corrected problem files whose added columns are gone: told by their cells, or listed, never
taken for another row."""

import csv
import html
import io
import json
from collections.abc import Callable

import openpyxl
import pytest

from bureau.core import clock
from bureau.intake.choices import BatchState
from enrollment.choices import CorrectionState
from enrollment.choices.doubts import DOUBT_TEXTS, PlaceDoubt
from enrollment.models import RosterBatch, RosterCorrection, RosterRow
from enrollment.services import corrections as services
from enrollment.services.roster_jobs import LOOK
from enrollment.tests import corrections, problem_files, rosters
from enrollment.tests.problem_files import OWN, ROW, Table

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

WIDTH = len(rosters.HEADER)
NUMBER, NAME, BIRTH, HOUSEHOLD, PHONE = (
    rosters.HEADER.index(head) for head in ("身份证号", "姓名", "出生日期", "户号", "电话")
)


def clean(cells: dict[str, str], _index: int) -> dict[str, str]:
    return cells


def right_cells(index: int) -> list[str]:
    return rosters.lines([index], change=clean)[0]


@pytest.fixture
def batch() -> RosterBatch:
    found = rosters.receive(rosters.csv_of(rosters.lines(range(60))))
    return rosters.bring_to(found, BatchState.CHECKED)


def corrected(batch: RosterBatch) -> Table:
    """The problem file, corrected line by line."""
    head, *lines = problem_files.text_table(corrections.problem_text(batch))
    for line in lines:
        line[:WIDTH] = right_cells(int(line[ROW]) - 2)
    return [head, *lines]


def stripped(table: Table) -> Table:
    return [line[:-OWN] for line in table]


def as_csv(table: Table, encoding: str = "gb18030", delimiter: str = ",") -> bytes:
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter).writerows(table)
    return target.getvalue().encode(encoding)


def as_utf8(table: Table) -> bytes:
    return as_csv(table, "utf-8-sig", "\t")


def as_book(table: Table) -> bytes:
    """Under another name of the sheet, with a title above."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "改好的"
    sheet.append(["瓦房店市参合名册（已更正）"])
    for line in table:
        sheet.append(line)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def as_page(table: Table) -> bytes:
    """A table of HTML that is called XLS, as many systems export it."""
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in line) + "</tr>"
        for line in table
    )
    page = f'<html><head><meta charset="utf-8"></head><body><table>{rows}</table></body></html>'
    return page.encode()


def compare(batch: RosterBatch, content: bytes, name: str = "x") -> RosterCorrection:
    """The file is loaded and compared; every line that would be taken is of its own row."""
    made = corrections.load(batch, content)
    rows = {row.pk: row for row in RosterRow.objects.filter(batch=batch)}
    for line in made.lines.filter(verdict__in=["CHANGED", "WRONG"]).exclude(version_seen=None):
        meant = right_cells(rows[line.row_id].row_no - 2)
        cells = json.loads(line.raw)
        agree = sum(cell == wanted for cell, wanted in zip(cells, meant, strict=False))
        assert agree >= WIDTH - 2, (name, line.row_no, cells, meant)
    return made


def drop(made: RosterCorrection) -> None:
    if made.state == CorrectionState.OPEN:
        services.drop(correction=made, at=clock.now(), by=rosters.BY)


@pytest.mark.parametrize("write", [as_csv, as_utf8, as_book, as_page], ids=lambda one: one.__name__)
def test_without_the_added_columns_each_line_finds_its_row_whatever_the_form(
    batch: RosterBatch, write: Callable[[Table], bytes]
) -> None:
    head, *lines = stripped(corrected(batch))
    order = [NUMBER, *(at for at in range(WIDTH) if at != NUMBER)]
    edits = {
        "as they were": [head, *lines],
        "rows in another order": [head, *sorted(lines, key=lambda line: line[NAME])],
        "columns in another order": [[line[at] for at in order] for line in [head, *lines]],
        "only some rows": [head, *lines[::2]],
        "blank lines between": [head, *(one for line in lines for one in (line, [""] * WIDTH))],
    }
    for name, table in edits.items():
        made = compare(batch, write(table), name)
        wanted = len(lines[::2]) if name == "only some rows" else len(lines)
        assert corrections.verdicts(made) == {"changed": wanted}, name
        drop(made)


def test_what_was_told_by_its_cells_is_taken_like_any_correction(batch: RosterBatch) -> None:
    table = stripped(corrected(batch))
    made = corrections.take(compare(batch, as_csv(table)))
    assert made.rows_taken == len(table) - 1
    batch.refresh_from_db()
    assert (batch.state, batch.rows_review + batch.rows_rejected) == (BatchState.CHECKED, 0)


def test_some_of_the_added_columns_are_not_enough_to_be_believed(batch: RosterBatch) -> None:
    """The row's number without its heading, or words alone, tell nothing; the cells do."""
    table = corrected(batch)
    head, *lines = table
    only_words = [[*line[:WIDTH], line[-3]] for line in table]
    made = compare(batch, as_csv(only_words))
    assert corrections.verdicts(made) == {"changed": len(lines)}
    drop(made)
    # Row numbers that were filled in anew as a series, under a heading without its mark.
    numbered = [[*head[:WIDTH], "原行号"]]
    numbered += [[*line[:WIDTH], str(at)] for at, line in enumerate(lines, start=2)]
    made = compare(batch, as_csv(numbered))
    assert corrections.verdicts(made) == {"changed": len(lines)}


def test_a_new_person_is_new_and_a_namesake_is_listed(batch: RosterBatch) -> None:
    head, *lines = stripped(corrected(batch))
    namesake = right_cells(330)
    namesake[NAME] = lines[0][NAME]
    made = compare(batch, as_csv([head, *lines[1:], right_cells(310), namesake]))
    assert corrections.verdicts(made) == {"changed": len(lines) - 1, "new": 1, "unplaced": 1}
    doubt = made.lines.get(verdict="UNPLACED")
    assert (doubt.doubt, doubt.row_id) == (PlaceDoubt.RESEMBLES, None)
    row = RosterRow.objects.get(batch=batch, row_no=doubt.doubt_rows[0])
    assert row.name == namesake[NAME]


def test_two_lines_for_one_row_are_both_listed(batch: RosterBatch) -> None:
    head, *lines = stripped(corrected(batch))
    other = [*lines[0]]
    other[PHONE] = "13999999999"
    made = compare(batch, as_csv([head, *lines, other]))
    assert corrections.verdicts(made) == {"changed": len(lines) - 1, "unplaced": 2}
    doubts = made.lines.filter(verdict="UNPLACED")
    assert {line.doubt for line in doubts} == {PlaceDoubt.SEVERAL_LINES}
    assert len({tuple(line.doubt_rows) for line in doubts}) == 1


def test_a_line_of_which_too_much_was_changed_is_listed(batch: RosterBatch) -> None:
    head, *lines = stripped(corrected(batch))
    # Another household, birth date and number: by the name alone nobody says who this is.
    lines[0][HOUSEHOLD], lines[0][BIRTH], lines[0][PHONE] = "009999", "1970-01-01", ""
    lines[0][NUMBER] = right_cells(333)[NUMBER]
    made = compare(batch, as_csv([head, *lines]))
    assert corrections.verdicts(made) == {"changed": len(lines) - 1, "unplaced": 1}
    assert made.lines.get(verdict="UNPLACED").doubt == PlaceDoubt.RESEMBLES


def test_rows_alike_but_for_the_cell_at_fault_are_listed() -> None:
    """Twins without numbers: either line may be of either row."""
    twin = {**rosters.person(3), "身份证号": "", "电话": ""}
    lines = rosters.lines(range(9), change=lambda cells, index: twin if index in (3, 4) else cells)
    batch = rosters.bring_to(rosters.receive(rosters.csv_of(lines)), BatchState.CHECKED)
    head, *waiting = stripped(problem_files.text_table(corrections.problem_text(batch)))
    assert len(waiting) == 2
    unchanged = corrections.load(batch, as_csv([head, *waiting]))
    assert corrections.verdicts(unchanged) == {"same": 2}
    drop(unchanged)
    for line, index in zip(waiting, (3, 4), strict=True):
        line[NUMBER] = right_cells(index)[NUMBER]
    made = corrections.load(batch, as_csv([head, *waiting]))
    assert corrections.verdicts(made) == {"unplaced": 2}
    doubts = list(made.lines.all())
    assert {line.doubt for line in doubts} == {PlaceDoubt.SEVERAL_ROWS}
    assert {tuple(line.doubt_rows) for line in doubts} == {(5, 6)}


def test_rows_that_do_not_wait_are_left_as_they_are(batch: RosterBatch) -> None:
    head, *lines = stripped(corrected(batch))
    good = [right_cells(1), right_cells(2)]
    good[1][PHONE] = "13900000000"
    made = compare(batch, as_csv([head, *lines, *good]))
    assert corrections.verdicts(made) == {"changed": len(lines), "before": 2}


def test_a_row_corrected_before_is_not_overwritten_by_an_older_file(batch: RosterBatch) -> None:
    old = stripped(corrected(batch))
    waiting = batch.rows.get(row_no=15)
    rosters.rewrite(waiting)
    made = compare(batch, as_csv(old))
    doubt = made.lines.get(verdict="UNPLACED")
    assert (doubt.doubt, doubt.doubt_rows) == (PlaceDoubt.CORRECTED, [15])


def test_without_headings_or_a_column_that_is_read_the_file_is_refused(batch: RosterBatch) -> None:
    head, *lines = stripped(corrected(batch))
    without = [[*line[:NUMBER], *line[NUMBER + 1 :]] for line in [head, *lines]]
    for table in (lines, without):
        made = corrections.load(batch, as_csv(table))
        assert made.state == CorrectionState.REFUSED
        [problem] = made.files.get().problems
        assert "headings" in problem["message"]


def test_a_sheet_that_lost_its_headings_is_named(batch: RosterBatch) -> None:
    head, *lines = stripped(corrected(batch))
    book = openpyxl.Workbook()
    book.active.title = "一镇"
    for line in [head, *lines[:2]]:
        book.active.append(line)
    other = book.create_sheet("二镇")
    for line in lines[2:]:
        other.append(line)
    target = io.BytesIO()
    book.save(target)
    made = compare(batch, target.getvalue())
    assert corrections.verdicts(made) == {"changed": 2}
    assert [one["facts"] for one in made.files.get().problems] == [{"sheet": "二镇"}]


def test_lines_of_several_files_in_one_find_the_rows_of_each() -> None:
    batch = rosters.receive(
        rosters.csv_of(rosters.lines(range(60))),
        rosters.csv_of(rosters.lines(range(60, 120))),
        names=["甲镇.csv", "乙镇.csv"],
    )
    batch = rosters.bring_to(batch, BatchState.CHECKED)
    both: Table = []
    for file, first in zip(batch.files.order_by("pk"), (0, 60), strict=True):
        head, *lines = problem_files.text_table(corrections.problem_text(batch, file))
        for line in lines:
            line[:WIDTH] = right_cells(first + int(line[ROW]) - 2)
        both += stripped([head, *lines] if not both else lines)
    made = corrections.load(batch, as_csv(both))
    assert corrections.verdicts(made) == {"changed": len(both) - 1}
    assert made.lines.values("roster_file").distinct().count() == 2
    taken = corrections.take(made)
    assert taken.rows_taken == len(both) - 1


def test_every_doubt_says_what_it_means_and_what_helps() -> None:
    assert set(DOUBT_TEXTS) == set(PlaceDoubt)


def test_next_years_list_of_the_rows_that_waited_is_a_roster(batch: RosterBatch) -> None:
    content = as_csv(stripped(corrected(batch)))
    draft = rosters.receive(content, names=["来件.csv"], year=batch.year + 1)
    rosters.work(LOOK, draft)
    assert draft.files.get().told.get("corrects") is None


def test_an_edition_in_which_half_the_rows_were_right_is_a_roster(batch: RosterBatch) -> None:
    waited = stripped(corrected(batch))
    right = rosters.lines(range(20, 26))
    draft = rosters.receive(as_csv([*waited, *right]), names=["来件.csv"])
    rosters.work(LOOK, draft)
    assert draft.files.get().told.get("corrects") is None


def test_one_that_is_sent_as_a_roster_is_known_and_a_whole_roster_is_none(
    batch: RosterBatch,
) -> None:
    table = stripped(corrected(batch))
    for content, corrects in (
        (as_csv(table), batch.pk),
        (rosters.csv_of(rosters.lines(range(59))), None),
        (rosters.csv_of(rosters.lines(range(300, 340))), None),
    ):
        draft = rosters.receive(content, names=["来件.csv"])
        rosters.work(LOOK, draft)
        assert draft.files.get().told.get("corrects") == corrects
