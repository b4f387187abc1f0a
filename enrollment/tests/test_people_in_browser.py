"""People's pages and the proof in a real browser, in both languages: accessible, and silent."""

from pathlib import Path
from typing import Any

import pytest
from django.db.models import Count

from bureau.core.choices import Role
from bureau.core.models import Area
from bureau.testing.pages import keep_picture, violations
from enrollment.models import CoverageSpell, HouseholdMember
from enrollment.tests.roster_pages import member, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SECTIONS = ("timeline", "numbers", "household", "sources", "pairs", "changes")


@pytest.fixture
def addresses(transactional_db: None, small_city: Any) -> dict[str, str]:
    """Every page, about a person whom two counties list."""
    twice = (
        CoverageSpell.objects.values("person")
        .annotate(rosters=Count("pk"))
        .filter(rosters=2)
        .order_by("person")
    )
    person = twice[0]["person"]
    household = HouseholdMember.objects.filter(person=person).values_list("household", flat=True)
    return {
        "people": "/people/",
        "people-nobody": "/people/?area=none",
        **{f"person-{s}": f"/people/{person}/?section={s}" for s in SECTIONS},
        "person-looks": f"/people/{person}/looks/",
        "household": f"/households/{household[0]}/",
        "proof": "/proof/",
        "proof-empty": "/proof/?year=1999",
    }


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_is_accessible_and_silent(
    page: Any,
    live_server: Any,
    settings: Any,
    addresses: dict[str, str],
    axe_source: Path,
    language: str,
) -> None:
    settings.DEMO = True
    city = Area.objects.get(code="210200")
    cookie = signed_in(member("director", Role.DIRECTOR, city, language=language)).cookies["sid"]
    page.context.add_cookies([{"name": "sid", "value": cookie.value, "url": live_server.url}])
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda line: faults.append(line.text) if line.type in ("error", "warning") else None,
    )
    for name, address in addresses.items():
        page.goto(f"{live_server.url}{address}")
        keep_picture(page, f"{name}-{language}")
        faults += [f"{name}: {line}" for line in violations(page, axe_source)]
        assert page.get_attribute("html", "lang") == language
    assert faults == []


def test_a_person_is_found_and_shown_by_keys_alone(
    page: Any, live_server: Any, settings: Any, addresses: dict[str, str]
) -> None:
    settings.DEMO = True
    city = Area.objects.get(code="210200")
    clerk = member("clerk", Role.CLERK, city)
    cookie = signed_in(clerk).cookies["sid"]
    page.context.add_cookies([{"name": "sid", "value": cookie.value, "url": live_server.url}])
    page.goto(f"{live_server.url}/people/")
    number = CoverageSpell.objects.exclude(person__identifiers=None).first()
    person = number.person
    wanted = person.identifiers.first().number
    page.focus("[name=word]")
    page.keyboard.type(wanted)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?given=*")
    assert wanted not in page.url
    page.click(f"main a[href='/people/{person.pk}/']")
    page.wait_for_url(f"**/people/{person.pk}/")
    assert person.name in page.inner_text("h1")
    page.goto(f"{live_server.url}/people/{person.pk}/?section=numbers")
    page.fill("[name=reason]", "来电核对号码")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/people/{person.pk}/reveal/")
    assert wanted in page.inner_text("main")


def tab_to(page: Any, selector: str) -> None:
    """The keyboard alone leads to the element."""
    for _step in range(60):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"60 times Tab do not lead to {selector}")


def test_the_lists_own_quick_search_finds_a_person_by_keys_alone(
    page: Any, live_server: Any, settings: Any, addresses: dict[str, str]
) -> None:
    """Not the box in the bar, which looks everywhere: the list's field keeps to its people."""
    settings.DEMO = True
    clerk = member("clerk", Role.CLERK, Area.objects.get(code="210200"))
    cookie = signed_in(clerk).cookies["sid"]
    page.context.add_cookies([{"name": "sid", "value": cookie.value, "url": live_server.url}])
    spell = CoverageSpell.objects.exclude(person__identifiers=None).order_by("pk").first()
    assert spell is not None
    person, wanted = spell.person, spell.person.identifiers.first().number
    page.goto(f"{live_server.url}/people/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # The skip link: past the bar and the menu.
    tab_to(page, "main form[data-query] [name=word]")
    page.keyboard.type(wanted)
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/?*")
    assert wanted not in page.url
    assert page.locator("main table.table tbody tr").count() == 1
    tab_to(page, f"main a[href='/people/{person.pk}/']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/people/{person.pk}/")
    assert person.name in page.inner_text("h1")
    page.go_back()
    tab_to(page, "main form[data-query] [name=word]")
    page.keyboard.press("Escape")
    page.wait_for_url("**/people/")
    assert page.locator("main table.table tbody tr").count() > 1
