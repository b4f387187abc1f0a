"""Four eyes: one member of staff asks for an act, another approves or returns it.

The act itself is a function that its app registers; it runs in the transaction of the approval, so
that there is no approved request whose act did not happen.
"""

import datetime
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from bureau.core import audit, crash, money
from bureau.core.actors import Actor, actor_of
from bureau.core.choices import ApprovalState, Role
from bureau.core.errors import DomainError, MovedOn, NotEntitled, OwnWork
from bureau.core.integrity import refusals
from bureau.core.models import ApprovalRequest, Area, Delegation, Staff
from bureau.core.transactions import whole

#: What a decision writes; everything else of a request stays as it was made, also by the rights in
#: the database (core.rights).
DECISION = ("state", "checker", "checker_staff_no", "checked_at", "note", "execution_error")

#: Key of a summary: of how many parts of the amount only a lower bound is known.
LOWER_BOUNDS: Final = "lower_bounds"

Act = Callable[[ApprovalRequest, Staff, datetime.datetime], None]
Workers = Callable[[ApprovalRequest], Collection[str]]
#: The title of a request in the present language, from its `title_facts` and its area.
Title = Callable[[ApprovalRequest], str]
#: Further facts about a request, in the language of who reads them; without unmasked personal data.
Details = Callable[[ApprovalRequest], Sequence[tuple[str, Any]]]
#: By request, how many of its parts were returned; requests without such a part are not told.
CountReturned = Callable[[Collection[int]], Mapping[int, int]]
#: Returns some of the parts of a request, by their numbers, each with its reason.
ReturnParts = Callable[[ApprovalRequest, Mapping[int, str], Staff, datetime.datetime], None]

_kinds: dict[str, "ApprovalKind"] = {}
#: Who wants to hear of kinds and of decisions; of decisions in their transaction.
_hear_of_kinds: list[Callable[["ApprovalKind"], None]] = []
_hear_of_decisions: list[Callable[[ApprovalRequest, datetime.datetime], None]] = []
_deadlines: list[Callable[[str, datetime.datetime], datetime.datetime]] = []


@dataclass(frozen=True)
class ApprovalKind:
    """One kind of act that needs a second person; acts get the request, who decided, and when.

    Only holders of one of `roles`, in an area that covers the request's, decide it.
    `summary_labels` are the words for the keys of the requests' summaries; `target_route` is the
    page of what a request is about, taking its number. `workers` gives the staff numbers of who
    worked on it: its page tells them that another one decides; the act refuses them. Of a request
    with parts some may be returned by `on_some_returned`, on that page: there it is decided.
    `details` are facts that are told when the request is read; `bound_key` is the key of the sum in
    the summary that is a lower bound where its parts are; `count_returned` tells of requests with
    parts how many of each came back. `say_title` makes the title in the language of who reads it.
    """

    name: str
    label: str | Promise
    roles: frozenset[Role]
    on_approved: Act
    on_returned: Act | None
    on_withdrawn: Act | None
    on_some_returned: ReturnParts | None
    summary_labels: Mapping[str, str | Promise]
    target_route: str
    workers: Workers | None
    details: Details | None
    bound_key: str
    count_returned: CountReturned | None
    say_title: Title | None


def register(
    name: str,
    *,
    label: str | Promise,
    roles: Collection[Role],
    on_approved: Act,
    on_returned: Act | None = None,
    on_withdrawn: Act | None = None,
    on_some_returned: ReturnParts | None = None,
    summary_labels: Mapping[str, str | Promise] | None = None,
    target_route: str = "",
    workers: Workers | None = None,
    details: Details | None = None,
    bound_key: str = "",
    count_returned: CountReturned | None = None,
    say_title: Title | None = None,
) -> None:
    """Requests of this kind can be made, and decided by `roles`; call it from an app's `ready`."""
    if not roles:
        raise ValueError(f"nobody could decide approvals of kind {name}")
    if name in _kinds and _kinds[name].on_approved is not on_approved:
        raise ValueError(f"two acts for approvals of kind {name}")
    made = _kinds[name] = ApprovalKind(
        name,
        label,
        frozenset(roles),
        on_approved,
        on_returned,
        on_withdrawn,
        on_some_returned,
        dict(summary_labels or {}),
        target_route,
        workers,
        details,
        bound_key,
        count_returned,
        say_title,
    )
    for hear in _hear_of_kinds:
        hear(made)


