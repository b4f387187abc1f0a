"""Packets of pairs: taken by a clerk, handed in, given back, and handed back when time runs out.

A pair is in one hand at a time, by a unique index; taking skips what another clerk takes at the
same moment.
"""

import datetime
from collections.abc import Collection
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from bureau.core import audit
from bureau.core.actors import Actor
from bureau.core.errors import DomainError, MovedOn
from bureau.core.integrity import refusals
from bureau.core.models import Staff
from enrollment.choices import OPEN_PAIR_STATES, PacketEnd, PairState
from enrollment.models import CandidatePair, PacketPair, ReviewPacket
from enrollment.services import bundles, clearing, review_terms

#: Of a packet, at most one pair in so many is a second look, as long as others wait.
SECOND_LOOKS_ONE_IN: Final = 4

_FREE = """
    NOT EXISTS (SELECT FROM enrollment_packetpair held
                WHERE held.pair_id = pair.id AND held.in_hand)
    AND (pair.area_a_id = ANY (%(areas)s) OR pair.area_b_id = ANY (%(areas)s))
"""
#: Who decided on a pair before has no further say in it, but for a reviewer who takes the own
#: decision back and decides anew.
_MINE = """
    SELECT FROM enrollment_pairdecision decision
    LEFT JOIN enrollment_decisionundo undo ON undo.decision_id = decision.id
    LEFT JOIN enrollment_secondlook look ON look.decision_id = decision.id
    LEFT JOIN enrollment_secondanswer answer ON answer.look_id = look.id
    WHERE decision.pair_id = pair.id AND (undo.cause = 'CLERK' AND decision.as_reviewer) IS NOT TRUE
      AND (decision.by_id = %(staff)s OR decision.by_staff_no = %(staff_no)s
        OR answer.by_id = %(staff)s OR answer.by_staff_no = %(staff_no)s)
"""
DECIDED_BY: Final = f"""
    SELECT FROM enrollment_candidatepair pair WHERE pair.id = %(pair)s AND EXISTS ({_MINE})
"""
SECOND_LOOKS: Final = f"""
    SELECT pair.id, look.id, pair.score
    FROM enrollment_secondlook look
    JOIN enrollment_pairdecision decided ON decided.id = look.decision_id
    JOIN enrollment_candidatepair pair ON pair.id = decided.pair_id AND pair.state = 'CHECKING'
    WHERE NOT EXISTS (SELECT FROM enrollment_secondanswer answer WHERE answer.look_id = look.id)
      AND NOT EXISTS (SELECT FROM enrollment_decisionundo undo WHERE undo.decision_id = decided.id)
      AND NOT EXISTS ({_MINE}) AND {_FREE}
    ORDER BY look.id LIMIT %(most)s
    FOR UPDATE OF pair SKIP LOCKED
"""  # noqa: S608 (own texts)
#: Pairs that a second person returned, and whether the decision was this clerk's.
RETURNED: Final = """
    SELECT decision.pair_id, bool_or(decision.by_id = %(staff)s) AS is_own
    FROM enrollment_decisionundo undo
    JOIN enrollment_pairdecision decision ON decision.id = undo.decision_id
    WHERE undo.cause = 'RETURNED'
      AND NOT EXISTS (SELECT FROM enrollment_pairdecision later
                      WHERE later.pair_id = decision.pair_id AND later.id > decision.id
                        AND later.verdict <> 'LATER')
    GROUP BY decision.pair_id
"""
#: What was returned comes to its own clerk first, and to others last of all.
OPEN_PAIRS: Final = f"""
    SELECT pair.id, NULL, pair.score
    FROM enrollment_candidatepair pair
    JOIN enrollment_rosterbatch batch ON batch.id = pair.batch_id AND batch.state = 'APPLIED'
    LEFT JOIN ({RETURNED}) returned ON returned.pair_id = pair.id
    WHERE pair.state IN ('OPEN', 'LATER', 'DISPUTED') AND {_FREE}
      AND (pair.state <> 'DISPUTED'
           OR NOT EXISTS ({_MINE})
              AND (pair.area_a_id = ANY (%(reviewer_areas)s)
                OR pair.area_b_id = ANY (%(reviewer_areas)s)))
    ORDER BY pair.state <> 'DISPUTED', returned.is_own IS NOT TRUE, returned.is_own IS FALSE,
             pair.state = 'LATER', pair.score DESC, pair.id
    LIMIT %(most)s
    FOR UPDATE OF pair SKIP LOCKED
"""  # noqa: S608 (own texts)


def in_hand(staff: Staff) -> ReviewPacket | None:
    """The packet the member of staff has in hand, its time run out or not."""
    return ReviewPacket.objects.filter(staff=staff, closed_at=None).first()


