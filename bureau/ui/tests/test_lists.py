"""A list: scope, paging in both directions, sort, private queries, choices of the session."""

import datetime
import re
from typing import Any

import pytest
from django.db import connection

from bureau.core import clock
from bureau.core.models import StoredFile
from bureau.ui import paging
from bureau.ui.views import lists

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gallery")]

URL = "/gallery/files/"


@pytest.fixture
def client(signed_in: Any, clerk: Any) -> Any:
    return signed_in(clerk)


@pytest.fixture
def pages_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "DEFAULT_SIZE", 3)


def names(response: Any) -> list[str]:
    return [row.cells[0].text for row in response.context["table_rows"]]


def walk(client: Any, url: str, link: str) -> list[str]:
    """All names from this page on, following the link of this kind."""
    found: list[str] = []
    for _turn in range(20):
        response = client.get(url)
        found = found + names(response) if link == "next_url" else names(response) + found
        url = response.context[link]
        if url is None:
            return found
    raise AssertionError("the pages do not end")


def test_rows_of_another_county_do_not_exist(client: Any, new_file: Any) -> None:
    new_file("own")
    new_file("foreign", area="wafangdian")
    response = client.get(URL)
    assert names(response) == ["own"]
    assert str(response.context["count"]) == "1"
    assert names(
        client.get(URL, {"after": StoredFile.objects.get(original_name="foreign").pk})
    ) == ["own"]


@pytest.mark.usefixtures("pages_of_three")
@pytest.mark.parametrize("sort", ["name", "-name", "size", "-size", "until", "-until", ""])
def test_every_row_is_met_once_forwards_and_backwards(
    client: Any, new_file: Any, sort: str
) -> None:
    now = clock.now()
    for n in range(10):
        until = now + datetime.timedelta(days=n % 3) if n % 2 else None
        new_file(f"file {n:02}", size=n % 4, purge_after=until)
    start = f"{URL}?sort={sort}"
    forwards = walk(client, start, "next_url")
    assert sorted(forwards) == [f"file {n:02}" for n in range(10)]
    last = StoredFile.objects.get(original_name=forwards[-1]).pk
    backwards = walk(client, f"{start}&before={last}", "previous_url")
    assert backwards == forwards[:-1]


@pytest.mark.usefixtures("pages_of_three")
def test_paging_goes_on_after_a_row_that_has_left_the_list(client: Any, new_file: Any) -> None:
    files = [new_file(f"{n}") for n in range(6)]
    query = f"{URL}?purpose=a&sort=name"
    next_url = client.get(query).context["next_url"]
    StoredFile.objects.filter(pk=files[2].pk).update(purpose="b")
    assert names(client.get(next_url)) == ["3", "4", "5"]


@pytest.mark.parametrize("odd", ["x", "-1", "9" * 30, "1 OR 1=1"])
def test_an_odd_boundary_shows_the_first_page(client: Any, new_file: Any, odd: str) -> None:
    new_file("a")
    assert names(client.get(URL, {"after": odd})) == ["a"]


@pytest.mark.parametrize("sort", ["sha256", "area__code", "-pk", "name;drop"])
def test_a_sort_that_is_not_offered_is_the_default(client: Any, new_file: Any, sort: str) -> None:
    new_file("a")
    new_file("b")
    assert names(client.get(URL, {"sort": sort})) == ["b", "a"]


def test_the_heads_tell_the_order_and_offer_the_other(client: Any, new_file: Any) -> None:
    new_file("a")
    page = client.get(URL, {"sort": "name"}).content.decode()
    assert re.search(r'aria-sort="ascending"><button [^>]*value="-name"', page)
    assert re.search(r'aria-sort="none"><button [^>]*value="-size"', page)


def test_values_of_persons_stay_out_of_the_address(client: Any, new_file: Any) -> None:
    new_file("张三的文件")
    new_file("李四的文件")
    sent = client.post(URL, {"_act": "query", "name": "张三", "purpose": "a"})
    assert sent.status_code == 302
    assert "name" not in sent.url
    assert "purpose=a" in sent.url
    response = client.get(sent.url)
    assert names(response) == ["张三的文件"]
    assert 'value="张三"' in response.content.decode()
    assert names(client.get(URL, {"name": "张三"})) == ["李四的文件", "张三的文件"]


def test_a_query_of_another_session_is_not_known(
    client: Any, signed_in: Any, reviewer: Any, new_file: Any
) -> None:
    new_file("张三")
    address = client.post(URL, {"_act": "query", "name": "没有"}).url
    assert names(client.get(address)) == []
    assert names(signed_in(reviewer).get(address)) == ["张三"]


def test_a_query_that_cannot_be_read_shows_its_error_and_no_rows(
    client: Any, new_file: Any
) -> None:
    new_file("a")
    response = client.get(URL, {"since": "2015-02-29"})
    assert names(response) == []
    assert "2015-02-29" in response.context["query_errors"][0].text
    assert response.context["query_errors"][0].target == "id_since"
    assert response.context["empty"].url == ""


def test_columns_density_and_size_hold_for_the_member_of_staff(
    client: Any, signed_in: Any, clerk: Any, new_file: Any
) -> None:
    new_file("a")
    choice = {"_act": "settings", "columns": ["number"], "density": "compact", "size": "25"}
    client.post(URL, choice)
    response = signed_in(clerk).get(URL)
    assert [head.text for head in response.context["heads"]] == ["文件名", "号码"]
    assert (response.context["density"], response.context["size"]) == ("compact", 25)
    client.post(URL, {"_act": "settings", "_default": "1"})
    assert len(client.get(URL).context["heads"]) == 5


