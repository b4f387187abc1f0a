"""The proof signed by two: frozen, printed, counted again, and a difference named."""

import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import openpyxl
import pypdf
import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bureau.core import approvals, audit, clock, jobs
from bureau.core.actors import Scope
from bureau.core.choices import JobState, Role
from bureau.core.errors import OwnWork
from bureau.core.models import ApprovalRequest, Area, Job
from enrollment.models import CoverageSpell, ProofSnapshot, Roll, SignedProof
from enrollment.reports.proof_differences import causes_since
from enrollment.selectors import proof_counts
from enrollment.selectors.proof import canonical, read
from enrollment.tests.people.conftest import CITY, WAFANGDIAN, ZHUANGHE


def run_jobs() -> None:
    while job := Job.objects.filter(state=JobState.QUEUED).order_by("pk").first():
        done = jobs.run_until_done(job.pk)
        assert done.state == JobState.DONE, done.last_error


def count(client: Client) -> ProofSnapshot:
    client.post("/proof/count/")
    run_jobs()
    return ProofSnapshot.objects.latest("counted_at")


def lay_down(client: Client) -> SignedProof:
    """The counted figures are signed by the client as preparer."""
    count(client)
    token = client.get("/proof/sign/").context["form_token"]
    sent = {"form_token": token, "remark": "已逐项核对"}
    check = client.post("/proof/sign/", sent)
    assert check.status_code == 200
    answer = client.post("/proof/sign/", {**sent, "_confirmed": "1"})
    assert answer.status_code == 302, answer.content.decode()[:500]
    return SignedProof.objects.latest("pk")


@pytest.fixture
def clerk(client_of: Callable[..., Client], staff_of: Callable[..., Any]) -> Client:
    staff = staff_of(Role.CLERK, CITY, full_name="王晓梅")
    assert staff.full_name == "王晓梅"
    return client_of(Role.CLERK, CITY)


@pytest.fixture
def signed(clerk: Client, staff_of: Callable[..., Any]) -> SignedProof:
    """A proof signed by two people."""
    proof = lay_down(clerk)
    reviewer = staff_of(Role.REVIEWER, CITY, full_name="李国强")
    request = ApprovalRequest.objects.get(kind="enrollment.proof")
    approvals.decide(request.pk, approve=True, by=reviewer, at=clock.now())
    proof.refresh_from_db()
    return proof


def test_the_canonical_text_gives_the_same_proof_back(roll: None) -> None:
    scope = Scope.of([Area.objects.get(code=CITY).path])
    proof = proof_counts.proof_of(scope, at=clock.now())
    text = proof.canonical()
    again = read(text, made_at=proof.made_at, years=proof.years, unread_rosters=0)
    assert again.canonical() == text
    assert again.totals == proof.totals
    assert again.roll == proof.roll
    assert canonical(json.loads(text)) == text
    assert hashlib.sha256(text.encode()).hexdigest() == proof.digest()


def test_the_page_shows_what_a_job_counted(clerk: Client) -> None:
    before = clerk.get("/proof/")
    assert before.context["proof"] is None
    kept = count(clerk)
    page = clerk.get("/proof/")
    assert page.context["digest"] == kept.digest
    assert page.context["is_current"]
    with CaptureQueriesContext(connection) as queries:
        clerk.get("/proof/")
    assert len(queries) <= 25
    assert not [q for q in queries if "enrollment_rosterrow" in q["sql"]]


def test_figures_of_another_roll_are_marked(clerk: Client) -> None:
    count(clerk)
    Roll.objects.update(coverage_revision=99)
    page = clerk.get("/proof/")
    assert not page.context["is_current"]
    assert not page.context["may_sign"]
    token = clerk.get("/proof/sign/").context["form_token"]
    answer = clerk.post("/proof/sign/", {"form_token": token, "_confirmed": "1"})
    assert answer.status_code == 409
    assert not SignedProof.objects.exists()


def test_two_people_sign(signed: SignedProof) -> None:
    assert signed.state == "SIGNED"
    assert signed.prepared_by_no != signed.signed_by_no
    assert signed.digest == hashlib.sha256(signed.content.encode()).hexdigest()
    assert signed.roll_revision == Roll.objects.get().revision


def test_nobody_signs_twice(clerk: Client, staff_of: Callable[..., Any]) -> None:
    proof = lay_down(clerk)
    request = ApprovalRequest.objects.get(kind="enrollment.proof")
    with pytest.raises(OwnWork):
        approvals.decide(request.pk, approve=True, by=proof.prepared_by, at=clock.now())


def test_a_returned_proof_stays_on_record_unsigned(
    clerk: Client, staff_of: Callable[..., Any]
) -> None:
    proof = lay_down(clerk)
    request = ApprovalRequest.objects.get(kind="enrollment.proof")
    reviewer = staff_of(Role.REVIEWER, CITY)
    approvals.decide(request.pk, approve=False, by=reviewer, at=clock.now(), note="请核对")
    proof.refresh_from_db()
    assert (proof.state, proof.signed_by) == ("RETURNED", None)


def compare(client: Client, proof: SignedProof) -> dict[str, Any]:
    client.post(f"/proof/{proof.pk}/compare/")
    run_jobs()
    proof.refresh_from_db()
    found: dict[str, Any] = proof.compared
    return found


