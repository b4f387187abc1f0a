"""Versions of the linkage model on their way into force: drafted or trained, tried, approved.

A version's terms never change, so another threshold is another draft. Going back to an earlier
version is a draft with its terms, which a second person approves like any other.
"""

import datetime
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, audit, jobs
from bureau.core.actors import Actor, actor_from
from bureau.core.choices import AreaLevel
from bureau.core.errors import DomainError, MovedOn, OwnWork
from bureau.core.integrity import refusals
from bureau.core.models import ApprovalRequest, Area, Job, Staff
from enrollment.choices import DoubtState, ModelOrigin, ModelRunKind, ModelState
from enrollment.models import LinkageModelVersion, LinkageRun, LinkDoubt
from enrollment.rules import linkage_terms
from enrollment.services import linkage

KIND: Final = "enrollment.linkage_model"
TRAIN: Final = "enrollment.train_linkage_model"
TRY: Final = "enrollment.try_linkage_model"
RELINK: Final = "enrollment.relink"
SUMMARY: Final = {
    "version": _("Version"),
    "origin": _("Where its weights come from"),
    "against": _("Compared with version"),
    "records": _("Records compared"),
    "links_gained": _("Links it would make besides"),
    "links_lost": _("Links it would not make any more"),
    "links_elsewhere": _("Links it would make to somebody else"),
    "asked_before": _("Pairs asked about so far"),
    "asked_after": _("Pairs it would ask about"),
    "reviewed": _("Reviewed pairs it was measured on"),
    "wrong": _("Of those, two people it would link"),
}


def draft(
    base: LinkageModelVersion,
    *,
    thresholds: Mapping[str, float],
    vetoes: Collection[str],
    note: str,
    at: datetime.datetime,
    by: Actor,
) -> LinkageModelVersion:
    """A draft with the weights of `base` and these limits and vetoes.

    Raises DomainError for limits beyond reason, and when nothing differs from `base`.
    """
    wrong = linkage_terms.beyond_reason(thresholds)
    if wrong:
        raise DomainError(
            "THRESHOLD_BEYOND_REASON",
            _("%(limits)s: outside what the comparison can work with."),
            limits=", ".join(wrong),
        )
    kept = {name: kind(thresholds[name]) for name, kind in linkage_terms.THRESHOLDS.items()}
    ordered = linkage_terms.in_order(vetoes)
    if kept == base.thresholds and ordered == linkage_terms.in_order(base.vetoes):
        raise DomainError(
            "NOTHING_CHANGED", _("Nothing differs from version %(n)s."), n=base.number
        )
    return _keep(
        base, ModelOrigin.BY_HAND, thresholds=kept, vetoes=ordered, note=note, at=at, by=by
    )


def draft_like(
    earlier: LinkageModelVersion, *, at: datetime.datetime, by: Actor
) -> LinkageModelVersion:
    """A draft with the terms of a version that was in use. Raises MovedOn for one that was not."""
    if earlier.state != ModelState.RETIRED:
        raise MovedOn("VERSION_NOT_RETIRED", _("Only a version that was in use comes back."))
    return _keep(earlier, ModelOrigin.EARLIER, at=at, by=by)


def keep_trained(
    base: LinkageModelVersion,
    *,
    origin: ModelOrigin,
    weights: Mapping[str, Any],
    training: Mapping[str, Any],
    job: Job,
    at: datetime.datetime,
) -> LinkageModelVersion:
    """The estimated weights stand as a draft of the one who asked for them."""
    asker = job.requested_by
    return _keep(
        base,
        origin,
        weights=weights,
        training={**training, "job": job.pk},
        at=at,
        by=actor_from(asker) if asker else Actor.job(job),
    )


