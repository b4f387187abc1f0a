"""Twenty pairs reviewed by keys alone, in both languages; every page accessible and silent."""

import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from bureau.core.choices import Role
from bureau.core.models import ApprovalRequest, Area
from bureau.testing.pages import keep_picture, violations
from enrollment.models import BundledDecision, PairDecision
from enrollment.tests import decisions as made
from enrollment.tests.reviewing import no_second_looks
from enrollment.tests.roster_pages import member, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAIRS = 20


@pytest.fixture
def asked(apart: None, settings: Any) -> list[Any]:
    """Twenty pairs: files and waiting rows whose names and numbers differ by a sign."""
    settings.DEMO = True
    no_second_looks(packet_size=50)
    here = made.roster(Area.objects.get(code="210281"))
    there = made.roster(Area.objects.get(code="210283"))
    return [
        made.pair(
            made.person_row(here, "王小明"), made.row(there, "王晓明"), score=0.9 - number / 100
        )
        for number in range(PAIRS)
    ]


def open_as(page: Any, live_server: Any, name: str, role: Role, language: str) -> list[str]:
    city = Area.objects.get(code="210200")
    cookie = signed_in(member(name, role, city, language=language)).cookies["sid"]
    page.context.add_cookies([{"name": "sid", "value": cookie.value, "url": live_server.url}])
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda line: faults.append(line.text) if line.type in ("error", "warning") else None,
    )
    return faults


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_twenty_pairs_are_reviewed_by_keys_alone(
    page: Any, live_server: Any, asked: list[Any], axe_source: Path, language: str
) -> None:
    faults = open_as(page, live_server, "li", Role.CLERK, language)
    page.goto(f"{live_server.url}/review/")
    faults += [f"home: {line}" for line in violations(page, axe_source)]
    keep_picture(page, f"review-home-{language}")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/pairs/*/")
    faults += [f"pair: {line}" for line in violations(page, axe_source)]
    keep_picture(page, f"review-pair-{language}")
    assert page.evaluate("window.scrollY") == 0
    page.set_viewport_size({"width": 1366, "height": 768})
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366
    page.keyboard.press("?")
    assert page.locator("#help kbd", has_text="m").first.is_visible()
    assert page.evaluate("document.getElementById('help').scrollTop") == 0
    keep_picture(page, f"review-keys-{language}")
    page.keyboard.press("Escape")
    page.focus("[data-review]")
    begun = time.monotonic()
    for number in range(PAIRS):
        address = page.url
        page.keyboard.press("2")
        page.keyboard.press("mns"[number % 2])
        page.wait_for_url(lambda url, address=address: url != address)
        if number == 3:
            # A slip: the word is taken back and said again.
            page.keyboard.press("u")
            page.wait_for_url(address)
            page.keyboard.press("m")
            page.wait_for_url(lambda url, address=address: url != address)
    an_hour = PAIRS / (time.monotonic() - begun) * 3600
    assert an_hour >= 240, f"{an_hour:.0f} pairs an hour"
    page.wait_for_url("**/review/")
    keep_picture(page, f"review-done-{language}")
    page.keyboard.press("Enter")
    page.wait_for_selector(".messages")
    assert PairDecision.objects.filter(undo=None).count() == PAIRS
    assert PairDecision.objects.filter(choices__name="RIGHT").count() >= PAIRS // 2
    assert page.get_attribute("html", "lang") == language
    faults += approve_as_second_person(page, live_server, axe_source, language)
    assert faults == []


