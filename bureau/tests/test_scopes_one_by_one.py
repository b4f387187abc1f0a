"""What another county holds changes no page of one's own, and each filter by area is needed.

Pages are asked for before and after another county gets its own objects; the answers must be the
same to the letter. Then every place that asks for the scope is made to forget it in turn: some
answer must change, or the tests of isolation would not notice the loss.
"""

import datetime
import difflib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import openpyxl
import pytest
from django.db import connection, transaction
from django.http import Http404
from django.test import Client, RequestFactory
from django.urls import reverse

from bureau.core import access, clock, masking
from bureau.core.actors import Scope, actor_of
from bureau.core.choices import Role
from bureau.core.errors import DomainError
from bureau.core.maintenance import ADMINISTRATORS
from bureau.core.models import Job
from bureau.core.tests.factories import county, staff
from bureau.portal.selectors import jobs_steered_by
from bureau.testing import scope_sites
from bureau.testing.access import all_routes, rights_of_web, samples
from enrollment.models import (
    CandidatePair,
    CoverageSpell,
    DoubleCase,
    DoubleDecision,
    DoubleNotice,
    Person,
    RosterBatch,
    RosterFile,
    RosterLink,
)
from enrollment.reports import proof_file
from enrollment.selectors import (
    corrections,
    double_enrollment,
    fallen,
    people,
    people_pages,
    proof_counts,
)
from enrollment.services import proofs, roster_jobs
from enrollment.tests import decisions, double_samples, roster_samples

pytestmark = pytest.mark.django_db

ROUTES = {route.name: route for route in all_routes()}
SAMPLES = samples()
#: What differs from call to call and tells nothing: tokens, nonces, moments, lengths of time.
_CHANGING = re.compile(
    r'"X-CSRFToken": "\w+"|(?:csrfmiddlewaretoken" value|nonce|name="form_token" value)="[^"]*"'
    r"|\bticked=[\w-]+"
    r'|name="packet" value="[0-9]+"'
    r"|given=[\w-]+|/jobs/[0-9]+/|progress-[0-9]+|刚刚|[0-9]+ ?(?:小时|分钟?|秒)前?"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(?::[0-9]{2})?"
)


@dataclass(frozen=True)
class Call:
    """One request of one role: of a page, of another's object, or of a choice of rows."""

    route: str
    role: Role
    method: str = "GET"
    arguments: tuple[tuple[str, object], ...] = ()
    data: tuple[tuple[str, object], ...] = ()


@dataclass
class House:
    """Clients of one county, one per role; the county holds one object of every kind."""

    clients: dict[Role, Client]
    #: No object of one's own has a number beyond this.
    last: int

    def ask(self, call: Call) -> str:
        """Status and text of the answer, without what changes by itself; nothing is kept of it."""
        client = self.clients[call.role]
        cookies = dict(client.cookies)
        url = reverse(call.route, kwargs=dict(call.arguments))
        with transaction.atomic():
            with rights_of_web():
                data = {name: list(v) if isinstance(v, tuple) else v for name, v in call.data}
                answer = getattr(client, call.method.lower())(url, data, follow=bool(data))
                text = _text(b"".join(answer) if answer.streaming else answer.content)
            transaction.set_rollback(True)
        client.cookies.clear()
        client.cookies.update(cookies)
        return f"{answer.status_code} {_CHANGING.sub('', text)}"


def _text(content: bytes) -> str:
    """What a person reads in it: of a workbook, its cells."""
    if not content.startswith(b"PK"):
        return content.decode("utf-8", "replace")
    book = openpyxl.load_workbook(io.BytesIO(content))
    return "\n".join(str(row) for sheet in book for row in sheet.values)


@pytest.fixture
def own():
    return county()


@pytest.fixture
def house(own, settings):
    settings.DEMO = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    clients = {}
    for role in Role:
        account = staff(
            f"w-{role.lower()}"[:20],
            (role, own),
            is_demonstration=True,
            is_staff=role in ADMINISTRATORS,
        )
        clients[role] = Client(raise_request_exception=False)
        clients[role].force_login(account)
    county("210283", "庄河市")
    mine = [make(own) for make in SAMPLES.values()]
    return House(clients, max(v for made in mine for v in made.values() if type(v) is int))


