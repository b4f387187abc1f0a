"""Reading a roster's files: every row once with its outcome, whatever stands in its cells."""

import csv
import json
import random
import re

import pytest
from django.db.models.functions import Now

from bureau.core import clock, files, jobs
from bureau.core.choices import JobState
from bureau.core.models import Job
from bureau.intake.choices import BatchState
from enrollment.imports import load
from enrollment.models import RosterFile, RosterRow
from enrollment.reports.outcomes import export_outcomes
from enrollment.services import roster_jobs
from enrollment.services import rosters as services
from enrollment.tests import rosters
from enrollment.tests.fingerprint import content
from enrollment.tests.rosters import HEADER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]


def number_of(index):
    return rosters.person(index)["身份证号"]


#: What stands otherwise in a row, the row's outcome, and its reasons and fixes.
PROBLEMS = [
    ({}, "ACCEPTED", []),
    ({"身份证号": lambda i: number_of(i) + " "}, "FIXED", ["ID_SPACES"]),
    ({"身份证号": lambda i: number_of(i)[:6] + number_of(i)[8:17]}, "FIXED", ["ID_UPGRADED"]),
    ({"身份证号": lambda i: "'" + number_of(i)}, "FIXED", ["ID_WRAPPING"]),
    (
        {"身份证号": lambda i: number_of(i).translate({48 + n: 0xFF10 + n for n in range(10)})},
        "FIXED",
        ["ID_FULL_WIDTH"],
    ),
    (
        {"出生日期": lambda i: rosters.person(i)["出生日期"].replace("-", "")},
        "FIXED",
        ["DATE_FORM"],
    ),
    ({"出生日期": ""}, "FIXED", ["BIRTH_FROM_NUMBER"]),
    ({"性别": ""}, "FIXED", ["SEX_FROM_NUMBER"]),
    ({"姓名": "王 芳"}, "FIXED", ["NAME_SPACES"]),
    ({"缴费金额": "250元"}, "FIXED", ["AMOUNT_UNIT"]),
    ({"年度": "2019年"}, "FIXED", ["YEAR_FORM"]),
    ({"身份证号": ""}, "REVIEW", ["ID_MISSING"]),
    ({"身份证号": lambda i: number_of(i)[:17]}, "REVIEW", ["ID_LENGTH"]),
    (
        {"身份证号": lambda i: number_of(i)[:6] + "********" + number_of(i)[14:]},
        "REVIEW",
        ["ID_MASKED"],
    ),
    ({"身份证号": "1.10101E+17"}, "REJECTED", ["ID_SCIENTIFIC"]),
    ({"出生日期": "1950-02-30"}, "REVIEW", ["BIRTH_IMPOSSIBLE"]),
    ({"出生日期": "1951-03-04"}, "REVIEW", ["BIRTH_DIFFERS"]),
    (
        {"性别": lambda i: "女" if rosters.person(i)["性别"] == "男" else "男"},
        "REVIEW",
        ["SEX_DIFFERS"],
    ),
    ({"姓名": ""}, "REVIEW", ["NAME_MISSING"]),
    ({"姓名": "王?"}, "REVIEW", ["NAME_RARE_LOST"]),
    ({"姓名": "", "身份证号": ""}, "REJECTED", ["ID_MISSING", "NAME_MISSING"]),
    ({"缴费金额": "-250"}, "REVIEW", ["AMOUNT_NEGATIVE"]),
    ({"缴费金额": ""}, "REVIEW", ["AMOUNT_MISSING"]),
    ({"缴费金额": "25#0"}, "REVIEW", ["AMOUNT_UNREADABLE"]),
    ({"年度": "2018"}, "REVIEW", ["YEAR_OTHER"]),
]
#: Behind them: a person listed a second time, an empty line, a total.
TOTAL = ["合计", "", "", f"{len(PROBLEMS) + 1}人", "", "", "", "", "6750", "", ""]


def problem_rows():
    rows = []
    for place, (changes, _outcome, _codes) in enumerate(PROBLEMS):
        head = 3 * place  # heads of households: parents, so that an old number is possible
        cells = dict(zip(HEADER, rosters.lines([head], change=lambda c, i: c)[0], strict=True))
        cells |= {name: v(head) if callable(v) else v for name, v in changes.items()}
        rows.append([cells[name] for name in HEADER])
    return [*rows, rows[0], [""] * len(HEADER), TOTAL]