def watch(
    *,
    kinds: Callable[[ApprovalKind], None] | None = None,
    decisions: Callable[[ApprovalRequest, datetime.datetime], None] | None = None,
    deadline: Callable[[str, datetime.datetime], datetime.datetime] | None = None,
) -> None:
    """`kinds` hears of every kind, `decisions` of each decision in its transaction, and `deadline`
    says until when a request should be decided; call it where the core begins."""
    if kinds is not None and kinds not in _hear_of_kinds:
        _hear_of_kinds.append(kinds)
        for known in _kinds.values():
            kinds(known)
    if decisions is not None and decisions not in _hear_of_decisions:
        _hear_of_decisions.append(decisions)
    if deadline is not None:
        _deadlines[:] = [deadline]


def kinds() -> list[ApprovalKind]:
    """Every kind of approval, by name."""
    return [_kinds[name] for name in sorted(_kinds)]


def label_of(name: str) -> str:
    """The words for a kind; its name when this release does not know it."""
    return str(_kinds[name].label) if name in _kinds else name


def title_of(request: ApprovalRequest) -> str:
    """What the request is about, in the present language; of one without facts as it was stored."""
    kind = _kinds.get(request.kind)
    if kind is None or kind.say_title is None or not request.title_facts:
        return request.title
    try:
        return kind.say_title(request)
    except (LookupError, ValueError, TypeError):
        # Made by another release, which told other facts.
        return request.title


def summary_of(request: ApprovalRequest) -> list[tuple[str, Any]]:
    """What the request will do, as pairs of words and value, in the order of the words."""
    kind = _kinds.get(request.kind)
    labels = kind.summary_labels if kind else {}
    order = {key: place for place, key in enumerate(labels)}
    lines = sorted(request.summary.items(), key=lambda line: order.get(line[0], len(order)))
    if kind and request.summary.get(LOWER_BOUNDS):
        lines = [
            (key, _as_bound(value) if key == kind.bound_key else value) for key, value in lines
        ]
    details = kind.details(request) if kind and kind.details else ()
    return [*((str(labels.get(key, key)), value) for key, value in lines), *details]


def _as_bound(value: Any) -> Any:
    """A sum written out in a summary, as the lower bound that it is."""
    try:
        return money.bounded(Decimal(str(value).replace(",", "")), is_bound=True)
    except InvalidOperation:
        return value


def returned_parts(name: str, requests: Collection[int]) -> Mapping[int, int]:
    """By request of the kind, how many of its parts were returned."""
    kind = _kinds.get(name)
    return kind.count_returned(requests) if kind and kind.count_returned else {}


def amount_of(request: ApprovalRequest) -> Decimal | None:
    """The amount at stake, marked as a lower bound where its parts are."""
    if request.amount is None:
        return None
    return money.bounded(request.amount, is_bound=bool(request.summary.get(LOWER_BOUNDS)))


def workers_of(request: ApprovalRequest) -> Collection[str]:
    """Staff numbers of those who worked on what the request is about, and do not decide it."""
    kind = _kinds.get(request.kind)
    return kind.workers(request) if kind and kind.workers else ()


def target_route_of(name: str) -> str:
    """The route of the page of what requests of this kind are about; empty where there is none."""
    return _kinds[name].target_route if name in _kinds else ""


def has_parts(name: str) -> bool:
    """Whether requests of this kind are lists of which some may be returned, on their own page."""
    return name in _kinds and _kinds[name].on_some_returned is not None


