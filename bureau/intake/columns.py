"""Which column of a table is which field: told by its heading, by its values, and by how its values
go with those of other columns."""

import collections
import dataclasses
from collections.abc import Mapping, Sequence

from bureau.intake.composed import Part, find_parts
from bureau.intake.headings import (
    EXACT,
    FITS,
    STRANGERS,
    Heading,
    field_fit,
    group_fit,
    names_another,
    names_stranger,
)
from bureau.intake.shapes import YEAR, ColumnMap, Companion, FieldSpec, normal_heading

PROFILE_VALUES = 200
COMPANION_ROWS = 400
# A heading that says part of the usual one is believed when the values agree.
NEARLY_FITS = 0.55
# Values alone convince less than a heading does, unless another column bears them out.
VALUES_WEIGHT = 0.5
BORNE_OUT_WEIGHT = 0.85
VALUES_ENOUGH = 0.7
VALUES_CONTRADICT = 0.2
# A field that is told by part of a heading alone.
WEAK = 0.85
# A column that looks half like a field is compared with its companions.
WORTH_COMPARING = 0.5
# What every record must have tells records apart: words such as 小学 and 初中 are no names.
DISTINCT_ENOUGH = 0.3
# A column without a heading is one when this share of rows has it.
WIDE_SHARE = 0.05
# Whys that rest on values, without a word of the heading.
BY_VALUES = frozenset({"VALUES", "VALUES_AGREE"})


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """A column of the sample: its heading, its cells row by row, and its first values."""

    index: int
    label: str
    group: str
    cells: list[str]
    values: list[str]
    is_divided: bool = False

    @property
    def distinct(self) -> float:
        """Share of values that differ from each other."""
        return len(set(self.values)) / len(self.values) if self.values else 0.0


Chosen = tuple[str, float, str]  # field, confidence, why


@dataclasses.dataclass(frozen=True, slots=True)
class Claim:
    """That one column is one field: confidence 0 to 1 and the reason."""

    index: int
    field: str
    confidence: float
    why: str


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """How a table's columns are understood, and all that was weighed for it.

    Behind the columns of the table stand those that are only parts of them.
    """

    columns: list[Column]
    chosen: dict[int, Chosen]
    borne_out: Mapping[tuple[int, str], bool]
    is_told: bool
    parts: Sequence[Part] = ()

    def mapped(self) -> tuple[ColumnMap, ...]:
        """Every column with the field that it feeds, if any, how sure that is, and why."""
        own = self.columns[: len(self.columns) - len(self.parts)]
        headers = _distinct_headers(
            [column.label for column in own], [column.group for column in own]
        )
        nothing = (None, 0.0, "UNKNOWN")
        plain = [
            ColumnMap(at, headers[at], *self.chosen.get(at, nothing)) for at in range(len(own))
        ]
        for at in {part.columns[0] for part in self.parts}:
            plain[at] = self._composed(plain[at], len(own))
        return tuple(plain)

    def _composed(self, column: ColumnMap, own: int) -> ColumnMap:
        """A column with the fields that its parts feed."""
        parts = {
            own + number: part
            for number, part in enumerate(self.parts)
            if part.columns[0] == column.index
        }
        told = [self.chosen.get(at) for at in parts]
        fields = tuple(one[0] if one else "" for one in told)
        first = next(iter(parts.values()))
        known = [one for one in told if one]
        if not known:
            return column
        joined = first.columns[1:]
        return dataclasses.replace(
            column,
            field=next(filter(None, fields)),
            confidence=min(one[1] for one in known),
            why="JOINED" if joined else "DIVIDED",
            pieces=() if joined else fields,
            pattern=first.pattern,
            joined=joined,
            glue=first.glue,
        )


def read_columns(
    heading: Heading | None, body: Sequence[Sequence[str]], fields: Sequence[FieldSpec]
) -> Reading:
    """The columns of a table as its heading and its values tell them."""
    columns, parts = _with_parts(_columns(heading, body), fields)
    borne_out = _borne_out(columns, fields)
    claims = [
        claim
        for column in columns
        if not column.is_divided
        for claim in _claims(column, fields, borne_out)
    ]
    claims = _without_earlier_years(_without_rivals(claims, borne_out), columns)
    is_told = heading is not None and heading.is_told
    chosen = _choose(claims, fields, by_values=not is_told)
    return Reading(columns, chosen, borne_out, is_told, parts)


def _with_parts(
    columns: list[Column], fields: Sequence[FieldSpec]
) -> tuple[list[Column], list[Part]]:
    """The columns and behind them their parts; what is read in parts claims nothing itself."""
    parts = find_parts(
        [column.label for column in columns],
        [column.group for column in columns],
        [column.cells for column in columns],
        fields,
    )
    divided = {at for part in parts for at in part.columns}
    found = [
        dataclasses.replace(column, cells=[""] * len(column.cells), values=[], is_divided=True)
        if column.index in divided
        else column
        for column in columns
    ]
    for part in parts:
        group = columns[part.columns[0]].group if len(part.columns) == 1 else ""
        values = [cell for cell in part.cells if cell][:PROFILE_VALUES]
        found.append(Column(len(found), part.label, group, part.cells, values))
    return found, parts


