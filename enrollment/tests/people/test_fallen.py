"""Who fell out: the list holds exactly those by whom the proof is below its baseline."""

import datetime
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.test import Client

from bureau.core import clock, jobs
from bureau.core.actors import Scope
from bureau.core.choices import JobState, Role
from bureau.core.models import AccessLog, Area, Job
from enrollment.choices import Outcome
from enrollment.choices.fallen import FallenKind
from enrollment.models import CoverageSpell, RosterBatch, RosterLink, RosterRow
from enrollment.selectors import fallen, proof_counts
from enrollment.selectors.proof import Participation, Proof
from enrollment.tests import rosters
from enrollment.tests.people.conftest import CITY, WAFANGDIAN, ZHUANGHE
from enrollment.tests.people.test_proof import counted, kept_rows

KINDS = ("", FallenKind.WAITING, FallenKind.SENT_BACK, FallenKind.UNINSURED)


def scope_of(code: str = CITY) -> Scope:
    return Scope.of([Area.objects.get(code=code).path])


def proof_in(code: str = CITY, **options: Any) -> Proof:
    return proof_counts.proof_of(scope_of(code), at=clock.now(), **options)


def figures(line: Participation) -> dict[str, int]:
    return {
        "": line.below,
        FallenKind.WAITING: line.waiting,
        FallenKind.SENT_BACK: line.rejected,
        FallenKind.UNINSURED: line.lost,
    }


@pytest.fixture
def damaged(roll: None) -> None:
    """Some of the city are insured by none any more, one is by a roster of another year alone."""
    in_force = CoverageSpell.objects.filter(state="IN_FORCE").order_by("pk")
    numbers = list(in_force.values_list("pk", flat=True)[::17])
    CoverageSpell.objects.filter(pk__in=numbers[::2]).update(state="SUSPENDED")
    CoverageSpell.objects.filter(pk__in=numbers[1::2]).update(state="ENDED")


def shown(client: Client, **asked: str) -> int:
    page = client.get("/proof/fallen/", {name: value for name, value in asked.items() if value})
    assert page.status_code == 200
    assert not page.context["query_errors"]
    return int(page.context["count"].figure)


@pytest.mark.parametrize("code", [CITY, ZHUANGHE, WAFANGDIAN])
def test_each_figure_of_the_proof_is_as_long_as_its_list(
    damaged: None, client_of: Callable[..., Client], code: str
) -> None:
    proof = proof_in(code)
    assert proof.holds
    assert proof.below > 0
    rosters_counted = fallen.applied_in(scope_of(code))
    numbers = [roster.pk for roster in rosters_counted]
    for line in proof.participation:
        here = fallen.in_county(line.area, rosters_counted)
        for kind in KINDS:
            found = fallen.rows_of(numbers, kind).filter(here).count()
            assert found == figures(line)[kind], (line.area, kind)
    assert shown(client_of(Role.CLERK, code)) == sum(line.below for line in proof.participation)


def test_every_link_of_the_guard_leads_to_as_many_as_it_says(
    damaged: None, client_of: Callable[..., Client]
) -> None:
    client = client_of(Role.CLERK, CITY)
    counted(client)
    guard = client.get("/proof/").context["tables"]["guard"]
    links = [cell for row in guard.rows for cell in row if cell.url]
    assert len(links) > 10
    for cell in links:
        page = client.get(cell.url)
        assert f"{page.context['count'].figure:,}" == cell.text
    whole = client.get("/proof/").context["fallen_url"]
    assert client.get(whole).context["count"].figure == proof_in().below


def test_people_insured_by_none_are_those_of_plain_counting(damaged: None) -> None:
    insured = set(
        CoverageSpell.objects.filter(state="IN_FORCE").values_list("person_id", flat=True)
    )
    plain = {row["row_id"] for person, row in kept_rows().items() if person not in insured}
    numbers = [roster.pk for roster in fallen.applied_in(scope_of())]
    found = fallen.rows_of(numbers, FallenKind.UNINSURED)
    assert set(found.values_list("pk", flat=True)) == plain
    assert len(plain) > 5
    held = RosterRow.objects.filter(outcome__in=["REVIEW", "REJECTED"])
    linked = set(RosterLink.objects.values_list("row_id", flat=True))
    others = {row.pk for row in held if row.pk not in linked}
    assert set(fallen.rows_of(numbers).values_list("pk", flat=True)) == plain | others


