"""Proposing how double enrollments are resolved: cases for everybody whose coverages meet.

The rules are pure functions of one case; a range of people is read as columns, judged, and kept by
set-based SQL in one transaction that may run again.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from django.db import connection
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bureau.core import bulk, clock, crash
from bureau.core.jobs import JobContext
from bureau.core.models import Area, Job
from bureau.core.periods import Period
from bureau.intake.shapes import FileLayout
from enrollment.choices import Scheme
from enrollment.choices.double import Standing
from enrollment.models import RosterFile
from enrollment.rules import double_cases
from enrollment.rules.double_cases import Resolution, SideOutcome
from enrollment.rules.double_rules import Facts, Side, person_kind
from enrollment.selectors import double_rules
from enrollment.services import double_jobs

SQL = Path(__file__).parent / "sql"
#: People judged in one transaction.
RANGE_PEOPLE = 5_000


class Met(NamedTuple):
    """One coverage that meets another, as `double_sides.sql` reads it."""

    person_id: int
    island: int
    spell_id: int
    scheme: str
    county_id: int
    county_code: str
    county_path: str
    period: Any
    state: str
    contribution: Decimal | None
    is_funded: bool
    is_paid: bool
    standing_from: datetime.date | None
    person_kind: str | None
    family: int
    key: str
    subsidy: Decimal | None
    subsidy_is_minimum: bool

    @property
    def days(self) -> Period:
        return Period(self.period.lower, self.period.upper)

    def as_side(self) -> Side:
        """What the rules look at."""
        return Side(
            key=self.key,
            scheme=Scheme(self.scheme),
            county=self.county_code,
            period=self.days,
            standing_from=self.standing_from,
            kind=person_kind(self.person_kind),
            family=self.family,
            is_funded=self.is_funded,
            is_paid=self.is_paid,
        )


def propose(context: JobContext) -> None:
    """Everybody whose coverages meet has a case with what the rules of today propose.

    Without rules in force nothing is proposed, and the job's log says so.
    """
    if _is_superseded(context):
        return
    rules = double_rules.in_force(clock.today())
    if rules is None:
        context.log(_("No rules of double enrollment are in force; nothing is proposed."))
        return
    context.phase(gettext_noop("Proposing how double enrollments are resolved"), _people())
    kinds = kind_columns()
    done = int(context.checkpoint.get("done", 0))
    while high := next_range(int(context.checkpoint.get("high", 0))):
        low = int(context.checkpoint.get("high", 0))
        with context.step() as checkpoint:
            if _is_superseded(context):
                return
            _one_at_a_time()
            done += propose_range(low, high, rules, kinds, on=clock.today(), at=clock.now())
            checkpoint.update(high=high, done=done)
            context.progress(done)
    context.result = {"people": done}


def _is_superseded(context: JobContext) -> bool:
    """Whether a job was asked for since by a later state of the roll: it looks at everybody."""
    return Job.objects.filter(
        kind=double_jobs.PROPOSE,
        arguments__revision__gt=int(context.arguments.get("revision", 0)),
    ).exists()


def _one_at_a_time() -> None:
    """Until the transaction ends no other job proposes: two would open the same case."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('enrollment.propose_double', 0))"
        )


_OPEN = """
    SELECT person_id FROM enrollment_coveragespell
    WHERE state = 'DOUBLE' AND person_id > %(low)s
    UNION
    SELECT person_id FROM enrollment_doublecase WHERE state = 'PROPOSED' AND person_id > %(low)s
"""


def _people() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_OPEN}) person", {"low": 0})  # noqa: S608 (own)
        return int(cursor.fetchone()[0])


