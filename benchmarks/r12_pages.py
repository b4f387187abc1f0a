"""R12: the pages over a city, as a county's clerk and the city's reviewer call them up.

    python3 dev.py measure r12 [--rows PEOPLE] [--runs N] [--json]

Server time of each page (median and slowest of the runs after one to warm up), and statements.
The same at a tenth of the city first: what grows with the roll is named.
"""

import json
import os
import statistics
import sys
from typing import Any

from benchmarks import database
from benchmarks.measure import arguments
from django.test import Client
from django.test.utils import override_settings

from bureau.core import clock
from bureau.core.choices import Role
from bureau.core.models import Area
from bureau.core.tests.factories import staff
from enrollment.models import Person
from enrollment.tests import filled_roll
from enrollment.tests.visits import pages, visit

MOST_MS, MOST_QUERIES = 300, 25
#: A page whose time grows by more than this from a tenth of the city to the city grows with it.
GROWTH, NOISE_MS = 2.0, 50
READERS = ((Role.CLERK, 1), (Role.REVIEWER, 0))


def timed(people: int, runs: int) -> dict[str, dict[str, Any]]:
    """Milliseconds and statements by reader and page, on a roll of so many people."""
    database.begin()
    # The rosters of the smaller city, with their files.
    database.empty("core_storedfile", "enrollment_rosterbatch")
    filled_roll.fill(people)
    person = Person.objects.order_by("pk")[200]
    found = {}
    for role, depth in READERS:
        for page in pages(person):
            # A reader of its own, whom no pace of looking people up holds back.
            client = _signed_in(role, person.area.path.split("/")[depth])
            calls = [visit(client, page) for _call in range(runs + 1)][1:]
            if calls[0].status == 403:
                continue
            spent = [1000 * call.seconds for call in calls]
            found[f"{role.lower()}: {page.name}"] = {
                "status": calls[0].status,
                "median_ms": round(statistics.median(spent), 1),
                "slowest_ms": round(max(spent), 1),
                "queries": calls[0].asked.count,
            }
    return found


def _signed_in(role: Role, code: str) -> Client:
    account = staff(
        f"{role.lower()}-{os.urandom(4).hex()}",
        (role, Area.objects.get(code=code)),
        is_demonstration=True,
        password_changed_at=clock.now(),
    )
    client = Client()
    client.force_login(account)
    return client


def main() -> int:
    """Measure and print; fails when a page is too slow or asks too much."""
    options = arguments(__doc__ or "", rows=3_000_000)
    with override_settings(DEMO=True, ALLOWED_HOSTS=["*"]):
        small = timed(options.rows // 10, options.runs)
        large = timed(options.rows, options.runs)
    wrong = []
    for name, page in large.items():
        before = small.get(name, page)["median_ms"]
        page["at_a_tenth_ms"] = before
        grows = page["median_ms"] > GROWTH * before and page["median_ms"] - before > NOISE_MS
        if page["status"] != 200 or page["queries"] > MOST_QUERIES:
            wrong.append(f"{name}: answer {page['status']}, {page['queries']} statements")
        if page["median_ms"] > MOST_MS or grows:
            wrong.append(f"{name}: {before} ms, then {page['median_ms']} ms")
    spent = sorted(page["slowest_ms"] for page in large.values())
    facts = {
        "people": options.rows,
        "pages": len(large),
        "p50_ms": statistics.median(spent),
        "p95_ms": spent[int(0.95 * (len(spent) - 1))],
        "load": round(os.getloadavg()[0], 1),
        "wrong": wrong,
    }
    if options.json:
        json.dump({**facts, "by_page": large}, sys.stdout, ensure_ascii=False, indent=2)
        return 1 if wrong else 0
    for name, page in sorted(large.items(), key=lambda item: -item[1]["median_ms"]):
        print(
            f"  {name:<44} {page['at_a_tenth_ms']:>8} -> {page['median_ms']:>8} ms"
            f"  slowest {page['slowest_ms']:>8} ms  {page['queries']:>3} statements"
        )
    for name, fact in facts.items():
        print(f"{name}: {fact}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
