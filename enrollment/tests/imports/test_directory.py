"""A folder of rosters taken in one go: sorted by sender, imported, safe to repeat."""

import pytest

from bureau.core import jobs
from bureau.core.actors import Actor
from bureau.core.models import Area, StoredFile
from bureau.intake.choices import BatchState
from enrollment.choices import Scheme
from enrollment.imports import directory, load, roster_folder
from enrollment.models import Person, RosterBatch, RosterFile
from enrollment.tests import rosters
from enrollment.tests.fingerprint import content

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]


def csv_about(people, county="210281"):
    return rosters.csv_of(rosters.lines(people, county=county))


@pytest.fixture
def folder(tmp_path):
    rosters.write(tmp_path, "瓦房店市2019新农合.csv", csv_about(range(12)))
    rosters.write(tmp_path, "瓦房店市2019新农合(补).csv", csv_about(range(12, 18)))
    rosters.write(tmp_path, "庄河市2019新农合.csv", csv_about(range(9, 24), county="210283"))
    rosters.write(tmp_path, "readme.md", b"left alone")
    rosters.write(tmp_path, "扫描件.csv", b"%PDF-1.4 not a table")
    return tmp_path


def import_all(folder):
    senders, refused = directory.sort_files(roster_folder.roster_files(folder))
    batches = []
    for sender, paths in senders.items():
        batch, unusable = directory.gather(sender, paths, by=rosters.BY)
        refused += unusable
        if batch is not None:
            refused += directory.advance(batch, by=rosters.BY, apply=True)
            batches.append(batch)
    return batches, refused


def test_files_are_sorted_by_their_sender(folder):
    senders, refused = directory.sort_files(roster_folder.roster_files(folder))
    found = {
        Area.objects.get(pk=sender.area_id).code: (sender.scheme, sender.year, len(paths))
        for sender, paths in senders.items()
    }
    assert found == {
        "210281": (Scheme.NCMS, 2019, 2),
        "210283": (Scheme.NCMS, 2019, 1),
    }
    assert [(file.name, file.code) for file in refused] == [("扫描件.csv", "KIND_UNKNOWN")]
    assert "PDF" in refused[0].why


def test_what_the_caller_says_goes_before_what_a_file_tells(folder):
    county = Area.objects.get(code="210213")
    senders, _refused = directory.sort_files(
        roster_folder.roster_files(folder), scheme=Scheme.URBMI, area=county, year=2018
    )
    assert list(senders) == [directory.Sender(Scheme.URBMI, county.pk, 2018)]


def test_a_folder_without_files_is_looked_into_one_level_deeper(tmp_path):
    path = rosters.write(tmp_path / "files", "a.csv", b"x")
    rosters.write(tmp_path / "truth", "b.csv", b"x")
    assert roster_folder.roster_files(tmp_path) == [path]


def test_a_folder_is_imported_and_repeating_it_changes_nothing(folder):
    batches, refused = import_all(folder)
    assert [batch.state for batch in batches] == [BatchState.APPLIED] * 2
    assert [file.name for file in refused] == ["扫描件.csv"]
    before = content()
    kept = StoredFile.objects.filter(purged_at=None).count()
    again, refused = import_all(folder)
    assert again == []
    assert sorted(file.code for file in refused) == ["FILE_KNOWN"] * 3 + ["KIND_UNKNOWN"]
    after = content()
    unchanged = [name for name in before if name not in ("rosters", "acts")]
    assert [name for name in unchanged if before[name] != after[name]] == []
    assert StoredFile.objects.filter(purged_at=None).count() == kept


def test_a_draft_left_by_a_killed_run_is_taken_up(folder):
    senders, _refused = directory.sort_files(roster_folder.roster_files(folder))
    sender, paths = next(found for found in senders.items() if len(found[1]) == 2)
    first, _refused = directory.gather(sender, paths[:1], by=rosters.BY)
    second, refused = directory.gather(sender, paths, by=rosters.BY)
    assert (second, refused) == (first, [])
    assert first.files.count() == 2


def test_a_draft_that_somebody_else_began_stays_theirs(folder):
    senders, _refused = directory.sort_files(roster_folder.roster_files(folder))
    sender, paths = next(found for found in senders.items() if len(found[1]) == 2)
    other, _refused = directory.gather(sender, paths[:1], by=Actor.for_job("somebody else"))
    own, _refused = directory.gather(sender, paths[1:], by=rosters.BY)
    assert own != other
    assert other.files.count() == own.files.count() == 1


def test_a_roster_may_stop_after_the_check(folder):
    senders, _refused = directory.sort_files(roster_folder.roster_files(folder))
    sender, paths = next(iter(senders.items()))
    batch, _refused = directory.gather(sender, paths, by=rosters.BY)
    directory.advance(batch, by=rosters.BY, apply=False)
    assert batch.state == BatchState.CHECKED
    directory.advance(batch, by=rosters.BY, apply=True)
    assert batch.state == BatchState.APPLIED


def test_a_file_that_cannot_be_read_leaves_the_roster_and_the_rest_goes_in(tmp_path):
    batch = rosters.receive(csv_about(range(6)), b"\x89PNG\r\n\x1a\n....", names=["a.csv", "b.csv"])
    refused = directory.advance(batch, by=rosters.BY, apply=True)
    assert [(file.name, file.code) for file in refused] == [("b.csv", "KIND_UNKNOWN")]
    assert (batch.state, batch.rows_read) == (BatchState.APPLIED, 7)
    assert RosterFile.objects.get(name="b.csv").withdrawn


def test_a_roster_of_nothing_readable_is_withdrawn():
    batch = rosters.receive(b"%PDF-1.4 nothing")
    assert [file.code for file in directory.advance(batch, by=rosters.BY, apply=True)] == [
        "KIND_UNKNOWN"
    ]
    assert RosterBatch.objects.get().state == BatchState.CANCELLED
    assert not Person.objects.exists()


def test_a_job_that_fails_is_named(monkeypatch):
    batch = rosters.receive(csv_about(range(3)))
    monkeypatch.setattr(load, "blocks", lambda file: iter([1 / 0]))
    with pytest.raises(directory.JobFailed) as failure:
        directory.advance(batch, by=rosters.BY, apply=True)
    assert failure.value.code == "JOB_FAILED"
    assert "ZeroDivisionError" in failure.value.facts["error"]
    assert jobs.kind_of(failure.value.facts["kind"]).queue == "bulk"


def test_a_file_without_a_column_every_roster_needs_is_refused_with_a_remedy():
    unheaded = "甲,乙,丙\r\n" + "".join(f"{n},{n * 7 % 10},x\r\n" for n in range(30))
    batch = rosters.receive(csv_about(range(6)), unheaded.encode(), names=["a.csv", "b.csv"])
    refused = directory.advance(batch, by=rosters.BY, apply=True)
    assert [(file.name, file.code) for file in refused] == [("b.csv", "COLUMN_MISSING")]
    assert "1" in refused[0].why
    assert (batch.state, batch.rows_read) == (BatchState.APPLIED, 7)


def test_a_roster_whose_only_file_is_unfit_is_withdrawn():
    batch = rosters.receive("甲,乙\r\n1,2\r\n3,4\r\n".encode())
    [refused] = directory.advance(batch, by=rosters.BY, apply=True)
    batch.refresh_from_db()
    assert (refused.code, batch.state) == ("COLUMN_MISSING", BatchState.CANCELLED)
