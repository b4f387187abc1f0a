"""What the integration proof says: every row accounted for, rolls before and after.

The figures are counted by `enrollment.selectors.proof_counts`; here is what they mean and how they
must agree.
"""

import dataclasses
import datetime
import hashlib
import json
from decimal import Decimal
from typing import Any, Final

from bureau.core.models import Area
from bureau.intake.choices import BatchState
from enrollment.choices import Outcome
from enrollment.selectors.double_figures import Figures, Pair

#: Outcomes of rows that stand for a person as the sender counted them.
RECORDS = (Outcome.ACCEPTED, Outcome.FIXED, Outcome.REVIEW, Outcome.REJECTED)


@dataclasses.dataclass(frozen=True)
class FileCount:
    """One file: the rows its reader counted, and the rows that stand in the table by outcome."""

    file_id: int
    roster_id: int
    name: str
    sha256: str
    read: int
    outcomes: dict[str, int]

    def rows(self, outcome: str) -> int:
        return self.outcomes.get(outcome, 0)

    @property
    def records(self) -> int:
        return sum(self.rows(outcome) for outcome in RECORDS)

    @property
    def adds_up(self) -> bool:
        """Whether every row that was read has exactly one outcome."""
        return self.read == sum(self.outcomes.values())


@dataclasses.dataclass(frozen=True)
class RosterCount:
    """One roster: its records, and where each of them is now.

    `people` are those for whom a row of this roster stands; `same` and `other` are further rows of
    people for whom a row of this or of another roster stands. Not yet applied: all are zero.
    """

    roster_id: int
    area: Area
    scheme: str
    year: int
    state: str
    declared: int | None
    records: int
    people: int = 0
    same: int = 0
    other: int = 0
    waiting: int = 0
    rejected: int = 0
    #: Records for which a row of another edition of the roster stands.
    editions: int = 0

    @property
    def is_applied(self) -> bool:
        return self.state == BatchState.APPLIED

    @property
    def on_roll(self) -> int:
        return self.people + self.same + self.other

    @property
    def adds_up(self) -> bool:
        off_roll = self.waiting + self.rejected + self.editions
        return not self.is_applied or self.records == self.on_roll + off_roll


@dataclasses.dataclass(frozen=True)
class RollLine:
    """One area and scheme: records before, people and spells by state after."""

    area: Area
    scheme: str
    records: int
    people: int
    spells: dict[str, int]


@dataclasses.dataclass(frozen=True)
class Participation:
    """One area: the records that name it, and what became of each of them.

    `same` are further rows of people who stay in this area, `elsewhere` of people who stay in
    another one. `in_force` are those of the people whose coverage is in force; `covered` those who
    have none of these rosters in force, but one of a roster that is not counted here.
    """

    area: Area
    records: int
    people: int
    in_force: int
    same: int
    elsewhere: int
    waiting: int
    rejected: int
    covered: int = 0

    @property
    def unexplained(self) -> int:
        explained = self.people + self.same + self.elsewhere + self.waiting + self.rejected
        return self.records - explained

    @property
    def baseline(self) -> int:
        """Who is to be insured here: people where they stay, and records that wait or were sent
        back. Not below it may participation fall.
        """
        return self.records - self.same - self.elsewhere

    @property
    def lost(self) -> int:
        """People on the roll who have no coverage in force anywhere."""
        return self.people - self.in_force - self.covered

    @property
    def below(self) -> int:
        """How many of the baseline are not insured now."""
        return self.baseline - self.in_force - self.covered


@dataclasses.dataclass(frozen=True)
class Check:
    """One equation: two figures that were counted by different ways and must be equal."""

    code: str
    left: int
    right: int

    @property
    def holds(self) -> bool:
        return self.left == self.right


@dataclasses.dataclass(frozen=True)
class Totals:
    """The sums over all rosters; those from `applied_records` on, over the applied ones."""

    read: int
    not_records: int
    records: int
    not_applied: int
    applied_records: int
    people: int
    further_same: int
    further_other: int
    waiting: int
    rejected: int
    #: Records for which a row of another edition of the roster stands.
    editions: int = 0


