"""Audit trail, access log and change history."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from bureau.core import audit, clock, history, integrity
from bureau.core.actors import Actor
from bureau.core.models import AccessLog, Area, AuditEvent, CodeTable, Staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return Staff.objects.create_user("clerk", full_name="李", staff_no="7", password="x")


@pytest.mark.parametrize("model", [AuditEvent, AccessLog])
@pytest.mark.parametrize(
    "change", [lambda rows: rows.update(actor_text="x"), lambda rows: rows.delete()]
)
def test_trails_are_append_only(model, change, staff):
    audit.record("test", by=staff, at=clock.now(), target=staff, what="x")
    audit.log_access(staff, "reveal", by=staff, at=clock.now(), fields=["id_number"], reason="r")
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        change(model.objects.all())
    name = {AuditEvent: "audit_event_is_append_only", AccessLog: "access_log_is_append_only"}
    assert integrity.constraint_of(refused.value) == name[model]
    assert integrity.refusal(refused.value).code == name[model]


def test_no_look_at_personal_data_without_a_member_of_staff():
    with pytest.raises(ValueError, match="staff"):
        audit.log_access("enrollment.person", "list", by=Actor.for_job("x"), at=clock.now())


def test_a_look_that_cannot_be_logged_raises(staff):
    with pytest.raises(DatabaseError), transaction.atomic():
        audit.log_access("x" * 99, "list", by=staff, at=clock.now())


def test_set_based_changes_leave_before_after_who_and_why():
    table = CodeTable.objects.create(code="a", name="one")
    with history.numbered("6f1c1f3e-0000-4000-8000-000000000001"), transaction.atomic():
        history.explain("new law", actor=Actor(7, "李 (clerk)"))
        CodeTable.objects.filter(code="a").update(name="two")
    CodeTable.objects.filter(code="a").update(name="three")
    table.refresh_from_db()
    newest, older = history.changes_of(table)
    assert [(f.field, f.before, f.after) for f in newest.fields] == [("name", "two", "three")]
    assert [(f.field, f.before, f.after) for f in older.fields] == [("name", "one", "two")]
    assert (older.actor, older.reason) == ("李 (clerk)", "new law")
    assert older.request_id == "6f1c1f3e-0000-4000-8000-000000000001"


def test_a_removed_row_stays_in_the_history():
    table = CodeTable.objects.create(code="gone", name="gone")
    number = table.pk
    CodeTable.objects.filter(code="gone").delete()
    (change,) = history.changes_of(CodeTable(pk=number))
    assert change.kind == "delete"
    assert ("code", "gone", None) in [(f.field, f.before, f.after) for f in change.fields]


def test_a_signing_in_is_no_change_and_no_password_is_kept(staff):
    Staff.objects.filter(pk=staff.pk).update(last_login=clock.now(), password="other")
    assert history.changes_of(staff) == []
    Staff.objects.filter(pk=staff.pk).update(is_active=False)
    assert [f.field for f in history.changes_of(Staff.objects.get())[0].fields] == ["is_active"]


def test_a_request_names_its_actor_and_the_session_forgets_it(rf, staff):
    def view(request):
        CodeTable.objects.filter(code="a").update(name="by request")
        audit.record("test", by=request.actor, at=clock.now())

    table = CodeTable.objects.create(code="a", name="one")
    request = rf.post("/")
    request.actor = Actor.of(staff)
    history.HistoryContext(view)(request)
    table.refresh_from_db()
    change = history.changes_of(table)[0]
    assert "clerk" in change.actor
    assert change.request_id == request.request_id == AuditEvent.objects.get().request_id
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('pghistory.context_id')")
        assert cursor.fetchone()[0] == ""
    CodeTable.objects.filter(code="a").update(name="by nobody")
    assert history.changes_of(table)[0].actor == ""


def test_a_reading_request_needs_no_round_trip(rf, staff, django_assert_num_queries):
    request = rf.get("/")
    request.actor = Actor.of(staff)
    with django_assert_num_queries(0):
        history.HistoryContext(lambda request: None)(request)


def test_an_object_without_history_is_an_error():
    with pytest.raises(LookupError):
        history.changes_of(AuditEvent(pk=1))


def test_a_change_of_an_area_that_moves_others_is_kept_for_all():
    city = Area.objects.create(code="210200", name="大连市", level="CITY")
    county = Area.objects.create(code="210281", name="瓦", level="COUNTY", parent=city)
    Area.objects.filter(pk=city.pk).update(code="210299")
    county.refresh_from_db()
    (change,) = history.changes_of(county)
    assert [(f.field, f.after) for f in change.fields] == [("path", "210299/210281/")]
