"""The two commands as real processes: start, stop, second start, second instance, and kills.

The demonstration city itself is left out here (--empty); its own tests load it.
"""

import http.client
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import CommandError

from bureau.core.management.commands.demo import listen
from bureau.tests.processes import (
    PATIENCE,
    ROOT,
    Demo,
    environment,
    is_running,
    processes_of,
    wait_until,
)

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("commands")]


def open_folder() -> Path:
    """A folder that other accounts can pass, as root's PostgreSQL has to."""
    folder = Path(tempfile.mkdtemp(prefix="bureau-commands-"))
    folder.chmod(0o711)
    return folder


@pytest.fixture
def folder() -> Iterator[Path]:
    made = open_folder()
    yield made / "var"
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """One running portal for all tests that leave it running."""
    made = open_folder()
    started = Demo(made / "var", "--empty")
    try:
        yield started.wait_until_ready()
    finally:
        started.end()
        shutil.rmtree(made, ignore_errors=True)


def status_of(address: str) -> int:
    """The status of the front page; 0 when nobody answers."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def run(*command: str, folder: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        **options,
    )


def test_the_portal_answers(demo: Demo) -> None:
    assert status_of(demo.address) in range(200, 400)


def test_a_second_instance_is_told_the_address_of_the_first(demo: Demo) -> None:
    second = run("manage.py", "demo", "--empty", folder=demo.folder)
    assert second.returncode == 1
    assert f"already running: {demo.address}" in second.stderr
    assert status_of(demo.address) in range(200, 400)


def test_a_busy_port_is_named_with_the_remedy(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run("manage.py", "demo", "--port", str(port), folder=folder)
    assert refused.returncode == 1
    assert f"port {port} on 127.0.0.1: Address already in use; choose another with --port" in (
        refused.stderr
    )
    assert processes_of(folder) == {}


def test_a_portal_that_starts_holds_its_port_against_every_other() -> None:
    with listen("127.0.0.1", None) as one, listen("127.0.0.1", None) as other:
        ports = [line.getsockname()[1] for line in (one, other)]
        assert len(set(ports)) == 2
        with pytest.raises(CommandError, match="Address already in use"):
            listen("127.0.0.1", ports[0])


def test_who_calls_while_the_web_server_is_replaced_is_answered(demo: Demo) -> None:
    # Server and its two processes at once: nobody is left who could answer.
    os.killpg(demo.child("gunicorn"), signal.SIGKILL)
    connection = http.client.HTTPConnection(urlsplit(demo.address).netloc, timeout=PATIENCE)
    connection.request("GET", "/")
    assert connection.getresponse().status in range(200, 400)
    connection.close()


def test_a_command_in_another_terminal_uses_the_running_servers(demo: Demo) -> None:
    show = (
        "from django.conf import settings; from django.db import connection as c;"
        "c.ensure_connection(); print(c.settings_dict['PORT'], settings.DEMO)"
    )
    shown = run("-m", "bureau.servers", "shell", "-v", "0", "-c", show, folder=demo.folder)
    assert shown.returncode == 0, shown.stderr
    port = urlsplit(demo.run_file["database_url"]).port
    assert shown.stdout.split() == [str(port), "True"]
    assert status_of(demo.address) in range(200, 400)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("PostgreSQL", "bin/postgres -D"),
        ("Valkey", "valkey-server"),
        ("web", "gunicorn"),
        ("worker-interactive", "-Q interactive"),
        ("worker-bulk", "-Q bulk,reports"),
        ("beat", "celery:app beat"),
    ],
)
def test_a_killed_process_is_replaced_and_the_portal_answers(
    demo: Demo, name: str, pattern: str
) -> None:
    said_before = len(demo.said)
    victim = demo.child(pattern)
    assert victim
    os.kill(victim, signal.SIGKILL)
    told = f"{name} ended (SIGKILL); starting it again"
    wait_until(f"{name} is started again", lambda: told in demo.said[said_before:])
    wait_until(f"{name} runs", lambda: demo.child(pattern) not in {0, victim})
    wait_until("the portal answers", lambda: status_of(demo.address) in range(200, 400))
    assert demo.process.poll() is None


def test_ctrl_c_second_start_and_a_killed_supervisor(folder: Path) -> None:
    first = Demo(folder, "--empty")
    try:
        first.wait_until_ready()
        with psycopg.connect(first.run_file["database_url"]) as connection:
            connection.execute("CREATE TABLE kept_over_restart AS SELECT 42 AS answer")
        assert first.interrupt() == 0, first.said
        assert processes_of(folder) == {}
        assert not (folder / "run.json").exists()
    finally:
        first.end()

    second = Demo(folder, "--empty")
    try:
        second.wait_until_ready()
        with psycopg.connect(second.run_file["database_url"]) as connection:
            assert connection.execute("SELECT answer FROM kept_over_restart").fetchall() == [(42,)]
        second.process.kill()
        second.process.wait()
        wait_until("nothing is left", lambda: not processes_of(folder), patience=30)
    finally:
        second.end()


def test_a_command_without_a_demo_brings_its_servers_and_its_tables(folder: Path) -> None:
    count = "from bureau.core.models import Area; print(Area.objects.count())"
    counted = run("-m", "bureau.servers", "shell", "-v", "0", "-c", count, folder=folder)
    assert counted.returncode == 0, counted.stderr
    assert int(counted.stdout) > 0
    assert "bringing the database up to date" in counted.stderr
    assert processes_of(folder) == {}
    assert not (folder / "run.json").exists()
    failing = run("-m", "bureau.servers", "shell", "-c", "raise SystemExit(7)", folder=folder)
    assert failing.returncode == 7
    assert "up to date" not in failing.stderr


def test_throw_away_servers_leave_nothing(folder: Path) -> None:
    checked = run("-m", "bureau.servers", "--temporary", "showmigrations", "core", folder=folder)
    assert checked.returncode == 0, checked.stderr
    assert "0001" in checked.stdout
    assert not folder.exists()


def ordinary_user() -> pwd.struct_passwd | None:
    """An account without rights that can run this interpreter and read the project."""
    try:
        account = pwd.getpwnam("nobody")
    except KeyError:
        return None
    probe = subprocess.run(
        [sys.executable, "-c", "import django, bureau.servers"],
        cwd=ROOT,
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        env={"PATH": os.defpath},
        capture_output=True,
        check=False,
    )
    return account if probe.returncode == 0 else None


@pytest.mark.skipif(os.geteuid() != 0, reason="the whole run is an ordinary user's already")
def test_an_ordinary_user_runs_the_portal(folder: Path) -> None:
    try:
        account = ordinary_user()
    except PermissionError:
        account = None
    if account is None:
        pytest.skip("the account nobody cannot run this interpreter, which lies in a closed folder")
    os.chown(folder.parent, account.pw_uid, account.pw_gid)
    who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    started = Demo(folder, "--empty", **who)
    try:
        started.wait_until_ready()
        assert status_of(started.address) in range(200, 400)
        owners = {Path(f"/proc/{found}").stat().st_uid for found in processes_of(folder)}
        assert owners == {account.pw_uid}
        assert started.interrupt() == 0
        assert not any(is_running(found) for found in processes_of(folder))
    finally:
        started.end()
