"""Pages stay within their queries, and none of their plans walks through a big table."""

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from bureau.core.choices import Role
from bureau.core.models import Area
from bureau.core.tests.factories import staff
from bureau.ui import paging
from enrollment.models import Person
from enrollment.tests import filled_roll
from enrollment.tests.visits import BIG, pages, visit

PEOPLE = 24_000
MOST_QUERIES = 25
#: Counted at the moment over all rows of the scope.
WHOLE = {"proof"}


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A roll so large that the planner prefers indexes; undone at the end."""
    with django_db_blocker.unblock():
        around: Any = transaction.atomic()
        # Jobs commit durably; Django lets them do so inside a test's transaction only.
        around._from_testcase = True
        around.__enter__()
        try:
            filled_roll.fill(PEOPLE)
            yield
        finally:
            transaction.set_rollback(True)
            around.__exit__(None, None, None)


@pytest.fixture
def roll(filled: None, db: None, settings: Any, monkeypatch: Any) -> None:
    settings.DEMO = True
    # What is bounded by it in a city is bounded here too.
    monkeypatch.setattr(paging, "COUNT_CAP", 100)
    monkeypatch.setattr("enrollment.views.people.COUNT_CAP", 100)


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.CLERK, "county"),
        (Role.CLERK, "city"),
        (Role.VIEWER, "county"),
        (Role.REVIEWER, "city"),
        (Role.AUDITOR, "city"),
        (Role.DIRECTOR, "city"),
        (Role.POLICY_OFFICER, "city"),
    ],
)
def test_no_page_asks_much_or_walks_through_a_big_table(roll, role, place):
    person = Person.objects.order_by("pk")[200]
    city, county = person.area.path.split("/")[:2]
    account = staff(
        "wang",
        (role, Area.objects.get(code=county if place == "county" else city)),
        is_demonstration=True,
        password_changed_at=datetime.datetime.now(datetime.UTC),
    )
    client = Client()
    client.force_login(account)
    wrong = []
    for page in pages(person):
        found = visit(client, page)
        if found.status == 403:
            continue
        scans = [] if page.name in WHOLE else found.asked.scans(BIG)
        if found.status != 200 or found.asked.count > MOST_QUERIES or scans:
            wrong.append((page.name, found.status, found.asked.count, scans))
    assert wrong == [], "\n".join(map(str, wrong))