@transaction.atomic
def _keep(
    base: LinkageModelVersion,
    origin: ModelOrigin,
    *,
    at: datetime.datetime,
    by: Actor,
    weights: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
    thresholds: Mapping[str, Any] | None = None,
    vetoes: Sequence[str] | None = None,
    note: str = "",
) -> LinkageModelVersion:
    _lock()
    highest = LinkageModelVersion.objects.aggregate(most=Max("number"))["most"]
    made = LinkageModelVersion(
        number=highest + 1,
        origin=origin,
        based_on=base,
        weights=weights or base.weights,
        thresholds=thresholds or base.thresholds,
        vetoes=base.vetoes if vetoes is None else vetoes,
        training=base.training if training is None else training,
        note=note.strip()[:200],
        made_at=at,
        made_by=by.text[:120],
        made_by_staff_id=by.staff_id,
        drafters=[by.staff_no] if by.staff_no else [],
    )
    # Terms that the comparison could not read are refused here and not when a roster is linked.
    linkage.model_of(made)
    with refusals():
        made.save()
    audit.record("linkage_model.drafted", by=by, at=at, target=made, origin=str(origin))
    return made


def _lock() -> LinkageModelVersion:
    """Acts on versions come one after the other: the version in force is their lock."""
    in_use = linkage.version_in_use()
    return LinkageModelVersion.objects.select_for_update(of=("self",)).get(pk=in_use.pk)


def ask_to_train(origin: ModelOrigin, *, by: Staff, at: datetime.datetime) -> Job:
    """A version is being learnt; asking twice meanwhile is one job."""
    return jobs.enqueue(
        TRAIN,
        origin.value,
        arguments={"origin": origin.value},
        label=str(origin.label),
        area=_city(),
        by=by,
        at=at,
    )


def ask_to_try(version: LinkageModelVersion, *, by: Staff, at: datetime.datetime) -> Job:
    """The draft is being held against the version in force. Raises MovedOn for what is no draft."""
    with transaction.atomic():
        _worked_on(version, by)
        return jobs.enqueue(
            TRY,
            str(version.number),
            arguments={"version": version.pk},
            label=str(version.number),
            area=_city(),
            by=by,
            at=at,
        )


def ask_to_relink(*, by: Staff, at: datetime.datetime) -> Job:
    """Rows that wait and links by evidence are being asked about by the version in force."""
    return jobs.enqueue(
        RELINK,
        "all",
        label=str(linkage.version_in_use().number),
        area=_city(),
        by=by,
        at=at,
    )


def _city() -> Area:
    return Area.objects.get(level=AreaLevel.CITY)


def _worked_on(version: LinkageModelVersion, by: Staff) -> LinkageModelVersion:
    """The draft, locked, with this one among those who worked on it."""
    found = LinkageModelVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
    if found.state != ModelState.DRAFT:
        raise MovedOn("VERSION_NO_DRAFT", _("This version is no draft any more; look at it again."))
    if by.staff_no not in found.drafters:
        found.drafters = [*found.drafters, by.staff_no]
        found.save(update_fields=["drafters"])
    return found


def keep_run(
    kind: ModelRunKind,
    *,
    version: LinkageModelVersion,
    against: LinkageModelVersion,
    figures: dict[str, Any],
    revision: int,
    job: Job,
    at: datetime.datetime,
    described: Callable[[LinkageRun], dict[str, Any]] | None = None,
) -> LinkageRun:
    """The run is on record, once however often its job begins anew; in one transaction.

    `described` does what the run leads to and returns its figures: it gets the run as it will be.
    """
    before = LinkageRun.objects.filter(job=job).first()
    if before is not None:
        return before
    run = LinkageRun(
        kind=kind,
        version=version,
        against=against,
        job=job,
        roll_revision=revision,
        figures=figures,
        made_at=at,
        made_by=job.requested_by_text[:120],
    )
    if described is not None:
        run.pk = _next_number()
        run.figures = described(run)
    run.save(force_insert=True)
    audit.record(
        "linkage_model.tried" if kind == ModelRunKind.TRIAL else "linkage_model.relinked",
        by=Actor.job(job),
        at=at,
        target=version,
        run=run.pk,
    )
    return run


def latest_trial(version: LinkageModelVersion) -> LinkageRun | None:
    """The newest trial of the version."""
    return (
        LinkageRun.objects.filter(kind=ModelRunKind.TRIAL, version=version)
        .select_related("against")
        .first()
    )


