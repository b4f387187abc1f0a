"""Counting the proof, laying it down to be signed, and the page of a proof that was laid down."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bureau.core import access, approvals, clock, jobs
from bureau.core.actors import Scope
from bureau.core.choices import UNFINISHED_JOB_STATES
from bureau.core.errors import DomainError
from bureau.core.models import Area, Job
from bureau.ui import formatting
from bureau.ui.forms import EntryForm
from bureau.ui.statuses import Status, status_of
from bureau.ui.views import ActionView, DetailPage, FormPage, Section
from enrollment.choices.double import ProofState
from enrollment.models import ProofSnapshot, SignedProof
from enrollment.reports import proof_names as names
from enrollment.reports.proof import aside_said, guard_said, is_settled, verdict
from enrollment.reports.proof_differences import causes_since, differing
from enrollment.reports.proof_tables import tables_of
from enrollment.selectors.proof import Proof, read
from enrollment.services import proof_aside, proofs
from enrollment.views.proof import ProofPage, chosen_year

#: Differences that the page names; more are only counted.
NAMED = 200
PARENTS = ((gettext_lazy("Integration proof"), "enrollment:proof"),)


class ProofCount(ActionView):
    """The figures of the reader's areas are counted by a job."""

    def act(self) -> str:
        self.year = chosen_year(self.request.POST.get("year", ""))
        if self.scope.is_empty:
            raise DomainError("NO_AREA", gettext_lazy("You have no area whose rosters count."))
        proofs.ask_to_count(self.scope, self.year, by=self.actor, at=clock.now())
        return _("The proof is being counted. The page shows it when it is done.")

    def next_url(self) -> str:
        year = getattr(self, "year", None)
        return reverse("enrollment:proof") + (f"?year={year}" if year else "")


