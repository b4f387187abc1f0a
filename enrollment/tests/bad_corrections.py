"""Rows about corrections that the database rejects, by the constraint that does."""

from bureau.core import clock
from bureau.core.tests import factories
from enrollment.models import (
    CorrectedRow,
    CorrectionFile,
    RosterBatch,
    RosterCorrection,
    RosterRow,
    RosterRowVersion,
    RowJudgement,
)
from enrollment.tests import rosters


def roster() -> RosterBatch:
    return rosters.receive(rosters.csv_of(rosters.lines(range(2))))


def correction(batch: RosterBatch | None = None, **fields: object) -> RosterCorrection:
    values = {"source": "FILE", "state": "OPEN", "made_at": clock.now(), "made_by": "t"}
    return RosterCorrection.objects.create(batch=batch or roster(), **{**values, **fields})


def lines_that_do_not_add_up() -> None:
    correction(checked_at=clock.now(), lines_read=2, lines_changed=1)


def on_the_roll_by_one_alone() -> None:
    correction(into_roll=True, state="APPLIED")


def approved_by_who_worked_on_it() -> None:
    correction(drafters=["N-a", "N-b"], approved_by_no="N-b")


def corrections_forget_who_worked() -> None:
    made = correction(drafters=["N-a", "N-b"])
    RosterCorrection.objects.filter(pk=made.pk).update(drafters=["N-b"])


def roster_forgets_who_worked() -> None:
    batch = roster()
    RosterBatch.objects.filter(pk=batch.pk).update(drafters=["N-a"])
    RosterBatch.objects.filter(pk=batch.pk).update(drafters=[])


def roster_approved_by_who_worked_on_it() -> None:
    batch = roster()
    RosterBatch.objects.filter(pk=batch.pk).update(drafters=["N-a"], approved_by_no="N-a")


def two_in_work() -> None:
    batch = roster()
    correction(batch, state="APPLYING")
    correction(batch, state="APPLYING")


def two_pages_of_one_clerk() -> None:
    batch, clerk = roster(), factories.staff()
    for _time in range(2):
        correction(batch, source="PAGE", made_by_staff=clerk)


def same_file_of_corrections() -> None:
    made = correction()
    stored = made.batch.files.get().stored
    for name in ("a", "b"):
        CorrectionFile.objects.create(correction=made, stored=stored, name=name, sha256="x")


def same_row_in_one_correction() -> None:
    made = correction()
    for row_no in (1, 2):
        CorrectedRow.objects.create(
            correction=made, row_id=5, sheet=1, row_no=row_no, raw="[]", outcome="REVIEW"
        )


def _version(row: RosterRow) -> RosterRowVersion:
    return RosterRowVersion.objects.create(
        row=row, version=0, raw="[]", outcome="REVIEW", replaced_at=clock.now(), replaced_by="t"
    )


def _row() -> RosterRow:
    batch = roster()
    return RosterRow.objects.create(
        batch=batch, file=batch.files.get(), sheet=1, row_no=2, raw="[]", outcome="REVIEW"
    )


def version_twice() -> None:
    row = _row()
    _version(row)
    _version(row)


def version_rewritten() -> None:
    RosterRowVersion.objects.filter(pk=_version(_row()).pk).update(raw="[1]")


def _judgement(**fields: object) -> RowJudgement:
    made = correction()
    row = RosterRow.objects.create(
        batch=made.batch, file=made.batch.files.get(), sheet=1, row_no=2, raw="[]", outcome="REVIEW"
    )
    values = {"reason": "AGE_EXTREME", "key": "k", "evidence": "Card.", "judged_by": "t"} | fields
    return RowJudgement.objects.create(
        area=made.batch.area, row=row, correction=made, judged_at=clock.now(), **values
    )


def judged_twice() -> None:
    first = _judgement()
    RowJudgement.objects.create(
        area=first.area, row=first.row, correction=first.correction, judged_at=clock.now(),
        reason="AGE_EXTREME", key="k", evidence="Card.", judged_by="t",
    )  # fmt: skip


def judged_without_evidence() -> None:
    _judgement(evidence="")


def judgement_rewritten() -> None:
    RowJudgement.objects.filter(pk=_judgement().pk).update(evidence="Other.")


def more_settled_than_held() -> None:
    batch = roster()
    RosterBatch.objects.filter(pk=batch.pk).update(review_settled=1)


BAD_ROWS = {
    "roster_settled_are_among_held": [more_settled_than_held],
    "judgement_once_for_the_same_values": [judged_twice],
    "judgement_has_evidence": [judged_without_evidence],
    "row_judgement_is_append_only": [judgement_rewritten],
    "correction_every_line_has_one_verdict": [lines_that_do_not_add_up],
    "correction_of_the_roll_after_second_person": [on_the_roll_by_one_alone],
    "correction_approved_by_another": [approved_by_who_worked_on_it],
    "roster_approved_by_another": [roster_approved_by_who_worked_on_it],
    "workers_only_grow": [roster_forgets_who_worked, corrections_forget_who_worked],
    "correction_one_in_work_per_roster": [two_in_work],
    "correction_one_page_open_per_clerk": [two_pages_of_one_clerk],
    "correction_file_content_once": [same_file_of_corrections],
    "corrected_row_once_per_correction": [same_row_in_one_correction],
    "row_version_once": [version_twice],
    "row_version_is_append_only": [version_rewritten],
}
