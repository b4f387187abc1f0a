"""People who stand in one roster: nothing of them is in a log, a message, a job or an address."""

import html
import http.client
import re
import threading
import uuid
from pathlib import Path
from urllib.parse import urlencode

import pytest
import redis
from django.db import IntegrityError, connection
from django.test import Client
from psycopg import sql

from bureau.core import approvals, clock, jobs
from bureau.core.actors import Actor
from bureau.core.choices import JobState, Role
from bureau.core.integrity import describe
from bureau.core.models import Area, Job
from bureau.core.tests import factories
from bureau.processes import LOOPBACK
from bureau.testing import faults
from enrollment.models import PersonIdentifier, RosterBatch
from enrollment.services import roster_jobs
from enrollment.services import rosters as services
from enrollment.tests import rosters
from enrollment.tests.faults import imports

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

#: What is kept of acts, and must hold no value of a person.
TABLES = (
    "core_job", "core_joblog", "core_auditevent", "core_accesslog", "core_dataexport",
    "core_approvalrequest", "core_signinfailure", "core_storedfile", "core_savedfilter",
    "core_listsetting",
)  # fmt: skip


class Reader:
    """A browser without a window: keeps its cookies and every address it was led to."""

    def __init__(self, web: faults.Web, cookie: str) -> None:
        self.web, self.cookies, self.addresses = web, dict([cookie.split("=", 1)]), []

    def ask(self, verb, path, body=None, kind="application/x-www-form-urlencoded"):
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Content-Type": kind,
            "X-CSRFToken": self.cookies.get("csrf", ""),
        }
        self.addresses.append(path)
        line = http.client.HTTPConnection(LOOPBACK, self.web.port, timeout=60)
        line.request(verb, path, body, headers)
        answer = line.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _is, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        self.addresses.append(answer.headers.get("Location", ""))
        self.addresses += re.findall(r'href="([^"]*)"', html.unescape(text))
        line.close()
        return answer, text

    def send(self, path, **fields):
        answer, text = self.ask("POST", path, urlencode(fields).encode())
        assert answer.status == 302, (path, answer.status, text[:1500])
        return self.ask("GET", answer.headers["Location"])[1]

    def upload(self, content):
        _answer, form = self.ask("GET", "/rosters/new/")
        token = re.search(r'name="form_token" value="([^"]+)"', form).group(1)
        fields = {"form_token": token, "area": "210281", "scheme": "NCMS", "year": "2019"}
        edge = uuid.uuid4().hex
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        file = 'Content-Disposition: form-data; name="uploads"; filename="r.csv"\r\n'
        head = "".join([*parts, f"--{edge}\r\n{file}Content-Type: text/csv\r\n\r\n"])
        body = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
        answer, text = self.ask(
            "POST", "/rosters/new/", body, f"multipart/form-data; boundary={edge}"
        )
        assert answer.status == 302, text[:1500]


def canaries():
    """People with names, numbers and telephones that occur nowhere else; some rows have faults."""
    people = [rosters.person(index) for index in range(40)]
    for place, cells in enumerate(people):
        cells["姓名"] = f"鹤{chr(0x9000 + place)}穿堂"
        cells["电话"] = f"1390077{place:04}"
    rows = rosters.lines(
        range(40), change=lambda _cells, n: rosters.with_usual_faults(people[n], n)
    )
    values = {cells[heading] for cells in people for heading in ("姓名", "身份证号", "电话")}
    return rosters.csv_of(rows), people, values


def writings(value):
    """As it stands in UTF-8, in the county's encoding, and escaped in JSON."""
    escaped = value.encode("unicode_escape")
    return {value.encode(), value.encode("gb18030"), escaped, escaped.upper()}


