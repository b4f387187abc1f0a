"""Lines of corrections beside their rows: what was changed, judged by the roster's rules."""

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import polars as pl
from django.db import connection

from bureau.core import bulk
from bureau.intake.frames import frame_of
from bureau.intake.shapes import FileLayout, SheetLayout
from enrollment.choices import Fix, LineVerdict, Outcome, Reason
from enrollment.choices.doubts import PlaceDoubt
from enrollment.choices.judged import (
    MAY_BE_LEFT_OUT,
    MAY_BE_RIGHT,
    OF_THE_WHOLE,
    awaits_number,
    judgeable,
)
from enrollment.imports import load
from enrollment.imports.correction_files import Line, Place
from enrollment.imports.normalise import normalise, usual_date_form
from enrollment.imports.roster_context import RosterContext
from enrollment.imports.roster_fields import ROSTER_FIELDS
from enrollment.models import CorrectedRow, RosterBatch, RosterFile, RosterRow
from enrollment.rules.leaving_out import reason_to_leave_out
from enrollment.rules.repairs import FIELD_OF_REASON
from enrollment.rules.shown_cells import corrected, is_as_shown

CLEAN: Final = (Outcome.ACCEPTED.value, Outcome.FIXED.value)
#: Records of a file by which its habits are told.
HABIT_ROWS: Final = 500
#: Bytes that were no characters stand in a cell like this.
_BROKEN = r"\\x[0-9A-F]{2}"

_OLD_ROWS: Final = """
    SELECT staged.id, staged.file_id, staged.sheet, staged.row_no, staged.version, staged.raw,
           staged.outcome, staged.reasons, staged.fixes, staged.confirmed, staged.is_settled,
           staged.household_no, staged.head_name, staged.town, staged.village, staged.address,
           staged.id_number, staged.stands_by_id IS NOT NULL
    FROM wanted_row wanted
    JOIN enrollment_rosterrow staged
      ON staged.batch_id = %s AND staged.file_id = wanted.file_id
     AND staged.sheet = wanted.sheet AND staged.row_no = wanted.row_no
"""
_PAYING: Final = """
    SELECT DISTINCT coalesce(town, ''), coalesce(village, ''), household_no
    FROM enrollment_rosterrow
    WHERE batch_id = %s AND file_id = %s AND amount > 0 AND household_no = ANY (%s)
"""


@dataclasses.dataclass(frozen=True, slots=True)
class OldRow:
    """A row of the roster as it stands now."""

    pk: int
    file_id: int
    sheet: int
    row_no: int
    version: int
    raw: str
    outcome: str
    reasons: list[str]
    fixes: list[str]
    confirmed: list[str]
    is_settled: bool
    household_no: str | None
    head_name: str | None
    town: str | None
    village: str | None
    address: str | None
    id_number: str | None
    #: Whether a row of another edition of the roster stands for it.
    is_stood_for: bool = False

    @property
    def cells(self) -> list[str]:
        return trimmed([cell or "" for cell in json.loads(self.raw)])

    @property
    def is_open(self) -> bool:
        if awaits_number(self.confirmed, self.id_number):
            return True
        return self.outcome in (Outcome.REVIEW, Outcome.REJECTED) and not self.is_settled


@dataclasses.dataclass(slots=True)
class Candidate:
    """A line whose cells differ from its row, or that is new: to be judged."""

    row_no: int
    cells: list[str]
    old: OldRow | None
    note: str = ""
    confirmed: tuple[str, ...] = ()
    is_settled: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """A line that is not judged, and why."""

    row_no: int
    cells: list[str]
    verdict: LineVerdict
    old: OldRow | None = None
    doubt: str = ""
    doubt_rows: tuple[int, ...] = ()


