"""Which values a file shows after a clerk chose between two: written, and taken back again."""

import dataclasses
import datetime
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils import timezone

from enrollment.choices import IdentifierKind, NumberState, Side, ValueField
from enrollment.models import (
    DecisionUndo,
    MergeUndo,
    PairDecision,
    Person,
    PersonIdentifier,
    PersonMerge,
    RosterRow,
    ValueChoice,
)

#: Columns of a person that belong to a chosen field, and how long they may be.
COLUMNS: Final[dict[str, dict[str, int]]] = {
    ValueField.NAME: {"name": 60, "name_key": 60, "name_initials": 80},
    ValueField.BIRTH: {"birth_on": 0},
    ValueField.PHONE: {"phone": 40},
    ValueField.ADDRESS: {"address": 200},
}
_USABLE = (NumberState.VALID, NumberState.UPGRADED)


@dataclasses.dataclass(frozen=True)
class Chosen:
    """One decision that brought something to a file: where its two sides came from.

    A side is the file that held its row before, or the row itself if it waited.
    """

    decision: PairDecision
    target: int
    merge: PersonMerge | None
    sources: Mapping[str, int | RosterRow]


def chosen_of(
    decisions: Collection[int],
    *,
    holders: Mapping[int, int | None],
    targets: Mapping[int, int],
    merges: Mapping[int, PersonMerge],
) -> list[Chosen]:
    """The decisions among these in which a value was chosen, in their order."""
    found = (
        PairDecision.objects.filter(pk__in=decisions)
        .exclude(choices={})
        .select_related("pair__row_a", "pair__row_b")
        .order_by("pk")
    )
    chosen = []
    for decision in found:
        target = targets.get(decision.pair.row_a_id)
        if target is None:
            continue
        rows = {Side.LEFT: decision.pair.row_a, Side.RIGHT: decision.pair.row_b}
        sources = {side.value: holders.get(row.pk) or row for side, row in rows.items()}
        chosen.append(Chosen(decision, target, merges.get(decision.pk), sources))
    return chosen


def rows_whose_number_holds(placed: Mapping[int, int], placed_by: Mapping[int, int]) -> set[int]:
    """Placed rows whose number the clerk chose, which is whole and which nobody has."""
    decisions = PairDecision.objects.filter(
        pk__in=[placed_by[row] for row in placed], choices__has_key=ValueField.NUMBER
    ).select_related("pair")
    wanted = set()
    for decision in decisions:
        side = decision.choices[ValueField.NUMBER]
        pair = decision.pair
        wanted.add(pair.row_a_id if side == Side.LEFT else pair.row_b_id)
    held = PersonIdentifier.objects.filter(
        kind=IdentifierKind.RESIDENT_ID, number=OuterRef("id_number")
    )
    rows = RosterRow.objects.filter(pk__in=wanted & set(placed), id_state__in=_USABLE)
    return set(rows.exclude(Exists(held)).values_list("pk", flat=True))


def settle(chosen: Sequence[Chosen], *, files: Sequence[int], at: datetime.datetime) -> list[int]:
    """The files show what the choices in effect say, the later before the earlier.

    A value that somebody changed since in another way stays as it is, and so does the end of an
    identity number that somebody else holds by now; returns the decisions which had ended those.
    """
    made = _make(chosen, at=at)
    known = list(
        ValueChoice.objects.filter(person__in=files)
        .annotate(
            is_over=Exists(DecisionUndo.objects.filter(decision=OuterRef("decision"))),
            is_split=Exists(MergeUndo.objects.filter(merge=OuterRef("merge"))),
        )
        .order_by("pk")
    )
    by_place: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for choice in known:
        by_place[choice.person_id, choice.field].append(choice)
    held: list[int] = []
    persons = Person.objects.in_bulk({person for person, _field in by_place})
    for (number, field), choices in by_place.items():
        if field == ValueField.NUMBER:
            held += _open_numbers(choices, at=at)
        else:
            _show(persons[number], choices, fresh={choice.pk for choice in made})
    columns = [column for columns in COLUMNS.values() for column in columns]
    Person.objects.bulk_update(persons.values(), columns)
    return held


def _make(chosen: Sequence[Chosen], *, at: datetime.datetime) -> list[ValueChoice]:
    """A row for every value that is to change, with what stood there before."""
    numbers = {one.target for one in chosen}
    numbers |= {n for one in chosen for n in one.sources.values() if isinstance(n, int)}
    persons = Person.objects.in_bulk(numbers)
    now: dict[tuple[int, str], dict[str, Any]] = {}
    rows = []
    for one in chosen:
        for field, side in one.decision.choices.items():
            source = one.sources[side]
            if field == ValueField.NUMBER:
                values = _numbers(one.target, source)
            else:
                before = now.get((one.target, field)) or _values(persons[one.target], field)
                after = _values(persons[source] if isinstance(source, int) else source, field)
                now[one.target, field] = after
                values = (before, after)
            if values is None or values[0] == values[1] or not any(values[1].values()):
                continue
            rows.append(
                ValueChoice(
                    person_id=one.target,
                    field=field,
                    before=values[0],
                    after=values[1],
                    decision=one.decision,
                    merge=one.merge,
                    at=at,
                )
            )
    return ValueChoice.objects.bulk_create(rows)


