"""A web server killed while a roster is uploaded: no effect or one, and no rest on the disk."""

import datetime
import re
import socket
import time
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client

from bureau.core import clock, files
from bureau.core.choices import Role
from bureau.core.models import Area, Job, StoredFile
from bureau.core.tests import factories
from bureau.processes import LOOPBACK
from bureau.testing import faults
from enrollment.models import RosterBatch, RosterFile
from enrollment.tests import rosters

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

BOUNDARY = "one-part-ends-here"
#: Large enough to arrive in many pieces.
CONTENT = rosters.csv_of(rosters.lines(range(900)) * 40)


@pytest.fixture
def new_web(tmp_path):
    started = []

    def start():
        started.append(faults.Web(tmp_path / "web.log"))
        return started[-1]

    yield start
    for web in started:
        web.kill()


@pytest.fixture
def clerk(settings):
    settings.DEMO = True
    county = Area.objects.get(code="210281")
    return factories.staff("clerk", (Role.CLERK, county), is_demonstration=True)


class Form:
    """The form of a new roster as the clerk's browser has it: it may be sent more than once."""

    def __init__(self, web, clerk):
        client = Client()
        client.force_login(clerk, backend="bureau.core.sign_in.StaffBackend")
        session = client.cookies["sid"].value
        shown = web.request("GET", "/rosters/new/", headers={"Cookie": f"sid={session}"})
        assert shown.status == 200, shown.text[:500]
        cookies = ";".join(shown.headers.get_all("Set-Cookie", []))
        csrf = re.search(r"csrf=([^;]+)", cookies).group(1)
        fields = {
            name: re.search(f'name="{name}" value="([^"]+)"', shown.text).group(1)
            for name in ("csrfmiddlewaretoken", "form_token")
        }
        fields |= {
            "area": "210281",
            "scheme": "NCMS",
            "year": "2019",
        }
        lines = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        file = 'Content-Disposition: form-data; name="uploads"; filename="r.csv"\r\n'
        lines.append(f"--{BOUNDARY}\r\n{file}Content-Type: text/csv\r\n\r\n")
        self.body = "".join(lines).encode() + CONTENT + f"\r\n--{BOUNDARY}--\r\n".encode()
        self.headers = {
            "Cookie": f"sid={session}; csrf={csrf}",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Content-Length": str(len(self.body)),
        }

    def send(self, web):
        answer = web.request("POST", "/rosters/new/", self.body, self.headers)
        assert answer.status in (302, 303), (answer.status, answer.text[:2000])
        return answer.headers["Location"]

    def send_part(self, web, share):
        """The beginning of the form, on a connection that stays open."""
        line = socket.create_connection((LOOPBACK, web.port), 10)
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        line.sendall(f"POST /rosters/new/ HTTP/1.1\r\nHost: {LOOPBACK}\r\n{head}\r\n".encode())
        line.sendall(self.body[: int(len(self.body) * share)])
        return line


def rests():
    """Files of uploads on the disk."""
    folders = (django_settings.MEDIA_ROOT / "kept" / "roster", django_settings.FILE_UPLOAD_TEMP_DIR)
    return {path for folder in folders for path in Path(folder).rglob("*") if path.is_file()}


@pytest.mark.parametrize("killed", ["line", "server"])
def test_an_upload_cut_in_the_middle_and_sent_again_is_one_roster(new_web, clerk, killed):
    before = rests()
    web = new_web()
    form = Form(web, clerk)
    line = form.send_part(web, 0.6)
    faults.wait_until(lambda: rests() - before or killed == "line", 30, "the beginning arrives")
    if killed == "server":
        web.kill()
        line.close()
        web = new_web()
    else:
        line.close()
        time.sleep(0.5)
    assert not RosterBatch.objects.exists()
    assert not StoredFile.objects.exists()
    address = form.send(web)
    assert form.send(web) == address
    batch = RosterBatch.objects.get()
    assert address.endswith(f"/{batch.pk}/")
    stored = RosterFile.objects.get().stored
    assert (stored.size, files.is_whole(stored)) == (len(CONTENT), True)
    assert Job.objects.filter(key=str(batch.pk)).count() == 1
    files.purge_orphans(at=clock.now() + datetime.timedelta(hours=25))
    assert rests() - before == {files.path_of(stored)}


def test_a_server_killed_between_file_and_answer_is_asked_again(new_web, clerk):
    """The answer is lost, the work may be done: the same form comes to the same one roster."""
    web = new_web()
    form = Form(web, clerk)
    line = form.send_part(web, 1)
    faults.wait_until(lambda: rests() or RosterBatch.objects.exists(), 60, "some work")
    web.kill()
    line.close()
    web = new_web()
    try:
        form.send(web)
    except AssertionError:
        # The first sending came through but for its answer: its content is known, not doubled.
        assert RosterFile.objects.filter(withdrawn=False).count() == 1
    assert RosterBatch.objects.count() == 1
    assert RosterFile.objects.filter(withdrawn=False).count() == 1
