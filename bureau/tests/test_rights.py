"""What the portal's own roles may not do in the database, by whatever way it is asked."""

import itertools
import os

import psycopg
import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from bureau.core import audit, rights
from bureau.core.choices import ApprovalState, Role
from bureau.core.models import AccessLog, ApprovalRequest, AuditEvent, CodeTable
from bureau.core.tests.factories import county, staff
from bureau.database import WEB_ROLE, WORKER_ROLE
from bureau.testing.roles import NO_RIGHT, ROLES, As, make_roles

pytestmark = pytest.mark.django_db

KEPT = ("core_auditevent", "core_accesslog", "core_staffevent", "core_approvalrequest")


@pytest.fixture(autouse=True)
def roles_and_rows():
    """The roles exist also on a server of one's own, and each table has a row to change."""
    make_roles()
    maker = staff("maker", (Role.CLERK, county()), password=None)
    maker.full_name = "张三"
    maker.save()
    audit.record("test", by=maker, at=timezone.now())
    audit.log_access(maker, "view", by=maker, at=timezone.now())
    ApprovalRequest.objects.create(
        kind="k", target_label="core.area", target_id=1, title="t", area=county(), maker=maker,
        maker_staff_no=maker.staff_no, made_at=timezone.now(), state=ApprovalState.PENDING,
    )  # fmt: skip


def refused(role, act):
    """Whether the database refused for want of a right (not by a trigger or for a typing fault)."""
    with pytest.raises(DatabaseError) as error, As(role):
        act()
    assert error.value.__cause__.sqlstate == NO_RIGHT, error.value
    return True


def statement(text, **names):
    def run():
        with connection.cursor() as cursor:
            cursor.execute(text.format(**names) if names else text)

    return run


#: What somebody could try who has come to write SQL of his own.
ATTEMPTS = (
    "DELETE FROM {table}",
    "TRUNCATE {table}",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} DISABLE TRIGGER USER",
    "DROP TABLE {table}",
    "ALTER TABLE {table} ADD COLUMN note text",
    "CREATE TRIGGER t BEFORE INSERT ON {table} EXECUTE FUNCTION core_approval_stands()",
    "COPY {table} FROM PROGRAM 'true'",
    "COPY {table} TO '/dev/null'",
    "CREATE RULE r AS ON INSERT TO {table} DO INSTEAD NOTHING",
    "MERGE INTO {table} t USING (SELECT 1) o ON true WHEN MATCHED THEN DELETE",
)


@pytest.mark.parametrize("role", ROLES)
def test_what_is_kept_for_good_is_changed_by_no_statement(role):
    for table, attempt in itertools.product(KEPT, ATTEMPTS):
        assert refused(role, statement(attempt, table=table))


CHANGES = (
    lambda: AuditEvent.objects.update(actor_text="x"),
    lambda: AuditEvent.objects.all().delete(),
    lambda: AuditEvent.objects.get().save(),
    lambda: AccessLog.objects.update(reason="x"),
    lambda: AccessLog.objects.all()._raw_delete("default"),
    lambda: AuditEvent.objects.bulk_update([AuditEvent.objects.get()], ["facts"]),
    lambda: AuditEvent.objects.bulk_create(
        [AuditEvent.objects.get()],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["facts"],
    ),
    lambda: ApprovalRequest.objects.update(maker_staff_no="N9"),
    lambda: ApprovalRequest.objects.update(summary={}),
    lambda: ApprovalRequest.objects.all()._raw_delete("default"),
)


@pytest.mark.parametrize("role", ROLES)
def test_nor_by_the_orm(role):
    for change in CHANGES:
        assert refused(role, change)


@pytest.mark.parametrize("role", ROLES)
def test_triggers_are_not_evaded_by_who_signs_in_as_the_role(role):
    """With a session of the role's own where the tests' server lets it sign in."""
    server = os.environ.get(f"BUREAU_TEST_{role.upper()}")
    for attempt in (
        "SET session_replication_role = replica",
        "SET ROLE bureau",
        "CREATE TABLE public.mine ()",
        "CREATE FUNCTION public.f() RETURNS void LANGUAGE sql AS ''",
        "ALTER FUNCTION core_approval_stands() RENAME TO other",
        "UPDATE pg_trigger SET tgenabled = 'D'",
        "LOAD '/nowhere'",
        "SELECT pg_read_file('/etc/hostname')",
    ):
        if server is None:
            assert attempt == "SET ROLE bureau" or refused(role, statement(attempt)), attempt
            continue
        with psycopg.connect(server + connection.settings_dict["NAME"]) as session:
            with pytest.raises(psycopg.Error) as error:
                session.execute(attempt)
            assert error.value.sqlstate == NO_RIGHT, (attempt, error.value)


@pytest.mark.parametrize("role", ROLES)
def test_a_right_that_is_not_one_s_own_is_not_given_on(role):
    """PostgreSQL only warns of a GRANT that gives nothing."""
    with As(role), connection.cursor() as cursor:
        cursor.execute("GRANT SELECT, DELETE ON core_auditevent TO PUBLIC")
        cursor.execute("SELECT has_table_privilege(%s, 'core_auditevent', 'DELETE')", [role])
        assert cursor.fetchone() == (False,)


@pytest.mark.parametrize("role", ROLES)
def test_every_table_that_is_only_added_to_is_closed_to_change(role):
    tables = rights.append_only_tables()
    assert {"core_auditevent", "core_accesslog", "enrollment_coveragespellevent"} <= set(tables)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) name WHERE has_table_privilege(%s, name, 'UPDATE')"
            " OR has_table_privilege(%s, name, 'DELETE')"
            " OR has_any_column_privilege(%s, name, 'UPDATE')",
            [tables, role, role, role],
        )
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND"
            " (has_table_privilege(%s, format('%%I', tablename), 'TRUNCATE')"
            "  OR has_table_privilege(%s, format('%%I', tablename), 'TRIGGER')"
            "  OR tableowner = %s)",
            [role, role, role],
        )
        assert cursor.fetchall() == []


def test_workers_do_not_change_accounts():
    for table in rights.NOT_FOR_WORKERS:
        assert refused(WORKER_ROLE, statement("DELETE FROM {table}", table=table))
    assert refused(WORKER_ROLE, statement("UPDATE core_staff SET is_active = true"))


@pytest.mark.parametrize("role", ROLES)
def test_what_the_work_needs_is_allowed(role):
    with As(role):
        audit.record("test", by="t", at=timezone.now())
        CodeTable.objects.create(code="a", name="one")
        # History is written by triggers, with the rights of whoever changes the row.
        CodeTable.objects.filter(code="a").update(name="two")
        CodeTable.objects.filter(code="a").delete()
        ApprovalRequest.objects.select_for_update().get()
        ApprovalRequest.objects.update(note="seen", checked_at=None)


def test_new_tables_are_open_after_the_next_migration():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE public.added (id int)")
    refused(WEB_ROLE, statement("SELECT FROM added"))
    rights.after_migrations(plan=None)
    refused(WEB_ROLE, statement("SELECT FROM added"))
    rights.after_migrations(plan=[])
    with As(WEB_ROLE):
        statement("SELECT FROM added")()


def test_the_decision_is_all_that_deciding_writes():
    """The rights and the code name the same columns."""
    from bureau.core.approvals import DECISION

    columns = {ApprovalRequest._meta.get_field(name).column for name in DECISION}
    assert columns == set(rights.WRITTEN_BY_DECISION["core_approvalrequest"])


def test_the_roles_own_no_more_than_their_names():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY (%s)"
            " AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)",
            [list(ROLES)],
        )
        assert cursor.fetchall() == []
