"""A village on the roll, imported once for these tests; people in employee insurance as well."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from bureau.core import integrity
from enrollment.tests import doubles

#: People of the county's roster; every three are a household.
PEOPLE = 30


@contextmanager
def undone() -> Iterator[None]:
    """What is written inside is seen by the tests and undone at the end."""
    around: Any = transaction.atomic()
    # Jobs commit durably; Django lets them do so inside a test's transaction only.
    around._from_testcase = True
    with around:
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="package")
def village_on_roll(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Thirty people of a county stand on the roll."""
    with django_db_blocker.unblock():
        with undone():
            call_command("load_reference", verbosity=0)
            doubles.bring_in_rural(range(PEOPLE))
            doubles.do_jobs()
            yield
        connection.close()


@pytest.fixture
def village(village_on_roll: None, db: None) -> Iterator[None]:
    """The village in a transaction of the test, without rules; in order afterwards."""
    yield
    assert integrity.broken_invariants() == []


@pytest.fixture
def rules(village: None) -> Any:
    """The village, with the shipped rules in force."""
    return doubles.rules_in_force()


@pytest.fixture(scope="module")
def cases_on_roll(village_on_roll: None, django_db_blocker: Any) -> Iterator[None]:
    """Five people of the village are in employee insurance as well, and one more since May."""
    with django_db_blocker.unblock(), undone():
        doubles.rules_in_force()
        doubles.bring_in_export(range(5), "UEBMI")
        doubles.bring_in_export([7], "UEBMI", county="210203", begndate="2019-05-01")
        doubles.do_jobs()
        yield


@pytest.fixture
def cases(cases_on_roll: None, db: None) -> Iterator[None]:
    """The same in a transaction of the test; in order afterwards."""
    yield
    assert integrity.broken_invariants() == []
