"""In which order the work is done: the steps of the help page, each with the page it is done on."""

import dataclasses
from typing import Any, Final

from django.utils.translation import gettext_lazy as _


@dataclasses.dataclass(frozen=True)
class Step:
    """One step; `route` is the page on which it is done."""

    what: Any
    how: Any
    route: str


@dataclasses.dataclass(frozen=True)
class Order:
    """Steps that follow one another."""

    title: Any
    steps: tuple[Step, ...]


INTEGRATION: Final = Order(
    _("Integration of the nine counties, step by step"),
    (
        Step(
            _("Agree on the rules"),
            _(
                "Rules of double enrollment and subsidies per head are in force, approved by two "
                "people, before the first roster is applied."
            ),
            "enrollment:double-rules",
        ),
        Step(
            _("Hand in each roster"),
            _(
                "Area, scheme and year, then the files; columns are proposed and confirmed. One "
                "roster for each of the nine counties, and the city's exports of both schemes."
            ),
            "enrollment:roster-create",
        ),
        Step(
            _("Put the problem rows right"),
            _(
                "Send the problem file back to the county and load it corrected, or repair single "
                "rows on their pages. Then submit; a second person approves, and the roster goes "
                "onto the roll."
            ),
            "enrollment:roster-list",
        ),
        Step(
            _("Decide who is who"),
            _("Pairs that may be one person wait in the queue; a sample is decided by a second."),
            "enrollment:review",
        ),
        Step(
            _("Resolve double enrollments"),
            _(
                "By rule for many at once, singly where no rule decides; a second person approves. "
                "Then print and deliver the notices."
            ),
            "enrollment:double-list",
        ),
        Step(
            _("See who fell out"),
            _(
                "Everybody whom a roster lists and no coverage insures now, by name and reason. "
                "Work on the list until nobody is left without a reason that stands."
            ),
            "enrollment:fallen",
        ),
        Step(
            _("Count and sign the proof"),
            _(
                "Count it anew, read it, sign it; a second person who did not work on the rosters "
                "signs too. From then on its rosters cannot be undone unless two people set the "
                "proof aside."
            ),
            "enrollment:proof",
        ),
    ),
)
CAMPAIGN: Final = Order(
    _("The September campaign for the coming year, step by step"),
    (
        Step(
            _("Lay down what holds for the coming year"),
            _("Subsidies per head and rules of the coming year are approved before it begins."),
            "enrollment:double-rules",
        ),
        Step(
            _("See who is insured this year"),
            _("The roll of the area, to be taken as a list for the towns."),
            "enrollment:person-list",
        ),
        Step(
            _("Hand in the lists of the coming year"),
            _(
                "As the towns collect: a roster for each area and scheme, with the coming year. "
                "Whoever is known already is recognised."
            ),
            "enrollment:roster-create",
        ),
        Step(
            _("Clear up rows, pairs and double enrollments"),
            _("The to-do list and the cards of the home page say what waits, and how long."),
            "portal:todo",
        ),
        Step(
            _("See who fell out"),
            _(
                "Choose this year and “insured this year, on no roll of the next”: whom the towns "
                "have still to ask."
            ),
            "enrollment:fallen",
        ),
        Step(
            _("Sign the proof of the year"),
            _("Choose the year on the page of the proof, count it and sign it by two."),
            "enrollment:proof",
        ),
    ),
)
ORDERS: Final = (INTEGRATION, CAMPAIGN)