def trimmed(cells: list[str]) -> list[str]:
    """The cells without the empty ones at the end, which say nothing."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def old_rows(batch: RosterBatch, places: Iterable[Place]) -> dict[Place, OldRow]:
    """The roster's rows at these places. Call it in a transaction."""
    frame = pl.DataFrame(
        sorted(set(places)),
        schema={"file_id": pl.Int64, "sheet": pl.Int64, "row_no": pl.Int64},
        orient="row",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE wanted_row (file_id bigint, sheet int, row_no int) ON COMMIT DROP"
        )
        bulk.copy_frame(connection, "wanted_row", frame)
        cursor.execute("ANALYZE wanted_row")
        cursor.execute(_OLD_ROWS, [batch.pk])
        found = [OldRow(*values) for values in cursor.fetchall()]
        cursor.execute("DROP TABLE wanted_row")
    return {(old.file_id, old.sheet, old.row_no): old for old in found}


def compared(
    lines: Sequence[Line], olds: Mapping[Place, OldRow], taken: set[int]
) -> tuple[list[Candidate | Line], list[Told]]:
    """The lines that have to be judged, headings among them, and those that need not be.

    `taken` are the rows that lines before were of; the rows met here join them.
    """
    judged: list[Candidate | Line] = []
    told: list[Told] = []
    for line in lines:
        if line.is_heading:
            judged.append(line)
        elif line.is_new:
            judged.append(_new(line))
        else:
            _compare(line, olds, taken, judged, told)
    return judged, told


def _compare(
    line: Line,
    olds: Mapping[Place, OldRow],
    taken: set[int],
    judged: list[Candidate | Line],
    told: list[Told],
) -> None:
    old = olds.get(line.target) if line.target else None
    if old is None or old.pk in taken:
        doubt = line.doubt or (PlaceDoubt.NO_ROW if old is None else PlaceDoubt.TWICE)
        rows = line.doubt_rows or ((old.row_no,) if old else ())
        cells = trimmed(line.cells)
        told.append(Told(line.row_no, cells, LineVerdict.UNPLACED, None, doubt.value, rows))
        return
    taken.add(old.pk)
    if old.is_stood_for:
        cells, why = trimmed(line.cells), PlaceDoubt.EDITION.value
        told.append(Told(line.row_no, cells, LineVerdict.UNPLACED, None, why, (old.row_no,)))
        return
    if not old.is_open or line.version not in (None, old.version):
        told.append(Told(line.row_no, trimmed(line.cells), LineVerdict.BEFORE, old))
        return
    because = reason_to_leave_out(line.evidence)
    if because and MAY_BE_LEFT_OUT.intersection(old.reasons):
        judged.append(Candidate(line.row_no, old.cells, old, because, is_settled=True))
        return
    cells = merged(old.cells, line.cells)
    if cells == old.cells and not line.evidence:
        told.append(Told(line.row_no, [], LineVerdict.SAME, old))
    else:
        right = tuple(judgeable(old.reasons)) if line.evidence else ()
        judged.append(Candidate(line.row_no, cells, old, line.evidence, right))


def _new(line: Line) -> Candidate:
    """A line that no row is yet; what only the whole roster brings up nobody has seen of it."""
    right = sorted(MAY_BE_RIGHT - OF_THE_WHOLE) if line.evidence else []
    return Candidate(line.row_no, _entered(line.cells), None, line.evidence, tuple(right))


def merged(before: Sequence[str], returned: Sequence[str]) -> list[str]:
    """The returned cells, where one that came back as it was shown is what it was."""
    found = []
    for at in range(max(len(before), len(returned))):
        was = before[at] if at < len(before) else ""
        now = returned[at] if at < len(returned) else ""
        found.append(was if is_as_shown(was, now) else corrected(now))
    return trimmed(found)


def _entered(cells: Sequence[str]) -> list[str]:
    return trimmed([corrected(cell) for cell in cells])


