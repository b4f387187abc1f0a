"""Notices of ended coverage on paper: a letter a person, and the list by town to hand them out.

They go to the insured and are therefore Chinese whoever prints them. The name stands in full, the
number masked: who opens the letter knows it, who finds it does not.
"""

import datetime
from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import override

from bureau.core import masking
from bureau.core.models import Area
from bureau.ui import formatting, pdf
from enrollment.choices import Scheme
from enrollment.choices.double import Standing
from enrollment.models import DoubleNotice, DoubleRule
from enrollment.rules.double_notices import fill
from enrollment.selectors import people

LAYOUT = Path(__file__).parent / "typst" / "notices.typ"
LETTERS: Final = "letters"
BY_TOWN: Final = "towns"
KINDS: Final = (LETTERS, BY_TOWN)
_LANGUAGE = "zh-hans"


def notices_as_pdf(kind: str, notices: list[DoubleNotice], *, by: str, on: datetime.date) -> bytes:
    """The print of these notices, in their order."""
    with override(_LANGUAGE):
        found = _Words(notices)
        return pdf.made(
            LAYOUT,
            {
                "title": _("Notices of ended coverage"),
                "footer": _("Printed by %(by)s, %(at)s") % {"by": by, "at": formatting.day(on)},
                "page": _("Page {n} of {m}"),
                "receipt": _("Receipt"),
                "letters": [found.letter(one) for one in notices] if kind == LETTERS else [],
                "heads": [
                    _("Notice no."), _("Village"), _("Name"), _("Coverage that ended"),
                    _("Ends on"), _("Signature and day"),
                ],
                "towns": found.towns(notices) if kind == BY_TOWN else [],
            },
        )  # fmt: skip


class _Words:
    """What the notices of one print have in common: areas, clauses, numbers, each read once."""

    def __init__(self, notices: Iterable[DoubleNotice]) -> None:
        notices = list(notices)
        self.areas = {area.code: area for area in Area.objects.filter(level__in=["CITY", "COUNTY"])}
        sets = {one.rule_set_id for one in notices}
        self.rules = {
            (rule.rule_set_id, rule.code): rule
            for rule in DoubleRule.objects.filter(rule_set__in=sets)
        }
        self.numbers = people.with_numbers([one.person for one in notices])

    def area(self, code: str) -> str:
        return str(self.areas.get(code, code))

    def coverage(self, one: DoubleNotice, which: str) -> tuple[str, str]:
        said = one.says
        return self.area(said[f"{which}_area"]), formatting.choice_label(
            Scheme, said[f"{which}_scheme"]
        )

    def letter(self, one: DoubleNotice) -> dict[str, Any]:
        version = one.rule_set
        office = _office(self.area(one.says["ended_area"]))
        return {
            "number": _("No. %(number)s") % {"number": one},
            "title": version.notice_title,
            "lines": fill(version.notice_text, self.values(one)),
            "office": office,
            "day": formatting.day_prose(one.issued_on),
            "receipt": [
                [_("Notice no."), str(one)],
                [_("Addressee"), one.person.name],
                [_("Received by (signature)"), "____________"],
                [_("Day"), "____________"],
            ],
        }

    def values(self, one: DoubleNotice) -> dict[str, str]:
        """What stands in the places of the notice's text."""
        said, version = one.says, one.rule_set
        kept, ended = self.coverage(one, "kept"), self.coverage(one, "ended")
        rule: DoubleRule | None = self.rules.get((version.pk, said.get("rule") or ""))
        number = self.numbers.get(one.person_id)
        until = one.issued_on + datetime.timedelta(days=version.objection_days)
        return {
            "name": one.person.name,
            "number": masking.id_number(number) if number else _("not on record"),
            "overlaps_from": _day(said["overlaps_from"]),
            "kept_area": kept[0],
            "kept_scheme": kept[1],
            "ended_area": ended[0],
            "ended_scheme": ended[1],
            # Decided singly without a rule: what the decision rests on.
            "source": rule.source if rule else one.decision.evidence or version.title,
            "clause": rule.clause if rule else one.decision.reason,
            "ends_on": _day(said["ends_on"]),
            "act": _("is paused") if said["standing"] == Standing.PAUSES else _("is ended"),
            "before": _before(said.get("left_until")),
            "refund": _refund(said.get("refund")),
            "objection_until": formatting.day_prose(until),
            "office": ended[0],
        }

    def towns(self, notices: list[DoubleNotice]) -> list[dict[str, Any]]:
        """The list to hand the letters out by: a part a town, village by village."""
        return [
            {
                "title": " ".join(filter(None, (area, town or _("Town not known")))),
                "lines": [self.town_line(one) for one in found],
            }
            for (area, town), found in groupby(notices, lambda one: (str(one.area), one.town))
        ]

    def town_line(self, one: DoubleNotice) -> list[str]:
        return [
            str(one),
            one.village,
            one.person.name,
            " ".join(self.coverage(one, "ended")),
            formatting.day(datetime.date.fromisoformat(one.says["ends_on"])),
            "",
        ]


def _office(area: str) -> str:
    return _("Medical security agency of %(area)s") % {"area": area}


def _day(text: str) -> str:
    return formatting.day_prose(datetime.date.fromisoformat(text))


def _before(left_until: str | None) -> str:
    """What stays of the coverage that ended; nothing where it ended from its first day."""
    if not left_until:
        return ""
    last = datetime.date.fromisoformat(left_until) - datetime.timedelta(days=1)
    return _("Until %(day)s it stays in force.") % {"day": formatting.day_prose(last)}


def _refund(amount: Any) -> str:
    if amount is None:
        return _(
            "What you paid for it is not on record; bring the receipt to the agency to have it "
            "looked at."
        )
    if Decimal(str(amount)) > 0:
        return _("You paid %(amount)s for it, which is refunded on request.") % {
            "amount": formatting.money_prose(Decimal(str(amount)))
        }
    return _("Its benefit period has begun; by the rules what you paid is not refunded.")
