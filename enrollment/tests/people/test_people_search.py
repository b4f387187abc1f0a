"""Finding people: every key, part of a name, odd words; each by an index, and within the scope."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from bureau.core.actors import Scope
from bureau.core.choices import Role
from bureau.core.errors import DomainError
from bureau.core.models import Area
from enrollment.models import Person
from enrollment.selectors import people, people_search
from enrollment.tests.people.conftest import CITY, WAFANGDIAN, ZHUANGHE
from enrollment.tests.people.test_people_views import found_by, only_in, search


def named(name: str, code: str = ZHUANGHE) -> Person:
    """A person who lives and is insured in this county alone, under this name."""
    person = only_in(code)
    Person.objects.filter(pk=person.pk).update(name=name, name_key=name)
    return person


@pytest.mark.parametrize("word", ["魑", "魅", "魍", "魑魅", "魅魍", "魑魅魍"])
def test_any_part_of_a_name_finds_the_person(client_of: Callable[..., Client], word: str) -> None:
    person = named("魑魅魍")
    assert found_by(client_of(Role.CLERK), word=word) == {person.pk}


@pytest.mark.parametrize("word", ["魍魑", "魑魍", "魅魑"])
def test_the_same_characters_in_another_order_are_another_name(
    client_of: Callable[..., Client], word: str
) -> None:
    named("魑魅魍")
    assert found_by(client_of(Role.CLERK), word=word) == set()


def test_a_surname_alone_finds_people_and_says_that_there_are_more(
    client_of: Callable[..., Client],
) -> None:
    Person.objects.update(name="王小明", name_key="王小明")
    page = search(client_of(Role.CLERK, CITY), word="王")
    assert len(page.context["table_rows"]) == people_search.MOST_HITS
    assert page.context["is_cut"]
    assert "50" in page.content.decode()


def test_the_whole_name_comes_before_names_in_which_it_stands(roll: None) -> None:
    whole = named("魑魅")
    Person.objects.exclude(pk=whole.pk).update(name="大魑魅", name_key="大魑魅")
    scope = Scope.of([Area.objects.get(code=CITY).path])
    found = people_search.hits(people.people_in(scope), people_search.wanted_by("魑魅"))
    assert found[0] == whole.pk


def test_a_part_of_a_name_finds_nobody_of_another_county(
    client_of: Callable[..., Client],
) -> None:
    named("魑魅魍", WAFANGDIAN)
    assert found_by(client_of(Role.CLERK), word="魑") == set()


def test_a_telephone_and_a_household_number_find_their_people(
    client_of: Callable[..., Client],
) -> None:
    person = only_in(ZHUANGHE)
    Person.objects.filter(pk=person.pk).update(phone="13900001234")
    client = client_of(Role.CLERK)
    assert found_by(client, word="13900001234") == {person.pk}
    household = person.memberships.select_related("household").first().household
    assert person.pk in found_by(client, word=household.number)


@pytest.mark.parametrize(
    "word", ["𠮷", "𠮷小明", "😀", "王%", "王_", "%", "_%", "王\\", "(王+)+$", "·"]
)
def test_signs_of_patterns_and_rare_characters_are_only_text(
    client_of: Callable[..., Client], word: str
) -> None:
    person = named("𠮷小明")
    Person.objects.exclude(pk=person.pk).update(name="王小明", name_key="王小明")
    expected = {person.pk} if "𠮷" in word else set()
    client = client_of(Role.CLERK)
    address = client.post("/people/", {"_act": "query", "word": word}).url
    page = client.get(address)
    assert page.status_code == 200
    shown = {row.key for row in page.context["table_rows"]}
    # Signs that belong to no name are left out of what is compared, as in names themselves.
    assert shown == expected or (word.startswith(("王", "(")) and len(shown) > 0)


@pytest.mark.parametrize("word", ["😀", "%", "·", "——"])
def test_a_word_without_anything_to_look_for_says_so(word: str) -> None:
    with pytest.raises(DomainError):
        people_search.wanted_by(word)


@pytest.mark.parametrize(
    ("word", "indexes"),
    [
        ("魑魅", ("person_by_characters", "person_by_name_and_birth")),
        ("zgf", ("person_by_initials",)),
        ("13900001234", ("person_by_phone", "identifier_by_number")),
        ("123X", ("identifier_by_last_signs",)),
        ("210283199001011234", ("identifier_by_number",)),
    ],
)
def test_each_key_is_looked_for_by_an_index(roll: None, word: str, indexes: Any) -> None:
    scope = Scope.of([Area.objects.get(code=ZHUANGHE).path])
    rows = people.people_in(scope)
    plans = ""
    with connection.cursor() as cursor:
        # On a small table reading all of it is always quicker; the question is what could be used.
        cursor.execute("SET LOCAL enable_seqscan = off")
    for condition in people_search.wanted_by(word).conditions:
        plans += rows.filter(condition).order_by().values_list("pk")[:51].explain()
    assert not [index for index in indexes if index not in plans], plans
