"""Two people sign the integration proof in a real browser and read its PDF, in both languages."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdf
import pytest
from django.core.management import call_command

from bureau.core.choices import Role
from bureau.core.models import ApprovalRequest, Area, Staff
from bureau.testing.pages import keep_picture, violations
from enrollment.models import ProofSnapshot, SignedProof
from enrollment.tests import doubles
from enrollment.tests.roster_pages import member, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PEOPLE = 12
TWICE = 3
WORDS = {
    "zh-hans": ("整合核对证明", "已节约", "第1页，共"),
    "en": ("Integration proof", "Subsidy saved", "Page1of"),
}


class Visit:
    """Somebody at the browser; `look` keeps a picture and asks the rules of accessibility."""

    def __init__(self, page: Any, address: str, axe: Path, language: str) -> None:
        self.page, self.address, self.axe, self.language = page, address, axe, language
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def sign_in(self, staff: Staff) -> None:
        cookie = signed_in(staff).cookies["sid"].value
        self.page.context.clear_cookies()
        self.page.context.add_cookies([{"name": "sid", "value": cookie, "url": self.address}])

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def look(self, name: str) -> None:
        assert self.page.get_attribute("html", "lang") == self.language
        keep_picture(self.page, f"proof-{name}-{self.language}")
        self.faults += violations(self.page, self.axe)


@pytest.fixture
def visit(page: Any, live_server: Any, axe_source: Path) -> Callable[[str], Visit]:
    return lambda language: Visit(page, live_server.url, axe_source, language)


def city() -> Area:
    """A village on the roll, three of it in employee insurance too; their cases are decided."""
    call_command("load_reference", verbosity=0)
    doubles.rules_in_force()
    doubles.bring_in_rural(range(PEOPLE))
    doubles.bring_in_export(range(TWICE), "UEBMI")
    doubles.do_jobs()
    doubles.approve(doubles.decide())
    ProofSnapshot.objects.all().delete()
    return Area.objects.get(code=doubles.CITY)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_two_people_sign_the_proof_and_read_its_pdf(
    visit: Callable[[str], Visit], settings: Any, request: Any, language: str
) -> None:
    settings.DEMO = True
    place = city()
    maker = member("maker", Role.CLERK, place, language=language, full_name="王晓梅")
    checker = member("checker", Role.REVIEWER, place, language=language, full_name="李国强")
    request.getfixturevalue("celery_live")
    seen = visit(language)
    seen.sign_in(maker)
    count_and_sign(seen)
    proof = SignedProof.objects.get()
    assert (proof.state, proof.prepared_by) == ("PREPARED", maker)
    seen.sign_in(checker)
    sign_as_second(seen, proof)
    proof.refresh_from_db()
    assert (proof.state, proof.signed_by) == ("SIGNED", checker)
    read_pdf(seen, proof)
    assert seen.faults == []


def count_and_sign(seen: Visit) -> None:
    seen.open("/proof/")
    seen.look("not-counted")
    seen.page.click("form[action='/proof/count/'] button")
    # The page follows the job and shows the figures when they are there.
    seen.page.wait_for_selector("#proof-equation")
    seen.look("counted")
    seen.page.click("a[href^='/proof/sign/']")
    seen.page.fill("[name=remark]", "已逐项核对")
    seen.look("sign")
    seen.page.click("form .button-main")
    seen.page.wait_for_selector("[name=_confirmed]", state="attached")
    seen.look("check")
    seen.page.click("form .button-main")
    seen.page.wait_for_url("**/proof/*/")
    seen.look("laid-down")


def sign_as_second(seen: Visit, proof: SignedProof) -> None:
    request = ApprovalRequest.objects.get(target_id=proof.pk, kind="enrollment.proof")
    seen.open(f"/todo/{request.pk}/")
    seen.look("request")
    # From the request to the figures and back, as one does before signing.
    seen.page.click(f"a[href='/proof/{proof.pk}/']")
    seen.page.wait_for_selector("#proof-guard")
    with seen.page.expect_navigation():
        seen.page.click(f"a[href='/todo/{request.pk}/']")
    with seen.page.expect_navigation():
        seen.page.click("button[value=approve]")
    seen.open(f"/proof/{proof.pk}/")
    seen.look("signed")


def read_pdf(seen: Visit, proof: SignedProof) -> None:
    seen.page.click("button[name=format][value=pdf]")
    seen.page.wait_for_selector("a[href^='/files/']")
    seen.look("file-ready")
    with seen.page.expect_download() as download:
        seen.page.click("a[href^='/files/']")
    assert download.value.suggested_filename.endswith(".pdf")
    pdf = pypdf.PdfReader(io.BytesIO(Path(download.value.path()).read_bytes()))
    pages = ["".join(page.extract_text().split()) for page in pdf.pages]
    whole = "".join(pages)
    for words in WORDS[seen.language]:
        assert "".join(words.split()) in whole
    assert "王晓梅" in whole
    assert "李国强" in whole
    assert all(proof.digest in page for page in pages)
