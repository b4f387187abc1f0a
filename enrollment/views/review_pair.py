"""One pair side by side, and what a clerk says about it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import access, clock, crash, lockout, masking
from bureau.core.actors import Actor
from bureau.core.choices import Role
from bureau.core.errors import DomainError, MovedOn
from bureau.core.models import ApprovalRequest, Staff
from bureau.ui import formatting
from bureau.ui.forms import FieldError
from bureau.ui.views import ActionView, PortalPage
from bureau.ui.views.conflicts import conflict_page
from enrollment.choices import (
    OPEN_PAIR_STATES,
    PairState,
    Side,
    UndoCause,
    ValueField,
    Verdict,
)
from enrollment.choices.bundles import NumberHolder
from enrollment.models import CandidatePair, PacketPair, PairDecision
from enrollment.rules.decisions import Pace, pace
from enrollment.selectors import review
from enrollment.services import bundles, clearing, deciding, looks, packets
from enrollment.tables import review_bundles as bundle_words
from enrollment.tables import review_pair as words
from enrollment.tables import review_words
from enrollment.views.people_looks import PageOfPeople

PARENTS = ((gettext_lazy("Duplicate review"), "enrollment:review"),)


#: Which field of the page a refusal asks for.
MISSING: Final = {
    "number_needs_its_holder": "holder-LEFT",
    "number_needs_a_reason": "review-reason",
}


@dataclasses.dataclass(frozen=True)
class Entered:
    """What stands in the form of a pair: chosen sides, whose number it is, the reason, and the word
    that was said before it was refused."""

    choices: Mapping[str, str] = dataclasses.field(default_factory=dict)
    holder: str = ""
    reason: str = ""
    verdict: str = ""


def pace_of(progress: review.Progress) -> Pace:
    """The clerk's pace in this packet, by the clock."""
    seconds = (clock.now() - progress.packet.taken_at).total_seconds()
    return pace(len(progress.decided), seconds, len(progress.left) + len(progress.put_off))


def is_reviewed_by(pair: CandidatePair, actor: Actor) -> bool:
    """Whether the actor is a reviewer in an area of one of the two rows."""
    scope = actor.scope(Role.REVIEWER)
    return scope.covers(pair.area_a.path) or scope.covers(pair.area_b.path)


