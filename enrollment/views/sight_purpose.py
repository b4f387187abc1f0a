"""For what somebody sees rows of a roster in full: stated once, held in the session for a while."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import clock, lists, masking
from bureau.core.errors import DomainError
from enrollment.choices.sight import SightPurpose
from enrollment.models import RosterBatch

#: Where the session keeps the purposes, by roster: the reason, and until when it holds.
KEY: Final = "rosters_in_full"
#: Seconds without a look after which a purpose has to be stated anew; longer than a session idles.
LASTS: Final = 1800


class SightForm(forms.Form):
    """For what the rows are needed in full."""

    purpose = forms.ChoiceField(
        label=gettext_lazy("For what do you need the full values?"), choices=SightPurpose.choices
    )
    detail = forms.CharField(
        label=gettext_lazy("More about it"),
        help_text=gettext_lazy("Number of the paper, the enquiry or the file; no personal data."),
        max_length=150,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        detail = str(found.get("detail", "")).strip()
        if found.get("purpose") == SightPurpose.OTHER and len(detail) < masking.SHORTEST_REASON:
            self.add_error("detail", _("Say for what you need the full values."))
        if lists.names_a_person(detail):
            self.add_error(
                "detail",
                _("Leave identity and telephone numbers out of the purpose: it stays in the log."),
            )
        return found

    def reason(self) -> str:
        """The purpose in words, as the access log keeps it."""
        said = str(SightPurpose(self.cleaned_data["purpose"]).label)
        detail = self.cleaned_data["detail"].strip()
        return f"{said}: {detail}" if detail else said


def unfit_purpose(form: SightForm) -> DomainError:
    """Why the purpose that was stated is none."""
    texts = form.errors.get("detail") or [_("Say for what you need the full values.")]
    return DomainError("reveal_needs_a_reason", " ".join(map(str, texts)))


def purpose_for(request: HttpRequest, batch: RosterBatch) -> str:
    """The purpose for which the reader sees the roster's rows in full; empty without one."""
    reason, until = request.session.get(KEY, {}).get(str(batch.pk), ("", 0))
    if clock.now().timestamp() >= until or lists.names_a_person(str(reason)):
        return ""
    return str(reason)


def purpose_of_file(request: HttpRequest, batch: RosterBatch) -> dict[str, Any]:
    """What the page asks with before a file of rows in full: the purpose held, or the form."""
    return {"file_purpose": purpose_for(request, batch), "file_form": SightForm()}


def keep(request: HttpRequest, batch: RosterBatch, reason: str) -> None:
    now = clock.now().timestamp()
    held = {number: kept for number, kept in request.session.get(KEY, {}).items() if kept[1] > now}
    held.pop(str(batch.pk), None)
    if reason:
        held[str(batch.pk)] = (reason, now + LASTS)
    request.session[KEY] = held
