"""Notices of ended coverage: letters as PDF, the list by town, printed and delivered on record."""

import datetime
import io
from collections.abc import Callable
from typing import Any

import pypdf
import pytest
from django.test import Client

from bureau.core import clock, jobs
from bureau.core.actors import Actor, Scope
from bureau.core.choices import JobState, Role
from bureau.core.errors import DomainError
from bureau.core.models import AccessLog, Area, AuditEvent, Job, RoleGrant
from enrollment.choices.double import Delivery
from enrollment.models import DoubleNotice
from enrollment.reports.double_letters import LETTERS, notices_as_pdf
from enrollment.selectors import double_enrollment as selectors
from enrollment.services import double_notices
from enrollment.tests import doubles
from enrollment.tests.double.test_pages import client_of, confirm
from enrollment.tests.doubles import approve, decide

__all__ = ["client_of"]
PAGE = "/double-enrollment/notices/"


@pytest.fixture
def notices(cases: None) -> list[DoubleNotice]:
    """Five coverages ended by a decision, with their notices."""
    approve(decide())
    return list(DoubleNotice.objects.order_by("pk"))


def act(client: Client, name: str, chosen: list[DoubleNotice], **more: str) -> Any:
    """The act on the chosen notices is confirmed as a browser would."""
    address = f"{PAGE}{name}/"
    check = client.post(address, {"chosen": [str(one.pk) for one in chosen]})
    assert check.status_code == 200
    return confirm(client, address, check, **more)


def fetched(client: Client) -> list[str]:
    """The text of each page of the print, without blanks."""
    job = Job.objects.filter(kind="enrollment.print_double_notices").latest("pk")
    done = jobs.run_until_done(job.pk)
    assert done.state == JobState.DONE, done.last_error
    content = b"".join(client.get(f"/files/{done.result['file']}/").streaming_content)
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    return ["".join(page.extract_text().split()) for page in pages]


def test_a_letter_a_person_says_what_ended_why_and_what_to_do(
    client_of: Callable[..., Client], notices: list[DoubleNotice]
) -> None:
    client = client_of(Role.CLERK)
    answer = act(client, "print", notices)
    assert answer["Location"].startswith("/jobs/")
    pages = fetched(client)
    assert len(pages) == len(notices) == 5
    for one in notices:
        (page,) = (page for page in pages if str(one) in page)
        assert one.person.name in page
        for words in (
            "瓦房店市新型农村合作医疗", "中山区职工基本医疗保险", "2019年1月1日起", "终止",
            "瓦房店市医疗保障经办机构", "送达回执", "不予退回",
        ):  # fmt: skip
            assert words in page, words
        number = one.person.identifiers.get(kind="RESIDENT_ID").number
        assert number not in page
        assert number[-4:] in page
        one.refresh_from_db()
        assert one.printed_at is not None
        assert one.printed_by
    look = AccessLog.objects.filter(action="export", subject_label="enrollment.person").latest("pk")
    assert look.row_count == 5


def test_the_list_by_town_prints_nothing_as_printed(
    client_of: Callable[..., Client], notices: list[DoubleNotice]
) -> None:
    client = client_of(Role.CLERK)
    act(client, "by-town", notices)
    pages = fetched(client)
    towns = {one.town for one in notices}
    assert len(pages) == len(towns)
    for one in notices:
        (page,) = (page for page in pages if str(one) in page)
        assert f"瓦房店市{one.town}" in page
        assert one.village in page
    assert not DoubleNotice.objects.filter(printed_at__isnull=False).exists()


def test_today_is_the_bureaus_day(notices: list[DoubleNotice]) -> None:
    """Six in the morning of the fifth in China is the evening of the fourth by UTC."""
    early = datetime.datetime(2026, 12, 4, 22, tzinfo=datetime.UTC)
    numbers = [notices[0].pk]
    double_notices.note_printed(numbers, by=doubles.clerk(), at=early)
    scope = Scope.of([Area.objects.get(code=doubles.CITY).path])
    facts: dict[str, Any] = {"delivery": Delivery.HANDED, "scope": scope, "by": doubles.clerk()}
    with pytest.raises(DomainError):
        double_notices.note_delivered(numbers, on=datetime.date(2026, 12, 6), at=early, **facts)
    done = double_notices.note_delivered(numbers, on=datetime.date(2026, 12, 5), at=early, **facts)
    assert done == 1


def test_another_choice_is_another_print(notices: list[DoubleNotice]) -> None:
    first, second, third, last = (one.pk for one in notices[:4])
    asked: dict[str, Any] = {
        "language": "zh-hans",
        "by": Actor.of(doubles.clerk()),
        "at": clock.now(),
    }
    one = double_notices.ask_to_print(LETTERS, [first, second, last], **asked)
    assert double_notices.ask_to_print(LETTERS, [first, second, last], **asked).pk == one.pk
    assert double_notices.ask_to_print(LETTERS, [first, third, last], **asked).pk != one.pk


