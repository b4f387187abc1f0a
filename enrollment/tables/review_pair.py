"""A pair in words: two columns field by field, differences marked sign by sign, evidence."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import masking
from bureau.core.actors import Scope
from bureau.ui import formatting
from bureau.ui.masking import masked_name
from bureau.ui.statuses import Status, status_of
from enrollment.choices import CoverageState, IdentifierKind, Outcome, PairState, Sex, ValueField
from enrollment.models import CandidatePair, RosterRow
from enrollment.rules.decisions import Part, masked_parts, parts
from enrollment.selectors import masked_row
from enrollment.selectors.review import Side
from enrollment.selectors.rosters import raw_cells
from enrollment.tables import people_lines, review_words
from enrollment.tables.people_sources import roster_name
from enrollment.tables.rosters import EVIDENCE, url_or_none, words_of

SAME, DIFFERS, ONE_SIDED = "same", "differs", "missing"
#: Members of a household that one side names at most.
HOUSEHOLD: Final = 24
#: Cells that feed these fields are shown masked until somebody gives a reason.
PRIVATE_CELLS: Final = {
    "id_number": masking.id_number,
    "phone": masking.phone,
    "address": masking.address,
    "bank_account": masking.bank_account,
}


@dataclasses.dataclass(frozen=True)
class Line:
    """One field of both sides; `chosen` is the side whose value is to be shown, if there is one."""

    key: str
    label: Any
    left: list[Part]
    right: list[Part]
    status: Status
    differs: bool
    chosen: str = ""

    @property
    def is_choice(self) -> bool:
        return bool(self.chosen)


@dataclasses.dataclass(frozen=True)
class _Field:
    key: str
    label: Any
    read: Callable[[Side], Any]
    write: Callable[[Any], str] = str
    mask: Callable[[str | None], str] | None = None
    may_choose: bool = False
    # Told only of pairs in which a side has it.
    is_rare: bool = False
    # A word of a list: it differs as a whole, not letter by letter.
    is_word: bool = False


def _number(side: Side) -> str | None:
    """The number in force of the file, else what the row gives."""
    for number in side.numbers:
        if number.kind == IdentifierKind.RESIDENT_ID and number.period.upper is None:
            return str(number.number)
    return side.row.id_number or side.row.id_text


def _of(name: str) -> Callable[[Side], Any]:
    """The file's value, else the row's."""
    return lambda side: getattr(side.person or side.row, name)


def _of_row(name: str) -> Callable[[Side], Any]:
    return lambda side: getattr(side.row, name)


_FIELDS: Final = (
    _Field(ValueField.NAME, gettext_lazy("Name"), _of("name"), may_choose=True),
    _Field(
        ValueField.NUMBER,
        gettext_lazy("Identity number"),
        _number,
        mask=masking.id_number,
        may_choose=True,
    ),
    _Field(
        ValueField.BIRTH,
        gettext_lazy("Birth date"),
        _of("birth_on"),
        write=formatting.day,
        may_choose=True,
    ),
    _Field(
        "birth_part",
        gettext_lazy("Birth date without a day"),
        _of_row("birth_part"),
        is_rare=True,
    ),
    _Field(
        "sex",
        gettext_lazy("Sex"),
        _of("sex"),
        write=lambda code: formatting.choice_label(Sex, code),
        is_word=True,
    ),
    _Field(
        ValueField.PHONE, gettext_lazy("Phone"), _of("phone"), mask=masking.phone, may_choose=True
    ),
    _Field(
        ValueField.ADDRESS,
        gettext_lazy("Address"),
        _of("address"),
        mask=masking.address,
        may_choose=True,
    ),
    _Field("area", gettext_lazy("Area"), lambda side: str(side.area)),
    _Field("town", gettext_lazy("Town"), _of_row("town")),
    _Field("village", gettext_lazy("Village"), _of_row("village")),
    _Field("household_no", gettext_lazy("Household number"), _of_row("household_no")),
    _Field(
        "relation",
        gettext_lazy("Relation"),
        lambda side: _relation_of(side.row),
        is_word=True,
    ),
)


def _relation_of(row: RosterRow) -> str:
    """The row's relation in the reader's language; a word that no code stands for as written."""
    if row.relation_code:
        return people_lines.relation_name(row.relation_code)
    return row.relation or ""


def lines_of(
    sides: Sequence[Side], *, revealed: bool, chosen: Mapping[str, str] | None = None
) -> list[Line]:
    """Every field of both sides; what is private is compared in full and shown masked.

    `chosen` are the sides that the clerk chose before the decision was taken back.
    """
    return [
        _line(field, *sides, revealed=revealed, chosen=(chosen or {}).get(field.key, ""))
        for field in _FIELDS
        if not field.is_rare or any(field.read(side) for side in sides)
    ]


def what_differs(pair: CandidatePair) -> str:
    """In which fields the two rows of the pair differ, named without their values."""
    sides = (Side(pair.row_a, pair.area_a), Side(pair.row_b, pair.area_b))
    told = [
        _("%(field)s (%(how)s)") % {"field": line.label, "how": line.status.label}
        for line in lines_of(sides, revealed=False)
        if line.differs
    ]
    return _(", ").join(told) or _("nothing")


def _line(field: _Field, left: Side, right: Side, *, revealed: bool, chosen: str) -> Line:
    values = [field.read(left), field.read(right)]
    texts = ["" if value in (None, "") else field.write(value) for value in values]
    if texts[0] and texts[1]:
        state = SAME if texts[0] == texts[1] else DIFFERS
    elif texts[0] or texts[1]:
        state = ONE_SIDED
    else:
        state = SAME
    may_choose = field.may_choose and state != SAME
    return Line(
        key=field.key,
        label=field.label,
        left=_parts(field, texts[0], texts[1], revealed=revealed),
        right=_parts(field, texts[1], texts[0], revealed=revealed),
        status=_status(state, texts),
        differs=state != SAME,
        chosen=(chosen or _proposed(left, right, texts)) if may_choose else "",
    )


def _parts(field: _Field, text: str, other: str, *, revealed: bool) -> list[Part]:
    if not text:
        return [Part(formatting.ABSENT, differs=False)]
    if field.is_word:
        return [Part(text, differs=bool(other) and text != other)]
    if field.mask is None or revealed:
        return parts(text, other) if other else [Part(text, differs=False)]
    masked = field.mask(text)
    if not other or len(masked) != len(text):
        # An address is cut short by its mask; where it differs is said in words alone.
        return [Part(masked, differs=False)]
    return _said_of_hidden(masked_parts(text, other, masked))


def _said_of_hidden(found: list[Part]) -> list[Part]:
    """Signs that are hidden are not marked, as there is nothing to see: it is told in words at
    which places they differ."""
    signs = [(sign, part.differs) for part in found for sign in part.text]
    hidden = [
        place
        for place, (sign, differs) in enumerate(signs, start=1)
        if differs and sign == masking.SIGN
    ]
    shown = [
        Part("".join(sign for sign, _differs in group), differs)
        for differs, group in itertools.groupby(
            signs, key=lambda one: one[1] and one[0] != masking.SIGN
        )
    ]
    if not hidden:
        return shown
    said = _(" (hidden, differs at place %(places)s)") % {"places": _places(hidden)}
    return [*shown, Part(said, differs=False)]


def _places(numbers: list[int]) -> str:
    """Runs of places as `7–10, 14`."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return _(", ").join(f"{a}–{b}" if a != b else str(a) for a, b in runs)