def pages() -> Iterator[Call]:
    """Every page without an object, and what one finds there, as each role that may see it."""
    for name, route in ROUTES.items():
        entry = access.matrix().entry_for(name)
        if entry is None or entry.public or route.has_objects:
            continue
        # Status tells of the machine, and differs from look to look.
        if name.startswith(("admin:", "mfa_", "account_", "portal:status")):
            continue
        for role in sorted(entry.roles_for("GET")):
            yield Call(name, role)
            if name == "portal:search":
                yield Call(name, role, "POST", data=(("word", "王小明"),))


def objects_of(place) -> Iterator[Call]:
    """Every route with an object, by every method and role the matrix lists."""
    for name, make in SAMPLES.items():
        entry = access.matrix().entry_for(name)
        arguments = tuple(make(place).items())
        for method in entry.methods:
            for role in sorted(entry.roles_for(method)):
                yield Call(name, role, method, arguments)


def choices_of(numbers: tuple[int, ...]) -> Iterator[Call]:
    """Every act on chosen rows, with rows that may not be one's own."""
    for name, route in ROUTES.items():
        entry = access.matrix().entry_for(name)
        if entry is None or route.has_objects or "POST" not in entry.methods or entry.public:
            continue
        # Proofs are of a whole area; nothing is chosen for them.
        others = ("admin:", "mfa_", "account_", "portal:language", "portal:search")
        if name.startswith((*others, "enrollment:proof-")):
            continue
        for role in sorted(entry.roles_for("POST")):
            yield Call(name, role, "POST", data=(("chosen", numbers),))


def of_both(own, other) -> Iterator[Call]:
    """What is one's own and touches another county: a person with its rows, a pair across."""
    mine, theirs = decisions.roster(own), decisions.roster(other)
    layout = roster_samples.roster_file(roster_samples.roster(other, "CHECKED")).layout
    RosterFile.objects.filter(batch__in=[mine, theirs]).update(layout=layout)
    opened, joined = decisions.person_row(mine), decisions.row(theirs)
    link = RosterLink.objects.get(row=opened)
    RosterLink.objects.create(
        row=joined, batch=theirs, person_id=link.person_id, opens_file=False, holds_number=False,
        tier="PROBABLE",
    )  # fmt: skip
    abroad = decisions.person_row(theirs)
    CoverageSpell.objects.filter(person=link.person_id).update(area=other)
    pairs = [
        decisions.pair(decisions.row(mine), decisions.row(theirs)),
        decisions.pair(decisions.row(theirs), opened),
        decisions.pair(decisions.row(mine), abroad),
    ]
    CandidatePair.objects.filter(pk=pairs[0].pk).update(
        state="DISPUTED", decided_by="job:sample", decided_at=clock.now()
    )
    why = (("reason", "核对身份"),)
    for name, pk in (
        *(
            (name, link.person_id)
            for name in ROUTES
            if name.startswith("enrollment:person-") and ROUTES[name].converters == (("pk", "int"),)
        ),
        *(("enrollment:review-pair", pair.pk) for pair in pairs),
        *(("enrollment:review-reveal", pair.pk) for pair in pairs),
    ):
        entry = access.matrix().entry_for(name)
        for method in entry.methods:
            for role in sorted(entry.roles_for(method)):
                yield Call(name, role, method, (("pk", pk),), why if method == "POST" else ())
                if name == "enrollment:person-detail":
                    for section in ("sources", "pairs"):
                        yield Call(name, role, method, (("pk", pk),), (("section", section),))


def probes(own, other) -> dict[str, Callable[[], object]]:
    """What is asked directly: pages fetch their object by the scope before they come to these."""
    scope = Scope.of([own.path])
    theirs, abroad = (
        SAMPLES["enrollment:correction-line"](other),
        decisions.roster(other, year=2031),
    )
    stranger = decisions.person_row(abroad)
    RosterBatch.objects.filter(pk=abroad.pk).update(checked_at=clock.now())
    person = Person.objects.get(pk=RosterLink.objects.get(row=stranger).person_id)
    signed = SAMPLES["enrollment:proof-signed"](other)
    case = DoubleCase.objects.get(**double_samples.case(other))
    DoubleNotice.objects.create(
        decision=DoubleDecision.objects.get(**double_samples.decision(other)),
        side=case.sides.first(),
        person=case.person,
        rule_set=case.rule_set,
        area=other,
        issued_on=datetime.date(2020, 1, 1),
    )
    request = RequestFactory().post("/", {"reason": "核对身份"})
    request.scope, at = scope, clock.now()
    Job.objects.filter(**SAMPLES["portal:job-cancel"](other)).update(kind=roster_jobs.CHECK)
    clerk = actor_of(staff("w-steers", (Role.CLERK, own)), clock.today())
    asked = {"year": 0, "signed": signed["pk"]}
    return {
        "steered": lambda: jobs_steered_by(clerk).count(),
        "reveal": lambda: masking.reveal(request, person, {}, area=other, reason="核对身份"),
        "lines": lambda: corrections.lines_of(theirs["pk"], scope).count(),
        "areas": lambda: list(double_enrollment.areas_of_notices(scope)),
        "notices": lambda: double_enrollment.notices_in(scope).count(),
        "sight": lambda: people.area_of_sight(person, scope),
        "places": lambda: people_pages.places(scope, other),
        "years": lambda: proof_counts.years_of(scope),
        "unread": lambda: proof_counts.uncounted(scope, 2015),
        "fallen": lambda: len(fallen.applied_in(scope)),
        "count": lambda: proof_counts.proof_of(scope, year=None, at=at).digest(),
        "basis": lambda: proofs.basis_of(scope, None),
        "signed": lambda: proof_file.figures_for(scope, asked, at=at).digest,
    }


