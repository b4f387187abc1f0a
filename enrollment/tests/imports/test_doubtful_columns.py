"""A file whose columns leave a question open, taken without a person to ask: nothing that rests on
the question is loaded, nothing is lost, and the question is told."""

import io
import json
import zipfile

import pytest
from django.core.management import CommandError, call_command

from bureau.core import clock, jobs
from bureau.core.choices import JobState
from bureau.core.models import Job
from bureau.intake.shapes import FileLayout
from enrollment.choices import Outcome
from enrollment.models import (
    CandidatePair,
    CorrectedRow,
    Person,
    RosterCorrection,
    RosterFile,
    RosterLink,
    RosterRow,
)
from enrollment.selectors.roster_hints import doubts_about
from enrollment.services import row_repair
from enrollment.tests import rosters

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

HEADER = ("姓名", "证件号码", "证件号码", "村")


def two_numbers(people):
    """A list with two columns of numbers that nothing tells apart."""
    rows = [
        {"姓名": rosters.person(at)["姓名"], "own": rosters.person(at)["身份证号"],
         "other": rosters.person(at + 200)["身份证号"]}
        for at in people
    ]  # fmt: skip
    lines = [",".join(HEADER), *(f"{r['姓名']},{r['own']},{r['other']},甲村" for r in rows)]
    return "\r\n".join(lines).encode()


def plain(people, county="210283"):
    lines = rosters.lines(people, county=county, change=lambda cells, _index: cells)
    return rosters.csv_of(lines)


def take(folder, *options):
    out = io.StringIO()
    call_command("import_roster", str(folder), "--json", *options, stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def folder(tmp_path):
    rosters.write(tmp_path, "瓦房店市2019新农合.csv", two_numbers(range(30)))
    rosters.write(tmp_path, "庄河市2019新农合.csv", plain(range(20)))
    return tmp_path


def test_every_row_that_rests_on_the_question_waits_and_is_linked_to_nobody(folder):
    told = take(folder)
    assert (told["failed"], told["refused"]) == ([], [])
    [doubted] = [one for one in told["rosters"] if one["area"] == "210281"]
    assert (doubted["rows_review"], doubted["rows_accepted"], doubted["rows_fixed"]) == (30, 0, 0)
    [doubt] = doubted["doubts"]
    assert (doubt["file"], doubt["code"]) == ("瓦房店市2019新农合.csv", "PEOPLE_SIDE_BY_SIDE")
    assert "证件号码" in doubt["why"]
    rows = RosterRow.objects.filter(batch=doubted["roster"]).exclude(outcome=Outcome.NOT_RECORD)
    assert {tuple(row.reasons) for row in rows if "COLUMN_DOUBTFUL" not in row.reasons} == set()
    assert not RosterLink.objects.filter(row__in=rows).exists()
    assert not CandidatePair.objects.filter(row_a__in=rows).exists()
    # The other county stands on the roll, with its own people alone.
    assert Person.objects.count() == RosterLink.objects.count() == 20


def test_the_row_names_the_columns_in_doubt(folder):
    take(folder)
    row = RosterRow.objects.filter(reasons__contains=["COLUMN_DOUBTFUL"]).first()
    [doubt] = doubts_about(row)
    assert (doubt.code, doubt.value) == ("PEOPLE_SIDE_BY_SIDE", "证件号码、证件号码")


def test_who_writes_the_cells_of_a_row_anew_has_looked_at_the_column(folder):
    take(folder)
    row = RosterRow.objects.filter(reasons=["COLUMN_DOUBTFUL"]).first()
    assert row is not None
    name, own, _other, village = row_repair.cells_of(row)
    row_repair.repair(
        row=row, cells=[name, own, "", village], version=row.version, at=clock.now(), by=rosters.BY
    )
    made = RosterCorrection.objects.latest("pk")
    job = Job.objects.filter(arguments__correction_id=made.pk).latest("pk")
    assert jobs.run_until_done(job.pk).state == JobState.DONE
    [line] = CorrectedRow.objects.filter(correction=made)
    assert "COLUMN_DOUBTFUL" not in line.reasons


def test_with_strict_the_file_is_refused_and_the_rest_goes_in(folder):
    with pytest.raises(CommandError, match="1 files were not taken"):
        take(folder, "--strict")
    assert not RosterRow.objects.filter(batch__area__code="210281").exists()
    assert Person.objects.count() == 20


def test_a_file_laid_out_like_another_of_its_roster_is_read_like_it(tmp_path):
    header = "姓名,证件号码,备用,村"
    clear = ["姓名,证件号码,备用,村"]
    people = [rosters.person(at) for at in range(30)]
    clear += [f"{one['姓名']},{one['身份证号']},,甲村" for one in people]
    rosters.write(tmp_path, "瓦房店市2019新农合1.csv", "\r\n".join(clear).encode())
    short = [header, f"{rosters.person(40)['姓名']},{rosters.person(40)['身份证号']},,乙村"]
    rosters.write(tmp_path, "瓦房店市2019新农合2.csv", "\r\n".join(short).encode())
    [roster] = take(tmp_path)["rosters"]
    assert "doubts" not in roster
    assert roster["rows_accepted"] == 31


def test_the_question_stays_with_the_file_until_a_person_confirms_columns(folder):
    take(folder)
    file = RosterFile.objects.get(name="瓦房店市2019新农合.csv")
    layout = FileLayout.from_json(file.layout)
    assert layout.doubtful_sheets() == {1}


def test_files_in_folders_and_archives_are_taken_by_what_they_hold(tmp_path):
    below = tmp_path / "庄河市" / "城关"
    below.mkdir(parents=True)
    rosters.write(below, "2019名册.bak", plain(range(20)))
    with zipfile.ZipFile(tmp_path / "瓦房店市2019.zip", "w") as archive:
        archive.writestr("瓦房店/名册.txt", plain(range(30, 42), "210281"))
    rosters.write(tmp_path, "说明.pdf", b"%PDF-1.4")
    rosters.write(tmp_path, "~$名册.xlsx", b"left by a spreadsheet program")
    told = take(tmp_path)
    assert (told["failed"], told["refused"]) == ([], [])
    assert sorted((one["area"], one["rows_accepted"]) for one in told["rosters"]) == [
        ("210281", 12),
        ("210283", 20),
    ]


def test_the_second_part_of_a_list_goes_on_with_the_columns_of_the_first(tmp_path):
    def cells(people):
        lines = rosters.lines(people, change=lambda cells, _index: cells)
        # A column that nothing but its heading tells.
        return [[*line, "良好"] for line in lines]

    first = rosters.csv_of(cells(range(30)), (*rosters.HEADER, "备注"))
    second = "".join(",".join(line) + "\r\n" for line in cells(range(30, 60))).encode("gb18030")
    rosters.write(tmp_path, "瓦房店市2019新农合1.csv", first)
    rosters.write(tmp_path, "瓦房店市2019新农合2.csv", second)
    [roster] = take(tmp_path)["rosters"]
    assert (roster["rows_read"], roster["rows_accepted"]) == (61, 60)
    assert set(RosterRow.objects.filter(outcome="ACCEPTED").values_list("remarks", flat=True)) == {
        "良好"
    }
