"""What a stranger writes into addresses: every page's parameters, with what breaks queries."""

import random
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from bureau.core import access
from bureau.core.choices import Role
from bureau.testing.access import all_routes
from enrollment.models import HouseholdMember, Person, RosterBatch
from enrollment.tests.walks.conftest import ZHUANGHE

SEED = 20_261_128
#: What somebody tries who wants more than the page gives, or the page to break.
PAYLOADS = [
    "'", '"', "';--", "' OR '1'='1", "1 OR 1=1", "1); DROP TABLE core_staff;--", "1;SELECT 1",
    "(SELECT password FROM core_staff LIMIT 1)", "pg_sleep(9)", "-id", "--id", "-", "password",
    "area__path", "pk__in", "staff__password", "name__regex=.*", "_connector", "OR", "id) AS x",
    "0x1F", "-1", "0", "99999999999999999999", "1e400", "NaN", "１２", "²", "null", "None", "[]",
    "{}", "%", "%%", "_", "\\", "\\'", "\x00", "\x1b[31m", "\r\nSet-Cookie: a=b", "\u202e", "😀",
    "𠮷", "a" * 5000, "../../etc/passwd", "<script>alert(1)</script>", "{{7*7}}", "${7*7}",
    "%s", "%(name)s", "(((((((((((", "*", "[a-z", "2016-02-30", "9999-12-31", "0001-01-01",
    "true", "NULL", "' UNION SELECT NULL--", "/**/", "\ufeff",
]  # fmt: skip
#: Beside what a page's own forms and links name.
ALWAYS = (
    "sort", "after", "before", "given", "chosen", "count", "saved", "section", "chart", "open",
    "columns", "size", "group", "year", "view", "version", "from", "verdict", "outcome", "area",
)  # fmt: skip
ANSWERS = {200, 302, 400, 404, 422}
ROLES = (Role.CLERK, Role.DIRECTOR, Role.AUDITOR, Role.POLICY_OFFICER)


def addresses(role: Role) -> Iterator[str]:
    """Every page of the portal's own that this role may open, lists of real objects too."""
    person = Person.objects.filter(area__path__contains=ZHUANGHE).first()
    batch = RosterBatch.objects.filter(area__code=ZHUANGHE).first()
    member = HouseholdMember.objects.filter(household__area=batch.area).first()
    assert person is not None
    objects = {
        "enrollment:person-detail": person.pk,
        "enrollment:person-looks": person.pk,
        "enrollment:household-detail": member.household_id,
        "enrollment:roster-detail": batch.pk,
        "enrollment:roster-rows": batch.pk,
    }
    for route in all_routes():
        entry = access.matrix().entry_for(route.name)
        if entry is None or "GET" not in entry.methods or role not in entry.roles_for("GET"):
            continue
        if route.name.startswith(("admin:", "mfa_", "account_")):
            continue
        if not route.has_objects:
            yield reverse(route.name)
        elif route.name in objects:
            yield reverse(route.name, args=[objects[route.name]])


def parameters_of(page: str) -> set[str]:
    """What the page's forms and links say in the address."""
    found = {name for form in re.findall(r"<form.*?</form>", page, re.S) for name in _names(form)}
    for link in re.findall(r'href="([^"]*\?[^"]*)"', page):
        found |= {name for name, _value in parse_qsl(urlsplit(link).query)}
    return found - {"csrfmiddlewaretoken", "form_token", "_act"}


def _names(form: str) -> list[str]:
    return re.findall(r'<(?:input|select)[^>]* name="([^"]+)"', form)


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_no_parameter_of_any_page_breaks_it(
    role: Role, client_of: Callable[..., Client], pytestconfig: Any
) -> None:
    """One payload a parameter in the gate, drawn by the seed; `--all-payloads` tries each.

    An error of the database or of the page would be raised here.
    """
    drawn, client = random.Random(SEED), client_of(role)
    wrong, asked = [], 0
    for url in addresses(role):
        page = client.get(url)
        assert page.status_code in ANSWERS, url
        names = parameters_of(page.content.decode("utf-8", "replace")) | set(ALWAYS)
        every = pytestconfig.getoption("--all-payloads")
        calls = (
            [{name: payload} for name in sorted(names) for payload in PAYLOADS]
            if every
            # All parameters of the page together, three times with other payloads.
            else [{name: drawn.choice(PAYLOADS) for name in sorted(names)} for _round in range(3)]
            + [{"sort": payload} for payload in drawn.sample(PAYLOADS, 2)]
        )
        for query in calls:
            asked += 1
            answer = client.get(url, query)
            location = answer.headers.get("Location", "/")
            if answer.status_code not in ANSWERS or not location.startswith("/"):
                wrong.append((url, answer.status_code, query))
            if b"<script>alert(1)" in answer.content:
                wrong.append((url, "not escaped", query))
    assert wrong == [], f"seed {SEED}"
    assert asked > 40


#: What leads out of the portal, as senders of links write it.
TARGETS = [
    *(
        f"{start}evil.example"
        for start in (
            "http://", "https://", "//", "///", "////", "/\\", "\\\\", "\\/", "/\\/", "http:",
            "https:", "http:/", "https:///", "ftp://", "//user@", "https://portal@", "https://localhost@",
            "/%09/", "/%2f", "//%2f", "%2f%2f", "\t//", " //", "\n//", "/\t/", "/\r\n/", "/ /",
            "//\u3002", "https:/\\", "//\\", "/.//", "/..//", "./\\/", "HTTPS://", "hTTp://",
            "//[::1]@", "https://evil。example/", "@", ":", "?//", "#//",
        )
    ),
    "javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>", "vbscript:x", "file:///etc/passwd", "blob:x",
    "about:blank", "view-source:x", "https://evil.example/sign-in/", "//evil.example/../sign-in/",
    "https://testserver.evil.example/", "https://evil.example/testserver", "//testserver:80@evil",
    "https://xn--evil-.example", "\x00//evil.example", "//evil.example%00", "%00https://evil",
    "//0x7f000001", "//2130706433", "/\u2028/evil.example",
]  # fmt: skip


def leads_out(location: str) -> bool:
    """As browsers read it: tabs and line breaks fall away, backslashes are slashes."""
    read = re.sub(r"[\t\r\n]", "", location).strip().replace("\\", "/")
    return read.startswith("//") or bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", read))


def test_sixty_ways_out_lead_nowhere(client_of: Callable[..., Client]) -> None:
    assert len(TARGETS) >= 60
    client, wrong = client_of(Role.CLERK), []
    for target in TARGETS:
        for url, field in (
            ("/language/", "next"),
            ("/shortcuts/", "next"),
            ("/account/confirm/", "next"),
            ("/sign-in/", "next"),
        ):
            for answer in (
                client.post(url, {field: target, "language": "en", "shortcuts": "on"}),
                client.get(url, {field: target}),
                Client().post(url, {field: target, "login": "x", "password": "y"}),
            ):
                if leads_out(answer.headers.get("Location", "/")):
                    wrong.append((url, target, answer.headers["Location"]))
                page = answer.content.decode() if not answer.streaming else ""
                wrong += [
                    (url, target, found)
                    for found in re.findall(r'(?:href|action)="([^"]*)"', page)
                    if leads_out(found)
                ]
    assert wrong == []