def next_range(low: int) -> int | None:
    """The highest person of the next range, or None when all are judged."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT max(person_id) FROM ({_OPEN} ORDER BY 1 LIMIT %(most)s) person",  # noqa: S608
            {"low": low, "most": RANGE_PEOPLE},
        )
        found: int | None = cursor.fetchone()[0]
    return found


def kind_columns() -> list[tuple[int, int, int]]:
    """Where files carry the national code of the person's type: file, sheet, place of the cell."""
    files = RosterFile.objects.filter(withdrawn=False, is_loaded=True).only("pk", "layout")
    return [
        (file.pk, sheet.sheet, column.index)
        for file in files.iterator()
        for sheet in FileLayout.from_json(file.layout).sheets
        for column in sheet.columns
        if "person_kind" in column.fed and not column.pieces
    ]


def propose_range(
    low: int,
    high: int,
    rules: double_rules.RulesInForce,
    kinds: list[tuple[int, int, int]],
    *,
    on: datetime.date,
    at: datetime.datetime,
) -> int:
    """Cases of these people are as the rules propose; returns how many people. In a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE kind_column (file_id bigint, sheet int, place int) ON COMMIT DROP"
        )
        cursor.executemany("INSERT INTO kind_column VALUES (%s, %s, %s)", kinds)
        cursor.execute(_sql("double_sides"), {"low": low, "high": high})
        cursor.execute("SELECT * FROM met ORDER BY person_id, island, key")
        met = [Met(*row) for row in cursor.fetchall()]
        facts = double_rules.facts_of({one.person_id for one in met})
        judged = Judged(rules, _areas(), on)
        for _case, group in groupby(met, attrgetter("person_id", "island")):
            sides = list(group)
            judged.add(sides, facts.get(sides[0].person_id, Facts()))
        judged.store(cursor)
        crash.point("double_before_keep")
        cursor.execute(
            _sql("double_keep"), {"low": low, "high": high, "rules": rules.version.pk, "at": at}
        )
        cursor.execute("DROP TABLE kind_column, met, new_case, new_side")
    return len({one.person_id for one in met})


def _sql(name: str) -> str:
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def _areas() -> dict[str, int]:
    return dict(Area.objects.values_list("path", "pk"))


@dataclass
class Judged:
    """Cases of one range as columns, in the order in which they were judged."""

    rules: double_rules.RulesInForce
    areas: dict[str, int]
    on: datetime.date
    cases: list[tuple[Any, ...]] = field(default_factory=list)
    sides: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, met: list[Met], facts: Facts) -> None:
        """One case: what the rules say of it."""
        sides = [one.as_side() for one in met]
        found = double_cases.resolve(sides, facts, self.rules.terms, on=self.rules.measured_on)
        needs = double_cases.needs_of(found, sides, facts, singly=self.rules.singly)
        number = len(self.cases)
        self.cases.append(
            (
                number,
                met[0].person_id,
                self.areas[common_path([one.county_path for one in met])],
                found.rule or "",
                [need.value for need in needs],
                overlaps_from([one.days for one in met]),
            )
        )
        self.sides += [
            (number, place, *line)
            for place, line in enumerate(side_lines(met, found, self.rules, self.on))
        ]

    def store(self, cursor: Any) -> None:
        """Both tables stand for the statements that keep them."""
        cursor.execute(
            """
            CREATE TEMP TABLE new_case (
                case_no int, person_id bigint, area_id bigint, rule text, needs varchar[],
                overlaps_from date) ON COMMIT DROP;
            CREATE TEMP TABLE new_side (
                case_no int, place int, spell_id bigint, scheme text, county_id bigint,
                period daterange, state text, standing text, rule text, other_scheme text,
                other_county_id bigint, ends_on date, "left" daterange,
                contribution_amount numeric, subsidy_amount numeric, subsidy_is_minimum boolean,
                refund_amount numeric, recover_amount numeric) ON COMMIT DROP
            """
        )
        bulk.copy_frame(connection, "new_case", pl.DataFrame(self.cases, CASE_SCHEMA, orient="row"))
        bulk.copy_frame(connection, "new_side", pl.DataFrame(self.sides, SIDE_SCHEMA, orient="row"))
        cursor.execute("ANALYZE new_case; ANALYZE new_side")


CASE_SCHEMA: dict[str, Any] = {
    "case_no": pl.Int64,
    "person_id": pl.Int64,
    "area_id": pl.Int64,
    "rule": pl.String,
    "needs": pl.List(pl.String),
    "overlaps_from": pl.Date,
}
_MONEY = pl.Decimal(18, 2)
SIDE_SCHEMA: dict[str, Any] = {
    "case_no": pl.Int64,
    "place": pl.Int64,
    "spell_id": pl.Int64,
    "scheme": pl.String,
    "county_id": pl.Int64,
    "period": pl.String,
    "state": pl.String,
    "standing": pl.String,
    "rule": pl.String,
    "other_scheme": pl.String,
    "other_county_id": pl.Int64,
    "ends_on": pl.Date,
    "left": pl.String,
    "contribution_amount": _MONEY,
    "subsidy_amount": _MONEY,
    "subsidy_is_minimum": pl.Boolean,
    "refund_amount": _MONEY,
    "recover_amount": _MONEY,
}


def side_lines(
    met: list[Met], found: Resolution, rules: double_rules.RulesInForce, on: datetime.date
) -> Iterator[tuple[Any, ...]]:
    """The fields of each side, without case and place."""
    standing_for = _standing_for(met, found)
    for at, (one, outcome) in enumerate(zip(met, found.outcomes, strict=True)):
        other = met[standing_for[at]] if at in standing_for else None
        yield (
            one.spell_id,
            one.scheme,
            one.county_id,
            daterange(one.days),
            one.state,
            outcome.standing.value,
            outcome.rule or "",
            other.scheme if other else "",
            other.county_id if other else None,
            outcome.ends_on,
            daterange(outcome.left) if outcome.left else None,
            one.contribution,
            one.subsidy,
            one.subsidy_is_minimum,
            *money_of(one, outcome, rules, on),
        )


def money_of(
    one: Met, outcome: SideOutcome, rules: double_rules.RulesInForce, on: datetime.date
) -> tuple[Decimal | None, Decimal | None]:
    """Refund and subsidy to recover, were it decided on the day; nothing for a coverage that stays.

    Employee insurance takes no subsidy per head, so there is nothing to recover.
    """
    if outcome.standing not in (Standing.ENDS, Standing.PAUSES):
        return Decimal(0), Decimal(0)
    begins_on = one.period.lower
    refund = double_cases.refund_due(
        contribution=one.contribution, begins_on=begins_on, decided_on=on
    )
    if one.scheme == Scheme.UEBMI:
        return (Decimal(0) if refund is None else refund), Decimal(0)
    recover = double_cases.subsidy_to_recover(
        standing=outcome.standing,
        left=outcome.left,
        subsidy=one.subsidy,
        whole_year=rules.version.recovers_part_year,
    )
    return refund, recover


def _standing_for(met: list[Met], found: Resolution) -> dict[int, int]:
    """For each further side the one that stands instead of it; undecided, the one in force."""
    if found.is_decided:
        return {
            at: outcome.against
            for at, outcome in enumerate(found.outcomes)
            if outcome.against is not None
        }
    first = next((at for at, one in enumerate(met) if one.state == "IN_FORCE"), 0)
    return {at: first for at in range(len(met)) if at != first}


def daterange(period: Period) -> str:
    """The period as PostgreSQL reads it."""
    return f"[{period.start or ''},{period.end or ''})"


def overlaps_from(periods: list[Period]) -> datetime.date | None:
    """The first day on which two of the periods hold."""
    starts = [
        common.start
        for at, one in enumerate(periods)
        for other in periods[at + 1 :]
        if (common := one.intersection(other))
    ]
    return min((day for day in starts if day is not None), default=None)


def common_path(paths: list[str]) -> str:
    """The path of the smallest area that holds all of these."""
    codes = [path.split("/") for path in paths]
    common = ""
    for level in zip(*codes, strict=False):
        if len(set(level)) > 1 or not level[0]:
            break
        common += f"{level[0]}/"
    return common
