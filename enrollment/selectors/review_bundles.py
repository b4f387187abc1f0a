"""Decisions that wait together for a second person, what came back to a clerk, and numbers that two
people cannot both hold."""

import dataclasses
import datetime
from collections.abc import Collection

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet
from django.http import Http404

from bureau.core.actors import Scope
from bureau.core.models import ApprovalRequest, Staff
from bureau.intake.choices import BatchState
from enrollment.choices import PairState, UndoCause, Verdict
from enrollment.choices.bundles import BundledState, NumberHolder
from enrollment.models import (
    BundledDecision,
    DecisionBundle,
    PacketPair,
    PairDecision,
    SecondLook,
)
from enrollment.selectors.people import scope_areas


def bundle_in(scope: Scope, staff: Staff, pk: int) -> DecisionBundle:
    """The decisions if they are the reader's own or the scope holds their request; else Http404."""
    requests = scope.filter(ApprovalRequest.objects.all())
    in_scope = BundledDecision.objects.filter(bundle=OuterRef("pk"), approval__in=requests)
    found = (
        DecisionBundle.objects.filter(Q(packet__staff=staff) | Exists(in_scope))
        .exclude(lines=None)
        .select_related("packet__staff")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


def lines_of(bundle: DecisionBundle) -> list[BundledDecision]:
    """Its decisions with both rows, those that speak least clearly for one person first."""
    rows = ("row_a", "row_b", "area_a", "area_b", "batch")
    return list(
        bundle.lines.select_related(
            "approval__area",
            "approval__maker",
            "approval__checker",
            "decision__undo",
            *(f"decision__pair__{name}" for name in rows),
        ).order_by("decision__pair__score", "pk")
    )


def returned_of(requests: Collection[int]) -> dict[int, int]:
    """By request, how many of its decisions went back to their clerk."""
    found = BundledDecision.objects.filter(approval__in=requests, state=BundledState.RETURNED)
    return dict(found.order_by().values_list("approval").annotate(count=Count("pk")))


def drawn_of(bundle: DecisionBundle) -> int:
    """How many further decisions of the packet another clerk looks at a second time, blind."""
    return SecondLook.objects.filter(decision__packet=bundle.packet_id, answer=None).count()


def returned_to(staff: Staff, scope: Scope) -> QuerySet[PairDecision]:
    """Decisions of the member of staff that a second person returned and that nobody has made anew,
    their pairs free or in the own hand."""
    later = PairDecision.objects.filter(pair=OuterRef("pair"), pk__gt=OuterRef("pk"))
    in_other_hands = PacketPair.objects.filter(pair=OuterRef("pair"), in_hand=True).exclude(
        packet__staff=staff
    )
    found = PairDecision.objects.filter(
        by=staff,
        undo__cause=UndoCause.RETURNED,
        pair__state__in=[PairState.OPEN, PairState.LATER],
        pair__batch__state=BatchState.APPLIED,
    )
    areas = scope_areas(scope)
    if areas is not None:
        found = found.filter(Q(pair__area_a__in=areas) | Q(pair__area_b__in=areas))
    return (
        found.exclude(Exists(later.exclude(verdict=Verdict.LATER)))
        .exclude(Exists(in_other_hands))
        .select_related("pair__area_a", "pair__area_b", "undo")
        .order_by("undo__at", "pk")
    )


@dataclasses.dataclass(frozen=True)
class Returned:
    """How many pairs came back, and since when the oldest waits."""

    count: int
    oldest_at: datetime.datetime | None


def count_returned(staff: Staff, scope: Scope) -> Returned:
    found = returned_to(staff, scope).order_by()
    line = found.aggregate(last=Max("pk"), oldest=Min("undo__at"))
    return Returned(found.count() if line["last"] else 0, line["oldest"])


def numbers_in(scope: Scope) -> QuerySet[PairDecision]:
    """Decisions by which two people share a number that both rows still bear: the number of the one
    who does not hold it is to be completed or checked. What was corrected or taken back is gone."""
    still = Q(pair__row_a__id_number=F("pair__row_b__id_number")) | Q(
        pair__row_a__id_number=None,
        pair__row_b__id_number=None,
        pair__row_a__id_text=F("pair__row_b__id_text"),
    )
    found = PairDecision.objects.filter(still, undo=None, pair__state=PairState.DIFFERENT).exclude(
        holder=""
    )
    areas = scope_areas(scope)
    if areas is not None:
        found = found.filter(
            Q(pair__area_a__in=areas) & ~Q(holder=NumberHolder.LEFT)
            | Q(pair__area_b__in=areas) & ~Q(holder=NumberHolder.RIGHT)
        )
    return found.select_related("pair__area_a", "pair__area_b", "pair__row_a", "pair__row_b")
