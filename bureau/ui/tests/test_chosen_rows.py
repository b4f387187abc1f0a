"""Rows chosen for an act: single ones, or all of a query by a token; number and sum come first."""

from typing import Any

import pytest

from bureau.core.models import Job, StoredFile
from bureau.ui import exports
from bureau.ui.tests.test_exports import lines_of, made

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("gallery")]

URL = "/gallery/files/"
ACT = "/gallery/files/rename/"


@pytest.fixture
def client(signed_in: Any, clerk: Any) -> Any:
    return signed_in(clerk)


def choose_all(client: Any, query: str = "purpose=a") -> tuple[str, Any]:
    """The token for all rows of the query, and the page that shows the choice."""
    page = client.post(f"{URL}?{query}", {"_act": "choose_all"}, follow=True)
    return page.context["choice_token"], page


def renamed() -> set[str]:
    return set(StoredFile.objects.filter(created_by="neu").values_list("original_name", flat=True))


def test_all_rows_of_a_query_are_chosen_with_number_and_sum(client: Any, new_file: Any) -> None:
    for name, size in (("a", 100), ("b", 250)):
        new_file(name, size=size)
    new_file("other", purpose="b")
    new_file("foreign", area="wafangdian", size=9999)
    token, page = choose_all(client)
    assert (page.context["choice"]["count"], page.context["choice"]["amount"]) == (2, "350")
    check = client.post(ACT, {"selection": token})
    assert check.context["chosen_count"] == 2
    assert "350" in check.content.decode()
    assert renamed() == set()
    confirmed = {"selection": token, "_confirmed": check.context["seen"], "note": "neu"}
    assert client.post(ACT, confirmed).url == URL
    assert renamed() == {"a", "b"}


def test_what_changed_since_it_was_shown_is_shown_again(client: Any, new_file: Any) -> None:
    new_file("a")
    token, _page = choose_all(client)
    seen = client.post(ACT, {"selection": token}).context["seen"]
    new_file("late")
    again = client.post(ACT, {"selection": token, "_confirmed": seen, "note": "neu"})
    assert again.context["chosen_count"] == 2
    assert renamed() == set()


def test_another_row_of_the_same_sum_is_shown_before_the_act(client: Any, new_file: Any) -> None:
    shown = new_file("shown", size=100)
    token, _page = choose_all(client)
    seen = client.post(ACT, {"selection": token}).context["seen"]
    shown.delete()
    new_file("another", size=100)
    again = client.post(ACT, {"selection": token, "_confirmed": seen, "note": "neu"})
    assert again.status_code == 200
    assert [row.cells[0].text for row in again.context["table_rows"]] == ["another"]
    assert renamed() == set()


def test_a_query_by_name_is_chosen_without_its_value_in_the_address(
    client: Any, new_file: Any
) -> None:
    new_file("张三")
    new_file("李四")
    address = client.post(URL, {"_act": "query", "name": "张三"}).url
    chosen = client.post(address, {"_act": "choose_all"})
    assert "%E5%BC%A0" not in chosen.url
    token = client.get(chosen.url).context["choice_token"]
    check = client.post(ACT, {"selection": token})
    assert [row.cells[0].text for row in check.context["table_rows"]] == ["张三"]


def test_a_choice_of_another_session_chooses_nothing(
    client: Any, signed_in: Any, reviewer: Any, new_file: Any
) -> None:
    new_file("a")
    token, _page = choose_all(client)
    other = signed_in(reviewer).post(ACT, {"selection": token})
    assert other.status_code == 302
    assert signed_in(reviewer).get(f"{URL}?chosen={token}").context["choice"] is None


def test_rows_of_another_county_and_unfit_ones_are_left_out(client: Any, new_file: Any) -> None:
    rows = [new_file("a"), new_file("fixed", purpose="fixed"), new_file("f", area="wafangdian")]
    chosen = [row.pk for row in rows]
    seen = client.post(ACT, {"chosen": chosen}).context["seen"]
    client.post(ACT, {"chosen": chosen, "_confirmed": seen, "note": "neu"})
    assert renamed() == {"a"}


@pytest.mark.parametrize("numbers", [[], ["x"], ["9" * 30], ["1 OR 1=1"], ["-1"]])
def test_odd_numbers_choose_nothing(client: Any, new_file: Any, numbers: list[str]) -> None:
    new_file("a")
    assert client.post(ACT, {"chosen": numbers}).status_code == 302
    assert renamed() == set()


def test_more_rows_than_somebody_looks_at_are_refused(client: Any, new_file: Any) -> None:
    for n in range(6):
        new_file(f"{n}")
    token, _page = choose_all(client)
    page = client.post(ACT, {"selection": token}, follow=True)
    assert "5" in str(next(iter(page.context["messages"])))


def test_the_same_form_sent_twice_acts_once(client: Any, new_file: Any) -> None:
    row = new_file("a")
    check = client.post(ACT, {"chosen": [row.pk]})
    sent = {
        "chosen": [row.pk],
        "_confirmed": check.context["seen"],
        "note": "neu",
        "form_token": check.context["form_token"],
    }
    client.post(ACT, sent)
    client.post(ACT, sent | {"note": "zweimal"})
    assert renamed() == {"a"}


@pytest.mark.parametrize("by_token", [True, False])
def test_the_chosen_rows_are_taken_as_a_file(client: Any, new_file: Any, by_token: bool) -> None:
    rows = [new_file("a"), new_file("b"), new_file("c", purpose="b")]
    sent = (
        {"selection": choose_all(client)[0]} if by_token else {"chosen": [rows[0].pk, rows[1].pk]}
    )
    client.post(URL, {"chosen_format": "csv", **sent})
    found = lines_of(made(Job.objects.latest("pk")))
    assert sorted(line[0] for line in found[1:]) == ["a", "b"]


def test_a_file_of_no_rows_is_not_asked_for(client: Any, new_file: Any) -> None:
    new_file("a")
    page = client.post(URL, {"chosen_format": "csv"}, follow=True)
    assert not Job.objects.exists()
    assert len(page.context["messages"]) == 1


def test_a_wide_choice_is_refused_as_a_file(
    client: Any, new_file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MOST_NUMBERED", 1)
    new_file("a")
    new_file("b")
    client.post(URL, {"chosen_format": "csv", "selection": choose_all(client)[0]})
    assert not Job.objects.exists()