def read(*contents, **sender):
    return rosters.bring_to(rosters.receive(*contents, **sender), BatchState.CHECKED)


def test_a_file_that_has_every_problem_once():
    batch = read(rosters.csv_of(problem_rows()))
    rows = {row.row_no: row for row in batch.rows.all()}
    found = [
        (rows[place].outcome, sorted([*rows[place].reasons, *rows[place].fixes]))
        for place in range(2, len(PROBLEMS) + 2)
    ]
    assert found == [(outcome, codes) for _changes, outcome, codes in PROBLEMS]
    second = rows[len(PROBLEMS) + 2]
    assert (second.outcome, second.reasons) == ("REVIEW", ["LISTED_TWICE"])
    rest = [rows[place].outcome for place in (1, *range(len(PROBLEMS) + 3, max(rows) + 1))]
    assert set(rest) == {"NOT_RECORD"}
    assert batch.rows_read == len(rows) == max(rows)
    counted = (batch.rows_accepted, batch.rows_fixed, batch.rows_review, batch.rows_rejected)
    assert counted == (1, 10, 13, 2)
    assert batch.rows_not_record == len(rest)


def test_every_line_stands_in_the_export(tmp_path):
    batch = rosters.bring_in(rosters.csv_of(problem_rows()))
    export_outcomes(tmp_path)
    with (tmp_path / "records.csv").open(encoding="utf-8", newline="") as file:
        lines = {int(line["row"]): line for line in csv.DictReader(file)}
    assert sorted(lines) == list(range(2, len(PROBLEMS) + 3))
    names = {"ACCEPTED": "accept", "FIXED": "fix", "REVIEW": "review", "REJECTED": "reject"}
    for place, (_changes, outcome, _codes) in enumerate(PROBLEMS, start=2):
        line = lines[place]
        reasons = RosterRow.objects.get(batch=batch, row_no=place).reasons
        assert (line["file"], line["outcome"]) == ("名册.csv", names[outcome])
        assert line["reasons"] == ";".join(reasons)
        if outcome in ("ACCEPTED", "FIXED"):
            assert line["person_id"]
        if outcome == "REJECTED":
            assert not line["person_id"]


def test_strange_cells_survive_whole():
    """A huge cell, a NUL, characters beyond the usual planes, quotes, a formula: kept as read."""
    rare = "𠮷𪚥"
    long = "长" * 20_000
    cells = [
        {"姓名": f"王{rare[0]}"},
        {"村": long},
        {"姓名": "李\0明"},
        {"村": '东"关",村'},
        {"村": "=1+1"},
        {"村": "a\tb\u200bc\u2028d"},
        {"村": '\\N \\ \'; DROP TABLE x; -- {"a"}'},
    ]
    rows = []
    for place, changed in enumerate(cells):
        row = dict(zip(HEADER, rosters.lines([place], change=lambda c, i: c)[0], strict=True))
        rows.append([({**row, **changed})[name] for name in HEADER])
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    text = "\r\n".join([",".join(HEADER), *quoted, ""]).encode("gb18030")
    batch = read(text)
    stored = {row.row_no: row for row in batch.rows.all()}
    for place, row in enumerate(rows, start=2):
        assert json.loads(stored[place].raw) == row
    assert stored[2].name == f"王{rare[0]}"
    assert (stored[3].outcome, stored[3].reasons) == ("REVIEW", ["CELL_LONG"])
    assert stored[4].name == "李明"
    assert "CELL_NUL" in stored[4].fixes
    assert stored[5].village == '东"关",村'
    assert "CELL_FORMULA" in stored[6].fixes


@pytest.mark.parametrize(("before", "after"), [(7, 1000), (7, 5), (13, 3)])
def test_reading_goes_on_with_blocks_of_another_size(monkeypatch, before, after):
    data = rosters.csv_of(rosters.lines(range(60)))
    whole = read(data)
    expected = content()["rows"]
    services.withdraw_roster(batch=whole, at=clock.now(), by=rosters.BY)
    batch = rosters.bring_to(rosters.receive(data), BatchState.READING)
    monkeypatch.setattr(load, "BLOCK_ROWS", before)
    blocks = load.blocks

    def cut_off(file):
        for place, block in enumerate(blocks(file)):
            if place == 2:
                raise RuntimeError("cut off")
            yield block

    monkeypatch.setattr(load, "blocks", cut_off)
    job = rosters.ask(roster_jobs.CHECK, batch)
    assert jobs.run(job.pk, worker="w") is jobs.Outcome.RETRY
    # A household that a block would cut goes whole into the next one.
    assert before < RosterFile.objects.get(batch=batch).rows_loaded <= 2 * before
    monkeypatch.setattr(load, "BLOCK_ROWS", after)
    monkeypatch.setattr(load, "blocks", blocks)
    Job.objects.filter(pk=job.pk).update(due_at=Now())
    ended = jobs.run_until_done(job.pk)
    assert ended.state == JobState.DONE, ended.last_error
    batch.refresh_from_db()
    assert batch.rows_read == 61
    assert content()["rows"] == sorted(expected * 2)


