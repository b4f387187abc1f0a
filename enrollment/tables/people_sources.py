"""Which source said what: the rows of a person side by side, differences marked; pairs in words."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import masking
from bureau.core.actors import Scope
from bureau.ui import formatting
from bureau.ui.masking import masked_name, masked_number
from bureau.ui.statuses import Status, status_of
from enrollment.choices import (
    IdentifierKind,
    Outcome,
    PairState,
    Sex,
    SpecialGroup,
)
from enrollment.models import Person, PersonIdentifier, RosterRow
from enrollment.selectors import people
from enrollment.tables.people_lines import place_of, scheme_name
from enrollment.tables.rosters import EVIDENCE, TIERS, url_or_none, words_of


@dataclasses.dataclass(frozen=True)
class Said:
    """What one source says of one field; `differs` from the file or from the first source."""

    text: str
    differs: bool = False


@dataclasses.dataclass(frozen=True)
class FieldLine:
    """One field: what stands in the file, then what each source says."""

    label: Any
    kept: str
    said: list[Said]


@dataclasses.dataclass(frozen=True)
class SourceHead:
    """One source: the roster, where the row stands, what became of it, why it is this person."""

    roster: str
    place: str
    url: str
    outcome: Status
    words: str
    tier: str
    row: RosterRow


@dataclasses.dataclass(frozen=True)
class Sources:
    """All sources of a person, field by field; `difference` marks what differs."""

    heads: list[SourceHead]
    lines: list[FieldLine]
    difference: Status


@dataclasses.dataclass(frozen=True)
class _Field:
    """How one field is read from a row, compared, and written on the page."""

    label: Any
    of_row: Callable[[RosterRow], Any]
    #: What the file keeps; fields that the file does not keep are compared with the first source.
    of_file: Callable[[Person], Any] | None = None
    write: Callable[[Any], str] = str


def _written(field: _Field, value: Any) -> str:
    return formatting.ABSENT if value in (None, "") else field.write(value)


def _word(choices: Any) -> Callable[[Any], str]:
    return lambda code: formatting.choice_label(choices, code)


_FIELDS: Sequence[_Field] = (
    _Field(gettext_lazy("Name"), lambda row: row.name, lambda person: person.name),
    _Field(gettext_lazy("Name as written"), lambda row: people.as_written(row, "name")),
    _Field(gettext_lazy("Sex"), lambda row: row.sex, lambda person: person.sex, _word(Sex)),
    _Field(
        gettext_lazy("Birth date"),
        lambda row: row.birth_on,
        lambda person: person.birth_on,
        formatting.day,
    ),
    _Field(gettext_lazy("Birth date without a day"), lambda row: row.birth_part),
    _Field(
        gettext_lazy("Phone"),
        lambda row: row.phone,
        lambda person: person.phone,
        masking.phone,
    ),
    _Field(
        gettext_lazy("Address"),
        lambda row: row.address,
        lambda person: person.address,
        masking.address,
    ),
    _Field(gettext_lazy("Town"), lambda row: row.town),
    _Field(gettext_lazy("Village"), lambda row: row.village),
    _Field(gettext_lazy("Household number"), lambda row: row.household_no),
    _Field(gettext_lazy("Relation"), lambda row: row.relation),
    _Field(gettext_lazy("Special group"), lambda row: row.special_group, write=_word(SpecialGroup)),
    _Field(gettext_lazy("Amount"), lambda row: row.amount, write=formatting.money),
    _Field(gettext_lazy("Insured from"), lambda row: row.begins_on, write=formatting.day),
)


def side_by_side(
    person: Person,
    rows: Sequence[RosterRow],
    numbers: Iterable[PersonIdentifier],
    scope: Scope,
) -> Sources:
    """What each row says beside what the file keeps; the number is compared before it is masked."""
    own = {n.number for n in numbers if n.kind == IdentifierKind.RESIDENT_ID}
    number = FieldLine(
        _("Identity number"),
        masked_number(min(own, default=None)),
        [
            Said(masked_number(row.id_number or row.id_text), _other_number(row, own))
            for row in rows
        ],
    )
    lines = [_line(field, person, rows) for field in _FIELDS]
    return Sources(
        heads=[_head(row, scope) for row in rows],
        lines=[lines[0], number, *lines[1:]],
        difference=Status(_("differs"), "caution"),
    )


def _other_number(row: RosterRow, own: set[str]) -> bool:
    written = row.id_number or row.id_text
    return bool(written) and written not in own


def _line(field: _Field, person: Person, rows: Sequence[RosterRow]) -> FieldLine:
    values = [field.of_row(row) for row in rows]
    given = [value for value in values if value not in (None, "")]
    kept = field.of_file(person) if field.of_file else None
    measure = kept if field.of_file else next(iter(given), None)
    return FieldLine(
        field.label,
        _written(field, kept),
        [
            Said(_written(field, value), value not in (None, "") and value != measure)
            for value in values
        ],
    )


def _head(row: RosterRow, scope: Scope) -> SourceHead:
    is_seen = scope.covers(row.batch.area.path)
    return SourceHead(
        roster=roster_name(row),
        place=place_of(row),
        url=url_or_none("enrollment:roster-row", row.batch_id, row.pk) if is_seen else "",
        words=words_of(row),
        outcome=status_of(Outcome, row.outcome),
        tier=str(TIERS.get(row.link.tier, row.link.tier)),
        row=row,
    )


def roster_name(row: RosterRow) -> str:
    """Area, scheme and year of the roster the row came with."""
    batch = row.batch
    return f"{batch.area} · {scheme_name(batch.scheme)} · {batch.year}"


@dataclasses.dataclass(frozen=True)
class PairLine:
    """One pair as a line: the other row, masked, and what speaks for and against it."""

    other: str
    roster: str
    place: str
    score: str
    evidence: str
    status: Status


def pair_line(waiting: people.WaitingPair, scope: Scope) -> PairLine:
    """The pair in words. A row of a roster outside the scope is not described."""
    pair, there = waiting.pair, waiting.there
    is_seen = scope.covers(there.batch.area.path)
    return PairLine(
        other=masked_name(there.name) if is_seen else formatting.ABSENT,
        roster=roster_name(there) if is_seen else _("A roster of another area"),
        place=place_of(there) if is_seen else formatting.ABSENT,
        score=formatting.percent(pair.score),
        evidence=_(", ").join(str(EVIDENCE.get(code, code)) for code in pair.evidence),
        status=status_of(PairState, pair.state),
    )
