"""Bad rows of undoing rosters, of versions of the linkage model, and of counts of duplicates."""

import uuid
from typing import Any

from bureau.core import clock
from bureau.core.models import Area, Job
from enrollment.models import (
    DedupeCount,
    DedupeLine,
    FoundPerson,
    LinkageModelVersion,
    LinkageRun,
    LinkDoubt,
    Person,
    RosterBatch,
    RosterLink,
    RosterRow,
    RosterUndo,
    UndoneRow,
)
from enrollment.tests import rosters


def _roster() -> RosterBatch:
    return rosters.receive(rosters.csv_of(rosters.lines(range(3))))


def _row(batch: RosterBatch) -> RosterRow:
    file = batch.files.get()
    return RosterRow.objects.create(
        batch=batch, file=file, sheet=1, row_no=2, raw="[]", outcome="ACCEPTED"
    )


def _job() -> Job:
    return Job.objects.create(
        kind="k", key=str(uuid.uuid4()), due_at=clock.now(), requested_by_text="t",
        requested_at=clock.now(),
    )  # fmt: skip


def _version(**values: Any) -> LinkageModelVersion:
    facts = {"number": 2, "origin": "ROLLS", "made_at": clock.now(), "made_by": "t", **values}
    return LinkageModelVersion.objects.create(**facts)


def _approved_by_a_drafter() -> None:
    _version(
        origin="SHIPPED", state="IN_USE", drafters=["N1"], approved_by_no="N1", approved_by="t",
        approved_at=clock.now(),
    )  # fmt: skip


def _doubt(row: RosterRow, **values: Any) -> LinkDoubt:
    version = LinkageModelVersion.objects.filter(number=2).first() or _version()
    run = LinkageRun.objects.create(
        kind="RELINK", version=version, against=version, job=_job(), made_at=clock.now(),
        made_by="t",
    )  # fmt: skip
    area = Area.objects.get(code="210281")
    person = Person.objects.create(name="王芳", name_key="王芳", area=area, created_at=clock.now())
    facts = {"run": run, "row": row, "person": person, "area": area, "now": "ASK", "score": 0.5}
    return LinkDoubt.objects.create(**{**facts, **values})


def _doubted_twice() -> None:
    row = _row(_roster())
    _doubt(row)
    _doubt(row)


def _line(count: DedupeCount | None = None, **values: Any) -> DedupeCount:
    count = count or DedupeCount.objects.create(basis="1", counted_at=clock.now(), job=_job())
    area = Area.objects.get(code="210281")
    DedupeLine.objects.create(count=count, area=area, scheme="NCMS", **values)
    return count


def _undo(batch: RosterBatch | None = None, **values: Any) -> RosterUndo:
    facts = {"reason": "发错了", "asked_at": clock.now(), "asked_by": "t", **values}
    return RosterUndo.objects.create(batch=batch or _roster(), **facts)


def _undone_by_two() -> None:
    batch = _roster()
    _undo(batch)
    _undo(batch)


def _undone_row(times: int, **values: Any) -> None:
    batch = _roster()
    undo, row = _undo(batch), _row(batch)
    facts = {"outcome_before": "ACCEPTED", "outcome": "ACCEPTED", **values}
    for _time in range(times):
        UndoneRow.objects.create(undo=undo, row=row, batch=batch, **facts)


def _found(times: int, score: float = 0.5) -> None:
    batch = _roster()
    row, version = _row(batch), LinkageModelVersion.objects.first() or _version()
    for _time in range(times):
        FoundPerson.objects.create(
            batch=batch, row=row, person_id=1, score=score, model_version=version
        )


def _told_by_itself() -> None:
    batch = _roster()
    RosterLink.objects.create(
        row=_row(batch), batch=batch, person_id=1, tier="PROBABLE", told_by=batch
    )


BAD_ROWS = {
    "found_person_once": [lambda: _found(2)],
    "found_person_score_is_a_share": [lambda: _found(1, score=1.1)],
    "link_told_by_another_roster": [_told_by_itself],
    "linkage_model_approved_by_another": [_approved_by_a_drafter],
    "link_doubt_open_once": [_doubted_twice],
    "link_doubt_answer_is_complete": [
        lambda: _doubt(_row(_roster()), state="KEPT", answered_at=clock.now())
    ],
    "dedupe_line_once": [lambda: _line(_line())],
    "dedupe_stages_in_order": [lambda: _line(rows_read=1, parsed=2)],
    "undo_one_per_roster": [_undone_by_two],
    "undo_has_a_reason": [lambda: _undo(reason="")],
    "undo_after_second_person": [lambda: _undo(state="UNDOING")],
    "undo_approved_by_another": [lambda: _undo(drafters=["N1"], approved_by_no="N1")],
    "undo_done_at_an_instant": [lambda: _undo(done_at=clock.now())],
    "undone_row_once": [lambda: _undone_row(2)],
    "undone_row_of_the_roster_stands_for_nobody": [
        lambda: _undone_row(1, is_own=True, person_after=1)
    ],
}
