"""A roll from which a roster was taken is the roll on which it never stood."""

import pytest

from bureau.core import integrity
from enrollment.tests.fingerprint import differences, standing
from enrollment.tests.undoing import samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

ALL = range(5)


@pytest.mark.parametrize("place", [0, 2, 4], ids=["first", "middle", "last"])
def test_the_roll_is_as_if_the_roster_had_never_come(place):
    batches = samples.bring_in(ALL)
    samples.undo(batches[place])
    found = standing()
    assert integrity.broken_invariants() == []
    samples.start_anew()
    samples.bring_in([other for other in ALL if other != place])
    told = differences(standing(), found)
    assert told == [], "\n".join(told)