def _columns(heading: Heading | None, body: Sequence[Sequence[str]]) -> list[Column]:
    labels, groups = (heading.labels, heading.groups) if heading else ((), ())
    width = max(_width(body), len(labels))
    labels = (*labels, *[""] * (width - len(labels)))
    groups = (*groups, *[""] * (width - len(groups)))
    columns = []
    for at in range(width):
        cells = [row[at].strip() if at < len(row) else "" for row in body]
        values = [cell for cell in cells if cell][:PROFILE_VALUES]
        columns.append(Column(at, labels[at], groups[at], cells[:COMPANION_ROWS], values))
    return columns


def _width(body: Sequence[Sequence[str]]) -> int:
    """The cells of usual rows: notes that some rows have beyond the headings are columns too."""
    widths = collections.Counter(map(len, body))
    usual = (width for width, count in widths.items() if count >= max(2, WIDE_SHARE * len(body)))
    return max(usual, default=max(widths, default=0))


def _borne_out(
    columns: Sequence[Column], fields: Sequence[FieldSpec]
) -> dict[tuple[int, str], bool]:
    """Whether a column, taken for a field, is borne out by another (True) or refuted (False).

    Missing where nothing can be said. A companion that tells of any column is asked before the
    next one.
    """
    by_name = {field.name: field for field in fields}
    found: dict[tuple[int, str], bool] = {}
    for field in fields:
        for companion in field.companions:
            scores = _scores(columns, field, by_name[companion.beside], companion)
            for (one, other), score in scores.items():
                if score >= companion.certain:
                    found[one, field.name] = True
                    found[other, companion.beside] = True
            if not scores:
                continue
            for place, name in ((0, field.name), (1, companion.beside)):
                for column in {pair[place] for pair in scores}:
                    best = max(s for pair, s in scores.items() if pair[place] == column)
                    if best < companion.refuted:
                        found.setdefault((column, name), False)
    return found


def _scores(
    columns: Sequence[Column], field: FieldSpec, beside: FieldSpec, companion: Companion
) -> dict[tuple[int, int], float]:
    own = [column for column in columns if looks_like(field, column)]
    others = [column for column in columns if looks_like(beside, column)]
    scores = {}
    for one in own:
        for other in others:
            if one is not other:
                score = companion.measure(one.cells, other.cells)
                if score is not None:
                    scores[one.index, other.index] = score
    return scores


def looks_like(field: FieldSpec, column: Column) -> bool:
    profile = field.profile or field.alone
    return bool(profile and column.values and profile(column.values) >= WORTH_COMPARING)


def _claims(
    column: Column, fields: Sequence[FieldSpec], borne_out: Mapping[tuple[int, str], bool]
) -> list[Claim]:
    fits = {field.name: field_fit(column.label, field) for field in fields}
    grouped = {field.name: group_fit(column.group, column.label, field) for field in fields}
    named = max(grouped, key=lambda name: grouped[name], default="")
    if named and grouped[named] >= EXACT:
        # "姓名" under "户主" is the head's name, whatever "姓名" alone would mean.
        fits = {name: min(fit, 0.72) for name, fit in fits.items()}
        fits[named] = 1.0
    else:
        # "姓名" under "缴款人" is nobody's of this list.
        for field in fields:
            if column.group and names_stranger(column.group, field):
                fits[field.name] = min(fits[field.name], STRANGERS)
    claims = []
    for field in fields:
        if names_another(column.label, field):
            continue
        fit = fits[field.name]
        borne = borne_out.get((column.index, field.name))
        strict = field.alone is not None and fit < FITS and not borne
        looks = field.alone if strict else field.profile or field.alone
        profile = looks(column.values) if looks and column.values else None
        if field.profile is None and fit >= FITS:
            profile = None
        claim = _claim(fit, profile, borne, column)
        if claim is None:
            continue
        if claim[1] == "VALUES_AGREE" and names_stranger(column.label, field):
            # The heading says whose it is, and that this is somebody else.
            continue
        if claim[1] == "VALUES" and field.required and column.distinct < DISTINCT_ENOUGH:
            continue
        if claim[1] == "VALUES" and field.companions and not field.evidence:
            # A household's number looks like any number; only its company tells.
            continue
        # Of two columns that look alike, a record's own differs from row to row.
        weight = 0.1 if claim[1] == "VALUES" else 0.01
        own = weight * column.distinct if field.evidence else 0.0
        claims.append(Claim(column.index, field.name, claim[0] + own, claim[1]))
    return claims


