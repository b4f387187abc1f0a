"""A roster in the database to measure with: file made, stored and laid out, rows dropped."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bureau.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from bureau.core import clock, files
from bureau.core.actors import Actor
from bureau.core.models import Area
from bureau.intake.choices import BatchState, Channel
from enrollment.choices import Scheme
from enrollment.imports import directory, load
from enrollment.models import RosterBatch, RosterFile
from enrollment.services import rosters

ACTOR = Actor.for_job("benchmark")
#: Emptied between runs, in one statement.
STAGED = ("enrollment_rosterrow", "enrollment_rosterlink", "enrollment_candidatepair")
TARGETS = (
    "enrollment_person",
    "enrollment_personidentifier",
    "enrollment_household",
    "enrollment_householdmember",
    "enrollment_coveragespell",
)


def begin() -> None:
    """The database has its reference data and holds no roster and nobody. Refuses real data."""
    if not Area.objects.exists():
        call_command("load_reference", verbosity=0)
    refuse_real_data()
    empty(*STAGED, *TARGETS)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE enrollment_rosterfile, enrollment_roll CASCADE")


def roster_of(rows: int, *, year: int = 2019, seed: int = 1) -> tuple[RosterBatch, RosterFile]:
    """A roster with one file of so many rows, laid out and ready to be read; nothing is staged.

    The same seed names the same people.
    """
    area = Area.objects.get(code="210281")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "volume.csv"
        # In a process of its own: its memory is not that of reading.
        subprocess.run(
            [
                *(sys.executable, "-m", "bureau.testing.city.volume", str(path)),
                *("--rows", str(rows), "--year", str(year), "--seed", str(seed)),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return roster_of_file(directory.Sender(Scheme.NCMS, area.pk, year), path)


def roster_of_file(sender: directory.Sender, path: Path) -> tuple[RosterBatch, RosterFile]:
    """The file is a roster of its own, laid out and ready to be read; nothing is staged."""
    batch, _refused = directory.gather(sender, [path], by=ACTOR)
    if batch is None:
        raise RuntimeError("the roster was not taken")
    file = RosterFile.objects.select_related("stored", "batch__area").get(
        batch=batch, withdrawn=False
    )
    load.look_at_file(file)
    directory.accept_layouts(batch, by=ACTOR)
    RosterBatch.objects.filter(pk=batch.pk).update(state=BatchState.READING)
    file.refresh_from_db()
    batch.refresh_from_db()
    return batch, file


def refuse_real_data() -> None:
    """Raises SystemExit when the database holds rosters that came by another way."""
    if RosterBatch.objects.exclude(channel=Channel.COMMAND_LINE).exists():
        raise SystemExit("this database holds real rosters; benchmarks empty tables")


def empty(*tables: str) -> None:
    """The tables hold nothing, and those that refer to them neither."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")


def source_path(file: RosterFile) -> Path:
    """Where the file lies."""
    return files.path_of(file.stored)


__all__ = [
    "ACTOR",
    "STAGED",
    "TARGETS",
    "clock",
    "connection",
    "empty",
    "roster_of",
    "rosters",
    "settings",
    "source_path",
]
