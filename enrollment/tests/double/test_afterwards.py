"""What a decision says stays: when rows are corrected, and on the pages of second decisions."""

from collections.abc import Callable

import pytest
from django.test import Client

from bureau.core import clock
from bureau.core.choices import Role
from bureau.intake.choices import BatchState
from enrollment.choices.double import CaseState
from enrollment.imports import reconcile
from enrollment.models import CorrectedRow, DoubleCase, DoubleDecision, RosterBatch, RosterRow
from enrollment.services import double_enrollment
from enrollment.tests import corrections, doubles, problem_files, rosters
from enrollment.tests.double.test_pages import client_of
from enrollment.tests.doubles import approve, case_of, decide, spells

__all__ = ["client_of"]
PHONE = rosters.HEADER.index("电话")


def held(index: int) -> RosterRow:
    """The rural row of an invented person, held again as if a doubt had come up."""
    row = RosterRow.objects.get(batch__scheme="NCMS", id_number=rosters.person(index)["身份证号"])
    RosterRow.objects.filter(pk=row.pk).update(outcome="REVIEW", reasons=["NAME_MISSING"])
    reconcile.count_rows(row.batch)
    row.refresh_from_db()
    return row


def corrected(row: RosterRow, change: Callable[[list[str]], None]) -> CorrectedRow:
    """The held row comes back corrected, and is applied."""

    def correct(line: list[str]) -> None:
        assert line[problem_files.ROW] == str(row.row_no)
        change(line)

    batch = RosterBatch.objects.get(pk=row.batch_id)
    assert batch.state == BatchState.APPLIED
    correction = corrections.take(corrections.load_corrected(batch, correct))
    doubles.do_jobs()
    return CorrectedRow.objects.get(correction=correction)


def telephone(line: list[str]) -> None:
    line[PHONE] = "13998600000"


def somebody_else(line: list[str]) -> None:
    line[: len(rosters.HEADER)] = rosters.lines([77], change=doubles.unchanged)[0]


def test_a_corrected_row_leaves_coverage_as_decided(client_of: Callable[..., Client]) -> None:
    approve(decide())
    decided = spells(0)
    assert decided["NCMS:210281"][:2] == ("ENDED", "DOUBLE_ENROLLMENT")
    line = corrected(held(0), telephone)
    assert (line.is_taken, line.coverage_decided) == (True, True)
    assert spells(0) == decided
    assert case_of(0).state == CaseState.DECIDED
    clerk = client_of(Role.CLERK)
    page = clerk.get(f"/corrections/{line.correction_id}/")
    assert page.context["kept_as_decided"] == 1
    assert "One row was taken without changing its coverage" in page.content.decode()


def test_a_row_that_would_be_somebody_elses_is_not_taken(client_of: Callable[..., Client]) -> None:
    approve(decide())
    decided, row = spells(0), held(0)
    holder = row.link.person_id
    line = corrected(row, somebody_else)
    assert (line.verdict, line.is_taken) == ("DECIDED", False)
    assert spells(0) == decided
    row.refresh_from_db()
    assert (row.link.person_id, row.version) == (holder, 0)
    page = client_of(Role.CLERK).get(f"/corrections/{line.correction_id}/")
    assert "nothing is done until the decision is taken back" in page.content.decode()


def test_a_row_without_a_decision_is_covered_anew(cases: None) -> None:
    approve(decide(cases=[case_of(1).pk]))
    line = corrected(held(0), telephone)
    assert (line.is_taken, line.coverage_decided) == (True, False)
    assert spells(0)["NCMS:210281"][0] == "DOUBLE"


def taken_back(first: DoubleDecision) -> DoubleDecision:
    by = doubles.clerk()
    request = double_enrollment.take_back(
        list(DoubleCase.objects.filter(decision=first).values_list("pk", flat=True)),
        reason="依据有误",
        scope=doubles.scope_of(by),
        on=clock.today(),
        at=clock.now(),
        by=by,
    )
    return DoubleDecision.objects.get(pk=request.target_id)


def test_decisions_list_their_cases_when_they_have_left_them(
    client_of: Callable[..., Client],
) -> None:
    first = decide()
    numbers = first.case_numbers
    assert len(numbers) == first.cases == 5
    approve(first)
    second = taken_back(first)
    approve(second)
    assert second.case_numbers == numbers
    client = client_of(Role.CLERK)
    for decision in (first, second):
        page = client.get(f"/double-enrollment/decisions/{decision.pk}/")
        assert len(page.context["cases"]) == 5
        assert not page.context["may_take_back"]


def test_the_persons_page_lists_the_cases(client_of: Callable[..., Client]) -> None:
    case = case_of(0)
    page = client_of(Role.CLERK).get(f"/people/{case.person_id}/?section=doubles")
    (line,) = page.context["doubles"]
    assert line["url"] == f"/double-enrollment/{case.pk}/"
    elsewhere = client_of(Role.CLERK, doubles.WAFANGDIAN)
    assert len(elsewhere.get(f"/people/{case.person_id}/?section=doubles").context["doubles"]) == 1


@pytest.mark.parametrize("index", [10])
def test_who_is_enrolled_once_has_no_case(client_of: Callable[..., Client], index: int) -> None:
    row = RosterRow.objects.get(id_number=rosters.person(index)["身份证号"])
    page = client_of(Role.CLERK).get(f"/people/{row.link.person_id}/?section=doubles")
    assert page.context["doubles"] == []