class Judge:
    """Judges lines of one roster by the context of the file each belongs to."""

    def __init__(self, batch: RosterBatch) -> None:
        self.batch = batch
        self.files = {
            file.pk: file for file in RosterFile.objects.filter(batch=batch).exclude(layout={})
        }
        self.layouts: dict[tuple[int, int], SheetLayout] = {
            (file.pk, sheet.sheet): sheet
            for file in self.files.values()
            if not file.withdrawn
            for sheet in FileLayout.from_json(file.layout).sheets
            if sheet.kept
        }
        self._contexts: dict[int, RosterContext] = {}

    def judged(
        self, file_id: int, layout: SheetLayout, candidates: Sequence[Candidate | Line]
    ) -> pl.DataFrame:
        """The candidates as rows with outcome, reasons and repairs, headings left out."""
        frame = frame_of([one.cells for one in candidates], layout, ROSTER_FIELDS)
        records = [at for at, one in enumerate(candidates) if isinstance(one, Candidate)]
        frame = frame[records]
        lines = [one for one in candidates if isinstance(one, Candidate)]
        frame = _with_filled(frame, layout, lines)
        frame = _with_reading_problems(frame, layout, lines)
        rows = load.understood(normalise(frame, context=self.context(file_id)))
        rows = self._with_household_dues(rows, file_id, lines)
        return _with_confirmed(_looked_at(rows, lines), lines)

    def context(self, file_id: int) -> RosterContext:
        """What was known of the file when it was read: the year, its fields, its habits."""
        if file_id not in self._contexts:
            file = self.files[file_id]
            context = load.roster_context(self.batch, FileLayout.from_json(file.layout))
            self._contexts[file_id] = dataclasses.replace(
                context,
                date_form=self._date_form(file, context),
                dues_with_household=RosterRow.objects.filter(
                    batch=self.batch, file=file, fixes__contains=[Fix.PAID_WITH_HOUSEHOLD]
                ).exists(),
            )
        return self._contexts[file_id]

    def _date_form(self, file: RosterFile, context: RosterContext) -> str | None:
        """The form in which most birth dates of the file's first records are written."""
        first = (
            RosterRow.objects.filter(batch=self.batch, file=file)
            .exclude(outcome=Outcome.NOT_RECORD)
            .order_by("sheet", "row_no")
            .values_list("sheet", "raw")[:HABIT_ROWS]
        )
        rows = list(first)
        layout = self.layouts.get((file.pk, rows[0][0])) if rows else None
        if layout is None:
            return None
        cells = [
            [cell or "" for cell in json.loads(raw)] for sheet, raw in rows if sheet == rows[0][0]
        ]
        frame = frame_of(cells, layout, ROSTER_FIELDS)
        return usual_date_form(frame, reference_on=context.reference_on)

    def _with_household_dues(
        self, rows: pl.DataFrame, file_id: int, lines: Sequence[Candidate]
    ) -> pl.DataFrame:
        """A row without an amount counts as paid where another row of its household paid."""
        unpaid = rows["reasons"].list.contains(Reason.AMOUNT_MISSING.value)
        if not unpaid.any() or not self.context(file_id).dues_with_household:
            return rows
        households = rows["household_no"].filter(unpaid).drop_nulls().unique().to_list()
        with connection.cursor() as cursor:
            cursor.execute(_PAYING, [self.batch.pk, file_id, households])
            paying = set(cursor.fetchall())
        shared = pl.Series(
            [
                bool((town or "", village or "", household) in paying)
                or (old is not None and Fix.PAID_WITH_HOUSEHOLD in old.fixes)
                for town, village, household, old in zip(
                    rows["town"],
                    rows["village"],
                    rows["household_no"],
                    [line.old for line in lines],
                    strict=True,
                )
            ],
            dtype=pl.Boolean,
        )
        return rows.with_columns(
            reasons=pl.when(unpaid & shared)
            .then(_without(pl.col("reasons"), [Reason.AMOUNT_MISSING.value]))
            .otherwise("reasons"),
            fixes=pl.when(unpaid & shared)
            .then(pl.concat_list("fixes", pl.lit([Fix.PAID_WITH_HOUSEHOLD.value])))
            .otherwise("fixes"),
        ).with_columns(outcome=outcome_of())


