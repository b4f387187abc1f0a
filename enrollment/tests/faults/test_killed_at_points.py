"""A process killed at any named point of an import: nothing is lost, nothing doubled."""

import datetime
import io

import pytest

from bureau.core import clock, files
from bureau.core.models import StoredFile
from bureau.testing import faults
from enrollment.services.roster_jobs import APPLY, CHECK, LOOK
from enrollment.tests.faults import imports

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

#: One of them ends the whole import: each must be harmless by itself.
POINTS = [
    (LOOK, "step_before_commit"),
    (CHECK, "load_after_copy:2"),
    (CHECK, "check_before_rows"),
    (CHECK, "check_before_last_commit"),
    (APPLY, "apply_before_linking"),
    (APPLY, "apply_spells:3"),
    (APPLY, "step_after_commit:3"),
    (APPLY, "apply_before_last_commit"),
]
#: The others, in one import. Of three kills in a row, the job must make headway before the third,
#: or it is held to be what kills its workers.
SERIES = {
    LOOK: ["job_lease_taken", "step_after_commit"],
    CHECK: ["load_before_copy:2", "step_after_commit:2", "job_before_end", "job_after_end"],
    APPLY: [
        "apply_told",
        "apply_persons:2",
        "apply_identifiers",
        "apply_households:2",
        "apply_members",
        "apply_precedence:2",
        "step_before_commit:2",
        "job_after_end",
    ],
}


@pytest.fixture
def what_it_must_come_to(no_broker):
    imports.undisturbed()


@pytest.mark.parametrize(("kind", "point"), POINTS)
def test_killed_once(kind, point, what_it_must_come_to):
    found = imports.run(imports.killed_at({kind: [point]}))
    imports.assert_as_undisturbed(found)


def test_killed_again_and_again(what_it_must_come_to):
    found = imports.run(imports.killed_at(SERIES))
    imports.assert_as_undisturbed(found)


def test_a_process_killed_after_the_upload_leaves_a_rest_that_is_purged(settings):
    kept = settings.MEDIA_ROOT / "kept" / "roster"
    before = set(kept.rglob("*"))
    script = (
        "import io; from bureau.core import clock, files\n"
        "files.store(io.BytesIO(b'rest'), purpose='roster', original_name='a.csv', by='t',"
        " at=clock.now())"
    )
    with pytest.raises(AssertionError, match="ended with -9"):
        faults.run_python(script, variables={"BUREAU_CRASH_POINT": "file_written"})
    assert not StoredFile.objects.exists()
    assert [path.read_bytes() for path in set(kept.rglob("*")) - before if path.is_file()] == [
        b"rest"
    ]
    assert files.purge_orphans(at=clock.now()) == 0
    assert files.purge_orphans(at=clock.now() + datetime.timedelta(hours=25)) >= 1
    assert not [path for path in set(kept.rglob("*")) - before if path.is_file()]
    files.store(io.BytesIO(b"rest"), purpose="roster", original_name="a", by="t", at=clock.now())
