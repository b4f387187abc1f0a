"""The pages of the linkage model in a real browser: accessible, silent, in both languages."""

from pathlib import Path
from typing import Any

import pytest

from bureau.core import clock
from bureau.core.choices import Role
from bureau.testing.pages import keep_picture, violations
from enrollment.services import linkage_versions
from enrollment.tests.linkage_versions.village import (
    decide,
    done,
    link,
    settle,
    someone,
    stricter,
    tried,
)
from enrollment.tests.test_review_in_browser import open_as

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_versions_trial_draft_and_doubts_are_accessible(
    apart: None, page: Any, live_server: Any, axe_source: Path, settings: Any, language: str
) -> None:
    settings.DEMO = True
    pairs = settle()
    decide(pairs[:6])
    link(pairs[8][0], pairs[9][1])
    tried(stricter())
    done(linkage_versions.ask_to_relink(by=someone("li"), at=clock.now()))
    faults = open_as(page, live_server, "zhang", Role.REVIEWER, language)
    addresses = {
        "versions": "/linkage/",
        "version": "/linkage/version/?version=2",
        "draft": "/linkage/draft/?version=2",
        "doubts": "/linkage/doubts/",
    }
    for name, address in addresses.items():
        page.goto(f"{live_server.url}{address}")
        keep_picture(page, f"linkage-{name}-{language}")
        faults += [f"{name}: {line}" for line in violations(page, axe_source)]
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{name} is {overflow} px wider than the window"
    assert faults == []
