"""People's pages: found by every key, within the scope alone, masked, and never without a trace."""

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from bureau.core import access, audit, clock
from bureau.core.actors import Actor, Scope
from bureau.core.choices import Role
from bureau.core.models import AccessLog, Area, AuditEvent
from enrollment.choices import IdentifierKind, PersonState
from enrollment.models import (
    CoverageSpell,
    HouseholdMember,
    Person,
    PersonIdentifier,
    RosterLink,
    RosterRow,
)
from enrollment.rules.identity import check_character
from enrollment.selectors import people, people_search
from enrollment.services import looks
from enrollment.tables import people_sources
from enrollment.tests import decisions
from enrollment.tests.people.conftest import CITY, WAFANGDIAN, ZHUANGHE

SECTIONS = ("timeline", "numbers", "household", "sources", "pairs", "changes")


def only_in(code: str) -> Person:
    """A person whom only this county's staff and the city's see, with a household."""
    area = Area.objects.get(code=code)
    elsewhere = CoverageSpell.objects.exclude(area__path__startswith=area.path)
    found = (
        Person.objects.filter(area__path__startswith=area.path)
        .exclude(pk__in=elsewhere.values("person"))
        .filter(memberships__household__area=area, identifiers__kind=IdentifierKind.RESIDENT_ID)
        .exclude(phone="")
        .first()
    )
    assert found is not None
    return found


def in_two_counties() -> tuple[Person, list[str]]:
    """A person with coverage in two counties, and the codes of both."""
    several = (
        CoverageSpell.objects.values("person")
        .annotate(areas=Count("area", distinct=True))
        .filter(areas=2)
        .order_by("person")
    )
    person = Person.objects.get(pk=several[0]["person"])
    codes = CoverageSpell.objects.filter(person=person).values_list("area__code", flat=True)
    return person, sorted(set(codes))


def url(name: str, pk: int | None = None) -> str:
    return reverse(f"enrollment:{name}", args=[pk] if pk else [])


def numbers_in(page: str) -> list[str]:
    """Identity numbers that stand in a page in full."""
    found = re.findall(r"(?<![0-9a-f])\d{17}[\dX](?![0-9a-f])", page)
    return [number for number in found if check_character(number[:17]) == number[17]]


def search(client: Client, **values: str) -> Any:
    answer = client.post(url("person-list"), {"_act": "query", **values})
    assert answer.status_code == 302
    assert not [
        value for value in values.values() if len(value) > 4 and value in answer["Location"]
    ]
    return client.get(answer["Location"])


def found_by(client: Client, **values: str) -> set[int]:
    return {row.key for row in search(client, **values).context["table_rows"]}


# Who may, and where.


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("person-list", "GET"),
        ("person-detail", "GET"),
        ("person-reveal", "POST"),
        ("person-looks", "GET"),
        ("household-detail", "GET"),
    ],
)
def test_roles_of_the_matrix_and_no_others(
    client_of: Callable[..., Client], role: Role, name: str, method: str
) -> None:
    person = only_in(ZHUANGHE)
    household = HouseholdMember.objects.filter(person=person).values_list("household", flat=True)
    pk = {"person-list": None, "household-detail": household[0]}.get(name, person.pk)
    client = client_of(role, ZHUANGHE)
    answer = client.generic(method, url(name, pk))
    if role in access.roles_for(f"enrollment:{name}", method):
        assert answer.status_code in (200, 302)
    else:
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("name", "method"),
    [("person-detail", "POST"), ("person-reveal", "GET"), ("household-detail", "DELETE")],
)
def test_other_verbs_are_refused(client_of: Callable[..., Client], name: str, method: str) -> None:
    client = client_of(Role.CLERK)
    assert client.generic(method, url(name, 1)).status_code == 405


def test_nobody_without_signing_in(roll: None) -> None:
    answer = Client().get(url("person-detail", only_in(ZHUANGHE).pk))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("role", [Role.CLERK, Role.REVIEWER])
