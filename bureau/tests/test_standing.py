"""What was promised, approved, stored or done is not rewritten by SQL of somebody's own."""

# ruff: noqa: S608 (the statements are made of own texts alone)

import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from bureau.core import approvals, clock, exports, files, history, jobs, parameters
from bureau.core.choices import ExportState, JobState, ParameterState, Role
from bureau.core.models import ApprovalRequest, DataExport, Job, ParameterVersion, StoredFile
from bureau.core.tests.factories import city, staff
from bureau.database import WEB_ROLE, WORKER_ROLE
from bureau.testing.roles import NO_RIGHT, ROLES, As, act_as, make_roles, why_refused

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 3, 2)


@pytest.fixture(autouse=True)
def people() -> dict[str, Any]:
    make_roles()
    return {
        "asker": staff("asker", (Role.CLERK, city())),
        "director": staff("director", (Role.DIRECTOR, city())),
        "other": staff("other", (Role.DIRECTOR, city())),
    }


def wish(**changes: Any) -> exports.Wish:
    values: dict[str, Any] = {
        "list_id": "portal.jobs", "route": "portal:jobs", "kwargs": {}, "query": "",
        "columns": ["id"], "file_format": "csv", "language": "en", "rows": 9,
        "paths": [city().path], "bare": ["id"], "title": "Jobs",
    }  # fmt: skip
    return exports.Wish(**values | changes)


def wanted(people: dict[str, Any]) -> DataExport:
    """A file with a field in full, asked for by one clerk, that waits."""
    return exports.begin(
        wish(),
        purpose="for a test",
        by=approvals.actor_of(people["asker"], DAY),
        at=clock.now(),
        today=DAY,
    )


def decide(request: ApprovalRequest, by: Any) -> None:
    approvals.decide(request.pk, approve=True, by=by, at=clock.now())


def test_an_export_goes_its_whole_way_with_the_web_servers_and_the_workers_rights(people):
    with As(WEB_ROLE):
        export = wanted(people)
        decide(ApprovalRequest.objects.get(), people["director"])
        assert export.state == ExportState.WAITING
    export.refresh_from_db()
    assert (export.state, export.approved_by) == (ExportState.ALLOWED, people["director"])
    with As(WORKER_ROLE):
        stored = files.store(
            iter([b"a"]), purpose="export", original_name="a", by="t", at=clock.now()
        )
        exports.ready(export, stored.pk, rows=9, mark="M", at=clock.now())
        files.purge(stored, by="t", at=clock.now())
    with As(WEB_ROLE):
        export.refresh_from_db()
        by = approvals.actor_of(people["asker"], DAY)
        assert exports.note_fetch(export, by=by, at=clock.now())
        exports.revoke(export, by=by, at=clock.now())


PROMISES = (
    "rows_expected = 1", "purpose = 'x'", "is_personal = false", "needs_approval = false",
    "bare = '[]'", "columns = '[]'", "query = 'a=b'", "row_numbers = '[1]'", "asked_by_id = 0",
    "fetches_allowed = 0", "paths = '[]'", "list_id = 'x'", "route = 'x'", "hours_open = 160",
    "asked_at = now()",
)  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("promise", PROMISES)
def test_what_an_export_promised_is_not_rewritten(people, role, promise):
    wanted(people)
    assert why_refused(role, f"UPDATE core_dataexport SET {promise}") == NO_RIGHT


@pytest.mark.parametrize("role", ROLES)
def test_an_export_is_not_approved_by_a_statement(people, role):
    export = wanted(people)
    approve = "UPDATE core_dataexport SET state = 'ALLOWED', approved_by_id = %s, approved_at = %s"
    values = (people["director"].pk, clock.now())
    assert why_refused(role, approve, *values) == "export_waits_for_its_approval"
    decide(ApprovalRequest.objects.get(), people["director"])
    for statement in (
        f"UPDATE core_dataexport SET approved_by_id = {people['other'].pk}",
        "UPDATE core_dataexport SET approved_at = now() - interval '1 day'",
        "UPDATE core_dataexport SET state = 'WAITING'",
        "UPDATE core_dataexport SET state = 'RETURNED'",
    ):
        assert why_refused(role, statement) == "export_stands"
    stored = files.store(iter([b"a"]), purpose="export", original_name="a", by="t", at=clock.now())
    exports.ready(export, stored.pk, rows=9, mark="M", at=clock.now())
    DataExport.objects.update(fetches=1)
    for statement in (
        "UPDATE core_dataexport SET fetches = 0",
        "UPDATE core_dataexport SET expires_at = expires_at + interval '1 minute'",
        "UPDATE core_dataexport SET expires_at = NULL, state = 'REVOKED'",
        "UPDATE core_dataexport SET mark = 'N'",
        "UPDATE core_dataexport SET rows_written = 1",
        "UPDATE core_dataexport SET file_id = NULL, state = 'REVOKED'",
        "UPDATE core_dataexport SET state = 'ALLOWED'",
    ):
        assert why_refused(role, statement) == "export_stands", statement
    assert why_refused(role, "DELETE FROM core_dataexport") in (NO_RIGHT, "export_stands")


