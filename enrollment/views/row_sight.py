"""Rows of a roster in full: masked until a purpose is stated, then on record look by look.

The purpose holds for the rows of one roster, so that who corrects them one by one is asked once; it
ends when nothing was looked at for a while, when it is taken back, and with the session.
"""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import access, clock, masking
from bureau.core.errors import DomainError
from bureau.core.models import Area
from enrollment.choices.sight import SightPurpose
from enrollment.models import RosterBatch
from enrollment.services import looks
from enrollment.views.people_looks import PageOfPeople
from enrollment.views.roster_steps import RosterAct

#: Where the session keeps the purposes, by roster: the reason, and until when it holds.
KEY: Final = "rosters_in_full"
#: Seconds without a look after which a purpose has to be stated anew; longer than a session idles.
LASTS: Final = 1800
REVEAL: Final = "enrollment:roster-reveal"


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
        return found

    def reason(self) -> str:
        """The purpose in words, as the access log keeps it."""
        said = str(SightPurpose(self.cleaned_data["purpose"]).label)
        detail = self.cleaned_data["detail"].strip()
        return f"{said}: {detail}" if detail else said


def purpose_for(request: HttpRequest, batch: RosterBatch) -> str:
    """The purpose for which the reader sees the roster's rows in full; empty without one."""
    reason, until = request.session.get(KEY, {}).get(str(batch.pk), ("", 0))
    return str(reason) if clock.now().timestamp() < until else ""


def _keep(request: HttpRequest, batch: RosterBatch, reason: str) -> None:
    now = clock.now().timestamp()
    held = {number: kept for number, kept in request.session.get(KEY, {}).items() if kept[1] > now}
    held.pop(str(batch.pk), None)
    if reason:
        held[str(batch.pk)] = (reason, now + LASTS)
    request.session[KEY] = held


class RowsInSight(PageOfPeople):
    """Mixin of pages that show rows or lines of one roster, masked or in full."""

    @property
    def roster_in_sight(self) -> RosterBatch:
        raise NotImplementedError

    @cached_property
    def purpose(self) -> str:
        """For what the rows are shown in full; empty while they are masked."""
        if not access.may(self.actor, REVEAL, "POST"):
            return ""
        return purpose_for(self.request, self.roster_in_sight)

    def note_row(self, row: models.Model) -> None:
        """The look stands in the access log before anything is shown, in full with its purpose."""
        area: Area = self.roster_in_sight.area
        if not self.purpose:
            self.note_look(row, "view raw row", fields=["masked"], area=area)
            return
        masking.reveal(
            self.request,  # type: ignore[arg-type]
            row,
            {"raw": row},
            area=area,
            reason=self.purpose,
        )
        looks.expect_human_pace(at=clock.now(), by=self.actor)
        _keep(self.request, self.roster_in_sight, self.purpose)

    def sight(self) -> dict[str, Any]:
        """What the template needs to show in full, and to mask again."""
        may = access.may(self.actor, REVEAL, "POST")
        return {
            "purpose": self.purpose,
            "sight_form": SightForm() if may and not self.purpose else None,
            "sight_url": reverse(REVEAL, args=[self.roster_in_sight.pk]) if may else "",
            "sight_next": self.request.get_full_path(),
        }


class RosterReveal(RosterAct):
    """The rows of a roster are shown in full from now on, for a stated purpose; or masked again."""

    def act(self) -> str:
        if self.request.POST.get("mask"):
            _keep(self.request, self.batch, "")
            return ""
        form = SightForm(self.request.POST)
        if not form.is_valid():
            raise DomainError("reveal_needs_a_reason", _("Say for what you need the full values."))
        _keep(self.request, self.batch, form.reason())
        return ""

    def next_url(self) -> str:
        # Fetched here too, so that a roster of another area is 404 whatever was sent.
        _fetched = self.batch
        return super(RosterAct, self).next_url()
