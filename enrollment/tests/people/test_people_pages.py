"""The list of the people of some areas holds the same files as every other list."""

import pytest

from bureau.core.tests.factories import county
from enrollment.models import Person
from enrollment.selectors.people_pages import Places
from enrollment.tests.people_samples import person_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("insured_too", [False, True])
def test_a_file_whose_opening_was_undone_takes_nobodys_place(insured_too: bool) -> None:
    """Else a page has one line less, looks like the last, and hides everybody behind it."""
    # A county of its own: others in this folder look at a roll that stays for all of them.
    place = county("210299", "小县")
    files = [person_of(place).pk for _n in range(5)]
    Person.objects.filter(pk=files[1]).update(state="UNDONE")
    listed = Places([place.pk], insured_too=insured_too)
    living = [files[0], files[2], files[3], files[4]]
    assert listed.near(downwards=False, most=3) == living[:3]
    assert listed.near(downwards=True, most=4) == living[::-1]
    assert listed.count(most=100) == 4
