"""What waits in rosters on the roll: named on home and to-do pages, and found from there."""

from typing import Any

import pytest
from django.test import Client

from bureau.core import clock
from bureau.core.choices import Role
from bureau.core.models import Area
from bureau.core.tests import factories
from bureau.intake.choices import BatchState
from bureau.testing.plans import asked
from enrollment.choices import CorrectionSource, CorrectionState
from enrollment.choices.roster_work import RosterWait
from enrollment.models import RosterBatch, RosterCorrection
from enrollment.selectors import roster_work
from enrollment.tests import rosters
from enrollment.tests.roster_pages import ZHUANGHE, member, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _demonstration(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def county(transactional_db: None) -> Area:
    return factories.county()


@pytest.fixture
def clerk(county: Area) -> Client:
    return signed_in(member("clerk", Role.CLERK, county))


def with_newborns(cells: dict[str, str], index: int) -> dict[str, str]:
    """Every twentieth person is a child of the roster's year without a number; usual faults too."""
    cells = rosters.with_usual_faults(cells, index)
    if index % 20 == 2:
        return {**cells, "出生日期": "2019-03-04", "身份证号": "", "与户主关系": "子", "电话": ""}
    if index % 20 == 7:
        return {**cells, "姓名": "", "身份证号": "", "出生日期": ""}
    return cells


def applied(start: int = 0, people: int = 60) -> RosterBatch:
    lines = rosters.lines(range(start, start + people), change=with_newborns)
    batch = rosters.receive(rosters.csv_of(lines), names=[f"{start}.csv"])
    return rosters.bring_to(batch, BatchState.APPLIED)


def work_of(client: Client, page: str = "/") -> dict[str, Any]:
    return {str(work.label): work for work in client.get(page).context["work"]}


def test_rows_that_wait_in_a_roster_on_the_roll_are_open_work(clerk: Client) -> None:
    batch = applied()
    assert (batch.rows_review, batch.rows_rejected) > (0, 0)
    for page in ("/", "/todo/"):
        work = work_of(clerk, page)
        for wait, count, query in (
            (RosterWait.REVIEW, batch.rows_review, "outcome=REVIEW"),
            (RosterWait.REJECTED, batch.rows_rejected, "outcome=REJECTED"),
            (RosterWait.NUMBER, 3, "reason=NEWBORN_WITHOUT_NUMBER"),
        ):
            line = work[str(wait.label)]
            assert (line.count, line.url) == (count, f"/rosters/{batch.pk}/rows/?{query}")
            assert len(clerk.get(line.url).context["table_rows"]) == count
    shown = clerk.get(f"/rosters/{batch.pk}/").content.decode()
    assert f"{batch.rows_review}行待核" in shown
    assert f"/rosters/{batch.pk}/?section=reasons" in shown


def test_work_in_several_rosters_leads_to_these_rosters(clerk: Client) -> None:
    first, second = applied(), applied(start=600)
    clean = rosters.lines(range(300, 330), change=lambda cells, _index: cells)
    rosters.bring_to(rosters.receive(rosters.csv_of(clean), names=["c.csv"]), BatchState.APPLIED)
    work = work_of(clerk)
    for wait in (RosterWait.REVIEW, RosterWait.REJECTED, RosterWait.NUMBER):
        url = work[str(wait.label)].url
        assert url == f"/rosters/?waits={wait.value}"
        page = clerk.get(url)
        assert [row.key for row in page.context["table_rows"]] == [second.pk, first.pk]
    assert f"/rosters/{first.pk}/rows/?reason=NEWBORN_WITHOUT_NUMBER" in page.content.decode()


def test_corrections_that_nobody_looked_through_are_open_work(clerk: Client) -> None:
    batch = applied()
    made = RosterCorrection.objects.create(
        batch=batch,
        source=CorrectionSource.PAGE,
        state=CorrectionState.OPEN,
        made_at=clock.now(),
        made_by="clerk",
    )
    line = work_of(clerk)[str(RosterWait.CORRECTIONS.label)]
    assert (line.count, line.url) == (1, f"/corrections/{made.pk}/")
    assert f'href="/corrections/{made.pk}/"' in clerk.get(f"/rosters/{batch.pk}/").content.decode()


def test_what_waits_elsewhere_and_before_the_roll_is_nobodys_work(clerk: Client) -> None:
    lines = rosters.lines(range(60), change=with_newborns)
    rosters.bring_to(rosters.receive(rosters.csv_of(lines)), BatchState.CHECKED)
    other = factories.county(ZHUANGHE, "庄河市")
    stranger = signed_in(member("stranger", Role.CLERK, other))
    labels = {str(wait.label) for wait in RosterWait}
    assert not labels & set(work_of(clerk))
    applied(start=600)
    assert labels & set(work_of(clerk))
    assert not labels & set(work_of(stranger))


def test_newborns_are_counted_from_their_own_index(clerk: Client) -> None:
    from django.db import connection

    applied()
    with asked() as found:
        list(roster_work.newborns().values("batch"))
    statement, values = found.statements[0]
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert "roster_row_newborn" in plan


def test_a_row_of_a_newborn_says_what_is_true_of_it(clerk: Client) -> None:
    batch = applied()
    row = roster_work.newborns().filter(batch=batch).first()
    assert row is not None
    page = clerk.get(f"/rosters/{batch.pk}/rows/{row.pk}/").content.decode()
    assert "认定后以临时编号入库" in page
    assert f"/rows/{row.pk}/right/" in page
    assert "待补身份证号的新生儿" in page
