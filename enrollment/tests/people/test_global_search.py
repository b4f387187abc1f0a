"""The box of the bar: people of the own areas alone, masked, on record, and at a human pace."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from bureau.core.choices import Role
from bureau.core.models import AccessLog
from enrollment.models import Person, PersonIdentifier, RosterBatch
from enrollment.tests.paces import at_most
from enrollment.tests.people.conftest import WAFANGDIAN, ZHUANGHE
from enrollment.tests.people.test_people_views import numbers_in, only_in


def search(client: Client, word: str) -> Any:
    address = client.post("/search/", {"word": word}).url
    assert len(word) < 3 or word not in address
    return client.get(address)


def keys(page: Any) -> set[int]:
    return {row.key for group in page.context["groups"] for row in group.rows}


def test_a_person_is_found_from_any_page(client_of: Callable[..., Client]) -> None:
    person = only_in(ZHUANGHE)
    Person.objects.filter(pk=person.pk).update(name="魑魅魍", name_key="魑魅魍")
    number = PersonIdentifier.objects.filter(person=person, kind="RESIDENT_ID").first().number
    client = client_of(Role.CLERK)
    assert 'name="word"' in client.get("/").content.decode()
    for word in (number, number[-6:], "魅魍", person.file_no):
        page = search(client, word)
        assert person.pk in keys(page), word
        text = page.content.decode()
        assert "魑魅魍" not in text
        assert not [n for n in numbers_in(text) if n != word]


def test_nobody_of_another_county_is_found(client_of: Callable[..., Client]) -> None:
    person = only_in(WAFANGDIAN)
    number = PersonIdentifier.objects.filter(person=person, kind="RESIDENT_ID").first().number
    assert keys(search(client_of(Role.CLERK), number)) == set()


def test_the_search_is_on_record_before_anything_is_shown(client_of: Callable[..., Client]) -> None:
    search(client_of(Role.CLERK), only_in(ZHUANGHE).file_no)
    entry = AccessLog.objects.get(action="search")
    assert (entry.row_count, entry.fields[0]) == (1, "number")


def test_a_role_without_persons_finds_none_and_leaves_no_trace(
    client_of: Callable[..., Client],
) -> None:
    page = search(client_of(Role.SYSTEM_ADMINISTRATOR), only_in(ZHUANGHE).file_no)
    assert page.context["groups"] == []
    assert not AccessLog.objects.exists()


def test_a_roster_is_found_by_its_number(client_of: Callable[..., Client]) -> None:
    batch = RosterBatch.objects.filter(area__code=ZHUANGHE).first()
    page = search(client_of(Role.CLERK), str(batch.pk))
    labels = [str(group.label) for group in page.context["groups"]]
    assert batch.pk in keys(page), labels


def test_a_machines_pace_is_refused(
    client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_most(monkeypatch, 2)
    client = client_of(Role.CLERK)
    pages = [search(client, "王小明") for _n in range(4)]
    assert [page.status_code for page in pages] == [200, 200, 429, 429]
    assert keys(pages[-1]) == set()


@pytest.mark.parametrize(
    "word", ["%", "'; DROP TABLE x", "😀", "<script>alert(1)</script>", "\0", ""]
)
def test_odd_words_are_only_text(client_of: Callable[..., Client], word: str) -> None:
    page = search(client_of(Role.CLERK), word)
    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()


def test_a_word_of_another_session_is_not_known(client_of: Callable[..., Client]) -> None:
    address = client_of(Role.CLERK).post("/search/", {"word": "王小明"}).url
    assert client_of(Role.REVIEWER).get(address).context["word"] == ""


def test_a_search_costs_a_fixed_number_of_queries(
    client_of: Callable[..., Client], django_assert_max_num_queries: Any
) -> None:
    Person.objects.update(name="王小明", name_key="王小明")
    client = client_of(Role.CLERK)
    address = client.post("/search/", {"word": "王小明"}).url
    with django_assert_max_num_queries(25):
        client.get(address)
