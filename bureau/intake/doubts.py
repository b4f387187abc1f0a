"""What the proposal of a file's columns leaves open, so that a person has to answer."""

from collections.abc import Sequence

from bureau.intake.columns import Column, Reading, looks_like
from bureau.intake.headings import EXACT, field_fit
from bureau.intake.shapes import FieldSpec, Problem, SheetShape

#: Of two columns that may both be a record's own, this much more of one differs from row to row.
CLEARLY_MORE = 0.15
#: Share of rows in which two columns hold the same, so that it does not matter which is read.
SAME_VALUES = 0.9
#: Share of rows in which two people's columns differ.
OTHER_VALUES = 0.5
#: From this profile on a column may well be the field.
CERTAINLY_LIKE = 0.7
#: From this confidence on a heading gives its column away.
SPOKEN_FOR = 0.7
HEADED = frozenset({"HEADING", "HEADING_SIMILAR", "HEADING_ONLY", "REMEMBERED"})


def doubts_about(
    reading: Reading, sheets: Sequence[SheetShape], fields: Sequence[FieldSpec]
) -> list[Problem]:
    """The questions that a table on all of these sheets raises; empty for nearly all."""
    own = [field for field in fields if field.evidence and (field.required or field.companions)]
    places = {chosen[0]: at for at, chosen in reading.chosen.items()}
    found: list[Problem] = []
    for field in own:
        at = places.get(field.name)
        if at is None:
            continue
        column, (_, _, why) = reading.columns[at], reading.chosen[at]
        if why == "VALUES_DISAGREE":
            found.append(_problem("VALUES_CONTRADICT_HEADING", sheets, [column], [field]))
        elif why not in HEADED and (headed := _headed(reading, field)):
            found.append(_problem("VALUES_CONTRADICT_HEADING", sheets, headed, [field]))
        rivals = [other for other in reading.columns if _rivals(reading, field, column, other)]
        if not rivals:
            continue
        if any(_is_another_person(reading, field, column, other) for other in rivals):
            return [_problem("PEOPLE_SIDE_BY_SIDE", sheets, [column, *rivals], own)]
        if any(_is_unsettled(reading, field, column, other) for other in rivals):
            found.append(_problem("COLUMN_AMBIGUOUS", sheets, [column, *rivals], [field]))
    return found or _guess(reading, sheets, own, places)


def _headed(reading: Reading, field: FieldSpec) -> list[Column]:
    """The columns whose heading is the field's and whose values are not."""
    return [
        column for column in reading.columns
        if column.values and field_fit(column.label, field) >= EXACT
        and not looks_like(field, column)
    ]  # fmt: skip


def _rivals(reading: Reading, field: FieldSpec, column: Column, other: Column) -> bool:
    """Whether the other column might feed the field as well, and no heading gives it another."""
    spoken_for = reading.chosen.get(other.index)
    return (
        other is not column
        and not (spoken_for and spoken_for[2] in HEADED and spoken_for[1] >= SPOKEN_FOR)
        and looks_like(field, other)
        and bool(field.profile and field.profile(other.values) >= CERTAINLY_LIKE)
        and _share_of_same(field, column, other) < SAME_VALUES
    )


def _is_another_person(reading: Reading, field: FieldSpec, column: Column, other: Column) -> bool:
    """Whether the row holds a second person, whose own columns bear the other one out.

    Where nothing bears out, two columns under one heading that both differ from row to row do.
    """
    if not field.companions or _share_of_same(field, column, other) > 1 - OTHER_VALUES:
        return False
    borne = (reading.borne_out.get((each.index, field.name)) for each in (column, other))
    if all(borne):
        return True
    alike = bool(column.label) and (column.label, column.group) == (other.label, other.group)
    return alike and min(column.distinct, other.distinct) > 1 - CLEARLY_MORE


def _is_unsettled(reading: Reading, field: FieldSpec, column: Column, other: Column) -> bool:
    """Whether neither heading, nor company, nor difference from row to row tells the two apart."""
    if reading.borne_out.get((column.index, field.name)) and not reading.borne_out.get(
        (other.index, field.name)
    ):
        return False
    if reading.chosen[column.index][2] in HEADED and column.label != other.label:
        return False
    return column.distinct - other.distinct < CLEARLY_MORE


def _guess(
    reading: Reading, sheets: Sequence[SheetShape], own: Sequence[FieldSpec], places: dict[str, int]
) -> list[Problem]:
    """A table without a heading whose columns nothing but their looks tells."""
    if reading.is_told:
        return []
    borne = any(
        reading.borne_out.get((places[field.name], field.name))
        for field in own
        if field.companions and field.name in places
    )
    return [] if borne else [_problem("COLUMNS_GUESSED", sheets, [], own)]


def _share_of_same(field: FieldSpec, one: Column, other: Column) -> float:
    form = field.same_as or str
    pairs = [(form(a), form(b)) for a, b in zip(one.cells, other.cells, strict=True) if a and b]
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else 0.0


def _problem(
    code: str,
    sheets: Sequence[SheetShape],
    columns: Sequence[Column],
    fields: Sequence[FieldSpec],
) -> Problem:
    names = [column.label or f"#{column.index + 1}" for column in columns]
    return Problem(
        code=code,
        place=sheets[0].name or "1",
        value="、".join(names),
        facts={
            "sheets": [sheet.number for sheet in sheets],
            "fields": [field.name for field in fields],
        },
    )
