"""A person's second line in a roster is left out: one or many, on record, undone until applied."""

from typing import Any

import pytest
from django.test import Client

from bureau.core import clock, integrity
from bureau.core.actors import Scope
from bureau.core.choices import Role
from bureau.core.models import AccessLog, ApprovalRequest, AuditEvent
from bureau.core.tests import factories
from bureau.intake.choices import BatchState, Channel
from enrollment.models import CoverageSpell, Person, RosterBatch, RosterCorrection, RosterRow
from enrollment.rules.leaving_out import note_to_leave_out, reason_to_leave_out
from enrollment.selectors import fallen, proof_counts
from enrollment.tests import corrections, problem_files, rosters
from enrollment.tests.roster_pages import do_jobs, member, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def plain(cells: dict[str, str], _index: int) -> dict[str, str]:
    return cells


def listed_twice(*again: int) -> bytes:
    people = rosters.lines(range(6), change=plain)
    return rosters.csv_of([*people, *(people[index] for index in again)])


@pytest.fixture
def clerk(reference: None, settings: Any) -> Client:
    settings.DEMO = True
    return signed_in(member("clerk", Role.CLERK, factories.county(), language="en"))


@pytest.fixture
def reviewer(clerk: Client) -> Client:
    return signed_in(member("reviewer", Role.REVIEWER, factories.county(), language="en"))


def brought(state: BatchState, *again: int, channel: Channel = Channel.BROWSER) -> RosterBatch:
    batch = rosters.receive(listed_twice(*again), channel=channel)
    return rosters.bring_to(batch, state)


def seconds(batch: RosterBatch) -> list[RosterRow]:
    return list(batch.rows.filter(reasons=["LISTED_TWICE"]).order_by("pk"))


def leave_out(client: Client, row: RosterRow, reason: str = "Paid once by mistake.") -> Any:
    page = f"/rosters/{row.batch_id}/rows/{row.pk}/leave-out/"
    shown = client.get(page)
    assert shown.status_code == 200
    values = {"reason": reason, "version": shown.context["version"]}
    answer = client.post(page, values)
    do_jobs()
    return answer


def test_one_line_is_left_out_and_the_other_is_loaded(clerk: Client) -> None:
    batch = brought(BatchState.CHECKED, 2)
    [row] = seconds(batch)
    page = clerk.get(f"/rosters/{batch.pk}/rows/{row.pk}/").content.decode()
    assert f"/rows/{row.pk}/leave-out/" in page
    answer = leave_out(clerk, row)
    made = RosterCorrection.objects.get()
    assert answer.url == f"/corrections/{made.pk}/"
    page = clerk.get(answer.url)
    counts = {
        url.partition("verdict=")[2]: count
        for _status, count, url, _meaning in page.context["verdicts"]
    }
    assert (counts["LEFT_OUT"], counts["CHANGED"]) == (1, 0), "it is none that was corrected"
    clerk.post(f"/corrections/{made.pk}/submit/", {"reason": "By the county's letter."})
    do_jobs()
    row.refresh_from_db()
    batch.refresh_from_db()
    assert (row.outcome, row.reasons, row.is_settled) == ("REJECTED", ["LEFT_OUT"], True)
    assert (batch.state, batch.rows_rejected, batch.open_rows) == ("CHECKED", 1, 0)
    page = clerk.get(f"/rosters/{batch.pk}/rows/{row.pk}/").content.decode()
    assert "Paid once by mistake." in page
    assert "clerk" in page
    assert integrity.broken_invariants() == []


def test_what_was_left_out_is_taken_in_again_until_the_roster_is_submitted(clerk: Client) -> None:
    batch = brought(BatchState.CHECKED, 2)
    [row] = seconds(batch)
    leave_out(clerk, row)
    made = RosterCorrection.objects.get()
    clerk.post(f"/corrections/{made.pk}/submit/", {"reason": "By the county's letter."})
    do_jobs()
    answer = clerk.post(f"/rosters/{batch.pk}/rows/{row.pk}/take-in/")
    assert answer.status_code == 302
    do_jobs()
    row.refresh_from_db()
    batch.refresh_from_db()
    assert (row.outcome, row.reasons, row.is_settled) == ("REVIEW", ["LISTED_TWICE"], False)
    assert (batch.state, batch.rows_review, batch.rows_rejected) == ("CHECKED", 1, 0)
    assert AuditEvent.objects.filter(kind="roster.line_taken_in_again").count() == 1
    assert integrity.broken_invariants() == []
    clerk.post(f"/rosters/{batch.pk}/rows/{row.pk}/take-in/")
    row.refresh_from_db()
    assert row.version == 2


def test_a_refused_form_is_a_look_on_record_and_a_long_number_is_no_error(clerk: Client) -> None:
    batch = brought(BatchState.CHECKED, 2)
    [row] = seconds(batch)
    page = f"/rosters/{batch.pk}/rows/{row.pk}/leave-out/"
    long = "9" * 5000
    assert clerk.post(page, {"reason": "", "version": long}).status_code == 422
    look = AccessLog.objects.latest("pk")
    assert (look.subject_label, look.subject_id) == ("enrollment.rosterrow", str(row.pk))
    answer = clerk.post(page, {"reason": "Paid once by mistake.", "version": long})
    assert answer.status_code in (409, 422)
    assert not RosterCorrection.objects.exists()


