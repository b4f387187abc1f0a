"""Carrying out the approved wishes to take rows out of files, one after the other."""

import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from bureau.core import audit, crash, history, integrity
from bureau.core.actors import Actor
from bureau.core.errors import DomainError
from enrollment.choices import PersonState, RowMoveState
from enrollment.imports.resettle import statement
from enrollment.models import Person, PersonMerge, RosterLink, RowMove, RowMoveRequest
from enrollment.services import row_moves


def wishes_waiting() -> list[RowMoveRequest]:
    """Approved wishes, the oldest first."""
    return list(RowMoveRequest.objects.filter(state=RowMoveState.APPROVED).order_by("pk"))


def carry_out_alone(wish: RowMoveRequest, *, by: Actor, at: datetime.datetime) -> bool:
    """The same; what the database refuses is dropped with its words, and nothing else waits."""
    try:
        with transaction.atomic():
            moved = carry_out(wish, by=by, at=at)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as refused:
        _drop(wish, str(integrity.refusal(refused)))
        return False
    return moved


def _drop(wish: RowMoveRequest, why: str) -> None:
    RowMoveRequest.objects.filter(pk=wish.pk).update(
        state=RowMoveState.DROPPED, dropped_because=why[:500]
    )


def carry_out(wish: RowMoveRequest, *, by: Actor, at: datetime.datetime) -> bool:
    """Whether the row lies where it was wished to; else the wish says why not.

    Call it in a transaction that holds the roll.
    """
    ends = Q(pk__in=[wish.from_person_id, wish.to_person_id or 0])
    persons = {p.pk: p for p in Person.objects.select_for_update().filter(ends).order_by("pk")}
    source = persons[wish.from_person_id]
    target = persons.get(wish.to_person_id or 0)
    why_not: DomainError | None = row_moves.obstacle(
        row_id=wish.row_id, from_person=source, to_person=target
    )
    if why_not is not None:
        _drop(wish, str(why_not))
        return False
    history.explain(wish.reason, actor=by)
    with connection.cursor() as cursor:
        _move(cursor, wish, target, by=by, at=at)
    RowMoveRequest.objects.filter(pk=wish.pk).update(state=RowMoveState.DONE)
    audit.record("people.row_moved", by=by, at=at, target=wish, row=wish.row_id)
    return True


def _move(
    cursor: Any,
    wish: RowMoveRequest,
    target: Person | None,
    *,
    by: Actor,
    at: datetime.datetime,
) -> None:
    opens = target is None
    number = target.pk if target else _next_number(cursor)
    facts = {
        "row": wish.row_id,
        "person": number,
        "from": wish.from_person_id,
        "to": number,
        "opens": opens,
        "at": at,
    }
    _run(cursor, "row_gather", facts)
    _run(cursor, "apply_places", {})
    if opens:
        _run(cursor, "apply_persons", facts)
    move = RowMove.objects.create(
        row_id=wish.row_id,
        from_person_id=wish.from_person_id,
        to_person_id=number,
        request=wish,
        opened_file=opens,
        by_text=by.text,
        at=at,
    )
    facts["move"] = move.pk
    _run(cursor, "row_things", facts)
    crash.point("row_before_move")
    _run(cursor, "row_carry", facts)
    # What the file it came from keeps, because other rows tell of it too, it tells of here again.
    for step in ("apply_identifiers", "apply_households", "apply_members"):
        _run(cursor, step, {})
    if not RosterLink.objects.filter(person_id=wish.from_person_id).exists():
        _close(cursor, wish, move, number, by=by, at=at)
    cursor.execute("DROP TABLE applied, place, row_thing")
    cursor.execute(
        "CREATE TEMP TABLE applied ON COMMIT DROP AS SELECT unnest(%s::bigint[]) AS person_id",
        [[wish.from_person_id, number]],
    )
    _run(cursor, "apply_precedence", {})
    cursor.execute("DROP TABLE applied")


def _close(
    cursor: Any,
    wish: RowMoveRequest,
    move: RowMove,
    number: int,
    *,
    by: Actor,
    at: datetime.datetime,
) -> None:
    """The file that nothing is left of points at the one its row went to."""
    source = Person.objects.get(pk=wish.from_person_id)
    merge = PersonMerge.objects.create(
        kept_id=number,
        absorbed=source,
        absorbed_state=source.state,
        row_move=move,
        by_text=by.text,
        at=at,
    )
    Person.objects.filter(pk=source.pk).update(state=PersonState.MERGED, merged_into=number)
    _run(
        cursor,
        "row_close_file",
        {"from": source.pk, "to": number, "merge": merge.pk},
    )


def _next_number(cursor: Any) -> int:
    cursor.execute("SELECT nextval(pg_get_serial_sequence('enrollment_person', 'id'))")
    return int(cursor.fetchone()[0])


def _run(cursor: Any, step: str, facts: dict[str, Any]) -> None:
    cursor.execute(statement(step), facts)