def test_a_person_of_another_county_does_not_exist(
    client_of: Callable[..., Client], role: Role
) -> None:
    person = only_in(ZHUANGHE)
    household = HouseholdMember.objects.filter(person=person).values_list("household", flat=True)
    client = client_of(role, WAFANGDIAN)
    for section in SECTIONS:
        assert client.get(url("person-detail", person.pk), {"section": section}).status_code == 404
    assert client.get(url("household-detail", household[0])).status_code == 404
    reveal = client.post(url("person-reveal", person.pk), {"reason": "核对号码"})
    assert reveal.status_code == 404
    if role == Role.REVIEWER:
        assert client.get(url("person-looks", person.pk)).status_code == 404
    assert not AccessLog.objects.filter(subject_id=str(person.pk)).exists()


def test_search_and_list_end_at_the_border(client_of: Callable[..., Client]) -> None:
    person = only_in(ZHUANGHE)
    number = person.identifiers.get(kind=IdentifierKind.RESIDENT_ID).number
    stranger = client_of(Role.CLERK, WAFANGDIAN)
    for word in (number, person.name, person.file_no, number[-6:]):
        assert person.pk not in found_by(stranger, word=word)
    stranger.post(url("person-list"), {"_act": "settings", "size": "200"})
    page = stranger.get(url("person-list"))
    seen = {row.key for row in page.context["table_rows"]}
    own = people.people_in(people_scope(WAFANGDIAN))
    assert seen == set(own.values_list("pk", flat=True))
    assert page.context["count"].figure == len(seen)
    none = stranger.get(url("person-list"), {"area": ZHUANGHE})
    assert none.context["table_rows"] == []


def people_scope(code: str) -> Scope:
    return Scope.of([Area.objects.get(code=code).path])


def test_a_person_insured_in_two_counties_is_seen_by_both(
    client_of: Callable[..., Client],
) -> None:
    person, codes = in_two_counties()
    assert len(codes) == 2
    for code in codes:
        client = client_of(Role.CLERK, code)
        assert client.get(url("person-detail", person.pk)).status_code == 200
        assert person.pk in found_by(client, word=person.name)


# Finding.


def test_every_key_finds_the_person(client_of: Callable[..., Client]) -> None:
    person = only_in(ZHUANGHE)
    number = person.identifiers.get(kind=IdentifierKind.RESIDENT_ID).number
    household = person.memberships.select_related("household").first().household
    client = client_of(Role.CLERK)
    words = [
        number,
        f" {number[:6]} {number[6:14]} {number[14:].lower()} ",
        number[-4:],
        number[-6:].lower(),
        person.file_no,
        person.name,
        f"{person.name[0]} {person.name[1:]}",
        person.name_initials.split()[0],
        person.name_initials.split()[0].upper(),
    ]
    for word in words:
        assert person.pk in found_by(client, word=word), word
    assert person.pk in found_by(client, household_no=household.number)
    born = person.birth_on.strftime("%Y年%m月%d日")
    assert found_by(client, word=person.name, birth_on=born) >= {person.pk}


def test_a_number_of_a_scheme_finds_its_holder(client_of: Callable[..., Client]) -> None:
    held = PersonIdentifier.objects.filter(
        kind__in=[IdentifierKind.NCMS_MEMBER, IdentifierKind.PLATFORM_PERSON]
    ).first()
    assert found_by(client_of(Role.CLERK, CITY), word=held.number) == {held.person_id}


@pytest.mark.parametrize("word", ["a", "Ａ", "12", "1", "12X"])
def test_too_short_a_word_is_refused(client_of: Callable[..., Client], word: str) -> None:
    page = search(client_of(Role.CLERK), word=word)
    assert page.context["query_errors"]
    assert page.context["table_rows"] == []