def test_who_is_marked_as_gone_or_dead_is_left_out_and_a_sound_line_is_not(clerk: Client) -> None:
    remarks = ["", "2018年迁往沈阳", "已故", ""]
    people = rosters.lines(range(4), change=plain)
    told = [[*cells, remark] for cells, remark in zip(people, remarks, strict=True)]
    content = rosters.csv_of(told, [*rosters.HEADER, "备注"])
    batch = rosters.bring_to(rosters.receive(content), BatchState.CHECKED)
    held = list(batch.rows.filter(outcome="REVIEW").order_by("pk"))
    assert [row.reasons for row in held] == [["GONE"], ["DECEASED"]]
    page = f"/rosters/{batch.pk}/rows/leave-out/"
    chosen = [str(row.pk) for row in batch.rows.all()]
    context = clerk.post(page, {"chosen": chosen}).context
    assert context["chosen_count"] == 2


def test_many_lines_are_left_out_with_one_reason(clerk: Client) -> None:
    batch = brought(BatchState.CHECKED, 1, 4)
    rows = seconds(batch)
    page = f"/rosters/{batch.pk}/rows/leave-out/"
    chosen = [str(row.pk) for row in batch.rows.all()]
    asked = clerk.post(page, {"chosen": chosen})
    assert asked.context["chosen_count"] == 2
    assert [len(line["stays"]) for line in asked.context["staying"]] == [1, 1]
    context = asked.context
    sent = {
        "chosen": context["numbers"],
        "_confirmed": context["seen"],
        "form_token": context["form_token"],
        "selection": context["selection"],
    }
    clerk.post(page, sent)
    assert not RosterCorrection.objects.exists(), "without a reason nothing is done"
    context = clerk.post(page, {"chosen": chosen}).context
    sent |= {"form_token": context["form_token"], "reason": "Listed twice by the town."}
    clerk.post(page, sent)
    do_jobs()
    made = RosterCorrection.objects.get()
    assert (made.lines_changed, made.lines_wrong) == (2, 0)
    assert {line.row_id for line in made.lines.all()} == {row.pk for row in rows}


def test_a_line_left_out_of_a_roster_on_the_roll_loses_its_coverage_after_approval(
    clerk: Client, reviewer: Client
) -> None:
    batch = brought(BatchState.APPLIED, 2, channel=Channel.COMMAND_LINE)
    [row] = seconds(batch)
    spell = CoverageSpell.objects.get(source_row=row)
    assert spell.state == "UNDER_REVIEW"
    leave_out(clerk, row)
    made = RosterCorrection.objects.get()
    clerk.post(f"/corrections/{made.pk}/submit/", {"reason": "By the county's letter."})
    request = ApprovalRequest.objects.get()
    assert request.summary == {"left_out": 1}
    line = made.lines.get()
    listed = clerk.get(f"/corrections/{made.pk}/lines/?verdict=LEFT_OUT")
    [shown] = listed.context["table_rows"]
    told = {
        head.text: cell.text
        for head, cell in zip(listed.context["heads"], shown.cells, strict=True)
    }
    assert told["Comparison"] == "Left out"
    assert told["Still wrong because"] == "–"
    assert told["Evidence, or why left out"].startswith("Paid once by mistake.; stays: ")
    stays = reviewer.get(f"/corrections/{made.pk}/lines/{line.pk}/").context["staying"]
    assert [text.endswith(": CNY 250.00") for text, _url in stays] == [True]
    reviewer.post(f"/todo/{request.pk}/decide/", {"decision": "approve"})
    do_jobs()
    row.refresh_from_db()
    spell.refresh_from_db()
    assert (row.outcome, row.is_settled, spell.state) == ("REJECTED", True, "UNDONE")
    person = Person.objects.get(identifiers__number=row.id_number)
    assert [one.state for one in person.spells.exclude(state="UNDONE")] == ["IN_FORCE"]
    # Nobody fell out by it: the person is insured by the other line.
    proof = proof_counts.proof_of(Scope.of([batch.area.path]), at=clock.now())
    assert (proof.holds, proof.below) == (True, 0)
    assert not fallen.rows_of([batch.pk]).exists()
    assert integrity.broken_invariants() == []


def test_the_county_leaves_a_line_out_in_the_problem_file(clerk: Client) -> None:
    batch = brought(BatchState.CHECKED, 2)
    [row] = seconds(batch)

    def beside(line: list[str]) -> None:
        line[len(rosters.HEADER)] = "不入库：重复缴费"

    correction = corrections.load(
        batch, problem_files.corrected_text(corrections.problem_text(batch), beside)
    )
    corrections.take(correction)
    row.refresh_from_db()
    assert (row.outcome, row.reasons) == ("REJECTED", ["LEFT_OUT"])


def test_a_line_that_is_nobodys_second_is_not_left_out(clerk: Client) -> None:
    batch = brought(BatchState.CHECKED, 2)
    row = batch.rows.filter(outcome="ACCEPTED").first()
    assert row is not None
    page = f"/rosters/{batch.pk}/rows/{row.pk}/leave-out/"
    answer = clerk.post(page, {"reason": "No need of it.", "version": "0"})
    assert answer.status_code == 409
    assert not RosterCorrection.objects.exists()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (note_to_leave_out("重复"), "重复"),
        ("Leave out - paid once", "paid once"),
        (" 不入库 重复缴费", "重复缴费"),
        ("不入库", ""),
        ("户口簿", ""),
        ("", ""),
    ],
)
def test_a_text_leaves_out_by_how_it_begins(said: str, reason: str) -> None:
    assert reason_to_leave_out(said) == reason
