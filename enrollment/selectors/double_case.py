"""One case as the rules see it: its coverages, what is known of the person, what each rule says."""

import dataclasses
from typing import Final

from django.db import connection

from bureau.core.periods import Period
from enrollment.choices import Scheme, SpecialGroup
from enrollment.models import DoubleCase, DoubleSide
from enrollment.rules.double_cases import Resolution, resolve
from enrollment.rules.double_rules import Facts, Side, person_kind
from enrollment.selectors import double_enrollment as selectors
from enrollment.selectors import double_rules
from enrollment.selectors.double_rules import RulesInForce
from enrollment.selectors.people import as_written


@dataclasses.dataclass(frozen=True)
class CaseForRules:
    """A case in the words of the rules; `sides` and `rule_sides` are in the same order."""

    sides: list[DoubleSide]
    rule_sides: list[Side]
    facts: Facts
    rules: RulesInForce

    def resolve(self, staying: DoubleSide | None = None) -> Resolution:
        """What the case's version of the rules says; with `staying`, what follows from it."""
        at = None if staying is None else [side.pk for side in self.sides].index(staying.pk)
        return resolve(
            self.rule_sides,
            self.facts,
            self.rules.terms,
            on=self.rules.measured_on,
            staying=at,
        )


def for_rules(case: DoubleCase) -> CaseForRules:
    """The case as the job that proposes sees it, by the same version of rules."""
    sides = selectors.sides_of(case)
    family = _family(case)
    return CaseForRules(
        sides=sides,
        rule_sides=[_rule_side(side, family.get(side.pk, 0)) for side in sides],
        facts=double_rules.facts_of([case.person_id]).get(case.person_id, Facts()),
        rules=double_rules.read(case.rule_set),
    )


def _rule_side(side: DoubleSide, family: int) -> Side:
    row = side.spell.source_row
    group = side.spell.special_group
    return Side(
        # Sides are kept in the order of the keys by which the rules were asked.
        key=f"{side.place:04d}",
        scheme=Scheme(side.scheme),
        county=side.county.code,
        period=Period(side.period.lower, side.period.upper),
        standing_from=row.begins_on if row else None,
        kind=person_kind(as_written(row, "person_kind") if row else None),
        family=family,
        is_funded=group not in ("", SpecialGroup.ORDINARY),
        is_paid=bool(side.contribution_amount),
    )


# As `imports/sql/double_sides.sql` counts them; a test keeps the two equal.
FAMILY: Final = """
    SELECT side.id, count(DISTINCT other.person_id)
    FROM enrollment_doubleside side
    JOIN enrollment_coveragespell spell ON spell.id = side.spell_id
    JOIN core_area county ON county.id = side.county_id
    JOIN enrollment_householdmember own ON own.person_id = spell.person_id
    JOIN enrollment_household household
      ON household.id = own.household_id AND household.scheme = side.scheme
    JOIN core_area place ON place.id = household.area_id AND place.path LIKE county.path || '%%'
    JOIN enrollment_householdmember other
      ON other.household_id = own.household_id AND other.person_id <> own.person_id
    JOIN enrollment_coveragespell insured
      ON insured.person_id = other.person_id AND insured.scheme = side.scheme
     AND insured.state = 'IN_FORCE' AND insured.period && side.period
    WHERE side.case_id = %(case)s
    GROUP BY side.id
"""


def _family(case: DoubleCase) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(FAMILY, {"case": case.pk})
        return dict(cursor.fetchall())
