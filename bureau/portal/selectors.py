"""What a member of staff may see of jobs and approvals; everything else does not exist for them."""

import datetime
from collections.abc import Callable, Iterable

from django.db.models import Q, QuerySet

from bureau.core import access, approvals, clock, jobs
from bureau.core.actors import Actor, Scope
from bureau.core.choices import UNFINISHED_JOB_STATES, ApprovalState, Role
from bureau.core.models import ApprovalRequest, Job


def jobs_visible_to(actor: Actor) -> QuerySet[Job]:
    """Own jobs and those of the actor's areas; the system administrator's also without area."""
    return _jobs_within(actor, actor.scope())


def jobs_steered_by(actor: Actor) -> QuerySet[Job]:
    """Jobs the actor may cancel and try again: own ones, and those whose act the actor may do.

    Each kind says which act it carries out; the matrix says whose that is, in the actor's areas.
    """
    rows = Job.objects.select_related("area", "requested_by")
    if actor.has(Role.SYSTEM_ADMINISTRATOR):
        return _jobs_within(actor, actor.scope())
    by_roles: dict[frozenset[Role], list[str]] = {}
    for kind in jobs.kinds():
        if kind.steered_by:
            roles = access.roles_for(kind.steered_by, "POST")
            by_roles.setdefault(roles, []).append(kind.name)
    steered = Q(requested_by_id=actor.staff_id)
    for roles, kinds in by_roles.items():
        scope = actor.scope(*roles)
        if roles and not scope.is_empty:
            steered |= Q(kind__in=kinds) & scope.q()
    return rows.filter(steered)


def _jobs_within(actor: Actor, scope: Scope) -> QuerySet[Job]:
    rows = Job.objects.select_related("area", "requested_by")
    own = Q(requested_by_id=actor.staff_id)
    if actor.has(Role.SYSTEM_ADMINISTRATOR):
        own, scope = own | Q(area=None), actor.scope()
    return rows.filter(own if scope.is_empty else own | scope.q())


def work_begun_at(at: datetime.datetime) -> bool:
    """Whether the act of this instant left work to jobs that has not ended."""
    return Job.objects.filter(requested_at=at, state__in=UNFINISHED_JOB_STATES).exists()


def jobs_about(rows: QuerySet[Job], word: str) -> QuerySet[Job]:
    """The jobs of this number, or whose subject or asker has the words."""
    for part in word.split():
        about = Q(label__icontains=part) | Q(requested_by_text__icontains=part)
        if part.isascii() and part.isdigit() and len(part) < 18:
            about |= Q(pk=int(part))
        rows = rows.filter(about)
    return rows


def running_jobs(actor: Actor) -> QuerySet[Job]:
    """Visible jobs that have not ended."""
    return jobs_visible_to(actor).filter(state__in=UNFINISHED_JOB_STATES)


def waiting_for(actor: Actor) -> QuerySet[ApprovalRequest]:
    """Requests the actor may decide now: by role and area, made by others."""
    waiting = approvals.pending_for(actor, excluding=actor.staff_no)
    return waiting.filter(approvals.not_left_by_maker(actor.staff_no, on=clock.today()))


def _waiting(actor: Actor) -> Q:
    return (
        approvals.within_power_of(actor)
        & Q(state=ApprovalState.PENDING)
        & ~Q(maker_staff_no=actor.staff_no)
        & approvals.not_left_by_maker(actor.staff_no, on=clock.today())
    )


def _made(actor: Actor) -> Q:
    return Q(maker_id=actor.staff_id)


def _decided(actor: Actor) -> Q:
    return Q(checker_id=actor.staff_id, state__in=[ApprovalState.APPROVED, ApprovalState.RETURNED])


#: The three views of the to-do list: what waits, own requests, own decisions.
VIEWS: dict[str, Callable[[Actor], Q]] = {"waiting": _waiting, "mine": _made, "done": _decided}


def todo_of(actor: Actor) -> QuerySet[ApprovalRequest]:
    """Requests in any of the views."""
    rows = ApprovalRequest.objects.select_related("area", "maker", "checker")
    return rows.filter(_waiting(actor) | _made(actor) | _decided(actor))


def in_view(rows: QuerySet[ApprovalRequest], actor: Actor, view: str) -> QuerySet[ApprovalRequest]:
    """Of the requests, those in this view of the actor."""
    return rows.filter(VIEWS[view](actor))


def made_by(actor: Actor) -> QuerySet[ApprovalRequest]:
    """Requests this member of staff made, whatever became of them."""
    rows = ApprovalRequest.objects.select_related("area", "maker", "checker")
    return rows.filter(_made(actor))


def approvals_visible_to(actor: Actor) -> QuerySet[ApprovalRequest]:
    """Own requests, those the actor's roles decide, and all of the areas the actor audits."""
    visible = Q(maker_id=actor.staff_id) | approvals.within_power_of(actor)
    rows = ApprovalRequest.objects.select_related("area", "maker", "checker")
    return rows.filter(visible | actor.scope(Role.AUDITOR).q())


def approvals_decidable_by(actor: Actor) -> QuerySet[ApprovalRequest]:
    """Requests the actor's roles decide, whoever made them and whatever became of them."""
    return ApprovalRequest.objects.filter(approvals.within_power_of(actor))


#: Upper edges of the age bands of open work, in days; the last band has none.
AGE_BANDS = (1, 3, 7, None)


def counts_by_age(moments: Iterable[datetime.datetime], at: datetime.datetime) -> list[int]:
    """How many of the moments lie 0-1, 2-3, 4-7 and more than 7 days back."""
    counts = [0] * len(AGE_BANDS)
    for moment in moments:
        days = (at - moment).days
        band = next(n for n, edge in enumerate(AGE_BANDS) if edge is None or days <= edge)
        counts[band] += 1
    return counts
