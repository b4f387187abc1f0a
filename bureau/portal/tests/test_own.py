"""Language, single keys, the home page, and the pages of faults."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from bureau.ui import navigation

pytestmark = pytest.mark.django_db


def test_the_chosen_language_stays_with_the_member_of_staff(clerk: Any, signed_in: Any) -> None:
    client = signed_in(clerk)
    client.post("/language/", {"language": "en", "next": "/jobs/"})
    clerk.refresh_from_db()
    assert clerk.language == "en"
    assert 'lang="en"' in signed_in(clerk).get("/jobs/").content.decode()


def test_a_signed_out_reader_switches_by_cookie() -> None:
    response = Client().post("/language/", {"language": "en", "next": "/"})
    assert response.cookies["language"].value == "en"


@pytest.mark.parametrize("code", ["", "fr", "../../etc", "zh-hans\r\nX: y"])
def test_an_unknown_language_changes_nothing(clerk: Any, signed_in: Any, code: str) -> None:
    response = signed_in(clerk).post("/language/", {"language": code, "next": "/"})
    clerk.refresh_from_db()
    assert clerk.language == ""
    assert "language" not in response.cookies


@pytest.mark.parametrize("target", ["https://example.org", "//example.org", "javascript:x"])
def test_the_switches_never_lead_out_of_the_portal(clerk: Any, signed_in: Any, target: str) -> None:
    client = signed_in(clerk)
    for address in ("/language/", "/shortcuts/"):
        assert client.post(address, {"next": target}).url == "/"


def test_single_keys_can_be_switched_off(clerk: Any, signed_in: Any) -> None:
    client = signed_in(clerk)
    assert 'data-shortcuts="on"' in client.get("/").content.decode()
    client.post("/shortcuts/", {"shortcuts": "off", "next": "/"})
    assert 'data-shortcuts="off"' in client.get("/").content.decode()


def test_cards_and_open_work_of_the_apps_stand_on_the_home_page(
    clerk: Any, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = navigation.Card("参保人数", "21,304", "今日", "/jobs/", "打开")
    monkeypatch.setattr(navigation, "_cards", [(1, lambda request: [card])])
    work = [navigation.Work("疑似重复", 212, "/jobs/"), navigation.Work("无", 0, "/jobs/")]
    monkeypatch.setattr(navigation, "_work", [(1, lambda request: work)])
    page = signed_in(clerk).get("/").content.decode()
    assert "21,304" in page
    assert "疑似重复" in page
    assert "<td>无" not in page


def test_the_bar_tells_roles_and_areas(clerk: Any, signed_in: Any) -> None:
    with translation.override("en"):
        frame = signed_in(clerk).get("/").context["frame"]
        assert frame.scope_label.startswith(("庄河市", "Zhuanghe"))


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "409", "413", "500", "503"])
def test_pages_of_faults_need_no_request(code: str) -> None:
    page = render_to_string(f"{code}.html")
    assert "<h1>" in page


def test_an_unknown_address_is_a_page_of_our_own(clerk: Any, signed_in: Any) -> None:
    response = signed_in(clerk).get("/nowhere/")
    assert response.status_code == 404
    # The signed in keep their menu; others see the page alone.
    assert 'class="menu"' in response.content.decode()
    alone = Client().get("/nowhere/")
    assert alone.status_code == 404
    assert "alone-card" in alone.content.decode()
    assert 'class="menu"' not in alone.content.decode()


def test_a_page_opened_too_long_ago_says_so(clerk: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(clerk, backend="bureau.core.sign_in.StaffBackend")
    response = client.post("/shortcuts/", {"shortcuts": "off"})
    assert response.status_code == 403
    assert "alone-card" in response.content.decode()


def test_the_help_page_tells_the_order_of_work_with_its_pages(clerk: Any, signed_in: Any) -> None:
    client = signed_in(clerk)
    page = client.get("/help/")
    orders = page.context["orders"]
    assert len(orders) == 2
    for _title, steps in orders:
        assert len(steps) >= 5
        for what, how, url in steps:
            assert what
            assert how
            if url:
                assert client.get(url).status_code == 200, url
    assert sum(bool(url) for _title, steps in orders for _what, _how, url in steps) >= 8
    assert "/help/" in client.get("/").content.decode()
