"""The long work on double enrollments, by name; the functions that do it are in `tasks`."""

import datetime
from typing import Final

from django.utils.translation import gettext as _

from bureau.core import jobs
from bureau.core.actors import Actor
from bureau.core.models import Job
from enrollment.models import DoubleDecision, Roll

PROPOSE: Final = "enrollment.propose_double"
APPLY: Final = "enrollment.apply_double"
NOTICES: Final = "enrollment.print_double_notices"


def ask_to_propose(cause: str, *, by: Actor | str, at: datetime.datetime) -> Job:
    """Cases are being proposed for everybody whose coverages meet.

    The job belongs to the present revision of the roll and to its cause: a cause that comes while
    another's job runs has a job of its own, so that nothing that changed meanwhile is passed over.
    """
    revision = Roll.objects.values_list("revision", flat=True).first() or 0
    return jobs.enqueue(
        PROPOSE,
        f"{revision}:{cause}",
        arguments={"revision": revision},
        label=_("Double enrollments"),
        by=by,
        at=at,
    )


def ask_to_apply(decision: DoubleDecision, *, by: Actor | str, at: datetime.datetime) -> Job:
    """The approved decision is being carried out."""
    return jobs.enqueue(
        APPLY,
        str(decision.pk),
        arguments={"decision_id": decision.pk},
        label=_("Decision %(number)s on double enrollments") % {"number": decision.pk},
        area=decision.area,
        by=by,
        at=at,
    )
