"""What the integration proof says: every row accounted for, rolls before and after.

The figures are counted by `enrollment.selectors.proof_counts`; here is what they mean and how they
must agree.
"""

import dataclasses
import datetime
import hashlib
import json
from typing import Any

from bureau.core.models import Area
from bureau.intake.choices import BatchState
from enrollment.choices import Outcome

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

    @property
    def is_applied(self) -> bool:
        return self.state == BatchState.APPLIED

    @property
    def on_roll(self) -> int:
        return self.people + self.same + self.other

    @property
    def adds_up(self) -> bool:
        return not self.is_applied or self.records == self.on_roll + self.waiting + self.rejected


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
    another one.
    """

    area: Area
    records: int
    people: int
    same: int
    elsewhere: int
    waiting: int
    rejected: int

    @property
    def unexplained(self) -> int:
        explained = self.people + self.same + self.elsewhere + self.waiting + self.rejected
        return self.records - explained


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


@dataclasses.dataclass(frozen=True)
class Proof:
    """The whole proof as it stood at one moment."""

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
    further: list[tuple[str, str, int]]
    reasons: list[tuple[str, str, int]]

    @property
    def holds(self) -> bool:
        """Whether every equation holds, for all together and for each file, roster and area."""
        return (
            all(check.holds for check in self.checks)
            and all(file.adds_up for file in self.files)
            and all(roster.adds_up for roster in self.rosters)
            and not any(line.unexplained for line in self.participation)
        )

    def digest(self) -> str:
        """SHA-256 of all figures and of the files' own digests; the moment is not part of it."""
        content = [
            self.year,
            [[f.sha256, f.read, sorted(f.outcomes.items())] for f in self.files],
            [[r.area.code, r.scheme, r.year, r.state, *_figures(r)] for r in self.rosters],
            [[r.area.code, r.scheme, *_figures(r), sorted(r.spells.items())] for r in self.roll],
            [[line.area.code, *_figures(line)] for line in self.participation],
            [[a.code, b.code, people] for a, b, people in self.county_overlaps],
            self.scheme_overlaps,
            self.further,
            self.reasons,
            [[check.code, check.left, check.right] for check in self.checks],
        ]
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _figures(line: Any) -> list[Any]:
    """The figures of a line in the order of its fields; what names the line is left out."""
    names = [field.name for field in dataclasses.fields(line)]
    values = [getattr(line, name) for name in names if name not in ("roster_id", "area", "year")]
    return [value for value in values if isinstance(value, int)]