@pytest.mark.parametrize("role", ROLES)
def test_an_export_is_not_born_allowed_or_ready(people, role):
    wanted(people)
    columns = [field.column for field in DataExport._meta.concrete_fields if field.column != "id"]
    for changed in (
        {"state": "'ALLOWED'", "approved_by_id": str(people["director"].pk)},
        {"needs_approval": "false", "bare": "'[]'", "state": "'READY'", "approved_at": "now()"},
        {"needs_approval": "false", "bare": "'[]'", "state": "'ALLOWED'", "fetches": "-5"},
    ):
        values = ", ".join(changed.get(name, f'"{name}"') for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        statement = f"INSERT INTO core_dataexport ({names}) SELECT {values} FROM core_dataexport"
        assert why_refused(role, statement) in (
            "export_stands", "core_dataexport_fetches_check", "export_ready_has_a_file_and_an_end",
        )  # fmt: skip


REQUEST = (
    "INSERT INTO core_approvalrequest (kind, target_label, target_id, title, area_id, summary,"
    " changes, reason, state, maker_id, maker_staff_no, made_at, checker_id, checker_staff_no,"
    " checked_at, note, execution_error) SELECT 'core.export', 'core.dataexport', 1, 't', area.id,"
    " '{{}}', '[]', '', {state}, maker.id, {number}, now(), {checker}, now(), '', ''"
    " FROM core_staff maker, core_staff checker, core_area area"
    " WHERE maker.username = 'asker' AND checker.username = 'director' AND area.code = '210200'"
)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("state", "number", "checker", "why"),
    [
        ("'APPROVED'", "maker.staff_no", "checker.id, checker.staff_no", "approval_begins_waiting"),
        ("'RETURNED'", "maker.staff_no", "checker.id, checker.staff_no", "approval_begins_waiting"),
        ("'WITHDRAWN'", "maker.staff_no", "NULL, ''", "approval_begins_waiting"),
        ("'PENDING'", "'N-ghost'", "NULL, ''", "named_by_own_number"),
    ],
)
def test_no_request_is_born_decided_or_under_another_number(role, state, number, checker, why):
    statement = REQUEST.format(state=state, number=number, checker=checker)
    if state != "'APPROVED'" and state != "'RETURNED'":
        statement = statement.replace(", now(), '', ''", ", NULL, '', ''")
    assert why_refused(role, statement) == why


@pytest.mark.parametrize("role", ROLES)
def test_no_request_is_decided_under_another_number_or_changed_in_passing(people, role):
    wanted(people)
    decision = (
        "UPDATE core_approvalrequest SET state = 'APPROVED', checker_id = %s,"
        " checker_staff_no = %s, checked_at = now()"
    )
    asker, director = people["asker"], people["director"]
    assert why_refused(role, decision, director.pk, "N-ghost") == "named_by_own_number"
    assert why_refused(role, decision, asker.pk, asker.staff_no) == "approval_not_by_its_maker"
    for fact in ("maker_id = 1", "maker_staff_no = 'x'", "kind = 'x'", "amount = 1", "reason = 'x'",
                 "summary = '{}'", "area_id = 1", "made_at = now()", "title = 'x'"):  # fmt: skip
        assert why_refused(role, f"UPDATE core_approvalrequest SET {fact}") == NO_RIGHT
    decide(ApprovalRequest.objects.get(), director)
    for change in ("state = 'PENDING', checker_id = NULL, checker_staff_no = '', checked_at = NULL",
                   "note = 'x'", "checked_at = now()"):  # fmt: skip
        why = why_refused(role, f"UPDATE core_approvalrequest SET {change}")
        assert why == "approval_stands_as_made_and_decided"


def test_nor_does_the_owner_rewrite_a_request(people):
    """On a server without the roles the triggers alone hold it."""
    wanted(people)
    for change in ({"summary": {}}, {"amount": 1}, {"reason": "x"}, {"area": 0}):
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            ApprovalRequest.objects.update(**change)
        assert "core_approvalrequest" in str(refused.value)


