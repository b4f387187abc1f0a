"""The fields of a roster: the headings counties give them, and how their values look."""

import csv
from importlib import resources
from typing import Final

from django.utils.translation import gettext_lazy as _

from bureau.intake.shapes import FieldSpec
from enrollment.imports.roster_profiles import ALONE, COMPANIONS, PROFILES, number_as_it_is_now
from enrollment.rules.words import words_for

_LABELS: Final = {
    "id_number": _("Identity number"),
    "name": _("Name"),
    "birth_on": _("Birth date"),
    "sex": _("Sex"),
    "household_no": _("Household number"),
    "relation": _("Relation to the head"),
    "head_name": _("Name of the head"),
    "head_id_number": _("Identity number of the head"),
    "member_no": _("Member number"),
    "psn_no": _("Person number"),
    "town": _("Town"),
    "village": _("Village"),
    "group_name": _("Group"),
    "address": _("Address"),
    "phone": _("Telephone"),
    "ethnicity": _("Ethnic group"),
    "special_group": _("Special group"),
    "amount": _("Amount"),
    "year": _("Year"),
    "joined_on": _("Joined on"),
    "remarks": _("Remarks"),
    "scheme_code": _("Insurance type"),
    "area_code": _("Area code"),
    "person_kind": _("Person type"),
    "status": _("Status"),
    "certificate_kind": _("Kind of document"),
    "begins_on": _("Covered from"),
    "employer_no": _("Employer number"),
    "employer_name": _("Employer"),
    "bank_account": _("Bank account"),
    "serial_no": _("Running number"),
    "family_size": _("Family size"),
    "clinic": _("Clinic"),
    "agent": _("Clerk"),
}
"""Every field with its label, in the order in which a page offers them."""

_REQUIRED: Final = frozenset({"name"})
_FILL_DOWN: Final = frozenset(
    {"household_no", "head_name", "head_id_number", "town", "village", "group_name", "address"}
)
#: What a title row above some of the rows may name, the widest first.
_LEVELS: Final = {
    "town": 1, "village": 2, "group_name": 3,
    "household_no": 4, "head_name": 4, "head_id_number": 4, "address": 4,
}  # fmt: skip
_PLACES: Final = frozenset({"town", "village", "group_name"})
_EVIDENCE: Final = frozenset({"id_number", "name", "birth_on", "sex", "relation"})
#: Fields that a heading may give to the person of the row or to somebody else.
_PERSONAL: Final = frozenset({"id_number", "name", "birth_on", "sex", "ethnicity"})
_OWNED: Final = _PERSONAL | {"relation", "phone", "address", "special_group"}


def _headings() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """By field, the headings that name it and those that sound like it and name another thing."""
    text = resources.files("enrollment.reference").joinpath("roster_headings.csv")
    lines = csv.DictReader(text.read_text(encoding="utf-8").splitlines())
    return {
        line["field"]: (tuple(line["headings"].split()), tuple(line["other"].split()))
        for line in lines
    }


def _fields() -> tuple[FieldSpec, ...]:
    headings = _headings()
    owners = tuple(sorted(words_for("owner"), key=len, reverse=True))
    strangers = tuple(sorted(words_for("stranger")))
    heads = {word for name in ("head_name", "head_id_number") for word in headings[name][0]}
    payers = tuple(one for one in strangers if not any(one in word for word in heads))
    return tuple(
        FieldSpec(
            name=name,
            label=label,  # type: ignore[arg-type]
            header_words=headings[name][0],
            profile=PROFILES.get(name),
            required=name in _REQUIRED,
            fill_down=name in _FILL_DOWN,
            evidence=name in _EVIDENCE,
            alone=ALONE.get(name),
            owners=owners if name in _OWNED else (),
            strangers=strangers if name in _PERSONAL else payers if name == "head_name" else (),
            other_words=headings[name][1],
            companions=COMPANIONS.get(name, ()),
            level=_LEVELS.get(name, 0),
            bare_title=name in _PLACES,
            same_as=number_as_it_is_now if name == "id_number" else None,
        )
        for name, label in _LABELS.items()
    )


ROSTER_FIELDS: Final[tuple[FieldSpec, ...]] = _fields()
"""Every field that a roster may have, in the order in which a page offers them."""

FIELD_BY_NAME: Final = {field.name: field for field in ROSTER_FIELDS}
"""Every field that a roster may have, by its name."""


def heading_of(name: str) -> str:
    """The usual heading of a field, by which a file is understood again."""
    return FIELD_BY_NAME[name].header_words[0]