@transaction.atomic
def submit(
    version: LinkageModelVersion, *, reason: str, at: datetime.datetime, by: Staff
) -> ApprovalRequest:
    """The draft waits for a second person, with what its trial found.

    Raises DomainError while it was not tried against the version in force.
    """
    in_use = _lock()
    found = _worked_on(version, by)
    trial = _expect_tried(found, in_use)
    found.state = ModelState.SUBMITTED
    found.save(update_fields=["state"])
    audit.record("linkage_model.submitted", by=by, at=at, target=found)
    figures = trial.figures
    changes, reviewed = figures["changes"], figures["reviewed"]
    return approvals.request(
        KIND,
        found,
        title_facts={"number": found.number},
        area=_city(),
        summary={
            "version": found.number,
            "origin": str(found.get_origin_display()),
            "against": in_use.number,
            "records": figures["records"],
            "links_gained": changes["LINK_GAINED"],
            "links_lost": changes["LINK_LOST"],
            "links_elsewhere": changes["LINK_ELSEWHERE"],
            "asked_before": figures["before"]["asked"],
            "asked_after": figures["after"]["asked"],
            "reviewed": reviewed["pairs"],
            "wrong": reviewed["after"]["different"]["LINKED"],
        },
        changes=[
            {"field": name, "before": str(before), "after": str(after)}
            for name, before, after in linkage_terms.differing(in_use.thresholds, found.thresholds)
        ],
        reason=reason,
        by=by,
        at=at,
    )


def say_title(request: ApprovalRequest) -> str:
    text = gettext("Linkage model, version %(number)s")
    return text % dict(request.title_facts)


def _expect_tried(version: LinkageModelVersion, in_use: LinkageModelVersion) -> LinkageRun:
    trial = latest_trial(version)
    if trial is None or trial.against_id != in_use.pk:
        raise DomainError(
            "VERSION_NOT_TRIED",
            _("Make a trial run against version %(number)s, which is in force, first."),
            number=in_use.number,
        )
    return trial


def on_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The version is in force from now on, the one before is retired."""
    in_use = _lock()
    version = LinkageModelVersion.objects.select_for_update(of=("self",)).get(pk=request.target_id)
    if by.staff_no in version.drafters or by.pk == version.made_by_staff_id:
        raise OwnWork(
            "own_version",
            _("You drafted, trained, tried or submitted this version; another approves it."),
        )
    _expect_tried(version, in_use)
    in_use.state, in_use.retired_at = ModelState.RETIRED, at
    in_use.save(update_fields=["state", "retired_at"])
    version.state = ModelState.IN_USE
    version.approved_at, version.approved_by = at, str(by)[:120]
    version.approved_by_staff, version.approved_by_no = by, by.staff_no
    version.save(
        update_fields=["state", "approved_at", "approved_by", "approved_by_staff", "approved_by_no"]
    )
    audit.record("linkage_model.approved", by=by, at=at, target=version, number=version.number)


def on_returned(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The version is a draft again."""
    LinkageModelVersion.objects.filter(pk=request.target_id, state=ModelState.SUBMITTED).update(
        state=ModelState.DRAFT
    )
    audit.record(
        "linkage_model.returned", by=by, at=at, version=request.target_id, note=request.note
    )


@transaction.atomic
def drop(version: LinkageModelVersion, *, by: Staff, at: datetime.datetime) -> None:
    """The draft is given up and stays on record."""
    found = _worked_on(version, by)
    found.state = ModelState.DROPPED
    found.save(update_fields=["state"])
    audit.record("linkage_model.dropped", by=by, at=at, target=found)


def keep_link(doubt: LinkDoubt, *, note: str, by: Actor, at: datetime.datetime) -> None:
    """The link is right and stays. Raises MovedOn when somebody answered before."""
    answered = LinkDoubt.objects.filter(pk=doubt.pk, state=DoubtState.OPEN).update(
        state=DoubtState.KEPT, answered_at=at, answered_by=by.text[:120], note=note.strip()[:500]
    )
    if answered != 1:
        raise MovedOn("DOUBT_ANSWERED", _("Somebody answered this doubt before you."))
    audit.record("linkage_model.link_kept", by=by, at=at, target=doubt, area=doubt.area)


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('enrollment_linkagerun', 'id'))")
        return int(cursor.fetchone()[0])
