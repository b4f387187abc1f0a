"""Maintenance pages: who may open them, and reference data in and out of files."""

import io

import openpyxl
import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from bureau.core import maintenance, sessions
from bureau.core.choices import Role
from bureau.core.models import Area, AuditEvent, CodeTable, RoleGrant, Staff
from bureau.core.tests.factories import PASSWORD, city, county, staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _demonstration(settings):
    """Accounts of the demonstration need no second factor, which other tests look at."""
    settings.DEMO = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def client_of(role: Role, username: str = "", *, is_staff: bool = True) -> Client:
    client = Client()
    client.force_login(
        staff(username or role.lower(), (role, city()), is_staff=is_staff, is_demonstration=True)
    )
    return client


def upload(client: Client, url: str, header: list[str], *rows: list[object], confirm: bool = True):
    """Preview and, unless told otherwise, confirm; returns the last answer."""
    book = openpyxl.Workbook()
    for row in (header, *rows):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    stream.seek(0)
    stream.name = "file.xlsx"
    preview = client.post(url, {"import_file": stream, "format": "0", "resource": "0"})
    form = preview.context.get("confirm_form") if preview.context else None
    if form is None or not confirm:
        return preview
    values = {name: form.initial.get(name) for name in form.fields}
    values = {name: value for name, value in values.items() if value is not None}
    return client.post(url.replace("/import/", "/process_import/"), values, follow=True)


def test_only_models_of_the_bureau_have_a_page_and_each_page_asks_for_roles():
    assert isinstance(admin.site, maintenance.MaintenanceSite) or (
        admin.site._wrapped.__class__ is maintenance.MaintenanceSite
    )
    for model, page in admin.site._registry.items():
        assert model.__module__.split(".")[0] in maintenance.PACKAGES
        assert isinstance(page, maintenance.RoleAdmin), model
        assert page.readers or page.writers, model


@pytest.mark.parametrize("role", sorted(set(Role) - set(maintenance.ADMINISTRATORS)))
def test_other_roles_get_nothing_even_as_superuser(role):
    client = Client()
    client.force_login(
        staff("root", (role, city()), is_staff=True, is_superuser=True, is_demonstration=True)
    )
    for name in ("index", "core_area_changelist", "core_staff_changelist"):
        assert client.get(reverse(f"admin:{name}")).status_code == 403


def test_a_role_without_the_mark_for_these_pages_is_not_enough():
    client = client_of(Role.SYSTEM_ADMINISTRATOR, is_staff=False)
    assert client.get(reverse("admin:core_area_changelist"), follow=True).status_code == 403


POWERS = {
    Role.SYSTEM_ADMINISTRATOR: {"area", "codetable", "codevalue", "job"},
    Role.SECURITY_ADMINISTRATOR: {
        "staff", "rolegrant", "powerwish", "auditevent", "staffsession", "signinfailure",
    },
    Role.AUDITOR: {
        "rolegrant", "powerwish", "auditevent", "accesslog", "approvalrequest", "signinfailure",
    },
}  # fmt: skip


@pytest.mark.parametrize("role", sorted(POWERS))
def test_each_power_has_its_own_pages(role):
    client = client_of(role)
    pages = {m._meta.model_name for m in admin.site._registry if m._meta.app_label == "core"}
    opened = {
        page
        for page in pages
        if client.get(reverse(f"admin:core_{page}_changelist")).status_code == 200
    }
    assert opened == POWERS[role]
    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize(
    ("page", "lookup"),
    [
        ("staffsession", "session_key__startswith"),
        ("staff", "password__startswith"),
        ("staff", "is_superuser__exact"),
        ("rolegrant", "staff__password__startswith"),
        ("signinfailure", "device__gt"),
    ],
)
def test_a_list_is_narrowed_by_its_filters_alone(page, lookup):
    client = client_of(Role.SECURITY_ADMINISTRATOR)
    url = reverse(f"admin:core_{page}_changelist")
    assert client.get(url, {lookup: "a"}).status_code == 400


def test_the_filters_of_a_list_and_its_search_still_work():
    client = client_of(Role.SECURITY_ADMINISTRATOR)
    url = reverse("admin:core_staff_changelist")
    assert "security_administrator" in client.get(url, {"is_active__exact": "1"}).content.decode()
    assert client.get(reverse("admin:core_staffsession_changelist"), {"q": "x"}).status_code == 200
    client = client_of(Role.SYSTEM_ADMINISTRATOR)
    url = reverse("admin:core_codevalue_changelist")
    assert client.get(url, {"table__id__exact": "1"}).status_code == 200


