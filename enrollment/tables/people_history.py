"""Corrections of a person's file in words: what stood there, what stands there, by whom and why."""

import datetime
from typing import Any, Final

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import history, masking
from bureau.ui import formatting
from bureau.ui.masking import masked_number
from bureau.ui.trails import Difference, ShownChange
from enrollment.choices import CoverageState, IdentifierKind, PersonState, Scheme, Sex, SpecialGroup
from enrollment.models import CoverageSpell, Person
from enrollment.selectors import people
from enrollment.tables.people_lines import period_text

#: Columns by which people are compared and found; nobody corrects them by themselves.
_DERIVED: Final = frozenset({"name_key", "name_initials"})
_OBJECTS: Final = {
    "Person": gettext_lazy("File"),
    "PersonIdentifier": gettext_lazy("Number"),
    "CoverageSpell": gettext_lazy("Coverage"),
    "HouseholdMember": gettext_lazy("Household"),
}
_WORDS: Final[dict[tuple[str, str], Any]] = {
    ("Person", "state"): PersonState,
    ("Person", "sex"): Sex,
    ("CoverageSpell", "state"): CoverageState,
    ("CoverageSpell", "scheme"): Scheme,
    ("CoverageSpell", "special_group"): SpecialGroup,
    ("PersonIdentifier", "kind"): IdentifierKind,
}
_MASKS: Final = {
    "number": masked_number,
    "phone": masking.phone,
    "address": masking.address,
}


def history_of(person: Person) -> list[ShownChange]:
    """Every change of the file, its numbers, coverage and households, the newest first."""
    parts: list[models.Model] = [
        person,
        *people.numbers_of(person),
        *people.spells_of(person),
        *people.memberships_of(person),
    ]
    found = [_line(part, change) for part in parts for change in history.changes_of(part)]
    found.sort(key=lambda line: line.at, reverse=True)
    return [line for line in found if line.differences]


def _line(part: models.Model, change: history.Change) -> ShownChange:
    what = type(part).__name__
    subject = _OBJECTS[what]
    if isinstance(part, CoverageSpell):
        act = f"{subject} · {part.get_scheme_display()} · {period_text(part.period)}"
    else:
        act = str(subject)
    return ShownChange(
        at=change.at,
        actor=change.actor or _("the portal"),
        act=act,
        reason=change.reason,
        differences=[
            Difference(field.label, _value(what, field, "before"), _value(what, field, "after"))
            for field in change.fields
            if field.field not in _DERIVED
        ],
    )


def _value(what: str, field: history.FieldChange, side: str) -> str:
    value = getattr(field, side)
    if value in (None, ""):
        return ""
    if choices := _WORDS.get((what, field.field)):
        return formatting.choice_label(choices, value)
    if mask := _MASKS.get(field.field):
        return mask(value)
    if hasattr(value, "lower") and hasattr(value, "upper") and not isinstance(value, str):
        return period_text(value)
    return formatting.day(value) if isinstance(value, datetime.date) else str(value)
