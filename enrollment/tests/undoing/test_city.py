"""A generated city from which a roster is taken: its roll is as if the roster had never come."""

import io
import shutil
from pathlib import Path

import pytest
from django.core.management import call_command

from bureau.core import integrity
from bureau.testing.city.generate import generate
from enrollment.models import RosterBatch, RosterFile, UndoneRow
from enrollment.tests.fingerprint import differences, standing
from enrollment.tests.undoing import samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

PEOPLE = 900


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """Files of eleven senders about one city, with the faults that rosters have."""
    generate(tmp_path / "city", people=PEOPLE, seed=3, truth=False)
    return tmp_path / "city" / "files"


def bring_in(folder: Path) -> list[RosterBatch]:
    call_command("import_roster", folder, json=True, stdout=io.StringIO())
    return list(RosterBatch.objects.filter(state="APPLIED").order_by("applied_at", "pk"))


def test_the_first_roster_of_a_city_is_taken_back(city: Path, tmp_path: Path) -> None:
    """The first, because all others were linked when it stood on the roll."""
    batch = bring_in(city)[0]
    names = set(RosterFile.objects.filter(batch=batch).values_list("name", flat=True))
    samples.undo(batch)
    found = standing()
    assert integrity.broken_invariants() == []
    assert UndoneRow.objects.filter(is_own=False).exists()
    samples.start_anew()
    others = tmp_path / "others"
    others.mkdir()
    for path in city.iterdir():
        if path.name not in names:
            shutil.copy(path, others / path.name)
    bring_in(others)
    told = differences(standing(), found)
    assert told == [], "\n".join(told)