def failed(batch, kind=roster_jobs.CHECK):
    job = jobs.run_until_done(rosters.ask(kind, batch).pk)
    assert job.state == JobState.FAILED
    return job


def test_a_file_that_turns_out_unreadable_says_so_at_once():
    batch = rosters.bring_to(
        rosters.receive(rosters.csv_of(rosters.lines(range(5)))), BatchState.READING
    )
    files.path_of(batch.files.get().stored).write_bytes(b"%PDF-1.4 ...")
    job = failed(batch)
    assert job.fence == 1
    assert "PDF" in job.last_error
    lines = [jobs.log_text(line) for line in job.log_lines.order_by("pk")]
    assert any("名册.csv" in line for line in lines)
    batch.refresh_from_db()
    assert batch.state == BatchState.READING


def test_a_file_that_shrank_behind_its_rows_is_refused(monkeypatch):
    monkeypatch.setattr(load, "BLOCK_ROWS", 10)
    batch = rosters.bring_to(
        rosters.receive(rosters.csv_of(rosters.lines(range(30)))), BatchState.READING
    )
    RosterFile.objects.filter(batch=batch).update(rows_loaded=40)
    job = failed(batch)
    assert {"31", "40"} <= set(re.findall("[0-9]+", job.last_error))


def test_a_nul_in_the_headings_stops_no_file():
    rows = [[*HEADER[:-1], "备\0注"], *rosters.lines(range(3))]
    text = "\r\n".join(",".join(row) for row in [["名\0册"], *rows, []])
    batch = read(text.encode())
    [sheet] = batch.files.get().layout["sheets"]
    assert (sheet["title"], sheet["columns"][-1]["header"]) == ("名\ufffd册", "备\ufffd注")
    assert batch.rows.filter(outcome="ACCEPTED").count() == 3


def test_a_file_that_is_no_table_is_refused_with_a_reason():
    batch = rosters.receive(b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(500))
    rosters.work(roster_jobs.LOOK, batch)
    [problem] = batch.files.get().problems
    assert (problem["code"], problem["value"]) == ("KIND_UNKNOWN", "PNG")


def test_a_cancelled_reading_keeps_what_it_has_and_goes_on_when_asked(monkeypatch):
    monkeypatch.setattr(load, "BLOCK_ROWS", 10)
    batch = rosters.bring_to(
        rosters.receive(rosters.csv_of(rosters.lines(range(30)))), BatchState.READING
    )
    job = rosters.ask(roster_jobs.CHECK, batch)
    blocks = load.blocks

    def cancelled_in_between(file):
        for place, block in enumerate(blocks(file)):
            yield block
            if place == 1:
                break
        jobs.cancel(job, by=rosters.BY, at=clock.now())
        yield block

    # Here, not in the thread that reads ahead, which has another session.
    monkeypatch.setattr(load.bulk, "read_ahead", lambda pieces: pieces)
    monkeypatch.setattr(load, "blocks", cancelled_in_between)
    assert jobs.run_until_done(job.pk).state == JobState.CANCELLED
    assert 10 < batch.rows.count() <= 20
    monkeypatch.undo()
    resumed = roster_jobs.resume(batch, at=clock.now(), by=rosters.BY)
    assert resumed.pk == job.pk
    assert jobs.run_until_done(job.pk).state == JobState.DONE
    batch.refresh_from_db()
    assert (batch.state, batch.rows_read) == (BatchState.CHECKED, 31)


def test_each_name_keeps_the_initials_under_which_it_is_found():
    batch = read(rosters.csv_of(rosters.lines(range(3))))
    row = batch.rows.get(row_no=2)
    assert row.name_initials.split()[0][0] == "w"
