"""What the box of the bar finds of this app: people of the own areas, and rosters by number."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from bureau.core import access, clock, lockout
from bureau.core.actors import Actor
from bureau.ui import search
from bureau.ui.navigation import actor_of_request
from bureau.ui.search import Hits
from enrollment.models import Person, RosterBatch
from enrollment.selectors import people, people_search, rosters
from enrollment.services import looks
from enrollment.views.people import PersonList
from enrollment.views.rosters import RosterList


def _scope(request: HttpRequest, route: str) -> Any:
    entry = access.matrix().entry_for(route)
    assert entry is not None  # noqa: S101 (the route stands in the matrix, or nobody gets here)
    return entry.scope_for(actor_of_request(request), "GET")


def find_people(request: HttpRequest, word: str) -> Hits:
    """People whom the word may mean, masked; the look is on record first.

    Raises DomainError for a word that is too short, and for a machine's pace.
    """
    wanted = people_search.wanted_by(word)
    rows = people.living_files(people.people_in(_scope(request, "enrollment:person-list")))
    numbers = people_search.hits(rows, wanted)
    shown = numbers[: people_search.MOST_HITS]
    columns = [column for column in PersonList.columns if column.shown]
    looks.note(
        Person._meta.label_lower,
        "search",
        fields=[wanted.kind, *(column.key for column in columns)],
        row_count=len(shown),
        address=lockout.address_of(request),
        at=clock.now(),
        by=actor_of_request(request),
    )
    by_number = {person.pk: person for person in rows.filter(pk__in=shown)}
    found = [by_number[number] for number in shown if number in by_number]
    identity_numbers = people.with_numbers(found)
    for person in found:
        person.shown_number = identity_numbers.get(person.pk)  # type: ignore[attr-defined]
    return Hits(columns, found, is_cut=len(numbers) > len(shown))


def find_rosters(request: HttpRequest, word: str) -> Hits:
    """The roster of this number."""
    number = search.number_in(word)
    if number is None:
        return Hits()
    rows = rosters.rosters_in(_scope(request, "enrollment:roster-list")).filter(pk=number)
    found: list[RosterBatch] = list(rows)
    keys = ("number", "state", "received_at")
    return Hits([column for column in RosterList.columns if column.key in keys], found)


def rosters_seen(actor: Actor, numbers: Iterable[int]) -> dict[int, str]:
    """Of these rosters, those the actor may open now, each with its address."""
    scope = actor.scope(*access.roles_for("enrollment:roster-list"))
    found = rosters.rosters_in(scope).filter(pk__in=list(numbers)).values_list("pk", flat=True)
    return {number: reverse("enrollment:roster-detail", args=[number]) for number in found}
