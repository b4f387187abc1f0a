"""Pairs as their pages show them: who may see which, a packet's progress, the evidence."""

import dataclasses
import datetime
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet
from django.http import Http404

from bureau.core.actors import Actor, Scope
from bureau.core.choices import Role
from bureau.core.models import Area, Staff
from bureau.intake.choices import BatchState
from enrollment.choices import OPEN_PAIR_STATES, DecisionStage, PairState, PersonState, Verdict
from enrollment.choices.double import VersionState
from enrollment.models import (
    CandidatePair,
    CoverageSpell,
    DecisionStep,
    Household,
    HouseholdMember,
    PacketPair,
    PairDecision,
    Person,
    PersonIdentifier,
    ReviewPacket,
    RosterLink,
    RosterRow,
    SubsidyStandard,
)
from enrollment.selectors.people import scope_areas

#: Rows of the same household stand within so many rows of a waiting row in its file.
NEIGHBOURS = 15


def area_numbers(scope: Scope) -> list[int]:
    """The areas of the scope, by number."""
    return list(scope.filter(Area.objects.all(), "path").values_list("pk", flat=True))


def pairs_in(scope: Scope) -> QuerySet[CandidatePair]:
    """Pairs of which one of the two rows lies in the scope, once their roster is on the roll."""
    pairs = CandidatePair.objects.filter(batch__state=BatchState.APPLIED)
    areas = scope_areas(scope)
    if areas is not None:
        pairs = pairs.filter(Q(area_a__in=areas) | Q(area_b__in=areas))
    return pairs.select_related("area_a", "area_b", "batch")


