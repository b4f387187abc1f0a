"""Identity numbers that two people cannot both hold: whose row is to be completed or checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Min, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import access, masking
from bureau.core.canaries import Canary
from bureau.core.models import Area
from bureau.ui.navigation import Work, actor_of_request
from bureau.ui.tables import Column
from bureau.ui.views import Empty
from enrollment.choices.bundles import NumberHolder
from enrollment.models import CandidatePair, PairDecision, RosterRow
from enrollment.selectors import review_bundles as selectors
from enrollment.tables import review_bundles as words
from enrollment.views.people_looks import ListOfPeople
from enrollment.views.review_pair import PARENTS

ROUTE = "enrollment:review-numbers"


def _row_url(decision: Any) -> str:
    row = words.rows_to_check(decision)[0]
    return reverse("enrollment:roster-row", args=[row.batch_id, row.pk]) if row.pk else ""


class ReviewNumbers(ListOfPeople):
    """Rows of the reader's areas whose number was found to be another person's, names masked."""

    title = gettext_lazy("Numbers to be completed or checked")
    lead = gettext_lazy(
        "Two people were told apart whose rows bear one identity number. Correct the row that does "
        "not hold it, or complete its own number; it then leaves this list by itself."
    )
    parents = PARENTS
    list_id = "enrollment.review_numbers"
    personal_label = RosterRow._meta.label_lower
    columns = (
        Column(
            "pair",
            gettext_lazy("Pair"),
            value="pair_id",
            kind="code",
            link=lambda decision: reverse("enrollment:review-pair", args=[decision.pair_id]),
            sort="pair_id",
        ),
        Column(
            "name",
            gettext_lazy("Whose number is to be checked"),
            value=lambda decision: words.rows_to_check(decision)[0].name,
            kind="masked_name",
        ),
        Column(
            "second_name",
            gettext_lazy("And whose"),
            value=lambda decision: (
                words.rows_to_check(decision)[1].name
                if decision.holder == NumberHolder.UNKNOWN
                else None
            ),
            kind="masked_name",
        ),
        Column(
            "number",
            gettext_lazy("Identity number"),
            value=lambda decision: decision.pair.row_a.id_number or decision.pair.row_a.id_text,
            kind="masked_number",
        ),
        Column("holder", gettext_lazy("Who holds it"), value=words.holder_text),
        Column(
            "reason",
            gettext_lazy("Reason"),
            value=lambda decision: masking.numbers_in(decision.reason, free=True),
        ),
        Column("by_text", gettext_lazy("Judged by")),
        Column("at", gettext_lazy("Judged at"), kind="instant"),
        Column(
            "row",
            gettext_lazy("What to do"),
            value=lambda _decision: _("Open the row"),
            link=_row_url,
            exported=False,
        ),
    )

    def rows(self) -> QuerySet[PairDecision]:
        return selectors.numbers_in(self.scope)

    def people_in(self, rows: list[Any]) -> int:
        return sum(len(words.rows_to_check(decision)) for decision in rows)

    def invented_row(self, person: Canary) -> PairDecision:
        """The number of the invented person, for files."""
        area = Area.objects.order_by("path").first()
        row = RosterRow(pk=0, name=person.name, id_number=person.number)
        pair = CandidatePair(pk=0, row_a=row, row_b=row, area_a=area, area_b=area)
        return PairDecision(pk=0, pair=pair, holder=NumberHolder.LEFT)

    def empty(self) -> Empty:
        return Empty(
            _("No number is in doubt"),
            _("Numbers appear when two people of one number are told apart in the review."),
        )


def numbers_waiting(request: HttpRequest) -> Iterable[Work]:
    """Numbers of the reader's areas to be completed or checked, for home and to-do."""
    actor = actor_of_request(request)
    roles = access.roles_for("enrollment:review-take", "POST")
    if not actor.has(*roles):
        return
    found = selectors.numbers_in(actor.scope(*roles)).order_by()
    oldest = found.aggregate(oldest=Min("at"))["oldest"]
    count = found.count() if oldest else 0
    yield Work(ReviewNumbers.title, count, reverse(ROUTE), oldest)
