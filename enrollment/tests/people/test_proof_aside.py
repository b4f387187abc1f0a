"""A signed proof is set aside by two, stays on record, and blocks no undoing any more."""

# ruff: noqa: F811 (fixtures of the tests of signing are asked for by name)

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from bureau.core import approvals, clock
from bureau.core.choices import Role
from bureau.core.errors import DomainError, MovedOn, OwnWork
from bureau.core.models import ApprovalRequest
from enrollment.models import RosterBatch, SignedProof
from enrollment.selectors import undo_dependents
from enrollment.selectors.undo_dependents import Kind
from enrollment.services import proof_aside, proofs
from enrollment.tests.people.conftest import CITY
from enrollment.tests.people.test_signed_proof import (  # noqa: F401 (fixtures)
    clerk,
    lay_down,
    print_of,
    signed,
    squeezed,
)


def blocked() -> bool:
    batch = RosterBatch.objects.filter(state="APPLIED").first()
    return Kind.PROOF in {thing.kind for thing in undo_dependents.things_of(batch)}


def ask(client: Client, proof: SignedProof, **sent: str) -> Any:
    url = f"/proof/{proof.pk}/aside/"
    token = client.get(url).context["form_token"]
    answers = {"form_token": token, "reason": "统计口径有误", **sent}
    check = client.post(url, answers)
    assert check.status_code == 200
    return client.post(url, {**answers, "_confirmed": "1"})


def test_a_signed_proof_is_set_aside_by_two_and_stays_on_record(
    clerk: Client, signed: SignedProof, staff_of: Callable[..., Any]
) -> None:
    assert blocked()
    assert ask(clerk, signed).status_code == 302
    assert blocked()
    page = clerk.get(f"/proof/{signed.pk}/")
    request = ApprovalRequest.objects.get(kind=proof_aside.KIND)
    assert page.context["aside_url"] == f"/todo/{request.pk}/"
    assert not page.context["may_set_aside"]
    with pytest.raises(OwnWork):
        approvals.decide(request.pk, approve=True, by=request.maker, at=clock.now())
    reviewer = staff_of(Role.REVIEWER, CITY)
    approvals.decide(request.pk, approve=True, by=reviewer, at=clock.now())
    before = signed.digest
    signed.refresh_from_db()
    assert (signed.state, signed.digest) == ("SET_ASIDE", before)
    assert (signed.aside_reason, signed.aside_by) == ("统计口径有误", reviewer)
    assert signed.signed_by is not None
    assert not blocked()
    text = clerk.get(f"/proof/{signed.pk}/").content.decode()
    assert "统计口径有误" in text
    assert "已作废" in text
    # The very figures may be signed again.
    assert clerk.get("/proof/").context["may_sign"]
    pages = print_of(clerk, signed=signed.pk).pages
    assert "统计口径有误" in "".join(squeezed(page.extract_text()) for page in pages)


def test_a_proof_stands_when_its_setting_aside_is_returned(
    clerk: Client, signed: SignedProof, staff_of: Callable[..., Any]
) -> None:
    ask(clerk, signed)
    request = ApprovalRequest.objects.get(kind=proof_aside.KIND)
    reviewer = staff_of(Role.REVIEWER, CITY)
    approvals.decide(request.pk, approve=False, by=reviewer, at=clock.now(), note="无需作废")
    signed.refresh_from_db()
    assert signed.state == "SIGNED"
    assert blocked()
    assert ask(clerk, signed).status_code == 302


def test_only_a_signed_proof_is_set_aside(clerk: Client, staff_of: Callable[..., Any]) -> None:
    proof = lay_down(clerk)
    with pytest.raises(DomainError) as refused:
        proof_aside.ask(proof, reason="有误", at=clock.now(), by=staff_of(Role.CLERK, CITY))
    assert refused.value.code == "PROOF_NOT_SIGNED"
    assert not clerk.get(f"/proof/{proof.pk}/").context["may_set_aside"]


def test_what_was_set_aside_meanwhile_is_not_again(
    clerk: Client, signed: SignedProof, staff_of: Callable[..., Any]
) -> None:
    ask(clerk, signed)
    request = ApprovalRequest.objects.get(kind=proof_aside.KIND)
    reviewer = staff_of(Role.REVIEWER, CITY)
    approvals.decide(request.pk, approve=True, by=reviewer, at=clock.now())
    with pytest.raises(MovedOn):
        proof_aside.on_approved(request, reviewer, clock.now())


def test_both_signers_read_what_the_proof_blocks(
    clerk: Client, client_of: Callable[..., Client]
) -> None:
    held = str(RosterBatch.objects.filter(state="APPLIED").count())
    first = clerk.get("/proof/sign/").content.decode()
    assert "均不能撤销入库" in first
    proof = lay_down(clerk)
    request = ApprovalRequest.objects.get(kind=proofs.KIND)
    second = client_of(Role.REVIEWER, CITY).get(f"/todo/{request.pk}/")
    facts = {str(label): value for label, value in second.context["facts"]}
    assert facts["证明有效期间不能撤销入库的名册数"] == held
    page = clerk.get(f"/proof/{proof.pk}/").content.decode()
    assert f"{held}份名册不能撤销入库" in page


def test_who_worked_on_its_rosters_does_not_sign(
    clerk: Client, client_of: Callable[..., Client], staff_of: Callable[..., Any]
) -> None:
    reviewer = staff_of(Role.REVIEWER, CITY)
    batch = RosterBatch.objects.filter(state="APPLIED").first()
    RosterBatch.objects.filter(pk=batch.pk).update(drafters=[reviewer.staff_no])
    proof = lay_down(clerk)
    assert reviewer.staff_no in proof.drafters
    request = ApprovalRequest.objects.get(kind=proofs.KIND)
    page = client_of(Role.REVIEWER, CITY).get(f"/todo/{request.pk}/")
    assert not page.context["may_decide"]
    assert "您经办过此事项" in page.content.decode()
    with pytest.raises(OwnWork):
        approvals.decide(request.pk, approve=True, by=reviewer, at=clock.now())
    proof.refresh_from_db()
    assert proof.state == "PREPARED"


def test_the_page_names_the_proof_of_this_very_count(clerk: Client, signed: SignedProof) -> None:
    page = clerk.get("/proof/")
    assert page.context["same_laid_down"]["found"] == signed
    assert not page.context["may_sign"]
    assert "/proof/sign/" not in page.content.decode()
    # Nor is it signed again by the address of the form.
    token = clerk.get("/proof/sign/").context["form_token"]
    answer = clerk.post("/proof/sign/", {"form_token": token, "_confirmed": "1"})
    assert answer.status_code == 409
    assert SignedProof.objects.count() == 1
