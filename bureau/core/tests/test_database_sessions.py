"""How each kind of process talks to PostgreSQL: the limits, read back, and what a page says."""

import json
import threading
import time

import psycopg
import psycopg_pool
import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone

from bureau import database
from bureau.core import integrity
from bureau.core.choices import JobState, Role
from bureau.core.models import Job
from bureau.core.tests.factories import county, staff
from bureau.core.transactions import whole
from bureau.testing import faults

pytestmark = pytest.mark.django_db(transaction=True)

READ_BACK = """
import json
from django.db import connection
names = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"]
def read():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(name) FROM unnest(%s::text[]) name", [names])
        return [value for (value,) in cursor.fetchall()]
def change():
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(name, '1h', true) FROM unnest(%s::text[]) name", [names])
seen = []
for _request in range(3):
    seen.append(read())
    change()
    connection.close()
print(json.dumps(seen))
"""


def limits_of(become: str) -> list[list[str]]:
    return json.loads(faults.run_python(become + READ_BACK).splitlines()[-1])


@pytest.mark.parametrize(
    ("become", "limits"),
    [
        ("import bureau.wsgi\n", ["7s", "3s", "30s"]),
        (
            "from bureau.celery import app\nfrom celery.apps.worker import Worker\n"
            "Worker(app=app, hostname='w@x')\n",
            ["15min", "30s", "15min"],
        ),
        ("", ["0", "30s", "15min"]),
    ],
    ids=["web", "worker", "command"],
)
def test_each_kind_of_process_has_its_limits_in_every_session_of_its_pool(become, limits):
    assert limits_of(become) == [limits] * 3


@pytest.fixture
def as_web():
    """This process talks to the database as the web server does."""
    database.become("web")
    yield
    database.become("command")


@pytest.fixture
def clerk(settings):
    settings.DEMO = True
    client = Client(raise_request_exception=False, headers={"Accept-Language": "en"})
    client.account = staff("clerk", (Role.CLERK, county()), is_demonstration=True)
    client.force_login(client.account)
    return client


@pytest.fixture
def job(clerk):
    """A job that the clerk asked for."""
    now = timezone.now()
    return Job.objects.create(
        kind="k", key="k", area=county(), due_at=now, requested_by=clerk.account,
        requested_by_text="t", requested_at=now,
    )  # fmt: skip


@pytest.fixture
def other_session():
    with psycopg.connect(faults.database_url()) as session:
        yield session


def test_a_page_that_waits_for_a_lock_gives_up_after_three_seconds(
    as_web, clerk, job, other_session
):
    other_session.execute("SELECT FROM core_job FOR UPDATE")
    began = time.monotonic()
    answer = clerk.post(f"/jobs/{job.pk}/cancel/")
    took = time.monotonic() - began
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "Somebody else is working on the same thing" in answer.content.decode()
    assert 3 <= took < 9
    other_session.rollback()
    assert clerk.post(f"/jobs/{job.pk}/cancel/").status_code == 302
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_a_statement_that_takes_too_long_is_stopped_and_the_page_says_so(
    as_web, clerk, monkeypatch
):
    def slow(*_args, **_options):
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '200ms'; SELECT pg_sleep(30)")

    monkeypatch.setattr("bureau.core.sign_in.step_before_work", slow)
    answer = clerk.get("/jobs/")
    assert answer.status_code == 503
    assert "took longer than a page may" in answer.content.decode()


def test_a_silent_database_is_given_up_by_the_client_itself(as_web, monkeypatch):
    """The server would sleep on: its own limit is switched off."""
    monkeypatch.setattr(database.WebConnection, "patience", 0.5)
    began = time.monotonic()
    with pytest.raises(OperationalError) as error, connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SELECT pg_sleep(30)")
    assert time.monotonic() - began < 10
    assert integrity.is_connection_loss(error.value)
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_sessions_that_all_died_cost_the_next_page_little(as_web):
    """As after a restart of the database: each of the pool's idle sessions is dead."""
    connection.ensure_connection()
    pool = connection.pool
    sessions = [pool.getconn() for _session in range(6)]
    numbers = [session.info.backend_pid for session in sessions]
    for session in sessions:
        pool.putconn(session)
    connection.close()
    with psycopg.connect(faults.database_url(), autocommit=True) as other:
        for number in numbers:
            other.execute("SELECT pg_terminate_backend(%s)", [number])
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert time.monotonic() - began < 2


def test_many_small_waits_of_one_page_are_too_long_together(as_web, clerk, monkeypatch):
    monkeypatch.setattr(database.WebConnection, "for_one_page", 1.0)

    def chatty(*_args, **_options):
        for _piece in range(200):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.1)")

    monkeypatch.setattr("bureau.core.sign_in.step_before_work", chatty)
    began = time.monotonic()
    answer = clerk.get("/jobs/")
    assert time.monotonic() - began < 10
    assert answer.status_code == 503
    assert "took too long" in answer.content.decode()
    assert "cannot reach its database" not in answer.content.decode()
    monkeypatch.undo()
    assert clerk.get("/jobs/").status_code == 200, "the next page begins anew"


def test_more_people_than_threads_may_wait_are_told_that_it_is_full(as_web, clerk, monkeypatch):
    def full(*_args, **_options):
        raise psycopg_pool.TooManyRequests("full")

    connection.close()
    with monkeypatch.context() as patch:
        patch.setattr(psycopg_pool.ConnectionPool, "getconn", full)
        answer = clerk.get("/jobs/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "too many people" in answer.content.decode()


def test_the_victim_of_a_deadlock_begins_anew():
    """Two acts take the same two rows in opposite order; both come through."""
    for key in ("a", "b"):
        now = timezone.now()
        Job.objects.create(kind="k", key=key, due_at=now, requested_by_text="", requested_at=now)
    together = threading.Barrier(2)
    begun = []

    @whole
    def act(first, second):
        begun.append(first)
        take(first)
        if len(begun) <= 2:
            together.wait(30)
        take(second)

    def take(key):
        Job.objects.filter(key=key).update(requested_by_text=f"{len(begun)}")

    def run(*keys):
        try:
            act(*keys)
        except OperationalError as error:
            failed.append(error)
        finally:
            connection.close()

    failed: list[OperationalError] = []
    threads = [threading.Thread(target=run, args=keys) for keys in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert len(begun) == 3


def test_what_is_wrong_for_another_reason_is_not_tried_again():
    tried = []

    @whole
    def act(statement):
        tried.append(statement)
        with connection.cursor() as cursor:
            cursor.execute(statement)

    with pytest.raises(OperationalError):
        act("DO $$ BEGIN RAISE EXCEPTION 'x' USING errcode = '55P03'; END $$")
    assert len(tried) == 1
    with pytest.raises(OperationalError):
        act("DO $$ BEGIN RAISE EXCEPTION 'x' USING errcode = '40P01'; END $$")
    assert len(tried) == 4
    with pytest.raises(OperationalError), transaction.atomic():
        act("DO $$ BEGIN RAISE EXCEPTION 'x' USING errcode = '40P01'; END $$")
    assert len(tried) == 5
