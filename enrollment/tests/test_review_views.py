"""The pages of duplicate review: what they show to whom, at what cost, and what they do."""

import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bureau.core import clock
from bureau.core.choices import Role
from bureau.core.models import AccessLog, ApprovalRequest, Area
from enrollment.choices import PairState
from enrollment.models import (
    CandidatePair,
    DecisionStep,
    PacketPair,
    PairDecision,
    Person,
    SecondLook,
)
from enrollment.tests import decisions as made
from enrollment.tests.reviewing import no_second_looks
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
    no_second_looks()  # The lot falls by the number of a decision.
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


@pytest.mark.parametrize(
    "path", ["/review/", "/review/overview/", "/review/pairs/", "/review/numbers/"]
)
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
    no_second_looks()  # The lot falls by the number of a decision.
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


def test_the_list_handed_in_names_both_sides_and_the_request_nobody(asked, places):
    no_second_looks()  # The lot falls by the number of a decision.
    client = client_of("li", Role.CLERK, places[0])
    client.post("/review/take/")
    client.post(url(asked, "decide/"), {"verdict": "SAME", "reason": "电话相同"})
    client.post("/review/hand-in/")
    request = ApprovalRequest.objects.get()
    assert "王" not in f"{request.title}{request.summary}"
    bundle = f"/review/handed-in/{request.target_id}/"
    before = AccessLog.objects.count()
    page = client.get(bundle)
    assert page.status_code == 200, "its clerk reads it"
    assert not page.context["may_decide"]
    assert AccessLog.objects.count() == before + 1
    city = Area.objects.get(code="210200")
    reviewer = client_of("sun", Role.REVIEWER, city)
    page = reviewer.get(bundle)
    text = page.content.decode()
    assert page.context["may_decide"]
    assert "<mark>晓</mark>" in text or "王*明" in text
    assert "电话相同" in text
    assert Person.objects.get().identifiers.get().number not in text
    third = client_of("zhao", Role.REVIEWER, Area.objects.get(code="210224"))
    assert third.get(bundle).status_code == 404
    assert third.post(f"{bundle}decide/", {"decision": "all"}).status_code == 404
    portal = reviewer.get(f"/todo/{request.pk}/")
    assert bundle in portal.content.decode()


def test_the_second_person_returns_one_and_the_clerk_finds_it_among_open_work(asked, places):
    no_second_looks()  # The lot falls by the number of a decision.
    batch = asked.row_a.batch
    more = made.pair(made.person_row(batch), made.person_row(batch), score=0.7)
    client = client_of("li", Role.CLERK, places[0])
    client.post("/review/take/")
    for pair in (asked, more):
        client.post(url(pair, "decide/"), {"verdict": "SAME"})
    client.post("/review/hand-in/")
    reviewer = client_of("sun", Role.REVIEWER, Area.objects.get(code="210200"))
    requests = ApprovalRequest.objects.order_by("pk")
    assert requests.count() == 2, "what lies in the clerk's county, and what reaches beyond it"
    request = requests.get(area=places[0])
    bundle = f"/review/handed-in/{request.target_id}/decide/"
    decision = PairDecision.objects.get(pair=more)
    for sent in (
        {"decision": "some"},
        {"decision": "some", "return": decision.pk},
        {"decision": "all", "return": decision.pk},
    ):
        reviewer.post(bundle, sent)
        request.refresh_from_db()
        assert request.state == "PENDING"
    reviewer.post(
        bundle, {"decision": "some", "return": decision.pk, f"reason_{decision.pk}": "是姐妹"}
    )
    request.refresh_from_db()
    assert request.state == "RETURNED"
    for path in ("/", "/todo/"):
        work = client.get(path).context["work"]
        assert [line.count for line in work if line.url == "/review/#returned"] == [1]
    home = client.get("/review/")
    assert "是姐妹" in home.content.decode()
    client.post("/review/take-returned/")
    page = client.get(url(more))
    assert page.context["may_decide"]
    assert "是姐妹" in page.context["returned"]


def test_a_pair_says_that_decisions_count_from_handing_in(asked, places):
    no_second_looks()  # The lot falls by the number of a decision.
    client = client_of("li", Role.CLERK, places[0])
    client.post("/review/take/")
    page = client.get(url(asked))
    assert (page.context["step"], len(page.context["steps"])) == (1, 4)
    assert "自提交任务包起生效" in page.content.decode()
    assert "办理顺序" in page.content.decode()
    client.post(url(asked, "decide/"), {"verdict": "SAME"})
    assert client.get(url(asked)).context["step"] == 2
    client.post("/review/hand-in/")
    page = client.get(url(asked))
    assert page.context["step"] == 3
    assert "/review/handed-in/" in page.context["bundle_url"]