def test_the_same_data_come_to_the_same_digest(clerk: Client, signed: SignedProof) -> None:
    found = compare(clerk, signed)
    assert found["is_equal"]
    assert found["digest"] == signed.digest
    page = clerk.get(f"/proof/{signed.pk}/?section=compared")
    assert page.context["said"]["is_equal"]
    assert not page.context["is_earlier"]


def test_a_difference_is_named(clerk: Client, signed: SignedProof) -> None:
    spell = CoverageSpell.objects.filter(state="IN_FORCE", scheme="NCMS").first()
    CoverageSpell.objects.filter(pk=spell.pk).update(state="SUSPENDED")
    found = compare(clerk, signed)
    assert not found["is_equal"]
    page = clerk.get(f"/proof/{signed.pk}/?section=compared")
    assert page.status_code == 200
    county = str(Area.objects.get(path="/".join(spell.area.path.split("/")[:2]) + "/"))
    named = {line.label: (line.before, line.after) for line in page.context["differences"]}
    assert len(named) == page.context["count"]
    (guard,) = (label for label in named if county in label and "现参保人数" in label)
    before, after = named[guard]
    assert int(before.replace(",", "")) - int(after.replace(",", "")) == 1
    # A state that no coverage had before is a column of the later count alone.
    assert ("", "1") in [named[label] for label in named if "参保区间：暂停" in label]
    # What was signed stands.
    signed.refresh_from_db()
    assert signed.digest == hashlib.sha256(signed.content.encode()).hexdigest()


def test_a_later_roll_says_that_the_proof_is_of_an_earlier_one(
    clerk: Client, signed: SignedProof
) -> None:
    assert not clerk.get(f"/proof/{signed.pk}/").context["is_earlier"]
    Roll.objects.update(coverage_revision=F("coverage_revision") + 1)
    audit.record("double.applied", by="job:test", at=clock.now(), area=signed.area)
    page = clerk.get(f"/proof/{signed.pk}/")
    assert page.context["is_earlier"]
    assert signed.revision in page.content.decode()
    causes = clerk.get(f"/proof/{signed.pk}/?section=compared").context["causes"]
    assert [str(cause.what) for cause in causes] == ["重复参保处理决定已执行"]


def test_a_citys_act_is_a_cause_for_its_county(signed: SignedProof) -> None:
    signed.area = Area.objects.get(code=ZHUANGHE)
    for code, expected in ((CITY, 1), (ZHUANGHE, 2), (WAFANGDIAN, 2)):
        area = Area.objects.get(code=code)
        audit.record("roster.applied", by="job:test", at=clock.now(), area=area)
        assert len(causes_since(signed)) == expected, area


def print_of(client: Client, **asked: Any) -> pypdf.PdfReader:
    answer = client.post("/proof/export/", {"format": "pdf", **asked})
    run_jobs()
    job = Job.objects.filter(kind="enrollment.export_proof").latest("pk")
    assert answer.status_code == 302
    content = b"".join(client.get(f"/files/{job.result['file']}/").streaming_content)
    return pypdf.PdfReader(io.BytesIO(content))


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_the_workbook_says_who_signed(clerk: Client, signed: SignedProof) -> None:
    clerk.post("/proof/export/", {"format": "xlsx", "signed": signed.pk})
    run_jobs()
    job = Job.objects.filter(kind="enrollment.export_proof").latest("pk")
    content = b"".join(clerk.get(f"/files/{job.result['file']}/").streaming_content)
    cover = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    said = {row[0].value: row[1].value for row in cover.iter_rows()}
    assert said["证明编号"] == str(signed.pk)
    assert said["编制人"].startswith("王晓梅")
    assert said["复核签署人"].startswith("李国强")
    assert signed.digest in said.values()


def test_the_print_holds_names_figures_and_fonts(clerk: Client, signed: SignedProof) -> None:
    pdf = print_of(clerk, signed=signed.pk)
    pages = [squeezed(page.extract_text()) for page in pdf.pages]
    whole = "".join(pages)
    proof = read(signed.content, made_at=signed.counted_at, years=[], unread_rosters=0)
    for figure in (proof.totals.read, proof.totals.records, proof.totals.people):
        assert f"{figure:,}" in whole
    assert "王晓梅" in whole
    assert "李国强" in whole
    assert "庄河市" in whole
    for number, page in enumerate(pages, start=1):
        assert signed.digest in page
        assert f"第{number}页，共{len(pages)}页" in page
    fonts = [
        descendant.get_object()["/FontDescriptor"].get_object()
        for page in pdf.pages
        for font in page["/Resources"]["/Font"].values()
        for descendant in font.get_object().get("/DescendantFonts", [])
    ]
    assert fonts
    assert all(any(f"/FontFile{n}" in font for n in ("", "2", "3")) for font in fonts)


def test_another_county_does_not_see_the_citys_proof(
    client_of: Callable[..., Client], signed: SignedProof
) -> None:
    stranger = client_of(Role.CLERK, ZHUANGHE)
    assert stranger.get(f"/proof/{signed.pk}/").status_code == 404
    stranger.post("/proof/export/", {"format": "pdf", "signed": signed.pk})
    job = jobs.run_until_done(Job.objects.latest("pk").pk)
    assert job.state == JobState.FAILED
    assert "file" not in job.result
