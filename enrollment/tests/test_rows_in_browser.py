"""Rows one by one and the pages of corrections in a real browser, in both languages."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bureau.core.choices import Role
from bureau.core.tests import factories
from bureau.intake.choices import BatchState, Channel
from bureau.testing.pages import keep_picture, violations
from enrollment.models import RosterCorrection, RosterRow
from enrollment.tests import problem_files, rosters
from enrollment.tests.roster_pages import do_jobs, member, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTH = len(rosters.HEADER)


def aged(cells: dict[str, str], index: int) -> dict[str, str]:
    """The usual faults, and one person of 115 years."""
    if index != 2:
        return rosters.with_usual_faults(cells, index)
    number = rosters._number(f"2102811904031200{1 if cells['性别'] == '男' else 2}")
    return {**cells, "身份证号": number, "出生日期": "1904-03-12"}


def right(line: list[str]) -> None:
    """Every second line as it would be without a fault."""
    index = int(line[problem_files.ROW]) - 2
    if index % 2:
        line[:WIDTH] = rosters.lines([index], change=lambda cells, _index: cells)[0]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_rows_and_corrections_are_accessible_and_led_through_by_keys(
    page: Any, live_server: Any, settings: Any, axe_source: Path, language: str
) -> None:
    settings.DEMO = True
    county = factories.county()
    batch = rosters.receive(
        rosters.csv_of(rosters.lines(range(60), change=aged)), channel=Channel.BROWSER
    )
    rosters.bring_to(batch, BatchState.CHECKED)
    client = signed_in(member("clerk", Role.CLERK, county, language=language))
    _name, content = problem_files.fetch(client, batch, "sent")
    upload = SimpleUploadedFile("a.csv", problem_files.corrected_text(content, right))
    client.post(f"/rosters/{batch.pk}/corrections/new/", {"uploads": [upload]})
    do_jobs()
    made = RosterCorrection.objects.get()
    line = made.lines.order_by("pk")[0]
    waiting = list(
        RosterRow.objects.filter(batch=batch, outcome="REVIEW")
        .order_by("pk")
        .values_list("pk", flat=True)[:2]
    )
    first, second = (f"/rosters/{batch.pk}/rows/{pk}/?outcome=REVIEW" for pk in waiting)
    old = RosterRow.objects.get(batch=batch, row_no=4)
    addresses = {
        "rows": f"/rosters/{batch.pk}/rows/?outcome=REVIEW",
        "row-judged": f"/rosters/{batch.pk}/rows/{old.pk}/",
        "row-right": f"/rosters/{batch.pk}/rows/{old.pk}/right/",
        "row": first,
        "row-repair": f"/rosters/{batch.pk}/rows/{waiting[0]}/repair/",
        "columns-again": f"/rosters/{batch.pk}/columns-again/",
        "roster-checked": f"/rosters/{batch.pk}/",
        "corrections-new": f"/rosters/{batch.pk}/corrections/new/",
        "corrections": f"/corrections/{made.pk}/",
        "corrections-lines": f"/corrections/{made.pk}/lines/",
        "corrections-line": f"/corrections/{made.pk}/lines/{line.pk}/",
        "corrections-submit": f"/corrections/{made.pk}/submit/",
    }
    cookie = client.cookies["sid"].value
    page.context.add_cookies([{"name": "sid", "value": cookie, "url": live_server.url}])
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    for name, address in addresses.items():
        answer = page.goto(f"{live_server.url}{address}")
        assert answer.status == 200, name
        keep_picture(page, f"{name}-{language}")
        faults += [f"{name}: {line}" for line in violations(page, axe_source)]
        assert page.get_attribute("html", "lang") == language
    # The purpose is asked for once, where the row is to be corrected; then cells are typed in full.
    page.goto(f"{live_server.url}{addresses['row-repair']}")
    page.click("form[action$='/reveal/'] .button-main")
    page.wait_for_selector("input[name^='cell']")
    for name in ("row-repair", "row", "row-right", "corrections-line"):
        page.goto(f"{live_server.url}{addresses[name]}")
        keep_picture(page, f"{name}-full-{language}")
        faults += [f"{name}: {line}" for line in violations(page, axe_source)]
    assert faults == []
    page.goto(f"{live_server.url}/rosters/{batch.pk}/rows/?reason=AGE_EXTREME")
    page.check("tbody input[name=chosen]")
    page.click("button[formaction*='/rows/right/']")
    page.wait_for_selector("#right-evidence")
    keep_picture(page, f"rows-right-{language}")
    assert violations(page, axe_source) == []
    page.goto(f"{live_server.url}{first}")
    page.keyboard.press("j")
    page.wait_for_url(f"**{second}")
    page.keyboard.press("k")
    page.wait_for_url(f"**{first}")
