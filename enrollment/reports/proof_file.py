"""The proof's workbook made by a job and handed to the one who asked, within that one's areas."""

import tempfile
from pathlib import Path

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from bureau.core import access, audit, clock, files
from bureau.core.actors import Scope, actor_of
from bureau.core.errors import DomainError
from bureau.core.jobs import JobContext
from bureau.core.models import Staff
from bureau.ui.exports import KEPT, PURPOSE, shown_by
from enrollment.reports.proof import file_name, write_proof
from enrollment.selectors import proof_counts

ROUTE = "enrollment:proof"


def make(context: JobContext) -> None:
    """The workbook stands ready for its asker, whose rights are read now.

    Raises DomainError when the asker may no longer see the proof.
    """
    if "file" in context.result:
        return
    staff = Staff.objects.get(pk=context.arguments["staff"])
    scope = _scope_of(staff)
    at = clock.now()
    proof = proof_counts.proof_of(scope, year=context.arguments["year"] or None, at=at)
    context.heartbeat()
    with (
        translation.override(context.arguments["language"]),
        tempfile.TemporaryDirectory(prefix="proof-") as folder,
    ):
        made = Path(folder) / "proof.xlsx"
        write_proof(made, proof, by=str(staff))
        with context.step(), made.open("rb") as content:
            stored = files.store(
                iter(lambda: content.read(files.PIECE_BYTES), b""),
                purpose=PURPOSE,
                original_name=file_name(proof),
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
                digest=proof.digest(),
                holds=proof.holds,
            )
            shown = shown_by(ROUTE, scope.paths)
            context.result = {"file": stored.pk, "digest": proof.digest(), **shown}


def _scope_of(staff: Staff) -> Scope:
    actor = actor_of(staff, on=clock.today())
    entry = access.matrix().entry_for(ROUTE)
    if entry is None or not entry.allows(actor, "GET"):
        raise DomainError("proof_not_allowed", _("You may no longer open the integration proof."))
    return entry.scope_for(actor, "GET")
