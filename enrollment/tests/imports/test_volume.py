"""A large roster in a process of its own: the memory it needs, and that no part grows quadratic."""

import json
import sys

import pytest

from bureau.testing import faults
from bureau.testing.city.volume import write_volume

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROWS = 200_000
#: MiB of one process that reads a roster, whatever its length.
READING_LIMIT = 600
#: MiB of one process that links one: the comparison's own limit of 2 GiB and the columns.
LINKING_LIMIT = 2600
IMPORT = """
import json, time
from pathlib import Path
from bureau.core import clock, jobs
from bureau.core.models import Area
from bureau.testing.memory import peak_mib
from enrollment.imports import apply, directory, load
from enrollment.services import roster_jobs, rosters
from enrollment.tests.rosters import BY

def spent(work):
    began = time.monotonic()
    work()
    return {"seconds": round(time.monotonic() - began, 2), "peak_mib": peak_mib()}

def do(kind):
    ended = jobs.run_until_done(roster_jobs.enqueue(kind, batch, by=BY, at=clock.now()).pk)
    assert ended.state == "DONE", ended.last_error
    batch.refresh_from_db()

sender = directory.Sender("NCMS", Area.objects.get(code="210281").pk, 2019)
batch, _refused = directory.gather(sender, [Path(FILE)], by=BY)
do(roster_jobs.LOOK)
directory.accept_layouts(batch, by=BY)
rosters.begin_reading(batch=batch, at=clock.now(), by=BY)
found = {}
whole = load.load_file

def measured(context, file):
    found["reading"] = spent(lambda: whole(context, file))

load.load_file = measured
found["checking"] = spent(lambda: do(roster_jobs.CHECK))
rosters.begin_applying(batch=batch, at=clock.now(), by="second person")
found["applying"] = spent(lambda: do(roster_jobs.APPLY))
found["rows"] = batch.rows_read
found["people"] = batch.persons_created
print(json.dumps(found))
"""


def test_a_large_roster_needs_little_memory(apart, tmp_path, record_property, capsys):
    path = tmp_path / "volume.csv"
    written = write_volume(path, rows=ROWS)
    output = faults.run_python(f"FILE = {str(path)!r}\n{IMPORT}")
    found = json.loads(output.splitlines()[-1])
    for name, figures in found.items():
        record_property(name, figures)
    with capsys.disabled():
        sys.stdout.write(f"\n{ROWS} rows: {found}\n")
    assert found["rows"] == ROWS + 1
    assert ROWS - written.twice - written.faults["ID_DIGIT"] >= found["people"] > 0.95 * ROWS
    assert found["reading"]["peak_mib"] <= READING_LIMIT
    assert found["applying"]["peak_mib"] <= LINKING_LIMIT
