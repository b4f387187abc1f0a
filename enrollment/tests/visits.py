"""Every list, record, search and proof of the roll, as a reader of a filled roll calls them up."""

import dataclasses
import time
from collections.abc import Iterator
from typing import Any

from django.test import Client
from django.urls import reverse

from bureau.testing.plans import Asked, asked
from enrollment.models import CandidatePair, HouseholdMember, Person, PersonIdentifier, RosterRow

#: Tables that grow with the city.
BIG = (
    "enrollment_rosterrow",
    "enrollment_rosterlink",
    "enrollment_person",
    "enrollment_personidentifier",
    "enrollment_household",
    "enrollment_householdmember",
    "enrollment_coveragespell",
    "enrollment_candidatepair",
    "core_accesslog",
)


@dataclasses.dataclass(frozen=True)
class Page:
    """One page: its name, its address, and what is sent first where a query is personal."""

    name: str
    url: str
    query: dict[str, str] | None = None


@dataclasses.dataclass(frozen=True)
class Visit:
    """What one call of a page took."""

    page: Page
    status: int
    seconds: float
    asked: Asked


def pages(person: Person) -> Iterator[Page]:
    """The pages around a person of the middle of the roll."""
    row: Any = RosterRow.objects.get(link__person_id=person.pk)
    batch = row.batch
    people = reverse("enrollment:person-list")
    rows = reverse("enrollment:roster-rows", args=[batch.pk])
    roster = reverse("enrollment:roster-detail", args=[batch.pk])
    number = PersonIdentifier.objects.get(person=person, kind="RESIDENT_ID").number
    member = HouseholdMember.objects.select_related("household").get(person=person)
    waiting = CandidatePair.objects.filter(batch=batch, state="OPEN").order_by("pk")[20].row_b_id
    yield Page("home", reverse("portal:home"))
    yield Page("to-do", reverse("portal:todo"))
    yield Page("jobs", reverse("portal:jobs"))
    yield Page("rosters", reverse("enrollment:roster-list"))
    yield Page("roster", roster)
    for section in ("result", "reasons", "repairs", "trail"):
        yield Page(f"roster: {section}", f"{roster}?section={section}")
    yield Page("rows", rows)
    yield Page("rows, further on", f"{rows}?after={row.pk}")
    yield Page("rows in review", f"{rows}?outcome=REVIEW")
    yield Page("rows accepted", f"{rows}?outcome=ACCEPTED")
    yield Page("rows of a file", f"{rows}?file={row.file_id}")
    yield Page("rows with a reason", f"{rows}?reason=ID_CHECK_FAILS")
    yield Page("rows with a repair", f"{rows}?reason=ID_LOWER_X")
    yield Page("row", reverse("enrollment:roster-row", args=[batch.pk, row.pk]))
    yield Page("row in a pair", reverse("enrollment:roster-row", args=[batch.pk, waiting]))
    yield Page("people", people)
    yield Page("people, further on", f"{people}?after={person.pk}")
    yield Page("people, oldest first", f"{people}?sort=file_no")
    yield Page("people of an area", f"{people}?area={batch.area.code}")
    for name, query in {
        "number": {"word": number},
        "last six digits": {"word": number[-6:]},
        "last four digits": {"word": number[-4:]},
        "name": {"word": person.name},
        "initials": {"word": person.name_initials.split()[0]},
        "two initials": {"word": person.name_initials[:2]},
        "file number": {"word": person.file_no},
        "household": {"household_no": member.household.number},
        "birth date": {"birth_on": person.birth_on.isoformat() if person.birth_on else ""},
        "name and birth date": {"word": person.name, "birth_on": str(person.birth_on)},
        "nobody": {"word": "没有这人"},
    }.items():
        yield Page(f"people by {name}", people, query)
    yield Page("person", reverse("enrollment:person-detail", args=[person.pk]))
    yield Page("looks at a person", reverse("enrollment:person-looks", args=[person.pk]))
    yield Page("household", reverse("enrollment:household-detail", args=[member.household_id]))
    yield Page("proof", reverse("enrollment:proof"))
    yield Page("linkage model", reverse("enrollment:linkage-models"))
    yield Page("version of the linkage model", reverse("enrollment:linkage-model"))
    yield Page("doubted links", reverse("enrollment:linkage-doubts"))
    yield Page("de-duplication", reverse("enrollment:dedupe"))
    yield Page("notifications", reverse("portal:notifications"))


def visit(client: Client, page: Page) -> Visit:
    """Call the page once; of a search, the answer is measured and not the sending."""
    url = page.url
    if page.query is not None:
        url = client.post(url, page.query).headers["Location"]
    began = time.perf_counter()
    with asked() as found:
        answer = client.get(url)
    return Visit(page, answer.status_code, time.perf_counter() - began, found)
