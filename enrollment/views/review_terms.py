"""The terms of review: what holds, since when, and asking for others."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import approvals, clock
from bureau.core.actors import Scope
from bureau.core.choices import AreaLevel
from bureau.core.models import Area
from bureau.ui import formatting
from bureau.ui.forms import EntryForm, ReasonField, WholeNumberField
from bureau.ui.views import FormPage
from enrollment.models import ReviewTerms
from enrollment.services import review_terms as services
from enrollment.views.review_pair import PARENTS

OVERVIEW = "enrollment:review-overview"


def may_change(scope: Scope) -> bool:
    """Terms hold for the whole city: whose role covers it may ask for others."""
    return scope.covers(Area.objects.get(level=AreaLevel.CITY).path)


def terms_facts(terms: ReviewTerms) -> list[tuple[Any, Any]]:
    """The terms in words, with who put them on record and when."""
    is_software = terms.made_by == services.SOFTWARE
    return [
        (_("Pairs in a packet"), formatting.number(terms.packet_size)),
        (_("Minutes until a packet is handed back"), formatting.number(terms.lease_minutes)),
        (_("Share looked at a second time"), formatting.percent(float(terms.second_look_share))),
        (_("Source"), _(terms.source) if is_software else terms.source),
        (_("Made by"), _("The software") if is_software else terms.made_by),
        (_("In force from"), formatting.instant(terms.made_at)),
    ]


class TermsForm(EntryForm):
    """Terms of review; the share is entered as a percentage."""

    packet_size = WholeNumberField(
        label=gettext_lazy("Pairs in a packet"),
        minimum=1,
        help_text=gettext_lazy("1 to 200: so many pairs a clerk takes at once."),
    )
    lease_minutes = WholeNumberField(
        label=gettext_lazy("Minutes until a packet is handed back"),
        minimum=1,
        help_text=gettext_lazy("1 to 600, counted from the clerk's last decision."),
    )
    second_look_percent = forms.DecimalField(
        label=gettext_lazy("Share looked at a second time (%)"),
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        localize=False,
        widget=forms.TextInput(attrs={"class": "input-number", "inputmode": "decimal"}),
        help_text=gettext_lazy("0 to 100: of so many decisions the pair is decided blind again."),
    )
    second_look_seed = forms.CharField(
        label=gettext_lazy("Seed of the sample"),
        max_length=40,
        help_text=gettext_lazy(
            "The same seed draws the same decisions, so that it can be checked."
        ),
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=200,
        help_text=gettext_lazy("Name the document, who issued it, its number and date."),
    )
    reason = ReasonField(label=gettext_lazy("Reason"))


class ReviewTermsChange(FormPage):
    """Other terms are asked for; they hold once a second person approved them."""

    title = gettext_lazy("Change the terms of review")
    lead = gettext_lazy("They hold for the whole city, once a second person approved them.")
    parents = (*PARENTS, (gettext_lazy("Overview of duplicate review"), OVERVIEW))
    form_class = TermsForm
    submit_label = gettext_lazy("Submit for approval")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_change(self.scope):
            messages.error(
                request, _("The terms of review hold for the whole city; they are changed there.")
            )
            return redirect(OVERVIEW)
        present = services.terms_in_force(at=clock.now())
        waiting = approvals.pending_of(present, services.KIND)
        if waiting is not None and request.method == "GET":
            messages.info(request, _("Other terms wait for a second person already."))
            return redirect("portal:approval-detail", waiting.pk)
        return super().dispatch(request, *args, **kwargs)

    def initial(self) -> dict[str, Any]:
        present = services.terms_in_force(at=clock.now())
        return {
            "packet_size": present.packet_size,
            "lease_minutes": present.lease_minutes,
            "second_look_percent": f"{present.second_look_share * 100:f}".rstrip("0").rstrip("."),
            "second_look_seed": present.second_look_seed,
        }

    def carry_out(self, form: Any) -> str:
        staff: Any = self.request.user
        given = dict(form.cleaned_data)
        given["second_look_share"] = given.pop("second_look_percent") / Decimal(100)
        services.ask_for(given, reason=given.pop("reason"), by=staff, at=clock.now())
        return reverse(OVERVIEW)

    def success_message(self, form: Any) -> str:
        return _("Submitted. A second person approves it.")