def outcome_of() -> pl.Expr:
    """The outcome by what is left of the reasons; a rejected row stays rejected."""
    return (
        pl.when(pl.col("outcome").is_in([Outcome.REJECTED.value, Outcome.NOT_RECORD.value]))
        .then("outcome")
        .when(pl.col("reasons").list.len() > 0)
        .then(pl.lit(Outcome.REVIEW.value))
        .when(pl.col("fixes").list.len() > 0)
        .then(pl.lit(Outcome.FIXED.value))
        .otherwise(pl.lit(Outcome.ACCEPTED.value))
    )


def _without(lists: pl.Expr, codes: Sequence[str]) -> pl.Expr:
    return lists.list.set_difference(pl.lit(list(codes), dtype=pl.List(pl.String))).list.sort()


def _with_filled(
    frame: pl.DataFrame, layout: SheetLayout, lines: Sequence[Candidate]
) -> pl.DataFrame:
    """What stood only in the first row of its group is what it was, while its cell stays empty."""
    changed = []
    filled: list[list[str]] = [[] for _line in lines]
    grouped = (
        (column, name)
        for column in layout.columns
        if column.fill_down
        for name in column.fed
        if name in OldRow.__slots__
    )
    for column, name in grouped:
        values = frame[name].to_list()
        for at, line in enumerate(lines):
            if line.old is None or values[at] is not None:
                continue
            cells = line.old.cells
            before = cells[column.index] if column.index < len(cells) else ""
            value = getattr(line.old, name)
            if value and not before.strip():
                values[at] = value
                filled[at].append(name)
        changed.append(pl.Series(name, values, dtype=pl.String))
    return frame.with_columns(*changed, pl.Series("filled", filled, dtype=pl.List(pl.String)))


def _with_reading_problems(
    frame: pl.DataFrame, layout: SheetLayout, lines: Sequence[Candidate]
) -> pl.DataFrame:
    """Bytes that are no characters still stand in the cells where they were not corrected."""
    broken = pl.Series(
        [any(re.search(_BROKEN, cell) for cell in line.cells) for line in lines], dtype=pl.Boolean
    )
    if not broken.any():
        return frame
    codes = pl.lit(["ENCODING_BROKEN"], dtype=pl.List(pl.String))
    return frame.with_columns(
        reading_problems=pl.when(broken)
        .then(pl.col("reading_problems").list.set_union(codes))
        .otherwise("reading_problems")
    )


def _looked_at(rows: pl.DataFrame, lines: Sequence[Candidate]) -> pl.DataFrame:
    """Whose cells a person wrote anew was read by that person: no column of it is in doubt."""
    anew = [line.old is not None and line.cells != line.old.cells for line in lines]
    if not any(anew):
        return rows
    return rows.with_columns(
        reasons=pl.when(pl.Series(anew, dtype=pl.Boolean))
        .then(_without(pl.col("reasons"), [Reason.COLUMN_DOUBTFUL]))
        .otherwise("reasons")
    ).with_columns(outcome=outcome_of())


def _with_confirmed(rows: pl.DataFrame, lines: Sequence[Candidate]) -> pl.DataFrame:
    """Reasons that a person found right are no reasons, while the cell they are about stays."""
    confirmed = [list(_still_confirmed(line)) for line in lines]
    column = pl.Series("confirmed", confirmed, dtype=pl.List(pl.String))
    rows = rows.with_columns(column)
    if not any(confirmed):
        return rows
    # What the roster as a whole brings up is not among the row's own reasons yet.
    later = pl.lit(sorted(OF_THE_WHOLE), dtype=pl.List(pl.String))
    return rows.with_columns(
        reasons=pl.col("reasons").list.set_difference("confirmed").list.sort(),
        confirmed=pl.col("confirmed")
        .list.set_intersection(pl.col("reasons").list.set_union(later))
        .list.sort(),
    ).with_columns(outcome=outcome_of())


def _still_confirmed(line: Candidate) -> set[str]:
    before = set(line.old.confirmed) if line.old else set()
    if line.old is not None and line.cells != line.old.cells:
        # What was confirmed was confirmed of the cells as they were.
        before = {code for code in before if FIELD_OF_REASON.get(Reason(code)) is None}
    return before | set(line.confirmed)


