"""A signed proof set aside by two people: it stays on record, and stands in no undoing's way."""

import datetime
from typing import Final

from django.conf import settings
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, audit
from bureau.core.errors import DomainError, MovedOn
from bureau.core.models import ApprovalRequest, Staff
from bureau.core.transactions import whole
from enrollment.choices.double import ProofState
from enrollment.models import SignedProof

KIND: Final = "enrollment.proof_aside"
SUMMARY: Final = {
    "signed_by": _("Signed by"),
    "signed_at": _("Signed at"),
    "digest": _("SHA-256 of the content"),
    "then": _("What it allows"),
}


@whole
def ask(proof: SignedProof, *, reason: str, at: datetime.datetime, by: Staff) -> ApprovalRequest:
    """Setting the proof aside waits for a second person. Raises DomainError unless it is signed."""
    if proof.state != ProofState.SIGNED:
        raise DomainError(
            "PROOF_NOT_SIGNED",
            _("Only a signed proof is set aside. This one is: %(state)s."),
            state=str(proof.get_state_display()),
        )
    # What is stored for others to read is in the bureau's language, not the maker's.
    with override(settings.LANGUAGE_CODE):
        then = gettext("The rosters it tells of can be undone again; the proof stays on record.")
    audit.record(
        "proof.aside_asked", by=by, at=at, target=proof, area=proof.area, note=reason.strip()
    )
    second = proof.signed_by.full_name if proof.signed_by else ""
    return approvals.request(
        KIND,
        proof,
        title_facts={"number": proof.pk},
        area=proof.area,
        summary={
            "signed_by": f"{proof.prepared_by.full_name}, {second}",
            "signed_at": f"{proof.signed_at:%Y-%m-%d}" if proof.signed_at else "",
            "digest": proof.digest,
            "then": then,
        },
        reason=reason.strip(),
        by=by,
        at=at,
    )


def say_title(request: ApprovalRequest) -> str:
    return gettext("Integration proof no. %(number)s is set aside · %(area)s") % {
        "number": request.title_facts["number"],
        "area": request.area,
    }


def on_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The second person agreed: the proof is set aside, with who asked, who agreed, and why."""
    proof = SignedProof.objects.select_for_update(of=("self",)).get(pk=request.target_id)
    if proof.state != ProofState.SIGNED:
        raise MovedOn(
            "PROOF_MOVED_ON",
            _("The proof was changed meanwhile and is now: %(state)s."),
            target=proof,
            state=str(proof.get_state_display()),
        )
    proof.state = ProofState.SET_ASIDE
    proof.aside_reason = request.reason
    proof.aside_asked_by, proof.aside_asked_by_no = request.maker, request.maker_staff_no
    proof.aside_by, proof.aside_by_no, proof.aside_at = by, by.staff_no, at
    proof.save(
        update_fields=[
            "state", "aside_reason", "aside_asked_by", "aside_asked_by_no", "aside_by",
            "aside_by_no", "aside_at",
        ]
    )  # fmt: skip
    audit.record("proof.set_aside", by=by, at=at, target=proof, area=request.area)


def on_returned(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The proof stands as signed."""
    audit.record(
        "proof.not_set_aside", by=by, at=at, area=request.area, proof=request.target_id,
        note=request.note,
    )  # fmt: skip
