"""A clerk's packet of pairs: taken, worked through, handed in; and how the work stands."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import access, clock
from bureau.core.canaries import Canary
from bureau.core.choices import Role
from bureau.core.errors import DomainError
from bureau.core.models import Area, Staff
from bureau.ui import formatting
from bureau.ui.charts import Bar, Bars, Chart
from bureau.ui.forms import QueryForm
from bureau.ui.masking import masked_name
from bureau.ui.navigation import Work, actor_of_request
from bureau.ui.paging import Sort
from bureau.ui.statuses import Status, status_of
from bureau.ui.tables import Column
from bureau.ui.views import ActionView, Empty, PortalPage
from bureau.ui.views.pages import own_path
from enrollment.choices import PairState
from enrollment.models import CandidatePair, PacketPair, ReviewPacket, RosterRow
from enrollment.selectors import review, review_bundles
from enrollment.services import deciding, looks, packets, review_terms
from enrollment.tables import review_bundles as bundle_words
from enrollment.tables import review_words
from enrollment.tables.review_pair import status_of_pair
from enrollment.views import review_terms as review_terms_page
from enrollment.views.people_looks import ListOfPeople, PageOfPeople
from enrollment.views.review_pair import PARENTS, pace_of

#: The overview looks so many days back.
DAYS = 7
#: So many pairs that came back are named on the home page of the review.
RETURNED = 50


class ReviewHome(PageOfPeople, PortalPage):
    """The own packet with its progress, pace and time left; or the way to take one.

    The masked names of a packet are on record as looked at before they are shown.
    """

    title = gettext_lazy("Duplicate review")
    lead = gettext_lazy(
        "Two roster rows that may be one person are compared side by side; nobody else has the "
        "pairs of your packet."
    )
    template_name = "enrollment/review_home.html"

    def context(self) -> dict[str, Any]:
        staff: Any = self.request.user
        waiting = review.waiting_for(self.actor, self.scope).order_by().count()
        packet = review.packet_in_hand(staff)
        return {
            "waiting": waiting,
            "may_take": access.may(self.actor, "enrollment:review-take", "POST"),
            "size": review_terms.terms_in_force(at=clock.now()).packet_size,
            "packet": packet,
            "page_order": review_words.ORDER,
            **self._returned(),
            **(self._own(packet) if packet else {}),
        }

    def _returned(self) -> dict[str, Any]:
        """The pairs that a second person returned to the reader, and why."""
        staff: Any = self.request.user
        found = list(review_bundles.returned_to(staff, self.scope)[:RETURNED])
        if not found:
            return {"returned": []}
        self.note_look(
            RosterRow._meta.label_lower, looks.REVIEW, fields=["name"], row_count=2 * len(found)
        )
        names = review.names_of(decision.pair for decision in found)
        in_hand = review.in_hand([decision.pair for decision in found])
        return {
            "returned": [bundle_words.returned_line(decision, names) for decision in found],
            "may_take_returned": any(decision.pair_id not in in_hand for decision in found)
            and access.may(self.actor, "enrollment:review-take-returned", "POST"),
        }

    def _own(self, packet: ReviewPacket) -> dict[str, Any]:
        progress = review.progress_of(packet)
        following = progress.next_after(None)
        self.note_look(
            RosterRow._meta.label_lower,
            looks.REVIEW,
            fields=["name"],
            row_count=2 * len(progress.pairs),
        )
        names = review.names_of(held.pair for held in progress.pairs)
        return {
            "progress": progress,
            "pace": pace_of(progress),
            "is_over": packet.lease_until < clock.now(),
            "next_url": reverse("enrollment:review-pair", args=[following]) if following else "",
            "lines": [
                {
                    "number": held.pair_id,
                    "place": held.place,
                    "left": masked_name(names.get(held.pair.row_a_id)),
                    "right": masked_name(names.get(held.pair.row_b_id)),
                    "score": formatting.percent(review_words.score_of(held.pair)),
                    "against": review_words.speaks_against(held.pair) or formatting.ABSENT,
                    "url": reverse("enrollment:review-pair", args=[held.pair_id]),
                    "status": _status_in_hand(held),
                }
                for held in progress.pairs
            ],
        }


def _status_in_hand(held: PacketPair) -> Status:
    """How the pair of a packet stands for its clerk, who has to hand in what is decided."""
    if held.look_id is not None:
        # A second look looks like any other until it was answered.
        return status_of(PairState, PairState.OPEN if held.in_hand else PairState.CHECKING)
    if held.in_hand and held.pair.state == PairState.CHECKING:
        return Status(_("Decided; goes on when you hand the packet in"), "active")
    return status_of_pair(held.pair)


class PacketAction(ActionView):
    """An act on the own packet."""

    @property
    def staff(self) -> Staff:
        staff: Staff = self.request.user  # type: ignore[assignment]
        return staff

    def packet(self) -> ReviewPacket:
        """The packet in hand, and the very one that the page showed; MovedOn when another window
        closed that one."""
        found = review.packet_in_hand(self.staff)
        named = self.request.POST.get("packet", "")
        shown = review.packet_shown(self.staff, named)
        if named and shown is None:
            raise DomainError(
                "no_such_packet", _("The page named a packet that is not yours; nothing was done.")
            )
        if shown is not None and (found is None or shown.pk != found.pk):
            raise packets.closed_before(shown, by=self.staff)
        if found is None:
            raise DomainError("no_packet", _("You have no packet in hand; take one first."))
        return found

    def next_url(self) -> str:
        return reverse("enrollment:review")


class ReviewTake(PacketAction):
    """A packet of pairs of the own areas comes into the hand of the member of staff."""

    first: int | None = None

    def act(self) -> str:
        packet = packets.take(
            areas=review.area_numbers(self.scope),
            reviewer_areas=review.area_numbers(self.actor.scope(Role.REVIEWER)),
            by=self.staff,
            actor=self.actor,
            at=clock.now(),
        )
        self.first = review.progress_of(packet).next_after(None)
        return ""

    def next_url(self) -> str:
        if self.first is None:
            return super().next_url()
        return reverse("enrollment:review-pair", args=[self.first])


class ReviewTakeReturned(PacketAction):
    """What a second person returned comes into the hand of its clerk again."""

    def act(self) -> str:
        returned = review_bundles.returned_to(self.staff, self.scope)
        packet = packets.take_returned(
            list(returned.values_list("pair", flat=True)),
            by=self.staff,
            actor=self.actor,
            at=clock.now(),
        )
        return _("They are in your packet, together %(n)s pairs.") % {
            "n": formatting.number(packet.size)
        }


class ReviewHandIn(PacketAction):
    """What was decided goes its way; the rest waits for the next clerk."""

    def act(self) -> str:
        packets.hand_in(self.packet().pk, by=self.staff, actor=self.actor, at=clock.now())
        return _("The packet is handed in.")


class ReviewGiveBack(PacketAction):
    """The same for a clerk who does not want to go on."""

    def act(self) -> str:
        packets.give_back(self.packet().pk, by=self.staff, actor=self.actor, at=clock.now())
        return _("The packet is given back; what you had decided goes its way.")


class ReviewUndoLast(PacketAction):
    """The last decision of the packet is taken back, and its pair shown again."""

    undone: CandidatePair | None = None

    def act(self) -> str:
        self.undone = deciding.undo_last(
            self.packet().pk, by=self.staff, actor=self.actor, at=clock.now()
        )
        return _("The decision is taken back.")

    def next_url(self) -> str:
        if self.undone is None:
            # With nothing to take back the clerk stays where the key was pressed.
            back = self.request.POST.get("next")
            return own_path(self.request, back) if back else super().next_url()
        return reverse("enrollment:review-pair", args=[self.undone.pk])


class PairQuery(QueryForm):
    """What pairs are asked for by."""

    state = forms.ChoiceField(label=gettext_lazy("State"), choices=PairState.choices)


class ReviewPairs(ListOfPeople):
    """All pairs of the reader's areas with their state, names masked; each look is on record."""

    title = gettext_lazy("All pairs")
    parents = PARENTS
    list_id = "enrollment.review_pairs"
    personal_label = RosterRow._meta.label_lower
    query_class = PairQuery
    columns = (
        Column(
            "number",
            gettext_lazy("Pair"),
            value="pk",
            kind="code",
            link=lambda pair: reverse("enrollment:review-pair", args=[pair.pk]),
            sort="pk",
        ),
        Column("left", gettext_lazy("Left"), value="left_name", kind="masked_name"),
        Column("right", gettext_lazy("Right"), value="right_name", kind="masked_name"),
        Column("areas", gettext_lazy("Areas"), value=review_words.areas_of),
        Column(
            "score",
            gettext_lazy("Score"),
            value=review_words.score_of,
            kind="percent",
            sort=Sort("score", descending_first=True),
        ),
        Column("against", gettext_lazy("Speaks against"), value=review_words.speaks_against),
        Column("state", gettext_lazy("State"), kind="status", choices=PairState),
        Column("next", gettext_lazy("Acts next"), value="waits_for"),
        Column("decided_by", gettext_lazy("Judged by")),
        Column("decided_at", gettext_lazy("Judged at"), kind="instant"),
        Column("since", gettext_lazy("Waits since"), value="batch.applied_at", kind="instant"),
    )

    def rows(self) -> QuerySet[CandidatePair]:
        return review.pairs_in(self.scope)

    def narrow(
        self, rows: QuerySet[CandidatePair], values: dict[str, Any]
    ) -> QuerySet[CandidatePair]:
        state = values.get("state")
        return rows.filter(state=state) if state else rows

    def people_in(self, rows: list[Any]) -> int:
        """Two of each pair."""
        return 2 * len(rows)

    def before_drawing(self, rows: list[Any]) -> None:
        names = review.names_of(rows)
        handed_in, in_hand = review.handed_in(rows), review.in_hand(rows)
        for pair in rows:
            pair.left_name = names.get(pair.row_a_id)
            pair.right_name = names.get(pair.row_b_id)
            pair.waits_for = review_words.waits_for(
                pair, in_hand=pair.pk in in_hand, handed_in=handed_in.get(pair.pk)
            )

    def invented_row(self, person: Canary) -> CandidatePair:
        """A pair of the invented person, for files."""
        area = self.scope.filter(Area.objects.all(), "path").order_by("path").first()
        pair = CandidatePair(
            pk=0, state=PairState.OPEN, score=0.9, evidence=[], area_a=area, area_b=area
        )
        shown: Any = pair
        shown.left_name = shown.right_name = person.name
        shown.waits_for = ""
        return pair

    def empty(self) -> Empty:
        if self.query.values():
            return super().empty()
        return Empty(
            _("No pair yet"),
            _("Pairs appear when a roster with rows that may be known people was applied."),
        )


