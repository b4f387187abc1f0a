"""Acts on rosters: what becomes true, the line in the audit trail, and each refusal."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.utils import translation

from bureau.core import approvals, clock, files, jobs
from bureau.core.actors import Actor
from bureau.core.choices import ApprovalState, JobState, Role
from bureau.core.errors import DomainError, MovedOn, OwnWork
from bureau.core.models import ApprovalRequest, Area, AuditEvent, Job
from bureau.core.tests import factories
from bureau.intake.choices import BatchState, Channel
from bureau.intake.models import RememberedLayout
from bureau.intake.shapes import FileLayout
from enrollment.choices import CorrectionSource
from enrollment.imports import directory
from enrollment.models import Person, Roll, RosterBatch, RosterCorrection, RosterFile, RosterRow
from enrollment.services import corrections, roster_jobs
from enrollment.services import rosters as services
from enrollment.tests import rosters

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

CONTENT = rosters.csv_of(rosters.lines(range(12)))
OTHER = rosters.csv_of(rosters.lines(range(12, 24)))


@pytest.fixture
def county():
    return Area.objects.get(code="210281")


@pytest.fixture
def clerk(county):
    return factories.staff("clerk", (Role.CLERK, county))


@pytest.fixture
def reviewer(county):
    return factories.staff("reviewer", (Role.REVIEWER, county))


@pytest.fixture
def draft():
    return rosters.receive(CONTENT, channel=Channel.BROWSER)


@pytest.fixture
def checked(draft):
    return rosters.bring_to(draft, BatchState.CHECKED)


def acts(batch):
    found = AuditEvent.objects.filter(
        target_label="enrollment.rosterbatch", target_id=str(batch.pk), kind__startswith="roster."
    )
    return [event.kind.removeprefix("roster.") for event in found.order_by("id")]


def refused(code, act, **given):
    with pytest.raises(DomainError) as refusal:
        act(**given, at=clock.now())
    assert refusal.value.code == code
    assert str(refusal.value)
    return refusal.value


def only_file(batch):
    return batch.files.get(withdrawn=False)


def confirm(batch, clerk):
    request = services.confirm_roster(
        batch=batch, reason="", at=clock.now(), by=clerk, actor=Actor.of(clerk)
    )
    batch.refresh_from_db()
    return request


def test_a_roster_is_received_open_for_files(county):
    at = clock.now()
    batch = services.receive_roster(
        scheme="NCMS",
        area=county,
        year=2019,
        rows_declared=3,
        households_declared=2,
        amount_declared=Decimal("750.00"),
        note="by disc",
        at=at,
        by=rosters.BY,
    )
    batch.refresh_from_db()
    assert (batch.state, batch.rows_declared, batch.households_declared) == ("DRAFT", 3, 2)
    assert (batch.received_at, batch.received_by, batch.channel) == (
        at,
        rosters.BY.text,
        "BROWSER",
    )
    assert acts(batch) == ["received"]


def test_a_file_is_added(draft):
    file = only_file(draft)
    assert (file.batch_id, file.name, file.sha256) == (draft.pk, "名册.csv", file.stored.sha256)
    assert acts(draft) == ["received", "file_added"]


def test_content_is_taken_once_whatever_it_is_called(draft, county):
    with pytest.raises(DomainError) as refusal:
        rosters.add(draft, CONTENT, "again.csv")
    assert refusal.value.code == "FILE_KNOWN"
    assert "again.csv" in str(refusal.value)
    assert "名册.csv" in str(refusal.value)
    with pytest.raises(DomainError) as refusal:
        rosters.receive(CONTENT)
    assert refusal.value.code == "FILE_KNOWN"
    assert RosterFile.objects.count() == 1


def test_a_clerk_who_is_faster_by_a_moment_wins(draft, monkeypatch):
    """The look before the insert saw nothing; the constraint decides."""
    other = rosters.receive()
    stored = files.store([CONTENT], purpose="roster", original_name="b", by="t", at=clock.now())
    found = RosterFile.objects.filter
    looks = []

    def blind_once(*conditions, **more):
        looks.append(more)
        return RosterFile.objects.none() if len(looks) == 1 else found(*conditions, **more)

    monkeypatch.setattr(RosterFile.objects, "filter", blind_once)
    refused("FILE_KNOWN", services.add_file, batch=other, stored=stored, by=rosters.BY)
    monkeypatch.undo()
    assert RosterFile.objects.count() == 1


def test_a_file_is_removed_and_may_come_again(draft):
    services.remove_file(file=only_file(draft), at=clock.now(), by=rosters.BY)
    assert not draft.files.filter(withdrawn=False).exists()
    assert acts(draft)[-1] == "file_removed"
    rosters.add(draft, CONTENT)
    assert draft.files.count() == 2


def test_a_layout_is_confirmed_and_remembered_for_its_source(draft):
    rosters.work(roster_jobs.LOOK, draft)
    file = only_file(draft)
    layout = FileLayout.from_json(file.layout)
    [sheet] = layout.sheets
    phone = next(column for column in sheet.columns if column.field == "phone")
    services.confirm_layout(
        file=file,
        fields={sheet.sheet: {phone.index: ""}},
        kept=[sheet.sheet],
        at=clock.now(),
        by=rosters.BY,
    )
    file.refresh_from_db()
    confirmed = FileLayout.from_json(file.layout).sheets[0]
    assert file.layout_confirmed
    assert confirmed.columns[phone.index].field is None
    assert acts(draft)[-1] == "layout_confirmed"
    remembered = RememberedLayout.objects.get()
    assert (remembered.source, remembered.use_count) == ("NCMS:210281", 1)
    # The same source's next file is read that way without asking, and it is counted.
    following = rosters.receive(OTHER)
    rosters.work(roster_jobs.LOOK, following)
    adopted = FileLayout.from_json(only_file(following).layout).sheets[0]
    assert adopted.columns[phone.index].field is None
    services.confirm_layout(
        file=only_file(following), fields={}, kept=[1], at=clock.now(), by=rosters.BY
    )
    remembered.refresh_from_db()
    assert remembered.use_count == 2


def test_two_columns_do_not_feed_one_field(draft):
    rosters.work(roster_jobs.LOOK, draft)
    file = only_file(draft)
    sheet = FileLayout.from_json(file.layout).sheets[0]
    fields = {sheet.sheet: {column.index: "name" for column in sheet.columns[:2]}}
    refused(
        "FIELD_TWICE",
        services.confirm_layout,
        file=file,
        fields=fields,
        kept=[sheet.sheet],
        by=rosters.BY,
    )
    file.refresh_from_db()
    assert not file.layout_confirmed


def test_reading_begins_with_confirmed_files_only(draft):
    empty = rosters.receive()
    refused("NO_FILE", services.begin_reading, batch=empty, by=rosters.BY)
    refusal = refused("LAYOUT_OPEN", services.begin_reading, batch=draft, by=rosters.BY)
    assert refusal.facts == {"name": "名册.csv"}
    rosters.bring_to(draft, BatchState.READING)
    assert acts(draft)[-1] == "reading"
    refused("ROSTER_MOVED_ON", services.begin_reading, batch=draft, by=rosters.BY)


def test_the_reason_for_a_foreign_file_stands_in_the_trail(draft):
    rosters.work(roster_jobs.LOOK, draft)
    services.confirm_layout(
        file=only_file(draft), fields={}, kept=[1], at=clock.now(), by=rosters.BY
    )
    services.begin_reading(
        batch=draft, at=clock.now(), by=rosters.BY, origin_reason="sent by the neighbour"
    )
    event = AuditEvent.objects.get(kind="roster.reading")
    assert event.facts["origin_reason"] == "sent by the neighbour"


def test_after_reading_began_files_and_columns_stand(checked):
    file = only_file(checked)
    stored = files.store([OTHER], purpose="roster", original_name="b", by="t", at=clock.now())
    at = {"by": rosters.BY}
    refused("ROSTER_MOVED_ON", services.add_file, batch=checked, stored=stored, **at)
    refused("ROSTER_MOVED_ON", services.remove_file, file=file, **at)
    refused("ROSTER_MOVED_ON", services.confirm_layout, file=file, fields={}, kept=[1], **at)


def test_the_second_person_sees_what_waits_and_what_is_double_by_itself(county, clerk):
    plain = {"change": lambda cells, _index: cells}
    rosters.bring_in(rosters.csv_of(rosters.lines(range(3), **plain)), year=2018, area="210283")
    rosters.bring_in(
        rosters.csv_of(rosters.lines(range(2), county="210283", **plain)), area="210283"
    )
    people = rosters.lines(range(6), **plain)
    unsure = rosters.lines([13])
    batch = rosters.receive(rosters.csv_of([*people, *unsure, people[3]]), channel=Channel.BROWSER)
    rosters.bring_to(batch, BatchState.CHECKED)
    request = confirm(batch, clerk)
    told = request.summary
    assert (str(request.amount), told["amount_covers"]) == ("1500.00", "1,500.00")
    assert (told["rows_waiting"], told["amount_waiting"]) == (1, "250.00")
    assert (told["rows_twice"], told["amount_twice"]) == (1, "250.00")
    assert (told["rows_double"], told["amount_double"]) == (2, "500.00")
    assert "linked_before" not in told


def test_the_second_person_is_told_that_the_roll_has_changed_since_the_check(checked, clerk):
    rosters.bring_in(OTHER, year=2018)
    assert confirm(checked, clerk).summary["linked_before"]


def test_a_checked_roster_waits_for_a_second_person(checked, clerk):
    request = confirm(checked, clerk)
    assert (checked.state, checked.confirmed_by) == ("AWAITING_APPROVAL", Actor.of(clerk).text)
    assert (request.kind, request.target_id, request.maker) == (services.KIND, checked.pk, clerk)
    assert request.summary["rows_read"] == checked.rows_read == 13
    clean = RosterRow.objects.filter(batch=checked, outcome__in=["ACCEPTED", "FIXED"])
    assert request.amount == sum(row.amount for row in clean), "what waits is not approved yet"
    assert acts(checked)[-1] == "confirmed"
    with pytest.raises(MovedOn):
        confirm(checked, clerk)
    assert ApprovalRequest.objects.count() == 1


def test_what_the_sender_declared_is_part_of_the_request(checked, clerk):
    RosterBatch.objects.filter(pk=checked.pk).update(
        rows_declared=12, amount_declared=Decimal("3000.00")
    )
    checked.refresh_from_db()
    summary = confirm(checked, clerk).summary
    assert (summary["rows_declared"], summary["amount_declared"]) == (12, "3,000.00")
    assert "households_declared" not in summary


def test_the_maker_does_not_approve(checked, clerk):
    request = confirm(checked, clerk)
    with pytest.raises(OwnWork):
        approvals.decide(request.pk, approve=True, by=clerk, at=clock.now())
    checked.refresh_from_db()
    assert checked.state == "AWAITING_APPROVAL"
    assert not Job.objects.filter(kind=roster_jobs.APPLY).exists()


def test_who_worked_on_a_roster_does_not_approve_it(draft, clerk, reviewer):
    rosters.work(roster_jobs.LOOK, draft)
    directory.accept_layouts(draft, by=rosters.BY)
    services.begin_reading(batch=draft, at=clock.now(), by=Actor.of(reviewer))
    checked = rosters.bring_to(draft, BatchState.CHECKED)
    request = confirm(checked, clerk)
    assert sorted(checked.drafters) == sorted([clerk.staff_no, reviewer.staff_no])
    with pytest.raises(OwnWork):
        approvals.decide(request.pk, approve=True, by=reviewer, at=clock.now())
    checked.refresh_from_db()
    assert (checked.state, checked.approved_by) == ("AWAITING_APPROVAL", "")
    another = factories.staff("another", (Role.REVIEWER, checked.area))
    approvals.decide(request.pk, approve=True, by=another, at=clock.now())
    checked.refresh_from_db()
    assert checked.approved_by_no == another.staff_no


def test_who_worked_on_corrections_does_not_approve_them_under_any_account(
    checked, clerk, reviewer
):
    made = corrections.begin(
        batch=checked, source=CorrectionSource.FILE, at=clock.now(), by=Actor.of(clerk)
    )
    RosterCorrection.objects.filter(pk=made.pk).update(state="AWAITING_APPROVAL", into_roll=True)
    RosterBatch.objects.filter(pk=checked.pk).update(
        state="APPLIED", approved_at=clock.now(), approved_by="b"
    )
    # The same member of staff under another account.
    reviewer.staff_no = clerk.staff_no
    with pytest.raises(OwnWork):
        corrections.on_approved(SimpleNamespace(target_id=made.pk), reviewer, clock.now())
    made.refresh_from_db()
    assert (made.state, made.drafters) == ("AWAITING_APPROVAL", [clerk.staff_no])


def test_an_approved_roster_is_applied_by_its_job(checked, clerk, reviewer):
    request = confirm(checked, clerk)
    approvals.decide(request.pk, approve=True, by=reviewer, at=clock.now())
    checked.refresh_from_db()
    assert (checked.state, checked.approved_by) == ("APPLYING", str(reviewer))
    assert acts(checked)[-1] == "approved"
    job = Job.objects.get(kind=roster_jobs.APPLY)
    assert jobs.run_until_done(job.pk).state == JobState.DONE
    checked.refresh_from_db()
    assert checked.state == "APPLIED"
    assert acts(checked)[-1] == "applied"


@pytest.mark.parametrize("act", ["return", "withdraw"])
def test_a_returned_roster_is_its_clerks_again(checked, clerk, reviewer, act):
    request = confirm(checked, clerk)
    if act == "return":
        approvals.decide(request.pk, approve=False, by=reviewer, at=clock.now(), note="no")
    else:
        approvals.withdraw(request.pk, by=clerk, at=clock.now())
    checked.refresh_from_db()
    assert (checked.state, checked.confirmed_at) == ("CHECKED", None)
    assert acts(checked)[-1] == "returned"
    assert confirm(checked, clerk).state == ApprovalState.PENDING


def test_a_roster_from_the_browser_is_not_applied_unseen(checked):
    refused("ROSTER_MOVED_ON", services.begin_applying, batch=checked, by="somebody")
    job = rosters.ask(roster_jobs.APPLY, checked)
    with translation.override("en"):
        ended = jobs.run_until_done(job.pk)
    assert ended.state == JobState.FAILED
    assert "not approved" in ended.last_error
    assert not Person.objects.exists()
    assert "applied" not in acts(checked)


def test_a_withdrawn_rosters_files_can_be_sent_again(checked):
    services.withdraw_roster(batch=checked, at=clock.now(), by=rosters.BY)
    checked.refresh_from_db()
    assert checked.state == "CANCELLED"
    assert acts(checked)[-1] == "withdrawn"
    assert RosterRow.objects.filter(batch=checked).count() == 13
    again = rosters.bring_to(rosters.receive(CONTENT), BatchState.APPLIED)
    assert (again.rows_read, Person.objects.count()) == (13, again.persons_created)


def test_what_was_confirmed_or_applied_is_not_withdrawn(checked, clerk):
    confirm(checked, clerk)
    refused("ROSTER_MOVED_ON", services.withdraw_roster, batch=checked, by=rosters.BY)
    applied = rosters.bring_in(OTHER)
    refused("ROSTER_MOVED_ON", services.withdraw_roster, batch=applied, by=rosters.BY)


def test_withdrawing_stops_the_work(draft):
    rosters.bring_to(draft, BatchState.READING)
    job = rosters.ask(roster_jobs.CHECK, draft)
    services.withdraw_roster(batch=draft, at=clock.now(), by=rosters.BY)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    draft.refresh_from_db()
    assert roster_jobs.resume(draft, at=clock.now(), by=rosters.BY) is None


def test_stopped_work_is_resumed(draft):
    rosters.bring_to(draft, BatchState.READING)
    job = rosters.ask(roster_jobs.CHECK, draft)
    roster_jobs.stop(draft, at=clock.now(), by=rosters.BY)
    resumed = roster_jobs.resume(draft, at=clock.now(), by=rosters.BY)
    assert (resumed.pk, resumed.state) == (job.pk, JobState.QUEUED)
    assert roster_jobs.resume(draft, at=clock.now(), by=rosters.BY).pk == job.pk
    assert roster_jobs.latest(draft).pk == job.pk
    jobs.run_until_done(job.pk)
    draft.refresh_from_db()
    assert draft.state == "CHECKED"


def test_the_roll_is_one_rosters_at_a_time(draft):
    other = rosters.receive()
    assert services.take_roll(draft)
    assert services.take_roll(draft)
    assert not services.take_roll(other)
    before = services.roll_revision()
    services.release_roll(other)
    assert Roll.objects.get().applying_batch_id == draft.pk
    services.release_roll(draft)
    assert services.roll_revision() == before + 1
    assert services.take_roll(other)


def test_a_roll_that_nobody_works_on_is_not_waited_for(draft):
    services.expect_roll_in_work()
    services.take_roll(draft)
    job = rosters.ask(roster_jobs.APPLY, draft)
    services.expect_roll_in_work()
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED, finished_at=clock.now())
    with pytest.raises(DomainError) as refusal:
        services.expect_roll_in_work()
    assert refusal.value.code == "ROLL_HELD"
    assert str(draft.pk) in str(refusal.value)