def log_of_database():
    """Where the tests' server writes what it has to say."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('data_directory')")
        return Path(cursor.fetchone()[0]).parent / "postgresql.log"


def refuse_a_row():
    """A mistake of the code makes the database refuse a row, and both tell of it."""
    one = PersonIdentifier.objects.filter(kind="RESIDENT_ID").first()
    one.pk = None
    with pytest.raises(IntegrityError) as refusal:
        one.save(force_insert=True)
    assert one.number not in describe(refusal.value)


def done(many, what):
    """So many jobs have been done, and none has failed."""
    unfinished = []

    def are_done():
        connection.close()
        jobs.sweep()
        unfinished[:] = Job.objects.exclude(state=JobState.DONE).values_list(
            "kind", "state", "attempts", "fence", "last_error"
        )
        assert not [job for job in unfinished if job[1] == JobState.FAILED], unfinished
        return Job.objects.filter(state=JobState.DONE).count() >= many

    try:
        faults.wait_until(are_done, 90, what)
    except AssertionError as late:
        raise AssertionError(f"{late}: {unfinished}") from None


def bring_in(reader, clerk, content):
    """The roster goes onto the roll, its jobs done by the worker."""
    reader.upload(content)
    done(1, "the file is looked at")
    batch = RosterBatch.objects.get()
    imports.lay_out(batch)
    rosters.ask(roster_jobs.CHECK, batch)
    done(2, "the rows are checked")
    batch.refresh_from_db()
    second = factories.staff("second", (Role.REVIEWER, batch.area), is_demonstration=True)
    asked = services.confirm_roster(
        batch=batch, reason="核对无误", at=clock.now(), by=clerk, actor=Actor.of(clerk)
    )
    approvals.decide(asked.pk, approve=True, note="", by=second, at=clock.now())
    done(3, "the rows are applied")


def look_around(reader, one):
    """The person is searched for, opened, shown in full, and taken as a file."""
    for word in (one["姓名"], one["身份证号"], one["电话"], one["身份证号"][-6:]):
        found = reader.send("/people/", _act="query", word=word)
    file = re.search(r'href="(/people/\d+/)"', found).group(1)
    assert one["姓名"] in reader.ask("GET", file)[1], "the file bears the name"
    shown = reader.ask("POST", f"{file}reveal/", urlencode({"reason": "核对身份"}).encode())
    assert one["身份证号"] in shown[1], "the canaries are there to be found"
    already = Job.objects.filter(state=JobState.DONE).count()
    reader.send("/people/", _act="export", format="csv")
    done(already + 1, "the file is made")
    wrong = urlencode({"login": one["姓名"], "password": one["身份证号"]}).encode()
    Reader(reader.web, "language=en").ask("POST", "/sign-in/", wrong)


def test_nothing_of_anybody_is_in_logs_messages_jobs_or_addresses(tmp_path, broker, settings):
    settings.DEMO = True
    content, people, values = canaries()
    clerk = factories.staff(
        "clerk", (Role.CLERK, Area.objects.get(code="210281")), is_demonstration=True
    )
    client = Client()
    client.force_login(clerk, backend="bureau.core.sign_in.StaffBackend")
    log = log_of_database()
    before = log.stat().st_size
    said = Said(broker.url)
    with (
        said,
        faults.Web(tmp_path / "web.log", processes=1) as web,
        faults.Worker(tmp_path / "worker.log"),
    ):
        reader = Reader(web, f"sid={client.cookies['sid'].value}")
        bring_in(reader, clerk, content)
        look_around(reader, people[1])
        refuse_a_row()
    places = {
        "web": (tmp_path / "web.log").read_bytes(),
        "worker": (tmp_path / "worker.log").read_bytes(),
        "database": log.read_bytes()[before:],
        "broker": broker.log.read_bytes(),
        "messages": b"\n".join(said.commands),
        "addresses": "\n".join(reader.addresses).encode(),
    }
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                sql.SQL("SELECT to_jsonb(t)::text FROM {} t").format(sql.Identifier(table))
            )
            places[table] = "\n".join(text for (text,) in cursor.fetchall()).encode()
    assert b"duplicate key" in places["database"], "the refusal is told, without its values"
    assert len(places["messages"]) > 500
    assert len(places["core_accesslog"]) > 500
    found_in = {
        name: sorted(value for value in values if any(w in content for w in writings(value)))[:5]
        for name, content in places.items()
    }
    assert {name: found for name, found in found_in.items() if found} == {}


class Said:
    """Everything that anybody says to the broker, while it lasts."""

    END = "nobody says any more"

    def __init__(self, url):
        self.commands, self.client = [], redis.Redis.from_url(url, socket_timeout=None)

    def __enter__(self):
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_exception):
        # What was said last has been heard when this comes back.
        faults.wait_until(self.has_heard, 30, "everything is heard")

    def has_heard(self):
        self.client.echo(self.END)
        return any(self.END.encode() in command for command in self.commands[-20:])

    def listen(self):
        with self.client.monitor() as monitor:
            for command in monitor.listen():
                self.commands.append(str(command["command"]).encode())
                if self.END.encode() in self.commands[-1]:
                    return
