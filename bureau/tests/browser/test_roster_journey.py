"""A county's faulty roster in a real browser, from the upload to a person, in both languages.

Every page on the way is looked at by the accessibility rules. BUREAU_SCREENSHOTS names a folder in
which each page is kept as a picture.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bureau.core.choices import Role
from bureau.core.models import ApprovalRequest, Staff
from bureau.core.tests import factories
from bureau.intake.choices import BatchState
from enrollment.models import RosterBatch
from enrollment.tests import rosters
from enrollment.tests.roster_pages import ZHUANGHE, member, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PEOPLE = 90


class Visit:
    """A member of staff at the browser; `looked` gathers what is wrong with the pages seen."""

    def __init__(self, page: Any, address: str, axe: str, language: str) -> None:
        self.page, self.address, self.axe, self.language = page, address, axe, language
        self.faults: list[str] = []
        self.seen = 0
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._heard)

    def _heard(self, line: Any) -> None:
        # A refused form and a roster of another county are answers the browser calls errors, too.
        expected = "422" in line.text or "404" in line.text
        if line.type in ("error", "warning") and not expected:
            self.faults.append(line.text)

    def sign_in(self, staff: Staff) -> None:
        cookie = signed_in(staff).cookies["sid"].value
        self.page.context.clear_cookies()
        self.page.context.add_cookies([{"name": "sid", "value": cookie, "url": self.address}])

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def look(self, name: str) -> None:
        """The page speaks the language, is accessible, and is kept as a picture if wanted."""
        assert self.page.get_attribute("html", "lang") == self.language
        self.seen += 1
        folder = os.environ.get("BUREAU_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            file = Path(folder) / f"roster-{self.seen:02}-{name}-{self.language}.png"
            self.page.screenshot(path=str(file), full_page=True)
        self.page.evaluate(self.axe)
        found = self.page.evaluate(
            "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", AXE_TAGS
        )
        self.faults += [
            f"{name}: {rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]


@pytest.fixture
def visit(page: Any, live_server: Any, axe_source: Path) -> Callable[[str], Visit]:
    axe = axe_source.read_text(encoding="utf-8")
    return lambda language: Visit(page, live_server.url, axe, language)


def faulty_file(folder: Path) -> Path:
    """A title, a heading in line 2, faults by turns, a cell that would calculate, and a total."""
    rows = rosters.lines(range(PEOPLE))
    rows[7][3] = "=1+1"
    width = len(rosters.HEADER)
    table = [
        ["瓦房店市2019年新型农村合作医疗参合人员名册", *[""] * (width - 1)],
        list(rosters.HEADER),
        *rows,
        ["合计", *[""] * (width - 4), f"{PEOPLE * 250}", "", ""],
    ]
    text = "".join(",".join(cells) + "\r\n" for cells in table)
    return rosters.write(folder, "瓦房店市2019年新农合.csv", text.encode("gbk"))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_faulty_gbk_roster_goes_from_upload_to_the_roll(
    visit: Callable[[str], Visit],
    celery_live: Any,
    settings: Any,
    tmp_path: Path,
    language: str,
) -> None:
    settings.DEMO = True
    county = factories.county()
    other = factories.county(ZHUANGHE, "庄河市")
    clerk = member("clerk", Role.CLERK, county, language=language)
    reviewer = member("reviewer", Role.REVIEWER, county, language=language)
    stranger = member("stranger", Role.CLERK, other, language=language)
    clerk.full_name, reviewer.full_name = "王晓梅", "李建国"
    clerk.save()
    reviewer.save()
    seen = visit(language)
    seen.sign_in(clerk)
    batch = send_files(seen, faulty_file(tmp_path), county.code)
    confirm_columns(seen, batch)
    look_through_preview(seen, batch)
    submit(seen, batch)
    decide(seen, reviewer)
    see_result(seen, batch)
    seen.sign_in(stranger)
    seen.open("/rosters/")
    seen.look("nothing-for-another-county")
    assert "瓦房店" not in seen.page.inner_text("main")
    assert seen.page.goto(f"{seen.address}/rosters/{batch.pk}/").status == 404
    assert seen.faults == []


def send_files(seen: Visit, file: Path, area: str) -> RosterBatch:
    seen.open("/rosters/")
    seen.look("empty-centre")
    seen.page.click("a[href='/rosters/new/'] >> nth=0")
    seen.page.click("form[enctype] button.button-main")
    seen.page.wait_for_selector(".error-summary")
    seen.look("upload-with-errors")
    seen.page.select_option("[name=area]", area)
    seen.page.select_option("[name=scheme]", "NCMS")
    seen.page.fill("[name=year]", "2019")
    seen.page.fill("[name=rows_declared]", f"{PEOPLE + 1}")
    seen.page.set_input_files("[name=uploads]", str(file))
    seen.page.click("form[enctype] button.button-main")
    # The page polls the job and reloads itself when the file has been looked at.
    seen.page.wait_for_selector("a[href*='/layout/']")
    seen.look("columns-to-confirm")
    return RosterBatch.objects.get()


def confirm_columns(seen: Visit, batch: RosterBatch) -> None:
    seen.page.click(".table a[href*='/layout/']")
    seen.page.wait_for_selector("select[name^='field-']")
    seen.page.click("details summary >> text=/./ >> nth=-1")
    seen.look("columns")
    chosen = seen.page.eval_on_selector_all(
        "select[name^='field-']", "all => all.map(one => one.value)"
    )
    assert {"name", "id_number", "household_no", "birth_on", "amount"} <= set(chosen)
    assert "GB" in seen.page.inner_text(".lead")
    seen.page.click("main form button.button-main")
    seen.page.wait_for_selector("form[action$='/start/']")
    seen.look("ready-to-check")
    seen.page.click("form[action$='/start/'] button")
    seen.page.wait_for_selector(f"a[href='/rosters/{batch.pk}/confirm/']")


def look_through_preview(seen: Visit, batch: RosterBatch) -> None:
    page = f"/rosters/{batch.pk}/"
    seen.look("preview")
    for section in ("reasons", "repairs", "files", "trail"):
        seen.open(f"{page}?section={section}")
        seen.look(f"preview-{section}")
    seen.open(f"{page}rows/?outcome=REVIEW")
    seen.look("rows")
    seen.page.click(".table tbody th a >> nth=0")
    seen.page.wait_for_selector(".columns")
    seen.look("row")


def submit(seen: Visit, batch: RosterBatch) -> None:
    seen.open(f"/rosters/{batch.pk}/confirm/")
    seen.page.fill("[name=reason]", "与报送函核对，少一人系当年死亡。")
    seen.page.click("main form button.button-main")
    seen.page.wait_for_selector(".error-summary")
    seen.look("confirm-with-difference")
    seen.page.check("[name=acknowledged]")
    seen.page.click("main form button.button-main")
    seen.page.wait_for_selector("a[href^='/todo/'] >> nth=-1")
    seen.look("awaiting-approval")


def decide(seen: Visit, reviewer: Staff) -> None:
    seen.sign_in(reviewer)
    request = ApprovalRequest.objects.get()
    seen.open(f"/todo/{request.pk}/")
    seen.look("approval")
    with seen.page.expect_navigation():
        seen.page.click("button[value=approve]")


def see_result(seen: Visit, batch: RosterBatch) -> None:
    seen.open(f"/rosters/{batch.pk}/")
    seen.page.wait_for_selector("a[href^='/people/?roster='].button")
    batch.refresh_from_db()
    assert batch.state == BatchState.APPLIED
    seen.look("result")
    seen.open("/rosters/")
    seen.look("centre")
    seen.open(f"/rosters/{batch.pk}/rows/?outcome=ACCEPTED")
    seen.page.click(".table tbody th a >> nth=0")
    seen.page.wait_for_selector(".columns")
    with seen.page.expect_navigation():
        seen.page.click("main a[href^='/people/'] >> nth=-1")
    seen.look("person")
    assert "/people/" in seen.page.url
