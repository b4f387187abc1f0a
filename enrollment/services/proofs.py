"""The proof counted by a job, laid down by one person, signed by another, counted again later."""

import datetime
import hashlib
import json
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, audit, jobs
from bureau.core.actors import Actor, Scope
from bureau.core.errors import DomainError, OwnWork
from bureau.core.models import ApprovalRequest, Area, Job, Staff
from bureau.intake.choices import TAKEN_BACK
from enrollment.choices.double import ProofState
from enrollment.models import ProofSnapshot, Roll, RosterBatch, SignedProof
from enrollment.selectors.proof import Proof, read

KIND: Final = "enrollment.proof"
COUNT: Final = "enrollment.count_proof"
COMPARE: Final = "enrollment.compare_proof"
SUMMARY: Final = {
    "read": _("Rows read from the files"),
    "records": _("Records of the rosters"),
    "people": _("People on the roll"),
    "waiting": _("Rows waiting for a clerk"),
    "rejected": _("Rows sent back to the county"),
    "holds": _("Every equation holds"),
    "below": _("Below the baseline"),
    "blocks": _("Rosters that cannot be undone while the proof stands"),
    "revision": _("Revision of the roll"),
    "digest": _("SHA-256 of the content"),
}


def scope_key(scope: Scope) -> str:
    """The areas of a count, as text: the same for everybody with the same areas."""
    return ",".join(scope.paths)


def basis_of(scope: Scope, year: int | None) -> str:
    """The state of the roll that figures are counted from: another text, other figures.

    One short statement: the revisions of the roll, and the counters of the rosters in the scope.
    """
    roll = Roll.objects.values_list("revision", "coverage_revision").first() or (0, 0)
    rosters = scope.filter(RosterBatch.objects.exclude(state__in=TAKEN_BACK))
    if year:
        rosters = rosters.filter(year=year)
    counters = rosters.order_by("pk").values_list(
        "pk", "state", "checked_at", "rows_read", "rows_accepted", "rows_fixed", "rows_review",
        "rows_rejected",
    )  # fmt: skip
    text = repr([tuple(map(str, line)) for line in counters])
    return f"{roll[0]}.{roll[1]}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def ask_to_count(scope: Scope, year: int | None, *, by: Actor | str, at: datetime.datetime) -> Job:
    """The figures of these areas are being counted; asking twice for one state is one job."""
    key = hashlib.sha256(scope_key(scope).encode()).hexdigest()[:24]
    return jobs.enqueue(
        COUNT,
        f"{key}:{year or 0}:{basis_of(scope, year)[:60]}",
        arguments={"scope": scope_key(scope), "year": year or 0},
        label=str(year) if year else gettext("All years"),
        by=by,
        at=at,
    )


def keep_count(
    scope: Scope,
    year: int | None,
    proof: Proof,
    *,
    basis: str,
    seconds: float,
) -> ProofSnapshot:
    """The count stands for everybody with these areas, in place of the one before."""
    text = proof.canonical()
    made, _created = ProofSnapshot.objects.update_or_create(
        scope=scope_key(scope),
        year=year or 0,
        defaults={
            "basis": basis,
            "roll_revision": int(basis.partition(".")[0]),
            "counted_at": proof.made_at,
            "seconds": seconds,
            "holds": proof.holds,
            "content": text,
            "digest": hashlib.sha256(text.encode()).hexdigest(),
        },
    )
    return made