class ReviewPair(PageOfPeople, PortalPage):
    """Two columns, differing fields marked by word and colour, and all that speaks for or against.

    Both people are on record as looked at before anything is shown.
    """

    template_name = "enrollment/review_pair.html"
    parents = PARENTS
    #: Whether private values stand in full, after a reason.
    is_revealed = False

    @cached_property
    def pair(self) -> CandidatePair:
        return review.pair_in(self.scope, self.kwargs["pk"])

    @cached_property
    def sides(self) -> tuple[review.Side, review.Side]:
        return review.sides_of(self.pair)

    @property
    def staff(self) -> Staff:
        staff: Staff = self.request.user  # type: ignore[assignment]
        return staff

    @cached_property
    def held(self) -> PacketPair | None:
        return review.held_by(self.staff, self.pair)

    @cached_property
    def decisions(self) -> list[PairDecision]:
        return review.decisions_of(self.pair)

    def page_title(self) -> str:
        return _("Pair %(number)s") % {"number": self.pair.pk}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _fetched = self.pair
        self.note_looks()
        return super().get(request, *args, **kwargs)

    def note_looks(self) -> None:
        looks.note_pair(
            [(side.person or side.row, side.area) for side in self.sides],
            fields=["summary", "household", "sources", "timeline"],
            address=lockout.address_of(self.request),
            at=clock.now(),
            by=self.actor,
        )

    @property
    def is_blind(self) -> bool:
        """A second look: nothing tells what was said before."""
        return self.held is not None and self.held.look_id is not None

    @property
    def may_decide(self) -> bool:
        return self.held is not None and (self.is_blind or self.pair.state in OPEN_PAIR_STATES)

    @property
    def is_one_person(self) -> bool:
        """Whether both rows lie in one file by now."""
        left, right = (side.person for side in self.sides)
        return left is not None and right is not None and left.pk == right.pk

    def _compared(self) -> tuple[review.Side, review.Side]:
        """Whose values stand side by side: those of the files; of one file the two rows that were
        judged, else nobody could see what differed."""
        if not self.is_one_person:
            return self.sides
        pair = self.pair
        return review.Side(pair.row_a, pair.area_a), review.Side(pair.row_b, pair.area_b)

    def context(self) -> dict[str, Any]:
        before = self.entered
        lines = words.lines_of(
            self._compared(), revealed=self.is_revealed, chosen=before.choices or None
        )
        left, right = self.sides
        if self.is_one_person:
            left, right = (dataclasses.replace(side, rows=[side.row]) for side in self.sides)
        holders = self._holders()
        return {
            "pair": self.pair,
            "status": words.status_of_pair(self.pair) if not self.is_blind else None,
            "score": formatting.percent(review_words.score_of(self.pair)),
            "reasons": words.reasons_of(self.pair),
            "lines": lines,
            "columns": [
                words.column_of(_("Left"), left, right, self.scope, revealed=self.is_revealed),
                words.column_of(_("Right"), right, left, self.scope, revealed=self.is_revealed),
            ],
            "is_revealed": self.is_revealed,
            "may_reveal": access.may(self.actor, "enrollment:review-reveal", "POST"),
            "may_decide": self.may_decide,
            "may_take": self._may_take(),
            "case_first": self._case_first(),
            "is_one_person": self.is_one_person,
            "entered": before,
            "holders": holders,
            **self._stages(),
            "page_keys": review_words.keys_of(has_holders=bool(holders)) if self.held else (),
            "page_order": review_words.ORDER if self.held is not None else (),
            **self._history(),
            **self._packet(),
        }

    @cached_property
    def entered(self) -> Entered:
        """What was said before it was taken back or returned stands in the form again."""
        before = self._word_taken_back()
        return Entered(before.choices, before.holder, before.reason) if before else Entered()

    def _word_taken_back(self) -> PairDecision | None:
        """What was said before it was taken back or returned: the clerk goes on from there."""
        if self.held is None or self.is_blind:
            return None
        last = self.decisions[0] if self.decisions else None
        undo = getattr(last, "undo", None)
        if last is None or undo is None or last.by_id != self.staff.pk:
            return None
        is_of_this = last.packet_id == self.held.packet_id
        return last if is_of_this or undo.cause == UndoCause.RETURNED else None

    def _holders(self) -> list[tuple[str, str, Any]]:
        """Whom the number may belong to, with the key of each, where both rows bear one and a word
        is to be said."""
        if not self.may_decide or not deciding.has_one_number(self.pair):
            return []
        return [
            (review_words.HOLDER_KEYS[holder], holder.value, holder.label)
            for holder in NumberHolder
        ]

    def _stages(self) -> dict[str, Any]:
        """Which step on the way the pair has reached, and what comes next; nothing of it while a
        second person is to decide blind."""
        if self.is_blind:
            return {
                "steps": review_words.STEPS,
                "step": 1,
                "step_text": review_words.step_text(1),
                "returned": "",
            }
        step = review_words.step_of(self.pair, self.decisions)
        return {
            "steps": review_words.STEPS,
            "step": step,
            "step_text": review_words.step_text(step),
            "returned": bundle_words.returned_text(self.decisions),
        }

    def _may_take(self) -> bool:
        if self.held is not None or self.pair.state not in OPEN_PAIR_STATES:
            return False
        if self.pair.state == PairState.DISPUTED and not (
            is_reviewed_by(self.pair, self.actor) and not packets.has_decided(self.pair, self.staff)
        ):
            return False
        return access.may(self.actor, "enrollment:review-take-pair", "POST")

    def _case_first(self) -> str:
        """Which case the roll waits for before it shows that a decision was taken back."""
        if self.is_blind or self.pair.state != PairState.CHECKING:
            return ""
        if clearing.decision_of(self.pair.pk) is not None:
            return ""
        case = deciding.case_in_the_way(self.pair)
        if case is None:
            return ""
        return _(
            "The decision is taken back. The roll follows once the decision in case %(case)s of "
            "double enrollment, which builds on this being one person, is taken back too."
        ) % {"case": case}

    def _history(self) -> dict[str, Any]:
        """What was said and became of it; hidden while a second person is to decide blind."""
        if self.is_blind:
            return {
                "decisions": [],
                "may_take_back": False,
                "others": [],
                "undo_url": "",
                "bundle_url": "",
            }
        decisions = self.decisions
        last = clearing.decision_of(self.pair.pk) if decisions else None
        line = bundles.line_waiting(last) if last is not None else None
        if self.pair.state == PairState.CHECKING:
            is_open = line is not None
            decisions = [one for one in decisions if is_open or one.by_id == self.staff.pk]
        may = access.may(self.actor, "enrollment:review-take-back", "POST")
        in_effect = any(getattr(one, "undo", None) is None and one.verdict != Verdict.LATER
                        for one in decisions)  # fmt: skip
        undoing = clearing.pending_request(self.pair, deciding.UNDO_KIND) if in_effect else None
        return {
            "decisions": [review_words.decision_line(one) for one in decisions],
            "may_take_back": may and in_effect and undoing is None,
            "needs_two": last is not None and deciding.needs_two_to_take_back(last),
            "undo_url": self._request_url(undoing),
            "bundle_url": (
                reverse("enrollment:review-bundle", args=[line.bundle_id]) if line else ""
            ),
            "others": [
                review_words.pair_link(other) for other in review.other_pairs(self.pair, self.sides)
            ],
        }

    def _request_url(self, request: ApprovalRequest | None) -> str:
        return reverse("portal:approval-detail", args=[request.pk]) if request else ""

    def _packet(self) -> dict[str, Any]:
        if self.held is None:
            return {"progress": None}
        progress = review.progress_of(self.held.packet)
        before, after = progress.beside(self.pair.pk)
        return {
            "progress": progress,
            "place": self.held.place,
            "previous_url": reverse("enrollment:review-pair", args=[before]) if before else "",
            "next_url": reverse("enrollment:review-pair", args=[after]) if after else "",
            "pace": pace_of(progress),
        }