def test_workers_and_pages_ask_for_parameters_by_two_people_and_no_statement_does(people):
    def propose() -> ApprovalRequest:
        return parameters.propose(
            exports.ROWS.key, 5, starts_on=DAY, source="decision", area=city(),
            by=people["director"], at=clock.now(), today=DAY,
        )  # fmt: skip

    request = act_as(WEB_ROLE, propose)
    by = f"approved_by_id = {people['other'].pk}, approved_at = now()"
    for role in ROLES:
        approve = f"UPDATE core_parameterversion SET state = 'APPROVED', {by}"
        assert why_refused(role, approve) == "parameter_in_force_was_approved"
        assert why_refused(role, "UPDATE core_parameterversion SET value = 90000") == NO_RIGHT
        born = (
            "INSERT INTO core_parameterversion (key, value, starts_on, source, state,"
            " proposed_by_id, proposed_at, approved_by_id, approved_at) SELECT key, 9, starts_on,"
            " source, 'APPROVED', proposed_by_id, now(), %s, now() FROM core_parameterversion"
        )
        assert why_refused(role, born, people["other"].pk) == "parameter_stands"
    act_as(WEB_ROLE, lambda: decide(request, people["other"]))
    assert ParameterVersion.objects.get().state == ParameterState.APPROVED
    for role in ROLES:
        back = "UPDATE core_parameterversion SET state = 'RETURNED'"
        assert why_refused(role, back) == "parameter_stands"
        assert why_refused(role, "DELETE FROM core_parameterversion")


@pytest.mark.parametrize("role", ROLES)
def test_a_stored_file_keeps_its_digest_and_place(role):
    stored = act_as(
        role,
        lambda: files.store(
            iter([b"a"]), purpose="roster", original_name="a", by="t", at=clock.now()
        ),
    )
    for fact in ("sha256 = repeat('0', 64)", "path = 'x'", "size = 2", "original_name = 'b'",
                 "owner_id = 1", "purge_after = now()", "purpose = 'export'"):  # fmt: skip
        assert why_refused(role, f"UPDATE core_storedfile SET {fact}") == NO_RIGHT
    assert why_refused(role, "DELETE FROM core_storedfile") in (NO_RIGHT, "stored_file_stands")
    act_as(role, lambda: files.purge(stored, by="t", at=clock.now()))
    why = why_refused(role, "UPDATE core_storedfile SET purged_at = NULL")
    assert why == "stored_file_stands"
    assert StoredFile.objects.get().purged_at is not None


@pytest.mark.parametrize("role", ROLES)
def test_what_a_job_was_about_and_came_to_stands(role):
    job = act_as(role, lambda: jobs.enqueue("core.toy", "1", by="t", at=clock.now(), queue="bulk"))
    for fact in ("kind = 'x'", "key = 'x'", "arguments = '{\"export\": 7}'",
                 "requested_by_text = 'x'", "requested_at = now()"):  # fmt: skip
        assert why_refused(role, f"UPDATE core_job SET {fact}") == "job_stands"
    done = "UPDATE core_job SET state = 'DONE', finished_at = now()"
    assert why_refused(role, done) == "job_stands", "a job that never ran is not done"
    Job.objects.filter(pk=job.pk).update(
        state=JobState.DONE, finished_at=timezone.now(), result={"rows": 1}, fence=3
    )
    for change in ("result = '{\"rows\": 2}'", "state = 'QUEUED', finished_at = NULL", "fence = 1"):
        assert why_refused(role, f"UPDATE core_job SET {change}") == "job_stands"
    assert why_refused(role, "DELETE FROM core_job") == NO_RIGHT


@pytest.mark.parametrize("role", ROLES)
def test_who_made_a_change_is_not_rewritten_but_a_reason_is_given_once(people, role):
    number = "7b2f6d1e-0000-4000-8000-000000000001"
    actor = approvals.actor_of(people["asker"], DAY)

    def change(name: str, *, who: Any = actor, reason: str = "") -> None:
        history.attach(request=number, actor=who, reason=reason)
        from bureau.core.models import CodeTable

        CodeTable.objects.update_or_create(code="a", defaults={"name": name})

    for name, reason in (("one", ""), ("two", ""), ("three", "because"), ("four", "because")):
        act_as(role, lambda name=name, reason=reason: change(name, reason=reason))
    other = approvals.actor_of(people["other"], DAY)
    with pytest.raises(IntegrityError, match="who made the changes"):
        act_as(role, lambda: change("five", who=other))
    for statement in (
        'UPDATE pghistory_context SET metadata = metadata || \'{"actor": "x"}\'',
        'UPDATE pghistory_context SET metadata = metadata || \'{"reason": "x"}\'',
        "UPDATE pghistory_context SET metadata = '{}'",
    ):
        assert why_refused(role, statement) == "history_context_stands"
    for statement in (
        "UPDATE pghistory_context SET created_at = now() - interval '1 day'",
        "UPDATE pghistory_context SET id = gen_random_uuid()",
        "DELETE FROM pghistory_context",
    ):
        assert why_refused(role, statement) in (NO_RIGHT, "history_context_stands")


@pytest.mark.parametrize("role", ROLES)
def test_a_staff_number_is_nobodys_to_change(role):
    assert why_refused(role, "UPDATE core_staff SET staff_no = 'N-director'") in (
        NO_RIGHT, "staff_number_stays",
    )  # fmt: skip
    assert why_refused(role, "DELETE FROM core_staff WHERE username = 'other'") == NO_RIGHT
