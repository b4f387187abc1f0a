"""A version is drafted or learnt by one, tried, and in force by another; back the same way."""

import pytest
from django.db import IntegrityError, transaction

from bureau.core import clock, jobs
from bureau.core.actors import Actor
from bureau.core.choices import JobState
from bureau.core.errors import DomainError, MovedOn, OwnWork
from bureau.core.models import AuditEvent
from enrollment.choices import DoubtState, ModelOrigin, ModelState, Verdict
from enrollment.imports import trial
from enrollment.models import CandidatePair, LinkageModelVersion, LinkageRun, LinkDoubt, RosterLink
from enrollment.services import linkage, linkage_versions
from enrollment.tests.linkage_versions.village import (
    approve,
    decide,
    done,
    link,
    settle,
    someone,
    stricter,
    submitted,
    tried,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def pairs(reference):
    return settle()


def test_a_version_learnt_from_the_rosters_is_a_draft_and_not_in_force(pairs):
    job = linkage_versions.ask_to_train(ModelOrigin.ROLLS, by=someone("li"), at=clock.now())
    done(job)
    version = LinkageModelVersion.objects.get(number=2)
    assert (version.state, version.origin) == (ModelState.DRAFT, ModelOrigin.ROLLS)
    assert version.drafters == ["N-li"]
    assert version.training["records"] == 100
    assert version.weights != linkage.version_in_use().weights
    assert linkage.version_in_use().number == 1


def test_what_clerks_decided_teaches_by_every_second_pair(pairs):
    with pytest.raises(AssertionError, match="尚无已认定"):
        done(linkage_versions.ask_to_train(ModelOrigin.DECISIONS, by=someone("li"), at=clock.now()))
    decide(pairs)
    done(linkage_versions.ask_to_train(ModelOrigin.DECISIONS, by=someone("li"), at=clock.now()))
    version = LinkageModelVersion.objects.get(number=2)
    assert version.origin == ModelOrigin.DECISIONS
    even = sum(pair.pk % 2 == 0 for pair in CandidatePair.objects.all())
    assert version.training["decided"] == even


def test_learning_that_was_killed_behind_its_write_makes_no_second_version(pairs, monkeypatch):
    job = linkage_versions.ask_to_train(ModelOrigin.ROLLS, by=someone("li"), at=clock.now())

    def killed(name):
        if name == "job_before_end":
            raise KeyboardInterrupt

    monkeypatch.setattr("bureau.core.crash.point", killed)
    with pytest.raises(KeyboardInterrupt):
        jobs.run(job.pk, worker="test")
    monkeypatch.undo()
    assert LinkageModelVersion.objects.filter(number=2).exists()
    done(job)
    assert LinkageModelVersion.objects.order_by("-number").first().number == 2


def test_a_trial_says_what_would_change_and_measures_on_pairs_nobody_learnt_from(pairs):
    decide(pairs[:6])
    version = tried(stricter())
    [run] = LinkageRun.objects.all()
    figures = run.figures
    assert (run.version, run.against.number, figures["records"]) == (version, 1, 100)
    before, after = figures["before"], figures["after"]
    assert before["linked"] - after["linked"] == (
        figures["changes"]["LINK_LOST"] - figures["changes"]["LINK_GAINED"]
    )
    assert figures["changes"]["LINK_LOST"] == before["linked"] > 0
    assert figures["changes"]["ASKED_GAINED"] > 0
    assert set(figures["changes"]) == set(trial.CHANGES)
    named = {tuple(pair) for pair in figures["examples"]["LINK_LOST"]}
    told = {(waiting.pk, home.pk) for waiting, home in pairs}
    assert named <= told, "examples are numbers of rows alone"
    odd = [pair for pair in CandidatePair.objects.all() if pair.pk % 2]
    assert figures["reviewed"]["pairs"] == len(odd)
    assert figures["reviewed"]["before"]["same"]["LINKED"] == len(odd)
    assert figures["reviewed"]["after"]["same"]["ASKED"] == len(odd)


def test_two_people_that_a_version_would_link_are_counted_as_wrong(pairs):
    decide(pairs[:4], Verdict.DIFFERENT)
    tried(stricter())
    reviewed = LinkageRun.objects.get().figures["reviewed"]
    odd = sum(pair.pk % 2 for pair in CandidatePair.objects.all())
    assert reviewed["before"]["different"] == {"LINKED": odd, "ASKED": 0, "APART": 0}


def test_no_version_is_submitted_before_its_trial(pairs):
    with pytest.raises(DomainError, match="试运行"):
        submitted(stricter())


@pytest.mark.parametrize("name", ["li", "zhao", "qian"])
def test_who_drafted_tried_or_submitted_a_version_does_not_approve_it(pairs, name):
    request = submitted(tried(stricter("li"), "zhao"), "qian")
    with pytest.raises(OwnWork):
        approve(request, name)
    assert linkage.version_in_use().number == 1


def test_the_database_refuses_the_drafter_too(pairs):
    version = tried(stricter())
    submitted(version)
    LinkageModelVersion.objects.filter(number=1).update(state="RETIRED", retired_at=clock.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        LinkageModelVersion.objects.filter(pk=version.pk).update(
            state="IN_USE", approved_at=clock.now(), approved_by="x",
            approved_by_staff=someone("wang"), approved_by_no="N-li",
        )  # fmt: skip


def test_an_approved_version_is_in_force_and_the_way_back_is_the_same(pairs):
    approve(submitted(tried(stricter())))
    assert linkage.version_in_use().number == 2
    first = LinkageModelVersion.objects.get(number=1)
    assert (first.state, first.retired_at is not None) == (ModelState.RETIRED, True)
    back = linkage_versions.draft_like(first, at=clock.now(), by=Actor.of(someone("li")))
    assert (back.weights, back.thresholds) == (first.weights, first.thresholds)
    assert linkage.version_in_use().number == 2, "nothing comes back by itself"
    approve(submitted(tried(back)))
    assert linkage.version_in_use().number == 3
    kinds = list(AuditEvent.objects.filter(kind="linkage_model.approved").values_list("kind"))
    assert len(kinds) == 2


def test_a_trial_against_a_version_that_is_in_force_no_more_counts_for_nothing(pairs):
    late = tried(stricter(lead_bits=9.0))
    request = submitted(late)
    approve(submitted(tried(stricter())))
    with pytest.raises(DomainError, match="试运行"):
        approve(request)
    assert linkage.version_in_use().number == 3


def test_a_returned_version_is_a_draft_again_and_a_dropped_one_stays(pairs):
    from bureau.core import approvals

    version = tried(stricter())
    request = submitted(version)
    with pytest.raises(MovedOn):
        linkage_versions.drop(version, by=someone("li"), at=clock.now())
    approvals.decide(request.pk, approve=False, by=someone("wang"), at=clock.now(), note="请再议")
    version.refresh_from_db()
    assert version.state == ModelState.DRAFT
    linkage_versions.drop(version, by=someone("li"), at=clock.now())
    with pytest.raises(MovedOn):
        submitted(version)


@pytest.mark.parametrize(
    "thresholds", [{"link_from_bits": 1.0}, {"offer_from": 0.0}, {"block_limit": 100_000}]
)
def test_limits_beyond_reason_are_refused(reference, thresholds):
    with pytest.raises(DomainError, match=next(iter(thresholds))):
        stricter(**thresholds)


def test_linking_again_proposes_pairs_and_doubts_and_changes_no_link(pairs):
    for waiting, home in pairs[:5]:
        link(waiting, home)
    stranger = pairs[5][0]
    wrong = link(stranger, pairs[9][1])
    before = list(RosterLink.objects.order_by("pk").values_list("pk", "person_id", "tier"))
    job = done(linkage_versions.ask_to_relink(by=someone("li"), at=clock.now()))
    assert list(RosterLink.objects.order_by("pk").values_list("pk", "person_id", "tier")) == before
    figures = LinkageRun.objects.get(job=job).figures
    assert (figures["waiting"], figures["linked"], figures["people"]) == (14, 6, 80)
    assert (figures["pairs"], figures["firm"], figures["doubts"]) == (14, 5, 1)
    asked = {(p.row_a_id, p.row_b_id) for p in CandidatePair.objects.filter(state="OPEN")}
    told = {tuple(sorted((waiting.pk, home.pk))) for waiting, home in pairs[6:]}
    assert asked == told
    [doubt] = LinkDoubt.objects.all()
    assert (doubt.row, doubt.person_id, doubt.now) == (stranger, wrong.person_id, "ANOTHER")
    assert doubt.area.code == "210283"
    # Once more: nothing is asked twice.
    done(linkage_versions.ask_to_relink(by=someone("li"), at=clock.now()))
    assert CandidatePair.objects.filter(state="OPEN").count() == len(told)
    assert LinkDoubt.objects.count() == 1


def test_a_link_found_right_is_not_doubted_again_by_the_same_version(pairs):
    link(pairs[5][0], pairs[9][1])
    done(linkage_versions.ask_to_relink(by=someone("li"), at=clock.now()))
    doubt = LinkDoubt.objects.get()
    by = Actor.of(someone("li"))
    linkage_versions.keep_link(doubt, note="已核实", by=by, at=clock.now())
    with pytest.raises(MovedOn):
        linkage_versions.keep_link(doubt, note="已核实", by=by, at=clock.now())
    done(linkage_versions.ask_to_relink(by=someone("li"), at=clock.now()))
    assert list(LinkDoubt.objects.values_list("state", flat=True)) == [DoubtState.KEPT]


def test_a_doubt_lapses_when_its_row_has_left_the_file(pairs):
    wrong = link(pairs[5][0], pairs[9][1])
    done(linkage_versions.ask_to_relink(by=someone("li"), at=clock.now()))
    home = RosterLink.objects.get(row=pairs[5][1]).person_id
    RosterLink.objects.filter(pk=wrong.pk).update(person_id=home, tier="CLERK")
    done(linkage_versions.ask_to_relink(by=someone("li"), at=clock.now()))
    assert LinkDoubt.objects.get().state == DoubtState.LAPSED


def test_a_trial_that_is_stopped_leaves_nothing(pairs):
    job = linkage_versions.ask_to_try(stricter(), by=someone("li"), at=clock.now())
    jobs.cancel(job, by=someone("li"), at=clock.now())
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert not LinkageRun.objects.exists()
