"""Approvals left to a colleague for a time: made, seen by both, ended by either."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import clock, delegations
from bureau.core.choices import Role
from bureau.core.errors import DomainError
from bureau.core.models import Delegation, RoleGrant, Staff
from bureau.ui import formatting
from bureau.ui.forms import DateField, EntryForm, ReasonField
from bureau.ui.views import ActionView, FormPage

PARENTS = ((gettext_lazy("To-do and done"), "portal:todo"),)
#: Colleagues that one choice names at most.
NAMED = 200


class DelegationForm(EntryForm):
    """Which approvals, to whom, until when, and why."""

    whom = forms.ChoiceField(
        label=gettext_lazy("Approvals and colleague"),
        help_text=gettext_lazy("Colleagues who hold the same role in the same area."),
    )
    until = DateField(label=gettext_lazy("Last day"))
    reason = ReasonField(label=gettext_lazy("Reason"))

    def __init__(self, *args: Any, offered: dict[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["whom"]
        field.choices = [("", gettext_lazy("Choose")), *offered.items()]


class Delegations(FormPage):
    """What the reader has left to others and looks after for others; and leaving something."""

    title = gettext_lazy("Delegations")
    lead = gettext_lazy(
        "A colleague of the same role and area looks after your approvals up to a day. It gives "
        "nobody a new power, and what you made yourself stays refused for the colleague too."
    )
    template_name = "portal/delegations.html"
    parents = PARENTS
    form_class = DelegationForm
    submit_label = gettext_lazy("Delegate")

    @property
    def staff(self) -> Staff:
        staff: Staff = self.request.user  # type: ignore[assignment]
        return staff

    @cached_property
    def choices(self) -> dict[str, tuple[RoleGrant, Staff]]:
        """Own approvals with each colleague who could look after them, by a word for both."""
        found: dict[str, tuple[RoleGrant, Staff]] = {}
        today = clock.today()
        for grant in delegations.own_grants(self.staff, on=today):
            for colleague in delegations.colleagues(grant, on=today)[:NAMED]:
                found[f"{grant.pk}-{colleague.pk}"] = (grant, colleague)
        return found

    def form_options(self) -> dict[str, Any]:
        return {
            "offered": {
                word: f"{Role(grant.role).label} · {grant.area} → {colleague}"
                for word, (grant, colleague) in self.choices.items()
            }
        }

    def carry_out(self, form: Any) -> str:
        grant, colleague = self.choices[form.cleaned_data["whom"]]
        delegations.delegate(
            grant,
            colleague,
            until=form.cleaned_data["until"],
            reason=form.cleaned_data["reason"],
            by=self.staff,
            at=clock.now(),
            today=clock.today(),
        )
        return reverse("portal:delegations")

    def success_message(self, form: Any) -> str:
        return _("Your colleague was told.")

    def context(self) -> dict[str, Any]:
        return {
            "lines": [
                line_of(found, self.staff)
                for found in delegations.concerning(self.staff, on=clock.today())
            ],
            "may_delegate": bool(self.choices),
        }


def line_of(found: Delegation, staff: Staff) -> dict[str, Any]:
    """One delegation as either of the two sees it."""
    return {
        "number": found.pk,
        "giver": _("You") if found.giver_id == staff.pk else str(found.giver),
        "taker": _("You") if found.taker_id == staff.pk else str(found.taker),
        "what": f"{Role(found.role).label} · {found.area}",
        "until": formatting.day(found.period.upper - datetime.timedelta(days=1)),
        "reason": found.reason,
    }


class DelegationEnd(ActionView):
    """The delegation ends now."""

    def act(self) -> str:
        number = self.request.POST.get("number", "")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise DomainError("NO_SUCH_ACT", _("Choose what is to be done."))
        staff: Any = self.request.user
        delegations.end(int(number), by=staff, at=clock.now())
        return _("The delegation has ended.")

    def next_url(self) -> str:
        return reverse("portal:delegations")
