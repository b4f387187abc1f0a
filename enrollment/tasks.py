"""Jobs of enrollment: each handler does one step of a pipeline and leaves the rest to the next."""

from celery import shared_task
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bureau.core import clock, crash, jobs
from bureau.core.actors import Scope
from bureau.core.choices import AreaLevel
from bureau.core.jobs import Again, JobContext
from bureau.core.models import Area
from bureau.intake.choices import BatchState
from enrollment.choices import CorrectionState
from enrollment.imports import (
    apply,
    correction_apply,
    corrections,
    double_apply,
    double_propose,
    linkage,
    load,
    merge_steps,
    merge_work,
    model_runs,
    reconcile,
    undo,
)
from enrollment.models import DoubleDecision, RosterBatch, RosterCorrection, RosterFile
from enrollment.reports import dedupe_count, double_print, error_file, proof_count, proof_file
from enrollment.services import (
    bundles,
    decision_jobs,
    dedupe,
    double_jobs,
    job_titles,
    linkage_versions,
    packets,
    proofs,
)
from enrollment.services.correction_jobs import READ, TAKE
from enrollment.services.decision_jobs import CARRY_OUT
from enrollment.services.proof_jobs import EXPORT
from enrollment.services.roster_jobs import APPLY, CHECK, ERROR_FILE, LOOK, UNDO, title_of

#: The page of the roster that a job is about.
ABOUT = ("enrollment:roster-detail", "batch_id")
ABOUT_CORRECTION = ("enrollment:correction-detail", "correction_id")


@jobs.register(
    LOOK,
    queue="interactive",
    label=_("Look at a roster's files"),
    about=ABOUT,
    title=title_of,
    steered_by="enrollment:roster-resume",
)
def look_at_roster(context: JobContext) -> None:
    """Each file of the roster has a proposed layout, or the problem that refuses it."""
    batch = _batch(context)
    unseen = RosterFile.objects.filter(batch=batch, withdrawn=False, layout={}, problems=[])
    # Asked anew for each file, because files may be added while others are looked at.
    while file := unseen.select_related("stored", "batch__area").order_by("pk").first():
        context.heartbeat()
        with context.step():
            load.look_at_file(file)


@jobs.register(
    CHECK,
    queue="bulk",
    label=_("Read and check a roster"),
    about=ABOUT,
    title=title_of,
    steered_by="enrollment:roster-resume",
)
def check_roster(context: JobContext) -> None:
    """Every row stands in the roster with its outcome, linked as far as it is certain."""
    batch = _batch(context)
    if batch.state != BatchState.READING:
        # Checked or withdrawn meanwhile: what was confirmed or applied is not linked anew.
        return
    context.phase(gettext_noop("Reading files"))
    files = RosterFile.objects.filter(batch=batch, withdrawn=False).order_by("pk")
    for file in files.select_related("stored", "batch__area"):
        if not file.is_loaded:
            load.load_file(context, file)
    if not context.checkpoint.get("checked"):
        context.phase(gettext_noop("Checking the roster as a whole"))
        with context.step(checked=True):
            crash.point("check_before_rows")
            apply.check_rows(batch)
    context.phase(gettext_noop("Linking rows to people"))
    with context.step():
        linkage.link_roster(batch)
        # Linking holds the roster's row: nobody can withdraw it from here to the commit.
        if not RosterBatch.objects.filter(pk=batch.pk, state=BatchState.READING).exists():
            raise jobs.Cancelled
        reconcile.count_rows(batch)
        crash.point("check_before_last_commit")
        RosterBatch.objects.filter(pk=batch.pk).update(
            state=BatchState.CHECKED, checked_at=clock.now()
        )


@jobs.register(
    APPLY,
    queue="bulk",
    label=_("Apply a roster to the roll"),
    steered_by="enrollment:roster-resume",
    cancellable=False,
    about=ABOUT,
    title=title_of,
)
def apply_roster(context: JobContext) -> Again | None:
    """The approved roster stands on the roll, its equation proved."""
    batch = _batch(context)
    if apply.is_applied(batch):
        return None
    return apply.apply_roster(context, batch)


@jobs.register(
    UNDO,
    queue="bulk",
    label=_("Undo a roster"),
    steered_by="enrollment:roster-undo",
    cancellable=False,
    about=ABOUT,
    title=title_of,
)
def undo_roster(context: JobContext) -> Again | None:
    """The roll is as if the roster had never been applied."""
    return undo.undo_roster(context, _batch(context))


@jobs.register(
    ERROR_FILE, queue="reports", label=_("Problem file of a roster"), about=ABOUT, title=title_of
)
def make_error_file(context: JobContext) -> None:
    """The file of the rows that wait or were rejected stands ready for the one who asked."""
    error_file.write(context, _batch(context))


@jobs.register(
    READ,
    queue="bulk",
    label=_("Read corrections of a roster"),
    steered_by="enrollment:correction-resume",
    about=ABOUT_CORRECTION,
    title=title_of,
)
def read_corrections(context: JobContext) -> None:
    """Every line of the corrections stands beside its row, with what it comes to."""
    corrections.read_corrections(context, _correction(context))


