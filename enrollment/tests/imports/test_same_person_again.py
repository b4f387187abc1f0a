"""A person whose number another one holds is found again in the next roster, not opened anew."""

import pytest

from bureau.intake.choices import BatchState
from enrollment.models import Person, PersonIdentifier, RosterLink
from enrollment.tests import rosters

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]


def applied(county, year=2019, **options):
    content = rosters.csv_of(rosters.lines([0], county=county, **options))
    batch = rosters.receive(content, area=county, year=year)
    return rosters.bring_to(batch, BatchState.APPLIED)


def otherwise_named(cells, index):
    """One character of the name is another one, of another sound."""
    return {**cells, "姓名": cells["姓名"][:2] + "鑫", "年度": cells["年度"]}


def test_a_name_of_another_sound_opens_one_more_file_and_no_third():
    applied("210283")
    second = applied("210281", change=otherwise_named)
    assert (Person.objects.count(), second.pairs_found) == (2, 1)
    assert PersonIdentifier.objects.filter(kind="RESIDENT_ID").count() == 1
    third = applied("210213", change=otherwise_named)
    assert Person.objects.count() == 2
    [link] = RosterLink.objects.filter(batch=third)
    assert link.person_id == RosterLink.objects.get(batch=second).person_id
