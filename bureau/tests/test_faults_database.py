"""The web server while its database dies and comes back, again and again."""

import shutil
import tempfile
import threading
import time
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

import pytest

from bureau.database import WEB_ROLE
from bureau.embedded import EmbeddedPostgres
from bureau.testing import faults

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

#: Pages come again within this time after the database is back, in seconds.
READY_WITHIN = 60
MAKE_READY = """
from django.core.management import call_command
from django.test import Client
from bureau.core.choices import Role
from bureau.core.tests import factories
call_command("migrate", verbosity=0)
clerk = factories.staff(
    "clerk", (Role.CLERK, factories.county()), is_demonstration=True, password=None
)
client = Client()
client.force_login(clerk, backend="bureau.core.sign_in.StaffBackend")
print("sid=" + client.cookies["sid"].value)
"""


@pytest.fixture
def database_server():
    folder = Path(tempfile.mkdtemp(prefix="bureau-test-"))
    folder.chmod(0o711)
    server = EmbeddedPostgres(folder / "postgres")
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


class Reader:
    """Opens pages one after the other, all the time, and keeps what came of it."""

    def __init__(self, web, headers):
        self.answers, self.web, self.headers = [], web, headers
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.read, daemon=True)

    def read(self):
        while not self.over.wait(0.05):
            with suppress(OSError, HTTPException):
                self.answers.append(self.web.request("GET", "/jobs/", headers=self.headers))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_exception):
        self.over.set()
        self.thread.join(90)


def test_while_the_database_is_killed_pages_say_when_to_come_back(
    tmp_path, database_server, pytestconfig
):
    """All of its processes end: people who read get 503 with a time, and never a trace."""
    server = database_server
    server.make_role(WEB_ROLE)
    house = {
        "BUREAU_DATABASE_URL": server.create_database("bureau"),
        "BUREAU_VAR": str(tmp_path / "var"),
    }
    cookie = faults.run_python(MAKE_READY, variables=house).splitlines()[-1]
    log = tmp_path / "web.log"
    of_web = house | {"BUREAU_DATABASE_URL": server.url("bureau", WEB_ROLE)}
    with faults.Web(log, processes=2, threads=8, variables=of_web) as web:

        def comes():
            with suppress(OSError, HTTPException):
                return web.request("GET", "/jobs/", headers={"Cookie": cookie}).status == 200
            return False

        faults.wait_until(comes, 60, "pages come")
        for _kill in range(pytestconfig.getoption("--fault-seeds")):
            with Reader(web, {"Cookie": cookie}) as reader:
                time.sleep(0.5)
                faults.kill_all_of(server)
                faults.wait_until(
                    lambda seen=reader: seen.answers[-1].status == 503, 30, "somebody is told"
                )
                ready = web.request("GET", "/ready")
                assert (ready.status, web.request("GET", "/live").status) == (503, 200)
                server.start()
                took = faults.wait_until(comes, READY_WITHIN, "pages come again")
                assert took < READY_WITHIN
                faults.wait_until(
                    lambda: web.request("GET", "/ready").status == 200, READY_WITHIN, "ready"
                )
            assert {answer.status for answer in reader.answers} == {200, 503}
            for answer in reader.answers:
                assert "Traceback" not in answer.text
                assert answer.status == 200 or answer.headers["Retry-After"] == "10"
    assert "Traceback" not in log.read_text("utf-8", "replace")
    faults.manage("check_invariants", variables=house)
