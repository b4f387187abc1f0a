"""Rows of a roster in full: masked until a purpose is stated, then on record look by look.

The purpose holds for the rows of one roster, so that who corrects them one by one is asked once; it
ends when nothing was looked at for a while, when it is taken back, and with the session.
"""

from __future__ import annotations

from typing import Any, Final

from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property

from bureau.core import access, clock, masking
from bureau.core.models import Area
from enrollment.models import RosterBatch
from enrollment.services import looks
from enrollment.views.people_looks import PageOfPeople
from enrollment.views.roster_steps import RosterAct
from enrollment.views.sight_purpose import SightForm, keep, purpose_for, unfit_purpose

REVEAL: Final = "enrollment:roster-reveal"


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
        keep(self.request, self.roster_in_sight, self.purpose)

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
            keep(self.request, self.batch, "")
            return ""
        form = SightForm(self.request.POST)
        if not form.is_valid():
            raise unfit_purpose(form)
        keep(self.request, self.batch, form.reason())
        return ""

    def next_url(self) -> str:
        # Fetched here too, so that a roster of another area is 404 whatever was sent.
        _fetched = self.batch
        return super(RosterAct, self).next_url()