def test_whom_another_roster_insures_is_not_lost(
    roll: None, client_of: Callable[..., Client]
) -> None:
    county = proof_in(ZHUANGHE)
    (line,) = county.participation
    before = (line.covered, line.below)
    rural = CoverageSpell.objects.filter(
        scheme="NCMS", source_row__batch__area__code=ZHUANGHE, state="IN_FORCE"
    ).first()
    CoverageSpell.objects.filter(pk=rural.pk).update(state="ENDED")
    CoverageSpell.objects.create(
        person=rural.person, scheme="UEBMI", area=rural.area, period=rural.period,
        state="IN_FORCE",
    )  # fmt: skip
    (line,) = proof_in(ZHUANGHE).participation
    assert (line.covered, line.below) == (before[0] + 1, before[1])
    page = client_of(Role.CLERK, ZHUANGHE).get("/proof/fallen/", {"state": "ENDED"})
    assert rural.source_row_id not in {row.key for row in page.context["table_rows"]}


def test_a_later_figure_of_nought_leaves_digests_as_they_were(roll: None) -> None:
    """Proofs that were signed before the figure was there are compared by their digests."""
    assert '"covered"' not in proof_in(CITY).canonical()


def test_a_year_has_its_own_list(damaged: None, client_of: Callable[..., Client]) -> None:
    other = RosterBatch.objects.first().year - 1
    faulty = rosters.lines(range(900, 930), change=rosters.with_usual_faults)
    rosters.bring_in(rosters.csv_of(faulty), year=other)
    client = client_of(Role.CLERK, CITY)
    for year in (other, other + 1):
        below = proof_in(CITY, year=year).below
        assert below > 0
        assert shown(client, year=str(year)) == below


def test_the_list_names_why_and_what_to_work_on_and_nobody_in_full(
    damaged: None, client_of: Callable[..., Client]
) -> None:
    client = client_of(Role.CLERK, CITY, language="en")
    looks = AccessLog.objects.count()
    page = client.get("/proof/fallen/", {"size": "100"})
    assert AccessLog.objects.count() == looks + 1
    columns = [head.text for head in page.context["heads"]]
    rows = page.context["table_rows"]
    why, work = columns.index("Why"), columns.index("To be worked on")
    assert rows
    for row in rows:
        assert row.cells[why].text not in ("", "–")
        assert client.get(row.cells[work].link).status_code == 200, row.cells[work].link
    text = page.content.decode()
    names = RosterRow.objects.filter(pk__in=[row.key for row in rows])
    assert not [row.name for row in names if row.name and len(row.name) > 2 and row.name in text]
    assert not [row.id_number for row in names if row.id_number and row.id_number in text]


def test_the_list_is_narrowed_by_reason_and_by_state(
    damaged: None, client_of: Callable[..., Client]
) -> None:
    client = client_of(Role.CLERK, CITY)
    held = RosterRow.objects.filter(outcome=Outcome.REVIEW, link=None).exclude(reasons=[])
    reason = held.first().reasons[0]
    expected = RosterRow.objects.filter(
        outcome__in=["REVIEW", "REJECTED"], link=None, reasons__contains=[reason]
    )
    assert shown(client, reason=reason) == expected.count()
    assert shown(client, state="SUSPENDED") > 0


def test_the_list_becomes_a_file(damaged: None, client_of: Callable[..., Client]) -> None:
    client = client_of(Role.CLERK, ZHUANGHE)
    client.post("/proof/fallen/", {"_act": "export", "format": "xlsx"})
    job = jobs.run_until_done(Job.objects.latest("pk").pk)
    assert job.state == JobState.DONE, job.last_error
    content = b"".join(client.get(f"/files/{job.result['file']}/").streaming_content)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    (line,) = proof_in(ZHUANGHE).participation
    assert sheet.max_row - 2 == line.below


def test_another_countys_people_are_not_in_the_list(
    damaged: None, client_of: Callable[..., Client]
) -> None:
    page = client_of(Role.CLERK, ZHUANGHE).get("/proof/fallen/", {"size": "100"})
    numbers = [row.key for row in page.context["table_rows"]]
    areas = RosterRow.objects.filter(pk__in=numbers).values_list("batch__area__code", flat=True)
    assert set(areas) == {ZHUANGHE}


def test_whom_the_next_campaign_has_still_to_ask(
    roll: None, client_of: Callable[..., Client]
) -> None:
    client = client_of(Role.CLERK, ZHUANGHE)
    insured = CoverageSpell.objects.filter(source_row__batch__area__code=ZHUANGHE, state="IN_FORCE")
    year = RosterBatch.objects.get(area__code=ZHUANGHE).year
    after = datetime.date(year + 1, 1, 1)
    asked = [
        spell
        for spell in insured
        if not CoverageSpell.objects.filter(person=spell.person_id, period__contains=after)
        .exclude(state__in=["ENDED", "UNDONE"])
        .exists()
    ]
    assert asked
    assert shown(client, kind="NOT_NEXT") == len(asked)
    spell = asked[0]
    CoverageSpell.objects.create(
        person=spell.person, scheme="NCMS", area=spell.area, state="IN_FORCE",
        period=(after, datetime.date(year + 2, 1, 1)),
    )  # fmt: skip
    assert shown(client, kind="NOT_NEXT") == len(asked) - 1