def _status(state: str, texts: Sequence[str]) -> Status:
    if state == SAME:
        return Status(_("equal") if texts[0] else _("unknown"), "calm")
    if state == ONE_SIDED:
        return Status(_("on one side only"), "calm")
    return Status(_("differs"), "caution")


def _proposed(left: Side, right: Side, texts: Sequence[str]) -> str:
    """The side that has a value; of two a file before a row, the older file before the newer."""
    if not texts[0]:
        return "RIGHT"
    if not texts[1] or right.person is None:
        return "LEFT"
    if left.person is None:
        return "RIGHT"
    return "LEFT" if left.person.pk <= right.person.pk else "RIGHT"


@dataclasses.dataclass(frozen=True)
class Reason:
    """One thing that speaks for or against the pair, in words."""

    text: str
    status: Status


def reasons_of(pair: CandidatePair) -> list[Reason]:
    """What the comparison found, told apart by whether it speaks for or against."""
    found = []
    for code in pair.evidence:
        bits = review_words.speaks(code)
        if bits > 0:
            status = Status(_("speaks for it"), "good")
        elif bits < 0:
            status = Status(_("speaks against it"), "bad")
        else:
            status = Status(_("says nothing"), "calm")
        found.append(Reason(str(EVIDENCE.get(code, code)), status))
    return found