def test_a_page_of_a_packet_that_another_window_closed_closes_no_other(asked, places):
    batch = asked.row_a.batch
    made.pair(made.row(batch), made.row(batch), score=0.7)
    client = client_of("li", Role.CLERK, places[0])
    client.post("/review/take/")
    first = PacketPair.objects.filter(in_hand=True).first().packet_id
    client.post("/review/give-back/", {"packet": first})
    client.post("/review/take/")
    late = client.post("/review/hand-in/", {"packet": first})
    assert late.status_code == 409
    assert "您已" in late.content.decode()
    assert PacketPair.objects.filter(in_hand=True).exists()


def test_one_number_asks_whose_it_is_and_lists_the_other(asked, places):
    no_second_looks()  # The lot falls by the number of a decision.
    known = made.person_row(asked.row_a.batch)
    other = made.row(asked.row_a.batch, id_number=known.id_number, id_text=known.id_number)
    pair = made.pair(known, other, score=0.99)
    client = client_of("li", Role.CLERK, places[0])
    client.post(url(pair, "take/"))
    assert 'name="holder"' in client.get(url(pair)).content.decode()
    client.post(url(pair, "decide/"), {"verdict": "DIFFERENT"})
    assert not PairDecision.objects.exists()
    client.post(
        url(pair, "decide/"), {"verdict": "DIFFERENT", "holder": "LEFT", "reason": "父子二人"}
    )
    client.post("/review/hand-in/")
    request = ApprovalRequest.objects.get()
    reviewer = client_of("sun", Role.REVIEWER, places[0])
    reviewer.post(f"/review/handed-in/{request.target_id}/decide/", {"decision": "all"})
    page = client.get("/review/numbers/")
    assert page.context["count"].figure == 1
    assert known.id_number not in page.content.decode()
    work = client.get("/").context["work"]
    assert [line.count for line in work if line.url == "/review/numbers/"] == [1]


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


def two_handed_in(places, asked):
    """Two decisions of a packet of the first county wait: its clerk, their list, both numbers."""
    no_second_looks()  # The lot falls by the number of a decision.
    batch = asked.row_a.batch
    pairs = [made.pair(made.person_row(batch), made.person_row(batch)) for _number in range(2)]
    client = client_of("li", Role.CLERK, places[0])
    for pair in pairs:
        client.post(url(pair, "take/"))
        client.post(url(pair, "decide/"), {"verdict": "SAME"})
    client.post("/review/hand-in/")
    request = ApprovalRequest.objects.get()
    numbers = [PairDecision.objects.get(pair=pair).pk for pair in pairs]
    return client, f"/review/handed-in/{request.target_id}/", numbers


def test_a_refused_list_comes_back_as_it_was_entered_with_the_missing_line_marked(asked, places):
    _clerk, bundle, (first, second) = two_handed_in(places, asked)
    reviewer = client_of("sun", Role.REVIEWER, Area.objects.get(code="210200"))
    sent = {"return": [first, second], f"reason_{first}": "两兄弟"}
    before = AccessLog.objects.count()
    page = reviewer.post(f"{bundle}decide/", {**sent, "decision": "some"})
    assert page.status_code == 422
    assert AccessLog.objects.count() == before + 1, "what is shown again is on record again"
    lines = {line.number: line for line in page.context["lines"]}
    assert lines[first].is_marked
    assert lines[second].is_marked
    assert (lines[first].reason_entered, lines[second].reason_entered) == ("两兄弟", "")
    assert (lines[first].is_missing, lines[second].is_missing) == (False, True)
    text = page.content.decode()
    assert f'href="#reason-{second}"' in text
    assert text.count(" autofocus>") == 2, "the help's heading, and the reason that is missing"
    page = reviewer.post(f"{bundle}decide/", {**sent, "decision": "all"})
    assert page.status_code == 422
    assert 'value="两兄弟"' in page.content.decode()
    assert [line.is_marked for line in page.context["lines"]] == [True, True]
    sent[f"reason_{second}"] = "是姐妹"
    assert reviewer.post(f"{bundle}decide/", {**sent, "decision": "some"}).url == bundle
    assert ApprovalRequest.objects.get().state == "RETURNED"