def test_odd_settings_change_nothing_harmful(client: Any, new_file: Any) -> None:
    new_file("a")
    client.post(URL, {"_act": "settings", "columns": ["x"], "density": "<b>", "size": "9999"})
    response = client.get(URL)
    assert (response.context["density"], response.context["size"]) == ("normal", 50)


def test_an_empty_list_says_what_to_do(client: Any) -> None:
    assert client.get(URL, {"purpose": "b"}).context["empty"].url == URL
    assert client.get(URL).context["empty"].url == ""


def test_a_fragment_is_the_table_alone(client: Any, new_file: Any) -> None:
    new_file("a")
    fragment = client.get(URL, headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()
    assert "HX-Request" in fragment.headers["Vary"]
    restored = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in client.get(URL, headers=restored).content.decode()


def test_a_long_list_is_counted_up_to_the_cap(
    client: Any, new_file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "COUNT_CAP", 2)
    for n in range(4):
        new_file(f"{n}")
    assert str(client.get(URL).context["count"]) == "2+"


def test_an_exact_count_is_given_on_request(
    client: Any, new_file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "COUNT_CAP", 2)
    for n in range(4):
        new_file(f"{n}")
    offered = client.get(URL).context["exact_url"]
    assert str(client.get(offered).context["count"]) == "4"


def test_a_count_that_takes_too_long_is_given_up(
    client: Any, new_file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(_rows: Any) -> paging.Count:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '20ms'; SELECT pg_sleep(5)")
        raise AssertionError("not given up")

    monkeypatch.setattr(paging, "_counted", slow)
    new_file("a")
    page = client.get(URL, {"count": "exact"})
    assert page.context["count"].was_long
    assert names(page) == ["a"]


def test_the_quick_search_looks_into_its_fields_and_stays_out_of_the_address(
    client: Any, new_file: Any
) -> None:
    new_file("庄河名册")
    new_file("瓦房店名册")
    sent = client.post(URL, {"_act": "query", "quick": "庄河 名册"})
    assert "quick" not in sent.url
    assert names(client.get(sent.url)) == ["庄河名册"]
    assert names(client.get(client.post(URL, {"quick": "100%"}).url)) == []
    assert names(client.get(URL, {"quick": "庄河"})) == ["瓦房店名册", "庄河名册"]


@pytest.mark.parametrize("word", ["%", "_", "\\", "'", '"; DROP', "(a+)+$", "😀", "𠮷", "[", "--"])
def test_signs_of_patterns_and_statements_are_only_text(
    client: Any, new_file: Any, word: str
) -> None:
    new_file("plain")
    new_file(f"x{word}y")
    assert names(client.get(client.post(URL, {"quick": word}).url)) == [f"x{word}y"]


def test_a_number_of_a_person_stays_out_of_the_address_in_any_field(
    client: Any, new_file: Any
) -> None:
    new_file("a")
    sent = client.post(URL, {"_act": "query", "purpose": "210283199001011234"})
    assert "2102" not in sent.url
    assert client.get(sent.url).context["query_errors"]


def test_columns_stand_in_the_order_of_their_places(client: Any, new_file: Any) -> None:
    new_file("a")
    places = {"place-size": "2", "place-area": "1"}
    client.post(URL, {"_act": "settings", "columns": ["size", "area"], **places})
    assert [h.text for h in client.get(URL).context["heads"]] == ["文件名", "区域", "大小"]
    offered = client.get(URL).context["choosable"]
    assert [choice.key for choice in offered[:2]] == ["area", "size"]


def test_the_print_view_holds_all_rows_and_says_who_printed(
    client: Any, new_file: Any, clerk: Any
) -> None:
    for n in range(60):
        new_file(f"{n}")
    url = client.get(URL, {"purpose": "a"}).context["print_url"]
    page = client.get(url)
    assert len(page.context["table_rows"]) == 60
    text = page.content.decode()
    assert clerk.full_name in text
    assert "用途：甲" in text
    assert 'name="chosen"' not in text


def test_a_print_is_cut_and_says_so(
    client: Any, new_file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PRINTED_ROWS", 2)
    for n in range(4):
        new_file(f"{n}")
    page = client.get(URL, {"print": "1"})
    assert len(page.context["table_rows"]) == 2
    assert "2" in page.content.decode()


def test_a_page_costs_a_fixed_number_of_queries(
    client: Any, new_file: Any, django_assert_max_num_queries: Any
) -> None:
    for n in range(30):
        new_file(f"{n}")
    after = StoredFile.objects.order_by("pk").last().pk
    with django_assert_max_num_queries(18):
        client.get(URL, {"after": after, "sort": "name"})


def test_a_name_with_markup_stays_text(client: Any, new_file: Any) -> None:
    new_file("<script>alert(1)</script>")
    assert "<script>alert" not in client.get(URL).content.decode()


def test_the_chart_is_a_csv_too(client: Any, new_file: Any) -> None:
    response = client.get(URL, {"chart": "bars"})
    assert response.headers["Content-Type"].startswith("text/csv")
    lines = response.content.decode("utf-8-sig").splitlines()
    assert lines[:2] == ["县区,行数,目标", "庄河市,21304,22000"]
    assert client.get(URL, {"chart": "none"}).status_code == 404
