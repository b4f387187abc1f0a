"""No temporary table stands in the way of a trigger."""

import pytest
from django.db import IntegrityError, connection, transaction

from bureau.core import rights
from bureau.core.choices import Role
from bureau.core.tests.factories import city, staff

pytestmark = pytest.mark.django_db


def test_every_trigger_looks_in_the_portals_own_tables_first():
    assert rights.fix_triggers() == []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
            "AND prorettype = 'trigger'::regtype "
            "AND proconfig @> ARRAY['search_path=public, pg_temp']"
        )
        assert cursor.fetchone()[0] > 10


def test_a_temporary_table_takes_no_history():
    account = staff("li", (Role.CLERK, city()))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_staffevent")
        before = cursor.fetchone()[0]
        cursor.execute("CREATE TEMP TABLE core_staffevent AS SELECT * FROM core_staffevent LIMIT 0")
        cursor.execute("UPDATE core_staff SET full_name = '李强' WHERE id = %s", [account.pk])
        cursor.execute("SELECT count(*) FROM pg_temp.core_staffevent")
        assert cursor.fetchone()[0] == 0
        cursor.execute("SELECT count(*) FROM public.core_staffevent")
        assert cursor.fetchone()[0] > before


def test_an_empty_temporary_table_hides_no_other_power():
    account = staff("li", (Role.SYSTEM_ADMINISTRATOR, city()))
    second = staff("li2", staff_no=account.staff_no)
    statement = (
        "INSERT INTO public.core_rolegrant (staff_id, role, area_id, period, granted_by) "
        "VALUES (%s, 'AUDITOR', %s, '[2016-01-01,)', '')"
    )
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("CREATE TEMP TABLE core_rolegrant AS SELECT * FROM core_rolegrant LIMIT 0")
        with pytest.raises(IntegrityError):
            cursor.execute(statement, [second.pk, city().pk])
        transaction.set_rollback(True)