def test_the_auditor_changes_nothing():
    client = client_of(Role.AUDITOR)
    grant = RoleGrant.objects.get()
    url = reverse("admin:core_rolegrant_change", args=[grant.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"role": "DIRECTOR"}).status_code == 403
    assert client.get(reverse("admin:core_rolegrant_add")).status_code == 403
    event = AuditEvent.objects.first()
    assert event is not None
    assert client.post(reverse("admin:core_auditevent_change", args=[event.pk])).status_code == 405


def test_the_way_in_is_the_portals_own():
    assert Client().get(reverse("admin:index")).url.startswith(reverse("account_login"))
    assert Client().get(reverse("admin:login")).url.startswith(reverse("account_login"))


def test_the_template_has_the_columns_in_the_readers_language():
    client = client_of(Role.SYSTEM_ADMINISTRATOR)
    answer = client.get(reverse("admin:core_area_template"), HTTP_ACCEPT_LANGUAGE="en")
    header = [cell.value for cell in openpyxl.load_workbook(io.BytesIO(answer.content)).active[1]]
    assert header[:3] == ["code", "name", "English name"]


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-demo.txt"])
def test_every_installation_has_what_reads_and_writes_xlsx(lock, settings):
    """tablib names it as an option only, so nothing else would bring it in."""
    assert "openpyxl" in {
        line.partition("==")[0] for line in (settings.BASE_DIR / lock).read_text().splitlines()
    }


def test_areas_come_in_with_preview_and_stand_in_the_audit_trail():
    county()
    client = client_of(Role.SYSTEM_ADMINISTRATOR)
    url = reverse("admin:core_area_import")
    header = ["code", "name", "level", "parent"]
    row = ["210281001", "共济街道", "TOWN", "210281"]
    preview = upload(client, url, header, row, confirm=False)
    assert preview.status_code == 200
    assert not Area.objects.filter(code="210281001").exists()
    upload(client, url, header, row)
    assert Area.objects.get(code="210281001").path == "210200/210281/210281001/"
    event = AuditEvent.objects.get(kind="maintenance.import")
    assert event.facts["added"] == 1
    upload(client, url, header, row)
    assert AuditEvent.objects.filter(kind="maintenance.import").latest("pk").facts["added"] == 0


