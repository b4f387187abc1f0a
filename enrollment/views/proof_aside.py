"""Setting a signed proof aside: what that does, and the request for it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import clock
from bureau.ui import formatting
from bureau.ui.forms import EntryForm, ReasonField
from bureau.ui.views import FormPage
from bureau.ui.views.pages import Crumb
from enrollment.models import SignedProof
from enrollment.services import proof_aside
from enrollment.views.proof_signing import PARENTS, proof_in


class AsideForm(EntryForm):
    """Why the proof shall not stand any more."""

    reason = ReasonField(label=gettext_lazy("Reason"))


class ProofAside(FormPage):
    """A signed proof is set aside, once a second person agrees; it stays on record as such."""

    title = gettext_lazy("Set the proof aside")
    lead = gettext_lazy(
        "While a proof stands, none of its rosters can be undone. Set aside, it stays on record "
        "with its figures and signatures, marked as set aside, with your reason. Nothing happens "
        "before a second person approves."
    )
    parents = PARENTS
    form_class = AsideForm
    check_answers = True
    submit_label = gettext_lazy("Ask a second person")

    @cached_property
    def proof(self) -> SignedProof:
        return proof_in(self.scope, self.kwargs["pk"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Fetched before anything else, so that a proof of another area is always 404.
        _fetched = self.proof
        return super().dispatch(request, *args, **kwargs)

    @property
    def proof_url(self) -> str:
        return reverse("enrollment:proof-signed", args=[self.proof.pk])

    def breadcrumbs(self) -> list[Crumb]:
        name = _("Integration proof no. %(number)s") % {"number": self.proof.pk}
        return [*super().breadcrumbs(), (name, self.proof_url)]

    def cancel_url(self) -> str:
        return self.proof_url

    def effects(self, form: Any) -> list[tuple[Any, Any]]:
        found = self.proof
        second = found.signed_by.full_name if found.signed_by else formatting.ABSENT
        return [
            (_("Integration proof"), str(found.pk)),
            (_("Prepared by"), found.prepared_by.full_name),
            (_("Signed by the second person"), second),
            (_("Signed at"), formatting.instant_seconds(found.signed_at)),
        ]

    def carry_out(self, form: Any) -> str:
        staff: Any = self.request.user
        proof_aside.ask(self.proof, reason=form.cleaned_data["reason"], at=clock.now(), by=staff)
        return self.proof_url

    def success_message(self, form: Any) -> str:
        return _("Submitted. The proof stands until a second person approves.")
