"""Rows that are right as they are written: declared, looked at by a second person, remembered."""

from typing import Any

import pytest
from django.test import Client

from bureau.core import clock
from bureau.core.choices import Role
from bureau.core.errors import DomainError, MovedOn
from bureau.core.models import ApprovalRequest, Area
from bureau.core.tests import factories
from bureau.intake.choices import BatchState, Channel
from enrollment.choices import Reason
from enrollment.choices.judged import MAY_BE_RIGHT
from enrollment.models import CoverageSpell, RosterBatch, RosterCorrection, RosterRow, RowJudgement
from enrollment.services import row_repair
from enrollment.tests import corrections, problem_files, rosters
from enrollment.tests.problem_files import CODES, HELP, RIGHT
from enrollment.tests.roster_pages import ZHUANGHE, do_jobs, member, signed_in

pytestmark = pytest.mark.django_db(transaction=True)

#: Indexes of the people whose rows ask for a judgement, and what is odd about them.
OLD, SINGLE, DEAD = 1, 2, 3
SEEN = "Card seen at home · register of the village, 12 March"


def odd(cells: dict[str, str], index: int, year: str = "2019") -> dict[str, str]:
    """A person of 115 years, one with a name of one character, one with a remark on a death."""
    cells = {**cells, "年度": year}
    if index == OLD:
        number = "2102811904031200"
        number = rosters._number(f"{number}{'2' if cells['性别'] == '女' else '1'}")
        return {**cells, "身份证号": number, "出生日期": "1904-03-12"}
    if index == SINGLE:
        return {**cells, "姓名": "㐀"}
    if index == DEAD:
        return {**cells, "与户主关系": "户主", "电话": "", "备注": "其父已故"}
    return cells


HEADER = (*rosters.HEADER, "备注")


def content(year: str = "2019", count: int = 30) -> bytes:
    found = []
    for index in range(count):
        cells = {"乡镇": "得利寺镇", "村": "蔡房身村"} | odd(rosters.person(index), index, year)
        found.append([cells.get(heading, "") for heading in HEADER])
    return rosters.csv_of(found, HEADER)


