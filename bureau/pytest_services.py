"""Pytest plugin: real servers in a throw-away folder, started before Django reads its settings.

Each process of pytest-xdist has its own Valkey, or one would take the other's messages; they share
one PostgreSQL, in which pytest-django gives each its own database. Servers named by
BUREAU_DATABASE_URL and BUREAU_REDIS_URL are used instead.
"""

import atexit
import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from bureau.embedded import EmbeddedPostgres, EmbeddedServer, EmbeddedValkey, ServerDidNotStart
from bureau.servers import ROLES

#: Set for the children of a pytest that started its own servers.
STARTED_HERE = "BUREAU_TEST_SERVERS"

_started: list[EmbeddedServer] = []
_folder: Path | None = None
_seconds = 0.0


def _start() -> None:
    global _folder, _seconds
    began = time.monotonic()
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    if not is_worker:
        os.environ.pop(STARTED_HERE, None)
    if is_worker and os.environ.get(STARTED_HERE) is None:
        raise pytest.UsageError(
            "several test processes need a Valkey each: leave BUREAU_REDIS_URL unset, or use -n 0"
        )
    _folder = Path(tempfile.mkdtemp(prefix="bureau-test-"))
    _folder.chmod(0o711)  # As root, PostgreSQL runs under another account.
    # The tests' uploads, keys and static files never touch the data of an installation.
    os.environ["BUREAU_VAR"] = str(_folder / "var")
    try:
        if not os.environ.get("BUREAU_DATABASE_URL"):
            postgres = EmbeddedPostgres(_folder / "postgres", durable=False)
            _started.append(postgres)
            postgres.start()
            for role in ROLES:
                postgres.make_role(role)
                # For processes that tests start; each worker of xdist puts in its own database.
                os.environ[f"BUREAU_TEST_{role.upper()}"] = postgres.url("", role)
            os.environ["BUREAU_DATABASE_URL"] = postgres.url("bureau")
        if is_worker or not os.environ.get("BUREAU_REDIS_URL"):
            valkey = EmbeddedValkey(_folder / "valkey", durable=False)
            _started.append(valkey)
            valkey.start()
            os.environ["BUREAU_REDIS_URL"] = valkey.url
            os.environ[STARTED_HERE] = "1"
    except ServerDidNotStart as error:
        _stop()
        raise pytest.UsageError(str(error)) from error
    _seconds = time.monotonic() - began


def _stop() -> None:
    global _folder
    while _started:
        _started.pop().stop()
    if _folder is not None:
        shutil.rmtree(_folder, ignore_errors=True)
        _folder = None


# Not a hook of pytest, because those are left out when it ends before its tests.
atexit.register(_stop)
_start()


def pytest_report_header() -> str:
    """One line on the servers under the tests."""
    names = ", ".join(server.name for server in _started) or "as named by the environment"
    return f"servers: {names} ({_seconds:.1f} s)"
