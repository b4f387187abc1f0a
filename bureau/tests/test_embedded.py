"""The embedded servers: made once, kept over restarts, healed after a kill, clear in refusal."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bureau import processes
from bureau.embedded import (
    EmbeddedPostgres,
    EmbeddedValkey,
    ServerDidNotStart,
    StartCancelled,
)
from bureau.tests.processes import is_running, wait_until


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that the account of a server started by root can reach; pytest's own are closed."""
    with tempfile.TemporaryDirectory(prefix="bureau-embedded-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture(scope="module")
def postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder / "postgres")
    server.start()
    server.create_database("kept")
    yield server
    server.stop()


def query(server: EmbeddedPostgres, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url("kept"), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def kill(server: EmbeddedPostgres | EmbeddedValkey) -> None:
    assert server.child is not None
    os.kill(server.child.pid, signal.SIGKILL)
    server.child.wait()


def test_the_log_keeps_no_values_of_statements_that_fail(postgres: EmbeddedPostgres) -> None:
    query(postgres, "CREATE TABLE numbers (number text UNIQUE)")
    query(postgres, "INSERT INTO numbers VALUES ('210281199001011232')")
    before = postgres.log.stat().st_size
    with pytest.raises(psycopg.errors.UniqueViolation):
        query(postgres, "INSERT INTO numbers VALUES ('210281199001011232')")
    with pytest.raises(psycopg.DataError):
        query(postgres, "SELECT '210281199001011232\\u0000'::jsonb")
    said = postgres.log.read_bytes()[before:].decode()
    assert "duplicate key" in said
    assert "210281199001011232" not in said


def test_trigrams_see_chinese_characters(postgres: EmbeddedPostgres) -> None:
    query(postgres, "CREATE EXTENSION IF NOT EXISTS pg_trgm")
    [(alike,)] = query(postgres, "SELECT similarity('北京市公安局', '北京公安局')")
    assert alike == pytest.approx(0.444, abs=0.001)


def test_a_killed_postgresql_comes_back_on_its_port_with_its_rows(
    postgres: EmbeddedPostgres,
) -> None:
    query(postgres, "CREATE TABLE IF NOT EXISTS roll AS SELECT generate_series(1, 1000) AS person")
    port = postgres.port
    kill(postgres)
    postgres.start()
    assert postgres.port == port
    assert query(postgres, "SELECT count(*) FROM roll") == [(1000,)]


def test_creating_a_database_twice_keeps_it(postgres: EmbeddedPostgres) -> None:
    assert postgres.create_database("kept") == postgres.url("kept")


def test_secrets_are_closed_to_other_accounts(postgres: EmbeddedPostgres) -> None:
    for file in (postgres.folder / "password", postgres.log):
        assert file.stat().st_mode & 0o077 == 0
    assert not (postgres.folder / "password-for-initdb").exists()
    assert postgres.password not in " ".join(map(str, postgres.child.args))


def test_an_opened_up_data_folder_is_closed_again(postgres: EmbeddedPostgres) -> None:
    postgres.stop()
    postgres.data.chmod(0o755)
    postgres.start()
    assert postgres.data.stat().st_mode & 0o777 == 0o700


def test_an_interrupted_first_start_leaves_no_half_cluster(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "interrupted", durable=False)
    (server.folder / "data-unfinished").mkdir(parents=True)
    (server.folder / "data-unfinished" / "PG_VERSION").write_text("18\n")
    server.start()
    try:
        assert server.data.exists()
        assert not (server.folder / "data-unfinished").exists()
    finally:
        server.stop()


def test_a_lost_password_is_named_with_its_file(folder: Path, postgres: EmbeddedPostgres) -> None:
    postgres.stop()
    password = postgres.folder / "password"
    right = password.read_text()
    password.write_text("wrong")
    try:
        with pytest.raises(ServerDidNotStart, match=r"refuses the password in .*password"):
            postgres.start()
    finally:
        password.write_text(right)
        postgres.start()


def test_a_damaged_cluster_is_reported_with_the_servers_own_words(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "damaged", durable=False)
    server.start()
    server.stop()
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(ServerDidNotStart, match="incompatible"):
        server.start()


def test_a_start_can_be_given_up(folder: Path, postgres: EmbeddedPostgres) -> None:
    postgres.stop()
    with pytest.raises(StartCancelled):
        postgres.start(stop_asked=lambda: True)
    assert postgres.child is None
    postgres.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run PostgreSQL as someone else")
def test_as_root_the_cluster_belongs_to_an_existing_account(postgres: EmbeddedPostgres) -> None:
    assert postgres.account is not None
    assert postgres.data.stat().st_uid == postgres.account.uid != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run PostgreSQL as someone else")
def test_below_a_closed_folder_root_keeps_the_cluster_elsewhere(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    server = EmbeddedPostgres(tmp_path / "postgres", durable=False)
    try:
        server.start()
        assert server.folder.parent == Path("/var/tmp")
        server.stop()
        again = EmbeddedPostgres(tmp_path / "postgres", durable=False)
        again.start()
        again.stop()
        assert again.folder == server.folder
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


def test_a_killed_valkey_comes_back_on_its_port_with_its_messages(folder: Path) -> None:
    server = EmbeddedValkey(folder / "valkey")
    server.start()
    try:
        with redis.Redis.from_url(server.url) as client:
            client.rpush("queue", "job 1")
            client.execute_command("WAITAOF", 1, 0, 5000)
        port = server.port
        kill(server)
        server.log.chmod(0o644)
        server.start()
        assert server.port == port
        with redis.Redis.from_url(server.url) as client:
            assert client.lrange("queue", 0, -1) == [b"job 1"]
        # Messages and log are for this account alone, also those an earlier release left open.
        kept = [found for found in server.folder.rglob("*") if found.is_file()]
        assert {found.stat().st_mode & 0o077 for found in kept} == {0}
        assert {"valkey.log", "password"} <= {found.name for found in kept}
        assert any("appendonly" in found.name for found in kept)
    finally:
        server.stop()


def test_valkey_refuses_who_has_no_password(folder: Path) -> None:
    server = EmbeddedValkey(folder / "closed-valkey", durable=False)
    server.start()
    try:
        once = Retry(NoBackoff(), 0)
        stranger = redis.Redis(host=processes.LOOPBACK, port=server.port, retry=once)
        with stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
    finally:
        server.stop()


def test_a_big_log_is_turned_over_once(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * (processes.LOG_LIMIT_BYTES + 1))
    processes.turn_over(log)
    assert not log.exists()
    assert (tmp_path / "web.old.log").exists()


def test_a_child_ends_with_its_parent() -> None:
    """The supervisor's promise rests on this: a child of a killed process gets a signal."""
    script = (
        "import signal, subprocess, sys\n"
        "from bureau.processes import die_with_parent\n"
        "child = subprocess.Popen(['sleep', '60'], preexec_fn=die_with_parent(signal.SIGTERM))\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=root,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        grandchild = int(parent.stdout.readline())
        parent.kill()
    wait_until("the grandchild ended", lambda: not is_running(grandchild), patience=10)
