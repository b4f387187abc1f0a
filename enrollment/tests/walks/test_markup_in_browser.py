"""Markup in every text of every table: walked through in a real browser, and nothing of it runs."""

import random
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command

from bureau.core.choices import Role
from bureau.core.models import Area
from enrollment.models import RosterBatch
from enrollment.tests import rosters
from enrollment.tests.roster_pages import member, signed_in
from enrollment.tests.walks import markup
from enrollment.tests.walks.crawler import route_of

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SEED = 20_261_128
#: Told by the browser itself, before the page's own scripts.
TRAP = """
window.ran = () => window.told('ran');
document.addEventListener('securitypolicyviolation', event =>
    window.told(`blocked ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
HEADER = (*rosters.HEADER, "备注")


def marked_rosters() -> list[RosterBatch]:
    """Two counties' rosters with markup in names, places, households and notes."""
    found = []
    for county, people in {"210281": range(120), "210283": range(90, 200)}.items():
        rows = rosters.lines(people, county=county)
        for place, row in enumerate(rows):
            # Quoted: markup holds commas and quotes.
            row.append(markup.CORPUS[place % len(markup.CORPUS)])
            if place % 5 == 0:
                row[place // 5 % 4] = markup.CORPUS[(place * 7) % len(markup.CORPUS)]
        cells = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in rows]
        name = f"<img src=x onerror=ran()>{county}.csv"
        found.append(
            rosters.bring_in(rosters.csv_of(cells, header=HEADER), area=county, names=[name])
        )
    return found


@pytest.fixture
def city(transactional_db: None, settings: Any) -> Area:
    settings.DEMO = True
    call_command("load_reference", verbosity=0)
    marked_rosters()
    return Area.objects.get(code="210200")


def test_markup_in_every_text_runs_nowhere(
    page: Any, live_server: Any, city: Area, pytestconfig: Any
) -> None:
    assert len(markup.CORPUS) >= 200
    readers = [
        member(f"reader-{role.lower()}"[:20], role, city) for role in (Role.CLERK, Role.DIRECTOR)
    ]
    assert markup.plant() > 40, "the texts are not found any more"
    told: list[str] = []
    where = ["/"]
    page.expose_function("told", lambda what: told.append(f"{where[0]}: {what}"))
    page.add_init_script(TRAP)
    page.on("dialog", lambda dialog: (told.append(f"{where[0]}: dialog"), dialog.dismiss()))
    page.on("pageerror", lambda error: told.append(f"{where[0]}: {error}"))
    page.on("request", lambda request: _own(request, live_server.url, where, told))
    drawn, seen, shown = random.Random(SEED), 0, 0
    for reader in readers:
        cookie = signed_in(reader).cookies["sid"].value
        page.context.clear_cookies()
        page.context.add_cookies([{"name": "sid", "value": cookie, "url": live_server.url}])
        waiting, known, asked = ["/"], {"/"}, dict[str, int]()
        for _step in range(pytestconfig.getoption("--crawl-pages")):
            if not waiting:
                break
            drawn.shuffle(waiting)
            waiting.sort(key=lambda url: asked.get(route_of(url), 0))
            where[0] = waiting.pop(0)
            asked[route_of(where[0])] = asked.get(route_of(where[0]), 0) + 1
            answer = page.goto(live_server.url + where[0], wait_until="load")
            seen += 1
            text = page.content()
            shown += "ran()" in text
            assert answer is not None
            assert answer.status < 500, where
            for link in page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)"):
                parts = urlsplit(link)
                path = parts.path + (f"?{parts.query}" if parts.query else "")
                own = link.startswith(live_server.url) and route_of(path)
                # Files are fetched, not shown; `test_crawl` reads them.
                if own and path not in known and not re.search("download|template|chart=", path):
                    known.add(path)
                    waiting.append(path)
    assert told == [], f"seed {SEED}"
    assert shown > 20, "the markup is there to be seen"
    assert seen > 40


def _own(request: Any, address: str, where: list[str], told: list[str]) -> None:
    if not request.url.startswith((address, "data:", "about:")):
        told.append(f"{where[0]}: asks for {request.url}")
    if request.url.endswith("/csp-report"):
        told.append(f"{where[0]}: reports {request.post_data}")