@pytest.mark.parametrize("word", ["=1+1", "'; DROP TABLE", "%", "_", "*", "\\", "0" * 60, "<b>"])
def test_odd_words_find_nobody(client_of: Callable[..., Client], word: str) -> None:
    page = client_of(Role.CLERK, CITY).post(url("person-list"), {"_act": "query", "word": word})
    assert page.status_code == 302


def test_loose_words_show_at_most_fifty(client_of: Callable[..., Client]) -> None:
    Person.objects.update(name_initials="zzz qqq")
    client = client_of(Role.CLERK, CITY)
    client.post(url("person-list"), {"_act": "settings", "size": "200"})
    page = search(client, word="qq")
    assert len(page.context["table_rows"]) == people_search.MOST_HITS
    assert page.context["is_cut"]
    # What is shown is not all that fits, and nobody offers to count the rest.
    assert str(page.context["count"]) == "50+"
    assert not page.context["exact_url"]


def test_initials_find_the_other_reading_of_a_surname(client_of: Callable[..., Client]) -> None:
    person = only_in(ZHUANGHE)
    Person.objects.filter(pk=person.pk).update(name_initials="cxyq zxyq")
    assert person.pk in found_by(client_of(Role.CLERK), word="zxyq")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("1234", "last signs"),
        ("21028319900101123X", "number"),
        ("wxy", "initials"),
        ("王", "name"),
        ("王小明", "name"),
    ],
)
def test_words_are_told_apart_by_their_shape(word: str, kind: str) -> None:
    assert people_search.wanted_by(word).kind == kind


# Masks and traces.


def test_pages_hold_no_number_and_no_other_name_in_full(
    client_of: Callable[..., Client],
) -> None:
    person = only_in(ZHUANGHE)
    household = person.memberships.first().household_id
    client = client_of(Role.CLERK)
    pages = {
        section: client.get(url("person-detail", person.pk), {"section": section})
        for section in SECTIONS
    }
    pages["list"] = client.get(url("person-list"))
    pages["home"] = client.get(url("household-detail", household))
    others = set(Person.objects.exclude(name=person.name).values_list("name", flat=True))
    phones = set(Person.objects.exclude(phone="").values_list("phone", flat=True))
    for name, answer in pages.items():
        page = answer.content.decode()
        assert not numbers_in(page), name
        assert not [phone for phone in phones if phone in page], name
        assert not [other for other in others if len(other) > 2 and other in page], name
        assert (person.name in page) == (name in SECTIONS)
        assert person.name not in page.partition("</title>")[0]


def test_opening_a_file_is_on_record_with_what_was_shown(
    client_of: Callable[..., Client],
) -> None:
    person = only_in(ZHUANGHE)
    client_of(Role.VIEWER).get(url("person-detail", person.pk), {"section": "numbers"})
    look = AccessLog.objects.get(subject_id=str(person.pk))
    assert (look.action, look.fields) == ("view", ["summary", "numbers"])
    assert look.actor_text.startswith("viewer-210283")
    assert look.area_path == person.area.path


def test_searching_is_on_record_without_the_word(client_of: Callable[..., Client]) -> None:
    person = only_in(ZHUANGHE)
    search(client_of(Role.CLERK), word=person.name)
    look = AccessLog.objects.latest("pk")
    assert (look.subject_label, look.action) == ("enrollment.person", "search")
    assert look.row_count >= 1
    assert person.name not in str(look.__dict__)