def expect_no_list(name: str) -> None:
    """Raises DomainError for a kind whose requests are lists, decided on their own page alone."""
    if has_parts(name):
        raise DomainError(
            "list_is_decided_on_its_page",
            _("This request is a list: look at it on its own page and decide it there."),
        )


def request(
    kind: str,
    target: models.Model,
    *,
    title: str = "",
    title_facts: Mapping[str, Any] | None = None,
    area: Area,
    by: Staff,
    at: datetime.datetime,
    summary: Mapping[str, Any] | None = None,
    changes: Sequence[Mapping[str, Any]] = (),
    reason: str = "",
    amount: Decimal | None = None,
    due_at: datetime.datetime | None = None,
) -> ApprovalRequest:
    """The act waits for a second person. Raises DomainError when it waits already.

    `changes` are rows of {"field", "before", "after"}; `summary` says what the act will do. Neither
    holds unmasked personal data. `title_facts` are what the kind's title is made of, for each
    reader anew; a kind without one gives the `title`, in the bureau's language.
    """
    if kind not in _kinds:
        raise LookupError(f"no app registered approvals of kind {kind}")
    made = ApprovalRequest(kind=kind, area=area, title=title, title_facts=dict(title_facts or {}))
    with override(settings.LANGUAGE_CODE):
        stored = title_of(made)
    with refusals(), transaction.atomic():
        made = ApprovalRequest.objects.create(
            kind=kind,
            target_label=target._meta.label_lower,
            target_id=target.pk,
            title=stored[:200],
            title_facts=made.title_facts,
            area=area,
            summary=dict(summary or {}),
            changes=[dict(change) for change in changes],
            amount=None if amount is None else money.exact(amount),
            reason=reason,
            maker=by,
            maker_staff_no=by.staff_no,
            made_at=at,
            due_at=due_at or next((ask(kind, at) for ask in _deadlines), None),
        )
        audit.record("approval.request", by=by, at=at, target=made, area=area, act=kind)
    return made


def decide(
    request_id: int,
    *,
    approve: bool,
    by: Staff,
    at: datetime.datetime,
    note: str = "",
    returned: Mapping[int, str] | None = None,
) -> ApprovalRequest:
    """The request is approved and its act done, or it is returned with a note; of a request with
    parts, those in `returned` go back before, each with its reason.

    Raises OwnWork, NotEntitled, MovedOn when it was decided before, DomainError when a note is
    missing or the act was refused; then the request still waits and keeps the refusal's words.
    """
    parts = {number: reason.strip() for number, reason in (returned or {}).items()}
    if (not approve and not note.strip()) or not all(parts.values()):
        raise DomainError("return_needs_a_note", _("Say why you return it."))
    try:
        return _decide(request_id, approve=approve, by=by, at=at, note=note.strip(), returned=parts)
    except (OwnWork, NotEntitled, MovedOn):
        raise
    except DomainError as refused:
        ApprovalRequest.objects.filter(pk=request_id, state=ApprovalState.PENDING).update(
            execution_error=str(refused)[:2000]
        )
        raise


