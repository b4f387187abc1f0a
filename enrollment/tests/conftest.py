"""What the tests of enrollment share: areas, small rosters, a small city on the roll."""

from typing import Any

import pytest
from django.core.management import call_command

from enrollment.models import RosterBatch
from enrollment.tests import rosters


@pytest.fixture
def reference(db: None) -> None:
    """The areas of the city and the national code tables."""
    call_command("load_reference", verbosity=0)


@pytest.fixture
def small_city(reference: None) -> dict[str, RosterBatch]:
    """Two counties on the roll, 350 people with the usual faults; 50 are listed in both."""
    return {
        county: rosters.bring_in(
            rosters.csv_of(rosters.lines(people, county=county)),
            area=county,
            names=[f"{county}.csv"],
        )
        for county, people in {"210281": range(200), "210283": range(150, 350)}.items()
    }


@pytest.fixture
def apart(transactional_db: Any) -> None:
    """For tests with processes of their own: what is written here is committed."""
    call_command("load_reference", verbosity=0)
