"""The problem file of a roster is asked for, with the purpose."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy

from bureau.core import clock
from bureau.core.errors import MovedOn
from enrollment.services import roster_jobs
from enrollment.views.roster_steps import RosterAct
from enrollment.views.sight_purpose import SightForm, purpose_for, unfit_purpose


class RosterErrorFile(RosterAct):
    """A job makes the file of the rows that wait or were rejected, for the one who asks and says
    for what: its cells stand in full."""

    def act(self) -> str:
        if not self.batch.checked_at:
            raise MovedOn(
                "ROSTER_NOT_CHECKED", gettext_lazy("The roster has not been checked yet.")
            )
        self.job = roster_jobs.ask_for_error_file(
            self.batch,
            file_format=self.request.POST.get("format", ""),
            language=get_language() or "zh-hans",
            purpose=self.purpose(),
            by=self.actor,
            at=clock.now(),
        )
        return ""

    def purpose(self) -> str:
        """For what the rows are needed in full: as stated for this roster before, or with the wish.
        Raises DomainError without one."""
        if held := purpose_for(self.request, self.batch):
            return held
        form = SightForm(self.request.POST)
        if not form.is_valid():
            raise unfit_purpose(form)
        return form.reason()

    def next_url(self) -> str:
        job = getattr(self, "job", None)
        return reverse("portal:job-detail", args=[job.pk]) if job else super().next_url()