@dataclasses.dataclass(frozen=True)
class Coverage:
    """One coverage of a side with the money that hangs on it."""

    scheme: str
    area: str
    period: str
    status: Status
    contribution: Any
    subsidy: Any


@dataclasses.dataclass(frozen=True)
class Source:
    """One source row of a side as it was written: heading and cell, masked where it is private."""

    roster: str
    place: str
    outcome: Status
    words: str
    url: str
    cells: list[tuple[str, str]]


@dataclasses.dataclass(frozen=True)
class Person:
    """One member of the household of a side; `is_on_both` where the other side has the name too."""

    name: str
    relation: str
    birth: str
    is_on_both: bool


@dataclasses.dataclass(frozen=True)
class Column:
    """All evidence of one side."""

    title: Any
    state: str
    file_no: str
    url: str
    coverage: list[Coverage]
    sources: list[Source]
    household: list[Person]
    amount: Any


def column_of(title: Any, side: Side, other: Side, scope: Scope, *, revealed: bool) -> Column:
    """The evidence of one side; its links lead only where the reader's areas reach."""
    is_seen = scope.covers(side.area.path)
    names = {m.person.name for m in other.members} | {row.name for row in other.neighbours}
    row_amount = side.row.amount
    return Column(
        title=title,
        state=_("On the roll") if side.person else _("Waits outside the roll"),
        file_no=side.person.file_no if side.person else formatting.ABSENT,
        url=(
            url_or_none("enrollment:person-detail", side.person.pk)
            if side.person and is_seen
            else ""
        ),
        coverage=[
            Coverage(
                scheme=people_lines.scheme_name(spell.scheme),
                area=str(spell.area),
                period=people_lines.period_text(spell.period),
                status=status_of(CoverageState, spell.state),
                contribution=spell.contribution_amount,
                subsidy=side.subsidies.get(spell.pk),
            )
            for spell in side.spells
        ],
        sources=[_source(row, scope, revealed=revealed) for row in side.rows[:4]],
        household=_household(side, names)[:HOUSEHOLD],
        amount=row_amount if side.person is None else None,
    )


def _source(row: RosterRow, scope: Scope, *, revealed: bool) -> Source:
    is_seen = scope.covers(row.batch.area.path)
    cells = []
    for heading, cell, field in raw_cells(row):
        cells.append((heading, cell if revealed else _masked_cell(cell, field, heading)))
    return Source(
        roster=roster_name(row),
        place=people_lines.place_of(row),
        outcome=status_of(Outcome, row.outcome),
        words=words_of(row),
        url=url_or_none("enrollment:roster-row", row.batch_id, row.pk) if is_seen else "",
        cells=cells,
    )


def _masked_cell(cell: str, field: str, heading: str) -> str:
    """The cell without private values: by its column, and wherever a long number stands in it."""
    if not field or field == masked_row.SEVERAL:
        return masked_row.masked_cell(cell, field, heading=heading)
    if mask := PRIVATE_CELLS.get(field):
        return mask(cell)
    return masking.numbers_in(cell, free=True)


def _household(side: Side, names: set[str | None]) -> list[Person]:
    """Each person once: of one name and birth date are the file and the row that tells of it."""
    relations: dict[Any, list[str]] = {}
    people: dict[Any, tuple[str | None, Any]] = {}
    for key, (name, birth), relation in _of_household(side):
        people.setdefault(key, (name, birth))
        told = relations.setdefault(key, [])
        if relation and relation not in told:
            told.append(relation)
    return [
        Person(
            name=masked_name(name),
            relation=" / ".join(relations[key]) or formatting.ABSENT,
            birth=formatting.day(birth),
            is_on_both=name in names,
        )
        for key, (name, birth) in people.items()
    ]


def _of_household(side: Side) -> Iterator[tuple[Any, tuple[str | None, Any], str]]:
    told: tuple[str | None, Any]
    for member in side.members:
        told = (member.person.name, member.person.birth_on)
        relation = people_lines.relation_name(member.relation) if member.relation else ""
        yield (told if all(told) else ("file", member.person_id)), told, relation
    for row in side.neighbours:
        told = row.name, row.birth_on
        yield (told if all(told) else ("row", row.pk)), told, _relation_of(row)


def status_of_pair(pair: CandidatePair) -> Status:
    return status_of(PairState, pair.state)
