"""Decisions of a packet before a second person: the list side by side, approved or returned."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bureau.core import access, approvals, clock, crash
from bureau.core.choices import ApprovalState
from bureau.core.errors import DomainError, MovedOn
from bureau.core.models import ApprovalRequest, Staff
from bureau.ui import formatting
from bureau.ui.forms import FieldError
from bureau.ui.statuses import status_of
from bureau.ui.views import PortalPage
from bureau.ui.views.conflicts import conflict_page
from enrollment.choices.bundles import BundledState
from enrollment.models import BundledDecision, DecisionBundle
from enrollment.selectors import review_bundles as selectors
from enrollment.services import bundles, looks
from enrollment.tables import review_bundles as words
from enrollment.views.people_looks import PageOfPeople

PARENTS = ((gettext_lazy("To-do and done"), "portal:todo"),)


#: A list that is longer than any packet is none that this page sent.
_MOST = 2000


@dataclasses.dataclass(frozen=True)
class Entered:
    """What the second person marked and wrote, by the numbers of the decisions."""

    marked: tuple[int, ...] = ()
    reasons: Mapping[int, str] = dataclasses.field(default_factory=dict)
    common: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Entered:
        sent = request.POST
        marked = [_number(text) for text in sent.getlist("return")[:_MOST]]
        reasons = {
            _number(key.removeprefix("reason_")): str(sent[key]).strip()[:500]
            for key in sent
            if key.startswith("reason_")
        }
        return cls(
            tuple(number for number in marked if number is not None),
            {number: text for number, text in reasons.items() if number is not None and text},
            sent.get("reason", "").strip()[:500],
        )

    def reason_of(self, number: int) -> str:
        """Why this one goes back: its own reason, or the one for all."""
        return self.reasons.get(number) or self.common

    @property
    def missing(self) -> tuple[int, ...]:
        """Those marked that have no reason."""
        return tuple(number for number in self.marked if not self.reason_of(number))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


class ReviewBundle(PageOfPeople, PortalPage):
    """What a clerk handed in, pair by pair: both rows beside each other, the word, what it does.

    That the list was looked at is on record before anything is shown.
    """

    template_name = "enrollment/review_bundle.html"
    parents = PARENTS

    @property
    def staff(self) -> Staff:
        staff: Staff = self.request.user  # type: ignore[assignment]
        return staff

    @cached_property
    def bundle(self) -> DecisionBundle:
        return selectors.bundle_in(self.scope, self.staff, self.kwargs["pk"])

    @cached_property
    def lines(self) -> list[BundledDecision]:
        return selectors.lines_of(self.bundle)

    @property
    def request_made(self) -> ApprovalRequest:
        return self.lines[0].approval

    def page_title(self) -> str:
        return _("Decisions of packet %(packet)s") % {"packet": self.bundle.packet_id}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Fetched before anything else, so that what lies outside the scope is always 404.
        _fetched = self.bundle
        self.note_list()
        return super().get(request, *args, **kwargs)

    def note_list(self) -> None:
        """The list never changes: by its number the log leads to both rows of every pair."""
        self.note_look(
            self.bundle,
            looks.REVIEW,
            fields=["name", "id_number", "birth_on", "sex"],
            area=self.request_made.area,
            row_count=2 * len(self.lines),
        )

    @cached_property
    def entered(self) -> Entered:
        """What stands in the form: nothing yet."""
        return Entered()

    def context(self) -> dict[str, Any]:
        asked = self.request_made
        waiting = [line for line in self.lines if line.state == BundledState.WAITING]
        is_pending = asked.state == ApprovalState.PENDING
        is_own = self.staff.staff_no == asked.maker_staff_no
        is_left = approvals.is_left_by_maker(asked, self.staff.staff_no, on=clock.today())
        decides = access.may(self.actor, "enrollment:review-bundle-decide", "POST")
        may_decide = decides and approvals.may_decide(self.actor, asked)
        is_worker = is_pending and self.staff.staff_no in approvals.workers_of(asked)
        return {
            "bundle": self.bundle,
            "asked": asked,
            "status": status_of(ApprovalState, asked.state),
            "summary": self._summary(asked, len(waiting)),
            "lines": [self._line(line) for line in self.lines],
            "common_reason": self.entered.common,
            "waiting": len(waiting),
            "may_decide": is_pending and may_decide and not (is_own or is_left or is_worker),
            "is_worker_pending": may_decide and is_worker and not is_own,
            "is_own_pending": is_pending and is_own,
            "is_left_pending": is_pending and is_left and not is_own,
            "request_url": reverse("portal:approval-detail", args=[asked.pk]),
        }

    def _line(self, line: BundledDecision) -> words.BundleLine:
        number, entered = line.decision_id, self.entered
        return dataclasses.replace(
            words.bundle_line(line),
            is_marked=number in entered.marked,
            reason_entered=entered.reasons.get(number, ""),
            is_missing=number in entered.missing,
            takes_focus=number == self.first_missing,
        )

    @property
    def first_missing(self) -> int | None:
        """Of those marked without a reason the one that stands first on the page."""
        missing = set(self.entered.missing)
        return next((line.decision_id for line in self.lines if line.decision_id in missing), None)

    def _summary(self, asked: ApprovalRequest, waiting: int) -> list[tuple[Any, Any]]:
        facts: list[tuple[Any, Any]] = [
            (_("Made by"), asked.maker.full_name),
            (_("Made at"), formatting.instant(asked.made_at)),
            (_("Area"), asked.area),
            (_("Judgements"), formatting.number(len(self.lines))),
            (_("Of them waiting"), formatting.number(waiting)),
            (_("Contributions concerned"), formatting.money_prose(asked.amount)),
        ]
        if drawn := selectors.drawn_of(self.bundle):
            facts.append((_("Of the packet in a second look"), formatting.number(drawn)))
        if asked.checker:
            facts.append((_("Decided by"), asked.checker.full_name))
            facts.append((_("Decided at"), formatting.instant(asked.checked_at)))
        return facts


class ReviewBundleDecide(ReviewBundle):
    """All are approved; or those marked go back, each with its reason, and the rest is approved.

    What is refused comes back as it was entered, with what is missing marked.
    """

    http_method_names = ["post"]

    @cached_property
    def entered(self) -> Entered:
        return Entered.of(self.request)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _fetched = self.bundle
        try:
            done = self.act()
        except MovedOn as refusal:
            if refusal.code == "decision_left_the_request":
                # The list is there with what has gone, so that the rest need not be marked again.
                return self.show_refused(refusal)
            return conflict_page(request, refusal, self.page_url())
        except DomainError as refusal:
            return self.show_refused(refusal)
        crash.point("act_before_answer")
        messages.success(request, done)
        return redirect(self.page_url())

    def act(self) -> str:
        returned = self._returned()
        line = self.lines[0]
        bundles.decide(line.approval_id, returned=returned, by=self.staff, at=clock.now())
        if not returned:
            return _("Approved. What follows is carried out by a job.")
        text = ngettext(
            "%(n)s decision went back to its clerk; what was not marked is approved.",
            "%(n)s decisions went back to their clerk; what was not marked is approved.",
            len(returned),
        )
        return text % {"n": formatting.number(len(returned))}

    def _returned(self) -> dict[int, str]:
        """The decisions that were marked, with the reason of each."""
        entered = self.entered
        if self.request.POST.get("decision") == "all":
            if entered.marked:
                raise DomainError(
                    "some_are_marked",
                    gettext_lazy(
                        "You marked decisions that are to go back. Return those and approve the "
                        "rest, or take the marks away."
                    ),
                )
            return {}
        if not entered.marked:
            raise DomainError(
                "none_is_marked", gettext_lazy("Mark the decisions that are to go back.")
            )
        if entered.missing:
            raise DomainError(
                "return_needs_a_reason_each",
                gettext_lazy("Say of each decision that goes back why; its clerk reads it."),
            )
        return {number: entered.reason_of(number) for number in entered.marked}

    def show_refused(self, refusal: DomainError) -> HttpResponse:
        """The page again: the look is on record as any other, what was entered stands in it."""
        for fetched in ("bundle", "lines"):
            self.__dict__.pop(fetched, None)
        self.note_list()
        missing = set(self.entered.missing)
        named = [
            FieldError(
                _("Pair %(number)s: say why it goes back; its clerk reads it.")
                % {"number": line.decision.pair_id},
                f"reason-{line.decision_id}",
            )
            for line in self.lines
            if refusal.code == "return_needs_a_reason_each" and line.decision_id in missing
        ]
        return self.show(
            status=422,
            errors=named or [FieldError(str(refusal), "")],
            is_refused=True,
            # The first line without a reason takes the focus then.
            line_takes_focus=bool(named),
            back_path=self.page_url(),
        )

    def page_url(self) -> str:
        return reverse("enrollment:review-bundle", args=[self.kwargs["pk"]])