def _claim(
    fit: float, profile: float | None, borne_out: bool | None, column: Column
) -> tuple[float, str] | None:
    if fit >= FITS:
        why = "HEADING" if fit > EXACT else "HEADING_SIMILAR"
        if profile is None:
            return (0.95 * fit, why) if column.values else (0.9 * fit, "HEADING_ONLY")
        if borne_out:
            return 0.99 * fit, why
        if profile < VALUES_CONTRADICT:
            # What a heading says in part is not enough against what the values say.
            return (0.45 * fit, "VALUES_DISAGREE") if fit > EXACT else None
        return (0.7 + 0.29 * profile) * fit, why
    if borne_out and profile is not None and profile >= WORTH_COMPARING:
        return BORNE_OUT_WEIGHT * (0.9 + 0.1 * fit), "VALUES_AGREE"
    if profile is None or profile < VALUES_ENOUGH or borne_out is False:
        return None
    if fit >= NEARLY_FITS:
        return 0.8 * profile * fit, "HEADING_SIMILAR"
    return VALUES_WEIGHT * profile * (0.9 + 0.1 * fit), "VALUES"


def _without_rivals(
    claims: Sequence[Claim], borne_out: Mapping[tuple[int, str], bool]
) -> list[Claim]:
    """Claims on a field, less sure where they are refuted and another column is borne out."""
    settled = {field for (_, field), good in borne_out.items() if good}
    return [
        dataclasses.replace(claim, confidence=0.5 * claim.confidence)
        if claim.field in settled and borne_out.get((claim.index, claim.field)) is False
        else claim
        for claim in claims
    ]


def _without_earlier_years(claims: Sequence[Claim], columns: Sequence[Column]) -> list[Claim]:
    """The claims without those whose heading is another's but for an earlier year.

    Beside "2019年缴费", "2018年缴费" is what was paid for a year that has gone.
    """
    told = {
        column.index: (YEAR.sub("#", heading), found[0])
        for column in columns
        if (heading := normal_heading(column.label)) and (found := YEAR.findall(heading))
    }
    latest: dict[str, str] = {}
    for heading, year in told.values():
        latest[heading] = max(latest.get(heading, ""), year)
    return [
        claim
        for claim in claims
        if claim.index not in told or told[claim.index][1] == latest[told[claim.index][0]]
    ]


def _choose(
    claims: list[Claim], fields: Sequence[FieldSpec], *, by_values: bool
) -> dict[int, Chosen]:
    """Give each column at most one field and each field at most one column, best claims first.

    Values without a heading count only where there is no heading at all, or for a field that is
    required or has a profile for columns alone.
    """
    free = {field.name for field in fields if field.required or field.alone}
    spoken_for = {claim.index for claim in claims if claim.why not in BY_VALUES}
    chosen: dict[int, Chosen] = {}
    taken: set[str] = set()
    # What a heading says, even in part, comes before what values alone suggest.
    for claim in sorted(
        claims, key=lambda claim: (claim.why == "VALUES", -claim.confidence, claim.index)
    ):
        if claim.index in chosen or claim.field in taken:
            continue
        if claim.why == "VALUES" and not (
            by_values or (claim.field in free and claim.index not in spoken_for)
        ):
            continue
        chosen[claim.index] = (claim.field, round(min(claim.confidence, 1.0), 3), claim.why)
        taken.add(claim.field)
    _fill_required(chosen, claims, fields)
    return chosen


def _fill_required(
    chosen: dict[int, Chosen], claims: Sequence[Claim], fields: Sequence[FieldSpec]
) -> None:
    """Give a required field that nothing feeds the column that looks like it.

    A heading that says another field only in part, which no values bear out, does not stand in the
    way: "登记人员" sounds like a clerk and holds the people registered.
    """
    profiled = {field.name for field in fields if field.profile}
    for field in fields:
        fed = any(name == field.name for name, _, _ in chosen.values())
        if fed or not field.required:
            continue
        for claim in sorted(claims, key=lambda claim: -claim.confidence):
            holder = chosen.get(claim.index)
            weak = holder is None or (holder[1] < WEAK and holder[0] not in profiled)
            if claim.field == field.name and claim.why == "VALUES" and weak:
                chosen[claim.index] = (claim.field, round(claim.confidence, 3), claim.why)
                break


def _distinct_headers(labels: Sequence[str], groups: Sequence[str]) -> list[str]:
    """One name per column: the label, with its group or a count where the label is not alone."""
    counts = collections.Counter(labels)
    names = [
        f"{group}/{label}" if counts[label] > 1 and group and label else label
        for label, group in zip(labels, groups, strict=True)
    ]
    seen: collections.Counter[str] = collections.Counter()
    headers = []
    for index, name in enumerate(names):
        base = name or f"#{index + 1}"
        seen[base] += 1
        headers.append(base if seen[base] == 1 else f"{base} ({seen[base]})")
    return headers