def test_ticks_stay_when_one_decision_left_the_list_meanwhile(asked, places):
    clerk, bundle, (first, second) = two_handed_in(places, asked)
    clerk.post(url(PairDecision.objects.get(pk=first).pair, "take-back/"), {"reason": "看错了"})
    reviewer = client_of("sun", Role.REVIEWER, Area.objects.get(code="210200"))
    sent = {
        "decision": "some",
        "return": [first, second],
        f"reason_{first}": "两兄弟",
        f"reason_{second}": "是姐妹",
    }
    page = reviewer.post(f"{bundle}decide/", sent)
    assert page.status_code == 422
    lines = {line.number: line for line in page.context["lines"]}
    assert not lines[first].is_waiting
    assert (lines[second].is_marked, lines[second].reason_entered) == (True, "是姐妹")


def test_a_refused_word_on_one_number_keeps_what_was_entered_and_asks_for_what_is_missing(
    asked, places
):
    known = made.person_row(asked.row_a.batch)
    other = made.row(
        asked.row_a.batch, "王晓明", id_number=known.id_number, id_text=known.id_number
    )
    pair = made.pair(known, other, score=0.99)
    client = client_of("li", Role.CLERK, places[0])
    client.post(url(pair, "take/"))
    keys = dict(client.get(url(pair)).context["page_keys"])
    assert {"3", "4", "5"} <= set(keys)
    page = client.post(url(pair, "decide/"), {"verdict": "DIFFERENT", "choice_name": "RIGHT"})
    assert page.status_code == 422
    assert [line.chosen for line in page.context["lines"] if line.key == "name"] == ["RIGHT"]
    assert page.context["missing"] == "holder-LEFT"
    page = client.post(url(pair, "decide/"), {"verdict": "DIFFERENT", "holder": "RIGHT"})
    assert page.context["missing"] == "review-reason"
    assert page.context["entered"].holder == "RIGHT"
    text = page.content.decode()
    assert 'id="holder-RIGHT" value="RIGHT"' in text
    assert 'name="verdict" value="DIFFERENT" tabindex="-1"' in text, "Enter says the same word"
    assert not PairDecision.objects.exists()


def test_after_a_merge_the_pair_shows_both_rows_as_they_stood(asked, places):
    batch = asked.row_a.batch
    pair = made.pair(made.person_row(batch, "于铭"), made.person_row(batch, "于明"))
    decision = made.decided(pair)
    DecisionStep.objects.create(decision=decision, stage="HANDED_IN", by_text="t", at=clock.now())
    made.carry_out()
    client = client_of("sun", Role.REVIEWER, places[0])
    page = client.get(url(pair))
    assert page.context["is_one_person"]
    name = next(line for line in page.context["lines"] if line.key == "name")
    assert ["".join(part.text for part in side) for side in (name.left, name.right)] == [
        "于铭",
        "于明",
    ]
    sources = [[source.cells for source in column.sources] for column in page.context["columns"]]
    assert [len(own) for own in sources] == [1, 1]
    assert sources[0] != sources[1]
    client.post(url(pair, "take-back/"), {"reason": "是两个人"})
    request = ApprovalRequest.objects.get(state="PENDING")
    city = client_of("wang", Role.DIRECTOR, Area.objects.get(code="210200"))
    told = dict(city.get(f"/todo/{request.pk}/").context["facts"])
    assert "姓名（不一致）" in told["两行的差异"]
    assert "于明" not in str(told)


def test_a_packet_number_of_somebody_else_hands_in_nothing(asked, places):
    client = client_of("li", Role.CLERK, places[0])
    client.post("/review/take/")
    held = PacketPair.objects.get(in_hand=True)
    for foreign in (held.packet_id + 1000, "x"):
        client.post("/review/hand-in/", {"packet": foreign})
        held.refresh_from_db()
        assert held.in_hand
    client.post("/review/hand-in/", {"packet": held.packet_id})
    held.refresh_from_db()
    assert not held.in_hand


def test_who_handed_in_is_told_that_some_of_it_came_back(asked, places):
    clerk, bundle, (first, _second) = two_handed_in(places, asked)
    reviewer = client_of("sun", Role.REVIEWER, Area.objects.get(code="210200"))
    reviewer.post(
        f"{bundle}decide/", {"decision": "some", "return": first, f"reason_{first}": "两兄弟"}
    )
    assert ApprovalRequest.objects.get().state == "APPROVED"
    page = clerk.get("/notifications/")
    [line] = [line for line in page.context["lines"] if "申请" in line.text]
    assert line.status.label == "我的申请部分获批"
    assert "其中 1 项退回给您" in line.text