@pytest.fixture(autouse=True)
def _demonstration(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def county(transactional_db: None) -> Area:
    return factories.county()


@pytest.fixture
def clerk(county: Area) -> Client:
    return signed_in(member("clerk", Role.CLERK, county, language="en"))


@pytest.fixture
def reviewer(county: Area) -> Client:
    return signed_in(member("reviewer", Role.REVIEWER, county, language="en"))


@pytest.fixture
def on_roll(county: Area) -> RosterBatch:
    return rosters.bring_in(content())


def held(batch: RosterBatch) -> dict[str, RosterRow]:
    """The rows that wait, by their first reason."""
    return {row.reasons[0]: row for row in batch.rows.filter(outcome="REVIEW").order_by("pk")}


def declare(client: Client, row: RosterRow, **more: str) -> Any:
    page = f"/rosters/{row.batch_id}/rows/{row.pk}/right/"
    assert client.get(page).status_code == 200
    values = {"reason": "Alive and well.", "evidence": "Card seen at home.", "version": "0"}
    return client.post(page, {**values, **more})


def approve(reviewer: Client) -> None:
    request = ApprovalRequest.objects.get(state="PENDING")
    answer = reviewer.post(f"/todo/{request.pk}/decide/", {"decision": "approve"}, follow=True)
    assert answer.status_code == 200
    do_jobs()


def test_problems_that_are_wrong_in_themselves_are_never_right_as_they_are() -> None:
    never = {
        Reason.ID_CHECK_FAILS, Reason.ID_LENGTH, Reason.ID_DATE, Reason.ID_AREA, Reason.ID_DECIMAL,
        Reason.ID_SCIENTIFIC, Reason.ID_ZEROES, Reason.ID_ISSUED_TWICE, Reason.ID_SHARED,
        Reason.ID_OF_PARENT, Reason.BIRTH_IMPOSSIBLE, Reason.BIRTH_IN_FUTURE, Reason.NAME_MISSING,
        Reason.NAME_RARE_LOST, Reason.READING, Reason.LISTED_TWICE, Reason.ID_MISSING,
    }  # fmt: skip
    assert not never & MAY_BE_RIGHT


def test_a_row_found_right_goes_onto_the_roll_after_a_second_person(
    clerk: Client, reviewer: Client, on_roll: RosterBatch
) -> None:
    row = held(on_roll)["AGE_EXTREME"]
    spell = CoverageSpell.objects.get(source_row=row)
    assert spell.state == "UNDER_REVIEW"
    shown = clerk.get(f"/rosters/{on_roll.pk}/rows/{row.pk}/")
    assert f"/rows/{row.pk}/right/" in shown.content.decode()
    answer = declare(clerk, row)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    do_jobs()
    made = RosterCorrection.objects.get()
    assert (made.lines_changed, made.lines_wrong) == (1, 0)
    page = clerk.get(f"/corrections/{made.pk}/").content.decode()
    assert "one row is found right as it is written" in page
    assert clerk.post(f"/corrections/{made.pk}/submit/", {"reason": "Seen."}).status_code == 302
    request = ApprovalRequest.objects.get()
    assert request.summary == {"lines_changed": 1, "lines_right": 1}
    row.refresh_from_db()
    assert row.outcome == "REVIEW"
    own = clerk.post(f"/todo/{request.pk}/decide/", {"decision": "approve"})
    assert own.status_code != 302 or ApprovalRequest.objects.get().state == "PENDING"
    approve(reviewer)
    row.refresh_from_db()
    assert (row.outcome, row.reasons, row.confirmed) == ("ACCEPTED", [], ["AGE_EXTREME"])
    spell.refresh_from_db()
    assert spell.state == "IN_FORCE"
    judged = RowJudgement.objects.get()
    assert judged.evidence == "Alive and well. · Card seen at home."
    page = clerk.get(f"/rosters/{on_roll.pk}/rows/{row.pk}/").content.decode()
    assert "Card seen at home." in page


def test_the_same_values_are_not_asked_about_again_next_year_and_others_are(
    clerk: Client, reviewer: Client, on_roll: RosterBatch
) -> None:
    rows = held(on_roll)
    row_repair.find_right(
        batch=on_roll,
        rows={rows[code].pk: 0 for code in ("AGE_EXTREME", "NAME_ODD", "DECEASED")},
        evidence=SEEN,
        at=clock.now(),
        by=rosters.BY,
    )
    do_jobs()
    corrections.take(RosterCorrection.objects.get())
    assert RowJudgement.objects.count() == 3
    # Next year: the same three, and a fourth person who is as old.
    lines = content("2020").decode("gb18030").splitlines()
    other = lines[1 + OLD].split(",")
    other[3], other[5], other[6] = "李长寿", rosters._number("21028119050312004"), "1905-03-12"
    text = "\r\n".join([*lines, ",".join(other), ""]).encode("gb18030")
    later = rosters.bring_to(
        rosters.receive(text, year=2020, channel=Channel.BROWSER), BatchState.CHECKED
    )
    waiting = later.rows.filter(outcome="REVIEW")
    assert [(row.name, row.reasons) for row in waiting] == [("李长寿", ["AGE_EXTREME"])]
    recalled = later.rows.get(name=rows["AGE_EXTREME"].name, birth_on="1904-03-12")
    assert (recalled.outcome, recalled.confirmed) == ("ACCEPTED", ["AGE_EXTREME"])
    assert later.rows_review == 1
    page = clerk.get(f"/rosters/{later.pk}/rows/{recalled.pk}/").content.decode()
    assert "register of the village" in page
    # In another county nobody has judged it.
    factories.county(ZHUANGHE, "庄河市")
    elsewhere = rosters.receive(
        content("2020").replace("得利寺镇".encode("gb18030"), "青堆镇".encode("gb18030")),
        area=ZHUANGHE, year=2020, channel=Channel.BROWSER,
    )  # fmt: skip
    elsewhere = rosters.bring_to(elsewhere, BatchState.CHECKED)
    assert elsewhere.rows.filter(reasons__contains=["AGE_EXTREME"]).exists()


def test_many_rows_are_chosen_in_the_list_and_what_nobody_may_judge_is_left_out(
    clerk: Client, county: Area
) -> None:
    lines = content().decode("gb18030").splitlines()
    broken = lines[8].split(",")
    broken[5] = broken[5][:16] + str((int(broken[5][16]) + 1) % 10) + broken[5][17]
    lines[8] = ",".join(broken)
    batch = rosters.receive("\r\n".join([*lines, ""]).encode("gb18030"), channel=Channel.BROWSER)
    batch = rosters.bring_to(batch, BatchState.CHECKED)
    waiting = list(batch.rows.filter(outcome="REVIEW"))
    assert len(waiting) == 4
    page = f"/rosters/{batch.pk}/rows/right/"
    chosen = {"chosen": [str(row.pk) for row in waiting]}
    check = clerk.post(page, chosen)
    assert check.context["chosen_count"] == 3
    assert [(line["why"], line["count"]) for line in check.context["aside"]] == [
        ("Check character does not fit", 1)
    ]
    sent = {
        **chosen,
        "_confirmed": check.context["seen"],
        "form_token": check.context["form_token"],
    }
    said = clerk.post(page, {**sent, "reason": "…", "evidence": ""}, follow=True).content.decode()
    assert "give the reason and the evidence" in said
    assert 'rows="2" maxlength="500" required>…</textarea>' in said, "what was typed stands there"
    assert not RosterCorrection.objects.exists()
    check = clerk.post(page, chosen)
    sent["form_token"] = check.context["form_token"]
    answer = clerk.post(page, {**sent, "reason": "Seen.", "evidence": "Register of the village."})
    made = RosterCorrection.objects.get()
    assert answer.url == f"/corrections/{made.pk}/"
    do_jobs()
    made.refresh_from_db()
    assert corrections.verdicts(made) == {"changed": 3}
    clerk.post(f"/corrections/{made.pk}/submit/", {"reason": "Seen."})
    do_jobs()
    batch.refresh_from_db()
    assert (batch.state, batch.rows_review) == (BatchState.CHECKED, 1)
    assert batch.rows.filter(outcome="REVIEW").get().reasons == ["ID_CHECK_FAILS"]


def test_the_county_writes_its_evidence_into_the_problem_file(on_roll: RosterBatch) -> None:
    text = corrections.problem_text(on_roll)
    head, *lines = problem_files.text_table(text)
    assert head[RIGHT] == "原值无误（请写明依据）"
    assert all("可认定原值无误" in line[HELP] for line in lines)

    def fill(line: list[str]) -> None:
        if "AGE_EXTREME" in line[CODES]:
            line[RIGHT] = "村委会证明2019年第3号"

    made = corrections.load_corrected(on_roll, fill)
    assert corrections.verdicts(made) == {"changed": 1, "same": 2}
    line = made.lines.get(verdict="CHANGED")
    assert (line.note, line.confirmed) == ("村委会证明2019年第3号", ["AGE_EXTREME"])
    corrections.take(made)
    assert RowJudgement.objects.get().evidence == "村委会证明2019年第3号"


def test_evidence_does_not_make_a_broken_number_right(county: Area) -> None:
    batch = rosters.bring_in(rosters.csv_of(rosters.lines(range(60))))

    def fill(line: list[str]) -> None:
        line[RIGHT] = "经核实无误"

    made = corrections.load_corrected(batch, fill)
    assert set(corrections.verdicts(made)) == {"wrong"}
    row = batch.rows.filter(reasons=["ID_CHECK_FAILS"])[0]
    with pytest.raises(DomainError) as refusal:
        row_repair.find_right(
            batch=batch, rows={row.pk: 0}, evidence=SEEN, at=clock.now(), by=rosters.BY
        )
    assert refusal.value.code == "ROW_NOT_TO_BE_JUDGED"


def test_who_comes_second_finds_the_row_moved_on(on_roll: RosterBatch) -> None:
    row = held(on_roll)["AGE_EXTREME"]
    with pytest.raises(MovedOn):
        row_repair.find_right(
            batch=on_roll, rows={row.pk: 4}, evidence=SEEN, at=clock.now(), by=rosters.BY
        )


def test_a_judgement_holds_while_another_cell_of_the_row_is_corrected(
    on_roll: RosterBatch,
) -> None:
    row = held(on_roll)["AGE_EXTREME"]
    row_repair.find_right(
        batch=on_roll, rows={row.pk: 0}, evidence=SEEN, at=clock.now(), by=rosters.BY
    )
    do_jobs()
    corrections.take(RosterCorrection.objects.get())
    lines = content("2020").decode("gb18030").splitlines()
    old = lines[1 + OLD].split(",")
    old[8] = "已缴"
    text = "\r\n".join([lines[0], ",".join(old), *lines[5:], ""]).encode("gb18030")
    later = rosters.bring_to(
        rosters.receive(text, year=2020, channel=Channel.BROWSER), BatchState.CHECKED
    )
    waiting = later.rows.get(outcome="REVIEW")
    assert (waiting.reasons, waiting.confirmed) == (["AMOUNT_UNREADABLE"], ["AGE_EXTREME"])

    def pay(line: list[str]) -> None:
        line[8] = "250"

    made = corrections.load_corrected(later, pay)
    assert corrections.verdicts(made) == {"changed": 1}
    assert made.lines.get().confirmed == ["AGE_EXTREME"]


def test_rows_that_do_not_qualify_are_told_why_and_stay_chosen(clerk: Client, county: Area) -> None:
    batch = rosters.bring_in(rosters.csv_of(rosters.lines(range(60))))
    broken = list(batch.rows.filter(reasons=["ID_CHECK_FAILS"]))
    sound = batch.rows.filter(outcome="ACCEPTED").first()
    assert sound is not None
    chosen = [*(row.pk for row in broken), sound.pk]
    answer = clerk.post(
        f"/rosters/{batch.pk}/rows/right/",
        {"chosen": chosen, "list_query": "outcome=REVIEW&sort=-place"},
    )
    assert (answer.status_code, answer.context["chosen_count"]) == (200, 0)
    assert [line["count"] for line in answer.context["aside"]] == [len(broken), 1]
    assert answer.context["aside"][1]["why"] == "Does not wait: Accepted"
    back = answer.context["back_url"]
    assert back.startswith(f"/rosters/{batch.pk}/rows/?outcome=REVIEW&sort=-place&ticked=")
    listed = clerk.get(back)
    shown = {row.key for row in listed.context["table_rows"]}
    assert shown & {row.pk for row in broken}
    assert listed.content.decode().count(" checked aria-label") == len(shown & set(chosen))
    other = signed_in(member("other", Role.CLERK, county, language="en"))
    assert " checked aria-label" not in other.get(back).content.decode()


def test_grounds_for_what_nobody_can_vouch_for_are_told_to_count_for_nothing(
    clerk: Client, county: Area
) -> None:
    batch = rosters.bring_in(rosters.csv_of(rosters.lines(range(60))))

    def fill(line: list[str]) -> None:
        if line[CODES] == "ID_CHECK_FAILS":
            line[RIGHT] = "经核实无误"

    made = corrections.load_corrected(batch, fill)
    wrong = corrections.verdicts(made)["wrong"]
    page = clerk.get(f"/corrections/{made.pk}/")
    assert (page.context["void_grounds"], page.context["found_right"]) == (wrong, 0)
    assert "nobody can vouch for" in page.content.decode()
    lines = clerk.get(f"/corrections/{made.pk}/lines/?verdict=WRONG").content.decode()
    assert "The grounds given do not count" in lines