@whole
def _decide(
    request_id: int,
    *,
    approve: bool,
    by: Staff,
    at: datetime.datetime,
    note: str,
    returned: Mapping[int, str],
) -> ApprovalRequest:
    found = _locked(request_id, by=by)
    if by.pk == found.maker_id or by.staff_no == found.maker_staff_no:
        raise OwnWork(
            "approval_not_by_its_maker",
            _("You made this request yourself; another member of staff must decide it."),
        )
    if is_left_by_maker(found, by.staff_no, on=timezone.localtime(at).date()):
        raise OwnWork(
            "approval_not_by_makers_delegate",
            _(
                "The one who made this left approvals to you; another member of staff must decide "
                "it."
            ),
        )
    if not may_decide(actor_of(by, on=timezone.localtime(at).date()), found):
        raise NotEntitled(
            "approval_needs_a_role",
            _("Your roles do not allow you to decide this kind of request in this area."),
        )
    found.state = ApprovalState.APPROVED if approve else ApprovalState.RETURNED
    found.checker = by
    found.checker_staff_no = by.staff_no
    found.checked_at = at
    found.note = note
    found.execution_error = ""
    with refusals():
        found.save(update_fields=DECISION)
        _return_some(found, returned, by=by, at=at)
        act = _kinds[found.kind].on_approved if approve else _kinds[found.kind].on_returned
        if act is not None:
            act(found, by, at)
        for hear in _hear_of_decisions:
            hear(found, at)
    audit.record(
        "approval.approve" if approve else "approval.return",
        by=by,
        at=at,
        target=found,
        area=found.area,
        act=found.kind,
        note=note,
        **({"parts_returned": len(returned)} if returned else {}),
        **_stood_in_for(found, by, on=timezone.localtime(at).date()),
    )
    crash.point("decision_before_commit")
    return found


def _return_some(
    request: ApprovalRequest, returned: Mapping[int, str], *, by: Staff, at: datetime.datetime
) -> None:
    if not returned:
        return
    act = _kinds[request.kind].on_some_returned
    if act is None:
        raise LookupError(f"requests of kind {request.kind} have no parts")
    act(request, returned, by, at)


@whole
def withdraw(request_id: int, *, by: Staff, at: datetime.datetime) -> ApprovalRequest:
    """The maker takes the request back. Raises MovedOn when it was decided before."""
    found = _locked(request_id, by=by)
    if by.pk != found.maker_id:
        raise DomainError("not_the_maker", _("Only the one who made a request withdraws it."))
    found.state = ApprovalState.WITHDRAWN
    found.execution_error = ""
    found.save(update_fields=["state", "execution_error"])
    act = _kinds[found.kind].on_withdrawn
    if act is not None:
        act(found, by, at)
    audit.record("approval.withdraw", by=by, at=at, target=found, area=found.area, act=found.kind)
    return found


def _locked(request_id: int, *, by: Staff) -> ApprovalRequest:
    """The waiting request, locked; two who decide at once come one after the other."""
    found = (
        ApprovalRequest.objects.select_for_update(of=("self",))
        .select_related("checker", "maker", "area")
        .get(pk=request_id)
    )
    if found.state == ApprovalState.WITHDRAWN:
        is_own = found.maker_id == by.pk
        raise MovedOn(
            "approval_withdrawn_before",
            _("You took this request back yourself, in another window.")
            if is_own
            else _("%(who)s took this request back."),
            target=found,
            is_own=is_own,
            who=str(found.maker),
        )
    if found.checked_at is not None:
        is_own = found.checker_id == by.pk
        raise MovedOn(
            "approval_decided_before",
            _("You decided this yourself at %(at)s, in another window: %(state)s.")
            if is_own
            else _("%(who)s decided this at %(at)s: %(state)s."),
            target=found,
            is_own=is_own,
            who=str(found.checker),
            at=f"{timezone.localtime(found.checked_at):%Y-%m-%d %H:%M}",
            state=str(found.get_state_display()),
        )
    return found


@dataclass(frozen=True)
class Decision:
    """What came of one request of a batch: decided, or why not."""

    request_id: int
    refused: DomainError | None


@dataclass(frozen=True)
class BatchDecision:
    """What came of deciding many requests, and the sum of the amounts that were decided."""

    decisions: list[Decision]
    amount: Decimal

    @property
    def decided_count(self) -> int:
        return sum(decision.refused is None for decision in self.decisions)