class ReviewReveal(ReviewPair):
    """The same page with private values in full, after a reason that is on record."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _fetched = self.pair
        looks.expect_human_pace(at=clock.now(), by=self.actor)
        try:
            for side in self.sides:
                masking.reveal(
                    request,  # type: ignore[arg-type]
                    side.person or side.row,
                    {"numbers": "", "phone": "", "address": "", "raw": ""},
                    # A pair across two counties is seen by the area that the reader holds.
                    area=side.area if self.scope.covers(side.area.path) else self._own_area(),
                    reason=request.POST.get("reason", ""),
                )
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return redirect("enrollment:review-pair", self.pair.pk)
        self.is_revealed = True
        return self.show(back_path=reverse("enrollment:review-pair", args=[self.pair.pk]))

    def _own_area(self) -> Any:
        return next(side.area for side in self.sides if self.scope.covers(side.area.path))


class PairAction(ActionView):
    """An act on one pair of the scope."""

    @cached_property
    def pair(self) -> CandidatePair:
        return review.pair_in(self.scope, self.kwargs["pk"])

    @property
    def staff(self) -> Staff:
        staff: Staff = self.request.user  # type: ignore[assignment]
        return staff

    @property
    def as_reviewer(self) -> bool:
        return is_reviewed_by(self.pair, self.actor)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Fetched before anything else, so that a pair of other areas is always 404.
        _fetched = self.pair
        return super().post(request, *args, **kwargs)

    def next_url(self) -> str:
        return reverse("enrollment:review-pair", args=[self.pair.pk])


class ReviewDecide(ReviewPair):
    """The same, not the same, later: said of a pair in hand; then the next one.

    What is refused comes back as it was entered, the focus where something is missing.
    """

    http_method_names = ["post"]

    @cached_property
    def entered(self) -> Entered:
        sent = self.request.POST
        chosen = {field: sent.get(f"choice_{field}", "") for field in ValueField.values}
        return Entered(
            {field: side for field, side in chosen.items() if side in Side.values},
            sent.get("holder", "") if sent.get("holder") in NumberHolder.values else "",
            sent.get("reason", "")[:500],
            sent.get("verdict", "") if sent.get("verdict") in Verdict.values else "",
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Fetched before anything else, so that a pair of other areas is always 404.
        _fetched = self.pair
        try:
            told = self.say()
        except MovedOn as refusal:
            return conflict_page(request, refusal, self.page_url())
        except DomainError as refusal:
            return self.show_refused(refusal)
        crash.point("act_before_answer")
        if told:
            messages.success(request, told)
        return redirect(self.following_url())

    def say(self) -> str:
        """The word stands on record; what a second look is told then."""
        said = self.entered
        if not said.verdict:
            raise DomainError("no_verdict", _("Say whether it is the same person."))
        heard = deciding.decide(
            self.pair.pk,
            Verdict(said.verdict),
            reason=said.reason,
            choices=said.choices,
            holder=said.holder,
            as_reviewer=is_reviewed_by(self.pair, self.actor),
            by=self.staff,
            actor=self.actor,
            at=clock.now(),
        )
        return review_words.what_the_second_look_says(heard.answer) if heard.answer else ""

    def show_refused(self, refusal: DomainError) -> HttpResponse:
        """The page again, on record as any look; where a field is missing it takes the focus."""
        self.note_looks()
        missing = MISSING.get(refusal.code, "")
        return self.show(
            status=422,
            errors=[FieldError(str(refusal), missing)],
            missing=missing,
            back_path=self.page_url(),
        )

    def following_url(self) -> str:
        packet = review.packet_in_hand(self.staff)
        following = review.progress_of(packet).next_after(self.pair.pk) if packet else None
        if following is None:
            return reverse("enrollment:review")
        return reverse("enrollment:review-pair", args=[following])

    def page_url(self) -> str:
        return reverse("enrollment:review-pair", args=[self.pair.pk])


class ReviewTakePair(PairAction):
    """This pair comes into the hand of the member of staff."""

    def act(self) -> str:
        packets.take_pair(
            self.pair,
            as_reviewer=self.as_reviewer,
            by=self.staff,
            actor=self.actor,
            at=clock.now(),
        )
        return _("You have this pair in hand.")


class ReviewTakeBack(PairAction):
    """A decision is taken back, with a reason once it was handed in."""

    def act(self) -> str:
        request = deciding.take_back(
            self.pair.pk,
            reason=self.request.POST.get("reason", ""),
            by=self.staff,
            actor=self.actor,
            at=clock.now(),
        )
        if request is not None:
            return _("A second person has to approve this; the request is made.")
        return _("The decision is taken back.")