def approve_as_second_person(
    page: Any, live_server: Any, axe_source: Path, language: str
) -> list[str]:
    """The packet came as one request: its list is looked through and approved by keys alone."""
    [request] = ApprovalRequest.objects.all()
    same = PairDecision.objects.filter(undo=None, verdict="SAME").count()
    assert request.summary["decisions"] == same
    faults = open_as(page, live_server, "sun", Role.REVIEWER, language)
    page.goto(f"{live_server.url}/todo/")
    page.focus(f'a[href="/todo/{request.pk}/"]')
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/todo/{request.pk}/")
    faults += [f"request: {line}" for line in violations(page, axe_source)]
    keep_picture(page, f"review-request-{language}")
    page.focus("main .panel .button-main")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/handed-in/*/")
    faults += [f"list: {line}" for line in violations(page, axe_source)]
    for width in (1366, 1024):
        page.set_viewport_size({"width": width, "height": 768})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        keep_picture(page, f"review-handed-in-{width}-{language}")
    page.focus('button[name="decision"][value="all"]')
    page.keyboard.press("Enter")
    page.wait_for_selector(".messages")
    request.refresh_from_db()
    assert request.state == "APPROVED"
    assert BundledDecision.objects.filter(approval=request, state="APPROVED").count() == same
    return faults


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_words_stay_in_view_and_what_is_missing_takes_the_focus(
    page: Any, live_server: Any, asked: list[Any], axe_source: Path, language: str
) -> None:
    known = asked[0].row_a
    other = made.row(known.batch, "王晓明", id_number=known.id_number, id_text=known.id_number)
    pair = made.pair(known, other, score=0.99)
    faults = open_as(page, live_server, "li", Role.CLERK, language)
    clerk = Client()
    [clerk.cookies["sid"]] = [
        one["value"] for one in page.context.cookies() if one["name"] == "sid"
    ]
    assert clerk.post(f"/review/pairs/{pair.pk}/take/").status_code == 302
    for width in (1366, 1024):
        page.set_viewport_size({"width": width, "height": 768})
        page.goto(f"{live_server.url}/review/pairs/{pair.pk}/")
        for wanted in ("[data-key=m]", "[data-key=n]", "[data-key=s]", "#holder-UNKNOWN"):
            box = page.locator(wanted).bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= 768, (width, wanted)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        keep_picture(page, f"review-one-number-{width}-{language}")
    page.focus("[data-review]")
    with page.expect_navigation():
        page.keyboard.press("n")
    assert page.evaluate("document.activeElement.id") == "holder-LEFT"
    faults += [f"holder: {line}" for line in violations(page, axe_source)]
    page.keyboard.press("4")
    assert page.is_checked("#holder-RIGHT")
    with page.expect_navigation():
        page.keyboard.press("n")
    assert page.evaluate("document.activeElement.id") == "review-reason"
    assert page.is_checked("#holder-RIGHT")
    page.keyboard.type("父子二人")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert PairDecision.objects.get(undo=None, pair=pair).verdict == "DIFFERENT"
    # A refused page is answered with 422, which the browser tells on its console.
    assert [line for line in faults if "422" not in line] == []


def test_keys_do_nothing_while_they_are_switched_off_or_somebody_types(
    page: Any, live_server: Any, asked: list[Any]
) -> None:
    open_as(page, live_server, "li", Role.CLERK, "zh-hans")
    page.goto(f"{live_server.url}/review/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/pairs/*/")
    page.focus("#review-reason")
    page.keyboard.type("mns")
    assert page.input_value("#review-reason") == "mns"
    page.focus("#main")
    page.keyboard.press("m")
    page.evaluate("document.body.dataset.shortcuts = 'off'")
    page.focus("[data-review]")
    page.keyboard.press("m")
    assert not PairDecision.objects.exists()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_overview_and_list_are_accessible(
    page: Any, live_server: Any, asked: list[Any], axe_source: Path, language: str
) -> None:
    made.decided(asked[0])
    faults = open_as(page, live_server, "sun", Role.REVIEWER, language)
    for name, path in {
        "overview": "/review/overview/",
        "list": "/review/pairs/",
        "decided": f"/review/pairs/{asked[0].pk}/",
    }.items():
        page.goto(f"{live_server.url}{path}")
        keep_picture(page, f"review-{name}-{language}")
        faults += [f"{name}: {line}" for line in violations(page, axe_source)]
    assert faults == []
