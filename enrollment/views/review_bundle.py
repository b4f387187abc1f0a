"""Decisions of a packet before a second person: the list side by side, approved or returned."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bureau.core import access, approvals, clock
from bureau.core.choices import ApprovalState
from bureau.core.errors import DomainError
from bureau.core.models import ApprovalRequest, Staff
from bureau.ui import formatting
from bureau.ui.statuses import status_of
from bureau.ui.views import ActionView, PortalPage
from enrollment.choices.bundles import BundledState
from enrollment.models import BundledDecision, DecisionBundle
from enrollment.selectors import review_bundles as selectors
from enrollment.services import bundles, looks
from enrollment.tables import review_bundles as words
from enrollment.views.people_looks import PageOfPeople

PARENTS = ((gettext_lazy("To-do and done"), "portal:todo"),)


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
        # The list never changes: by its number the log leads to both rows of every pair.
        self.note_look(
            self.bundle,
            looks.REVIEW,
            fields=["name", "id_number", "birth_on", "sex"],
            area=self.request_made.area,
            row_count=2 * len(self.lines),
        )
        return super().get(request, *args, **kwargs)

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
            "lines": [words.bundle_line(line) for line in self.lines],
            "waiting": len(waiting),
            "may_decide": is_pending and may_decide and not (is_own or is_left or is_worker),
            "is_worker_pending": may_decide and is_worker and not is_own,
            "is_own_pending": is_pending and is_own,
            "is_left_pending": is_pending and is_left and not is_own,
            "request_url": reverse("portal:approval-detail", args=[asked.pk]),
        }

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


class ReviewBundleDecide(ActionView):
    """All are approved; or those marked go back, each with its reason, and the rest is approved."""

    @property
    def staff(self) -> Staff:
        staff: Staff = self.request.user  # type: ignore[assignment]
        return staff

    @cached_property
    def bundle(self) -> DecisionBundle:
        return selectors.bundle_in(self.scope, self.staff, self.kwargs["pk"])

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        _fetched = self.bundle
        return super().post(request, *args, **kwargs)

    def act(self) -> str:
        returned = self._returned()
        line = selectors.lines_of(self.bundle)[0]
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
        """The decisions that were marked, with the reason of each: its own, or the one for all."""
        sent = self.request.POST
        marked = [
            int(number)
            for number in sent.getlist("return")
            if number.isascii() and number.isdigit() and len(number) < 19
        ]
        if sent.get("decision") == "all":
            if marked:
                raise DomainError(
                    "some_are_marked",
                    gettext_lazy(
                        "You marked decisions that are to go back. Return those and approve the "
                        "rest, or take the marks away."
                    ),
                )
            return {}
        if not marked:
            raise DomainError(
                "none_is_marked", gettext_lazy("Mark the decisions that are to go back.")
            )
        common = sent.get("reason", "").strip()
        reasons = {n: sent.get(f"reason_{n}", "").strip() or common for n in marked}
        if not all(reasons.values()):
            raise DomainError(
                "return_needs_a_reason_each",
                gettext_lazy("Say of each decision that goes back why; its clerk reads it."),
            )
        return {n: reason[:500] for n, reason in reasons.items()}

    def next_url(self) -> str:
        return reverse("enrollment:review-bundle", args=[self.kwargs["pk"]])