class ReviewOverview(PortalPage):
    """How the work stands by clerk, area and age."""

    title = gettext_lazy("Overview of duplicate review")
    parents = PARENTS
    template_name = "enrollment/review_overview.html"

    @cached_property
    def areas(self) -> list[review.AreaLine]:
        return review.area_lines(self.scope)

    def charts(self) -> list[Chart]:
        if not self.areas:
            return []
        most = max(self.areas, key=lambda line: line.waiting)
        return [
            Bars(
                key="waiting-by-area",
                title=_("Pairs that wait by area"),
                finding=_("Most pairs wait in %(area)s.") % {"area": most.area},
                bars=[Bar(str(line.area), line.waiting) for line in self.areas],
                label_head=_("Area"),
                value_head=_("Pairs"),
            )
        ]

    def _may_change_terms(self) -> bool:
        roles = access.roles_for("enrollment:review-terms", "POST")
        return bool(roles) and review_terms_page.may_change(self.actor.scope(*roles))

    def context(self) -> dict[str, Any]:
        since = clock.now() - datetime.timedelta(days=DAYS)
        return {
            "areas": self.areas,
            "terms": review_terms_page.terms_facts(review_terms.terms_in_force(at=clock.now())),
            "may_change_terms": self._may_change_terms(),
            "clerks": review.clerk_lines(review.area_numbers(self.scope), since),
            "days": DAYS,
            "now": clock.now(),
            "charts": self.charts(),
        }