def _values(source: Person | RosterRow, field: str) -> dict[str, Any]:
    """The columns of one field as they are stored in a choice."""
    found = {}
    for column, length in COLUMNS[field].items():
        value = getattr(source, column)
        if isinstance(value, datetime.date):
            found[column] = value.isoformat()
        else:
            found[column] = (value or "")[:length] if length else value
    return found


def _numbers(target: int, source: int | RosterRow) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Identity numbers in force at the file before and after; none where the side has none.

    Called after everything has moved: the numbers of both sides lie at the target. Those of the
    source are told by where the last move took them from.
    """
    in_force = PersonIdentifier.objects.filter(
        person=target, kind=IdentifierKind.RESIDENT_ID, period__upper_inf=True
    ).order_by("pk")
    everyone = list(in_force.values_list("pk", "source_row"))
    if isinstance(source, RosterRow):
        own = [pk for pk, row in everyone if row == source.pk]
    elif source == target:
        came = _came_from(others := [pk for pk, _row in everyone], target)
        own = [pk for pk in others if pk not in came]
    else:
        came = _came_from([pk for pk, _row in everyone], target)
        own = [pk for pk, giver in came.items() if giver == source]
    if not own:
        return None
    return {"open": [pk for pk, _row in everyone]}, {"open": own[:1]}


def _came_from(identifiers: Sequence[int], target: int) -> dict[int, int]:
    """By number, the file from which it came in this very step (`thing_target` says)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT thing_id, person_id FROM thing_target"
            " WHERE kind = 'IDENTIFIER' AND target = %s AND thing_id = ANY (%s)",
            [target, list(identifiers)],
        )
        return dict(cursor.fetchall())


def _is_in_effect(choice: Any) -> bool:
    return not (choice.is_over or choice.is_split)


def _show(person: Person, choices: Sequence[Any], *, fresh: Collection[int]) -> None:
    """The person shows the last choice in effect, else what stood there before the first."""
    field = choices[0].field
    present = _values(person, field)
    # Written by other hands since: theirs stays, unless a choice was made just now.
    if not any(choice.pk in fresh for choice in choices) and not any(
        present in (choice.before, choice.after) for choice in choices
    ):
        return
    in_effect = [choice for choice in choices if _is_in_effect(choice)]
    wanted = in_effect[-1].after if in_effect else choices[0].before
    for column, value in wanted.items():
        if column == "birth_on":
            value = datetime.date.fromisoformat(value) if value else None
        setattr(person, column, value)


#: Numbers are opened again that nobody else has had since. Of one number that a person had twice,
#: one is.
OPEN_AGAIN: Final = """
    UPDATE enrollment_personidentifier identifier SET period = daterange(lower(period), NULL)
    FROM (SELECT DISTINCT ON (number) id FROM enrollment_personidentifier
          WHERE id = ANY (%(numbers)s) ORDER BY number, id) again
    WHERE identifier.id = again.id AND NOT upper_inf(identifier.period)
      AND NOT EXISTS (
          SELECT FROM enrollment_personidentifier other
          WHERE other.kind = identifier.kind AND other.number = identifier.number
            AND other.id <> identifier.id
            AND other.period && daterange(lower(identifier.period), NULL))
"""
STILL_CLOSED: Final = """
    SELECT identifier.id FROM enrollment_personidentifier identifier
    JOIN enrollment_personidentifier other
      ON other.kind = identifier.kind AND other.number = identifier.number
     AND other.person_id <> identifier.person_id
     AND other.period && daterange(lower(identifier.period), NULL)
    WHERE identifier.id = ANY (%(numbers)s) AND NOT upper_inf(identifier.period)
"""


def _open_numbers(choices: Sequence[Any], *, at: datetime.datetime) -> list[int]:
    """Numbers that a choice in effect passed over are closed, those of a former one open again.

    Returns the decisions of former choices whose number somebody else holds by now.
    """
    closed: set[int] = set()
    reopened: dict[int, int] = {}
    for choice in choices:
        passed_over = set(choice.before["open"]) - set(choice.after["open"])
        if _is_in_effect(choice):
            closed |= passed_over
        else:
            reopened |= dict.fromkeys(passed_over, choice.decision_id)
    again = {"numbers": [number for number in reopened if number not in closed]}
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE enrollment_personidentifier SET period = daterange(lower(period), %s)"
            " WHERE id = ANY (%s) AND upper_inf(period)",
            [timezone.localdate(at), list(closed)],
        )
        cursor.execute(OPEN_AGAIN, again)
        cursor.execute(STILL_CLOSED, again)
        return [reopened[number] for (number,) in cursor.fetchall()]
