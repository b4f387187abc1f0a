"""Who may call what: each route, role and method against the matrix, and one county from another.

An app adds the objects behind its routes in `<app>/tests/samples.py`.
"""

import pytest
from django.test import Client
from django.urls import reverse

from bureau.core import access
from bureau.core.choices import Role
from bureau.core.maintenance import ADMINISTRATORS
from bureau.core.tests.factories import city, county, staff
from bureau.testing.access import all_routes, rights_of_web, samples, scope_switched_off

pytestmark = pytest.mark.django_db

ROUTES = {route.name: route for route in all_routes()}
SAMPLES = samples()
#: Bound to the person who made the object, not to an area.
OWN_ONLY = {"portal:approval-withdraw"}
PUBLIC = {"live", "ready", "csp-report", "account_login", "mfa_authenticate", "portal:language"}


@pytest.fixture(autouse=True)
def _demonstration(settings):
    """Accounts of the demonstration need no second factor, which other tests look at."""
    settings.DEMO = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def client_of(role: Role, place=None, username: str = "wang") -> Client:
    client = Client(raise_request_exception=False)
    account = staff(
        username,
        (role, place or city()),
        is_demonstration=True,
        is_staff=role in ADMINISTRATORS,
    )
    client.force_login(account)
    return client


def call(client: Client, route, method: str, arguments=None):
    url = reverse(route.name, kwargs=route.dummy_arguments() if arguments is None else arguments)
    with rights_of_web():
        return client.generic(method, url)


def entry_of(route) -> access.Entry:
    entry = access.matrix().entry_for(route.name)
    assert entry is not None, f"{route.name} is not in bureau/access.toml"
    return entry


def test_every_route_stands_in_the_matrix():
    missing = [name for name in ROUTES if access.matrix().entry_for(name) is None]
    assert missing == [], "add these routes to bureau/access.toml"


def test_the_matrix_has_no_entry_without_a_route():
    used = {access.matrix().name_of_entry(name) for name in ROUTES}
    assert set(access.matrix().entries) - used == set()


def test_only_a_few_routes_are_public():
    assert {name for name, e in access.matrix().entries.items() if e.public} == PUBLIC


def test_anonymous_is_asked_to_sign_in_everywhere_else():
    client = Client()
    for name, route in ROUTES.items():
        if name in PUBLIC:
            continue
        answer = call(client, route, "GET")
        assert (answer.status_code, answer.url.split("?")[0]) == (302, "/sign-in/"), name
        fragment = client.get(reverse(name, kwargs=route.dummy_arguments()), HTTP_HX_REQUEST="true")
        assert fragment.status_code == 401, name
        assert call(client, route, "POST").status_code in (302, 403, 405), name


@pytest.mark.parametrize("role", list(Role))
def test_roles_outside_the_matrix_are_refused(role):
    client = client_of(role)
    wrong = []
    for name, route in ROUTES.items():
        entry = entry_of(route)
        for method in entry.methods:
            if entry.public or role in entry.roles_for(method):
                continue
            found = call(client, route, method).status_code
            if found != 403:
                wrong.append((name, method, found))
    assert wrong == []


def test_methods_outside_the_matrix_are_refused():
    client = client_of(Role.DIRECTOR)
    wrong = []
    for name, route in ROUTES.items():
        for method in sorted({*access.METHODS, "OPTIONS", "TRACE"} - set(entry_of(route).methods)):
            found = call(client, route, method).status_code
            if found != 405:
                wrong.append((name, method, found))
    assert wrong == []


@pytest.mark.parametrize("role", list(Role))
def test_what_the_matrix_allows_opens(role):
    """Pages without objects open; with a declared object in the own area too."""
    place = county()
    client = client_of(role, place)
    wrong = []
    for name, route in ROUTES.items():
        entry = entry_of(route)
        if entry.public or role not in entry.roles_for("GET"):
            continue
        if route.has_objects and name not in SAMPLES:
            continue
        arguments = SAMPLES[name](place) if route.has_objects else {}
        if name.startswith("admin:") and not name.endswith(("_changelist", ":index")):
            continue  # Forms, files and redirects of the library; its own tests open them.
        if name.startswith("mfa_"):
            continue  # Depend on what second factor the account has (test_sign_in).
        found = call(client, route, "GET", arguments).status_code
        # Where signing in is enough, the view itself may know fewer roles for one object.
        narrower = entry.signed_in and route.has_objects and found == 404
        if found not in (200, 302) and not narrower:
            wrong.append((name, found))
    assert wrong == []