def pairs_waiting(request: HttpRequest) -> Iterable[Work]:
    """Pairs that wait in the reader's areas, and the own packet, for home and to-do."""
    actor = actor_of_request(request)
    roles = access.roles_for("enrollment:review-take", "POST")
    if not actor.has(*roles):
        return
    staff: Any = request.user
    packet = review.packet_in_hand(staff)
    if packet is not None:
        left = review.progress_of(packet).left
        yield Work(
            _("Pairs left in your packet"), len(left), reverse("enrollment:review"), packet.taken_at
        )
    came_back = review_bundles.count_returned(staff, actor.scope(*roles))
    yield Work(
        _("Pairs returned to you by the second person"),
        came_back.count,
        f"{reverse('enrollment:review')}#returned",
        came_back.oldest_at,
    )
    found = review.waiting_for(actor, actor.scope(*roles)).order_by()
    is_disputed = Q(state=PairState.DISPUTED)
    for label, wanted in (
        (_("Pairs that may be one person"), ~is_disputed),
        (_("Pairs on which two clerks differ"), is_disputed),
    ):
        if wanted is is_disputed and not actor.has(Role.REVIEWER):
            continue
        line = found.filter(wanted).aggregate(count=Count("pk"), oldest=Min("batch__applied_at"))
        yield Work(label, line["count"], reverse("enrollment:review"), line["oldest"])
