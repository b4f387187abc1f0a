"""A small city on the roll, imported once for these tests; its staff; their clients."""

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client

from bureau.core import clock
from bureau.core.actors import Actor
from bureau.core.choices import Role
from bureau.core.models import Area, RoleGrant, Staff
from bureau.testing.city.generate import generate
from enrollment.imports import directory, roster_folder

CITY, ZHUANGHE, WAFANGDIAN = "210200", "210283", "210281"
BY = Actor.for_job("test")


@pytest.fixture(scope="package")
def city_on_roll(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[None]:
    """Some 300 generated people of nine counties and both exports stand on the roll.

    Everything is undone at the end: the tests' transactions lie inside this one.
    """
    folder = tmp_path_factory.mktemp("city")
    generate(folder, people=300, seed=7, truth=False)
    with django_db_blocker.unblock():
        around: Any = transaction.atomic()
        # Jobs commit durably; Django lets them do so inside a test's transaction only.
        around._from_testcase = True
        around.__enter__()
        try:
            call_command("load_reference", verbosity=0)
            import_folder(folder)
            yield
        finally:
            transaction.set_rollback(True)
            around.__exit__(None, None, None)
            connection.close()


def import_folder(folder: Any) -> None:
    """All rosters of the folder are applied."""
    senders, refused = directory.sort_files(roster_folder.roster_files(folder))
    assert not refused
    for sender, paths in senders.items():
        batch, unusable = directory.gather(sender, paths, by=BY)
        assert batch is not None
        assert not unusable
        assert not directory.advance(batch, by=BY, apply=True)


@pytest.fixture
def roll(city_on_roll: None, db: None, settings: Any) -> None:
    """The city, in a transaction of the test; staff need no second factor."""
    settings.DEMO = True


@pytest.fixture
def staff_of(roll: None) -> Callable[..., Staff]:
    """Makes a member of staff with one role in one area."""

    def make(role: Role, area: str = ZHUANGHE, **fields: Any) -> Staff:
        name = f"{role}-{area}".lower()
        staff, _made = Staff.objects.get_or_create(
            username=name,
            defaults={
                "full_name": name,
                "staff_no": name[-20:],
                "is_demonstration": True,
                "password_changed_at": clock.now(),
                **fields,
            },
        )
        RoleGrant.objects.get_or_create(
            staff=staff,
            role=role,
            area=Area.objects.get(code=area),
            period=DateRange(datetime.date(2016, 1, 1), None),
        )
        return staff

    return make


@pytest.fixture
def client_of(staff_of: Callable[..., Staff]) -> Callable[..., Client]:
    """Signs a member of staff with this role and area in."""

    def sign_in(role: Role, area: str = ZHUANGHE, **fields: Any) -> Client:
        client = Client()
        client.force_login(
            staff_of(role, area, **fields), backend="bureau.core.sign_in.StaffBackend"
        )
        return client

    return sign_in