@transaction.atomic
def prepare(
    snapshot: ProofSnapshot,
    *,
    area: Area,
    basis: str,
    remark: str,
    at: datetime.datetime,
    by: Staff,
) -> SignedProof:
    """The figures are laid down under the preparer's name and wait for a second signature.

    Raises DomainError when the roll has changed since they were counted, or the same figures wait
    for their signature or are signed.
    """
    if snapshot.basis != basis:
        raise DomainError(
            "PROOF_OUT_OF_DATE",
            _("The roll has changed since these figures were counted; count them anew first."),
        )
    same = SignedProof.objects.filter(
        area=area,
        year=snapshot.year,
        digest=snapshot.digest,
        state__in=[ProofState.PREPARED, ProofState.SIGNED],
    ).first()
    if same is not None:
        raise DomainError(
            "PROOF_LAID_DOWN",
            _("These very figures were laid down as proof no. %(number)s."),
            number=same.pk,
        )
    made = SignedProof.objects.create(
        area=area,
        year=snapshot.year,
        basis=snapshot.basis,
        roll_revision=snapshot.roll_revision,
        counted_at=snapshot.counted_at,
        holds=snapshot.holds,
        content=snapshot.content,
        digest=snapshot.digest,
        remark=remark.strip(),
        drafters=sorted({*_workers_on(snapshot.content), by.staff_no}),
        prepared_by=by,
        prepared_by_no=by.staff_no,
        prepared_at=at,
    )
    audit.record("proof.prepared", by=by, at=at, target=made, area=area, digest=made.digest)
    # What is stored for others to read is in the bureau's language, not the maker's.
    with override(settings.LANGUAGE_CODE):
        summary = _summary_of(made)
    approvals.request(
        KIND,
        made,
        title_facts={"number": made.pk, "year": made.year},
        area=area,
        summary=summary,
        reason=made.remark,
        by=by,
        at=at,
    )
    return made


def _workers_on(content: str) -> set[str]:
    """Staff numbers of all who worked on the rosters that these figures count."""
    numbers = [roster["roster_id"] for roster in json.loads(content)["rosters"]]
    found = RosterBatch.objects.filter(pk__in=numbers).values_list("drafters", flat=True)
    return {number for own in found for number in own}


def workers_of(request: ApprovalRequest) -> set[str]:
    """Who worked on the proof that the request is about, up to now, and does not sign it."""
    found = SignedProof.objects.filter(pk=request.target_id).first()
    return {*found.drafters, *_workers_on(found.content)} if found else set()


def rosters_held(proof: Proof) -> int:
    """How many rosters cannot be undone while the proof waits for its signature or stands."""
    return sum(roster.is_applied for roster in proof.rosters)


def say_title(request: ApprovalRequest) -> str:
    facts = request.title_facts
    return gettext("Integration proof no. %(number)s · %(area)s · %(year)s") % {
        "number": facts["number"],
        "area": request.area,
        "year": facts["year"] or gettext("All years"),
    }


def _summary_of(made: SignedProof) -> dict[str, Any]:
    proof = read(made.content, made_at=made.counted_at, years=[], unread_rosters=0)
    totals = proof.totals
    return {
        "read": totals.read,
        "records": totals.records,
        "people": totals.people,
        "waiting": totals.waiting,
        "rejected": totals.rejected,
        "holds": gettext("Yes") if made.holds else gettext("No"),
        "below": proof.below,
        "blocks": rosters_held(proof),
        "revision": made.revision,
        "digest": made.digest,
    }


def on_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The second person signed: the figures never change again."""
    proof = SignedProof.objects.get(pk=request.target_id, state=ProofState.PREPARED)
    if by.staff_no in workers_of(request):
        raise OwnWork(
            "worked_on_the_proof",
            _("You worked on the rosters of this proof; another member of staff must sign it."),
        )
    proof.state = ProofState.SIGNED
    proof.signed_by, proof.signed_by_no, proof.signed_at = by, by.staff_no, at
    proof.save(update_fields=["state", "signed_by", "signed_by_no", "signed_at"])
    audit.record("proof.signed", by=by, at=at, target=proof, area=request.area, digest=proof.digest)


def on_returned(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The proof was returned: it stays on record, unsigned."""
    _end(request, ProofState.RETURNED, by, at)


def on_withdrawn(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The preparer took it back before anybody signed."""
    _end(request, ProofState.WITHDRAWN, by, at)


def _end(request: ApprovalRequest, state: ProofState, by: Staff, at: datetime.datetime) -> None:
    SignedProof.objects.filter(pk=request.target_id, state=ProofState.PREPARED).update(state=state)
    audit.record(
        "proof.not_signed", by=by, at=at, area=request.area, proof=request.target_id,
        note=request.note,
    )  # fmt: skip


def ask_to_compare(proof: SignedProof, *, by: Actor, at: datetime.datetime) -> Job:
    """The same rosters are being counted again, and compared with what was laid down."""
    return jobs.enqueue(
        COMPARE,
        str(proof.pk),
        arguments={"proof": proof.pk},
        label=str(proof),
        area=proof.area,
        by=by,
        at=at,
    )