def decide_many(
    request_ids: Collection[int],
    *,
    approve: Literal[True] = True,
    by: Staff,
    at: datetime.datetime,
    note: str = "",
) -> BatchDecision:
    """Each request is approved by itself, in the order of its number; one refused stops no other.

    Only approving goes by batch: each return needs its own reason, and a list is read first.
    """
    decisions = []
    kinds = dict(ApprovalRequest.objects.filter(pk__in=request_ids).values_list("pk", "kind"))
    amount = Decimal("0.00")
    for number in sorted(set(request_ids)):
        try:
            expect_no_list(kinds.get(number, ""))
            decided = decide(number, approve=approve, by=by, at=at, note=note)
        except DomainError as refused:
            decisions.append(Decision(number, refused))
        else:
            decisions.append(Decision(number, None))
            amount += decided.amount or Decimal("0.00")
    return BatchDecision(decisions, amount)


def is_left_by_maker(request: ApprovalRequest, staff_no: str, *, on: datetime.date) -> bool:
    """Whether who made the request has left approvals to the member of staff on the day."""
    return Delegation.objects.filter(
        giver_no=request.maker_staff_no, taker_no=staff_no, ended_at=None, period__contains=on
    ).exists()


def not_left_by_maker(staff_no: str, *, on: datetime.date) -> Q:
    """The condition that the maker has not left approvals to the member of staff."""
    left = Delegation.objects.filter(
        giver_no=OuterRef("maker_staff_no"),
        taker_no=staff_no,
        ended_at=None,
        period__contains=on,
    )
    return ~Q(Exists(left))


def _stood_in_for(
    request: ApprovalRequest, by: Staff, *, on: datetime.date
) -> dict[str, list[str]]:
    """For whom the checker looks after such requests in this area, for the audit trail."""
    kind = _kinds[request.kind]
    found = Delegation.objects.filter(
        taker=by, ended_at=None, period__contains=on, role__in=kind.roles
    ).select_related("area")
    givers = sorted(one.giver_no for one in found if request.area.path.startswith(one.area.path))
    return {"for_staff": givers} if givers else {}


def may_decide(actor: Actor, request: ApprovalRequest) -> bool:
    """Whether the actor holds a role for this kind in the request's area, its maker or not."""
    kind = _kinds.get(request.kind)
    return kind is not None and actor.scope(*kind.roles).covers(request.area.path)


def within_power_of(actor: Actor) -> Q:
    """The condition that the actor's roles allow deciding a request, whatever its state."""
    power = Q(pk__in=[])
    by_roles: dict[frozenset[Role], list[str]] = {}
    for kind in kinds():
        by_roles.setdefault(kind.roles, []).append(kind.name)
    for roles, names in by_roles.items():
        scope = actor.scope(*roles)
        if not scope.is_empty:
            power |= Q(kind__in=names) & scope.q()
    return power


def pending_for(
    actor: Actor, kinds: Iterable[str] | None = None, *, excluding: str | None = None
) -> QuerySet[ApprovalRequest]:
    """Requests the actor's roles allow deciding, oldest first, without those of a staff number."""
    waiting = ApprovalRequest.objects.filter(within_power_of(actor), state=ApprovalState.PENDING)
    if kinds is not None:
        waiting = waiting.filter(kind__in=list(kinds))
    if excluding is not None:
        waiting = waiting.exclude(maker_staff_no=excluding)
    return waiting.select_related("area", "maker").order_by("made_at", "pk")


def latest_of(target: models.Model, kind: str) -> ApprovalRequest | None:
    """The newest request about this object, whatever became of it."""
    made = ApprovalRequest.objects.filter(
        kind=kind, target_label=target._meta.label_lower, target_id=target.pk
    )
    return made.select_related("checker").order_by("-pk").first()


def pending_of(target: models.Model, kind: str | None = None) -> ApprovalRequest | None:
    """The request that waits for this object, if any."""
    waiting = ApprovalRequest.objects.filter(
        target_label=target._meta.label_lower, target_id=target.pk, state=ApprovalState.PENDING
    )
    return (waiting.filter(kind=kind) if kind else waiting).first()
