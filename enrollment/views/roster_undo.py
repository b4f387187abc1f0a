"""Undoing a roster that stands on the roll: what it would take back, or what depends on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import clock
from bureau.intake.choices import BatchState
from bureau.ui import formatting
from enrollment.choices import CorrectionState, PairState, RowMoveState
from enrollment.choices.double import CaseState, ProofState
from enrollment.choices.undo import UndoState
from enrollment.forms import UndoForm
from enrollment.selectors import editions, undo_dependents, undo_preview
from enrollment.selectors.undo_dependents import Kind, Thing
from enrollment.services import undoing
from enrollment.views.roster_steps import RosterForms

#: Things of one kind that are named; of more, how many there are is said.
NAMED: Final = 50


@dataclasses.dataclass(frozen=True)
class Words:
    """How things of a kind are called, what page is theirs, and how they are taken back."""

    title: Any
    name: Any
    route: str
    states: Any
    how: Any


WORDS: Final[Mapping[Kind, Words]] = {
    Kind.PROOF: Words(
        gettext_lazy("Integration proofs that tell of it"),
        gettext_lazy("Integration proof no. %(number)s"),
        "enrollment:proof-signed",
        ProofState,
        gettext_lazy(
            "Open the proof. One that awaits its second signature is returned or withdrawn by its "
            "request. One that was signed is set aside by two people, with a reason; it stays on "
            "record as that."
        ),
    ),
    Kind.EDITION: Words(
        gettext_lazy("Newer editions of it"),
        gettext_lazy("Roster no. %(number)s"),
        "enrollment:roster-detail",
        BatchState,
        gettext_lazy(
            "The newer edition rests on this roster. Undo it, or withdraw it while it is not "
            "applied; then this roster can be undone."
        ),
    ),
    Kind.CASE: Words(
        gettext_lazy("Double enrollments decided or submitted"),
        gettext_lazy("Case no. %(number)s"),
        "enrollment:double-detail",
        CaseState,
        gettext_lazy(
            "Open the case and take its decision back; a second person approves it. One that still "
            "awaits a second person is returned or withdrawn in the to-do list."
        ),
    ),
    Kind.NOTICE: Words(
        gettext_lazy("Notices printed"),
        gettext_lazy("Notice no. %(number)s"),
        "enrollment:double-detail",
        None,
        gettext_lazy(
            "The person was told that a coverage ended. Taking the decision of the case back "
            "withdraws the notice; tell the person so."
        ),
    ),
    Kind.DECISION: Words(
        gettext_lazy("Rows decided to be the same person"),
        gettext_lazy("Pair no. %(number)s"),
        "enrollment:review-pair",
        PairState,
        gettext_lazy(
            "Open the pair and take the decision back; what stands on the roll needs a second "
            "person."
        ),
    ),
    Kind.MOVE: Words(
        gettext_lazy("Rows moved to another file"),
        gettext_lazy("Row no. %(number)s"),
        "enrollment:roster-row",
        RowMoveState,
        gettext_lazy(
            "Open the row and move it back to the file it came from. A wish that waits is returned "
            "or withdrawn in the to-do list."
        ),
    ),
    Kind.CORRECTION: Words(
        gettext_lazy("Corrections of the roster on the roll"),
        gettext_lazy("Corrections no. %(number)s"),
        "enrollment:correction-detail",
        CorrectionState,
        gettext_lazy(
            "Corrections that await approval are returned or withdrawn. Those that were taken onto "
            "the roll cannot be taken back."
        ),
    ),
}


#: Why a roster whose corrections are on the roll stays, and what is done instead.
FINAL: Final = gettext_lazy(
    "Corrections of it were taken onto the roll: they were written over its rows, and people, "
    "numbers and coverage were settled by the corrected values. Taking the roster back would lose "
    "what the corrections brought, so it stays. Put single rows right by further corrections."
)


@dataclasses.dataclass(frozen=True)
class Line:
    """One thing as it is named on the page."""

    name: str
    state: str
    url: str


@dataclasses.dataclass(frozen=True)
class Group:
    """All things of one kind that depend on the roster."""

    title: Any
    how: Any
    count: int
    lines: list[Line]
    further: int
    elsewhere: int


class RosterUndoing(RosterForms):
    """What undoing would take back, and the request for it; or what has to be taken back first."""

    title = gettext_lazy("Undo the roster")
    form_class = UndoForm
    template_name = "enrollment/roster_undo.html"
    submit_label = gettext_lazy("Ask a second person")
    lead = gettext_lazy(
        "The roster is taken from the roll as if it had never been applied. Nothing happens before "
        "a second person, who did not work on it, approves."
    )

    @property
    def refusal(self) -> str:
        """Why the roster cannot be undone whatever depends on it; empty when it can."""
        if self.batch.state != BatchState.APPLIED:
            return _("Only a roster that stands on the roll is undone. This one is: %(state)s.") % {
                "state": self.batch.get_state_display()
            }
        latest = undo_preview.latest_undo(self.batch)
        if latest and latest.state == UndoState.ASKED:
            return _("The undoing was asked for already and waits for a second person.")
        return ""

    @cached_property
    def things(self) -> list[Thing]:
        return [] if self.refusal else undo_dependents.things_of(self.batch)

    def groups(self) -> list[Group]:
        kinds = [kind for kind in Kind if any(thing.kind == kind for thing in self.things)]
        return [self._group(kind) for kind in kinds]

    def _group(self, kind: Kind) -> Group:
        words = WORDS[kind]
        found = [thing for thing in self.things if thing.kind == kind]
        # What lies outside the reader's areas is counted, and not named.
        own = [thing for thing in found if all(map(self.scope.covers, thing.paths))]
        return Group(
            title=words.title,
            how=words.how,
            count=len(found),
            lines=[_line(thing, words) for thing in own[:NAMED]],
            further=max(len(own) - NAMED, 0),
            elsewhere=len(found) - len(own),
        )

    def preview(self) -> list[tuple[Any, str]]:
        found = undo_preview.preview_of(self.batch)
        return [
            *((undoing.SUMMARY[name], formatting.number(found.figures[name]))
              for name in found.figures),
            *((undoing.SUMMARY[name], amount)
              for name, amount in undoing.amounts_in_words(found).items()),
        ]  # fmt: skip

    def carry_out(self, form: Any) -> str:
        staff: Any = self.request.user
        undoing.ask(batch=self.batch, reason=form.cleaned_data["reason"], at=clock.now(), by=staff)
        return self.roster_url

    def context(self) -> dict[str, Any]:
        is_free = not self.refusal and not self.things
        return super().context() | {
            "refusal": self.refusal,
            "groups": self.groups(),
            "final_text": FINAL,
            "is_final": any(thing.is_final for thing in self.things),
            "effects": self.preview() if is_free else [],
            "is_edition": editions.edition_of(self.batch) is not None,
        }

    def cancel_url(self) -> str:
        return self.roster_url

    def success_message(self, form: Any) -> str:
        return _("Submitted. The roster stays on the roll until a second person approves.")


def _line(thing: Thing, words: Words) -> Line:
    state = _("Printed") if words.states is None else words.states(thing.state).label
    return Line(
        name=str(words.name) % {"number": thing.number},
        state=str(state),
        url=reverse(words.route, args=thing.address),
    )
