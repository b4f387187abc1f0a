"""Every page that each role comes to by links: headers, masks, looks on record, no change."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from bureau.core.choices import Role
from bureau.core.models import Staff
from enrollment.models import Person, RosterRow
from enrollment.rules.identity import check_character
from enrollment.tests.walks.crawler import Seen, walk

#: What a page may write while it is looked at: who looked, when the session was used, and what the
#: pages of signing in keep of a ceremony under way.
KEPT_OF_LOOKS = {"core_accesslog", "django_session", "core_staffsession"}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
#: A file and a pair bear names in full; the look is on record before.
NAMED = {"enrollment:person-detail", "enrollment:review-pair"}
#: Names nobody: it tells who looked.
OF_NOBODY = {"enrollment:person-looks"}


def numbers_in(text: str) -> list[str]:
    """Identity numbers and bank cards that stand there in full."""
    found = re.findall(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])", text)
    cards = re.findall(r"(?<![0-9A-Za-z])62\d{14,17}(?![0-9A-Za-z])", text)
    return [n for n in found if check_character(n[:17]) == n[17].upper()] + [
        card for card in cards if luhn(card)
    ]


def luhn(card: str) -> bool:
    digits = [int(d) * (1 + place % 2) for place, d in enumerate(reversed(card))]
    return sum(d - 9 if d > 9 else d for d in digits) % 10 == 0


def phones() -> set[str]:
    """Of everybody on the roll or in a roster."""
    return {
        phone
        for model in (Person, RosterRow)
        for phone in model.objects.exclude(phone="").values_list("phone", flat=True)
        if phone and len(phone) > 6
    }


def wrong_headers(seen: Seen) -> list[str]:
    headers = seen.answer.headers
    wrong = [name for name, value in HEADERS.items() if headers.get(name) != value]
    policy = headers.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy or "unsafe" in policy:
        wrong.append("Content-Security-Policy")
    if "no-store" not in headers.get("Cache-Control", ""):
        wrong.append("Cache-Control")
    for cookie in seen.answer.cookies.values():
        if cookie["samesite"] not in ("Lax", "Strict") or cookie["domain"]:
            wrong.append(f"cookie {cookie.key}")
        if not cookie["httponly"] and cookie.key == "sid":
            wrong.append(f"cookie {cookie.key} for scripts")
    return wrong


@pytest.fixture
def walked(
    client_of: Callable[..., Client], request: Any, pytestconfig: Any
) -> tuple[Role, int, list[Seen]]:
    seed = 20_261_128 + list(Role).index(request.param)
    most = pytestconfig.getoption("--crawl-pages")
    pages = walk(client_of(request.param), request.param, most=most, seed=seed)
    return request.param, seed, list(pages)


@pytest.mark.parametrize("walked", list(Role), indirect=True, ids=str)
def test_what_a_role_comes_to(walked: tuple[Role, int, list[Seen]]) -> None:
    role, seed, pages = walked
    known_phones = phones()
    staff_names = set(Staff.objects.values_list("full_name", flat=True))
    people = {
        name
        for name in Person.objects.values_list("name", flat=True)
        if len(name) > 2 and name not in staff_names
    }
    faults: list[object] = []
    for seen in pages:
        # What the library's pages open depends on the account's second factor (test_sign_in) and on
        # the way through a form (test_admin).
        by_library = seen.route.startswith(("mfa_", "account_", "admin:"))
        if seen.answer.status_code not in (200, 302) and not by_library:
            faults.append(("leads nowhere", seen.answer.status_code, seen.url))
        faults += [("header", name, seen.url) for name in wrong_headers(seen)]
        if not seen.route.startswith("mfa_") and set(seen.changed) - KEPT_OF_LOOKS:
            faults.append(("changed by looking", seen.changed, seen.url))
        named = {name for name in people if name in seen.text}
        faults += [("number in full", number, seen.url) for number in numbers_in(seen.text)]
        faults += [("telephone in full", p, seen.url) for p in known_phones if p in seen.text]
        if named and seen.route not in NAMED:
            faults.append(("name in full", sorted(named)[:3], seen.url))
        shows_people = named or re.search(r'href="/people/\d+/', seen.text)
        if shows_people and seen.route not in OF_NOBODY and not seen.looks:
            faults.append(("shown without a record", seen.url))
    told = "\n".join(map(str, faults))
    assert faults == [], f"{role}, seed {seed}, {len(pages)} pages:\n{told}"
