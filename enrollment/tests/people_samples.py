"""A person and a household behind the routes of people's pages, for the tests of access."""

import datetime
import uuid
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from bureau.core.models import Area
from bureau.testing.access import sample
from enrollment.models import Household, HouseholdMember, Person, RowMoveRequest
from enrollment.tests import decisions

SINCE = DateRange(datetime.date(2019, 1, 1), None)


def person_of(place: Area) -> Person:
    """A person of the county without any coverage."""
    return Person.objects.create(
        name="王小明", name_key="王小明", area=place, created_at=timezone.now()
    )


@sample("enrollment:person-detail", "enrollment:person-reveal", "enrollment:person-looks")
def person(place: Area) -> dict[str, Any]:
    return {"pk": person_of(place).pk}


@sample("enrollment:household-detail")
def household(place: Area) -> dict[str, Any]:
    """A household of one, in the county."""
    home = Household.objects.create(scheme="NCMS", area=place, number=uuid.uuid4().hex[:12])
    HouseholdMember.objects.create(
        household=home, person=person_of(place), relation="02", period=SINCE
    )
    return {"pk": home.pk}


@sample("enrollment:row-move-ask")
def row_of_a_person(place: Area) -> dict[str, Any]:
    row = decisions.person_row(decisions.roster(place))
    return {"pk": decisions.holder(row), "row": row.pk}


@sample("enrollment:row-move")
def wish_about_a_row(place: Area) -> dict[str, Any]:
    """Somebody of the city asked that a row leaves a file of the county."""
    row = decisions.person_row(decisions.roster(place))
    by = decisions.clerk("asks-for-moves")
    wish = RowMoveRequest.objects.create(
        row=row, from_person_id=decisions.holder(row), reason="x", by=by, by_text=str(by),
        at=timezone.now(),
    )  # fmt: skip
    return {"pk": wish.pk}
