"""A withdrawn roster: what it leaves behind says nothing of people, whenever it is taken back."""

import pytest

from bureau.core import clock, jobs
from bureau.core.choices import JobState
from bureau.intake.choices import BatchState
from enrollment.imports import linkage
from enrollment.models import CandidatePair, Person, RosterLink
from enrollment.selectors import people
from enrollment.services import roster_jobs
from enrollment.services import rosters as services
from enrollment.tests import rosters

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]


def received(indexes, county="210281", **options):
    lines = rosters.lines(indexes, county=county, **options)
    return rosters.receive(rosters.csv_of(lines), area=county)


def unnumbered(cells, index):
    """Nothing but name and birthday says who it is: a clerk is asked."""
    return {**cells, "身份证号": "", "电话": ""}


def test_a_roster_withdrawn_while_it_is_linked_leaves_no_links(monkeypatch):
    batch = rosters.bring_to(received(range(9)), BatchState.READING)
    whole = linkage.link_roster

    def withdrawn_just_before(linked):
        services.withdraw_roster(batch=linked, at=clock.now(), by=rosters.BY)
        whole(linked)

    monkeypatch.setattr(linkage, "link_roster", withdrawn_just_before)
    # The withdrawal stands in the step's own transaction here, so it goes with the step.
    job = rosters.ask(roster_jobs.CHECK, batch)
    assert jobs.run_until_done(job.pk).state == JobState.CANCELLED
    assert not RosterLink.objects.exists()
    batch.refresh_from_db()
    assert batch.checked_at is None


def test_rows_show_on_a_persons_file_only_while_their_roster_is_on_the_roll():
    rosters.bring_to(received([0], "210283"), BatchState.APPLIED)
    [person] = Person.objects.all()
    assert len(people.source_rows_of(person)) == 1
    batch = rosters.bring_to(received([0]), BatchState.CHECKED)
    assert RosterLink.objects.filter(batch=batch, person_id=person.pk).exists()
    assert len(people.source_rows_of(person)) == 1
    services.withdraw_roster(batch=batch, at=clock.now(), by=rosters.BY)
    assert len(people.source_rows_of(person)) == 1


def test_pairs_of_a_withdrawn_roster_are_not_asked():
    rosters.bring_to(received([0], "210283"), BatchState.APPLIED)
    [person] = Person.objects.all()
    batch = rosters.bring_to(received([0], change=unnumbered), BatchState.CHECKED)
    assert len(people.pairs_of(person)) == 1
    services.withdraw_roster(batch=batch, at=clock.now(), by=rosters.BY)
    assert people.pairs_of(person) == []
    assert CandidatePair.objects.count() == 1
