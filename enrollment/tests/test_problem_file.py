"""The problem file: the county's own layout, the rows with problems, nothing that calculates."""

import io
from typing import Any

import openpyxl
import pytest
from django.test import Client

from bureau.core.choices import Role
from bureau.core.errors import DomainError
from bureau.core.models import AccessLog, Area, Job
from bureau.core.tests import factories
from bureau.intake.choices import BatchState, Channel
from enrollment.models import RosterBatch, RosterRow
from enrollment.rules.marks import Mark, SheetMark, read_mark, read_sheet_mark
from enrollment.services import roster_jobs
from enrollment.tests import corrections, problem_files, rosters
from enrollment.tests.problem_files import CODES, HELP, MARK, ROW, WRONG
from enrollment.tests.roster_pages import do_jobs, member, signed_in

pytestmark = pytest.mark.django_db(transaction=True)

WIDTH = len(rosters.HEADER)


@pytest.fixture(autouse=True)
def _demonstration(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def county(transactional_db: None) -> Area:
    return factories.county()


@pytest.fixture
def clerk(county: Area) -> Client:
    return signed_in(member("clerk", Role.CLERK, county))


def checked(*contents: bytes, **sender: Any) -> RosterBatch:
    batch = rosters.receive(*contents, channel=Channel.BROWSER, **sender)
    return rosters.bring_to(batch, BatchState.CHECKED)


def open_rows(batch: RosterBatch) -> list[RosterRow]:
    return list(batch.rows.filter(outcome__in=["REVIEW", "REJECTED"]).order_by("pk"))


def workbook(**sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_text_comes_back_in_its_own_writing(clerk: Client) -> None:
    dangerous = rosters.lines([13])[0]
    dangerous[3] = "=HYPERLINK(1)"
    batch = checked(rosters.csv_of([*rosters.lines(range(40)), dangerous]))
    name, content = problem_files.fetch(clerk, batch, "sent")
    assert name == "名册-问题数据.csv"
    head, *lines = problem_files.text_table(content)
    assert head[:WIDTH] == list(rosters.HEADER)
    rows = open_rows(batch)
    assert [int(line[ROW]) for line in lines] == [row.row_no for row in rows]
    by_row = {int(line[ROW]): line for line in lines}
    no_number = by_row[15]
    assert no_number[:WIDTH] == rosters.lines([13])[0]
    assert no_number[CODES] == "ID_MISSING"
    assert (no_number[WRONG], no_number[HELP]) == (
        "没有公民身份号码，或以文字代替。",
        "请按身份证或户口簿补全号码。 不能认定原值无误：缺少公民身份号码。",
    )
    assert by_row[42][3] == "'=HYPERLINK(1)"
    file = batch.files.get()
    assert read_sheet_mark(head[ROW]) == SheetMark(batch.pk, file.pk, 1)
    assert read_mark(no_number[MARK]) == Mark(batch.pk, file.pk, 1, 15)
    assert content.endswith(b"\r\n")


@pytest.mark.parametrize(
    ("encoding", "written", "delimiter"),
    [
        ("utf-8", "utf-8-sig", ";"),
        ("utf-16", "utf-16", "\t"),
        ("big5hkscs", "utf-8-sig", ","),
        ("gb18030", "gb18030", "|"),
    ],
)
def test_encoding_and_delimiter_are_the_countys(
    clerk: Client, encoding: str, written: str, delimiter: str
) -> None:
    text = rosters.csv_of(rosters.lines(range(60))).decode("gb18030").replace(",", delimiter)
    if encoding == "big5hkscs":
        import opencc

        text = opencc.OpenCC("s2t").convert(text)
    batch = checked(text.encode(encoding, "ignore"))
    _name, content = problem_files.fetch(clerk, batch, "sent")
    table = problem_files.text_table(content, written, delimiter)
    assert len(table) == 1 + len(open_rows(batch))
    assert {len(line) for line in table} == {WIDTH + problem_files.OWN}


def test_a_workbook_comes_back_sheet_by_sheet_with_its_titles_and_two_rows_of_headings(
    clerk: Client,
) -> None:
    upper = ["序号", "基本情况", "", "", "", "户号", "缴费金额"]
    lower = ["", "姓名", "身份证号", "性别", "出生日期", "", ""]

    def line(index: int) -> list[str]:
        cells = rosters.person(index)
        number = "" if index % 7 == 3 else cells["身份证号"]
        return [str(index), cells["姓名"], number, cells["性别"], cells["出生日期"],
                cells["户号"], "250"]  # fmt: skip

    title = ["瓦房店市2019年新农合参合名册"]
    batch = checked(
        workbook(
            得利寺镇=[title, upper, lower, *map(line, range(20))],
            松树镇=[title, upper, lower, *map(line, range(20, 22))],
            万家岭镇=[title, upper, lower, *map(line, range(22, 40))],
        ),
        names=["瓦房店.xlsx"],
    )
    rows = open_rows(batch)
    assert {row.sheet for row in rows} == {1, 3}
    name, content = problem_files.fetch(clerk, batch, "xlsx")
    assert name == "瓦房店-问题数据.xlsx"
    book = problem_files.book_of(content)
    assert book.sheetnames == ["得利寺镇", "万家岭镇"]
    for sheet in book:
        table = problem_files.sheet_table(sheet)
        assert table[0][0] == title[0]
        assert table[1][:7] == upper
        assert table[2][:7] == lower
        assert read_sheet_mark(table[2][8])
        for cells in table[3:]:
            original = batch.rows.get(sheet=book.sheetnames.index(sheet.title) * 2 + 1,
                                      row_no=int(cells[ROW]))  # fmt: skip
            assert cells[:7] == line(int(cells[0]))
            assert read_mark(cells[MARK]).row == original.row_no
    sheet = book["得利寺镇"]
    letter = sheet.cell(1, 13).column_letter
    assert sheet.column_dimensions[letter].hidden
    assert sheet.protection.sheet
    assert sheet.freeze_panes == "A4"
    first = sheet[4]
    assert (first[2].protection.locked, first[9].protection.locked) == (False, True)
    assert first[2].fill.start_color.rgb != first[1].fill.start_color.rgb
    assert first[1].number_format == "@"


def test_several_files_come_back_as_an_archive_each_in_its_own_layout(clerk: Client) -> None:
    other = ["姓名", "公民身份号码", "出生日期", "性别", "户号", "缴费金额"]
    lines = [
        [cells[name] for name in ("姓名", "身份证号", "出生日期", "性别", "户号", "缴费金额")]
        for cells in (
            rosters.with_usual_faults(rosters.person(index), index) for index in range(100, 160)
        )
    ]
    clean = rosters.lines(range(200, 203), change=lambda cells, _index: cells)
    batch = checked(
        rosters.csv_of(rosters.lines(range(60))),
        rosters.csv_of(lines, other),
        rosters.csv_of(clean),
        names=["甲镇.csv", "乙镇.csv", "丙镇.csv"],
    )
    for form, ending in (("sent", "csv"), ("xlsx", "xlsx")):
        name, content = problem_files.fetch(clerk, batch, form)
        assert name.endswith(".zip")
        found = problem_files.unpacked(content)
        assert sorted(found) == sorted(f"{town}-问题数据.{ending}" for town in ("甲镇", "乙镇"))
        heads = {}
        for town, part in found.items():
            table = (
                problem_files.text_table(part)
                if form == "sent"
                else problem_files.sheet_table(problem_files.book_of(part).active)
            )
            heads[town[:2]] = table[0][: -problem_files.OWN]
        assert heads == {"甲镇": list(rosters.HEADER), "乙镇": other}


def test_a_heading_in_another_order_stands_before_its_rows(clerk: Client) -> None:
    rows = rosters.lines(range(60))
    swapped = [rosters.HEADER[5], *rosters.HEADER[:5], *rosters.HEADER[6:]]
    below = [[line[5], *line[:5], *line[6:]] for line in rows[30:]]
    batch = checked(rosters.csv_of([*rows[:30], swapped, *below]))
    _name, content = problem_files.fetch(clerk, batch, "sent")
    table = problem_files.text_table(content)
    at = next(n for n, line in enumerate(table) if n and line[0] == "身份证号")
    assert read_sheet_mark(table[at][ROW]) == read_sheet_mark(table[0][ROW])
    assert {line[4] for line in table[at + 1 :]} <= {line[3] for line in rows}
    assert {line[3] for line in table[1:at]} <= {line[3] for line in rows}
    assert len(table) == 2 + len(open_rows(batch))


def test_a_cell_too_long_for_a_workbook_is_shortened_in_it(clerk: Client) -> None:
    rows = rosters.lines(range(30), change=lambda cells, _index: cells)
    rows[4][1] = "村" * 40_000
    batch = checked(rosters.csv_of(rows))
    _name, content = problem_files.fetch(clerk, batch, "xlsx")
    [_head, line] = problem_files.sheet_table(problem_files.book_of(content).active)
    assert (len(line[1]), line[1][-1], line[CODES]) == (32_767, "…", "CELL_LONG")


def test_the_look_is_on_record_and_the_page_of_the_job_leads_back(
    clerk: Client, county: Area
) -> None:
    batch = checked(rosters.csv_of(rosters.lines(range(60))))
    problem_files.fetch(clerk, batch, "xlsx")
    look = AccessLog.objects.get(subject_label="enrollment.rosterrow", action="export")
    assert look.row_count == len(open_rows(batch))
    job = Job.objects.get(kind=problem_files.KIND)
    assert (job.units_done, job.units_total) == (look.row_count, look.row_count)
    page = clerk.get(f"/jobs/{job.pk}/").content.decode()
    assert f'href="/rosters/{batch.pk}/"' in page
    assert "正在生成文件" not in page


def test_a_roster_without_problems_gives_no_file(clerk: Client) -> None:
    clean = rosters.lines(range(30), change=lambda cells, _index: cells)
    batch = checked(rosters.csv_of(clean))
    clerk.post(f"/rosters/{batch.pk}/error-file/", {"format": "xlsx", "purpose": "CORRECT"})
    with pytest.raises(AssertionError, match=r"没有待更正的行|No row of the roster waits"):
        do_jobs()


def test_a_file_is_a_workbook_or_as_it_was_sent(county: Area) -> None:
    batch = checked(rosters.csv_of(rosters.lines(range(20))))
    with pytest.raises(DomainError) as refusal:
        roster_jobs.ask_for_error_file(
            batch,
            file_format="pdf",
            language="en",
            purpose="To correct",
            by=rosters.BY,
            at=batch.received_at,
        )
    assert refusal.value.code == "unknown_format"


def test_a_file_is_made_only_for_a_purpose_which_stands_in_the_log(clerk: Client) -> None:
    batch = checked(rosters.csv_of(rosters.lines(range(40))))
    page = f"/rosters/{batch.pk}/error-file/"
    for sent in ({}, {"purpose": "OTHER"}, {"purpose": "CHECK", "detail": "210283198004214872"}):
        clerk.post(page, {"format": "sent", **sent})
        assert not Job.objects.filter(kind=problem_files.KIND).exists(), sent
    assert 'name="purpose"' in clerk.get(f"/rosters/{batch.pk}/").content.decode()
    clerk.post(page, {"format": "sent", "purpose": "ENQUIRY", "detail": "来函3号"})
    do_jobs()
    look = AccessLog.objects.get(action="export")
    assert look.reason.endswith(": 来函3号")
    # What was stated for the rows of the roster holds for its file as well.
    clerk.post(f"/rosters/{batch.pk}/reveal/", {"purpose": "CORRECT", "detail": "来函4号"})
    assert 'name="purpose"' not in clerk.get(f"/rosters/{batch.pk}/").content.decode()
    clerk.post(page, {"format": "xlsx"})
    do_jobs()
    assert AccessLog.objects.filter(action="export", reason__endswith=": 来函4号").exists()


def test_the_file_says_of_which_problems_nobody_can_vouch(clerk: Client) -> None:
    batch = checked(rosters.csv_of(rosters.lines(range(60))))
    _head, *lines = problem_files.text_table(corrections.problem_text(batch))
    broken = [line for line in lines if line[problem_files.CODES] == "ID_CHECK_FAILS"]
    assert broken
    assert all("不能认定原值无误：校验码不符" in line[problem_files.HELP] for line in broken)
