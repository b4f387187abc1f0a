"""Records, forms and acts: sections by right, errors with links, sent once, refusals in words."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from bureau.core.models import CodeTable

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gallery")]

ANSWERS = {"name": "王五", "paid_on": "2016年9月5日", "amount": "1,234.50", "way": "CASH"}


@pytest.fixture
def client(signed_in: Any, clerk: Any) -> Any:
    return signed_in(clerk)


def token_of(response: Any) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', response.content.decode())
    assert found is not None
    return found[1]


def test_a_record_shows_its_first_section_and_others_on_demand(client: Any, new_file: Any) -> None:
    stored = new_file("a")
    page = client.get(f"/gallery/files/{stored.pk}/").content.decode()
    assert "新农合" in page
    assert "户口簿" not in page
    assert "户口簿" in client.get(f"/gallery/files/{stored.pk}/?section=history").content.decode()


def test_a_section_without_right_does_not_exist(client: Any, new_file: Any) -> None:
    stored = new_file("a")
    assert "内部" not in client.get(f"/gallery/files/{stored.pk}/").content.decode()
    assert client.get(f"/gallery/files/{stored.pk}/?section=closed").status_code == 404
    assert client.get(f"/gallery/files/{stored.pk}/?section=none").status_code == 404


def test_a_record_of_another_county_is_not_found(client: Any, new_file: Any) -> None:
    stored = new_file("a", area="wafangdian")
    assert client.get(f"/gallery/files/{stored.pk}/").status_code == 404
    assert client.get(f"/gallery/files/{stored.pk}/?section=none").status_code == 404


def test_errors_are_summed_up_with_links_to_their_fields(client: Any) -> None:
    response = client.post("/gallery/payment/", {**ANSWERS, "amount": "12.345", "name": ""})
    assert response.status_code == 422
    targets = [error.target for error in response.context["errors"]]
    assert targets == ["id_name", "id_amount"]
    page = response.content.decode()
    assert 'href="#id_amount"' in page
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'value="12.345"' in page


def test_answers_are_shown_before_anything_is_done(client: Any) -> None:
    response = client.post("/gallery/payment/", ANSWERS)
    page = response.content.decode()
    assert not CodeTable.objects.exists()
    assert "1,234.50" in page
    assert "现金" in page
    assert "基金收入" in page
    changed = client.post("/gallery/payment/", {**ANSWERS, "_change": "1"})
    assert 'value="王五"' in changed.content.decode()


def test_a_form_sent_twice_is_carried_out_once(client: Any) -> None:
    token = token_of(client.get("/gallery/payment/"))
    sent = {**ANSWERS, "form_token": token, "_confirmed": "1"}
    first = client.post("/gallery/payment/", sent)
    second = client.post("/gallery/payment/", sent)
    assert first.url == second.url == "/gallery/files/"
    assert CodeTable.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_sendings_at_the_same_instant_are_carried_out_once(client: Any) -> None:
    token = token_of(client.get("/gallery/payment/"))
    sent = {**ANSWERS, "form_token": token, "_confirmed": "1"}

    def send(_number: int) -> str:
        other = Client()
        other.cookies = client.cookies
        try:
            return str(other.post("/gallery/payment/", sent).url)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, range(4))) == {"/gallery/files/"}
    assert CodeTable.objects.count() == 1


def test_a_refused_form_keeps_its_answers_and_may_be_sent_again(client: Any) -> None:
    token = token_of(client.get("/gallery/payment/"))
    sent = {**ANSWERS, "form_token": token, "_confirmed": "1"}
    refused = client.post("/gallery/payment/", {**sent, "name": "拒绝"})
    assert refused.status_code == 409
    assert "名册中没有“拒绝”" in refused.content.decode()
    assert client.post("/gallery/payment/", sent).status_code == 302
    assert CodeTable.objects.count() == 1


def test_an_act_is_done_by_post_alone(client: Any) -> None:
    assert client.get("/gallery/act/").status_code == 405
    done = client.post("/gallery/act/", {"next": "/jobs/"}, follow=True)
    assert "做完了" in done.content.decode()
    assert done.redirect_chain[0][0] == "/jobs/"


def test_a_refused_act_says_why(client: Any) -> None:
    page = client.post("/gallery/act/", {"refuse": "1", "next": "/jobs/"}, follow=True)
    assert "不可以：测试" in page.content.decode()


@pytest.mark.parametrize(
    "target",
    ["https://example.org/", "//example.org", "javascript:alert(1)", "/\\example.org", "http:/x"],
)
def test_an_act_never_leads_out_of_the_portal(client: Any, target: str) -> None:
    assert client.post("/gallery/act/", {"next": target}).url == "/"


def test_the_menu_shows_only_what_the_reader_may_open(client: Any) -> None:
    groups = client.get("/gallery/files/").context["frame"].menu
    routes = {line.route for group in groups for line in group.lines}
    assert {"portal:home", "portal:todo", "portal:jobs"} <= routes


def test_pages_hold_no_inline_style_or_script(client: Any, new_file: Any) -> None:
    new_file("a")
    for address in ("/gallery/files/", "/gallery/payment/", "/"):
        page = client.get(address).content.decode()
        assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", page)
        assert not re.search(r"<script(?![^>]*src=)|<style", page)