@pytest.mark.parametrize(
    ("header", "row", "said"),
    [
        (["code", "nonsense"], ["1", "2"], "nonsense"),
        (["name"], ["x"], "code"),
        (["code", "name", "level", "parent"], ["210281001", "x", "TOWN", "999999"], "999999"),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason(header, row, said):
    city()
    client = client_of(Role.SYSTEM_ADMINISTRATOR)
    answer = upload(client, reverse("admin:core_area_import"), header, row)
    assert said in answer.content.decode()
    assert Area.objects.count() == 1


def test_exports_carry_no_formula():
    CodeTable.objects.create(code="x", name='=HYPERLINK("http://evil.example")')
    client = client_of(Role.SYSTEM_ADMINISTRATOR)
    url = reverse("admin:core_codetable_export")
    form = client.get(url)
    assert form.status_code == 200
    assert "style=" not in form.content.decode().split("<body")[1]
    answer = client.post(url, {"format": "0", "resource": "", "codetableresource_name": "on"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert any("HYPERLINK" in str(cell.value) for cell in cells)
    assert all(cell.data_type != "f" for cell in cells)
    assert AuditEvent.objects.filter(kind="maintenance.export").exists()


def test_imported_accounts_have_no_password_and_no_more_rights_than_the_file_may_give():
    client = client_of(Role.SECURITY_ADMINISTRATOR)
    url = reverse("admin:core_staff_import")
    staff("second", (Role.SECURITY_ADMINISTRATOR, city()))
    upload(client, url, ["username", "full_name", "staff_no"], ["li", "李国强", "N7"])
    made = Staff.objects.get(username="li")
    assert not made.has_usable_password()
    assert not made.is_superuser
    header = ["username", "full_name", "staff_no", "is_superuser", "password"]
    upload(client, url, header, ["li", "李国强", "N7", "1", "x"])
    made.refresh_from_db()
    assert not made.is_superuser


def test_nobody_grants_the_own_roles_by_the_form():
    client = client_of(Role.SECURITY_ADMINISTRATOR)
    own = Staff.objects.get()
    values = {
        "staff": own.pk,
        "role": "DIRECTOR",
        "area": city().pk,
        "period_0": "2016-09-01",
        "period_1": "",
    }
    assert client.post(reverse("admin:core_rolegrant_add"), values).status_code == 200
    assert RoleGrant.objects.filter(staff=own).count() == 1
    change = reverse("admin:core_staff_change", args=[own.pk])
    assert client.post(change, {"username": "x"}).status_code == 403


def filled_in(client: Client, url: str) -> dict[str, object]:
    """The form as a browser has it, with the version it was opened upon."""
    page = client.get(url)
    form = page.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    values = {name: value for name, value in values.items() if value not in (None, False, [])}
    return values | {"version": page.context["version"]}


def test_a_change_made_meanwhile_is_told_and_not_overwritten():
    table = CodeTable.objects.create(code="a", name="one")
    url = reverse("admin:core_codetable_change", args=[table.pk])
    first = client_of(Role.SYSTEM_ADMINISTRATOR)
    second = client_of(Role.SYSTEM_ADMINISTRATOR, "other")
    early, late = filled_in(first, url), filled_in(second, url)
    assert first.post(url, early | {"name": "two"}).status_code == 302
    for version in (late["version"], ""):
        answer = second.post(url, late | {"name": "three", "version": version})
        assert answer.status_code == 409
    page = answer.content.decode()
    assert "system_administrator" in page, "who"
    assert "<td>three</td><td>two</td>" in page, "what was sent and what stands"
    table.refresh_from_db()
    assert table.name == "two"
    assert second.post(url, filled_in(second, url) | {"name": "three"}).status_code == 302


def test_a_form_of_areas_that_nobody_else_touched_is_saved():
    client = client_of(Role.SYSTEM_ADMINISTRATOR)
    url = reverse("admin:core_area_change", args=[county().pk])
    values = filled_in(client, url) | {"name_en": "Wafangdian City"}
    values["aliases"] = values["former_codes"] = ""
    assert client.post(url, values).status_code == 302
    assert county().name_en == "Wafangdian City"


def act(client: Client, action: str, *chosen: Staff, reason: str = "test"):
    return client.post(
        reverse("admin:core_staff_changelist"),
        {"action": action, "_selected_action": [each.pk for each in chosen], "reason": reason},
    )


@pytest.mark.parametrize("action", ["issue_password", "remove_second_factor", "unlock"])
def test_no_administrator_acts_on_the_own_account(action):
    client = client_of(Role.SECURITY_ADMINISTRATOR)
    own = Staff.objects.get()
    assert act(client, action, own).status_code == 403
    own.refresh_from_db()
    assert own.check_password(PASSWORD)


def test_another_account_of_the_own_person_is_the_own():
    client = client_of(Role.SECURITY_ADMINISTRATOR)
    own = Staff.objects.get()
    second = staff("second", staff_no=own.staff_no)
    assert act(client, "issue_password", second).status_code == 403
    grant = {"staff": second.pk, "role": "DIRECTOR", "area": city().pk, "period_0": "2016-09-01"}
    client.post(reverse("admin:core_rolegrant_add"), grant)
    assert not RoleGrant.objects.filter(staff=second).exists()
    account = {"username": "third", "full_name": "王", "staff_no": own.staff_no}
    answer = client.post(reverse("admin:core_staff_add"), account)
    assert answer.context["adminform"].errors["staff_no"]
    assert not Staff.objects.filter(username="third").exists()


def test_a_staff_number_stays_as_first_given():
    other = staff("li", staff_no="N7")
    client = client_of(Role.SECURITY_ADMINISTRATOR)
    url = reverse("admin:core_staff_change", args=[other.pk])
    client.post(url, filled_in(client, url) | {"staff_no": "N8", "full_name": "李强"})
    other.refresh_from_db()
    assert (other.staff_no, other.full_name) == ("N7", "李强")
    header = ["username", "full_name", "staff_no", "is_active", "is_staff"]
    upload(client, reverse("admin:core_staff_import"), header, ["li", "李刚", "N8", "1", ""])
    other.refresh_from_db()
    assert (other.staff_no, other.full_name) == ("N7", "李强")


def test_shutting_an_account_out_ends_its_sessions():
    other = staff("li", is_demonstration=True)
    theirs = Client()
    theirs.force_login(other)
    client = client_of(Role.SECURITY_ADMINISTRATOR)
    act(client, "end_sessions", other)
    assert theirs.get("/").status_code == 302
    assert sessions.end_all_of(other) == 0


#: What somebody may write into an address, for whatever is asked there.
HOSTILE = ("\0", "a\0b", "9" * 40, "-1", "abc", "'; --", "%", "１２", "", "[]", "1e5", "null")


def pages_of(client: Client) -> list[str]:
    return [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model, page in admin.site._registry.items()
        if client.get(
            reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        ).status_code == 200
    ]  # fmt: skip


@pytest.mark.parametrize("role", sorted(maintenance.ADMINISTRATORS))
def test_no_address_of_a_list_brings_a_page_down(role):
    """What a filter cannot mean is refused or passed over, never an error of the server."""
    client = client_of(role)
    client.raise_request_exception = False
    by_url = {
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"): page
        for model, page in admin.site._registry.items()
    }
    opened = pages_of(client)
    assert opened
    for url in opened:
        names = ["q", "p", "o", "all", "e", "_to_field", "_popup", "unknown", "id", "pk__in"]
        for name in map(str, by_url[url].list_filter):
            names += [name, f"{name}__exact", f"{name}__id__exact", f"{name}__isnull", f"{name}__x"]
        for number, name in enumerate(names):
            for value in (HOSTILE[number % len(HOSTILE)], *HOSTILE[:3]):
                answer = client.get(url, {name: value})
                assert answer.status_code < 500, (url, name, value)
        for chosen in ("abc", "9" * 30, "\0", "-1"):
            answer = client.post(url, {"action": "unlock", "_selected_action": [chosen]})
            assert answer.status_code < 500, (url, chosen)


def test_the_filter_that_was_a_nul_is_a_bad_request():
    client = client_of(Role.SECURITY_ADMINISTRATOR)
    url = reverse("admin:core_rolegrant_changelist")
    assert client.get(url, {"role__exact": "\0"}).status_code == 400
    assert client.get(reverse("admin:autocomplete"), {"term": "\0"}).status_code == 400


@pytest.mark.parametrize("odd", ["abc", "9" * 30, "1.5", "-", "_00"])
def test_a_record_under_a_word_is_not_found(odd):
    client = client_of(Role.SECURITY_ADMINISTRATOR)
    for page in ("core_staff", "core_rolegrant", "core_powerwish"):
        answer = client.get(reverse(f"admin:{page}_change", args=[odd]))
        assert answer.status_code in (302, 400, 404)


@pytest.mark.parametrize(
    "sent",
    [
        {"import_file_name": "gone.xlsx", "format": "0", "resource": "0"},
        {"import_file_name": "../../etc/passwd", "format": "0", "resource": "0"},
        {"import_file_name": ".", "format": "0", "resource": ""},
        {"import_file_name": "x", "format": "99", "resource": "0"},
        {"import_file_name": "x", "format": "abc", "resource": "abc"},
        {},
    ],
)
def test_a_file_nobody_was_shown_a_preview_of_is_not_imported(sent):
    client = client_of(Role.SYSTEM_ADMINISTRATOR)
    answer = client.post(reverse("admin:core_area_process_import"), sent)
    assert answer.status_code == 302
    assert answer.url == reverse("admin:core_area_import")


def test_another_sessions_preview_is_not_confirmed():
    county()
    first = client_of(Role.SYSTEM_ADMINISTRATOR)
    header, row = ["code", "name", "level", "parent"], ["210281001", "共济街道", "TOWN", "210281"]
    preview = upload(first, reverse("admin:core_area_import"), header, row, confirm=False)
    form = preview.context["confirm_form"]
    values = {name: form.initial.get(name) for name in form.fields if form.initial.get(name)}
    second = client_of(Role.SYSTEM_ADMINISTRATOR, "other")
    second.post(reverse("admin:core_area_process_import"), values)
    assert not Area.objects.filter(code="210281001").exists()
    first.post(reverse("admin:core_area_process_import"), values)
    assert Area.objects.filter(code="210281001").exists()
