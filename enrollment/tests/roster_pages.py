"""Staff and answers for tests of the roster pages: two counties, each with its people."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bureau.core import jobs
from bureau.core.choices import JobState, Role
from bureau.core.models import ApprovalRequest, Area, Job, Staff
from bureau.core.tests import factories
from enrollment.models import RosterBatch, RosterFile
from enrollment.tests import rosters

#: The other county of the tests.
ZHUANGHE = "210283"


def member(username: str, role: Role, area: Area, **fields: Any) -> Staff:
    """A member of staff who signs in without a second factor."""
    return factories.staff(username, (role, area), is_demonstration=True, **fields)


def signed_in(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend="bureau.core.sign_in.StaffBackend")
    return client


def upload(name: str = "瓦房店市2019年新农合.csv", people: int = 45) -> SimpleUploadedFile:
    """A faulty rural roster of Wafangdian in GB 18030, with a total below."""
    rows = [*rosters.lines(range(people)), ["合计", "", "", "", "", "", "", "", str(people * 250)]]
    return SimpleUploadedFile(name, rosters.csv_of(rows))


def answers(area: Area, *files: SimpleUploadedFile, **more: str) -> dict[str, Any]:
    """The first form filled in."""
    sent = {"area": area.code, "scheme": "NCMS", "year": "2019", "uploads": list(files)}
    return sent | more


def sent_back(form: Any) -> dict[str, str]:
    """A form's own values, as a browser sends them unchanged."""
    values = {name: form[name].value() for name in form.fields}
    return {name: "on" if value is True else value for name, value in values.items() if value}


def show_in_full(client: Client, batch: RosterBatch) -> None:
    """The reader says for what the rows of the roster are needed in full."""
    answer = client.post(
        f"/rosters/{batch.pk}/reveal/", {"purpose": "CORRECT", "detail": "户口簿", "next": "/"}
    )
    assert answer.status_code == 302


def do_jobs() -> None:
    """Every job that waits is done."""
    while job := Job.objects.filter(state=JobState.QUEUED).order_by("pk").first():
        done = jobs.run_until_done(job.pk)
        assert done.state == JobState.DONE, done.last_error


def confirm_columns(client: Client, batch: RosterBatch) -> None:
    """The proposed columns of the first open file, and of all like it, are confirmed."""
    file = RosterFile.objects.filter(batch=batch, withdrawn=False, layout_confirmed=False).first()
    assert file is not None
    url = f"/rosters/{batch.pk}/files/{file.pk}/layout/"
    shown = client.get(url).context
    values = sent_back(shown["form"]) | {"apply_to_alike": "1", "version": shown["version"]}
    assert client.post(url, values).status_code == 302


def approve(client: Client) -> None:
    """The only request is approved and done."""
    request = ApprovalRequest.objects.get()
    client.post(f"/todo/{request.pk}/decide/", {"decision": "approve"})
    do_jobs()
