"""The integration proof as tables, one declaration for page and workbook."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from bureau.core.money import total_of
from bureau.intake.choices import BatchState
from bureau.ui import formatting
from enrollment.choices import CoverageState, Outcome, Reason, Scheme
from enrollment.reports import proof_names as names
from enrollment.selectors.double_figures import Figures, schemes_of, summed
from enrollment.selectors.proof import Proof, RosterCount

#: What each equation says; left and right are counted by different ways.
CHECKS: Final = {
    "ROWS": gettext_lazy("Rows read from the files = rows kept with exactly one outcome"),
    "RECORDS": gettext_lazy(
        "Records of applied rosters = rows on the roll + rows waiting + rows sent back + rows that "
        "another edition's row stands for"
    ),
    "COVERAGE": gettext_lazy("Rows on the roll = coverage spells made from them"),
    "PEOPLE": gettext_lazy("Rows on the roll = people + further rows of the same people"),
    "FILES": gettext_lazy("People the rows are linked to = people who have a file"),
    "AREAS": gettext_lazy("People = sum of the people of all areas"),
}


#: Names of the sheets, at most 31 signs long.
SHEETS: Final = {
    "equation": gettext_lazy("From rows to people"),
    "checks": gettext_lazy("Equations"),
    "participation": gettext_lazy("Participation"),
    "guard": gettext_lazy("Baseline"),
    "schemes": gettext_lazy("Schemes"),
    "roll": gettext_lazy("Rolls"),
    "rosters": gettext_lazy("Rosters"),
    "files": gettext_lazy("Files"),
    "duplicates": gettext_lazy("In two schemes"),
    "saved_schemes": gettext_lazy("Saved by schemes"),
    "saved_areas": gettext_lazy("Saved by areas"),
    "overlaps": gettext_lazy("Overlaps of areas"),
    "reasons": gettext_lazy("Not on the roll"),
}


@dataclasses.dataclass(frozen=True)
class Head:
    """One column: its head and how its values are written: text, number, percent, money, mark or
    digest."""

    label: Any
    kind: str = "text"


@dataclasses.dataclass(frozen=True)
class Line:
    """One line: a value per column; a mark is true where the line adds up.

    `roster_id`, `file_id` and `area_code` say what the line is about, for links.
    """

    values: list[Any]
    roster_id: int | None = None
    file_id: int | None = None
    area_code: str = ""


@dataclasses.dataclass(frozen=True)
class Table:
    """One table; `key` is unique in the proof, `note` says what the reader must know."""

    key: str
    title: Any
    heads: list[Head]
    lines: list[Line]
    total: list[Any] | None = None
    note: Any = ""

    @property
    def sheet_name(self) -> str:
        """The short name of its sheet in the workbook."""
        return str(SHEETS[self.key])


def tables_of(proof: Proof) -> list[Table]:
    """Every table of the proof in its order."""
    return [
        equation(proof),
        checks(proof),
        participation(proof),
        guard(proof),
        schemes(proof),
        roll(proof),
        rosters(proof),
        files(proof),
        duplicates(proof),
        saved_by_schemes(proof),
        saved_by_areas(proof),
        overlaps(proof),
        reasons(proof),
    ]


def scheme_name(code: str) -> str:
    return formatting.choice_label(Scheme, code)


def _numbers(*labels: Any) -> list[Head]:
    return [Head(label, "number") for label in labels]


_ZERO: Final[dict[str, Any]] = {"number": 0, "money": Decimal("0.00")}


def _sums(heads: Sequence[Head], lines: Sequence[Line]) -> list[Any]:
    """The line below: the sum of each column of figures; marks say whether all hold."""
    total: list[Any] = []
    for place, head in enumerate(heads):
        values = [line.values[place] for line in lines]
        if head.kind in ("number", "money"):
            total.append(total_of([value or _ZERO[head.kind] for value in values]))
        else:
            total.append(all(values) if head.kind == "mark" else "")
    total[0] = _("Total")
    return total


def equation(proof: Proof) -> Table:
    """From the rows read to the people on the roll, step by step."""
    totals = proof.totals
    steps = [
        ("", names.READ, totals.read),
        ("−", names.NOT_RECORDS, totals.not_records),
        ("=", names.RECORDS, totals.records),
        ("−", names.NOT_APPLIED, totals.not_applied),
        ("=", names.APPLIED_RECORDS, totals.applied_records),
        ("−", names.WAITING, totals.waiting),
        ("−", names.REJECTED, totals.rejected),
        *(
            [("−", _("Records that another edition's row stands for"), totals.editions)]
            if totals.editions
            else []
        ),
        ("−", names.FURTHER_SAME, totals.further_same),
        ("−", names.FURTHER_OTHER, totals.further_other),
        ("=", names.PEOPLE, totals.people),
    ]
    return Table(
        key="equation",
        title=_("From the rows read to the people on the roll"),
        heads=[Head(_("Step")), Head(_("Sign")), Head(_("Figure"), "number")],
        lines=[Line([str(step), sign, figure]) for sign, step, figure in steps],
        note=_(
            "Each figure is counted by itself; the last one counts people and is not a result of "
            "subtracting. No records are titles, headings, subtotals, notes and blank lines."
        ),
    )


def checks(proof: Proof) -> Table:
    return Table(
        key="checks",
        title=_("Equations"),
        heads=[
            Head(_("Equation")),
            *_numbers(_("Left side"), _("Right side")),
            Head(_("Holds"), "mark"),
        ],
        lines=[
            Line([str(CHECKS[check.code]), check.left, check.right, check.holds])
            for check in proof.checks
        ],
    )


def participation(proof: Proof) -> Table:
    heads = [
        Head(_("Area")),
        *_numbers(
            names.APPLIED_RECORDS,
            names.PEOPLE,
            _("Further rows, person stays in this area"),
            _("Further rows, person stays in another area"),
            names.WAITING,
            names.REJECTED,
            _("Unexplained"),
        ),
        Head(_("Adds up"), "mark"),
    ]
    lines = [
        Line(
            [
                str(line.area),
                line.records,
                line.people,
                line.same,
                line.elsewhere,
                line.waiting,
                line.rejected,
                line.unexplained,
                not line.unexplained,
            ]
        )
        for line in proof.participation
    ]
    return Table(
        key="participation",
        title=_("Records and people by area"),
        heads=heads,
        lines=lines,
        total=_sums(heads, lines),
        note=_(
            "Records of applied rosters = people on the roll + further rows + rows waiting + rows "
            "sent back. A person is counted once, in the area of the coverage that is in force."
        ),
    )


def guard(proof: Proof) -> Table:
    """Whether anywhere fewer are insured than before: the guard of the closing, shown early."""
    heads = [
        Head(_("Area")),
        *_numbers(names.BASELINE, names.IN_FORCE, names.ELSEWHERE),
        Head(_("Insured per baseline"), "percent"),
        *_numbers(names.BELOW, names.WAITING, names.REJECTED, names.LOST),
        Head(_("Not below"), "mark"),
    ]
    lines = [
        Line(
            [
                str(line.area),
                line.baseline,
                line.in_force,
                line.covered,
                _share(line.in_force + line.covered, line.baseline),
                line.below,
                line.waiting,
                line.rejected,
                line.lost,
                line.below <= 0,
            ],
            area_code=line.area.code,
        )
        for line in proof.participation
    ]
    total = _sums(heads, lines)
    total[4] = _share(total[2] + total[3], total[1])
    return Table(
        key="guard",
        title=_("Participation against the baseline before integration (preview of the guard)"),
        heads=heads,
        lines=lines,
        total=total,
        note=_(
            "Participation baseline = people on the roll + rows waiting + rows sent back. Below "
            "the baseline = rows waiting + rows sent back + people on the roll, insured by none: "
            "the figure leads to their list. It does not yet stop anything."
        ),
    )


def _share(part: int, whole: int) -> Decimal | None:
    return Decimal(part) / whole if whole else None


_ROSTER_FIGURES: Final = ("records", "people", "same", "other", "waiting", "rejected")


def _figure_names(proof: Proof) -> tuple[str, ...]:
    """The figures of a roster; that of editions only where there are any."""
    return (*_ROSTER_FIGURES, "editions") if proof.totals.editions else _ROSTER_FIGURES


def _figures(proof: Proof, roster: RosterCount) -> list[int]:
    return [getattr(roster, name) for name in _figure_names(proof)]


def _roster_heads(proof: Proof, records: Any) -> list[Head]:
    editions = [_("Another edition's row stands")] if proof.totals.editions else []
    return _numbers(
        records,
        names.PEOPLE,
        names.FURTHER_SAME,
        names.FURTHER_OTHER,
        names.WAITING,
        names.REJECTED,
        *editions,
    )


def schemes(proof: Proof) -> Table:
    sums: dict[str, Counter[str]] = {}
    for roster in proof.rosters:
        if roster.is_applied:
            figures = dict(zip(_figure_names(proof), _figures(proof, roster), strict=True))
            sums.setdefault(roster.scheme, Counter()).update(figures)
    heads = [Head(_("Scheme")), *_roster_heads(proof, names.APPLIED_RECORDS)]
    lines = [
        Line([scheme_name(scheme), *(found[name] for name in _figure_names(proof))])
        for scheme, found in sorted(sums.items())
    ]
    return Table("schemes", _("By scheme"), heads, lines, _sums(heads, lines))


def roll(proof: Proof) -> Table:
    states = [state for state in CoverageState if any(r.spells[state] for r in proof.roll)]
    heads = [
        Head(_("Area")),
        Head(_("Scheme")),
        *_numbers(names.APPLIED_RECORDS, names.PEOPLE),
        *(Head(_("Spells: %(state)s") % {"state": state.label}, "number") for state in states),
    ]
    lines = [
        Line(
            [
                str(line.area),
                scheme_name(line.scheme),
                line.records,
                line.people,
                *(line.spells[state] for state in states),
            ]
        )
        for line in proof.roll
    ]
    title = _("Records, people and coverages by area and scheme")
    return Table("roll", title, heads, lines, _sums(heads, lines))


def rosters(proof: Proof) -> Table:
    heads = [
        Head(_("Area")),
        Head(_("Scheme")),
        Head(_("Year")),
        Head(_("State")),
        *_numbers(_("Rows declared")),
        *_roster_heads(proof, names.RECORDS),
        Head(_("Adds up"), "mark"),
    ]
    lines = [
        Line(
            [
                str(roster.area),
                scheme_name(roster.scheme),
                str(roster.year),
                formatting.choice_label(BatchState, roster.state),
                roster.declared,
                *_figures(proof, roster),
                roster.adds_up,
            ],
            roster_id=roster.roster_id,
        )
        for roster in proof.rosters
    ]
    return Table("rosters", _("Rosters"), heads, lines, _sums(heads, lines))


#: Outcomes in the order of the columns of the files' table.
OUTCOMES: Final = tuple(Outcome)


def files(proof: Proof) -> Table:
    known = {roster.roster_id: roster for roster in proof.rosters}
    heads = [
        Head(_("File")),
        Head(_("Roster")),
        Head(_("Rows read"), "number"),
        *(Head(outcome.label, "number") for outcome in OUTCOMES),
        Head(_("Adds up"), "mark"),
        Head(_("SHA-256 of the file"), "digest"),
    ]
    lines = [
        Line(
            [
                file.name,
                roster_name(known[file.roster_id]),
                file.read,
                *(file.rows(outcome) for outcome in OUTCOMES),
                file.adds_up,
                file.sha256,
            ],
            roster_id=file.roster_id,
            file_id=file.file_id,
        )
        for file in proof.files
    ]
    return Table(
        key="files",
        title=_("Files, row by row"),
        heads=heads,
        lines=lines,
        total=_sums(heads, lines),
        note=_("Rows read = accepted + fixed + review + rejected + not a record."),
    )


def roster_name(roster: RosterCount) -> str:
    return f"{roster.area} · {scheme_name(roster.scheme)} · {roster.year}"


def duplicates(proof: Proof) -> Table:
    """People in two schemes, and the rows by which they were listed again."""
    further: Counter[tuple[str, str]] = Counter()
    for kept, other, rows in proof.further:
        further[min(kept, other), max(kept, other)] += rows
    people = {(a, b): count for a, b, count in proof.scheme_overlaps}
    heads = [
        Head(_("Scheme")),
        Head(_("And scheme")),
        *_numbers(_("People listed in both"), names.FURTHER),
    ]
    lines = [
        Line([scheme_name(a), scheme_name(b), people.get((a, b), 0), further[a, b]])
        for a, b in sorted({*people, *further})
    ]
    return Table(
        key="duplicates",
        title=_("People listed in two schemes or twice in one"),
        heads=heads,
        lines=lines,
        note=_("One person may stand in more than two rosters, and then in more than one line."),
    )


def _saved_heads() -> list[Head]:
    return [
        *_numbers(names.DOUBLES, names.DOUBLES_ENDED, _("Undecided")),
        Head(formatting.in_money(str(names.SAVED)), "money"),
        Head(formatting.in_money(str(names.TO_SAVE)), "money"),
        *_numbers(_("Subsidy not known"), _("Of them at the national minimum")),
    ]


def _saved(found: Figures) -> list[Any]:
    return [
        found.found, found.removed, found.undecided, found.saved_bounded, found.to_save_bounded,
        found.unknown, found.at_least,
    ]  # fmt: skip


def saved_by_schemes(proof: Proof) -> Table:
    """Double enrollments of these rosters as decided: removed, and the subsidy that saves.

    Where nothing is decided no scheme goes first and none makes room: such pairs stand apart.
    """
    pairs = summed(proof.doubles, lambda pair: (pair.scheme, pair.other_scheme))
    heads = [Head(_("Scheme that goes first")), Head(_("Scheme that makes room")), *_saved_heads()]
    lines = [
        Line([scheme_name(first), scheme_name(other), *_saved(found.ruled)])
        for (first, other), found in sorted(pairs.items())
        if found.ruled.found
    ]
    undecided = summed(proof.doubles, schemes_of)
    lines += [
        Line([f"{scheme_name(a)} × {scheme_name(b)}", _("not decided yet"), *_saved(found.open)])
        for (a, b), found in sorted(undecided.items())
        if found.open.found
    ]
    return Table(
        key="saved_schemes",
        title=_("Double coverages ended and subsidy saved, by pair of schemes"),
        heads=heads,
        lines=lines,
        total=_sums(heads, lines),
        note=_("A national minimum is a lower bound: the local subsidy may be higher."),
    )


def saved_by_areas(proof: Proof) -> Table:
    """The same by the area of the coverage that makes room: there the subsidy is saved."""
    areas = summed(proof.doubles, lambda pair: pair.other_area)
    heads = [Head(_("Area")), *_saved_heads()]
    lines = [
        Line([str(area), *_saved(areas[area])])
        for area in sorted(areas, key=lambda area: area.path)
    ]
    title = _("Double coverages ended and subsidy saved, by area")
    return Table("saved_areas", title, heads, lines, _sums(heads, lines))


def overlaps(proof: Proof) -> Table:
    """The same people listed in two counties; the diagonal: twice in one."""
    areas, figures = overlap_matrix(proof)
    return Table(
        key="overlaps",
        title=_("People in two areas"),
        heads=[Head(_("Area")), *_numbers(*areas)],
        lines=[Line([area, *row]) for area, row in zip(areas, figures, strict=True)],
        note=_("On the diagonal: people listed more than once within the area."),
    )


def overlap_matrix(proof: Proof) -> tuple[list[str], list[list[int]]]:
    """Names of areas, and for each pair how many people both list."""
    areas = [line.area for line in proof.participation]
    places = {area.pk: place for place, area in enumerate(areas)}
    figures = [[0] * len(areas) for _area in areas]
    for a, b, people in proof.county_overlaps:
        figures[places[a.pk]][places[b.pk]] = figures[places[b.pk]][places[a.pk]] = people
    return [str(area) for area in areas], figures


def reasons(proof: Proof) -> Table:
    off_roll = Decimal(proof.totals.waiting + proof.totals.rejected)
    return Table(
        key="reasons",
        title=_("Rows not yet on the roll, and why"),
        heads=[
            Head(_("Outcome")),
            Head(pgettext("roster row", "Reason")),
            Head(_("Rows"), "number"),
            Head(_("Share of these rows"), "percent"),
        ],
        lines=[
            Line(
                [
                    formatting.choice_label(Outcome, outcome),
                    formatting.choice_label(Reason, reason),
                    rows,
                    rows / off_roll,
                ]
            )
            for outcome, reason, rows in proof.reasons
        ],
        note=_(
            "%(waiting)s rows wait for a clerk, %(rejected)s were sent back. A row may have "
            "several reasons."
        )
        % {
            "waiting": formatting.number(proof.totals.waiting),
            "rejected": formatting.number(proof.totals.rejected),
        },
    )