@pytest.mark.parametrize("page", ["list", "file", "reveal", "household"])
def test_without_a_record_nothing_is_shown(
    client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    person = only_in(ZHUANGHE)
    client = client_of(Role.CLERK)
    client.raise_request_exception = False

    def fail(**_fields: Any) -> None:
        raise DatabaseError("the log is read-only")

    monkeypatch.setattr(audit.AccessLog.objects, "create", fail)
    if page == "list":
        answer = client.get(url("person-list"))
    elif page == "file":
        answer = client.get(url("person-detail", person.pk))
    elif page == "reveal":
        answer = client.post(url("person-reveal", person.pk), {"reason": "核对号码"})
    else:
        answer = client.get(url("household-detail", person.memberships.first().household_id))
    assert answer.status_code == 500
    assert person.name not in answer.content.decode()
    assert not numbers_in(answer.content.decode())


def test_the_sixty_first_look_in_a_minute_is_refused_and_on_record(
    client_of: Callable[..., Client], staff_of: Callable[..., Any]
) -> None:
    client, clerk = client_of(Role.CLERK), staff_of(Role.CLERK)
    person = only_in(ZHUANGHE)
    for _look in range(looks.PER_MINUTE):
        audit.log_access(person, "view", by=clerk, at=clock.now())
    for address in (url("person-list"), url("person-detail", person.pk)):
        answer = client.get(address)
        assert answer.status_code == 429
        assert answer["Retry-After"] == "60"
        assert person.name not in answer.content.decode()
    refused = client.post(url("person-reveal", person.pk), {"reason": "核对号码"})
    assert refused.status_code == 429
    assert AccessLog.objects.filter(actor_id=clerk.pk).count() == looks.PER_MINUTE + 2
    assert client_of(Role.VIEWER).get(url("person-detail", person.pk)).status_code == 200


def test_a_day_of_many_looks_stands_in_the_audit_trail(staff_of: Callable[..., Any]) -> None:
    clerk, person = staff_of(Role.CLERK), only_in(ZHUANGHE)
    hours_ago = clock.now() - datetime.timedelta(hours=5)
    log = audit.log_access(person, "view", by=clerk, at=hours_ago)
    fields = {f.name: getattr(log, f.name) for f in log._meta.fields if f.name != "id"}
    AccessLog.objects.bulk_create(AccessLog(**fields) for _n in range(looks.PER_DAY - 2))
    by = Actor.of(clerk)
    looks.note(person, "view", fields=["summary"], at=clock.now(), by=by)
    assert AuditEvent.objects.filter(kind="people.many_looks", actor_id=clerk.pk).count() == 1


# Showing in full.


def test_numbers_are_shown_after_a_reason_that_is_on_record(
    client_of: Callable[..., Client],
) -> None:
    person = only_in(ZHUANGHE)
    number = person.identifiers.get(kind=IdentifierKind.RESIDENT_ID).number
    client = client_of(Role.CLERK)
    answer = client.post(url("person-reveal", person.pk), {"reason": "电话核对 110"})
    page = answer.content.decode()
    assert number in page
    assert person.phone in page
    look = AccessLog.objects.latest("pk")
    assert (look.action, look.reason) == ("reveal", "电话核对 110")
    assert set(look.fields) == {"numbers", "phone", "address"}


@pytest.mark.parametrize("reason", ["", "  ", "查"])
def test_no_reason_no_number(client_of: Callable[..., Client], reason: str) -> None:
    person = only_in(ZHUANGHE)
    answer = client_of(Role.CLERK).post(
        url("person-reveal", person.pk), {"reason": reason}, follow=True
    )
    assert not numbers_in(answer.content.decode())
    assert not AccessLog.objects.filter(action="reveal").exists()


def test_who_looked_is_listed_for_those_who_may(client_of: Callable[..., Client]) -> None:
    person = only_in(ZHUANGHE)
    client_of(Role.CLERK).post(url("person-reveal", person.pk), {"reason": "核对参保号码"})
    client_of(Role.VIEWER).get(url("person-detail", person.pk))
    answer = client_of(Role.AUDITOR).get(url("person-looks", person.pk))
    page = answer.content.decode()
    assert len(answer.context["table_rows"]) == 2
    assert "核对参保号码" in page
    assert person.name not in page


# What the file says.


def test_sources_stand_side_by_side_with_differences_marked(
    client_of: Callable[..., Client],
) -> None:
    person, _codes = in_two_counties()
    rows = people.source_rows_of(person)
    Person.objects.filter(pk=person.pk).update(sex="FEMALE" if person.sex == "MALE" else "MALE")
    answer = client_of(Role.CLERK, CITY).get(
        url("person-detail", person.pk), {"section": "sources"}
    )
    sources = answer.context["sources"]
    assert len(sources.heads) == len(rows) >= 2
    by_field = {line.label: line for line in sources.lines}
    with translation.override("zh-hans"):
        said = next(line.said for label, line in by_field.items() if str(label) == _("Sex"))
    assert [one.differs for one in said] == [bool(row.sex) for row in rows]
    assert all(head.place for head in sources.heads)


def test_the_name_as_written_comes_from_the_raw_row(roll: None) -> None:
    row = people.source_rows_of(only_in(ZHUANGHE))[0]
    written = people.as_written(row, "name")
    assert written is not None
    assert row.name[0] in written
    assert people.as_written(row, "no_such_field") is None


def test_corrections_are_told_with_their_mask(client_of: Callable[..., Client]) -> None:
    person = only_in(ZHUANGHE)
    Person.objects.filter(pk=person.pk).update(phone="13900000001", state=PersonState.DECEASED)
    answer = client_of(Role.CLERK).get(url("person-detail", person.pk), {"section": "changes"})
    (change,) = answer.context["history"]
    after = {difference.after for difference in change.differences}
    with translation.override("zh-hans"):
        assert after == {"139****0001", str(PersonState.DECEASED.label)}
    assert "13900000001" not in answer.content.decode()


def test_a_merged_file_leads_to_the_one_that_goes_on(client_of: Callable[..., Client]) -> None:
    two = only_in(ZHUANGHE), people.people_in(people_scope(ZHUANGHE)).last()
    rows = [RosterLink.objects.filter(person_id=person.pk).first().row for person in two]
    decisions.decided(decisions.pair(*rows))
    decisions.carry_out()
    kept, merged = sorted(two, key=lambda person: person.pk)
    client = client_of(Role.CLERK)
    page = client.get(url("person-detail", merged.pk))
    assert page.context["kept_url"] == url("person-detail", kept.pk)
    assert merged.pk not in found_by(client, word=merged.file_no)


def test_pairs_with_rows_of_other_areas_are_not_described(
    client_of: Callable[..., Client],
) -> None:
    person = only_in(ZHUANGHE)
    here = RosterLink.objects.filter(person_id=person.pk).first().row
    waiting = RosterRow.objects.filter(outcome="REVIEW", link=None).exclude(name="")
    there = waiting.exclude(batch=here.batch).first()
    pair = decisions.pair(here, there)
    city = client_of(Role.CLERK, CITY)
    lines = city.get(url("person-detail", person.pk), {"section": "pairs"}).context["pairs"]
    assert lines[0].evidence
    hidden = people_sources.pair_line(people.WaitingPair(pair, here, there), Scope())
    assert there.name not in str(hidden)
    assert there.file.name not in str(hidden)


def test_a_household_shows_its_members_by_year(client_of: Callable[..., Client]) -> None:
    person = only_in(ZHUANGHE)
    household = person.memberships.first().household
    answer = client_of(Role.CLERK).get(url("household-detail", household.pk))
    lines = answer.context["lines"]
    assert len(lines) + answer.context["hidden"] == household.members.count()
    place = answer.context["years"].index(2019)
    assert any(line.cells[place].spells for line in lines)
    assert AccessLog.objects.filter(subject_label="enrollment.household").count() == 1


# Cost.


def test_pages_ask_a_fixed_number_of_queries(client_of: Callable[..., Client]) -> None:
    client = client_of(Role.CLERK, CITY)
    person, _codes = in_two_counties()
    budgets = {url("person-list"): 18}
    budgets |= {f"{url('person-detail', person.pk)}?section={s}": 18 for s in SECTIONS}
    budgets[f"{url('person-detail', person.pk)}?section=changes"] = 30
    for address, most in budgets.items():
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        assert len(queries) <= most, (address, len(queries))
