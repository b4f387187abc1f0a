"""Figures that the bureau decides: what holds today, what is proposed, and every value before."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import access, clock, parameters
from bureau.core.choices import AreaLevel, ParameterState
from bureau.core.models import Area
from bureau.ui import formatting, statuses
from bureau.ui.forms import DateField, EntryForm, WholeNumberField
from bureau.ui.statuses import status_of
from bureau.ui.views import FormPage, PortalPage

statuses.register(
    ParameterState,
    {
        ParameterState.PROPOSED: "active",
        ParameterState.APPROVED: "good",
        ParameterState.RETURNED: "bad",
    },
)


class Parameters(PortalPage):
    """Every parameter with the value in force."""

    title = gettext_lazy("Parameters")
    lead = gettext_lazy("Figures that the bureau decides; a second person approves each change.")
    template_name = "portal/parameters.html"

    def context(self) -> dict[str, Any]:
        known = parameters.known()
        today = parameters.values([one.key for one in known], clock.today())
        return {
            "rows": [
                (
                    one,
                    formatting.number(today[one.key]),
                    reverse("portal:parameter", args=[one.key]),
                )
                for one in known
            ]
        }


class ParameterForm(EntryForm):
    """A new value: from when, and by which document or decision."""

    value = WholeNumberField(label=gettext_lazy("New value"))
    starts_on = DateField(label=gettext_lazy("In force from"))
    source = forms.CharField(
        label=gettext_lazy("Basis"),
        max_length=300,
        help_text=gettext_lazy("The document with its number, or whose decision it is."),
    )


class ParameterChange(FormPage):
    """One parameter: what it means, its values so far, and a form for another one."""

    template_name = "portal/parameter.html"
    parents = ((gettext_lazy("Parameters"), "portal:parameters"),)
    form_class = ParameterForm
    submit_label = gettext_lazy("Submit for approval")

    @cached_property
    def parameter(self) -> parameters.Parameter:
        try:
            return parameters.get(self.kwargs["key"])
        except LookupError as error:
            raise Http404 from error

    def page_title(self) -> Any:
        return self.parameter.label

    def initial(self) -> dict[str, Any]:
        return {"starts_on": clock.today()}

    def carry_out(self, form: ParameterForm) -> str:
        given = form.cleaned_data
        staff: Any = self.request.user
        parameters.propose(
            self.parameter.key,
            given["value"],
            starts_on=given["starts_on"],
            source=given["source"],
            # It holds for the whole city, so a second person of the city decides.
            area=Area.objects.get(level=AreaLevel.CITY),
            by=staff,
            at=clock.now(),
            today=clock.today(),
        )
        return reverse("portal:parameter", args=[self.parameter.key])

    def success_message(self, form: Any) -> str:
        return _("The value waits for a second person's approval.")

    def context(self) -> dict[str, Any]:
        parameter = self.parameter
        today = clock.today()
        return {
            "facts": [
                (_("Meaning"), parameter.meaning),
                (
                    _("Value today"),
                    f"{formatting.number(parameters.value(parameter.key, today))} {parameter.unit}",
                ),
                (
                    _("Limits"),
                    f"{formatting.number(parameter.minimum)} – "
                    f"{formatting.number(parameter.maximum)}",
                ),
                (
                    _("Value until one was decided"),
                    f"{formatting.number(parameter.default)} ({parameter.source})",
                ),
            ],
            "versions": [
                (row, formatting.number(row.value), status_of(ParameterState, row.state))
                for row in parameters.versions(parameter.key)
            ],
            "may_change": access.may(self.actor, "portal:parameter", "POST"),
        }
