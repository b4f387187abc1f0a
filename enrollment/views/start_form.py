"""The form by which a roster is read and checked: what it is beside those on the roll."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.ui.forms import EntryForm, ReasonField
from enrollment.models import RosterBatch

#: That a roster comes in addition to those of the same area, scheme and year.
PART: Final = "part"
#: That it is a newer edition of several of them together.
TOGETHER: Final = "together"


class StartForm(EntryForm):
    """Step 3: the files are to be read; files of another source need a reason."""

    what = forms.ChoiceField(
        label=gettext_lazy("What this roster is"),
        help_text=gettext_lazy(
            "A newer edition is compared line by line with the roster on the roll; you see the "
            "differences before anything changes. Another part comes in addition."
        ),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy(
                "There is such a roster already. Say whether this one is a newer edition of it or "
                "another part."
            )
        },
    )
    together = forms.MultipleChoiceField(
        label=gettext_lazy("Rosters that it replaces together"),
        help_text=gettext_lazy(
            "Where the list was sent in parts and comes in one file now: choose all parts that are "
            "in it."
        ),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    only_places = forms.BooleanField(
        label=gettext_lazy("A newer edition of some townships only"),
        help_text=gettext_lazy(
            "Only rows of the townships that the files name are compared; rows of the others stay "
            "as they are, and nobody there counts as left out."
        ),
        required=False,
    )
    origin_reason = ReasonField(label=gettext_lazy("Why these files belong to this roster"), rows=2)

    def __init__(
        self,
        *args: Any,
        has_differences: bool,
        replaceable: Sequence[RosterBatch] = (),
        beside: Sequence[RosterBatch] = (),
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self._replaceable = {f"edition:{batch.pk}": batch for batch in replaceable}
        self._parts = {str(batch.pk): batch for batch in replaceable}
        if not has_differences:
            del self.fields["origin_reason"]
        if len(self._parts) < 2:
            del self.fields["together"]
        if not replaceable:
            del self.fields["only_places"]
        if not replaceable and not beside:
            del self.fields["what"]
            return
        field: Any = self.fields["what"]
        if beside:
            said = _(
                "Not on the roll yet, so that nothing can be compared with it: %(rosters)s. Have "
                "it applied first if this is a newer edition of it, or withdraw it if this one "
                "comes in its place."
            )
            names = _(", ").join(map(str, beside))
            field.help_text = f"{field.help_text} {said % {'rosters': names}}"
        field.choices = [
            *(
                (value, _("A newer edition of %(roster)s: compare with it") % {"roster": batch})
                for value, batch in self._replaceable.items()
            ),
            *(
                [(TOGETHER, _("A newer edition of several of them together, as chosen below"))]
                if "together" in self.fields
                else []
            ),
            (PART, _("Another part, such as the file of another township: it comes in addition")),
        ]

        if "together" in self.fields:
            parts: Any = self.fields["together"]
            parts.choices = [(value, str(batch)) for value, batch in self._parts.items()]

    def clean(self) -> dict[str, Any]:
        """Several together are two at least."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if found.get("what") == TOGETHER and len(found.get("together") or ()) < 2:
            self.add_error(
                "what", _("Choose at least two rosters that this one replaces together.")
            )
        return found

    @property
    def replaced(self) -> list[RosterBatch]:
        """The rosters of which this one is a newer edition; none for another part."""
        said = self.cleaned_data.get("what", "")
        if said == TOGETHER:
            return [self._parts[value] for value in self.cleaned_data["together"]]
        return [self._replaceable[said]] if said in self._replaceable else []
