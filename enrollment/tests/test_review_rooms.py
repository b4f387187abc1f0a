"""The pages for terms of review and for rows that leave a file: asked for, approved, in force."""

from decimal import Decimal

import pytest

from bureau.core import approvals, clock, jobs
from bureau.core.choices import Role
from bureau.core.errors import OwnWork
from bureau.core.models import ApprovalRequest, Area, Job
from bureau.intake.choices import BatchState
from bureau.testing.pages import keep_picture, violations
from enrollment.models import ReviewTerms, RosterLink, RowMoveRequest
from enrollment.services import decision_jobs, review_terms
from enrollment.tests import decisions as made
from enrollment.tests import rosters
from enrollment.tests.roster_pages import member, signed_in
from enrollment.tests.test_review_in_browser import open_as

TERMS = {
    "packet_size": "25",
    "lease_minutes": "45",
    "second_look_percent": "5",
    "second_look_seed": "2027",
    "source": "内部通知2027第1号",
    "reason": "抽查比例提高",
}


@pytest.fixture(autouse=True)
def demonstration(settings, reference):
    settings.DEMO = True


def staff(name, *roles, code="210200"):
    return member(name, roles[0], Area.objects.get(code=code))


def approve(name, request):
    by = staff(name, Role.DIRECTOR)
    return approvals.decide(request.pk, approve=True, by=by, at=clock.now())


@pytest.mark.django_db
def test_terms_hold_once_a_second_person_approved_them():
    sun = staff("sun", Role.REVIEWER)
    client = signed_in(sun)
    assert "/review/terms/" in client.get("/review/overview/").content.decode()
    before = review_terms.terms_on_record(at=clock.now())
    response = client.post("/review/terms/", TERMS)
    assert response.status_code == 302, response.content.decode()
    request = ApprovalRequest.objects.get(kind=review_terms.KIND)
    assert [change["after"] for change in request.changes][:3] == ["25", "45", "0.05"]
    assert review_terms.terms_in_force(at=clock.now()) == before
    with pytest.raises(OwnWork):
        approvals.decide(request.pk, approve=True, by=sun, at=clock.now())
    approve("wang", request)
    now = review_terms.terms_in_force(at=clock.now())
    assert (now.packet_size, now.lease_minutes, now.second_look_share, now.made_by) == (
        25, 45, Decimal("0.05"), str(sun),
    )  # fmt: skip
    assert ReviewTerms.objects.filter(pk=before.pk).exists(), "former ones stay"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changed", [{"packet_size": "900"}, {"second_look_percent": "101"}, {"reason": "…"}]
)
def test_terms_beyond_reason_are_refused_with_a_sentence(changed):
    client = signed_in(staff("sun", Role.REVIEWER))
    response = client.post("/review/terms/", TERMS | changed)
    request = ApprovalRequest.objects.filter(kind=review_terms.KIND).first()
    if request is None:
        assert response.status_code in (409, 422)
    else:
        pytest.fail("it was asked for")


@pytest.mark.django_db
def test_terms_are_the_citys_alone():
    client = signed_in(staff("chen", Role.REVIEWER, code="210281"))
    assert "/review/terms/" not in client.get("/review/overview/").content.decode()
    assert client.post("/review/terms/", TERMS).status_code == 302
    assert not ApprovalRequest.objects.exists()


@pytest.fixture
def two_rows():
    """A file of two rows, of which the second is said to be another's; and that other file."""
    first = applied([0, 3], year=2019)
    wrong = applied([0], year=2020).rows.get(outcome__in=["ACCEPTED", "FIXED"])
    person = made.holder(wrong)
    other = RosterLink.objects.filter(batch=first).exclude(person_id=person).get().person_id
    assert RosterLink.objects.filter(person_id=person).count() == 2
    return person, wrong, other


def applied(people, *, year):
    def of_the_year(cells, _index):
        return cells | {"年度": str(year)}

    content = rosters.csv_of(rosters.lines(people, change=of_the_year))
    return rosters.bring_to(rosters.receive(content, year=year), BatchState.APPLIED)


def ask(client, person, row, **answers):
    address = f"/people/{person}/rows/{row.pk}/move/"
    shown = client.post(address, answers)
    return (
        client.post(address, {**answers, "_confirmed": "1"}) if shown.status_code == 200 else shown
    )


@pytest.mark.django_db
def test_a_row_goes_to_another_file_once_a_second_person_approved(two_rows):
    person, wrong, other = two_rows
    client = signed_in(staff("li", Role.CLERK))
    page = client.get(f"/people/{person}/?section=sources").content.decode()
    assert f"/people/{person}/rows/{wrong.pk}/move/" in page
    answers = {"where": "OTHER", "file_no": f"{other:012d}", "reason": "身份证号抄错"}
    response = ask(client, person, wrong, **answers)
    assert response.status_code == 302, response.content.decode()
    assert "身份证号抄错" in client.get(response.url).content.decode()
    request = ApprovalRequest.objects.get()
    assert client.get(f"/row-moves/{request.target_id}/").status_code == 302
    assert made.holder(wrong) == person
    approve("wang", request)
    job = Job.objects.get(kind=decision_jobs.CARRY_OUT, state="QUEUED")
    assert jobs.run_until_done(job.pk).state == "DONE"
    assert made.holder(wrong) == other
    assert RowMoveRequest.objects.get().state == "DONE"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ({"where": "OTHER", "file_no": "999999999999", "reason": "身份证号抄错"}, 422),
        ({"where": "OTHER", "file_no": "", "reason": "身份证号抄错"}, 422),
        ({"where": "OWN", "reason": ""}, 422),
    ],
)
def test_what_is_missing_or_unknown_is_named(two_rows, answers, status):
    person, wrong, _other = two_rows
    client = signed_in(staff("li", Role.CLERK))
    assert ask(client, person, wrong, **answers).status_code == status
    assert not RowMoveRequest.objects.exists()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_pages_are_accessible(page, live_server, apart, axe_source, language, two_rows):
    person, wrong, other = two_rows
    faults = open_as(page, live_server, "sun", Role.REVIEWER, language)
    for name, path in {
        "overview-terms": "/review/overview/",
        "terms": "/review/terms/",
        "row-move": f"/people/{person}/rows/{wrong.pk}/move/",
    }.items():
        page.goto(f"{live_server.url}{path}")
        keep_picture(page, f"{name}-{language}")
        faults += [f"{name}: {line}" for line in violations(page, axe_source)]
    page.check("input[value=OTHER]")
    page.fill("[name=file_no]", f"{other:012d}")
    page.fill("[name=reason]", "身份证号抄错")
    with page.expect_navigation():
        page.click("form .button-main")
    keep_picture(page, f"row-move-check-{language}")
    faults += [f"check: {line}" for line in violations(page, axe_source)]
    page.click("form .button-main")
    page.wait_for_url("**section=sources**")
    keep_picture(page, f"row-move-asked-{language}")
    faults += [f"asked: {line}" for line in violations(page, axe_source)]
    assert faults == []
