"""Fixtures for all tests: a real browser, and a Celery worker that runs queued tasks."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bureau.testing.browser import NoBrowser, find_browser


def pytest_addoption(parser: pytest.Parser) -> None:
    """The gate takes a sample of these; docs/operations.md names the commands for the whole."""
    parser.addoption(
        "--fault-seeds",
        type=int,
        default=1,
        help="how many imports are interrupted at moments drawn from a seed each",
    )
    parser.addoption(
        "--race-rounds",
        type=int,
        default=25,
        help="how often two people take each step at the same moment",
    )
    parser.addoption(
        "--crawl-pages",
        type=int,
        default=40,
        help="how many pages each role walks through",
    )
    parser.addoption(
        "--all-payloads",
        action="store_true",
        help="every parameter of every page is tried with every payload",
    )
    parser.addoption(
        "--machine-runs",
        type=int,
        default=12,
        help="how many random histories of the fund's books are held against plain ones",
    )
    parser.addoption(
        "--machine-steps",
        type=int,
        default=30,
        help="how many steps each of these histories has",
    )
    parser.addoption(
        "--deliveries",
        type=int,
        default=300,
        help="how many jobs have their messages doubled, and how many have them lost",
    )


@pytest.fixture(autouse=True)
def _clock_without_a_database(request: pytest.FixtureRequest, monkeypatch: Any) -> None:
    """A test that has no database does not ask it for the time, however long ago that was."""
    from bureau.core import clock

    has_database = {"db", "transactional_db", "live_server"} & set(request.fixturenames)
    if not has_database and request.node.get_closest_marker("django_db") is None:
        monkeypatch.setattr(clock, "_ask", lambda: None)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Chromium without the internet. A missing one fails the test, it never skips it."""
    from playwright.sync_api import sync_playwright

    try:
        found = find_browser()
    except NoBrowser as problem:
        pytest.fail(str(problem), pytrace=False)
    # Playwright runs its own event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        options = found.launch_options(tmp_path_factory.mktemp("browser"))
        launched = playwright.chromium.launch(**options)
        yield launched
        launched.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of its own session, in Chinese; use with `live_server`."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 900})
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def axe_source() -> Path:
    """The accessibility rules, to be added to a page as a script."""
    try:
        return find_browser().axe
    except NoBrowser as problem:
        pytest.fail(str(problem), pytrace=False)


@pytest.fixture
def celery_live(transactional_db: None) -> Iterator[Any]:
    """A worker in threads of this process takes what the test queues; the test has to commit.

    It lives for this test alone, or it would do the jobs of later tests behind their backs.
    """
    from celery.contrib.testing.worker import start_worker
    from celery.signals import worker_ready

    from bureau.celery import app
    from bureau.core import worker_watch

    # The watch would end this process if later tests left messages to nobody.
    worker_ready.disconnect(worker_watch.start)
    queues = ["interactive", "bulk", "reports"]
    with app.connection_for_write() as connection:
        for name in queues:
            connection.default_channel.queue_purge(name)
    options = {"pool": "threads", "concurrency": 2, "queues": queues}
    with start_worker(app, perform_ping_check=False, shutdown_timeout=30, **options) as worker:
        yield worker
