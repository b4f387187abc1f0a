"""What a clerk said is not asked again: of the same people, whatever rosters come later."""

import polars as pl
import pytest

from bureau.core.models import Area
from bureau.intake.choices import BatchState
from enrollment.choices import Verdict
from enrollment.imports import linkage
from enrollment.models import CandidatePair, PairDecision, RosterLink, RosterRow
from enrollment.services.linkage import version_in_use
from enrollment.tests import decisions as made
from enrollment.tests import rosters
from enrollment.tests.imports.test_linkage import applied, unnumbered

#: The number of the person with one digit wrong.
NUMBER = rosters.person(0)["身份证号"]
SLIPPED = {"id_text": NUMBER[:16] + str((int(NUMBER[16]) + 1) % 10) + NUMBER[17]}

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]


def next_year(year):
    """The waiting row comes again, written as before, with somebody new beside it."""

    def change(cells, index):
        return unnumbered(cells, index) if index == 0 else cells

    rows = rosters.lines([0, year], county="210283", change=change)
    batch = rosters.receive(rosters.csv_of(rows), area="210283", year=year)
    return rosters.bring_to(batch, BatchState.CHECKED)


def offered(batch):
    """Pairs of the roster with somebody on the roll; two rows that wait may well be one person."""
    rows = RosterLink.objects.filter(batch__state=BatchState.APPLIED).values("row")
    return CandidatePair.objects.filter(batch=batch, row_a__in=rows).count()


def test_next_years_row_is_not_offered_to_the_person_it_is_not():
    applied([0], county="210281")
    applied([0], county="210283", change=unnumbered)
    [asked] = CandidatePair.objects.all()
    decision = made.decided(asked, Verdict.DIFFERENT)
    made.carry_out()
    assert offered(next_year(2020)) == 0
    made.undone(decision)
    made.carry_out()
    assert offered(next_year(2021)) == 1


def test_next_years_row_is_not_linked_unasked_to_the_person_it_is_not():
    """Its number is one slip from the person's: but for what the clerk said it would be linked."""
    applied([0], county="210281")
    applied([0], county="210283", change=unnumbered)
    [asked] = CandidatePair.objects.all()
    made.decided(asked, Verdict.DIFFERENT)
    made.carry_out()
    waiting = next(row for row in (asked.row_a, asked.row_b) if row.id_number is None)
    later = next_year(2020)
    again = RosterRow.objects.get(batch=later, name_key=waiting.name_key)
    # The waiting row had been written like next year's.
    RosterRow.objects.filter(pk__in=[waiting.pk, again.pk]).update(
        id_text=SLIPPED["id_text"], id_state="BAD_CHECK"
    )
    linkage.link_roster(later)
    assert not RosterLink.objects.filter(row=again).exists()
    assert PairDecision.objects.filter(pair=asked).count() == 1
    assert offered(later) == 0


def test_two_people_who_are_not_one_are_not_offered_by_another_row():
    area = Area.objects.get(code="210281")
    one, other = made.person_row(made.roster(area)), made.person_row(made.roster(area))
    third = made.person_row(made.roster(area))
    later = made.roster(area, year=2020)
    row = made.row(later)
    RosterLink.objects.create(row=row, batch=later, person_id=made.holder(other), tier="ALONE")
    decision = made.decided(made.pair(one, other), Verdict.DIFFERENT)
    found = pl.DataFrame(
        {
            "row_a": [row.pk, row.pk],
            "row_b": [None, None],
            "person_b": [made.holder(one), made.holder(third)],
            "score": [0.9, 0.8],
            "reasons": [["NAME_EQUAL"], ["NAME_EQUAL"]],
        },
        schema_overrides={"row_b": pl.Int64},
    )
    assert linkage.store_pairs(later, found, version_in_use()) == 1
    [asked] = CandidatePair.objects.filter(batch=later)
    assert asked.row_a_id == third.pk
    made.undone(decision)
    assert linkage.store_pairs(later, found, version_in_use()) == 1


def test_of_a_merged_file_the_first_row_stands_for_the_person():
    applied([0], county="210281")
    one = RosterLink.objects.get().row
    other = made.person_row(made.roster(Area.objects.get(code="210283")))
    made.decided(made.pair(one, other))
    made.carry_out()
    assert RosterLink.objects.filter(person_id=made.holder(one), opens_file=True).count() == 2
    later = next_year(2020)
    [asked] = CandidatePair.objects.filter(batch=later)
    assert asked.row_a_id == one.pk
    assert (asked.area_a.code, asked.area_b.code) == ("210281", "210283")
