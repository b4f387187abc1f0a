"""The three administrative powers are never one person's, whatever accounts the person has."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from bureau.core import integrity
from bureau.core.choices import Role
from bureau.core.models import RoleGrant
from bureau.core.tests.factories import ALWAYS, city, staff

pytestmark = pytest.mark.django_db


def grant(account, role, period=ALWAYS):
    return RoleGrant.objects.create(staff=account, role=role, area=city(), period=period)


@pytest.mark.parametrize("same_account", [True, False])
def test_nobody_joins_two_of_the_powers(same_account):
    account = staff("wang", (Role.AUDITOR, city()), staff_no="N1")
    other = account if same_account else staff("wang2", staff_no="N1")
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        grant(other, Role.SYSTEM_ADMINISTRATOR)
    assert integrity.constraint_of(refused.value) == "role_grant_three_powers_apart"
    assert integrity.refusal(refused.value).code == "role_grant_three_powers_apart"


def test_two_people_and_other_roles_may_hold_them():
    first = staff("wang", (Role.AUDITOR, city()), staff_no="N1")
    grant(staff("li", staff_no="N2"), Role.SYSTEM_ADMINISTRATOR)
    grant(first, Role.VIEWER)


def test_one_after_the_other_is_no_joining():
    change = datetime.date(2020, 1, 1)
    account = staff("wang", staff_no="N1")
    grant(account, Role.AUDITOR, DateRange(datetime.date(2016, 1, 1), change))
    grant(staff("wang2", staff_no="N1"), Role.SYSTEM_ADMINISTRATOR, DateRange(change, None))


def test_a_changed_role_or_staff_number_joins_nothing():
    staff("wang", (Role.AUDITOR, city()), staff_no="N1")
    second = staff("li", (Role.SECURITY_ADMINISTRATOR, city()), staff_no="N2")
    second.staff_no = "N1"
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        second.save()
    assert integrity.constraint_of(refused.value) == "role_grant_three_powers_apart"
    viewer = staff("wang2", (Role.VIEWER, city()), staff_no="N1")
    with pytest.raises(IntegrityError), transaction.atomic():
        viewer.grants.update(role=Role.SYSTEM_ADMINISTRATOR)
