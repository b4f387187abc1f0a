"""Rosters through the maintenance pages: preview, confirmation, and the one pipeline behind."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bureau.core.choices import Role
from bureau.core.models import Area, Job
from bureau.core.tests import factories
from bureau.intake.choices import BatchState, Channel
from enrollment.models import RosterBatch
from enrollment.tests import rosters
from enrollment.tests.roster_pages import confirm_columns, do_jobs, member, signed_in, upload

pytestmark = pytest.mark.django_db(transaction=True)

ADMIN = "/maintenance/enrollment/rosterbatch/"


@pytest.fixture(autouse=True)
def _demonstration(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def county(transactional_db: None) -> Area:
    return factories.county()


@pytest.fixture
def administrator(county: Area) -> Client:
    staff = member("system", Role.SYSTEM_ADMINISTRATOR, factories.city(), is_staff=True)
    return signed_in(staff)


def preview(client: Client, county: Area, file: SimpleUploadedFile) -> Any:
    form = {
        "import_file": file,
        "format": "0",
        "resource": "0",
        "area": str(county.pk),
        "scheme": "NCMS",
        "year": "2019",
    }
    return client.post(f"{ADMIN}import/", form)


def confirm(client: Client, shown: Any) -> Any:
    form = shown.context["confirm_form"]
    values = {name: str(form[name].value() or "") for name in form.fields}
    return client.post(f"{ADMIN}process_import/", values, follow=True)


def test_a_roster_is_previewed_confirmed_and_goes_on_in_the_import_centre(
    administrator: Client, county: Area, settings: Any
) -> None:
    shown = preview(administrator, county, upload())
    text = shown.content.decode()
    assert rosters.person(0)["身份证号"] not in text
    assert "2102**********" in text
    assert not RosterBatch.objects.exists()
    answer = confirm(administrator, shown)
    batch = RosterBatch.objects.get()
    assert str(batch.pk) in answer.content.decode()
    assert (batch.channel, batch.area, batch.year) == (Channel.MAINTENANCE, county, 2019)
    assert not list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("maintenance-*"))
    assert Job.objects.get().kind == "enrollment.look_at_roster"
    do_jobs()
    clerk = signed_in(member("clerk", Role.CLERK, county))
    confirm_columns(clerk, batch)
    clerk.post(f"/rosters/{batch.pk}/start/")
    do_jobs()
    batch.refresh_from_db()
    assert batch.state == BatchState.CHECKED


def test_a_second_confirmation_and_known_content_are_refused(
    administrator: Client, county: Area
) -> None:
    shown = preview(administrator, county, upload())
    confirm(administrator, shown)
    confirm(administrator, shown)
    confirm(administrator, preview(administrator, county, upload("again.csv")))
    assert RosterBatch.objects.count() == 1


def test_a_file_that_is_no_table_says_why(administrator: Client, county: Area) -> None:
    picture = SimpleUploadedFile("photo.csv", b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    shown = preview(administrator, county, picture)
    assert "PNG" in shown.content.decode()
    assert "confirm_form" not in shown.context


def test_a_name_from_outside_opens_no_other_file(administrator: Client, county: Area) -> None:
    values = {
        "import_file_name": "../../secret_key",
        "original_file_name": "x.csv",
        "format": "0",
        "area": str(county.pk),
        "scheme": "NCMS",
        "year": "2019",
    }
    administrator.post(f"{ADMIN}process_import/", values)
    assert not RosterBatch.objects.exists()


@pytest.mark.parametrize("role", [Role.SECURITY_ADMINISTRATOR, Role.AUDITOR, Role.CLERK])
def test_nobody_else_hands_in_rosters_here(county: Area, role: Role) -> None:
    client = signed_in(member("someone", role, factories.city(), is_staff=True))
    assert client.get(f"{ADMIN}import/").status_code == 403
    assert client.get(ADMIN).status_code == 403


def test_the_template_is_offered_here_too(administrator: Client) -> None:
    assert administrator.get(f"{ADMIN}template/").content.startswith(b"PK")
    assert administrator.get(ADMIN).status_code == 200
