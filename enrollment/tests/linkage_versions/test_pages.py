"""The pages of the linkage model: who sees what, drafting, trying, submitting, and doubts."""

import pytest
from django.test import Client
from django.urls import reverse

from bureau.core import clock
from bureau.core.choices import Role
from bureau.core.models import AccessLog, ApprovalRequest, Area, Job
from enrollment.choices import DoubtState, ModelState
from enrollment.models import LinkageModelVersion, LinkDoubt
from enrollment.rules import linkage_terms, matching
from enrollment.services import linkage, linkage_versions
from enrollment.tables import linkage_words
from enrollment.tests import decisions as made
from enrollment.tests.linkage_versions.village import (
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
def pairs(reference, settings):
    settings.DEMO = True
    return settle()


def signed_in(account):
    client = Client()
    client.force_login(account)
    return client


def act(client, **data):
    return client.post(reverse("enrollment:linkage-act"), data, follow=True)


def a_draft(client):
    base = linkage.version_in_use()
    data = {name: str(value) for name, value in base.thresholds.items()}
    data |= {"link_from_bits": "59", "vetoes": base.vetoes, "note": "更严", "form_token": "a" * 22}
    return client.post(reverse("enrollment:linkage-draft"), data, follow=True)


def test_a_draft_is_made_tried_and_submitted_on_the_pages(pairs):
    client = signed_in(someone("li", Role.POLICY_OFFICER))
    page = a_draft(client)
    assert page.status_code == 200
    version = LinkageModelVersion.objects.get(number=2)
    assert (version.thresholds["link_from_bits"], version.state) == (59.0, ModelState.DRAFT)
    act(client, act="submit", version="2", reason="理由")
    assert not ApprovalRequest.objects.exists(), "not before its trial"
    act(client, act="try", version="2")
    done(Job.objects.get(kind=linkage_versions.TRY))
    page = client.get(reverse("enrollment:linkage-model"), {"version": "2"})
    text = page.content.decode()
    assert "变化示例" in text
    assert "王建国" not in text, "names are masked"
    assert AccessLog.objects.filter(action="list").exists(), "the look is on record"
    chart = client.get(reverse("enrollment:linkage-model"), {"version": "2", "chart": "changes"})
    assert chart["Content-Type"].startswith("text/csv")
    act(client, act="submit", version="2", reason="理由")
    request = ApprovalRequest.objects.get(kind=linkage_versions.KIND)
    assert request.summary["links_lost"] == 20
    assert [change["field"] for change in request.changes] == ["link_from_bits"]


def test_limits_out_of_range_are_refused_beside_their_field(pairs):
    client = signed_in(someone("li", Role.POLICY_OFFICER))
    base = linkage.version_in_use()
    data = {name: str(value) for name, value in base.thresholds.items()}
    answer = client.post(
        reverse("enrollment:linkage-draft"), {**data, "link_from_bits": "1", "form_token": "b" * 22}
    )
    assert answer.status_code == 422
    assert LinkageModelVersion.objects.count() == 1


@pytest.mark.parametrize("wanted", ["train", "try", "submit", "drop", "return", "relink"])
def test_staff_of_a_county_change_nothing(pairs, wanted):
    version = stricter()
    county = Area.objects.get(code="210281")
    client = signed_in(made.clerk("county", (Role.REVIEWER, county), is_demonstration=True))
    act(client, act=wanted, version=str(version.number), origin="ROLLS", reason="理由")
    assert client.get(reverse("enrollment:linkage-draft")).status_code == 302
    version.refresh_from_db()
    assert (version.state, Job.objects.count()) == (ModelState.DRAFT, 0)


def test_everybody_who_reads_the_roll_sees_the_versions(pairs):
    for name in ("models", "model"):
        for role in (Role.VIEWER, Role.AUDITOR, Role.DIRECTOR):
            client = signed_in(someone(f"{name}-{role}".lower()[:20], role))
            assert client.get(reverse(f"enrollment:linkage-{name}")).status_code == 200
    assert client.get(reverse("enrollment:linkage-model"), {"version": "99"}).status_code == 404


def test_examples_of_other_areas_are_not_shown(pairs):
    tried(stricter())
    county = Area.objects.get(code="210224") if Area.objects.filter(code="210224") else None
    other = (
        county or Area.objects.filter(level="COUNTY").exclude(code__in=["210281", "210283"]).first()
    )
    client = signed_in(made.clerk("far", (Role.REVIEWER, other), is_demonstration=True))
    page = client.get(reverse("enrollment:linkage-model"), {"version": "2"}).content.decode()
    assert "变化示例" not in page
    assert not AccessLog.objects.exists()


def test_doubts_are_listed_in_their_area_and_kept_by_a_reviewer(pairs):
    link(pairs[5][0], pairs[9][1])
    done(linkage_versions.ask_to_relink(by=someone("li"), at=clock.now()))
    doubt = LinkDoubt.objects.get()
    listed = reverse("enrollment:linkage-doubts")
    there = made.clerk(
        "there", (Role.REVIEWER, Area.objects.get(code="210283")), is_demonstration=True
    )
    elsewhere = made.clerk(
        "else", (Role.REVIEWER, Area.objects.get(code="210281")), is_demonstration=True
    )
    assert doubt.person.name not in signed_in(there).get(listed).content.decode()
    assert doubt.person.file_no in signed_in(there).get(listed).content.decode()
    assert doubt.person.file_no not in signed_in(elsewhere).get(listed).content.decode()
    keep = reverse("enrollment:linkage-doubts-keep")
    signed_in(elsewhere).post(keep, {"chosen": [doubt.pk]})
    client = signed_in(there)
    check = client.post(keep, {"chosen": [doubt.pk]})
    assert check.status_code == 200
    shown = check.context
    client.post(
        keep,
        {
            "chosen": [doubt.pk],
            "_confirmed": shown["seen"],
            "form_token": shown["form_token"],
            "note": "电话核实",
        },
    )
    doubt.refresh_from_db()
    assert (doubt.state, doubt.note) == (DoubtState.KEPT, "电话核实")


def test_a_retired_version_comes_back_as_a_draft(pairs):
    from enrollment.tests.linkage_versions.village import approve

    approve(submitted(tried(stricter())))
    client = signed_in(someone("li", Role.POLICY_OFFICER))
    act(client, act="return", version="1")
    back = LinkageModelVersion.objects.get(number=3)
    assert (back.state, back.origin, back.based_on.number) == (ModelState.DRAFT, "EARLIER", 1)
    act(client, act="drop", version="3")
    back.refresh_from_db()
    assert back.state == ModelState.DROPPED


def test_every_veto_limit_and_weight_has_its_words():
    assert set(linkage_words.VETOES) == {veto.code for veto in matching.VETOES}
    assert set(linkage_words.LIMITS) == set(linkage_terms.THRESHOLDS)
    assert set(linkage_terms.REASONABLE) == set(linkage_terms.THRESHOLDS)
