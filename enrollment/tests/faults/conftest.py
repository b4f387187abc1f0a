"""What the fault tests share: short leases, small steps, a broker and workers, order afterwards."""

from collections.abc import Iterator
from typing import Any

import pytest

from bureau.core import integrity
from bureau.core.jobs import dispatch
from bureau.embedded import EmbeddedValkey
from bureau.testing import faults
from enrollment.imports import apply, correction_apply, corrections, load, merge_steps, undo
from enrollment.tests.faults import imports, small_steps


@pytest.fixture(autouse=True)
def short_lease(settings: Any) -> None:
    settings.JOB_LEASE_SECONDS = faults.LEASE_SECONDS


@pytest.fixture(autouse=True)
def small_steps_here_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is resumed here takes the steps of the processes."""
    monkeypatch.setattr(load, "BLOCK_ROWS", small_steps.BLOCK_ROWS)
    monkeypatch.setattr(apply, "RANGE_PEOPLE", small_steps.RANGE_PEOPLE)
    monkeypatch.setattr(merge_steps, "DECISIONS_A_STEP", small_steps.DECISIONS_A_STEP)
    monkeypatch.setattr(corrections, "BLOCK_LINES", small_steps.BLOCK_LINES)
    monkeypatch.setattr(correction_apply, "RANGE_LINES", small_steps.RANGE_LINES)
    monkeypatch.setattr(undo, "RANGE_PLACES", small_steps.RANGE_PLACES)


@pytest.fixture(autouse=True)
def order_afterwards(apart: None) -> Iterator[None]:
    yield
    assert integrity.broken_invariants() == []


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages are taken and forgotten: only what the test starts does the work."""
    monkeypatch.setattr(dispatch, "_publish", lambda job_id, queue: True)


@pytest.fixture
def broker(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, order_afterwards: None
) -> Iterator[EmbeddedValkey]:
    """A broker of its own that the test may kill, known to this process and to workers."""
    from bureau.celery import app

    valkey = EmbeddedValkey(tmp_path / "valkey", durable=False)
    valkey.start()
    monkeypatch.setenv("BUREAU_REDIS_URL", valkey.url)
    monkeypatch.setattr(app.conf, "broker_url", f"{valkey.url}/0")
    monkeypatch.setattr(dispatch, "_resting_until", 0.0)
    yield valkey
    valkey.stop()


@pytest.fixture
def new_worker(tmp_path: Any, broker: EmbeddedValkey) -> Iterator[Any]:
    """Starts workers; all are gone after the test."""
    started: list[faults.Worker] = []

    def start(**options: Any) -> faults.Worker:
        log = tmp_path / f"worker{len(started)}.log"
        started.append(faults.Worker(log, include=imports.SMALL_STEPS, **options))
        return started[-1]

    yield start
    for one in started:
        one.kill()