class RemarkForm(EntryForm):
    """What the preparer says to the second person."""

    remark = forms.CharField(
        label=gettext_lazy("Remark"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
    )


class ProofPrepare(FormPage):
    """The counted figures are laid down under the preparer's name for a second signature."""

    title = gettext_lazy("Sign the proof")
    lead = gettext_lazy(
        "The figures are frozen as counted and signed by you. A second person, who did not work on "
        "these rosters, looks at them and signs or returns them; nobody signs alone. While the "
        "proof waits or stands, none of its rosters can be undone, until two people set it aside."
    )
    parents = PARENTS
    form_class = RemarkForm
    check_answers = True
    submit_label = gettext_lazy("Sign and lay before a second person")

    @cached_property
    def year(self) -> int | None:
        return chosen_year(self.request.GET.get("year", ""))

    @cached_property
    def counted(self) -> ProofSnapshot | None:
        return ProofSnapshot.objects.filter(
            scope=proofs.scope_key(self.scope), year=self.year or 0
        ).first()

    def effects(self, form: Any) -> list[tuple[Any, Any]]:
        found = self.counted
        if found is None:
            return []
        proof = read(found.content, made_at=found.counted_at, years=[], unread_rosters=0)
        number = formatting.number
        return [
            (_("Counted at"), formatting.instant_seconds(found.counted_at)),
            (_("Revision of the roll"), found.revision),
            (names.READ, number(proof.totals.read)),
            (names.PEOPLE, number(proof.totals.people)),
            (_("Result"), verdict(proof)),
            (_("Baseline"), guard_said(proof)),
            (_("What signing blocks"), blocks_said(proof)),
            (_("SHA-256 of the content"), found.digest),
        ]

    def carry_out(self, form: Any) -> str:
        found = self.counted
        if found is None or len(self.scope.paths) != 1:
            raise DomainError(
                "PROOF_NOT_COUNTED",
                gettext_lazy("Count the proof of one area first; then it can be signed."),
            )
        staff: Any = self.request.user
        made = proofs.prepare(
            found,
            area=Area.objects.get(path=self.scope.paths[0]),
            basis=proofs.basis_of(self.scope, self.year),
            remark=form.cleaned_data["remark"],
            at=clock.now(),
            by=staff,
        )
        return reverse("enrollment:proof-signed", args=[made.pk])

    def success_message(self, form: Any) -> str:
        return _("Signed by you. A second person signs it or returns it.")


class ProofSigned(DetailPage):
    """A proof that was laid down: its figures as frozen, its signatures, and how they hold."""

    template_name = "enrollment/proof_signed.html"
    parents = PARENTS
    sections = (
        Section("figures", gettext_lazy("Figures"), "enrollment/_proof_figures.html", "figures"),
        Section(
            "compared", gettext_lazy("Counted again"), "enrollment/_proof_compared.html", "compared"
        ),
    )

    def load(self) -> SignedProof:
        return proof_in(self.scope, self.kwargs["pk"])

    def page_title(self) -> str:
        return _("Integration proof no. %(number)s") % {"number": self.record.pk}

    def status(self) -> Status:
        return status_of(ProofState, self.record.state)

    @cached_property
    def proof(self) -> Proof:
        found = self.record
        return read(found.content, made_at=found.counted_at, years=[], unread_rosters=0)

    @cached_property
    def is_earlier(self) -> bool:
        """Whether the roll is another now than the one the proof tells of."""
        found = self.record
        scope = Scope.of([found.area.path])
        return bool(found.basis != proofs.basis_of(scope, found.year or None))

    def summary(self) -> list[tuple[Any, Any]]:
        found = self.record
        return [
            (_("Area"), found.area),
            (_("Year"), str(found.year) if found.year else _("All years")),
            (_("Counted at"), formatting.instant_seconds(found.counted_at)),
            (_("Revision of the roll"), found.revision),
            (_("Prepared by"), found.prepared_by.full_name),
            (
                _("Signed by the second person"),
                found.signed_by.full_name if found.signed_by else formatting.ABSENT,
            ),
            (_("Signed at"), formatting.instant_seconds(found.signed_at)),
        ]

    def figures(self) -> dict[str, Any]:
        page = ProofPage()
        page.request, page.actor, page.scope = self.request, self.actor, self.scope
        # The lists are those of the reader's areas today: of other areas or days they say more.
        own = list(self.scope.paths) == [self.record.area.path]
        page.is_linked = own and not self.is_earlier
        page.year = self.record.year or None
        return {
            "verdict": verdict(self.proof),
            "holds": self.record.holds,
            "is_settled": is_settled(self.proof),
            "guard": guard_said(self.proof),
            "is_below": bool(self.proof.below_baseline),
            "tables": [page.draw(table) for table in tables_of(self.proof)],
        }

    def compared(self) -> dict[str, Any]:
        said = self.record.compared
        if not said:
            return {"said": said, "causes": causes_since(self.record)}
        at = datetime.datetime.fromisoformat(said["at"])
        found = []
        if not said["is_equal"]:
            after = read(said["content"], made_at=at, years=[], unread_rosters=0)
            found = differing(self.proof, after)
        return {
            "said": said,
            "at": at,
            "count": len(found),
            "differences": found[:NAMED],
            "causes": causes_since(self.record),
        }

    def context(self) -> dict[str, Any]:
        found = self.record
        request = approvals.pending_of(found, proofs.KIND)
        aside = approvals.pending_of(found, proof_aside.KIND)
        job = Job.objects.filter(
            kind=proofs.COMPARE, key=str(found.pk), state__in=UNFINISHED_JOB_STATES
        ).first()
        return super().context() | {
            "is_earlier": self.is_earlier,
            "request_url": reverse("portal:approval-detail", args=[request.pk]) if request else "",
            "aside_said": aside_said(found) if found.state == ProofState.SET_ASIDE else "",
            "aside_url": reverse("portal:approval-detail", args=[aside.pk]) if aside else "",
            "may_set_aside": found.state == ProofState.SIGNED
            and aside is None
            and access.may(self.actor, "enrollment:proof-aside", "POST"),
            "blocks": blocks_said(self.proof),
            "job": job,
            "progress": jobs.progress_of(job) if job else None,
            "may_export": access.may(self.actor, "enrollment:proof-export", "POST"),
            "may_compare": access.may(self.actor, "enrollment:proof-compare", "POST"),
        }


def blocks_said(proof: Proof) -> str:
    """What cannot be done while the proof waits for its signature or stands, and the way back."""
    held = proofs.rosters_held(proof)
    return ngettext(
        "One roster cannot be undone while this proof waits or stands. The way back: two people "
        "set the signed proof aside, with a reason; it stays on record.",
        "%(n)s rosters cannot be undone while this proof waits or stands. The way back: two people "
        "set the signed proof aside, with a reason; it stays on record.",
        held,
    ) % {"n": formatting.number(held)}


def proof_in(scope: Any, pk: int) -> SignedProof:
    """The proof if the scope holds its area; Http404 otherwise."""
    found: SignedProof = get_object_or_404(
        scope.filter(
            SignedProof.objects.select_related(
                "area", "prepared_by", "signed_by", "aside_asked_by", "aside_by"
            )
        ),
        pk=pk,
    )
    return found


class ProofCompare(ActionView):
    """The same rosters are counted again and compared with the frozen figures."""

    def act(self) -> str:
        found = proof_in(self.scope, self.kwargs["pk"])
        proofs.ask_to_compare(found, by=self.actor, at=clock.now())
        return _("The same rosters are being counted again.")

    def next_url(self) -> str:
        return reverse("enrollment:proof-signed", args=[self.kwargs["pk"]]) + "?section=compared"