@jobs.register(
    TAKE,
    queue="bulk",
    label=_("Apply corrections of a roster"),
    steered_by="enrollment:correction-resume",
    cancellable=False,
    about=ABOUT_CORRECTION,
    title=title_of,
)
def apply_corrections(context: JobContext) -> Again | None:
    """The corrected rows have taken the place of those that were held."""
    correction = _correction(context)
    if correction.state != CorrectionState.APPLYING:
        return None
    return correction_apply.apply_corrections(context, correction)


@jobs.register(
    EXPORT,
    queue="reports",
    label=_("Integration proof as a file"),
    title=job_titles.year_of,
)
def export_proof(context: JobContext) -> None:
    """The proof's workbook stands ready for the one who asked."""
    proof_file.make(context)


@jobs.register(
    double_jobs.PROPOSE,
    queue="bulk",
    label=_("Propose cases of double enrollment"),
    title=job_titles.doubles_of,
    steered_by="enrollment:double-decide",
)
def propose_double(context: JobContext) -> None:
    """Everybody whose coverages meet has a case with what the rules propose; then the proof of the
    city is counted anew, because this follows whatever changes the roll."""
    double_propose.propose(context)
    for city in Area.objects.filter(level=AreaLevel.CITY):
        proofs.ask_to_count(Scope.of([city.path]), None, by=context.actor, at=clock.now())
    dedupe.ask_to_count(by=context.actor, at=clock.now())


@jobs.register(
    proofs.COUNT,
    queue="reports",
    label=_("Count the integration proof"),
    title=job_titles.year_of,
    steered_by="enrollment:proof-prepare",
)
def count_proof(context: JobContext) -> None:
    """The figures of the proof stand as counted at one moment."""
    proof_count.count(context)


@jobs.register(
    dedupe.COUNT,
    queue="reports",
    label=_("Count duplicates"),
    steered_by="enrollment:proof-prepare",
)
def count_duplicates(context: JobContext) -> None:
    """The way of rows to one roll stands as counted at one moment."""
    dedupe_count.count(context)


@jobs.register(
    proofs.COMPARE,
    queue="reports",
    label=_("Count a laid-down proof again"),
    title=job_titles.proof_of,
    steered_by="enrollment:proof-prepare",
)
def compare_proof(context: JobContext) -> None:
    """What the same rosters come to now stands beside the proof."""
    proof_count.compare(context)


@jobs.register(
    double_jobs.APPLY,
    queue="bulk",
    label=_("Carry out a decision on double enrollments"),
    title=job_titles.decision_of,
    steered_by="enrollment:double-decide",
    cancellable=False,
)
def apply_double(context: JobContext) -> Again | None:
    """The approved decision is carried out, or waits for a roster to be applied."""
    decision = DoubleDecision.objects.select_related("area").get(
        pk=context.arguments["decision_id"]
    )
    return double_apply.apply(context, decision)


@jobs.register(
    double_jobs.NOTICES,
    queue="reports",
    label=_("Print notices of ended coverage"),
    title=job_titles.notices_of,
)
def print_double_notices(context: JobContext) -> None:
    """The letters, or the list by town, stand ready for the one who asked."""
    double_print.make(context)


@jobs.register(
    linkage_versions.TRAIN,
    queue="bulk",
    label=_("Learn a version of the linkage model"),
    title=job_titles.origin_of,
    steered_by="enrollment:linkage-act",
)
def train_linkage_model(context: JobContext) -> None:
    """A version learnt from the rosters, or from clerks' decisions too, stands as a draft."""
    model_runs.train(context)


@jobs.register(
    linkage_versions.TRY,
    queue="bulk",
    label=_("Trial run of a linkage model"),
    steered_by="enrollment:linkage-act",
)
def try_linkage_model(context: JobContext) -> None:
    """What a draft would change is on record."""
    model_runs.try_out(context)


@jobs.register(
    linkage_versions.RELINK,
    queue="bulk",
    label=_("Link again by the version in force"),
    steered_by="enrollment:linkage-act",
)
def relink(context: JobContext) -> None:
    """New pairs wait for clerks, and doubted links to be looked at."""
    model_runs.relink(context)


def _batch(context: JobContext) -> RosterBatch:
    return RosterBatch.objects.select_related("area").get(pk=context.arguments["batch_id"])


def _correction(context: JobContext) -> RosterCorrection:
    return RosterCorrection.objects.select_related("batch__area").get(
        pk=context.arguments["correction_id"]
    )


@jobs.register(
    CARRY_OUT,
    queue="interactive",
    label=_("Carry out decisions on pairs"),
    steered_by="enrollment:review-hand-in",
)
def carry_out_decisions(context: JobContext) -> Again | None:
    """The roll shows every decision that is cleared, and none that was taken back."""
    return merge_steps.carry_out(context)


@shared_task(name="enrollment.tasks.tidy_review")  # type: ignore[untyped-decorator]
def tidy_review(**_options: object) -> None:
    """Packets whose time ran out are handed back, and no decision waits for a lost message."""
    packets.close_expired(at=clock.now())
    bundles.ask_for_followers(at=clock.now())
    refused = decision_jobs.refused_lately(at=clock.now())
    if merge_work.work_waiting(1, without=refused):
        decision_jobs.enqueue(by="tidy_review", at=clock.now())
