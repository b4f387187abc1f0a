"""A newer edition in a real browser, in both languages: asked, compared, decided, applied."""

from pathlib import Path
from typing import Any

import pytest

from bureau.core.choices import Role
from bureau.core.models import ApprovalRequest
from bureau.core.tests import factories
from bureau.testing.pages import keep_picture, violations
from enrollment.models import EditionLine
from enrollment.tests import rosters
from enrollment.tests.editions import samples
from enrollment.tests.roster_pages import confirm_columns, do_jobs, member, signed_in
from enrollment.tests.undoing import samples as undoes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.usefixtures("reference")
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_an_edition_is_accessible_from_the_question_to_the_result(
    page: Any, live_server: Any, settings: Any, axe_source: Path, language: str
) -> None:
    settings.DEMO = True
    county = factories.county()
    first = rosters.bring_in(samples.content(range(30)))
    clerk = member("browser-clerk", Role.CLERK, county, language=language, full_name="王晓梅")
    client = signed_in(clerk)
    changes = {1: {"电话": "13900000001"}, 4: {"户号": "900001"}, 6: {"缴费金额": "300"}}
    batch = rosters.receive(
        samples.content([*range(27), 31, 32], changes), channel=rosters.Channel.BROWSER
    )
    rosters.work("enrollment.look_at_roster", batch)
    confirm_columns(client, batch)
    cookie = client.cookies["sid"].value
    page.context.add_cookies([{"name": "sid", "value": cookie, "url": live_server.url}])
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))

    def look(name: str, address: str = "") -> None:
        if address:
            assert page.goto(f"{live_server.url}{address}").status == 200
        keep_picture(page, f"{name}-{language}")
        faults.extend(f"{name}: {line}" for line in violations(page, axe_source))
        assert page.get_attribute("html", "lang") == language

    own = f"/rosters/{batch.pk}/"
    look("edition-asked", own)
    page.check(f"input[value='edition:{first.pk}']")
    page.click("form[action$='/start/'] button.button-main")
    page.wait_for_url(f"**{own}")
    do_jobs()
    look("edition-differences", f"{own}?section=edition")
    look("edition-lines", f"{own}edition/?state=CHANGED")
    changed = EditionLine.objects.filter(state="CHANGED").order_by("pk")[0]
    look("edition-line", f"{own}edition/{changed.pk}/")
    look("edition-left-out", f"{own}edition/left-out/")
    page.check("input[value=END]")
    page.fill("input[name=ends_on]", "2019-06-30")
    page.fill("textarea[name=reason]", "已迁出本县")
    page.click("form button.button-main")
    page.wait_for_url(f"**{own}?section=edition")
    look("edition-decided")
    look("edition-confirm", f"{own}confirm/")
    page.fill("textarea[name=reason]", "二版名册已核对")
    page.click("form button.button-main")
    page.wait_for_url(f"**{own}")
    undoes.approve(ApprovalRequest.objects.get())
    do_jobs()
    look("edition-applied", f"{own}?section=edition")
    look("edition-former", f"/rosters/{first.pk}/")
    look("edition-rosters", "/rosters/")
    assert faults == []