def pair_in(scope: Scope, pk: int) -> CandidatePair:
    """The pair with its rows if the scope holds one of them; Http404 otherwise."""
    found = (
        pairs_in(scope)
        .select_related("row_a__file", "row_a__batch__area", "row_b__file", "row_b__batch__area")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


def waiting_in(scope: Scope) -> QuerySet[CandidatePair]:
    """Pairs of the scope that are still a question."""
    return pairs_in(scope).filter(state__in=OPEN_PAIR_STATES)


def waiting_for(actor: Actor, scope: Scope) -> QuerySet[CandidatePair]:
    """Of these, what the actor may be asked: pairs on which two differ only as their reviewer."""
    reviewed = actor.scope(Role.REVIEWER)
    return waiting_in(scope).filter(
        ~Q(state=PairState.DISPUTED) | reviewed.q("area_a__path") | reviewed.q("area_b__path")
    )


# Packets.


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a packet has come: pairs decided, pairs put off, and what is left of it."""

    packet: ReviewPacket
    pairs: list[PacketPair]
    decided: set[int]
    put_off: set[int]
    #: Whether something was said of a pair still in hand, which can be taken back at once.
    may_undo: bool = False

    @property
    def left(self) -> list[int]:
        """Pairs nothing was said about yet, in their order."""
        said = self.decided | self.put_off
        return [held.pair_id for held in self.pairs if held.in_hand and held.pair_id not in said]

    def next_after(self, pair: int | None) -> int | None:
        """The next pair without a word, after this one and round again from the first."""
        order = [held.pair_id for held in self.pairs]
        at = order.index(pair) + 1 if pair in order else 0
        left = set(self.left)
        return next((one for one in [*order[at:], *order[:at]] if one in left), None)

    def beside(self, pair: int) -> tuple[int | None, int | None]:
        """The pairs before and after this one in the packet, decided or not."""
        order = [held.pair_id for held in self.pairs if held.in_hand]
        if pair not in order:
            return None, None
        at = order.index(pair)
        return (
            order[at - 1] if at else None,
            order[at + 1] if at + 1 < len(order) else None,
        )


def packet_in_hand(staff: Staff) -> ReviewPacket | None:
    return ReviewPacket.objects.filter(staff=staff, closed_at=None).first()


def packet_shown(staff: Staff, number: str) -> ReviewPacket | None:
    """The packet of the member of staff that a page names, closed or not."""
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return ReviewPacket.objects.filter(staff=staff, pk=int(number)).first()


def progress_of(packet: ReviewPacket) -> Progress:
    """The packet's pairs in order, and which of them have a word."""
    pairs = list(packet.pairs.select_related("pair").order_by("place"))
    words = PairDecision.objects.filter(packet=packet, undo=None).values_list("pair", "verdict")
    decided: set[int] = set()
    put_off: set[int] = set()
    for pair, verdict in words:
        (put_off if verdict == Verdict.LATER else decided).add(pair)
    said = decided | put_off
    may_undo = any(held.in_hand and held.pair_id in said for held in pairs)
    # A second look leaves the hand with its answer, whatever it was; others may be answered by
    # what somebody decided elsewhere.
    decided |= {
        held.pair_id
        for held in pairs
        if not held.in_hand or (held.look_id is None and held.pair.state not in OPEN_PAIR_STATES)
    }
    return Progress(packet, pairs, decided, put_off - decided, may_undo)


def held_by(staff: Staff, pair: CandidatePair) -> PacketPair | None:
    """The pair in the hand of the member of staff."""
    return (
        PacketPair.objects.filter(pair=pair, in_hand=True, packet__staff=staff)
        .select_related("packet")
        .first()
    )


def names_of(pairs: Iterable[CandidatePair]) -> dict[int, str | None]:
    """The names of both rows of the pairs, by row."""
    rows = {row for pair in pairs for row in (pair.row_a_id, pair.row_b_id)}
    return dict(RosterRow.objects.filter(pk__in=rows).values_list("pk", "name"))


def handed_in(pairs: Collection[CandidatePair]) -> dict[int, bool]:
    """Whether the decision in effect on each pair was handed in; pairs without one are not told."""
    step = DecisionStep.objects.filter(decision=OuterRef("pk"), stage=DecisionStage.HANDED_IN)
    found = PairDecision.objects.filter(pair__in=[pair.pk for pair in pairs], undo=None)
    return dict(
        found.exclude(verdict=Verdict.LATER)
        .annotate(is_handed_in=Exists(step))
        .values_list("pair", "is_handed_in")
    )


def in_hand(pairs: Collection[CandidatePair]) -> set[int]:
    """Those of the pairs that are in somebody's packet."""
    held = PacketPair.objects.filter(pair__in=[pair.pk for pair in pairs], in_hand=True)
    return set(held.values_list("pair", flat=True))


# Evidence.


@dataclasses.dataclass
class Side:
    """One side of a pair: the row, the file that holds it, and what is known with it."""

    row: RosterRow
    area: Area
    person: Person | None = None
    numbers: list[PersonIdentifier] = dataclasses.field(default_factory=list)
    spells: list[CoverageSpell] = dataclasses.field(default_factory=list)
    rows: list[RosterRow] = dataclasses.field(default_factory=list)
    members: list[HouseholdMember] = dataclasses.field(default_factory=list)
    neighbours: list[RosterRow] = dataclasses.field(default_factory=list)
    subsidies: dict[int, Decimal] = dataclasses.field(default_factory=dict)


def sides_of(pair: CandidatePair) -> tuple[Side, Side]:
    """Both sides with their evidence, in a fixed number of queries."""
    left, right = Side(pair.row_a, pair.area_a), Side(pair.row_b, pair.area_b)
    sides = (left, right)
    holders = dict(
        RosterLink.objects.filter(
            row__in=[side.row.pk for side in sides], batch__state=BatchState.APPLIED
        ).values_list("row", "person_id")
    )
    persons = {
        person.pk: person
        for person in Person.objects.filter(pk__in=holders.values()).select_related("area")
    }
    for side in sides:
        side.person = persons.get(holders.get(side.row.pk, 0))
    _fetch_files(sides, list(persons))
    _fetch_households(sides, list(persons))
    _fetch_neighbours(sides)
    _fetch_subsidies(sides)
    return sides


def _fetch_files(sides: Sequence[Side], persons: Sequence[int]) -> None:
    numbers = list(PersonIdentifier.objects.filter(person__in=persons).order_by("kind", "pk"))
    spells = list(
        CoverageSpell.objects.filter(person__in=persons)
        .select_related("area")
        .order_by("-period", "pk")
    )
    links = RosterLink.objects.filter(person_id__in=persons, batch__state=BatchState.APPLIED)
    rows = list(
        RosterRow.objects.filter(pk__in=links.values("row"))
        .select_related("link", "file", "batch__area")
        .order_by("pk")
    )
    for side in sides:
        if side.person is None:
            side.rows = [side.row]
            continue
        number = side.person.pk
        side.numbers = [one for one in numbers if one.person_id == number]
        side.spells = [one for one in spells if one.person_id == number]
        side.rows = [one for one in rows if one.link.person_id == number]


def _fetch_households(sides: Sequence[Side], persons: Sequence[int]) -> None:
    """Members of the households of both; a waiting row's by the number it gives."""
    wanted = Q(members__person__in=persons)
    for side in sides:
        if side.person is None and side.row.household_no:
            wanted |= Q(**_household_of(side.row))
    members = list(
        HouseholdMember.objects.filter(
            household__in=Household.objects.filter(wanted).order_by().values("pk")
        )
        .exclude(person__state=PersonState.MERGED)
        .select_related("household", "person")
        .order_by("household", "relation", "pk")
    )
    for side in sides:
        if side.person is not None:
            own = {m.household_id for m in members if m.person_id == side.person.pk}
        else:
            own = {
                m.household_id
                for m in members
                if side.row.household_no
                and all(
                    getattr(m.household, key) == value
                    for key, value in _household_of(side.row).items()
                )
            }
        side.members = [
            m
            for m in members
            if m.household_id in own and (side.person is None or m.person_id != side.person.pk)
        ]


def _household_of(row: RosterRow) -> dict[str, Any]:
    """The household that the row names: the number in its own sheet, town and village."""
    return {
        "file_id": row.home_file_id or row.file_id,
        "sheet": row.sheet if row.home_sheet is None else row.home_sheet,
        "place": (row.town or "")[:60],
        "village": (row.village or "")[:60],
        "number": (row.household_no or "")[:40],
    }


def _fetch_neighbours(sides: Sequence[Side]) -> None:
    """Rows beside a waiting row that give the same household, waiting or not."""
    wanted = Q(pk__in=[])
    for side in sides:
        row = side.row
        if side.person is None and row.household_no:
            wanted |= Q(
                batch=row.batch_id,
                file=row.file_id,
                sheet=row.sheet,
                row_no__range=(row.row_no - NEIGHBOURS, row.row_no + NEIGHBOURS),
                household_no=row.household_no,
                town=row.town,
                village=row.village,
            ) & ~Q(pk=row.pk)
    found = list(RosterRow.objects.filter(wanted).order_by("row_no"))
    for side in sides:
        side.neighbours = [
            row
            for row in found
            if row.file_id == side.row.file_id
            and (row.town, row.village, row.household_no)
            == (side.row.town, side.row.village, side.row.household_no)
            and side.person is None
        ]


def _fetch_subsidies(sides: Sequence[Side]) -> None:
    """The subsidy of each coverage as far as an approved standard tells it."""
    spells = [spell for side in sides for spell in side.spells]
    years = {spell.period.lower.year for spell in spells if spell.period.lower}
    standards = list(
        SubsidyStandard.objects.filter(state=VersionState.APPROVED, year__in=years).select_related(
            "area"
        )
    )
    for side in sides:
        for spell in side.spells:
            fitting = [
                one
                for one in standards
                if one.scheme == spell.scheme
                and one.year == (spell.period.lower.year if spell.period.lower else 0)
                and spell.area.path.startswith(one.area.path)
            ]
            fitting.sort(key=lambda one: (one.is_minimum, -len(one.area.path)))
            if fitting:
                side.subsidies[spell.pk] = fitting[0].amount


def decisions_of(pair: CandidatePair) -> list[PairDecision]:
    """Everything that was said of the pair, the latest first, with what became of it."""
    return list(
        PairDecision.objects.filter(pair=pair)
        .select_related("undo", "second_look__answer")
        .prefetch_related("steps")
        .order_by("-pk")
    )


def other_pairs(pair: CandidatePair, sides: Iterable[Side]) -> list[CandidatePair]:
    """Further pairs in which a row of one of the two sides stands."""
    rows = {row.pk for side in sides for row in side.rows} | {pair.row_a_id, pair.row_b_id}
    return list(
        CandidatePair.objects.filter(Q(row_a__in=rows) | Q(row_b__in=rows))
        .exclude(pk=pair.pk)
        .filter(batch__state=BatchState.APPLIED)
        .select_related("area_a", "area_b")
        .order_by("-score", "pk")[:10]
    )


# Overview.


@dataclasses.dataclass(frozen=True)
class ClerkLine:
    """What one member of staff decided since a day; what was taken back is told apart."""

    clerk: str
    same: int
    different: int
    later: int
    undone: int
    looked_at: int
    agreed: int
    in_hand: int


def clerk_lines(areas: Collection[int], since: datetime.datetime) -> list[ClerkLine]:
    """Decisions by clerk on pairs of these areas since the instant."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT decision.by_text,
                   count(*) FILTER (WHERE decision.verdict = 'SAME' AND undo.id IS NULL),
                   count(*) FILTER (WHERE decision.verdict = 'DIFFERENT' AND undo.id IS NULL),
                   count(*) FILTER (WHERE decision.verdict = 'LATER' AND undo.id IS NULL),
                   count(undo.id), count(answer.id),
                   count(answer.id) FILTER (WHERE answer.agrees),
                   (SELECT count(*) FROM enrollment_packetpair held
                    JOIN enrollment_reviewpacket packet ON packet.id = held.packet_id
                    WHERE held.in_hand AND packet.staff_id = decision.by_id)
            FROM enrollment_pairdecision decision
            JOIN enrollment_candidatepair pair ON pair.id = decision.pair_id
            LEFT JOIN enrollment_decisionundo undo ON undo.decision_id = decision.id
            LEFT JOIN enrollment_secondlook look ON look.decision_id = decision.id
            LEFT JOIN enrollment_secondanswer answer ON answer.look_id = look.id
            WHERE decision.at >= %s
              AND (pair.area_a_id = ANY (%s) OR pair.area_b_id = ANY (%s))
            GROUP BY decision.by_text, decision.by_id ORDER BY count(*) DESC, decision.by_text
            """,
            [since, list(areas), list(areas)],
        )
        return [ClerkLine(*line) for line in cursor.fetchall()]


@dataclasses.dataclass(frozen=True)
class AreaLine:
    """Pairs that wait in one area, and since when the oldest does."""

    area: Area
    waiting: int
    in_hand: int
    across: int
    oldest_at: datetime.datetime | None


def area_lines(scope: Scope) -> list[AreaLine]:
    """Pairs that wait by the area of their left row, with how many lie across two areas."""
    held = PacketPair.objects.filter(pair=OuterRef("pk"), in_hand=True)
    lines = (
        waiting_in(scope)
        .order_by()
        .annotate(is_held=Exists(held))
        .values("area_a")
        .annotate(
            waiting=Count("pk"),
            held=Count("pk", filter=Q(is_held=True)),
            across=Count("pk", filter=~Q(area_a=F("area_b"))),
            oldest=Min("batch__applied_at"),
        )
    )
    found = {line["area_a"]: line for line in lines}
    areas = Area.objects.filter(pk__in=found).order_by("path")
    return [
        AreaLine(
            area,
            found[area.pk]["waiting"],
            found[area.pk]["held"],
            found[area.pk]["across"],
            found[area.pk]["oldest"],
        )
        for area in areas
    ]
