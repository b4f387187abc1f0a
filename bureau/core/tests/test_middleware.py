"""Health, reports of browsers, languages, and answers while the database is away."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from bureau.core import demo_staff, health, middleware, reference, views
from bureau.core.choices import Role
from bureau.core.models import Area, CodeValue, RoleGrant, Staff
from bureau.core.tests.factories import county, staff

pytestmark = pytest.mark.django_db


def test_health_asks_for_no_sign_in():
    assert Client().get("/live").status_code == 200
    answer = Client().get("/ready")
    assert answer.json() == {"database": True, "migrations": True, "disk": True}


def test_live_asks_the_database_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert Client().get("/live").status_code == 200


def test_not_ready_without_room_on_the_disk(monkeypatch):
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 10**18)
    assert Client().get("/ready").status_code == 503


def test_reports_of_blocked_content_are_measured_out(monkeypatch, caplog):
    monkeypatch.setattr(views, "_reports", views._Meter(2))
    report = {"csp-report": {"document-uri": "/people/?q=210281199001011234"}}

    def send(body):
        return Client().post("/csp-report", body, "application/csp-report").status_code

    assert send(json.dumps(report)) == 204
    assert send("no json") == 400
    assert send(json.dumps(report)) == 429
    assert send("x" * 9000) == 413
    assert "210281199001011234" not in caplog.text


def test_while_the_database_is_away_the_answer_says_so_in_both_languages(monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(middleware.sign_in, "step_before_work", away)
    client = Client(raise_request_exception=False)
    client.force_login(staff("wang", (Role.CLERK, county())))
    answer = client.get("/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    text = answer.content.decode()
    assert "数据库" in text
    assert "database" in text


@pytest.mark.parametrize("state", ["55P03", "57014", "40P01"])
def test_a_database_that_gave_up_on_one_act_is_not_called_away(monkeypatch, state):
    def gave_up(*args, **kwargs):
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING errcode = '{state}'; END $$")

    monkeypatch.setattr(middleware.sign_in, "step_before_work", gave_up)
    client = Client(raise_request_exception=False)
    client.force_login(staff("wang", (Role.CLERK, county())))
    with transaction.atomic():
        answer = client.get("/", headers={"Accept-Language": "en"})
        transaction.set_rollback(True)
    assert answer.status_code == 503
    text = answer.content.decode()
    assert "nothing was changed" in text
    assert "cannot reach its database" not in text


@pytest.mark.parametrize(
    ("chosen", "cookie", "header", "language"),
    [
        ("en", "zh-hans", "zh-CN", "en"),
        ("", "en", "zh-CN", "en"),
        ("", "fr", "en-GB,en;q=0.9", "en"),
        ("", "", "fr-FR,zh;q=0.5", "zh-hans"),
        ("", "", "fr", "zh-hans"),
        ("", "../../etc", "x" * 5000, "zh-hans"),
    ],
)
def test_languages(rf, chosen, cookie, header, language):
    request = rf.get("/", HTTP_ACCEPT_LANGUAGE=header)
    request.user = Staff(language=chosen)
    request.COOKIES["language"] = cookie
    assert middleware.StaffLanguage.language_of(request) == language


class Body(io.BytesIO):
    """A body that knows whether somebody has read it."""

    was_read = False

    def read(self, *_size: int) -> bytes:
        self.was_read = True
        return b""


def large(client: Client, url: str, megabytes: int):
    """The answer to a form of many megabytes, and whether its body was read."""
    body = Body()
    answer = client.generic(
        "POST",
        url,
        CONTENT_TYPE="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(megabytes * 1024 * 1024),
        **{"wsgi.input": body},
    )
    return answer, body.was_read


def test_only_who_may_send_files_sends_more_than_a_form(settings):
    settings.DEMO = True
    for url in ("/sign-in/", "/language/"):
        answer, was_read = large(Client(), url, 3)
        assert (answer.status_code, was_read) == (413, False)
    answer, was_read = large(Client(), "/rosters/new/", 3)
    assert (answer.headers["Location"], was_read) == ("/sign-in/", False)
    clients = {role: Client() for role in (Role.VIEWER, Role.CLERK)}
    for role, client in clients.items():
        client.force_login(staff(role, (role, county()), is_demonstration=True))
    refused = [(Role.VIEWER, "/rosters/new/", 3), (Role.CLERK, "/people/", 3)]
    for role, url, megabytes in [*refused, (Role.CLERK, "/rosters/new/", 1025)]:
        answer, was_read = large(clients[role], url, megabytes)
        assert (answer.status_code, was_read) == (413, False)
    answer, was_read = large(clients[Role.CLERK], "/rosters/new/", 3)
    assert (answer.status_code, was_read) == (422, True)


def test_ten_thousand_fields_are_refused(settings):
    settings.DEMO = True
    client = Client()
    client.force_login(staff("wang", (Role.CLERK, county()), is_demonstration=True))
    fields = {f"f{number}": "1" for number in range(10_000)}
    assert client.post("/rosters/new/", fields).status_code == 400
    assert client.post("/people/", fields).status_code == 400


def test_a_route_outside_the_matrix_is_closed(monkeypatch):
    client = Client()
    client.force_login(staff("wang", (Role.CLERK, county())))
    monkeypatch.setattr(middleware.access.Matrix, "entry_for", lambda self, route: None)
    assert client.get(reverse("portal:home")).status_code == 403


# ---- Reference and the demonstration's accounts


def test_reference_is_added_once_and_never_overwritten():
    first = reference.load_areas()
    assert first.added == Area.objects.count() > 150
    assert Area.objects.get(code="210281").path == "210200/210281/"
    assert Area.objects.filter(is_pooling_area=True).count() == 9
    Area.objects.filter(code="210281").update(name="改名市", name_en="")
    again = reference.load_areas()
    assert (again.added, again.completed) == (0, 1)
    changed = Area.objects.get(code="210281")
    assert (changed.name, changed.name_en) == ("改名市", "Wafangdian City")
    assert reference.load_codes().added == CodeValue.objects.count() > 100
    assert reference.load_codes().added == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code,name\n1,x\n", "parent_code"),
        ("code,name,parent_code,level\n12,x,,CITY\n", "line 2, column code: '12'"),
        ("code,name,parent_code,level\n210200,x,,TOWNSHIP\n", "column level: 'TOWNSHIP'"),
        ("code,name,parent_code,level\n210281,x,9,COUNTY\n", "column parent_code: '9'"),
    ],
)
def test_a_wrong_file_names_row_column_value(tmp_path, text, said):
    file = tmp_path / "areas.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=said):
        call_command("load_reference", areas=file)
    assert not Area.objects.exists()


def test_demonstration_staff_have_every_role_and_are_made_once(settings, capsys):
    settings.DEMO = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    reference.load_areas()
    call_command("make_demo_staff")
    count, grants = Staff.objects.count(), RoleGrant.objects.count()
    call_command("make_demo_staff")
    assert (Staff.objects.count(), RoleGrant.objects.count()) == (count, grants)
    assert set(RoleGrant.objects.values_list("role", flat=True)) == set(Role.values)
    assert all(member.is_demonstration for member in Staff.objects.all())
    assert demo_staff.PASSWORD in capsys.readouterr().out


def test_outside_the_demonstration_no_such_account_is_made():
    reference.load_areas()
    with pytest.raises(CommandError, match="BUREAU_DEMO"):
        call_command("make_demo_staff")
    assert not Staff.objects.exists()


def test_the_first_administrator_is_made_once_and_must_change_the_password(capsys):
    reference.load_areas()
    given = ["SECURITY_ADMINISTRATOR", "guo", "郭宁", "N1"]
    call_command("make_administrator", *given)
    made = Staff.objects.get(username="guo")
    assert made.password_changed_at is None
    assert made.check_password(capsys.readouterr().out.strip().rsplit(" ", 1)[1])
    with pytest.raises(CommandError, match="already"):
        call_command("make_administrator", "SECURITY_ADMINISTRATOR", "li", "李", "N2")
