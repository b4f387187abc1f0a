"""The pages of duplicate review: what they show to whom, at what cost, and what they do."""

import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bureau.core import approvals, clock
from bureau.core.choices import Role
from bureau.core.models import AccessLog, ApprovalRequest, Area
from enrollment.choices import PairState
from enrollment.models import CandidatePair, PacketPair, PairDecision, Person, SecondLook
from enrollment.tests import decisions as made
from enrollment.tests.roster_pages import member, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def places(reference, settings):
    settings.DEMO = True
    return Area.objects.get(code="210281"), Area.objects.get(code="210283")


@pytest.fixture
def asked(places):
    """A pair across two counties: a file and a waiting row of another name and telephone."""
    here, there = (made.roster(place) for place in places)
    first = made.person_row(here, "王小明")
    second = made.row(there, "王晓明")
    return made.pair(first, second)


def client_of(name, role, place) -> Client:
    return signed_in(member(name, role, place))


def url(pair, act=""):
    return f"/review/pairs/{pair.pk}/{act}"


def test_both_sides_are_on_record_before_they_are_shown(asked, places):
    answer = client_of("li", Role.CLERK, places[0]).get(url(asked))
    assert answer.status_code == 200
    subjects = set(AccessLog.objects.values_list("subject_label", "action"))
    assert subjects == {("enrollment.person", "review"), ("enrollment.rosterrow", "review")}


def test_numbers_are_masked_and_the_signs_that_differ_are_marked(asked, places):
    client = client_of("li", Role.CLERK, places[1])
    page = client.get(url(asked)).content.decode()
    person = Person.objects.get()
    number = person.identifiers.get().number
    assert number not in page
    assert asked.row_b.id_text not in page
    assert person.phone not in page
    assert "<mark>" in page
    assert "<mark>晓</mark>" in page
    # What is hidden is not marked: there is nothing to see. It is told in words.
    assert "<mark>*" not in page
    assert "隐藏位不同" in page
    client.post(url(asked, "reveal/"), {"reason": ""})
    assert number not in client.get(url(asked)).content.decode()
    shown = client.post(url(asked, "reveal/"), {"reason": "来电核对"}).content.decode()
    shown = shown.replace("<mark>", "").replace("</mark>", "")
    assert number in shown
    assert asked.row_b.id_text in shown
    assert AccessLog.objects.filter(action="reveal", reason="来电核对").count() == 2


def test_a_third_county_sees_nothing_of_it(asked, places):
    third = Area.objects.get(code="210224")
    client = client_of("zhao", Role.CLERK, third)
    assert client.get(url(asked)).status_code == 404
    assert client.post(url(asked, "decide/"), {"verdict": "SAME"}).status_code == 404
    assert not AccessLog.objects.exists()


def test_a_page_costs_little_and_no_more_with_more_behind_it(asked, places):
    client = client_of("li", Role.CLERK, places[0])
    client.post("/review/take/")
    costs = []
    for _round in range(2):
        client.get(url(asked))
        with CaptureQueriesContext(connection) as queries:
            begun = time.monotonic()
            assert client.get(url(asked)).status_code == 200
            spent = time.monotonic() - begun
        costs.append(len(queries))
        for _pair in range(5):
            made.pair(asked.row_a, made.row(asked.row_b.batch))
    assert costs[0] == costs[1] <= 25, costs
    assert spent < 1, "seconds, on a machine at work; the benchmark has the figure"


def test_a_clerk_works_through_a_packet_without_scripts(asked, places):
    batch = asked.row_a.batch
    more = made.pair(made.row(batch), made.row(batch), score=0.7)
    client = client_of("li", Role.CLERK, places[0])
    first = client.post("/review/take/")
    assert first.url == url(asked)
    page = client.get(first.url).content.decode()
    assert 'name="choice_name"' in page
    following = client.post(url(asked, "decide/"), {"verdict": "SAME", "choice_name": "RIGHT"})
    assert following.url == url(more)
    decision = PairDecision.objects.get()
    assert decision.choices == {"name": "RIGHT"}
    assert decision.seen["score"] == asked.score
    back = client.post("/review/undo/")
    assert back.url == url(asked)
    client.post(url(asked, "decide/"), {"verdict": "DIFFERENT"})
    last = client.post(url(more, "decide/"), {"verdict": "LATER"})
    assert last.url == "/review/"
    home = client.get("/review/").content.decode()
    assert "1 / 2" in home
    client.post("/review/hand-in/")
    asked.refresh_from_db()
    assert asked.state == PairState.DIFFERENT


def test_who_comes_second_is_told_who_was_faster(asked, places):
    client_of("li", Role.CLERK, places[0]).post(url(asked, "take/"))
    late = client_of("wang", Role.CLERK, places[1]).post(url(asked, "take/"))
    assert late.status_code == 409
    assert "li" in late.content.decode()


def test_a_second_look_shows_nothing_of_the_first(asked, places):
    made.clerk("first")
    decision = made.decided(asked, by=made.clerk("first"), reason="geheim")
    CandidatePair.objects.filter(pk=asked.pk).update(state=PairState.CHECKING)
    SecondLook.objects.create(decision=decision, drawn_at=clock.now())
    client = client_of("wang", Role.CLERK, places[0])
    client.post("/review/take/")
    assert PacketPair.objects.get(pair=asked).look is not None
    page = client.get(url(asked)).content.decode()
    assert "first" not in page.replace("first-child", "")
    assert "geheim" not in page
    told = client.post(url(asked, "decide/"), {"verdict": "DIFFERENT"}, follow=True)
    assert "first" in told.content.decode()
    asked.refresh_from_db()
    assert asked.state == PairState.DISPUTED