def take(
    *,
    areas: Collection[int],
    reviewer_areas: Collection[int],
    by: Staff,
    actor: Actor,
    at: datetime.datetime,
) -> ReviewPacket:
    """Pairs of these areas are in the hands of the member of staff, the likeliest first.

    Those on which two clerks differ come before all others, to a reviewer of one of their areas who
    is none of the two. Raises DomainError when nothing waits, or when a packet is in hand already.
    """
    close_expired(at=at)
    terms = review_terms.terms_on_record(at=at)
    with refusals(), transaction.atomic():
        packet = _open(by, minutes=terms.lease_minutes, at=at)
        facts: dict[str, Any] = {
            "areas": list(areas),
            "staff": by.pk,
            "staff_no": by.staff_no,
            "reviewer_areas": list(reviewer_areas),
        }
        size = terms.packet_size
        looks = _ask(SECOND_LOOKS, facts, most=max(1, size // SECOND_LOOKS_ONE_IN))
        pairs = _ask(OPEN_PAIRS, facts, most=size - len(looks))
        if len(pairs) + len(looks) < size:
            # Nothing but second looks is left.
            looks = _ask(SECOND_LOOKS, facts, most=size - len(pairs))
        _fill(packet, [*looks, *pairs])
        audit.record("review.packet_taken", by=actor, at=at, target=packet, pairs=packet.size)
    return packet


def take_pair(
    pair: CandidatePair,
    *,
    as_reviewer: bool,
    by: Staff,
    actor: Actor,
    at: datetime.datetime,
) -> ReviewPacket:
    """This one pair is in the hands of the member of staff, beside what is there already.

    Raises MovedOn when somebody else has it or it is decided.
    """
    close_expired(at=at)
    terms = review_terms.terms_on_record(at=at)
    with refusals(), transaction.atomic():
        found = CandidatePair.objects.select_for_update(of=("self",)).get(pk=pair.pk)
        if found.state not in OPEN_PAIR_STATES:
            raise clearing.decided_before(found, by=by)
        if found.state == PairState.DISPUTED:
            expect_third(found, by, as_reviewer=as_reviewer)
        holder = holder_of(found)
        if holder is not None and holder.staff_id != by.pk:
            raise in_other_hands(holder)
        packet = in_hand(by) or _open(by, minutes=terms.lease_minutes, at=at)
        if holder is None:
            place = packet.pairs.count() + 1
            PacketPair.objects.create(packet=packet, pair=found, place=place)
            ReviewPacket.objects.filter(pk=packet.pk).update(size=F("size") + 1)
        audit.record("review.pair_taken", by=actor, at=at, target=found)
    packet.refresh_from_db()
    return packet


def take_returned(
    pairs: Collection[int], *, by: Staff, actor: Actor, at: datetime.datetime
) -> ReviewPacket:
    """Pairs that came back to the member of staff are in hand again, beside what is there already.

    Those that others took meanwhile are left out. Raises DomainError when none is left.
    """
    close_expired(at=at)
    terms = review_terms.terms_on_record(at=at)
    with refusals(), transaction.atomic():
        packet = in_hand(by) or _open(by, minutes=terms.lease_minutes, at=at)
        free = list(
            CandidatePair.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(pk__in=pairs, state__in=[PairState.OPEN, PairState.LATER])
            .exclude(packet_pairs__in_hand=True)
            .exclude(packet_pairs__packet=packet)
            .order_by("-score", "pk")[: terms.packet_size]
        )
        if not free:
            raise DomainError("no_pair_came_back", _("None of these pairs waits for you any more."))
        before = packet.pairs.count()
        PacketPair.objects.bulk_create(
            PacketPair(packet=packet, pair=pair, place=place)
            for place, pair in enumerate(free, start=before + 1)
        )
        ReviewPacket.objects.filter(pk=packet.pk).update(size=F("size") + len(free))
        audit.record("review.returned_taken", by=actor, at=at, target=packet, pairs=len(free))
    packet.refresh_from_db()
    return packet


def expect_third(pair: CandidatePair, staff: Staff, *, as_reviewer: bool) -> None:
    """Whoever decides on what two differ about is a reviewer and neither of the two."""
    if not as_reviewer:
        raise DomainError(
            "pair_for_a_reviewer",
            _("Two clerks differ on this pair; a reviewer decides it."),
        )
    if has_decided(pair, staff):
        raise DomainError(
            "pair_for_another_reviewer",
            _("You are one of those who differ on this pair; another reviewer decides it."),
        )


def has_decided(pair: CandidatePair, staff: Staff) -> bool:
    """Whether the member of staff said a word on the pair before, under whatever account."""
    with connection.cursor() as cursor:
        cursor.execute(DECIDED_BY, {"pair": pair.pk, "staff": staff.pk, "staff_no": staff.staff_no})
        return cursor.fetchone() is not None


def holder_of(pair: CandidatePair) -> ReviewPacket | None:
    """The packet in which the pair is in hand."""
    held = PacketPair.objects.filter(pair=pair, in_hand=True).select_related("packet__staff")
    found = held.first()
    return found.packet if found else None


def in_other_hands(packet: ReviewPacket) -> MovedOn:
    return MovedOn(
        "pair_in_other_hands",
        _("%(who)s has this pair in hand since %(at)s."),
        who=str(packet.staff),
        at=clearing.instant(packet.taken_at),
    )


def _open(by: Staff, *, minutes: int, at: datetime.datetime) -> ReviewPacket:
    return ReviewPacket.objects.create(
        staff=by,
        staff_no=by.staff_no,
        size=0,
        taken_at=at,
        lease_until=at + datetime.timedelta(minutes=minutes),
    )


def _ask(statement: str, facts: dict[str, Any], *, most: int) -> list[tuple[int, int, float]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**facts, "most": most})
        return list(cursor.fetchall())


def _fill(packet: ReviewPacket, found: list[tuple[int, int, float]]) -> None:
    """Second looks stand among the others, so that nobody can tell them by their place."""
    found.sort(key=lambda line: (-line[2], line[0]))
    PacketPair.objects.bulk_create(
        [
            PacketPair(packet=packet, pair_id=pair, place=place, look_id=look)
            for place, (pair, look, _score) in enumerate(found, start=1)
        ],
        # Another clerk took one a moment ago: the packet is one shorter.
        ignore_conflicts=True,
    )
    packet.size = PacketPair.objects.filter(packet=packet).count()
    if not packet.size:
        raise DomainError("no_pair_waits", _("No pair of your areas waits for a decision."))
    packet.save(update_fields=["size"])


def renew(packet: ReviewPacket, *, at: datetime.datetime) -> None:
    """The clerk is at work: the time runs anew."""
    minutes = review_terms.terms_on_record(at=at).lease_minutes
    ReviewPacket.objects.filter(pk=packet.pk, closed_at=None).update(
        lease_until=at + datetime.timedelta(minutes=minutes)
    )


def hand_in(packet_id: int, *, by: Staff, actor: Actor, at: datetime.datetime) -> ReviewPacket:
    """What was decided goes its way, the rest waits for the next clerk.

    Raises MovedOn when the packet is closed already.
    """
    return _close(packet_id, PacketEnd.HANDED_IN, actor=actor, at=at, owner=by)


def give_back(packet_id: int, *, by: Staff, actor: Actor, at: datetime.datetime) -> ReviewPacket:
    """The same, said by a clerk who does not want to go on."""
    return _close(packet_id, PacketEnd.GIVEN_BACK, actor=actor, at=at, owner=by)


def close_expired(*, at: datetime.datetime) -> int:
    """Packets whose time has run out are handed back, with what was decided; returns how many."""
    over = list(
        ReviewPacket.objects.filter(closed_at=None, lease_until__lt=at).values_list("pk", flat=True)
    )
    closed = 0
    for number in over:
        try:
            _close(number, PacketEnd.EXPIRED, actor=Actor.for_job("close_expired"), at=at)
        except MovedOn:
            # Its clerk, or another process, was faster.
            continue
        closed += 1
    return closed


def closed_before(packet: ReviewPacket, *, by: Staff | None) -> MovedOn:
    """What the packet came to, for whoever would close it once more."""
    is_own = by is not None and by.pk == packet.staff_id
    in_time = packet.closed_as != PacketEnd.EXPIRED
    return MovedOn(
        "packet_closed_before",
        _("You closed packet %(packet)s yourself at %(at)s, in another window: %(end)s.")
        if is_own and in_time
        else _("Packet %(packet)s was closed at %(at)s: %(end)s."),
        is_own=is_own,
        packet=packet.pk,
        at=clearing.instant(packet.closed_at),
        end=str(packet.get_closed_as_display()),
    )


def _close(
    packet_id: int,
    end: PacketEnd,
    *,
    actor: Actor,
    at: datetime.datetime,
    owner: Staff | None = None,
) -> ReviewPacket:
    with refusals(), transaction.atomic():
        packet = (
            ReviewPacket.objects.select_for_update(of=("self",))
            .select_related("staff")
            .get(pk=packet_id)
        )
        if packet.closed_at is not None or (owner is not None and owner.pk != packet.staff_id):
            raise closed_before(packet, by=owner)
        if end == PacketEnd.EXPIRED and packet.lease_until >= at:
            raise MovedOn("packet_renewed", _("The packet is in work again."))
        packet.closed_at, packet.closed_as = at, end
        packet.save(update_fields=["closed_at", "closed_as"])
        PacketPair.objects.filter(packet=packet).update(in_hand=False)
        decided = bundles.hand_in(packet, at=at, by=actor)
        audit.record(
            "review.packet_closed",
            by=actor,
            at=at,
            target=packet,
            end=end.value,
            pairs=packet.size,
            decided=decided,
        )
    return packet