def _answer(probe: Callable[[], object]) -> object:
    try:
        with transaction.atomic():
            return probe()
    except (Http404, DomainError, AttributeError) as refusal:
        return type(refusal)


NOBODY = 900_000_000
#: Proved by tests of their own: files whose rights have gone, the invented person of an export.
ELSEWHERE = {
    "bureau/ui/exports.py:file_for",
    "enrollment/views/people.py:invented_row",
    "enrollment/views/review_queue.py:invented_row",
}


def test_another_countys_objects_change_nothing_and_every_filter_counts(house, own):
    passed: dict[Call, set[scope_sites.Site]] = {}
    before = {call: house.ask(call) for call in pages()}
    unsteady = [call for call, answer in before.items() if house.ask(call) != answer]
    assert unsteady == [], "these answers change by themselves and cannot be compared"

    _begin_beyond(house.last)
    other = county("210283", "庄河市")
    foreign = list(objects_of(other))
    given = {value for call in foreign for _name, value in call.arguments}
    numbers = tuple(sorted(v for v in given if type(v) is int and v > house.last))
    assert len(numbers) > 10
    empty = {call: house.ask(call) for call in choices_of((NOBODY,))}
    expected: dict[Call, str] = dict(before)
    expected |= dict.fromkeys(foreign, "404")
    expected |= dict(zip(choices_of(numbers), empty.values(), strict=True))

    leaks = []
    for call, answer in expected.items():
        found = house.ask(call)
        if not _same(call, found, answer):
            leaks.append((call, *_differing(found, answer)))
    assert leaks == []

    for call in [*expected, *of_both(own, other)]:
        sites: set[scope_sites.Site] = set()
        with scope_sites.recorded(sites):
            found = house.ask(call)
        passed[call] = sites
        expected[call] = "404" if expected.get(call) == "404" else found

    asked = probes(own, other)
    answers = {name: _answer(probe) for name, probe in asked.items()}
    survivors = []
    for site in scope_sites.sites():
        reached = [call for call, sites in passed.items() if site in sites]
        calls = _one_of_each([call for call in reached if expected[call] == "404"])
        calls += [call for call in reached if expected[call] != "404"]
        with scope_sites.forgotten(site):
            noticed = any(_answer(probe) != answers[name] for name, probe in asked.items()) or any(
                not _same(call, house.ask(call), expected[call]) for call in calls
            )
        if not noticed:
            survivors.append(str(site))
    assert set(survivors) - ELSEWHERE == set(), "nobody notices when these filters are gone"


def _begin_beyond(last: int) -> None:
    """Every new object of whatever kind gets a number that none of one's own has."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass,
                          least(greatest(coalesce(last_value, 1), %s), max_value - 1000))
            FROM pg_sequences WHERE schemaname = current_schema()
            """,
            [last],
        )


def _differing(found: str, answer: str) -> list[str]:
    """The lines that differ, for the report."""
    lines = difflib.unified_diff(answer.split("\n"), found.split("\n"), n=0, lineterm="")
    return [line.strip()[:200] for line in lines][3:9]


def _one_of_each(calls: list[Call]) -> list[Call]:
    """Objects first, which are the quickest to ask for; each route and method in one role."""
    found = {(call.route, call.method, call.data): call for call in calls}
    return sorted(found.values(), key=lambda call: not call.arguments)


def _same(call: Call, found: str, answer: str) -> bool:
    return found[:3] == "404" if answer == "404" else found == answer