def test_every_route_with_objects_has_a_sample():
    """Routes of accounts and maintenance show no object that belongs to an area."""
    excepted = ("admin:", "mfa_")
    open_routes = [
        name
        for name, route in ROUTES.items()
        if route.has_objects and name not in SAMPLES and not name.startswith(excepted)
    ]
    # A file made for one person, and one that is asked for, are bound to that person instead (tests
    # of exports); a parameter is the whole bureau's.
    bound = {"portal:export-download", "portal:export-create", "portal:parameter"}
    assert set(open_routes) - bound == set()


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_another_county_does_not_exist(name):
    own, other = county(), county("210283", "庄河市")
    route, arguments = ROUTES[name], SAMPLES[name](other)
    for number, role in enumerate(sorted(Role)):
        client = client_of(role, own, f"w{number}")
        for method in entry_of(route).methods:
            if role not in entry_of(route).roles_for(method):
                continue
            answer = call(client, route, method, arguments)
            assert answer.status_code == 404, (role, method)


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - OWN_ONLY))
def test_the_scope_alone_keeps_the_other_county_out(name):
    """Were the filters by area gone, the test above would fail for each of these objects."""
    own, other = county(), county("210283", "庄河市")
    route = ROUTES[name]
    with scope_switched_off():
        statuses = {
            call(
                client_of(role, own, f"w{number}"), route, method, SAMPLES[name](other)
            ).status_code
            for number, role in enumerate(sorted(Role))
            for method in entry_of(route).methods[:1]
            if role in entry_of(route).roles_for(method)
        }
    assert statuses - {404}, "removing the filter by area goes unnoticed"


@pytest.mark.parametrize(
    "text",
    [
        '["x"]\nGET = []',
        '["x"]\nGET = ["BOSS"]',
        '["x"]\nGET = ["@NOBODY"]',
        '["x"]\npublic = true\nGET = ["CLERK"]',
        '["x"]\nmethods = ["GET"]',
        '["x"]\nsigned_in = true\nmethods = ["FETCH"]',
        '["x"]\nsigned_in = true\nreaders = ["CLERK"]',
    ],
)
def test_a_matrix_that_cannot_be_read_is_refused(tmp_path, text):
    file = tmp_path / "access.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(access.MatrixIsWrong, match="x"):
        access.read_matrix(file)


def test_the_longest_prefix_rules(tmp_path):
    file = tmp_path / "access.toml"
    file.write_text('["a:*"]\nGET = ["CLERK"]\n["a:b_*"]\nGET = ["VIEWER"]', encoding="utf-8")
    found = access.read_matrix(file)
    assert found.entry_for("a:b_list").roles_for("HEAD") == {Role.VIEWER}
    assert found.entry_for("a:c").roles_for("GET") == {Role.CLERK}
    assert found.entry_for("c") is None


def refused_for_its_token(answer) -> bool:
    return answer.status_code == 403 and "403_csrf.html" in [t.name for t in answer.templates]


def test_unsafe_calls_need_the_token_of_the_page():
    """Whoever may use a route still needs its page's token, sent from a page of the portal."""
    clients: dict[Role, Client] = {}
    tokens: dict[Role, str] = {}
    wrong, asked = [], 0
    for name, route in ROUTES.items():
        entry = entry_of(route)
        if name == "csp-report" or "POST" not in entry.methods:
            continue
        role = Role.CLERK if entry.public else sorted(entry.roles_for("POST"))[0]
        if role not in clients:
            made = client_of(role, county(), f"w-{role.lower()}"[:20])
            made.handler.enforce_csrf_checks = True
            tokens[role] = made.get("/account/password/").context["csrf_token"]
            clients[role] = made
        client, url = clients[role], reverse(name, kwargs=route.dummy_arguments())
        own = {"HTTP_X_CSRFTOKEN": str(tokens[role])}
        foreign = own | {"HTTP_ORIGIN": "https://evil.example"}
        for told, answer in (
            ("no token", client.post(url)),
            ("another's token", client.post(url, HTTP_X_CSRFTOKEN="x" * 64)),
            ("a foreign page", client.post(url, **foreign)),
            ("json as text", client.generic("POST", url, b'{"a": 1}', "text/plain")),
        ):
            asked += 1
            if not refused_for_its_token(answer):
                wrong.append((name, told, answer.status_code))
        if name == "account_logout":
            continue  # It would end the session that the others need.
        if refused_for_its_token(client.post(url, **own)):
            wrong.append((name, "refused with its token", 403))
    assert wrong == []
    assert asked > 200
