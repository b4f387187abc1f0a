"""A clerk prints the notices of a decision in a real browser and notes their delivery."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdf
import pytest
from django.core.management import call_command

from bureau.core.choices import Role
from bureau.core.models import Area
from bureau.tests.browser.test_proof_journey import Visit, visit
from enrollment.models import DoubleNotice
from enrollment.tests import doubles
from enrollment.tests.roster_pages import member

__all__ = ["visit"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

TWICE = 3


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_letters_are_printed_and_their_delivery_noted(
    visit: Callable[[str], Visit], settings: Any, request: Any, language: str
) -> None:
    settings.DEMO = True
    call_command("load_reference", verbosity=0)
    doubles.rules_in_force()
    doubles.bring_in_rural(range(12))
    doubles.bring_in_export(range(TWICE), "UEBMI")
    doubles.do_jobs()
    doubles.approve(doubles.decide())
    place = Area.objects.get(code=doubles.CITY)
    clerk = member("printer", Role.CLERK, place, language=language, full_name="王晓梅")
    request.getfixturevalue("celery_live")
    seen = visit(language)
    seen.sign_in(clerk)
    seen.open("/double-enrollment/")
    seen.page.click("a[href='/double-enrollment/notices/']")
    choose_all(seen)
    seen.look("notices")
    seen.page.click("button[formaction*='/print/']")
    seen.page.wait_for_selector("button[name=_confirmed]")
    seen.look("notices-check")
    seen.page.click("button[name=_confirmed]")
    seen.page.wait_for_selector("a[href^='/files/']")
    with seen.page.expect_download() as download:
        seen.page.click("a[href^='/files/']")
    pages = pypdf.PdfReader(io.BytesIO(Path(download.value.path()).read_bytes())).pages
    assert len(pages) == TWICE
    # The letter is Chinese whatever the clerk reads.
    assert "通知" in pages[0].extract_text()
    seen.open("/double-enrollment/notices/?stage=PRINTED")
    choose_all(seen)
    seen.page.click("button[formaction*='/delivered/']")
    seen.page.wait_for_selector("[name=delivery]")
    seen.look("notices-delivered")
    seen.page.select_option("[name=delivery]", "POSTED")
    seen.page.click("button[name=_confirmed]")
    # Back to the list as it was asked for.
    seen.page.wait_for_url(lambda url: url.endswith("/double-enrollment/notices/?stage=PRINTED"))
    seen.look("notices-done")
    assert DoubleNotice.objects.filter(delivery="POSTED").count() == TWICE
    assert seen.faults == []


def choose_all(seen: Visit) -> None:
    for box in seen.page.query_selector_all("tbody input[type=checkbox]"):
        box.check()
