"""A slow, silent or broken line to database or broker: pages end, health is told, work goes on.

The web server is a real one; between it and its servers stands a proxy of our own.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from bureau.core import integrity
from bureau.core.choices import JobState, Role
from bureau.core.models import Job, Staff
from bureau.core.tests import (
    factories,
    toy_jobs,  # noqa: F401 (registers the jobs)
)
from bureau.database import WEB_ROLE
from bureau.embedded import EmbeddedValkey
from bureau.testing import faults
from bureau.testing.proxy import Proxy

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

#: A page ends within ten seconds (2 s for a session, 7.5 s of waiting); a busy machine gets more.
PAGE_LIMIT = 13.0
#: Health is told within this time; on a machine at rest it is a few milliseconds.
HEALTH_LIMIT = 1.0
#: More people than sessions at the database.
PEOPLE = 18


@pytest.fixture(autouse=True)
def order_afterwards():
    yield
    assert integrity.broken_invariants() == []


@pytest.fixture
def session_of_clerk(settings):
    settings.DEMO = True
    clerk = factories.staff(
        "clerk", (Role.CLERK, factories.county()), is_demonstration=True, password=None
    )
    client = Client()
    client.force_login(clerk, backend="bureau.core.sign_in.StaffBackend")
    return {"Cookie": f"sid={client.cookies['sid'].value}"}


@dataclass
class Watch:
    """Asks for health all the time, and keeps how long the answers took."""

    web: faults.Web
    took: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self):
        self._threads = [
            threading.Thread(target=self._ask, args=[path], daemon=True)
            for path in ("/live", "/ready")
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exception):
        self._over.set()
        for thread in self._threads:
            thread.join(30)

    def _ask(self, path):
        while not self._over.wait(0.3):
            try:
                answer = self.web.request("GET", path, seconds=20)
            except (OSError, HTTPException) as error:
                self.failed.append(f"{path}: {error}")
            else:
                self.took.append(answer.took)


def ask_all(web, headers, path="/jobs/"):
    """Everybody opens a page at once; status and seconds of each, status 0 without an answer."""

    def ask(_number):
        began = time.monotonic()
        with suppress(OSError, HTTPException):
            answer = web.request("GET", path, headers=headers, seconds=40)
            return answer.status, time.monotonic() - began
        return 0, time.monotonic() - began

    with ThreadPoolExecutor(PEOPLE) as people:
        return list(people.map(ask, range(PEOPLE)))


def through(url, port):
    """The server's address with the proxy's port in place of its own."""
    parts = urlsplit(url)
    return url.replace(f":{parts.port}", f":{port}", 1)


def database_port():
    return int(connection.settings_dict["PORT"])


@pytest.mark.parametrize("mode", ["silent", "half"])
def test_a_silent_database_holds_up_no_page_for_long_and_health_never(
    mode, tmp_path, session_of_clerk
):
    with Proxy(database_port()) as line:
        variables = {"BUREAU_DATABASE_URL": through(faults.database_url(WEB_ROLE), line.port)}
        with faults.Web(tmp_path / "web.log", processes=1, threads=24, variables=variables) as web:
            # The first pages of a process fetch all its code; a busy machine takes its time.
            assert {status for status, _took in ask_all(web, session_of_clerk)} <= {200, 503}
            faults.wait_until(
                lambda: web.request("GET", "/jobs/", headers=session_of_clerk).status == 200,
                60,
                "a page comes while the line is well",
            )
            with Watch(web) as watch:
                line.mode = mode
                answers = ask_all(web, session_of_clerk)
            assert {status for status, _took in answers} == {503}
            assert max(took for _status, took in answers) < PAGE_LIMIT
            assert watch.failed == []
            assert len(watch.took) >= 4
            assert sorted(watch.took)[len(watch.took) * 9 // 10] < HEALTH_LIMIT
            assert max(watch.took) < 4 * HEALTH_LIMIT, "one process and its test share the machine"
            line.mode = "well"
            faults.wait_until(
                lambda: web.request("GET", "/jobs/", headers=session_of_clerk).status == 200,
                30,
                "pages come again",
            )


@pytest.mark.parametrize("mode", ["slow", "trickle", "broken"])
def test_a_slow_or_broken_line_costs_answers_but_no_trace(mode, tmp_path, session_of_clerk):
    with Proxy(database_port(), seed=20261128) as line:
        variables = {"BUREAU_DATABASE_URL": through(faults.database_url(WEB_ROLE), line.port)}
        log = tmp_path / "web.log"
        with faults.Web(log, processes=1, threads=24, variables=variables) as web:
            assert web.request("GET", "/jobs/", headers=session_of_clerk).status == 200
            line.mode = mode
            answers = [
                web.request("GET", "/jobs/", headers=session_of_clerk, seconds=90)
                for _page in range(1 if mode != "broken" else 12)
            ]
            assert {answer.status for answer in answers} <= {200, 503}
            for answer in answers:
                assert answer.took < PAGE_LIMIT
                assert "Traceback" not in answer.text
                if answer.status == 503:
                    assert answer.headers["Retry-After"] == "10"
            line.mode = "well"
            faults.wait_until(
                lambda: web.request("GET", "/jobs/", headers=session_of_clerk).status == 200,
                30,
                "pages come again",
            )
        assert "Traceback" not in log.read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize("mode", ["silent", "trickle"])
def test_a_silent_broker_holds_up_nobody_and_the_job_is_accepted(mode, tmp_path, session_of_clerk):
    now = timezone.now()
    failed = [
        Job.objects.create(
            kind="toy.count", key=str(number), area=factories.county(), arguments={"to": 1},
            due_at=now, requested_at=now, requested_by=Staff.objects.get(), requested_by_text="t",
            state=JobState.FAILED,
            finished_at=now, queue="bulk",
        )
        for number in range(4)
    ]  # fmt: skip
    broker = EmbeddedValkey(tmp_path / "valkey", durable=False)
    broker.start()
    try:
        with Proxy(broker.port) as line:
            variables = {"BUREAU_REDIS_URL": through(broker.url, line.port)}
            with faults.Web(tmp_path / "web.log", processes=1, variables=variables) as web:
                page = web.request("GET", "/jobs/", headers=session_of_clerk)
                csrf = page.headers["Set-Cookie"].partition("csrf=")[2].partition(";")[0]
                headers = {
                    "Cookie": f"{session_of_clerk['Cookie']}; csrf={csrf}",
                    "X-CSRFToken": csrf,
                    "Content-Type": "application/x-www-form-urlencoded",
                }
                line.mode = mode
                for job in failed:
                    answer = web.request("POST", f"/jobs/{job.pk}/retry/", b"", headers)
                    assert answer.status == 302, answer.text[:500]
                    assert answer.took < 5
                assert Job.objects.filter(state=JobState.QUEUED).count() == len(failed)
                assert web.request("GET", "/sign-in/").status == 200
    finally:
        broker.stop()
    Job.objects.update(state=JobState.CANCELLED, finished_at=now)


def test_terminated_sessions_cost_their_own_pages_only_and_the_pool_recovers(
    tmp_path, session_of_clerk
):
    """Somebody ends sessions of the portal at random while people work."""
    seed, log = 20261128, tmp_path / "web.log"
    ended, over = [], threading.Event()

    def end_sessions():
        with psycopg.connect(faults.database_url(), autocommit=True) as session:
            while not over.wait(0.15):
                ended.extend(
                    session.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND application_name = 'bureau web'"
                        " ORDER BY md5(pid::text || %s) LIMIT 1",
                        [seed + len(ended)],
                    ).fetchall()
                )

    with faults.Web(log, processes=1, threads=24) as web:
        assert web.request("GET", "/jobs/", headers=session_of_clerk).status == 200
        killer = threading.Thread(target=end_sessions, daemon=True)
        killer.start()
        answers = [pair for _round in range(4) for pair in ask_all(web, session_of_clerk)]
        over.set()
        killer.join(30)
        failed = [status for status, _took in answers if status != 200]
        assert len(ended) > 0
        assert set(failed) <= {503}, f"seed {seed}"
        began = time.monotonic()
        faults.wait_until(
            lambda: web.request("GET", "/jobs/", headers=session_of_clerk).status == 200,
            30,
            "the pool recovers",
        )
        assert time.monotonic() - began < 5
    assert "Traceback" not in log.read_text(encoding="utf-8", errors="replace")
