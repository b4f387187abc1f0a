"""A person who is written otherwise is found again in the next roster, not opened anew."""

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
    return {**cells, "姓名": cells["姓名"][:2] + "鑫"}


def test_a_name_of_another_sound_joins_by_all_evidence_and_opens_no_further_file():
    first = applied("210283")
    second = applied("210281", change=otherwise_named)
    third = applied("210213", change=otherwise_named)
    assert (Person.objects.count(), second.pairs_found) == (1, 0)
    assert PersonIdentifier.objects.filter(kind="RESIDENT_ID").count() == 1
    tiers = {link.batch_id: link.tier for link in RosterLink.objects.all()}
    assert tiers[first.pk] == "ALONE"
    assert "ALONE" not in {tiers[second.pk], tiers[third.pk]}
