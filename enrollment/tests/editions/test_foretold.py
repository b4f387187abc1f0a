"""What the undoing of a newer edition foretells is what comes true."""

import datetime

import pytest
from django.db.models import Sum

from bureau.core import clock
from bureau.core.choices import Role
from bureau.intake.choices import BatchState
from enrollment.models import (
    CoverageSpell,
    Household,
    Person,
    PersonIdentifier,
    RosterLink,
    RosterUndo,
)
from enrollment.selectors import undo_preview
from enrollment.services import editions
from enrollment.tests import rosters
from enrollment.tests.editions import samples
from enrollment.tests.roster_pages import member, signed_in
from enrollment.tests.undoing import samples as undoes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

PEOPLE = range(12)
#: Three lines change, of which one moves and one pays 50.00 more.
CHANGES = {
    1: {"电话": "13900000001"},
    3: {"户号": "900001", "与户主关系": "户主"},
    6: {"缴费金额": "300"},
}


@pytest.fixture
def edition():
    """Two people enter, two are left out and their coverage ends."""
    first = rosters.bring_in(samples.content(PEOPLE))
    batch = samples.edition(first, samples.content([*range(10), 12, 13], CHANGES))
    editions.end_left_out(
        batch=batch, ends_on=datetime.date(2019, 6, 30), reason="已迁出", at=clock.now(),
        by=rosters.BY,
    )  # fmt: skip
    return rosters.bring_to(batch, BatchState.APPLIED)


def roll() -> dict[str, int]:
    standing = CoverageSpell.objects.exclude(state="UNDONE")
    return {
        "people": Person.objects.filter(state="ACTIVE").count(),
        "rows": RosterLink.objects.count(),
        "spells": standing.count(),
        "numbers": PersonIdentifier.objects.count(),
        "households": Household.objects.count(),
        "ends": standing.filter(reason="EDITION_LEFT_OUT").count(),
        "amount": standing.aggregate(paid=Sum("contribution_amount"))["paid"],
    }


def test_the_figures_that_are_foretold_come_true(edition):
    found, before = undo_preview.preview_of(edition), roll()
    assert found.figures["people_go"] == 2
    assert found.figures["people_stay"] == found.figures["rows_back"] == 3
    undoes.undo(edition)
    after = roll()
    gone = {name: before[name] - after[name] for name in before}
    figures = found.figures
    assert gone["people"] == figures["people_go"]
    assert gone["rows"] == figures["rows"] - figures["rows_back"]
    assert gone["spells"] == figures["spells"] - figures["spells_back"]
    assert gone["numbers"] == figures["numbers_go"]
    assert gone["households"] == figures["households_go"]
    assert gone["ends"] == figures["ends_lifted"] == 2
    assert gone["amount"] == found.amount_goes - found.amount_back == 550


def test_the_second_person_sees_the_difference_and_not_the_whole(edition):
    request = undoes.ask_for_undo(edition)
    assert request.amount == 550
    assert request.summary["amount_goes"] == "1,300.00"
    assert request.summary["amount_back"] == "750.00"
    assert request.summary["rows_back"] == 3
    undo = RosterUndo.objects.get()
    assert undo.figures["people_go"] == 2
    undoes.approve(request)


def test_the_page_says_that_the_former_edition_comes_back(edition, settings):
    settings.DEMO = True
    clerk = signed_in(member("clerk", Role.CLERK, edition.area, language="en"))
    shown = clerk.get(f"/rosters/{edition.pk}/undo/").content.decode()
    assert "The former edition stands again as it was" in shown
    assert "Coverages ended by this edition whose end is lifted" in shown
    first = clerk.get(f"/rosters/{edition.edition.replaces_id}/undo/").content.decode()
    assert "The former edition stands again" not in first