@dataclasses.dataclass(frozen=True)
class Proof:
    """The whole proof as it stood at one moment.

    `unread_rosters` are being read, `drafts` wait for their sender to hand them over; neither is
    counted.
    """

    made_at: datetime.datetime
    year: int | None
    years: list[int]
    unread_rosters: int
    totals: Totals
    checks: list[Check]
    files: list[FileCount]
    rosters: list[RosterCount]
    roll: list[RollLine]
    participation: list[Participation]
    scheme_overlaps: list[tuple[str, str, int]]
    county_overlaps: list[tuple[Area, Area, int]]
    doubles: list[Pair]
    further: list[tuple[str, str, int]]
    reasons: list[tuple[str, str, int]]
    drafts: int = 0

    @property
    def holds(self) -> bool:
        """Whether every equation holds, for all together and for each file, roster and area."""
        return (
            all(check.holds for check in self.checks)
            and all(file.adds_up for file in self.files)
            and all(roster.adds_up for roster in self.rosters)
            and not any(line.unexplained for line in self.participation)
        )

    @property
    def below_baseline(self) -> list[Participation]:
        """Areas in which participation is below the baseline."""
        return [line for line in self.participation if line.below > 0]

    @property
    def below(self) -> int:
        """By how much it is below in these areas."""
        return sum(line.below for line in self.below_baseline)

    def content(self) -> dict[str, Any]:
        """Every figure as plain values, areas by their codes; the moment is not part of it."""
        return {
            "year": self.year,
            "totals": _plain(self.totals),
            **{name: [_plain(line) for line in getattr(self, name)] for name in LINES},
            **{
                name: [[_plain(v) for v in line] for line in getattr(self, name)] for name in TUPLES
            },
        }

    def canonical(self) -> str:
        """The one text that stands for these figures."""
        return canonical(self.content())

    def digest(self) -> str:
        """SHA-256 of all figures and of the files' own digests."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


#: Parts of a proof that are lists of lines, and those that are lists of tuples.
LINES: Final = ("checks", "files", "rosters", "roll", "participation", "doubles")
TUPLES: Final = ("scheme_overlaps", "county_overlaps", "further", "reasons")


def canonical(content: dict[str, Any]) -> str:
    """The content as text that is the same whoever writes it."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """A line as plain values; what an area is, is its code."""
    if isinstance(value, Area):
        return value.code
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if not _is_left_out(field, value)
            # Where no roster has editions, the text is what it was before there were any.
            and (field.name != "editions" or getattr(value, field.name))
        }
    return value


def _is_left_out(field: dataclasses.Field[Any], value: Any) -> bool:
    """Whether a figure is none of the text: it came later than the first proofs that were signed,
    whose digests must not change, and is nought."""
    return (type(value), field.name) == (Participation, "covered") and not value.covered


_KINDS: Final[dict[str, type[Any]]] = {
    "checks": Check,
    "files": FileCount,
    "rosters": RosterCount,
    "roll": RollLine,
    "participation": Participation,
    "doubles": Pair,
}


def read(
    text: str,
    *,
    made_at: datetime.datetime,
    years: list[int],
    unread_rosters: int,
    drafts: int = 0,
) -> Proof:
    """The proof whose canonical text this is."""
    content = json.loads(text)
    areas = {area.code: area for area in Area.objects.all()}

    def line(kind: type[Any], values: dict[str, Any]) -> Any:
        read_as: dict[str, Any] = {
            name: areas[values[name]] for name in ("area", "other_area") if name in values
        }
        if "figures" in values:
            read_as["figures"] = Figures.of(values["figures"])
        return kind(**{**values, **read_as})

    return Proof(
        made_at=made_at,
        year=content["year"],
        years=years,
        unread_rosters=unread_rosters,
        drafts=drafts,
        totals=Totals(**content["totals"]),
        **{name: [line(kind, v) for v in content[name]] for name, kind in _KINDS.items()},
        county_overlaps=[(areas[a], areas[b], n) for a, b, n in content["county_overlaps"]],
        scheme_overlaps=[tuple(v) for v in content["scheme_overlaps"]],
        further=[tuple(v) for v in content["further"]],
        reasons=[tuple(v) for v in content["reasons"]],
    )