@pytest.mark.parametrize("path", ["/review/", "/review/overview/", "/review/pairs/"])
def test_the_other_pages_open(asked, places, path):
    made.decided(asked)
    client = client_of("sun", Role.REVIEWER, places[0])
    assert client.get(path).status_code == 200


def test_home_and_todo_tell_of_waiting_pairs(asked, places):
    client = client_of("li", Role.CLERK, places[0])
    for path in ("/", "/todo/"):
        work = client.get(path).context["work"]
        assert [line.count for line in work if line.url == "/review/"] == [1]
    client.post("/review/take/")
    assert len([line for line in client.get("/").context["work"] if line.url == "/review/"]) == 2


def test_undo_with_nothing_to_undo_leaves_the_clerk_on_the_pair(asked, places):
    client = client_of("li", Role.CLERK, places[0])
    client.post("/review/take/")
    assert "disabled" in client.get(url(asked)).content.decode()
    assert client.post("/review/undo/", {"next": url(asked)}).url == url(asked)
    assert client.post("/review/undo/", {"next": "https://else.where/"}).url.startswith("/")


def test_after_an_undo_what_was_chosen_and_why_is_there_again(asked, places):
    client = client_of("li", Role.CLERK, places[0])
    client.post("/review/take/")
    before = client.get(url(asked)).context["lines"]
    assert [line.chosen for line in before if line.key == "phone"] == ["LEFT"]
    said = {"verdict": "SAME", "choice_phone": "RIGHT", "reason": "电话已核实"}
    client.post(url(asked, "decide/"), said)
    client.post("/review/undo/", {"next": url(asked)})
    page = client.get(url(asked))
    assert [line.chosen for line in page.context["lines"] if line.key == "phone"] == ["RIGHT"]
    assert 'value="电话已核实"' in page.content.decode()


def test_lists_name_both_sides_masked_and_who_acts_next(asked, places):
    client = signed_in(member("li", Role.CLERK, places[0], full_name="李经办"))
    pairs = client.get("/review/pairs/").content.decode()
    assert pairs.count("王*明") == 2
    assert "王晓明" not in pairs
    assert "本地区经办人" in pairs
    assert AccessLog.objects.filter(action="list", row_count=2).exists()
    client.post("/review/take/")
    assert client.get("/review/").content.decode().count("王*明") == 2
    assert "领取任务包的经办人" in client.get("/review/pairs/").content.decode()
    client.post(url(asked, "decide/"), {"verdict": "SAME"})
    assert "已判定，提交任务包后生效" in client.get("/review/").content.decode()
    assert "判定人（待提交任务包）" in client.get("/review/pairs/").content.decode()
    client.post("/review/hand-in/")
    asked.refresh_from_db()
    assert asked.state == PairState.CHECKING, "its coverage comes in only with a second person"
    assert "另一名人员" in client.get("/review/pairs/").content.decode()


def test_the_request_names_both_sides(asked, places):
    client = client_of("li", Role.CLERK, places[0])
    client.post("/review/take/")
    client.post(url(asked, "decide/"), {"verdict": "SAME"})
    client.post("/review/hand-in/")
    summary = dict(approvals.summary_of(ApprovalRequest.objects.get()))
    assert summary["左"] == f"王*明 · {asked.area_a}"
    assert "2102" not in str(summary), "numbers stand where a look is put on record"
    assert summary["右"].endswith(str(asked.area_b))
    assert "判定编号" in summary


def test_the_score_is_no_certainty_and_tells_what_speaks_against(asked, places):
    CandidatePair.objects.filter(pk=asked.pk).update(
        score=1.0, evidence=["NUMBER_SLIP", "NAME_SOUND", "SEX_DIFFERENT"]
    )
    client = client_of("li", Role.CLERK, places[0])
    page = client.get(url(asked))
    assert "99.9%" in page.content.decode()
    assert [reason.status.tone for reason in page.context["reasons"]] == ["good", "good", "bad"]
    pairs = client.get("/review/pairs/").content.decode()
    assert "99.9%" in pairs
    assert "性别不同" in pairs


def test_a_household_names_each_person_once_and_relations_in_one_language(asked, places):
    waits = asked.row_b
    for place, code, word in ((1, "12", "妻"), (2, "12", "妻子"), (3, "20", "儿")):
        made.row(
            waits.batch,
            "刘芳" if code == "12" else "王一",
            row_no=waits.row_no + place,
            household_no=waits.household_no,
            relation=word,
            relation_code=code,
        )
    client = client_of("li", Role.CLERK, places[1])
    right = client.get(url(asked)).context["columns"][1]
    assert [(one.name, one.relation) for one in right.household] == [("刘*", "妻"), ("王*", "子")]


def test_sexes_differ_as_words_and_not_by_letters(asked, places):
    type(asked.row_b).objects.filter(pk=asked.row_b_id).update(sex="FEMALE")
    client = signed_in(member("li", Role.CLERK, places[1], language="en"))
    lines = client.get(url(asked)).context["lines"]
    sex = next(line for line in lines if line.key == "sex")
    assert [(part.text, part.differs) for part in (*sex.left, *sex.right)] == [
        ("Male", True),
        ("Female", True),
    ]


def test_a_decision_taken_back_counts_as_taken_back_alone(asked, places):
    client = client_of("li", Role.CLERK, places[0])
    client.post("/review/take/")
    client.post(url(asked, "decide/"), {"verdict": "SAME"})
    client.post("/review/undo/")
    seen = client_of("sun", Role.REVIEWER, places[0]).get("/review/overview/")
    (line,) = seen.context["clerks"]
    assert (line.same, line.undone) == (0, 1)
