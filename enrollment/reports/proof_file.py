"""The proof's workbook or print, made by a job for the one who asked, within that one's areas."""

import dataclasses
import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from bureau.core import access, audit, clock, files
from bureau.core.actors import Scope, actor_of
from bureau.core.errors import DomainError
from bureau.core.jobs import JobContext
from bureau.core.models import Staff
from bureau.ui.exports import KEPT, PURPOSE, shown_by
from enrollment.models import ProofSnapshot, SignedProof
from enrollment.reports.proof import file_name, write_proof
from enrollment.reports.proof_pdf import proof_as_pdf
from enrollment.selectors import proof_counts
from enrollment.selectors.proof import Proof, read
from enrollment.services import proofs

ROUTE = "enrollment:proof"
NOT_ALLOWED = _("You may no longer open the integration proof.")


@dataclasses.dataclass(frozen=True)
class Figures:
    """What a file is made of: figures of now, or those of a proof that was laid down."""

    proof: Proof
    digest: str
    revision: str = ""
    signed: SignedProof | None = None


def make(context: JobContext) -> None:
    """The file stands ready for its asker, whose rights are read now.

    Raises DomainError when the asker may no longer see the proof.
    """
    if "file" in context.result:
        return
    staff = Staff.objects.get(pk=context.arguments["staff"])
    scope = _scope_of(staff)
    at = clock.now()
    file_format = context.arguments.get("format", "xlsx")
    figures = figures_for(scope, context.arguments, at=at)
    proof = figures.proof
    context.heartbeat()
    with (
        translation.override(context.arguments["language"]),
        files.scratch_folder("proof") as folder,
    ):
        made = folder / "proof"
        if file_format == "pdf":
            made.write_bytes(
                proof_as_pdf(
                    proof,
                    digest=figures.digest,
                    by=staff.full_name,
                    at=at,
                    signed=figures.signed,
                    revision=figures.revision,
                )
            )
        else:
            write_proof(made, proof, by=str(staff), signed=figures.signed)
        with context.step(), made.open("rb") as content:
            stored = files.store(
                iter(lambda: content.read(files.PIECE_BYTES), b""),
                purpose=PURPOSE,
                original_name=file_name(proof, file_format),
                by=staff,
                at=at,
                owner=staff,
                purge_after=at + KEPT,
            )
            audit.record(
                "proof.exported",
                by=staff,
                at=at,
                target=stored,
                digest=figures.digest,
                holds=proof.holds,
            )
            shown = shown_by(ROUTE, scope.paths)
            context.result = {"file": stored.pk, "digest": figures.digest, **shown}


def figures_for(scope: Scope, asked: dict[str, Any], *, at: datetime.datetime) -> Figures:
    """The figures asked for, within the scope. Raises DomainError for a proof outside it."""
    year = asked["year"] or None
    if asked.get("signed"):
        signed = (
            scope.filter(
                SignedProof.objects.select_related(
                    "area", "prepared_by", "signed_by", "aside_asked_by", "aside_by"
                )
            )
            .filter(pk=asked["signed"])
            .first()
        )
        if signed is None:
            raise DomainError("proof_not_allowed", NOT_ALLOWED)
        return Figures(_read(signed), signed.digest, signed.revision, signed)
    counted = ProofSnapshot.objects.filter(scope=proofs.scope_key(scope), year=year or 0).first()
    if counted is not None and counted.basis == proofs.basis_of(scope, year):
        return Figures(_read(counted), counted.digest, counted.revision)
    proof = proof_counts.proof_of(scope, year=year, at=at)
    return Figures(proof, proof.digest())


def _read(kept: ProofSnapshot | SignedProof) -> Proof:
    return read(kept.content, made_at=kept.counted_at, years=[], unread_rosters=0)


def _scope_of(staff: Staff) -> Scope:
    actor = actor_of(staff, on=clock.today())
    entry = access.matrix().entry_for(ROUTE)
    if entry is None or not entry.allows(actor, "GET"):
        raise DomainError("proof_not_allowed", NOT_ALLOWED)
    return entry.scope_for(actor, "GET")