def test_delivery_is_noted_once_and_after_the_print(
    client_of: Callable[..., Client], notices: list[DoubleNotice]
) -> None:
    client, today = client_of(Role.CLERK), clock.today()
    refused = client.post(f"{PAGE}delivered/", {"chosen": [str(notices[0].pk)]})
    assert refused.status_code == 302  # Nothing of it is printed yet.
    double_notices.note_printed([one.pk for one in notices[:2]], by=doubles.clerk(), at=clock.now())
    answer = act(client, "delivered", notices, delivered_on=today.isoformat(), delivery="HANDED")
    assert answer.status_code == 302
    found = DoubleNotice.objects.filter(delivered_on=today, delivery="HANDED")
    assert set(found.values_list("pk", flat=True)) == {one.pk for one in notices[:2]}
    assert AuditEvent.objects.get(kind="double.notices_delivered").facts["notices"] == 2
    shown = client.get(PAGE, {"stage": "DELIVERED"})
    assert shown.context["count"].figure == 2
    assert client.get(PAGE, {"stage": "TO_PRINT"}).context["count"].figure == 3


@pytest.mark.parametrize(
    ("days", "code"), [(1, "DELIVERED_LATER"), (-4000, "DELIVERED_BEFORE_ISSUED")]
)
def test_a_day_that_cannot_be_is_refused(
    client_of: Callable[..., Client], notices: list[DoubleNotice], days: int, code: str
) -> None:
    double_notices.note_printed([notices[0].pk], by=doubles.clerk(), at=clock.now())
    day = clock.today() + datetime.timedelta(days=days)
    act(
        client_of(Role.CLERK), "delivered", notices[:1], delivered_on=day.isoformat(),
        delivery=Delivery.POSTED.value,
    )  # fmt: skip
    assert not DoubleNotice.objects.filter(delivered_on__isnull=False).exists(), code


def test_a_notice_taken_back_meanwhile_is_not_printed(
    client_of: Callable[..., Client], notices: list[DoubleNotice]
) -> None:
    client = client_of(Role.CLERK)
    act(client, "print", notices)
    DoubleNotice.objects.filter(pk=notices[0].pk).update(is_withdrawn=True)
    assert len(fetched(client)) == 4
    notices[0].refresh_from_db()
    assert notices[0].printed_at is None
    DoubleNotice.objects.filter(pk=notices[0].pk).update(is_withdrawn=False)


def test_the_list_names_nobody_and_another_county_sees_none(
    client_of: Callable[..., Client], notices: list[DoubleNotice]
) -> None:
    page = client_of(Role.CLERK).get(PAGE)
    assert page.context["count"].figure == 5
    text = page.content.decode()
    assert not [one for one in notices if len(one.person.name) > 2 and one.person.name in text]
    assert PAGE in client_of(Role.CLERK).get("/double-enrollment/").content.decode()
    stranger = client_of(Role.CLERK, doubles.ZHUANGHE)
    assert stranger.get(PAGE).context["count"].figure == 0
    refused = stranger.post(f"{PAGE}print/", {"chosen": [str(notices[0].pk)]})
    assert refused.status_code == 302
    assert not Job.objects.filter(kind="enrollment.print_double_notices").exists()
    assert client_of(Role.VIEWER).post(f"{PAGE}print/").status_code == 403


def test_rights_are_read_when_the_print_is_made(
    client_of: Callable[..., Client], notices: list[DoubleNotice]
) -> None:
    client = client_of(Role.CLERK)
    act(client, "print", notices)
    job = Job.objects.filter(kind="enrollment.print_double_notices").latest("pk")
    RoleGrant.objects.filter(staff=job.arguments["staff"]).delete()
    assert jobs.run_until_done(job.pk).state == JobState.FAILED
    assert not DoubleNotice.objects.filter(printed_at__isnull=False).exists()


def test_days_before_the_other_began_are_told_and_hundreds_go_into_one_print(
    notices: list[DoubleNotice],
) -> None:
    one = selectors.notices_to_print(doubles.scope_of(doubles.clerk()), [notices[0].pk])[0]
    one.says |= {"ends_on": "2019-05-01", "left_until": "2019-05-01", "refund": 250}
    printed = notices_as_pdf("letters", [one] * 300, by="王晓梅", on=clock.today())
    pages = pypdf.PdfReader(io.BytesIO(printed)).pages
    assert len(pages) == 300
    text = "".join(pages[299].extract_text().split())
    assert "截至2019年4月30日" in text
    assert "250.00元，可申请退回" in text
    assert "页，共" not in text