def verdict_of(candidate: Candidate, outcome: str) -> LineVerdict:
    """What a judged line comes to by itself."""
    if outcome not in CLEAN and not candidate.is_settled:
        return LineVerdict.WRONG
    return LineVerdict.NEW if candidate.old is None else LineVerdict.CHANGED


#: Columns of a line that come from judging it.
LINE_COLUMNS: Final = (*load.STAGED_COLUMNS, "confirmed")


def store_judged(
    facts: Mapping[str, Any],
    file_id: int,
    sheet: int,
    rows: pl.DataFrame,
    lines: Sequence[Candidate],
) -> int:
    """The judged lines are on record; a new line that is no record is none. Returns how many."""
    kept = [
        at
        for at, (line, outcome) in enumerate(zip(lines, rows["outcome"], strict=True))
        if line.old is not None or outcome != Outcome.NOT_RECORD
    ]
    rows, lines = rows[kept], [lines[at] for at in kept]
    verdicts = [
        verdict_of(line, outcome).value
        for line, outcome in zip(lines, rows["outcome"], strict=True)
    ]
    frame = (
        rows.select(LINE_COLUMNS)
        .with_columns(
            *(pl.lit(value).alias(name) for name, value in facts.items()),
            pl.lit(file_id).alias("roster_file_id"),
            pl.lit(sheet).alias("roster_sheet"),
            pl.Series("row_no", [line.row_no for line in lines], dtype=pl.Int64),
            pl.Series(
                "row_id", [line.old.pk if line.old else None for line in lines], dtype=pl.Int64
            ),
            pl.Series(
                "version_seen",
                [line.old.version if line.old else None for line in lines],
                dtype=pl.Int64,
            ),
            pl.Series("verdict", verdicts, dtype=pl.String),
            pl.Series("note", [line.note for line in lines], dtype=pl.String),
            pl.Series("is_settled", [line.is_settled for line in lines], dtype=pl.Boolean),
        )
        .with_columns(
            # A line that is left out is rejected for that alone, and nothing more is to be done.
            outcome=pl.when("is_settled").then(pl.lit(Outcome.REJECTED.value)).otherwise("outcome"),
            reasons=pl.when("is_settled")
            .then(pl.lit([Reason.LEFT_OUT.value], dtype=pl.List(pl.String)))
            .otherwise("reasons"),
        )
    )
    return bulk.copy_frame(connection, CorrectedRow._meta.db_table, frame)


def store_told(facts: Mapping[str, Any], file_id: int, sheet: int, told: Sequence[Told]) -> int:
    """The lines that need no judgement are on record. Returns how many."""
    frame = pl.DataFrame(
        {
            "sheet": [facts["sheet"]] * len(told),
            "row_no": [line.row_no for line in told],
            "raw": [json.dumps(line.cells, ensure_ascii=False) for line in told],
            "outcome": [line.old.outcome if line.old else Outcome.REVIEW.value for line in told],
            "reasons": [line.old.reasons if line.old else [] for line in told],
            "fixes": [line.old.fixes if line.old else [] for line in told],
            "row_id": [line.old.pk if line.old else None for line in told],
            "version_seen": [line.old.version if line.old else None for line in told],
            "verdict": [line.verdict.value for line in told],
            "doubt": [line.doubt for line in told],
            "doubt_rows": [list(line.doubt_rows) for line in told],
        },
        schema_overrides={
            "doubt_rows": pl.List(pl.Int64),
            "reasons": pl.List(pl.String),
            "fixes": pl.List(pl.String),
            "row_id": pl.Int64,
            "version_seen": pl.Int64,
        },
    ).with_columns(
        *(pl.lit(value).alias(name) for name, value in facts.items() if name != "sheet"),
        pl.lit(file_id).alias("roster_file_id"),
        pl.lit(sheet).alias("roster_sheet"),
    )
    return bulk.copy_frame(connection, CorrectedRow._meta.db_table, frame)
